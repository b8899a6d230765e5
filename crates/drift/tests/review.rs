//! What a reader who knows the tools found hidden, leaked, or said wrong. Each test holds one such finding.

#![expect(clippy::unwrap_used, reason = "helpers of a test")]

use domain::drift::{Format, Verdict};
use drift::rules::Rules;
use drift::{Input, Reading, Resource};
use serde_json::{Value, json};

fn read(format: Format, text: &str) -> Reading {
    drift::read(format, Input { file: "f", text }, &Rules::built_in()).unwrap()
}

fn kubernetes(declared: &Value, live: &Value) -> Resource {
    let text = json!({ "declared": declared, "live": live }).to_string();
    read(Format::Kubernetes, &text).resources.remove(0)
}

/// A pair of objects with one spec each.
fn specs(kind: &str, declared: &Value, live: &Value) -> Resource {
    let object = |spec: &Value| json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": "n", "namespace": "d"}, "spec": spec});
    kubernetes(&object(declared), &object(live))
}

/// A resource of a plan that drifted from one state to the other.
fn plan(resource_type: &str, before: &Value, after: &Value) -> Resource {
    let text = json!({"format_version": "1.2", "planned_values": {}, "resource_changes": [], "resource_drift": [
        {"address": format!("{resource_type}.a"), "type": resource_type, "change": {"before": before, "after": after}}]});
    read(Format::TerraformPlan, &text.to_string()).resources.remove(0)
}

fn changes(resource: &Resource) -> Vec<String> {
    let changes = resource.drift.iter().flat_map(|drift| &drift.changes);
    changes.map(|change| format!("{} {}", change.change_type, change.property_path)).collect()
}

fn printed(reading: &impl serde::Serialize) -> String {
    serde_json::to_string(reading).unwrap()
}

#[test]
fn an_empty_rule_of_a_network_policy_is_everybody_and_no_rule_nobody() {
    let policy = |declared: Value, live: Value| {
        let with = |side: Value| {
            let mut spec = json!({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]});
            spec.as_object_mut().unwrap().extend(side.as_object().unwrap().clone());
            spec
        };
        changes(&specs("NetworkPolicy", &with(declared), &with(live)))
    };
    assert_eq!(policy(json!({"ingress": []}), json!({"ingress": [{}]})), ["added spec.ingress[0]"]);
    assert_eq!(policy(json!({}), json!({"ingress": [{}]})), ["added spec.ingress"]);
    assert_eq!(policy(json!({}), json!({"egress": [{}]})), ["added spec.egress"]);
    let from = |peer: &str| json!({"ingress": [{"from": [{ peer: {} }]}]});
    assert_eq!(
        policy(from("podSelector"), from("namespaceSelector")),
        ["added spec.ingress[0].from[0].namespaceSelector", "removed spec.ingress[0].from[0].podSelector"]
    );
    let two = |a: &str, b: &str| json!({"ingress": [{"from": [{ a: {} }, { b: {} }]}]});
    let order = policy(two("podSelector", "namespaceSelector"), two("namespaceSelector", "podSelector"));
    assert_eq!(order, [""; 0]);
    assert_eq!(policy(json!({"ingress": []}), json!({})), [""; 0]);
    assert_eq!(policy(json!({"ingress": [{}]}), json!({"ingress": [{"from": []}]})), [""; 0]);
    let labels = json!({"ingress": [{"from": [{"podSelector": {"matchLabels": {}}}]}]});
    assert_eq!(policy(from("podSelector"), labels), [""; 0]);
}

