use serde_json::{Value, json};

use super::*;
use crate::sets::Terraform;

fn told(a: Value, b: Value) -> (Vec<String>, Vec<String>) {
    let found = diff(&Node::new(a, &Value::Null), &Node::new(b, &Value::Null), &Terraform::new("t"));
    (
        found.changes.iter().map(|c| format!("{} {}", c.change_type, c.property_path)).collect(),
        found.noise.iter().map(|n| format!("{}: {}", n.property_path, n.reason)).collect(),
    )
}

#[test]
fn noise_is_told_with_its_reason_and_is_no_change() {
    let (changes, noise) = told(
        json!({"a": null, "b": "80", "subnet_ids": ["x", "y"], "d": "{\"k\": [1, 2]}", "e": "arn:AWS:iam::1:role/X", "f": true, "g": 1, "h": [5], "i": "a\r\nb"}),
        json!({"a": "", "b": 80, "subnet_ids": ["y", "x"], "d": "{\"k\":[1,2]}", "e": "arn:aws:iam::1:role/X", "f": "true", "g": 1.0, "h": 5, "i": "a\nb\n", "j": {"k": [null]}}),
    );
    assert_eq!(changes, [""; 0]);
    insta::assert_snapshot!(noise.join("\n"), @r#"
    a: absent, null, false and empty mean the same
    b: the same number, written in another way
    d: the same JSON, written in another way
    e: Azure ids, and ARNs before the resource, mean the same in any case
    f: the same yes or no, written as text
    g: the same number, written in another way
    h: one value and a list of one mean the same
    i: only line endings differ
    j: absent, null, false and empty mean the same
    subnet_ids: the same elements in another order
    "#);
}

#[test]
fn what_differs_in_more_than_its_spelling_is_a_change() {
    let (changes, noise) = told(
        json!({"v": "1.10", "account": "012", "mode": "0644", "n": 9_007_199_254_740_993_u64, "command": ["a", "b"], "name": "X"}),
        json!({"v": "1.1", "account": "12", "mode": "644", "n": 9_007_199_254_740_992_u64, "command": ["b", "a"], "name": "x"}),
    );
    assert_eq!(changes.len(), 6, "{changes:?}");
    assert_eq!(noise, [""; 0]);
}

#[test]
fn elements_of_sets_and_blocks_have_names() {
    let (changes, _) = told(
        json!({"cidr": ["10.0.0.0/8", "10.1.0.0/16"], "rule": [{"name": "a", "port": 1}, {"name": "b", "port": 2}]}),
        json!({"cidr": ["0.0.0.0/0", "10.0.0.0/8"], "rule": [{"name": "b", "port": 3}, {"name": "c", "port": 4}]}),
    );
    assert_eq!(
        changes,
        [
            r#"added cidr["0.0.0.0/0"]"#,
            r#"removed cidr["10.1.0.0/16"]"#,
            r#"removed rule[name="a"]"#,
            r#"modified rule[name="b"].port"#,
            r#"added rule[name="c"]"#,
        ]
    );
}

#[test]
fn a_policy_in_a_text_is_looked_into() {
    let (changes, _) = told(
        json!({"policy": "{\"Statement\":[{\"Action\":\"s3:Get*\",\"Effect\":\"Allow\"}]}"}),
        json!({"policy": "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"*\"]}]}"}),
    );
    assert_eq!(changes, ["modified policy.Statement[0].Action"]);
}

#[test]
fn tags_that_are_repeated_are_told_once() {
    let (changes, noise) = told(
        json!({"tags": {"a": "1"}, "tags_all": {"a": "1", "team": "x"}}),
        json!({"tags": {"a": "2"}, "tags_all": {"a": "2", "team": "y"}}),
    );
    assert_eq!(changes, ["modified tags.a", "modified tags_all.team"]);
    assert_eq!(noise, ["tags_all.a: repeats what tags says"]);
}
