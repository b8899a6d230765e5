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
fn a_managers_name_excuses_nothing_that_does_harm() {
    let declared = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "n"},
        "spec": {"template": {"spec": {"containers": [{"name": "c", "image": "c:1"}]}}}});
    let live = |manager: &str, operation: &str| {
        json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "n", "labels": {"seen": "yes"}, "managedFields": [{"manager": manager, "operation": operation, "fieldsV1": {
            "f:metadata": {"f:labels": {"f:seen": {}}},
            "f:spec": {"f:template": {"f:spec": {"f:hostNetwork": {}, "f:containers": {"k:{\"name\":\"side\"}": {".": {}, "f:name": {}, "f:image": {}}}}}}}}]},
        "spec": {"template": {"spec": {"hostNetwork": true, "containers": [{"name": "c", "image": "c:1"}, {"name": "side", "image": "x"}]}}}})
    };
    for (manager, operation) in [("ops", "Apply"), ("kubelet", "Update")] {
        let found = kubernetes(&declared, &live(manager, operation));
        assert_eq!(
            changes(&found),
            [r#"added spec.template.spec.containers[name="side"]"#, "added spec.template.spec.hostNetwork"],
            "{manager}"
        );
        let drift = found.drift.unwrap();
        assert!(drift.changes[1].is_security_critical);
        assert_eq!(drift.noise[0].property_path, "metadata.labels.seen");
    }
}

#[test]
fn what_our_own_applier_left_there_is_drift() {
    let declared = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "n"}, "spec": {"ports": [{"port": 80, "name": "a"}]}});
    let live = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "n", "labels": {"old": "yes"}, "managedFields": [
        {"manager": "argocd-controller", "operation": "Apply", "fieldsV1": {"f:metadata": {"f:labels": {"f:old": {}}},
            "f:spec": {"f:ports": {"k:{\"port\":80,\"protocol\":\"TCP\"}": {".": {}, "f:name": {}, "f:port": {}}}}}}]},
        "spec": {"ports": [{"port": 80, "name": "a", "protocol": "TCP"}]}});
    let found = kubernetes(&declared, &live);
    assert_eq!(changes(&found), ["added metadata.labels.old"]);
    assert_eq!(found.drift.unwrap().noise[0].reason, "the default of the API server");
}

#[test]
fn what_could_not_be_read_is_neither_deleted_nor_added() {
    let object = |name: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": "1"}});
    let verdicts = |reading: &Reading| -> Vec<String> {
        reading.resources.iter().map(|r| format!("{} {}", r.verdict, r.address)).collect()
    };
    let cut =
        json!({"declared": [object("a"), object("b")], "live": "{\"items\": [ {\"apiVersion\""}).to_string();
    let reading = read(Format::Kubernetes, &cut);
    assert_eq!(verdicts(&reading), ["unchecked ConfigMap/a", "unchecked ConfigMap/b"]);
    assert_eq!(reading.problems.len(), 1);
    let broken = format!("{}\n---\nkind: [\n", object("a"));
    let reading = read(
        Format::Kubernetes,
        &json!({"declared": broken.replace("{\"api", "---\n{\"api"), "live": [object("a"), object("b")]})
            .to_string(),
    );
    assert_eq!(verdicts(&reading), ["in_sync ConfigMap/a", "unchecked ConfigMap/b"]);
    let unnamed = json!({"declared": [object("a"), object("b")], "live": {"kind": "List", "items": [object("a"), {"kind": "ConfigMap"}]}});
    let reading = read(Format::Kubernetes, &unnamed.to_string());
    assert_eq!(verdicts(&reading), ["in_sync ConfigMap/a", "unchecked ConfigMap/b"]);
    assert_eq!(reading.problems[0].path, "items[1]");

    let instance = |name: &str, instance: Value| json!({"type": "t", "name": name, "instances": [instance]});
    let state = json!({"state": {"version": 4, "resources": [
        instance("a", json!({"attributes": {"x": 1}})), instance("b", json!({"attributes": {"x": 1}})), instance("c", json!({"attributes_flat": {}}))]},
        "actual": [{"type": "t", "address": "t.a", "attributes": {"x": 2}}, {"type": "t", "address": "t.b"}, {"type": "t", "address": "t.c", "attributes": {}}]});
    let reading = read(Format::TerraformState, &state.to_string());
    assert_eq!(verdicts(&reading), ["drifted t.a", "unchecked t.b", "unchecked t.c"]);
}