#[test]
fn absent_is_true_for_what_kubernetes_says_so() {
    let pod = |container: Value, more: Value| {
        let mut spec = json!({"containers": [{"name": "c", "image": "c:1", "securityContext": container}]});
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        spec
    };
    let resource = specs(
        "Pod",
        &pod(json!({"allowPrivilegeEscalation": false}), json!({"automountServiceAccountToken": false})),
        &pod(json!({}), json!({})),
    );
    let gone = specs(
        "Pod",
        &pod(json!({"allowPrivilegeEscalation": false}), json!({})),
        &pod(Value::Null, json!({})),
    );
    assert_eq!(changes(&gone), [r#"removed spec.containers[name="c"].securityContext"#]);
    assert_eq!(
        changes(&resource),
        [
            "removed spec.automountServiceAccountToken",
            r#"removed spec.containers[name="c"].securityContext.allowPrivilegeEscalation"#
        ]
    );
}

#[test]
fn the_resource_of_an_arn_has_its_case() {
    let policy =
        |resource: &str| json!({"policy": json!({"Statement": [{"Resource": resource}]}).to_string()});
    let compare = |a: &str, b: &str| changes(&plan("aws_s3_bucket_policy", &policy(a), &policy(b)));
    let found = compare("arn:aws:s3:::acme/Private/*", "arn:aws:s3:::acme/private/*");
    assert_eq!(found, ["modified policy.Statement[0].Resource"]);
    assert_eq!(compare("arn:aws:s3:::acme/x", "ARN:aws:s3:::acme/x"), [""; 0]);
}

#[test]
fn what_one_side_marks_is_told_of_neither() {
    for (recorded, real) in [("s3cr3t-a", "s3cr3t-a"), ("s3cr3t-a", "s3cr3t-b")] {
        let state = json!({
            "state": {"version": 4, "resources": [{"type": "t", "name": "a", "instances": [{
                "attributes": {"value": recorded, "x": 0, "list": [{"name": "n", "v": recorded}]},
                "sensitive_attributes": [[{"type": "get_attr", "value": "value"}],
                    [{"type": "get_attr", "value": "list"}, {"type": "index", "value": {"value": 0, "type": "number"}}, {"type": "get_attr", "value": "v"}]]}]}]},
            "actual": [{"type": "t", "address": "t.a", "attributes": {"value": real, "x": 1, "list": [{"name": "m", "v": "open"}, {"name": "n", "v": real}]}}],
        });
        let text = printed(&read(Format::TerraformState, &state.to_string()));
        assert!(!text.contains("s3cr3t"), "{text}");
        for (before, after) in
            [("before_sensitive", "after_sensitive"), ("after_sensitive", "before_sensitive")]
        {
            let plan = json!({"format_version": "1.2", "planned_values": {}, "resource_drift": [{"address": "t.a", "type": "t", "change": {
                "before": {"value": recorded, "x": 0, "deep": {"v": [recorded]}}, "after": {"value": real, "x": 1, "deep": {"v": ["y", real]}},
                before: {"value": true, "deep": {"v": [true]}}, after: {}}}]});
            let text = printed(&read(Format::TerraformPlan, &plan.to_string()));
            assert!(!text.contains("s3cr3t"), "{text}");
        }
    }
    // A name beside the value on one side only.
    let found = plan(
        "t",
        &json!({"e": [{"name": "DB_PASSWORD", "value": "hunter2"}]}),
        &json!({"e": [{"name": "OTHER", "value": "hunter2"}]}),
    );
    assert_eq!(printed(&found).matches("hunter2").count(), 0, "{}", printed(&found));
}

#[test]
fn cloudformation_knows_the_name_beside_a_value() {
    let read = |path: &str, expected: Value, actual: Value| {
        let text = json!({"StackResourceDrifts": [{"LogicalResourceId": "P", "ResourceType": "AWS::CodeBuild::Project",
            "StackResourceDriftStatus": "MODIFIED", "ExpectedProperties": expected.to_string(), "ActualProperties": actual.to_string(),
            "PropertyDifferences": [{"PropertyPath": path, "ExpectedValue": "hunter2", "ActualValue": "hunter3", "DifferenceType": "NOT_EQUAL"}]}]});
        let reading = read(Format::Cloudformation, &text.to_string());
        assert_eq!(changes(&reading.resources[0]).len(), 1);
        printed(&reading)
    };
    let project = |value: &str| json!({"Environment": {"EnvironmentVariables": [{"Name": "DB_PASSWORD", "Value": value}]}});
    let text = read("/Environment/EnvironmentVariables/0/Value", project("hunter2"), project("hunter3"));
    assert!(!text.contains("hunter"), "{text}");
    for name in ["OptionName", "ParameterKey", "ParameterName", "Key"] {
        let options = |value: &str| json!({"Options": [{ name: "DBPassword", "Value": value }]});
        let text = read("/Options/0/Value", options("hunter2"), options("hunter3"));
        assert!(!text.contains("hunter"), "{name}: {text}");
    }
}

#[test]
fn json_in_a_text_is_masked_before_it_is_cut_and_to_its_last_level() {
    let text =
        json!([{"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "pad", "value": "x ".repeat(12_000)}])
            .to_string();
    let found = plan(
        "t",
        &json!({"container_definitions": text, "x": 0}),
        &json!({"container_definitions": text, "x": 1}),
    );
    assert!(!printed(&found).contains("hunter2"));
    assert!(printed(&found).len() < 60_000);
    let inner = json!({"detail": json!({"password": "hunter2"}).to_string()}).to_string();
    let found = plan("t", &json!({"v": inner}), &json!({"v": "other"}));
    assert!(!printed(&found).contains("hunter2"), "{}", printed(&found));
    let huge = json!({"password": "hunter2", "pad": "x".repeat(1 << 20)}).to_string();
    let found = plan("t", &json!({"v": huge}), &json!({"v": "other"}));
    assert!(!printed(&found).contains("hunter2"));
    // As an element of a set it would stand in the path.
    let element = json!({"password": "hunter2"}).to_string();
    let found = plan("t", &json!({"v": ["a", "b"]}), &json!({"v": ["a", "b", element, "c"]}));
    assert!(!printed(&found).contains("hunter2"), "{}", printed(&found));
}

#[test]
fn what_providers_call_sensitive_is_sealed_in_states_that_do_not_list_it() {
    for (kind, attributes) in [
        ("random_password", json!({"result": "hunter2"})),
        (
            "azurerm_storage_account",
            json!({"primary_access_key": "hunter2", "secondary_access_key": "hunter2"}),
        ),
        ("azurerm_cosmosdb_account", json!({"primary_key": "hunter2", "secondary_readonly_key": "open"})),
        ("aws_ssm_parameter", json!({"name": "/prod/dsn", "type": "SecureString", "value": "hunter2"})),
        ("azurerm_key_vault_secret", json!({"name": "x", "value": "hunter2"})),
        ("kubernetes_secret", json!({"data": {"dsn": "hunter2"}})),
        ("aws_instance", json!({"env": {"DATABASE_URL": "postgres://u:hunter2@h/db"}})),
        ("aws_instance", json!({"env": "REDIS=redis://:hunter2@h"})),
        (
            "azurerm_kubernetes_cluster",
            json!({"kube_config": [{"client_key": "hunter2"}], "kube_config_raw": "hunter2"}),
        ),
    ] {
        let state = json!({"version": 4, "resources": [{"type": kind, "name": "a", "instances": [{"attributes": attributes, "sensitive_attributes": []}]}]});
        let text = printed(&read(Format::TerraformState, &state.to_string()));
        assert!(!text.contains("hunter2"), "{text}");
    }
    let open = json!({"url": "https://host:8080/a@b", "repo": "ssh://git@host/x", "later": "https://u:${PASSWORD}@h", "access_key_id": "x",
        "max_password_age": 90, "MinimumPasswordLength": 8, "access_token_validity": 60});
    let found = plan("t", &open, &json!({}));
    assert_eq!(found.declared, open);
}

#[test]
fn many_problems_cost_one_walk_and_many_aliases_are_refused() {
    let entries = vec!["{}"; 100_000].join(",\n");
    let text = format!(
        r#"{{"format_version":"1.2","planned_values":{{}},"resource_changes":[
{entries}]}}"#
    );
    let problems =
        drift::read(Format::TerraformPlan, Input { file: "f", text: &text }, &Rules::built_in()).unwrap_err();
    assert_eq!(problems.len(), drift::MAX_PROBLEMS + 1);
    assert_eq!((problems[0].line, problems[199].line), (Some(2), Some(201)));
    assert_eq!(problems[200].reason, "99800 more problems");
    let many = |what: &str| vec![what; 100_000].join(",");
    let text = format!("a: &a [{}]\nb: [{}]\n", many("x"), many("*a"));
    let problems =
        drift::read(Format::Kubernetes, Input { file: "f", text: &text }, &Rules::built_in()).unwrap_err();
    assert!(problems[0].reason.contains("aliases"), "{problems:?}");
}

#[test]
fn a_resource_that_is_in_sync_is_called_so() {
    let found = plan("t", &json!({"a": 1}), &json!({"a": "1"}));
    assert_eq!(found.verdict, Verdict::InSync);
}
