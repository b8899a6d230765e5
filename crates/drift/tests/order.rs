//! What the order of a list says, by what each tool knows of it.

#![expect(clippy::unwrap_used, reason = "helpers of a test")]

use domain::drift::{Format, Verdict};
use drift::rules::Rules;
use drift::{Input, Reading, Resource};
use serde_json::{Value, json};

const ORDER: &str = "the same elements in another order";

fn read(format: Format, text: &str) -> Reading {
    drift::read(format, Input { file: "f", text }, &Rules::built_in()).unwrap()
}

/// A resource of a plan that drifted from one state to the other.
fn plan(resource_type: &str, before: &Value, after: &Value) -> Resource {
    let text = json!({"format_version": "1.2", "planned_values": {}, "resource_changes": [], "resource_drift": [
        {"address": format!("{resource_type}.a"), "type": resource_type, "change": {"before": before, "after": after}}]});
    read(Format::TerraformPlan, &text.to_string()).resources.remove(0)
}

/// A pair of objects with one spec each.
fn specs(version: &str, kind: &str, declared: &Value, live: &Value) -> Resource {
    let object = |spec: &Value| json!({"apiVersion": version, "kind": kind, "metadata": {"name": "n", "namespace": "d"}, "spec": spec});
    let text = json!({ "declared": object(declared), "live": object(live) }).to_string();
    read(Format::Kubernetes, &text).resources.remove(0)
}

fn stack(entry: Value) -> Resource {
    let mut all = json!({"LogicalResourceId": "A", "ResourceType": "AWS::X::Y", "StackResourceDriftStatus": "MODIFIED"});
    all.as_object_mut().unwrap().extend(entry.as_object().unwrap().clone());
    read(Format::Cloudformation, &json!({ "StackResourceDrifts": [all] }).to_string()).resources.remove(0)
}

/// What AWS says of one property.
fn told(path: &str, expected: &Value, actual: &Value) -> Resource {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    stack(json!({"ExpectedProperties": "{}", "ActualProperties": "{}", "PropertyDifferences": [
        {"PropertyPath": path, "ExpectedValue": text(expected), "ActualValue": text(actual), "DifferenceType": "NOT_EQUAL"}]}))
}

fn changes(resource: &Resource) -> Vec<String> {
    let changes = resource.drift.iter().flat_map(|drift| &drift.changes);
    changes.map(|change| format!("{} {}", change.change_type, change.property_path)).collect()
}

fn noise(resource: &Resource) -> Vec<String> {
    let drift = resource.drift.iter().flat_map(|drift| &drift.noise);
    resource
        .noise
        .iter()
        .chain(drift)
        .map(|noise| format!("{}: {}", noise.property_path, noise.reason))
        .collect()
}

#[test]
fn another_order_in_a_plan_is_that_of_a_list() {
    for name in [
        "layers",
        "dns_servers",
        "arguments",
        "rule",
        "statement",
        "steps",
        "search_domains",
        "middlewares",
        "policies",
        "routes",
        "stages",
        "cmd",
        "init_commands",
        "run_list",
        "ciphers",
        "network_interface_ids",
        "command",
        "entry_point",
        "ordered_cache_behavior",
    ] {
        let found = plan("t", &json!({ name: ["a", "b", "c"] }), &json!({ name: ["c", "a", "b"] }));
        assert_eq!(changes(&found), [format!("modified {name}")]);
        let change = &found.drift.as_ref().unwrap().changes[0];
        assert_eq!(change.declared_value, Some(json!(["a", "b", "c"])));
        assert_eq!(change.actual_value, Some(json!(["c", "a", "b"])));
    }
    let actions = |first: &str, second: &str| json!({"default_action": [{"type": first, "n": 1}, {"type": second, "n": 1}]});
    let found = plan(
        "aws_lb_listener",
        &actions("authenticate-oidc", "forward"),
        &actions("forward", "authenticate-oidc"),
    );
    assert_eq!(
        (found.verdict, changes(&found)),
        (Verdict::Drifted, vec!["modified default_action".to_owned()])
    );
    // In a text of JSON, and in a block that the other side has without a list.
    let found = plan("t", &json!({"v": "{\"run\": [1, 2]}"}), &json!({"v": "{\"run\": [2, 1]}"}));
    assert_eq!(changes(&found), ["modified v.run"]);
    let found = plan("t", &json!({"b": [{"run": ["x", "y"]}]}), &json!({"b": {"run": ["y", "x"]}}));
    assert_eq!(found.verdict, Verdict::Drifted);
}

