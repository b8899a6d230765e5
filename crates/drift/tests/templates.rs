//! Templates of CloudFormation beside what a stack says of its drift.

use domain::drift::{Format, Verdict};
use drift::rules::Rules;
use drift::{Input, Reading};
use serde_json::json;

const TEMPLATE: &str = "
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !Sub '${AWS::StackName}-logs'
      Tags: [{Key: team, Value: !Ref Team}]
  Database:
    Type: AWS::RDS::DBInstance
    Condition: IsProduction
    Properties:
      MasterUserPassword: hunter2
      VPCSecurityGroups: [!GetAtt Group.GroupId]
  Broken:
    Properties: {}
";

fn read(text: &str) -> Result<Reading, Vec<drift::Problem>> {
    drift::read(Format::Cloudformation, Input { file: "stack.json", text }, &Rules::built_in())
}

#[test]
fn a_template_fills_the_inventory_and_the_drifts_go_before_it() {
    let drifts = json!({"StackResourceDrifts": [
        {"StackId": "arn:aws:cloudformation:eu-west-1:1:stack/shop/9", "LogicalResourceId": "Bucket", "ResourceType": "AWS::S3::Bucket",
         "StackResourceDriftStatus": "IN_SYNC", "ActualProperties": "{}"},
    ]});
    let reading =
        read(&json!({"stack": "shop", "template": TEMPLATE, "drifts": drifts}).to_string()).unwrap();
    let told: Vec<_> = reading.resources.iter().map(|r| (r.address.as_str(), r.verdict)).collect();
    assert_eq!(told, [("shop/Bucket", Verdict::InSync), ("shop/Database", Verdict::Unchecked)]);
    let database = &reading.resources[1];
    assert!(database.unchecked_because.as_ref().unwrap().contains("condition"));
    assert_eq!(database.declared["VPCSecurityGroups"], json!([{"Fn::GetAtt": "Group.GroupId"}]));
    assert!(!database.declared.to_string().contains("hunter"), "{}", database.declared);
    assert_eq!(reading.problems.len(), 1);
    assert!(reading.problems[0].path.ends_with("Resources.Broken"), "{:?}", reading.problems);
}

#[test]
fn a_template_alone_is_the_inventory_and_one_that_is_none_is_refused() {
    let text =
        json!({"stack": "shop", "template": {"Resources": {"A": {"Type": "AWS::SNS::Topic"}}}}).to_string();
    assert_eq!(drift::sniff(&text), Format::Cloudformation);
    assert_eq!(read(&text).unwrap().resources[0].verdict, Verdict::Unchecked);
    for wrong in [
        json!({"template": {"Resources": {}}}),
        json!({"stack": "s", "template": "a: [hunter2"}),
        json!({"stack": "s", "template": {}}),
    ] {
        let problems = read(&wrong.to_string()).unwrap_err();
        assert!(
            !problems.is_empty() && problems.iter().all(|p| !p.reason.contains("hunter")),
            "{problems:?}"
        );
    }
}

#[test]
fn a_template_by_itself_is_taken_as_what_is_declared() {
    let json = json!({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"A": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "a"}}}});
    for (text, names) in [(TEMPLATE.to_owned(), vec!["Bucket", "Database"]), (json.to_string(), vec!["A"])] {
        assert_eq!(drift::sniff(&text), Format::Cloudformation);
        let reading = read(&text).unwrap();
        let found: Vec<_> = reading.resources.iter().map(|r| r.address.as_str()).collect();
        assert_eq!(found, names);
        assert!(reading.resources.iter().all(|r| r.verdict == Verdict::Unchecked && r.declared.is_object()));
        assert!(!format!("{reading:?}").contains("hunter2"));
    }
    assert!(read("no: template").is_err() && read("a: [b").is_err());
}

#[test]
fn nothing_at_all_is_refused_in_every_format() {
    for format in [Format::TerraformPlan, Format::TerraformState, Format::Cloudformation, Format::Kubernetes]
    {
        for text in ["", " \n\t", "\u{feff}\n"] {
            let problems = drift::read(format, Input { file: "f", text }, &Rules::built_in()).unwrap_err();
            assert!(problems[0].reason.contains("empty"), "{problems:?}");
        }
    }
}