#[test]
fn one_object_declared_twice_is_not_deleted() {
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
    let reading =
        read(Format::Kubernetes, &json!({"declared": [object, object], "live": [object]}).to_string());
    assert_eq!((reading.resources.len(), reading.problems.len()), (1, 1));
    assert_eq!(reading.resources[0].verdict, Verdict::InSync);
}

/// The rules that the resource met, and whether one of them is critical.
fn rules(resource: &Resource) -> (Vec<String>, bool) {
    let changes = &resource.drift.as_ref().unwrap().changes;
    let ids = changes.iter().flat_map(|change| change.rules.clone()).collect();
    (ids, changes.iter().any(|change| change.is_security_critical))
}

#[test]
fn what_was_added_is_judged_by_its_properties() {
    let state = |kind: &str, attributes: Value| {
        let text = json!({"state": {"version": 4, "resources": []}, "actual": [{"type": kind, "address": "a.b", "attributes": attributes}]});
        read(Format::TerraformState, &text.to_string()).resources[0].drift.clone().unwrap().score
    };
    let rule =
        |kind: &str| json!({"type": kind, "cidr_blocks": ["0.0.0.0/0"], "from_port": 22, "to_port": 22});
    assert!(state("aws_security_group_rule", rule("ingress")).severity_score > 0.8);
    assert!(state("aws_security_group_rule", rule("egress")).severity_score < 0.5);
    assert!(state("aws_instance", json!({"image": "a", "instance_type": "m"})).severity_score < 0.4);
    let pod = json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "n"}, "spec": {"template": {"spec": {
        "containers": [{"name": "c", "securityContext": {"privileged": true}}], "volumes": [{"name": "h", "hostPath": {"path": "/"}}]}}}});
    let found = read(Format::Kubernetes, &json!({"declared": [], "live": [pod]}).to_string());
    let because = found.resources[0].drift.clone().unwrap().score.because.join("\n");
    assert!(because.contains("rights of the host") && because.contains("node's file system"), "{because}");
}

#[test]
fn policies_in_texts_are_judged() {
    let statement = |effect: &str, action: &str| {
        json!({"Statement": [{"Effect": effect, "Principal": "*", "Action": action, "Resource": "arn:aws:s3:::a/*"}]}).to_string()
    };
    let bucket =
        |policy: String| rules(&plan("aws_s3_bucket", &json!({"policy": ""}), &json!({"policy": policy})));
    assert_eq!(
        bucket(statement("Allow", "s3:*")),
        (vec!["iam-wildcard".to_owned(), "iam-service-wildcard".to_owned()], true)
    );
    assert_eq!(bucket(statement("Deny", "s3:*")), (vec![], false));
    let queue = plan(
        "aws_sqs_queue",
        &json!({"policy": null}),
        &json!({"policy": statement("Allow", "sqs:SendMessage")}),
    );
    assert!(rules(&queue).1);
}

#[test]
fn another_port_of_an_open_rule_is_critical() {
    let group = |port: i64, protocol: &str| json!({"ingress": [{"cidr_blocks": ["0.0.0.0/0"], "from_port": port, "to_port": port, "protocol": protocol}], "tags": {"a": "b"}});
    assert!(rules(&plan("aws_security_group", &group(443, "tcp"), &group(22, "tcp"))).1);
    assert!(rules(&plan("aws_security_group", &group(443, "tcp"), &group(443, "-1"))).1);
    let pod = |context: Value| json!({"containers": [{"name": "c", "securityContext": context}]});
    let critical = |a: Value, b: Value| rules(&specs("Pod", &pod(a), &pod(b))).1;
    assert!(critical(json!({}), json!({"seccompProfile": {"type": "Unconfined"}})));
    assert!(critical(json!({"capabilities": {"drop": ["ALL"]}}), json!({})));
    assert!(critical(
        json!({"capabilities": {"drop": ["ALL", "X"]}}),
        json!({"capabilities": {"drop": ["X"]}})
    ));
    assert!(critical(json!({"allowPrivilegeEscalation": false}), json!({"runAsUser": 1})));
    assert!(!critical(json!({}), json!({"allowPrivilegeEscalation": false})));
    assert!(rules(&specs("Service", &json!({"type": "ClusterIP"}), &json!({"type": "NodePort"}))).1);
    assert!(rules(&specs("Service", &json!({}), &json!({"externalIPs": ["1.2.3.4"]}))).1);
    assert!(
        rules(&plan(
            "AWS::ECS::TaskDefinition",
            &json!({"ContainerDefinitions": [{"Privileged": false}]}),
            &json!({"ContainerDefinitions": [{"Privileged": true}]})
        ))
        .1
    );
}

