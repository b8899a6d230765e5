//! What a reader refuted on the running product: drift that was called none, values that were told, rules that were missing.

#![expect(clippy::unwrap_used, reason = "helpers of a test")]

use domain::drift::{Format, Verdict};
use drift::rules::Rules;
use drift::{Input, Reading, Resource};
use serde_json::{Value, json};

fn read(format: Format, text: &str) -> Reading {
    drift::read(format, Input { file: "f", text }, &Rules::built_in()).unwrap()
}

/// A resource of a plan that drifted from one state to the other.
fn plan(resource_type: &str, before: &Value, after: &Value) -> Resource {
    let text = json!({"format_version": "1.2", "planned_values": {}, "resource_changes": [], "resource_drift": [
        {"address": format!("{resource_type}.a"), "type": resource_type, "change": {"before": before, "after": after}}]});
    read(Format::TerraformPlan, &text.to_string()).resources.remove(0)
}

fn kubernetes(kind: &str, declared: &Value, live: &Value) -> Resource {
    let object = |spec: &Value| json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": "n", "namespace": "d"}, "spec": spec});
    let text = json!({ "declared": object(declared), "live": object(live) }).to_string();
    read(Format::Kubernetes, &text).resources.remove(0)
}

fn stack(kind: &str, declared: &Value, actual: &Value) -> Resource {
    let text = json!({"StackResourceDrifts": [{
        "StackId": "arn:aws:cloudformation:eu-west-1:1:stack/shop/u", "LogicalResourceId": "A", "ResourceType": kind,
        "StackResourceDriftStatus": "MODIFIED", "ExpectedProperties": declared.to_string(), "ActualProperties": actual.to_string()}]});
    read(Format::Cloudformation, &text.to_string()).resources.remove(0)
}

fn changes(resource: &Resource) -> Vec<String> {
    let changes = resource.drift.iter().flat_map(|drift| &drift.changes);
    changes.map(|change| format!("{} {}", change.change_type, change.property_path)).collect()
}

