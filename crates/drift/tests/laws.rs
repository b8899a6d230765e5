//! What must hold for any input.

use domain::drift::{DriftType, Format, Verdict};
use drift::diff::diff;
use drift::node::Node;
use drift::rules::Rules;
use drift::sets::Terraform;
use drift::{Input, Reading};
use proptest::prelude::*;
use serde_json::{Value, json};

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f32>().prop_map(|f| json!(f)),
        "[a-z0-9:/\\[\\]{}\"., -]{0,12}".prop_map(Value::from),
        prop_oneof![Just("true"), Just("80"), Just("arn:aws:x"), Just("{\"a\":[1,2]}"), Just("")]
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(
                prop_oneof!["[a-c]", Just("name".to_owned()), "[ -~]{1,6}"],
                inner,
                0..5
            )
            .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn plan(before: &Value, after: &Value, marks: &Value) -> String {
    json!({
        "format_version": "1.2", "planned_values": {},
        "resource_drift": [{
            "address": "t.a", "mode": "managed", "type": "t", "name": "a",
            "change": {"actions": ["update"], "before": before, "after": after, "before_sensitive": marks, "after_sensitive": marks}
        }],
        "resource_changes": [],
    })
    .to_string()
}

fn read(format: Format, text: &str) -> Result<Reading, Vec<drift::Problem>> {
    drift::read(format, Input { file: "f", text }, &Rules::built_in())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_differs_from_itself(value in any_json()) {
        let node = Node::new(value, &Value::Null);
        let found = diff(&node, &node, &Terraform::new("t"));
        prop_assert!(found.changes.is_empty() && found.noise.is_empty());
    }

    #[test]
    fn the_order_of_sets_is_no_change(items in prop::collection::vec(any_json(), 0..6)) {
        let turned: Vec<&Value> = items.iter().rev().collect();
        let (a, b) = (Node::new(json!({ "subnet_ids": items }), &Value::Null), Node::new(json!({ "subnet_ids": turned }), &Value::Null));
        let found = diff(&a, &b, &Terraform::new("t"));
        prop_assert!(found.changes.is_empty(), "{found:?}");
    }

    #[test]
    fn the_order_of_lists_is_a_change(items in prop::collection::btree_set("[a-z]{1,6}", 2..6)) {
        let items: Vec<String> = items.into_iter().collect();
        let turned: Vec<&String> = items.iter().rev().collect();
        let (a, b) = (Node::new(json!({ "list": items }), &Value::Null), Node::new(json!({ "list": turned }), &Value::Null));
        let found = diff(&a, &b, &Terraform::new("t"));
        prop_assert_eq!(found.changes.len(), 1);
        prop_assert_eq!(&found.changes[0].property_path, "list");
    }

    #[test]
    fn paths_are_sorted_and_each_is_there_once(a in any_json(), b in any_json()) {
        let found = diff(&Node::new(json!({"x": a}), &Value::Null), &Node::new(json!({"x": b}), &Value::Null), &Terraform::new("t"));
        let paths: Vec<&String> = found.changes.iter().map(|c| &c.property_path).collect();
        prop_assert!(paths.windows(2).all(|pair| pair[0] < pair[1]), "{paths:?}");
        for change in &found.changes {
            prop_assert!(change.declared_value != change.actual_value || change.is_sensitive);
            drift::path::keys_of(&change.property_path);
        }
    }

    #[test]
    fn any_text_is_read_or_refused_without_a_panic(text in "\\PC{0,200}", yaml in "[a-z:\\- \n\\[\\]{}&*!|>#\"']{0,80}") {
        for format in Format::ALL {
            let _ = read(*format, &text);
            let _ = read(*format, &yaml);
        }
    }

    #[test]
    fn any_document_is_read_or_refused_without_a_panic(value in any_json(), key in prop_oneof![
        Just("resource_drift"), Just("resource_changes"), Just("resources"), Just("StackResourceDrifts"), Just("live"), Just("declared"), Just("items"), Just("state")
    ]) {
        let text = json!({
            "format_version": "1.0", "planned_values": {}, "version": 4, "kind": "List", "actual": [],
            key: [value.clone(), {"address": "a.b", "type": "t", "change": value.clone(), "instances": [value.clone()], "name": "n",
                "LogicalResourceId": "L", "ResourceType": "T", "StackResourceDriftStatus": "MODIFIED", "PropertyDifferences": [value],
                "apiVersion": "v1", "kind": "X", "metadata": {"name": "n", "managedFields": [{"manager": "m", "fieldsV1": {"f:a": {}}}]}}]
        }).to_string();
        for format in Format::ALL {
            let _ = read(*format, &text);
        }
    }

    #[test]
    fn what_is_sensitive_never_comes_out(a in any_json(), b in any_json(), secret in "[A-Z]{12}", other in "[A-Z]{12}", side in 0..3_usize) {
        let before = json!({"open": a, "hidden": secret, "deep": {"list": ["x", secret]}, "password": secret,
            "json": json!({"api_key": secret}).to_string()});
        let after = json!({"open": b, "hidden": other, "deep": {"list": [other, "x"]}, "password": other,
            "json": json!({"api_key": other, "n": 1}).to_string()});
        let mut text: Value =
            serde_json::from_str(&plan(&before, &after, &json!({"hidden": true, "deep": {"list": [true, true]}}))).unwrap();
        // One side alone may say what is sensitive: then it is on both.
        if let Some(silent) = ["before_sensitive", "after_sensitive"].get(side) {
            text["resource_drift"][0]["change"][*silent] = json!({});
        }
        let text = text.to_string();
        let reading = read(Format::TerraformPlan, &text).unwrap();
        let mut told = format!("{reading:?}") + &serde_json::to_string(&reading).unwrap();
        for resource in &reading.resources {
            if let Some(drift) = &resource.drift {
                for tool in domain::drift::Tool::ALL {
                    told += &drift::patch::codify(*tool, &resource.address, &resource.resource_type, drift).0;
                }
            }
        }
        prop_assert!(!told.contains(&secret) && !told.contains(&other), "{told}");
    }
}