#[test]
fn what_is_no_hole_is_not_called_one() {
    let calm = |kind: &str, before: Value, after: Value| {
        let (rules, critical) = rules(&plan(kind, &before, &after));
        assert!(!critical, "{kind}: {rules:?}");
    };
    let route = |cidr: &str| json!({"route": [{"cidr_block": cidr, "gateway_id": "g"}]});
    calm("aws_route_table", route("10.0.0.0/8"), route("0.0.0.0/0"));
    calm("aws_security_group", json!({"tags": {"zone": "x"}}), json!({"tags": {"zone": "Internet"}}));
    calm("aws_autoscaling_policy", json!({"cooldown": 300}), json!({"cooldown": 60}));
    calm("aws_ecr_lifecycle_policy", json!({"policy": "a"}), json!({"policy": "b"}));
    calm("aws_cloudwatch_log_group", json!({"retention_in_days": 30}), json!({"retention_in_days": 0}));
    calm("aws_instance", json!({"monitoring": true}), json!({"monitoring": false}));
    calm(
        "aws_cognito_user_pool_client",
        json!({"access_token_validity": 60}),
        json!({"access_token_validity": 5}),
    );
    // Changed rules of a network are critical, but these let nobody in.
    let opens = |kind: &str, before: Value, after: Value| {
        rules(&plan(kind, &before, &after)).0.iter().any(|rule| rule.starts_with("open-network"))
    };
    let egress = |cidr: &str| json!({"egress": [{"cidr_blocks": [cidr]}]});
    assert!(!opens("aws_security_group", egress("10.0.0.0/8"), egress("0.0.0.0/0")));
    let acl = |cidr: &str, action: &str| json!({"rule_action": action, "cidr_block": cidr, "egress": false});
    assert!(!opens("aws_network_acl_rule", acl("10.0.0.0/8", "deny"), acl("0.0.0.0/0", "deny")));
    assert!(opens("aws_network_acl_rule", acl("10.0.0.0/8", "allow"), acl("0.0.0.0/0", "allow")));
    let nsg = |ports: &str| json!({"source_port_range": ports, "source_address_prefix": "10.0.0.0/8", "access": "Allow", "direction": "Inbound"});
    assert!(!opens("azurerm_network_security_rule", nsg("80"), nsg("*")));
    let group = |prefix: &str, access: &str| {
        json!({"security_rule": [
        {"name": "a", "access": access, "direction": "Inbound", "source_address_prefix": prefix}, {"name": "b", "access": "Allow"}]})
    };
    assert!(!opens("azurerm_network_security_group", group("10.0.0.0/8", "Deny"), group("*", "Deny")));
    assert!(opens("azurerm_network_security_group", group("10.0.0.0/8", "Allow"), group("*", "Allow")));
    let password = plan(
        "aws_iam_account_password_policy",
        &json!({"max_password_age": 90}),
        &json!({"max_password_age": 0}),
    );
    assert_eq!(rules(&password).0, ["iam-changed"]);
}

#[test]
fn sureness_is_of_the_comparison_alone() {
    let found = plan("t", &json!({"password": "aaaa"}), &json!({"password": "bbbb"}));
    let score = found.drift.unwrap().score;
    assert_eq!((score.confidence_score, score.unsure_because.len()), (0.98, 0));
}

#[test]
fn the_heaviest_changes_are_kept() {
    let annotations: Value =
        (0..600).map(|n| (format!("a{n:04}"), json!("x"))).collect::<serde_json::Map<_, _>>().into();
    let object = |annotations: Value, spec: Value| json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "n", "annotations": annotations}, "spec": spec});
    let found = kubernetes(
        &object(json!({}), json!({"x": 1})),
        &object(annotations, json!({"hostNetwork": true, "x": 1})),
    );
    let drift = found.drift.unwrap();
    assert_eq!((drift.changes.len(), drift.omitted), (drift::diff::MAX_CHANGES, 101));
    assert!(drift.changes.iter().any(|change| change.is_security_critical));
    assert!(drift.changes.is_sorted_by_key(|change| &change.property_path));
    assert!(drift.score.severity_score > 0.8);
}

