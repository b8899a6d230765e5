//! What `make bench` asks: `causes ROWS FILE` makes a labelled history, writes it as CSV with the part that each drift belongs to (so
//! that scikit-learn can be given the same split), trains, and prints one line of JSON.

use std::fmt::Write as _;
use std::time::Instant;

use causes::train::{Part, parts};
use causes::{Example, FEATURES, history, rules, train};

const SEED: u64 = 20_261_126;

fn main() {
    let mut args = std::env::args().skip(1);
    let rows: usize = args.next().and_then(|n| n.parse().ok()).unwrap_or(50_000);
    let drifts = history::labelled(rows, SEED);
    let examples: Vec<Example> = drifts
        .iter()
        .map(|drift| Example {
            features: drift.facts.features(),
            cause: drift.cause,
            resource: drift.resource,
        })
        .collect();
    let parts = parts(&examples, SEED);
    if let Some(file) = args.next() {
        let mut text = FEATURES.iter().map(|feature| feature.name).collect::<Vec<_>>().join(",");
        text.push_str(",cause,part\n");
        for (example, part) in examples.iter().zip(&parts) {
            for value in &example.features {
                let _ = if value.is_nan() { write!(text, ",") } else { write!(text, "{value},") };
            }
            let part = match part {
                Part::Learn => "learn",
                Part::Hold => "hold",
                Part::Measure => "measure",
            };
            let _ = writeln!(text, "{},{part}", example.cause);
        }
        std::fs::write(&file, text).expect("the CSV can be written");
    }
    let begun = Instant::now();
    let (artifact, report) = train(&examples, SEED, |_, _| ()).expect("there are labels enough");
    let train_s = begun.elapsed().as_secs_f64();
    let asked = examples.len().min(2_000);
    let begun = Instant::now();
    let known =
        examples[..asked].iter().filter(|example| artifact.judge(&example.features).confidence > 0.0).count();
    let judge_ms = begun.elapsed().as_secs_f64() * 1e3 / known.max(1) as f64;
    let measured: Vec<_> = drifts
        .iter()
        .zip(&parts)
        .filter(|(_, part)| **part == Part::Measure)
        .map(|(drift, _)| drift)
        .collect();
    let truth: Vec<usize> = measured.iter().map(|drift| drift.cause.place()).collect();
    let told: Vec<usize> = measured.iter().map(|drift| rules::judge(&drift.facts).cause.place()).collect();
    println!(
        "{}",
        serde_json::json!({
            "rows": rows, "learned_from": report.learned_from, "measured_on": report.measured_on,
            "algorithm": report.algorithm, "f1_macro": report.f1_macro, "other_f1_macro": report.other_f1_macro,
            "rules_f1_macro": causes::metrics::macro_f1(&truth, &told), "commonest_f1_macro": report.commonest_f1_macro,
            "calibration_error": report.calibration_error, "rounds": report.rounds, "train_s": train_s,
            "judge_ms": judge_ms, "artifact_bytes": artifact.to_bytes().len(),
        })
    );
}
