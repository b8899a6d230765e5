//! Every real plan, state and Kubernetes pair. They lie outside the repository; set `WATCHROOM_SHARED` where they are not found.

#![expect(clippy::unwrap_used, reason = "helpers of a test")]

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use domain::drift::Format;
use drift::rules::Rules;
use drift::{Input, Reading};

fn data(folder: &str) -> Vec<PathBuf> {
    let root = std::env::var_os("WATCHROOM_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let folder = root.join("data").join(folder);
    assert!(
        folder.exists(),
        "{} is missing; set WATCHROOM_SHARED to the folder that holds data/",
        folder.display()
    );
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn name(file: &std::path::Path) -> String {
    file.file_name().unwrap().to_string_lossy().into_owned()
}

fn told(reading: &Result<Reading, Vec<drift::Problem>>) -> String {
    let mut text = String::new();
    let (resources, problems) = match reading {
        Ok(reading) => (reading.resources.as_slice(), reading.problems.as_slice()),
        Err(problems) => (&[][..], problems.as_slice()),
    };
    for r in resources {
        let provider = r.provider.as_deref().unwrap_or("-");
        let because = r.unchecked_because.as_deref().map(|b| format!(" ({b})")).unwrap_or_default();
        writeln!(text, "  {} {} [{provider}]{because}", r.verdict, r.address).unwrap();
        let masked = masked(&r.declared);
        if !masked.is_empty() {
            writeln!(text, "    masked: {}", masked.join(", ")).unwrap();
        }
        for n in &r.noise {
            writeln!(text, "    noise {}: {}", n.property_path, n.reason).unwrap();
        }
        let Some(drift) = &r.drift else { continue };
        writeln!(
            text,
            "    {} severity {} confidence {} next apply: {}",
            drift.drift_type,
            drift.score.severity_score,
            drift.score.confidence_score,
            drift.planned.as_deref().unwrap_or("-")
        )
        .unwrap();
        for c in &drift.changes {
            let json = |value: &Option<serde_json::Value>| {
                value.as_ref().map_or("-".to_owned(), ToString::to_string)
            };
            let owner = c.owner.as_deref().map(|o| format!(" by {o}")).unwrap_or_default();
            let marks = if c.is_security_critical { " CRITICAL" } else { "" };
            let relevant =
                c.is_relevant.map(|r| if r { " relevant" } else { " not relevant" }).unwrap_or_default();
            writeln!(
                text,
                "    {} {}: {} -> {}{marks}{relevant}{owner} {:?}",
                c.change_type,
                c.property_path,
                json(&c.declared_value),
                json(&c.actual_value),
                c.rules
            )
            .unwrap();
        }
        for n in &drift.noise {
            writeln!(text, "    noise {}: {}", n.property_path, n.reason).unwrap();
        }
    }
    for p in problems {
        writeln!(text, "  PROBLEM {}:{} {}: {}", p.file, p.line.unwrap_or(0), p.path, p.reason).unwrap();
    }
    text
}

/// Where a value is masked.
fn masked(value: &serde_json::Value) -> Vec<String> {
    use serde_json::Value;
    fn walk(value: &Value, path: &str, found: &mut Vec<String>) {
        match value {
            Value::String(text) if text.contains(drift::node::MASK) => found.push(path.to_owned()),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(at, item)| walk(item, &format!("{path}[{at}]"), found));
            }
            Value::Object(map) => map.iter().for_each(|(key, item)| {
                walk(item, &if path.is_empty() { key.clone() } else { format!("{path}.{key}") }, found);
            }),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(value, "", &mut found);
    found
}

/// The same, written in another way: sets in another order, numbers and yes or no as texts.
fn respelled(value: &serde_json::Value, key: &str) -> serde_json::Value {
    use serde_json::Value;
    const ORDERED: [&str; 4] = ["command", "entry_point", "args", "ordered_cache_behavior"];
    match value {
        Value::Array(list) if ORDERED.contains(&key) => Value::Array(list.clone()),
        Value::Array(list) => list.iter().rev().map(|item| respelled(item, key)).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, item)| (key.clone(), respelled(item, key)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Number(number) if number.is_i64() => Value::String(number.to_string()),
        Value::Bool(yes) => Value::String(yes.to_string()),
        other => other.clone(),
    }
}

/// A state whose attributes are written in another way.
fn respelled_state(text: &str) -> String {
    let mut state: serde_json::Value = serde_json::from_str(text).unwrap();
    for resource in state.get_mut("resources").and_then(|list| list.as_array_mut()).into_iter().flatten() {
        for instance in
            resource.get_mut("instances").and_then(|list| list.as_array_mut()).into_iter().flatten()
        {
            if let Some(attributes) = instance.get_mut("attributes") {
                *attributes = respelled(attributes, "");
            }
        }
    }
    state.to_string()
}

#[test]
fn every_plan_gives_the_drift_that_it_holds() {
    let mut all = String::new();
    for file in data("terraform/plan") {
        let text = fs::read_to_string(&file).unwrap();
        let name = name(&file);
        let reading =
            drift::read(Format::TerraformPlan, Input { file: &name, text: &text }, &Rules::built_in());
        writeln!(all, "{name}\n{}", told(&reading)).unwrap();
    }
    insta::assert_snapshot!(all);
}

#[test]
fn every_state_fills_the_inventory_and_is_its_own_truth() {
    let mut all = String::new();
    for file in data("terraform/state") {
        let text = fs::read_to_string(&file).unwrap();
        let name = name(&file);
        let reading =
            drift::read(Format::TerraformState, Input { file: &name, text: &text }, &Rules::built_in());
        writeln!(all, "{name}\n{}", told(&reading)).unwrap();
        let both = format!("{{\"state\": {text}, \"actual\": {}}}", respelled_state(&text));
        let own = drift::read(Format::TerraformState, Input { file: &name, text: &both }, &Rules::built_in())
            .unwrap();
        assert!(own.resources.iter().all(|r| r.drift.is_none()), "{name}: {}", told(&Ok(own)));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn kubernetes_pairs_are_in_sync_but_for_what_differs() {
    let mut all = String::new();
    for file in data("kubernetes").into_iter().filter(|f| name(f).contains("-config")) {
        let live = file.with_file_name(name(&file).replace("-config", "-live"));
        let (declared, live) = (fs::read_to_string(&file).unwrap(), fs::read_to_string(&live).unwrap());
        let name = name(&file);
        let text = serde_json::json!({ "declared": declared, "live": live }).to_string();
        let reading = drift::read(Format::Kubernetes, Input { file: &name, text: &text }, &Rules::built_in());
        writeln!(all, "{name}\n{}", told(&reading)).unwrap();
        let alone = drift::read(Format::Kubernetes, Input { file: &name, text: &live }, &Rules::built_in());
        writeln!(all, " live object alone\n{}", told(&alone)).unwrap();
    }
    insta::assert_snapshot!(all);
}
