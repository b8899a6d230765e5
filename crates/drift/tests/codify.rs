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