#[test]
fn noise_alone_is_no_drift_and_is_kept_with_its_reason() {
    let found = plan("t", &json!({"a": 1}), &json!({"a": "1"}));
    assert_eq!((found.verdict, found.drift.is_none()), (Verdict::InSync, true));
    assert_eq!(found.noise[0].reason, "the same number, written in another way");
    let many = |value: Value| -> Value {
        (0..300).map(|n| (format!("a{n}"), value.clone())).collect::<serde_json::Map<_, _>>().into()
    };
    let found = plan("t", &many(json!("1")), &many(json!(1)));
    assert_eq!((found.verdict, found.noise.len()), (Verdict::InSync, drift::diff::MAX_NOISE));
}

#[test]
fn what_the_api_server_and_kubectl_do_is_no_drift() {
    let calm = |kind: &str, declared: Value, live: Value| {
        let found = specs(kind, &declared, &live);
        assert_eq!(changes(&found), [""; 0], "{kind}");
    };
    let manifest = "apiVersion: v1\nkind: Pod\nmetadata: {name: n}\nspec:\n  serviceAccountName: x\n  volumes:\n  - {name: v, configMap: {name: c, defaultMode: 0644}}\n  - {name: w, secret: {secretName: s, defaultMode: 0400}}\n  containers:\n  - {name: c, volumeMounts: [{name: v, mountPath: /v, readOnly: yes}]}\n";
    let live = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "n"}, "spec": {"serviceAccountName": "x", "serviceAccount": "x",
        "volumes": [{"name": "v", "configMap": {"name": "c", "defaultMode": 420}}, {"name": "w", "secret": {"secretName": "s", "defaultMode": 256}},
            {"name": "kube-api-access-x1", "projected": {"sources": [{"serviceAccountToken": {"path": "token"}}]}}],
        "containers": [{"name": "c", "volumeMounts": [{"name": "v", "mountPath": "/v", "readOnly": true},
            {"name": "kube-api-access-x1", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly": true}]}]}});
    let found = read(Format::Kubernetes, &json!({"declared": manifest, "live": [live]}).to_string());
    assert_eq!(changes(&found.resources[0]), [""; 0]);
    calm(
        "Pod",
        json!({"containers": [{"name": "c"}]}),
        json!({"serviceAccountName": "default", "serviceAccount": "default", "volumes": [{"name": "kube-api-access-x1", "projected": {}}],
            "containers": [{"name": "c", "volumeMounts": [{"name": "kube-api-access-x1", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}]}]}),
    );
    let egress = json!({"egress": [{"to": []}], "podSelector": {}});
    let with = |types: Value| json!({"egress": [{"to": []}], "podSelector": {}, "policyTypes": types});
    calm("NetworkPolicy", egress.clone(), with(json!(["Ingress", "Egress"])));
    assert_eq!(
        changes(&specs("NetworkPolicy", &egress, &with(json!(["Ingress"])))),
        ["added spec.policyTypes"]
    );
    let secret = |more: Value| {
        let mut object = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "n"}});
        object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        object
    };
    let found = kubernetes(
        &secret(json!({"data": null, "stringData": {"a": "b"}})),
        &secret(json!({"data": {"a": "Yg=="}, "type": "Opaque"})),
    );
    assert_eq!(changes(&found), [""; 0]);
}

#[test]
fn deposed_objects_are_their_own() {
    let change = |actions: Value| json!({"actions": actions, "before": {"a": 1}, "after": {"a": 2}});
    let text = json!({"format_version": "1.2", "planned_values": {},
        "resource_drift": [{"address": "t.w", "type": "t", "change": change(json!(["update"]))},
            {"address": "t.w", "type": "t", "deposed": "ab12", "change": change(json!(["delete"]))}],
        "resource_changes": [{"address": "t.w", "type": "t", "change": change(json!(["update"]))},
            {"address": "t.w", "type": "t", "deposed": "ab12", "change": change(json!(["delete"]))}]});
    let planned: Vec<_> = read(Format::TerraformPlan, &text.to_string())
        .resources
        .into_iter()
        .map(|r| (r.address, r.drift.unwrap().planned.unwrap()))
        .collect();
    assert_eq!(
        planned,
        [("t.w".to_owned(), "update".to_owned()), ("t.w (deposed ab12)".to_owned(), "delete".to_owned())]
    );
    let object = |more: Value| {
        let mut object = json!({"address": "t.w", "type": "t", "values": {"a": 1}});
        object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        object
    };
    let text = json!({"format_version": "1.0", "values": {"root_module": {"resources": [
        object(json!({})), object(json!({"deposed_key": "ab12"})), object(json!({"values": {"a": 2}}))]}}});
    let reading = read(Format::TerraformState, &text.to_string());
    let addresses: Vec<_> = reading.resources.iter().map(|r| r.address.as_str()).collect();
    assert_eq!(addresses, ["t.w", "t.w (deposed ab12)"]);
    assert_eq!(reading.resources[0].declared, json!({"a": 1}));
    assert_eq!(reading.problems[0].path, "values.root_module.resources[2]");
}

#[test]
fn a_list_without_names_is_codified_as_a_whole() {
    use domain::drift::Tool;
    let codify = |kind: &str, declared: Value, live: Value| {
        let mut found = specs(kind, &declared, &live);
        let drift = found.drift.take().unwrap();
        drift::patch::codify(Tool::Kubernetes, &found.address, &found.resource_type, &drift).0
    };
    let ranges = |list: Value| json!({"loadBalancerSourceRanges": list, "type": "LoadBalancer"});
    let found = codify("Service", ranges(json!(["10.0.0.0/8"])), ranges(json!(["10.0.0.0/8", "0.0.0.0/0"])));
    assert!(
        found.contains("  loadBalancerSourceRanges:\n  - \"10.0.0.0/8\"\n  - \"0.0.0.0/0\"\n"),
        "{found}"
    );
    let gone = codify("Service", ranges(json!(["10.0.0.0/8"])), json!({"type": "LoadBalancer"}));
    assert!(gone.contains("  loadBalancerSourceRanges: null\n"), "{gone}");
    let rule = |verbs: Value| json!({"rules": [{"verbs": verbs, "resources": ["pods"]}]});
    let found = codify("X", rule(json!(["get"])), rule(json!(["get", "*"])));
    assert!(
        found.contains("rules:\n  - resources:\n    - pods\n    verbs:\n    - get\n    - \"*\"\n"),
        "{found}"
    );
    let volume = |path: &str| json!({"volumes": [{"name": "c", "projected": {"sources": [{"configMap": {"name": "m", "items": [{"key": "a", "path": path}]}}]}}]});
    let found = codify("Pod", volume("x"), volume("y"));
    assert!(
        found.contains(
            "sources:\n      - configMap:\n          items:\n          - key: a\n            path: \"y\"\n"
        ),
        "{found}"
    );
}

#[test]
fn doubles_have_paths_of_their_own() {
    let found = plan("t", &json!({"x": ["a"]}), &json!({"x": ["a", "a", "a"]}));
    assert_eq!(changes(&found), [r#"added x["a"]"#, r#"added x["a"]#2"#]);
    let found = plan(
        "t",
        &json!({"x": ["a"], "cidr_blocks": []}),
        &json!({"x": ["a"], "cidr_blocks": ["0.0.0.0/0", "0.0.0.0/0"]}),
    );
    assert!(found.drift.unwrap().changes.iter().all(|change| change.is_security_critical));
}

#[test]
fn numbers_of_cloudformation_are_numbers_where_the_properties_say_so() {
    let read = |properties: Value, expected: &str, actual: &str| {
        let text = json!({"StackResourceDrifts": [{"LogicalResourceId": "P", "ResourceType": "T", "StackResourceDriftStatus": "MODIFIED",
            "ExpectedProperties": properties.to_string(), "ActualProperties": "{}",
            "PropertyDifferences": [{"PropertyPath": "/Port", "ExpectedValue": expected, "ActualValue": actual, "DifferenceType": "NOT_EQUAL"}]}]});
        changes(&read(Format::Cloudformation, &text.to_string()).resources[0])
    };
    assert_eq!(read(json!({"Port": 22}), "22", "22.0"), [""; 0]);
    assert_eq!(read(json!({"Port": 22}), "22", "23"), ["modified Port"]);
    assert_eq!(read(json!({"Port": "1.10"}), "1.10", "1.1"), ["modified Port"]);
}
