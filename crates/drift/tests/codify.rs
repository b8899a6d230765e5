//! What is proposed for the code.

#![expect(clippy::unwrap_used, reason = "helpers of a test")]

use domain::drift::Format;
use drift::rules::Rules;
use drift::{Input, Resource};
use serde_json::{Value, json};

/// A resource of a plan that drifted from one state to the other.
fn plan(resource_type: &str, before: &Value, after: &Value) -> Resource {
    let text = json!({"format_version": "1.2", "planned_values": {}, "resource_changes": [], "resource_drift": [
        {"address": format!("{resource_type}.a"), "type": resource_type, "change": {"before": before, "after": after}}]});
    let input = Input { file: "f", text: &text.to_string() };
    drift::read(Format::TerraformPlan, input, &Rules::built_in()).unwrap().resources.remove(0)
}

#[test]
fn hcl_has_the_names_of_its_resources() {
    use domain::drift::Tool;
    let name = |address: &str, kind: &str| {
        let drift = plan(kind, &json!({"a": 1}), &json!({"a": 2})).drift.unwrap();
        drift::patch::codify(Tool::Terraform, address, kind, &drift)
            .0
            .lines()
            .find(|line| line.starts_with("resource"))
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(
        name(r#"aws_route53_record.r["a.example.com"]"#, "aws_route53_record"),
        r#"resource "aws_route53_record" "r" {"#
    );
    assert_eq!(
        name("module.m.aws_instance.web (deposed ab12)", "aws_instance"),
        r#"resource "aws_instance" "web" {"#
    );
    assert_eq!(
        name(r#"module.m["a.b]"].aws_instance.web["x]y"]"#, "aws_instance"),
        r#"resource "aws_instance" "web" {"#
    );
    assert_eq!(name("aws_instance i-1.2", "aws_instance"), r#"resource "aws_instance" "i-1_2" {"#);
}

/// What stands for a value that is not kept stands in no code as if it were the value.
#[test]
fn a_value_that_is_not_kept_is_asked_for() {
    use domain::drift::Tool;
    let snippet = |format: Format, tool: Tool, text: &Value| {
        let input = Input { file: "f", text: &text.to_string() };
        let resource = drift::read(format, input, &Rules::built_in()).unwrap().resources.remove(0);
        let drift = resource.drift.unwrap();
        let (found, _) = drift::patch::codify(tool, &resource.address, &resource.resource_type, &drift);
        assert!(!found.contains("(sensitive)") && !found.contains("hunter"), "{found}");
        // As it stands it can be read, and sets nothing to null.
        let parsed: Value = yaml_serde::from_str(&found).unwrap();
        assert!(!parsed.to_string().contains("null"), "{found}");
        found
    };
    let map = |n: u8| {
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "n", "annotations": {"api-key": format!("hunter{n}")}},
        "spec": {"template": {"spec": {"containers": [{"name": "c", "image": format!("c:{n}"), "args": ["--mode", "fast", "--password", format!("hunter{n}")],
            "env": [{"name": "DB_PASSWORD", "value": format!("hunter{n}")}, {"name": "MODE", "value": format!("m{n}")}]}]}}}})
    };
    let pair = json!({"declared": map(1), "live": map(2)});
    insta::assert_snapshot!(snippet(Format::Kubernetes, Tool::Kubernetes, &pair), @r##"
    # Merge into the manifest of n:
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: "n"
      # annotations.api-key: not kept here; fill it in from where the secret is kept, or leave it as it is in the manifest.
    spec:
      template:
        spec:
          containers:
          - env:
            - name: DB_PASSWORD
              # The value is not kept here: put it into a Secret, name that and its key below, and take a "value" out of the manifest.
              valueFrom:
                secretKeyRef:
                  name: FILL-IN-NAME-OF-SECRET
                  key: FILL-IN-KEY
            - name: MODE
              value: m2
            image: "c:2"
            name: c
            # args (the whole list): not kept here; fill it in from where the secret is kept, or leave it as it is in the manifest.
    "##);
    // An object that nobody declared, with a file of settings and a list of secrets.
    let live = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "n"},
        "data": {"app.properties": "user=me\npassword=hunter2\n", "mode": "fast"}, "tokens": [{"token": "hunter3"}, {"token": "hunter4"}], "more": [["a", "--password", "hunter5"], ["b"]], "some": [{"a": 1, "token": "hunter6"}]});
    insta::assert_snapshot!(snippet(Format::Kubernetes, Tool::Kubernetes, &json!({"declared": [], "live": [live]})), @r##"
    apiVersion: v1
    data:
      mode: fast
      # app.properties: not kept here; fill it in from where the secret is kept, or leave it as it is in the manifest.
    kind: ConfigMap
    metadata:
      name: "n"
    some:
    - a: 1
      # token: not kept here; fill it in from where the secret is kept, or leave it as it is in the manifest.
    # more (the whole list): not kept here; fill it in from where the secret is kept, or leave it as it is in the manifest.
    # tokens (the whole list): not kept here; fill it in from where the secret is kept, or leave it as it is in the manifest.
    "##);
    let secret =
        |n: &str| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "n"}, "data": {"a": n}});
    insta::assert_snapshot!(snippet(Format::Kubernetes, Tool::Kubernetes, &json!({"declared": secret("aHVudGVyMg=="), "live": secret("aHVudGVyMw==")})), @r##"
    # Merge into the manifest of n:
    apiVersion: v1
    kind: Secret
    metadata:
      name: "n"
    # data.a: not kept here; fill it in from where the secret is kept, or leave it as it is in the manifest.
    "##);
    let properties = |n: u8| {
        json!({"MasterUserPassword": format!("hunter{n}"), "Engine": format!("e{n}"),
        "UserData": format!("#!/bin/sh\nexport DB_PASSWORD=hunter{n}\necho ${{HOME}}\n"),
        "Environment": [{"Name": "DB_PASSWORD", "Value": format!("hunter{n}")}, {"Name": "MODE", "Value": "fast"}]}).to_string()
    };
    let stack = json!({"StackResourceDrifts": [{"LogicalResourceId": "Db", "ResourceType": "AWS::RDS::DBInstance",
        "StackResourceDriftStatus": "MODIFIED", "ExpectedProperties": properties(1), "ActualProperties": properties(2)}]});
    insta::assert_snapshot!(snippet(Format::Cloudformation, Tool::Cloudformation, &stack), @r##"
    {
      "Parameters": {
        "DbEnvironment0Value": {
          "Description": "Its value is not kept here. Give it when the stack is updated, or write a dynamic reference to its secret (resolve:secretsmanager) instead of this parameter.",
          "NoEcho": true,
          "Type": "String"
        },
        "DbMasterUserPassword": {
          "Description": "Its value is not kept here. Give it when the stack is updated, or write a dynamic reference to its secret (resolve:secretsmanager) instead of this parameter.",
          "NoEcho": true,
          "Type": "String"
        },
        "DbUserData": {
          "Description": "Its value is not kept here. Give it when the stack is updated, or write a dynamic reference to its secret (resolve:secretsmanager) instead of this parameter.",
          "NoEcho": true,
          "Type": "String"
        }
      },
      "Resources": {
        "Db": {
          "Properties": {
            "Engine": "e2",
            "Environment": [
              {
                "Name": "DB_PASSWORD",
                "Value": {
                  "Ref": "DbEnvironment0Value"
                }
              },
              {
                "Name": "MODE",
                "Value": "fast"
              }
            ],
            "MasterUserPassword": {
              "Ref": "DbMasterUserPassword"
            },
            "UserData": {
              "Fn::Sub": "#!/bin/sh\nexport DB_PASSWORD=${DbUserData}\necho ${!HOME}\n"
            }
          },
          "Type": "AWS::RDS::DBInstance"
        }
      }
    }
    "##);
}