#[test]
fn deep_nesting_is_refused_and_not_a_crash() {
    let deep = |open: &str, close: &str| open.repeat(100_000) + &close.repeat(100_000);
    for format in Format::ALL {
        assert!(read(*format, &deep("[", "]")).is_err(), "{format}");
        assert!(read(*format, &deep("{\"a\":", "}")).is_err(), "{format}");
    }
    let _ = read(Format::Kubernetes, &("- ".repeat(50_000) + "a"));
    // Minutes, where the scanner of YAML gets them.
    for (format, front) in [(Format::Kubernetes, "a: "), (Format::Cloudformation, "Resources: ")] {
        for open in ["[", "{a: "] {
            assert!(read(format, &(front.to_owned() + &open.repeat(200_000))).is_err(), "{format} {open}");
        }
    }
    // Aliases that grow: the parser refuses the repetition.
    let mut bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned();
    for (from, to) in
        [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "f"), ("f", "g"), ("g", "h"), ("h", "i")]
    {
        use std::fmt::Write as _;
        let refs = vec![format!("*{from}"); 9].join(",");
        writeln!(bomb, "{to}: &{to} [{refs}]").unwrap();
    }
    assert!(read(Format::Kubernetes, &bomb).is_err());
}

#[test]
fn a_bad_entry_is_named_with_its_line_and_the_rest_is_kept() {
    let text = r#"{"format_version": "1.2", "planned_values": {},
"resource_drift": [
 {"address": "t.good", "type": "t", "change": {"before": {"a": 1}, "after": {"a": 2}}},
 {"type": "t"},
 {"address": "t.bad", "type": "t", "change": 5}
]}"#;
    let reading = read(Format::TerraformPlan, text).unwrap();
    assert_eq!(reading.resources.len(), 1);
    let told: Vec<_> = reading
        .problems
        .iter()
        .map(|p| format!("{}:{} {} {}", p.file, p.line.unwrap(), p.path, p.reason))
        .collect();
    assert_eq!(
        told,
        [
            "f:4 resource_drift[1] \"address\" is missing",
            "f:5 resource_drift[2] \"change\" is missing or no object"
        ]
    );
    let yaml = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\nkind: [\n---\nkind: X\n";
    let problems = read(Format::Kubernetes, yaml).unwrap().problems;
    let lines: Vec<_> = problems.iter().map(|p| p.line.unwrap()).collect();
    assert_eq!(lines, [6, 7], "{problems:?}");
}