/// The rules of all changes.
fn met(resource: &Resource) -> Vec<&str> {
    let drift = resource.drift.iter();
    let mut rules: Vec<&str> =
        drift.flat_map(|drift| &drift.changes).flat_map(|change| &change.rules).map(String::as_str).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

#[test]
fn a_block_that_comes_or_goes_is_a_change_though_all_in_it_is_empty() {
    let web = |action: Value| json!({"name": "web", "default_action": [action]});
    let allow = json!({"allow": [{"custom_request_handling": []}], "block": []});
    let block = json!({"allow": [], "block": [{"custom_response": []}]});
    let resource = plan("aws_wafv2_web_acl", &web(block.clone()), &web(allow.clone()));
    assert_eq!(resource.verdict, Verdict::Drifted);
    assert_eq!(
        changes(&resource),
        ["added default_action[0].allow[0]", "removed default_action[0].block[0]"]
    );
    assert!(met(&resource).contains(&"web-firewall-changed"), "{:?}", met(&resource));
    assert_eq!(changes(&plan("aws_wafv2_web_acl", &web(allow.clone()), &web(allow))), [""; 0]);

    let rule = |action: Value| json!({"rule": [{"name": "sqli", "action": [action]}]});
    let resource = plan(
        "aws_wafv2_web_acl",
        &rule(json!({"allow": [], "block": [{}], "count": []})),
        &rule(json!({"allow": [], "block": [], "count": [{}]})),
    );
    assert_eq!(
        changes(&resource),
        ["removed rule[0].action[0].block[0]", "added rule[0].action[0].count[0]"]
    );

    let policy = |ingress: Value| json!({"spec": [{"ingress": ingress, "policy_types": ["Ingress"]}]});
    for everybody in [json!([{}]), json!([{"from": [], "ports": []}])] {
        let resource = plan("kubernetes_network_policy", &policy(json!([])), &policy(everybody));
        assert_eq!(changes(&resource), ["added spec[0].ingress[0]"]);
        assert!(resource.drift.unwrap().changes[0].is_security_critical);
    }
}

#[test]
fn one_empty_block_instead_of_another_is_a_choice() {
    let web =
        |action: Value| json!({"DefaultAction": action, "Rules": [{"Name": "a", "Action": {"Block": {}}}]});
    let resource = stack("AWS::WAFv2::WebACL", &web(json!({"Block": {}})), &web(json!({"Allow": {}})));
    assert_eq!(changes(&resource), ["added DefaultAction.Allow", "removed DefaultAction.Block"]);
    let rules = |action: Value| json!({"Rules": [{"Name": "a", "Action": action}, {"Name": "b"}]});
    let resource = stack("AWS::WAFv2::WebACL", &rules(json!({"Block": {}})), &rules(json!({"Count": {}})));
    assert_eq!(changes(&resource), ["removed Rules[0].Action.Block", "added Rules[0].Action.Count"]);
}

#[test]
fn what_is_noise_stays_noise() {
    let before = json!({"tags": null, "timeouts": {}, "ingress": [], "list": [null, ""], "set": null, "labels": {"a": null}});
    let after = json!({"tags": {}, "timeouts": null, "ingress": null, "list": [], "set": [], "labels": {}});
    let resource = plan("aws_vpc", &before, &after);
    assert_eq!((resource.verdict, changes(&resource)), (Verdict::InSync, Vec::new()));
    let pod = |more: Value| {
        let mut spec = json!({"containers": [{"name": "c", "image": "c:1", "resources": {}}]});
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        spec
    };
    let resource = kubernetes("Pod", &pod(json!({"nodeSelector": {}})), &pod(json!({"securityContext": {}})));
    assert_eq!((resource.verdict, changes(&resource)), (Verdict::InSync, Vec::new()));
}

#[test]
fn the_values_of_secrets_come_out_nowhere() {
    let before = json!({
        "environment": [{"variables": {"DB_PASS": "h-1", "SMTP_PWD": "h-2", "SIGNING_KEY": "h-3", "encryption_key": "h-4",
            "STRIPE": "sk_test_h-5-456789abcdef01", "STRIPE_LIVE": "rk_live_h-6-456789abcdef01"}}],
        "user_data": "#!/bin/sh\nexport DB_PASSWORD=h-7\nrun --token h-8\n", "env": ["API_KEY=h-9", "MODE=fast"],
        "container_definitions": json!([{"command": ["sh", "-c", "PASSWORD=h-10 run"]}]).to_string(),
        "user_data_base64": "ZXhwb3J0IERCX1BBU1NXT1JEPWh1bnRlcjIK",
    });
    let text = before
        .to_string()
        .replace("h-", "i-")
        .replace("ZXhwb3J0IERCX1BBU1NXT1JEPWh1bnRlcjIK", "ZXhwb3J0IERCX1BBU1NXT1JEPWh1bnRlcjMK");
    let resource = plan("aws_instance", &before, &serde_json::from_str(&text).unwrap());
    let drift = resource.drift.as_ref().unwrap();
    let (snippet, _) = drift::patch::codify(
        domain::drift::Tool::Terraform,
        &resource.address,
        &resource.resource_type,
        drift,
    );
    let printed = serde_json::to_string(&resource).unwrap() + &snippet;
    assert!(!printed.contains("h-") && !printed.contains("i-") && !printed.contains("ZXhwb3J0"), "{printed}");
    // What is no secret can be read, and that a secret differs is a change.
    assert!(printed.contains("MODE=fast") && printed.contains("export DB_PASSWORD=(sensitive)"));
    assert_eq!(drift.changes.len(), 11, "{:?}", changes(&resource));
    assert!(drift.changes.iter().all(|change| change.is_sensitive));

    let map = |text: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "n"}, "data": {"app.properties": text}});
    let text = json!({"declared": map("user=app\npassword=two words\n"), "live": map("user=me\npassword=other words\n")});
    let resource = read(Format::Kubernetes, &text.to_string()).resources.remove(0);
    let printed = serde_json::to_string(&resource).unwrap();
    assert!(!printed.contains("words") && printed.contains("user=me\\npassword=(sensitive)"), "{printed}");
}

#[test]
fn variables_of_a_snippet_have_names_of_their_own() {
    let of = |n: u8| {
        json!({"password": format!("a{n}"), "env": [{"A": {"secret": format!("b{n}")}}, {"A": {"secret": format!("c{n}")}}],
        "user_data": format!("export TOKEN=d{n}\nexport OTHER_TOKEN=e{n}\n")})
    };
    let resource = plan("aws_instance", &of(1), &of(2));
    let drift = resource.drift.as_ref().unwrap();
    let (snippet, _) =
        drift::patch::codify(domain::drift::Tool::Terraform, &resource.address, "aws_instance", drift);
    let mut names: Vec<&str> = snippet
        .split("var.")
        .skip(1)
        .map(|rest| rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap())
        .collect();
    assert_eq!(
        names,
        ["env_0_A_secret", "env_1_A_secret", "password", "user_data", "user_data_2"],
        "{snippet}"
    );
    names.dedup();
    assert_eq!(names.len(), 5);
}