#[test]
fn an_element_that_comes_changes_no_order_and_one_may_come_while_others_move() {
    let compare = |a: Value, b: Value| changes(&plan("t", &json!({ "layers": a }), &json!({ "layers": b })));
    assert_eq!(compare(json!(["a", "b"]), json!(["x", "a", "b"])), [r#"added layers["x"]"#]);
    assert_eq!(compare(json!(["a", "b", "c"]), json!(["a", "c"])), [r#"removed layers["b"]"#]);
    assert_eq!(
        compare(json!(["a", "b"]), json!(["x", "b", "a"])),
        ["modified layers", r#"added layers["x"]"#]
    );
    assert_eq!(compare(json!(["a", "a", "b"]), json!(["a", "b", "a"])), ["modified layers"]);
}

#[test]
fn what_a_provider_returns_in_any_order_stays_noise() {
    for name in [
        "security_groups",
        "vpc_security_group_ids",
        "subnet_ids",
        "subnets",
        "cidr_blocks",
        "availability_zones",
        "records",
        "tags",
        "environment",
        "managed_policy_arns",
    ] {
        let found = plan("t", &json!({ name: ["a", "b"] }), &json!({ name: ["b", "a"] }));
        assert_eq!((found.verdict, noise(&found)), (Verdict::InSync, vec![format!("{name}: {ORDER}")]));
    }
    let policy = |actions: Value, arns: Value, sids: [&str; 2]| {
        let statement = |sid: &str| {
            json!({"Sid": sid, "Action": actions, "Principal": {"AWS": arns}, "Resource": arns,
            "Condition": {"StringEquals": {"aws:x": arns}}})
        };
        json!({"policy": json!({"Statement": [statement(sids[0]), statement(sids[1])]}).to_string()})
    };
    let found = plan(
        "aws_iam_policy",
        &policy(json!(["s3:Get*", "s3:Put*"]), json!(["arn:a", "arn:b"]), ["x", "y"]),
        &policy(json!(["s3:Put*", "s3:Get*"]), json!(["arn:b", "arn:a"]), ["y", "x"]),
    );
    assert_eq!(found.verdict, Verdict::InSync, "{:?}", changes(&found));
    // Sets are sorted by what their blocks hold: one that is written in another way may stand elsewhere.
    let found = plan(
        "t",
        &json!({"rule": [{"d": "", "p": 1}, {"d": "x", "p": 2}]}),
        &json!({"rule": [{"d": "x", "p": 2}, {"d": null, "p": 1}]}),
    );
    assert_eq!(found.verdict, Verdict::InSync, "{:?}", changes(&found));
}

#[test]
fn a_snapshot_of_another_tool_has_its_sets_in_any_order() {
    let compare = |name: &str, foreign: bool| {
        let side = |list: Value| json!({"version": 4, "resources": [{"type": "t", "name": "a", "instances": [{"attributes": {"id": "i", name: list}}]}]});
        let actual = if foreign {
            json!([{"type": "t", "address": "t.a", "attributes": {"id": "i", name: ["b", "a"]}}])
        } else {
            side(json!(["b", "a"]))
        };
        let text = json!({"state": side(json!(["a", "b"])), "actual": actual});
        read(Format::TerraformState, &text.to_string()).resources.remove(0).verdict
    };
    assert_eq!(compare("route", true), Verdict::InSync);
    assert_eq!(compare("route", false), Verdict::Drifted);
    assert_eq!(compare("layers", true), Verdict::Drifted);
    assert_eq!(compare("subnet_ids", false), Verdict::InSync);
}

#[test]
fn what_aws_calls_not_equal_is_not_equal() {
    for (path, expected, actual, found) in [
        ("/Layers", json!(["l1", "l2"]), json!(["l2", "l1"]), "modified Layers"),
        ("/SubnetIds", json!(["l1", "l2"]), json!(["l2", "l1"]), "modified SubnetIds"),
        (
            "/Rules",
            json!([{"Name": "a", "P": "1"}, {"Name": "b", "P": 1}]),
            json!([{"Name": "b", "P": 1}, {"Name": "a", "P": 1}]),
            "modified Rules",
        ),
        ("/Policy", json!("{\"a\":[1,2]}"), json!("{\"a\":[2,1]}"), "modified Policy.a"),
    ] {
        let resource = told(path, &expected, &actual);
        assert_eq!((resource.verdict, changes(&resource)), (Verdict::Drifted, vec![found.to_owned()]));
    }
    for (path, expected, actual) in [
        ("/Port", json!({"Port": 22}), json!({"Port": 22.0})),
        ("/Policy", json!("{\"a\":[1,2]}"), json!("{ \"a\": [1, 2] }")),
        ("/Role", json!("arn:AWS:iam::1:role/x"), json!("arn:aws:iam::1:role/x")),
    ] {
        let found = told(path, &expected, &actual);
        assert_eq!((found.verdict, noise(&found).len()), (Verdict::InSync, 1), "{path}");
    }
    // Where AWS names no property, the sets are those of everybody.
    let whole = |expected: Value, actual: Value| {
        changes(&stack(
            json!({"ExpectedProperties": expected.to_string(), "ActualProperties": actual.to_string()}),
        ))
    };
    assert_eq!(whole(json!({"Layers": ["a", "b"]}), json!({"Layers": ["b", "a"]})), ["modified Layers"]);
    assert_eq!(whole(json!({"SubnetIds": ["a", "b"]}), json!({"SubnetIds": ["b", "a"]})), [""; 0]);
    let tags = |a: &str, b: &str| json!({"Tags": [{"Key": a, "Value": "v"}, {"Key": b, "Value": "v"}]});
    assert_eq!(whole(tags("a", "b"), tags("b", "a")), [""; 0]);
}

#[test]
fn kubernetes_says_which_lists_are_maps_and_sets() {
    let pod = |field: &str, names: [&str; 2]| {
        json!({"containers": [{"name": "c", "image": "i:1"}], field: [
        {"name": names[0], "image": names[0]}, {"name": names[1], "image": names[1]}]})
    };
    let found = specs(
        "v1",
        "Pod",
        &pod("initContainers", ["migrate", "seed"]),
        &pod("initContainers", ["seed", "migrate"]),
    );
    assert_eq!(
        (found.verdict, changes(&found)),
        (Verdict::Drifted, vec!["modified spec.initContainers".to_owned()])
    );
    for field in ["containers", "volumes", "imagePullSecrets", "ephemeralContainers"] {
        let found = specs("v1", "Pod", &pod(field, ["a", "b"]), &pod(field, ["b", "a"]));
        assert_eq!((found.verdict, noise(&found).len()), (Verdict::InSync, 1), "{field}");
    }
    let list =
        |field: &str, items: Value| json!({"containers": [{"name": "c", "image": "i:1"}], field: items});
    let calm = |field: &str, a: Value, b: Value| {
        let found = specs("v1", "Pod", &list(field, json!([a, b])), &list(field, json!([b, a])));
        assert_eq!((found.verdict, noise(&found)), (Verdict::InSync, vec![format!("spec.{field}: {ORDER}")]));
    };
    calm("tolerations", json!({"key": "a"}), json!({"key": "b"}));
    calm("topologySpreadConstraints", json!({"topologyKey": "a"}), json!({"topologyKey": "b"}));
    for field in ["searches", "nameservers"] {
        let found = specs(
            "v1",
            "Pod",
            &json!({"dnsConfig": {field: ["a", "b"]}}),
            &json!({"dnsConfig": {field: ["b", "a"]}}),
        );
        assert_eq!(changes(&found), [format!("modified spec.dnsConfig.{field}")]);
    }
    // Nobody says that the routes of somebody's own kind are a set.
    let routes = |a: &str, b: &str| json!({"http": [{"match": a}, {"match": b}], "values": [a, b]});
    let found = specs("networking.istio.io/v1", "VirtualService", &routes("/a", "/"), &routes("/", "/a"));
    assert_eq!(changes(&found), ["modified spec.http", "modified spec.values"]);
}
