//! The start of a file as a table.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read as _};

use domain::Timestamp;
use domain::event::{Mapping, NewEvent, Target};
use domain::instant;
use domain::upload::{Format, Preview};
use serde_json::Value;

/// Bytes that are looked at.
const LOOKED_AT: u64 = 1024 * 1024;
/// Bytes by which a format is told.
const SNIFFED: u64 = 64 * 1024;
const ROWS: usize = 20;
/// Most columns of a table; how many more there are is told. A dry run has them all in its address, for which proxies have 8 kB.
const COLUMNS: usize = 100;
/// Longest name of one, in bytes.
const NAME: usize = 200;
/// Longest cell, in characters.
const CELL: usize = 200;

pub(super) fn of(file: File, format: Format, now: Timestamp) -> io::Result<Preview> {
    let mut first = Vec::new();
    wire::file(file, u64::MAX)?.take(LOOKED_AT).read_to_end(&mut first)?;
    // A line that was cut in the middle is left out.
    if first.len() as u64 == LOOKED_AT
        && let Some(end) = first.iter().rposition(|c| *c == b'\n')
    {
        first.truncate(end + 1);
    }
    let table = match format {
        Format::Csv => csv_table(&first, now)?,
        Format::Ndjson | Format::Auto => objects(wire::rows(&first).map(|(_, row)| row), now),
        Format::Json => objects(wire::file_elements(&first).map(|(_, row)| row), now),
        Format::Syslog => lines(&first, now)?,
    };
    Ok(Preview { format, ..table })
}

/// What a file is read as whose name does not tell.
pub(super) fn format_of(file: File) -> io::Result<Format> {
    let mut first = Vec::new();
    wire::file(file, u64::MAX)?.take(SNIFFED).read_to_end(&mut first)?;
    Ok(wire::sniff(&first))
}

fn csv_table(first: &[u8], now: Timestamp) -> io::Result<Preview> {
    let begins = wire::table(first);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(begins.delimiter)
        .flexible(true)
        .from_reader(&first[begins.start..]);
    let names = wire::names(reader.byte_headers().map_err(io::Error::other)?);
    // Whole: they are what a mapping names them by.
    let columns: Vec<String> =
        names.iter().filter(|name| name.len() <= NAME).take(COLUMNS).cloned().collect();
    let mut rows = Vec::new();
    for record in reader.byte_records().take(ROWS) {
        let Ok(record) = record else { break };
        rows.push(
            (0..names.len())
                .filter(|i| names[*i].len() <= NAME)
                .take(COLUMNS)
                .map(|i| record.get(i).map_or_else(String::new, |c| text(&String::from_utf8_lossy(c))))
                .collect(),
        );
    }
    let more_columns = names.len() - columns.len();
    Ok(Preview { more_columns, ..table(columns, rows, now) })
}

fn objects<'a>(rows: impl Iterator<Item = &'a [u8]>, now: Timestamp) -> Preview {
    let mut columns: Vec<String> = Vec::new();
    let mut more = HashSet::new();
    let mut found: Vec<Vec<(String, String)>> = Vec::new();
    let mapping = Mapping::import();
    for row in rows.take(ROWS) {
        let Ok(Value::Object(object)) = serde_json::from_slice(row) else { continue };
        let mut cells = Vec::new();
        for (name, value) in object {
            match value {
                // Columns inside objects are named as the mapping names them: `host.name`.
                Value::Object(inner) if mapping.opens(&name) => {
                    cells.extend(
                        inner.into_iter().map(|(key, value)| (format!("{name}.{key}"), shown(&value))),
                    );
                }
                value => cells.push((name, shown(&value))),
            }
        }
        for (name, _) in &cells {
            if columns.contains(name) {
                continue;
            }
            if columns.len() < COLUMNS && name.len() <= NAME {
                columns.push(name.clone());
            } else {
                more.insert(name.clone());
            }
        }
        found.push(cells);
    }
    let rows = found
        .into_iter()
        .map(|cells| {
            let of = |column: &String| {
                cells
                    .iter()
                    .find(|(name, _)| name == column)
                    .map_or_else(String::new, |(_, value)| value.clone())
            };
            columns.iter().map(of).collect()
        })
        .collect();
    Preview { more_columns: more.len(), ..table(columns, rows, now) }
}

/// Log text has no columns to choose; it is shown as it is understood.
fn lines(first: &[u8], now: Timestamp) -> io::Result<Preview> {
    let columns =
        ["occurred_at", "severity", "component", "system_id", "message"].map(str::to_owned).to_vec();
    let mapping = Mapping::import();
    let mut rows = Vec::new();
    for row in wire::read(Format::Syslog, first, &mapping, now)?.take(ROWS) {
        let row = row?;
        rows.push(match row.event {
            Ok(NewEvent { occurred_at, severity, component, system_id, message, .. }) => vec![
                occurred_at.iso(),
                severity.to_string(),
                component.unwrap_or_default(),
                system_id.unwrap_or_default(),
                text(&message),
            ],
            Err(_) => vec![
                String::new(),
                String::new(),
                String::new(),
                String::new(),
                text(&String::from_utf8_lossy(&row.bytes)),
            ],
        });
    }
    Ok(Preview { format: Format::Syslog, columns, more_columns: 0, rows, guess: Vec::new() })
}

fn table(columns: Vec<String>, rows: Vec<Vec<String>>, now: Timestamp) -> Preview {
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut guess: Vec<(Target, Option<String>)> = Mapping::suggest(&names)
        .into_iter()
        .map(|(target, column)| (target, column.map(str::to_owned)))
        .collect();
    let taken: Vec<String> = guess.iter().filter_map(|(_, column)| column.clone()).collect();
    if let Some((_, time @ None)) = guess.iter_mut().find(|(target, _)| *target == Target::OccurredAt) {
        let is_time = |at: usize| !taken.contains(&columns[at]) && has_times(&rows, at, now);
        *time = (0..columns.len()).find(|at| is_time(*at)).map(|at| columns[at].clone());
    }
    Preview { format: Format::Auto, columns, more_columns: 0, rows, guess }
}

/// Whether most of what stands in a column is a time of a day: a name says it in too many ways. Bare numbers are anything.
fn has_times(rows: &[Vec<String>], at: usize, now: Timestamp) -> bool {
    let cells = || rows.iter().filter_map(|row| row.get(at)).filter(|cell| !cell.is_empty());
    let times = cells().filter(|cell| cell.contains(':') && instant::parse(cell, now).is_ok()).count();
    times * 2 > cells().count()
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(s) => text(s),
        other => text(&other.to_string()),
    }
}

fn text(cell: &str) -> String {
    cell.trim().chars().filter(|c| !c.is_control()).take(CELL).collect()
}
