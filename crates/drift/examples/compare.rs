//! `compare FILE`: a plan is read and compared whole, and its `before` and `after` by a plain JSON diff (`json-patch`), as one JSON line.
//! Milliseconds, the median of eleven, the parsing of the text in both.

use std::time::Instant;

use domain::drift::Format;
use drift::Input;
use drift::rules::Rules;
use serde_json::{Value, json};

fn median(mut run: impl FnMut() -> usize) -> (f64, usize) {
    let mut times = Vec::new();
    let mut found = 0;
    for _ in 0..11 {
        let started = Instant::now();
        found = run();
        times.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2], found)
}

fn main() {
    let path = std::env::args().nth(1).expect("the file of a plan");
    let text = std::fs::read_to_string(&path).expect("the file can be read");
    let rules = Rules::built_in();
    let (ours, drifted) = median(|| {
        let reading =
            drift::read(Format::TerraformPlan, Input { file: &path, text: &text }, &rules).expect("a plan");
        reading.resources.iter().filter(|resource| resource.drift.is_some()).count()
    });
    let (plain, differing) = median(|| {
        let plan: Value = serde_json::from_str(&text).expect("JSON");
        let entries =
            ["resource_changes", "resource_drift"].into_iter().filter_map(|of| plan[of].as_array()).flatten();
        let differs = |entry: &&Value| {
            let change = &entry["change"];
            !json_patch::diff(&change["before"], &change["after"]).0.is_empty()
        };
        entries.filter(differs).count()
    });
    let mb = text.len() / 100_000;
    println!(
        "{}",
        json!({ "bench": "drift compare", "mb": mb as f64 / 10.0, "drifted": drifted, "ms_p50": ours,
            "json_patch_differing": differing, "json_patch_ms_p50": plain })
    );
}
