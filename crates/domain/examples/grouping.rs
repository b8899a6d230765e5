//! Measures templates on labelled logs: Grouping Accuracy (Zhu et al., ICSE-SEIP 2019) and speed on one core.
//!
//! ```text
//! cargo run --release -p domain --example grouping -- FOLDER [PREDICTIONS]
//! ```
//! FOLDER holds `*_structured.csv` files with the columns Content and EventId. A message is right when its group (the
//! messages with its template) is exactly the set with its EventId. Each line of output is JSON: one a file, then the
//! mean. With PREDICTIONS, that folder receives one `Set.csv` a file with rows `LineId,template`, for another scorer.
//! With `GROUPING_SHOW` set, groups that are not right are printed to the error stream.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use domain::template::template;

/// Long enough that the clock's resolution and a short pause do not matter.
const MEASURE_FOR: Duration = Duration::from_millis(500);

struct Row {
    line: String,
    content: String,
    event: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let folder = args.first().ok_or("usage: grouping FOLDER [PREDICTIONS]")?;
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)?
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter(|path| path.to_string_lossy().ends_with("_structured.csv"))
        .collect();
    files.sort();
    if files.is_empty() {
        return Err(format!("{folder} holds no *_structured.csv").into());
    }
    let (mut total, mut messages, mut took) = (0.0, 0.0, 0.0);
    for file in &files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let set = name.split("_2k").next().unwrap_or(&name).replace(".log_structured.csv", "");
        let rows = read(file)?;
        let templates: Vec<String> = rows.iter().map(|row| template(&row.content)).collect();
        if let Some(into) = args.get(1) {
            write(&Path::new(into).join(format!("{set}.csv")), &rows, &templates)?;
        }
        let (ga, groups, truth) = accuracy(&rows, &templates);
        let (count, seconds) = speed(&rows);
        println!(
            "{}",
            serde_json::json!({
                "set": set, "ga": round(ga), "groups": groups, "truth": truth,
                "messages_per_s": (count / seconds).round(),
            })
        );
        total += ga;
        messages += count;
        took += seconds;
    }
    println!(
        "{}",
        serde_json::json!({
            "mean_ga": round(total / files.len() as f64), "sets": files.len(), "messages_per_s": (messages / took).round(),
        })
    );
    Ok(())
}

fn round(share: f64) -> f64 {
    (share * 10_000.0).round() / 10_000.0
}

fn read(path: &Path) -> Result<Vec<Row>, Box<dyn Error>> {
    let mut reader = csv::Reader::from_path(path)?;
    let headers = reader.headers()?.clone();
    let column = |name: &str| {
        headers.iter().position(|h| h == name).ok_or_else(|| format!("{}: no column {name}", path.display()))
    };
    let (line, content, event) = (column("LineId")?, column("Content")?, column("EventId")?);
    reader
        .byte_records()
        .map(|row| {
            let row = row?;
            let text = |at: usize| String::from_utf8_lossy(&row[at]).into_owned();
            Ok(Row { line: text(line), content: text(content), event: text(event) })
        })
        .collect()
}

fn write(path: &Path, rows: &[Row], templates: &[String]) -> Result<(), Box<dyn Error>> {
    let mut writer = csv::Writer::from_path(path)?;
    for (row, template) in rows.iter().zip(templates) {
        writer.write_record([&row.line, template])?;
    }
    Ok(writer.flush()?)
}

/// Grouping Accuracy, the number of groups, and the number of true groups.
fn accuracy(rows: &[Row], templates: &[String]) -> (f64, usize, usize) {
    let (mut truth, mut ours) =
        (BTreeMap::<&str, BTreeSet<usize>>::new(), BTreeMap::<&str, BTreeSet<usize>>::new());
    for (i, (row, template)) in rows.iter().zip(templates).enumerate() {
        truth.entry(&row.event).or_default().insert(i);
        ours.entry(template).or_default().insert(i);
    }
    let sets: BTreeSet<_> = truth.values().collect();
    if std::env::var_os("GROUPING_SHOW").is_some() {
        for (template, group) in ours.iter().filter(|(_, group)| !sets.contains(group)) {
            let of: Vec<_> = truth
                .iter()
                .filter(|(_, set)| !set.is_disjoint(group))
                .map(|(event, set)| (event, set.len()))
                .collect();
            eprintln!("{:5} {template}  {of:?}", group.len());
        }
    }
    let right: usize = ours.values().filter(|group| sets.contains(group)).map(BTreeSet::len).sum();
    (right as f64 / rows.len().max(1) as f64, ours.len(), truth.len())
}

/// Messages templated and the seconds it took, over and over the file for [`MEASURE_FOR`].
fn speed(rows: &[Row]) -> (f64, f64) {
    let start = Instant::now();
    let mut count = 0;
    while start.elapsed() < MEASURE_FOR {
        for row in rows {
            std::hint::black_box(template(std::hint::black_box(&row.content)));
        }
        count += rows.len();
        if rows.is_empty() {
            break;
        }
    }
    (count as f64, start.elapsed().as_secs_f64().max(f64::EPSILON))
}