#[test]
fn inputs_of_another_kind_are_refused_with_what_to_send() {
    let refusal = |format, text: &str| read(format, text).unwrap_err()[0].reason.clone();
    let log = r#"{"@level":"info","@message":"Terraform 1.9","type":"version"}"#;
    assert!(refusal(Format::TerraformPlan, log).contains("terraform show -json"));
    assert!(
        refusal(Format::TerraformPlan, r#"{"version":4,"lineage":"x","resources":[]}"#)
            .contains("terraform-state")
    );
    assert!(refusal(Format::TerraformState, r#"{"version":3,"modules":[]}"#).contains("version 3"));
    assert!(
        refusal(Format::TerraformState, r#"{"format_version":"1.0","planned_values":{}}"#)
            .contains("terraform-plan")
    );
    assert!(refusal(Format::Cloudformation, "{}").contains("describe-stack-resource-drifts"));
    assert!(refusal(Format::TerraformPlan, "{\"format_version\":").contains("cut off"));
}

#[test]
fn deleted_moved_and_replaced_resources_are_called_so() {
    let text = r#"{"format_version": "1.2", "planned_values": {},
"resource_drift": [
 {"address": "aws_cloudtrail.main", "type": "aws_cloudtrail", "change": {"actions": ["delete"], "before": {"id": "t"}, "after": null}},
 {"address": "t.new", "previous_address": "t.old", "type": "t", "change": {"actions": ["no-op"], "before": {"a": 1}, "after": {"a": 1}}},
 {"address": "aws_db_instance.db", "type": "aws_db_instance", "change": {"actions": ["update"],
   "before": {"storage_encrypted": true, "port": 5432, "password": "x"}, "after": {"storage_encrypted": false, "port": 5432, "password": "x"}}}
],
"resource_changes": [
 {"address": "aws_cloudtrail.main", "type": "aws_cloudtrail", "change": {"actions": ["create"], "before": null, "after": {"name": "t"}}},
 {"address": "aws_db_instance.db", "type": "aws_db_instance", "change": {"actions": ["delete", "create"], "before": {}, "after": {}}},
 {"address": "data.x.y", "mode": "data", "type": "x", "change": {"actions": ["read"]}},
 {"address": "t.later", "type": "t", "change": {"actions": ["create"], "before": null, "after": {"a": 1}}}
]}"#;
    let reading = read(Format::TerraformPlan, text).unwrap();
    let told: Vec<_> = reading
        .resources
        .iter()
        .map(|r| {
            (r.address.as_str(), r.verdict, r.drift.as_ref().map(|d| (d.drift_type, d.planned.as_deref())))
        })
        .collect();
    assert_eq!(
        told,
        [
            ("aws_cloudtrail.main", Verdict::Drifted, Some((DriftType::Deleted, Some("create")))),
            ("aws_db_instance.db", Verdict::Drifted, Some((DriftType::Modified, Some("replace")))),
            ("t.later", Verdict::Unchecked, None),
            ("t.new", Verdict::Drifted, Some((DriftType::Moved, None))),
        ]
    );
    let db = reading.resources[1].drift.as_ref().unwrap();
    assert!(db.changes[0].is_security_critical);
    assert_eq!(db.changes[0].rules, ["encryption-off"]);
    insta::assert_snapshot!(
        drift::patch::codify(domain::drift::Tool::Terraform, "aws_db_instance.db", "aws_db_instance", db).0, @r#"
    resource "aws_db_instance" "db" {
      # storage_encrypted
      storage_encrypted = false
    }
    "#);
    assert!(reading.resources[0].drift.as_ref().unwrap().score.severity_score > 0.8);
}

#[test]
fn cloudformation_values_inside_texts_are_compared() {
    let text = json!({"StackResourceDrifts": [
        {"StackId": "arn:aws:cloudformation:eu-west-1:1:stack/shop/9", "LogicalResourceId": "Group", "PhysicalResourceId": "sg-1",
         "ResourceType": "AWS::EC2::SecurityGroup", "StackResourceDriftStatus": "MODIFIED",
         "ExpectedProperties": "{\"SecurityGroupIngress\":[{\"CidrIp\":\"10.0.0.0/8\",\"FromPort\":22}]}",
         "ActualProperties": "{\"SecurityGroupIngress\":[{\"CidrIp\":\"0.0.0.0/0\",\"FromPort\":22}]}",
         "PropertyDifferences": [
            {"PropertyPath": "/SecurityGroupIngress/0/CidrIp", "ExpectedValue": "10.0.0.0/8", "ActualValue": "0.0.0.0/0", "DifferenceType": "NOT_EQUAL"},
            {"PropertyPath": "/SecurityGroupIngress/1", "ExpectedValue": "null", "ActualValue": "{\"FromPort\":3389,\"CidrIp\":\"::/0\"}", "DifferenceType": "ADD"},
            {"PropertyPath": "/Port", "ExpectedValue": "22", "ActualValue": "22.0", "DifferenceType": "NOT_EQUAL"},
            {"PropertyPath": "/MasterUserPassword", "ExpectedValue": "aaaa", "ActualValue": "bbbb", "DifferenceType": "NOT_EQUAL"},
            {"PropertyPath": "/Policy", "ExpectedValue": "{\"a\":[1,2]}", "ActualValue": "{\"a\": [1, 2.0]}", "DifferenceType": "NOT_EQUAL"}]},
        {"LogicalResourceId": "Gone", "ResourceType": "AWS::S3::Bucket", "StackResourceDriftStatus": "DELETED"},
        {"LogicalResourceId": "Fine", "ResourceType": "AWS::S3::Bucket", "StackResourceDriftStatus": "IN_SYNC", "ActualProperties": "{}"},
        {"LogicalResourceId": "Broken", "ResourceType": "AWS::S3::Bucket", "StackResourceDriftStatus": "MODIFIED", "ExpectedProperties": "{"}
    ]})
    .to_string();
    let reading = read(Format::Cloudformation, &text).unwrap();
    let group = reading.resources.iter().find(|r| r.address == "shop/Group").unwrap().drift.as_ref().unwrap();
    let told: Vec<_> = group
        .changes
        .iter()
        .map(|c| {
            format!(
                "{} {} {}",
                c.change_type,
                c.property_path,
                if c.is_security_critical { "critical" } else { "" }
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "modified MasterUserPassword critical",
            "modified Port ",
            "modified SecurityGroupIngress[0].CidrIp critical",
            "added SecurityGroupIngress[1] critical",
        ]
    );
    assert_eq!(group.noise[0].property_path, "Policy.a[1]");
    assert!(!serde_json::to_string(&reading).unwrap().contains("bbbb"));
    assert_eq!(reading.problems.len(), 1);
    assert_eq!(reading.problems[0].path, "StackResourceDrifts[3]");
}

#[test]
fn kubernetes_tells_hands_from_controllers() {
    let declared = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  template:\n    spec:\n      containers:\n      - {name: web, image: 'web:1', resources: {limits: {cpu: 1000m}}}\n";
    let live = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "status": {"replicas": 3},
        "metadata": {"name": "web", "namespace": "shop", "uid": "u", "labels": {"touched": "yes"}, "managedFields": [
            {"manager": "kubectl-edit", "operation": "Update", "time": "2026-01-02T00:00:00Z", "fieldsV1": {
                "f:metadata": {"f:labels": {"f:touched": {}}},
                "f:spec": {"f:template": {"f:spec": {"f:hostNetwork": {}, "f:containers": {"k:{\"name\":\"web\"}": {"f:image": {}}}}}}}},
            {"manager": "horizontal-pod-autoscaler", "operation": "Update", "time": "2026-01-01T00:00:00Z", "fieldsV1": {"f:spec": {"f:replicas": {}}}}
        ]},
        "spec": {"replicas": 3, "template": {"spec": {"hostNetwork": true, "dnsPolicy": "ClusterFirst",
            "containers": [{"name": "web", "image": "web:evil", "imagePullPolicy": "Always", "resources": {"limits": {"cpu": "1"}}}]}}}
    });
    let text = json!({ "declared": declared, "live": [live] }).to_string();
    let reading = read(Format::Kubernetes, &text).unwrap();
    let resource = &reading.resources[0];
    let drift = resource.drift.as_ref().unwrap();
    let told: Vec<_> = drift
        .changes
        .iter()
        .map(|c| format!("{} {} by {}", c.change_type, c.property_path, c.owner.as_deref().unwrap_or("-")))
        .collect();
    assert_eq!(
        told,
        [
            "added metadata.labels.touched by kubectl-edit",
            r#"modified spec.template.spec.containers[name="web"].image by kubectl-edit"#,
            "added spec.template.spec.hostNetwork by kubectl-edit",
        ],
        "{drift:#?}"
    );
    insta::assert_snapshot!(drift::patch::codify(domain::drift::Tool::Kubernetes, &resource.address, &resource.resource_type, drift).0, @r#"
    # Merge into the manifest of web:
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      labels:
        touched: "yes"
      name: web
      namespace: shop
    spec:
      template:
        spec:
          containers:
          - image: "web:evil"
            name: web
          hostNetwork: true
    "#);
}