#[test]
fn kubernetes_copies_some_fields_from_others() {
    let service = |port: Value| json!({"ports": [port], "selector": {"app": "a"}});
    let resource = kubernetes(
        "Service",
        &service(json!({"port": 80})),
        &service(json!({"port": 80, "targetPort": 80, "protocol": "TCP"})),
    );
    assert_eq!((resource.verdict, changes(&resource)), (Verdict::InSync, Vec::new()));
    let resource = kubernetes(
        "Service",
        &service(json!({"port": 80})),
        &service(json!({"port": 80, "targetPort": 8080})),
    );
    assert_eq!(changes(&resource), ["added spec.ports[port=\"80\"].targetPort"]);

    let pod =
        |resources: Value| json!({"containers": [{"name": "c", "image": "c:1", "resources": resources}]});
    let limits = json!({"cpu": "1000m", "memory": "1Gi"});
    let asks = |cpu: &str| pod(json!({"limits": limits, "requests": {"cpu": cpu, "memory": "1Gi"}}));
    let resource = kubernetes("Pod", &pod(json!({ "limits": limits })), &asks("1"));
    assert_eq!((resource.verdict, changes(&resource)), (Verdict::InSync, Vec::new()));
    assert!(
        resource.noise.iter().any(|noise| noise.reason == "the default of the API server"),
        "{:?}",
        resource.noise
    );
    let resource = kubernetes("Pod", &pod(json!({ "limits": limits })), &asks("2"));
    assert_eq!(changes(&resource), [r#"added spec.containers[name="c"].resources.requests.cpu"#]);
}

#[test]
fn who_watches_is_watched() {
    for (kind, before, after, rule) in [
        (
            "aws_rds_cluster",
            json!({"enabled_cloudwatch_logs_exports": ["audit"]}),
            json!({"enabled_cloudwatch_logs_exports": []}),
            "logging-off",
        ),
        (
            "aws_eks_cluster",
            json!({"enabled_cluster_log_types": ["api", "audit"]}),
            json!({"enabled_cluster_log_types": []}),
            "logging-off",
        ),
        ("aws_eks_cluster", json!({"enabled_cluster_log_types": ["api"]}), json!({}), "logging-off"),
        ("aws_guardduty_detector", json!({"enable": true}), json!({"enable": false}), "watcher-off"),
        (
            "aws_config_configuration_recorder_status",
            json!({"is_enabled": true}),
            json!({"is_enabled": false}),
            "watcher-off",
        ),
        (
            "azurerm_storage_account",
            json!({"network_rules": [{"default_action": "Deny"}]}),
            json!({"network_rules": [{"default_action": "Allow"}]}),
            "network-open-by-default",
        ),
        (
            "azurerm_storage_account_network_rules",
            json!({"default_action": "Deny"}),
            json!({"default_action": "Allow"}),
            "network-open-by-default",
        ),
        (
            "aws_cloudwatch_log_group",
            json!({"retention_in_days": 365}),
            json!({"retention_in_days": 7}),
            "logs-kept-shorter",
        ),
        (
            "aws_cloudwatch_log_group",
            json!({"retention_in_days": 0}),
            json!({"retention_in_days": 7}),
            "logs-kept-shorter",
        ),
    ] {
        let resource = plan(kind, &before, &after);
        assert!(met(&resource).contains(&rule), "{kind}: {:?}", met(&resource));
        assert!(resource.drift.unwrap().score.severity_score >= 0.7, "{kind}");
    }
    for (kind, before, after) in [
        ("AWS::CloudTrail::Trail", json!({"IsLogging": true}), json!({"IsLogging": false})),
        (
            "AWS::RDS::DBInstance",
            json!({"EnableCloudwatchLogsExports": ["audit"]}),
            json!({"EnableCloudwatchLogsExports": []}),
        ),
    ] {
        assert!(met(&stack(kind, &before, &after)).contains(&"logging-off"), "{kind}");
    }
    for (before, after) in [(7, 365), (7, 0)] {
        let resource = plan(
            "aws_cloudwatch_log_group",
            &json!({"retention_in_days": before}),
            &json!({"retention_in_days": after}),
        );
        assert!(!met(&resource).contains(&"logs-kept-shorter"), "{before} {after}");
    }
}
