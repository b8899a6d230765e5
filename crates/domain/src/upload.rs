//! Imports and uploads: a file becomes events, with a report of what was refused.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::event::{Mapping, NewEvent, Target};
use crate::member::words;
use crate::{Severity, Timestamp, UploadId, UserId};

words! {
    /// The forms a file can have. `auto` looks at the first bytes.
    Format { Auto = "auto", Ndjson = "ndjson", Json = "json", Csv = "csv", Syslog = "syslog" }
    "not a format: auto, ndjson, json, csv or syslog"
}

impl Format {
    /// What the name of a file says; `Auto` where its content tells as well.
    pub fn of_name(name: &str) -> Self {
        let name = name.to_lowercase();
        let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
        match name.rsplit('.').next() {
            Some("csv" | "tsv") => Self::Csv,
            Some("ndjson" | "jsonl") => Self::Ndjson,
            _ => Self::Auto,
        }
    }
}

words! {
    /// Where an upload stands: its file is here and its columns can be mapped; a task reads it; finished; given up.
    UploadState { Mapped = "mapped", Running = "running", Done = "done", Failed = "failed" }
    "not a state: mapped, running, done or failed"
}

/// A file that was uploaded in the browser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Upload {
    pub id: UploadId,
    pub file_name: String,
    pub format: Format,
    pub mapping: Choice,
    pub state: UploadState,
    pub bytes_total: i64,
    /// How much of the file was read.
    pub bytes_done: i64,
    pub accepted: i64,
    pub rejected: i64,
    /// Severities among the accepted rows that were not understood.
    pub unknown_severities: UnknownSeverities,
    pub imported: Imported,
    pub error_message: Option<String>,
    pub created_by: Option<UserId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What a person chose on the mapping page. Without columns the names that common tools use are tried.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Choice {
    /// Columns by field, in order of preference.
    pub columns: BTreeMap<Target, Vec<String>>,
    /// Severity of a row that says none (or none that is understood).
    pub severity: Option<Severity>,
    /// Source of a row that names none; the file's name when empty.
    pub source: Option<String>,
    pub environment: Option<String>,
}

impl Choice {
    /// The mapping that the readers take.
    pub fn mapping(&self) -> Mapping {
        let mut mapping = if self.columns.values().all(Vec::is_empty) {
            Mapping::import()
        } else {
            Mapping::custom(&self.columns)
        };
        mapping.severity = self.severity.or(mapping.severity);
        mapping.source = self.source.clone().filter(|s| !s.trim().is_empty());
        mapping.environment = self.environment.clone().filter(|s| !s.trim().is_empty());
        mapping
    }
}

/// Where the events of an import are found: the time of the first and the last, and their sources; and how many it did not bring.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Imported {
    pub first: Option<Timestamp>,
    pub last: Option<Timestamp>,
    /// Empty when there are more than [`MAX_SOURCES`], or an event names none: the time alone tells then.
    pub sources: BTreeSet<String>,
    pub any_source: bool,
    /// Rows that were stored before.
    pub known: u64,
    pub misfits: Misfits,
}

/// Rows of a CSV file that may have been read otherwise than they were meant: with more fields than the header names, or with
/// quotes where CSV (RFC 4180) has none. They are stored; what is over stands in the payload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Misfits {
    pub rows: u64,
    /// Position of the first, 0-based.
    pub first: Option<u64>,
}

impl Misfits {
    pub fn count(&mut self, index: u64) {
        self.add(&Self { rows: 1, first: Some(index) });
    }

    /// Adds what another part of the file had.
    pub fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.first = self.first.into_iter().chain(other.first).min();
    }

    /// Nothing when there are none.
    pub fn sentence(&self) -> Option<String> {
        let first = self.first? + 1;
        let rows = if self.rows == 1 {
            format!("Row {first} has")
        } else {
            format!("{} rows, first row {first}, have", self.rows)
        };
        Some(format!(
            "{rows} more fields than the header names, or quotes where CSV has none, and may not say what was meant: a text with a delimiter in it stands in double quotes, with no blank before them, and a quote in it is written twice"
        ))
    }
}

/// Sources of an import that are told.
const MAX_SOURCES: usize = 8;

impl Imported {
    /// Takes in an event that was accepted.
    pub fn count(&mut self, event: &NewEvent) {
        let at = event.occurred_at;
        self.widen(Some(at), Some(at));
        if !self.any_source {
            match &event.source {
                Some(source) if self.sources.contains(source) => {}
                Some(source) => self.name([source.clone()]),
                None => self.name_none(),
            }
        }
    }

    /// Adds what another part of the file had.
    pub fn add(&mut self, other: &Self) {
        self.widen(other.first, other.last);
        self.known += other.known;
        self.misfits.add(&other.misfits);
        if other.any_source {
            self.name_none();
        } else if !self.any_source {
            self.name(other.sources.iter().cloned());
        }
    }

    fn widen(&mut self, first: Option<Timestamp>, last: Option<Timestamp>) {
        self.first = self.first.into_iter().chain(first).min();
        self.last = self.last.max(last);
    }

    fn name(&mut self, sources: impl IntoIterator<Item = String>) {
        self.sources.extend(sources);
        if self.sources.len() > MAX_SOURCES {
            self.name_none();
        }
    }

    fn name_none(&mut self) {
        self.any_source = true;
        self.sources.clear();
    }
}

/// Rows of an import that say a severity nobody knows, or leave it blank. They are stored, with the word in `severity_text`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UnknownSeverities {
    pub rows: u64,
    /// What they became: the severity chosen for rows that say none.
    pub became: Option<Severity>,
    /// Rows by word, of the first 20 words; the empty one stands for no text at all.
    pub words: BTreeMap<String, u64>,
}

/// Words told, and characters told of each.
const MAX_WORDS: usize = 20;
const MAX_WORD: usize = 40;

impl UnknownSeverities {
    /// Counts an event if its severity was not understood.
    pub fn count(&mut self, event: &NewEvent) {
        if event.severity_known {
            return;
        }
        let word: String = event.severity_text.chars().take(MAX_WORD).collect();
        self.add_word(word, 1);
        self.rows += 1;
        self.became = Some(event.severity);
    }

    /// Adds what another part of the file had.
    pub fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.became = other.became.or(self.became);
        for (word, rows) in &other.words {
            self.add_word(word.clone(), *rows);
        }
    }

    fn add_word(&mut self, word: String, rows: u64) {
        if let Some(n) = self.words.get_mut(&word) {
            *n += rows;
        } else if self.words.len() < MAX_WORDS {
            self.words.insert(word, rows);
        }
    }

    /// `3 rows had a severity that was not understood and became info: 'dire' (2), 'meh' (1)`. The most frequent first;
    /// nothing when there are none.
    pub fn sentence(&self) -> Option<String> {
        let became = self.became.filter(|_| self.rows > 0)?;
        let mut words: Vec<_> = self.words.iter().collect();
        words.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
        let told: u64 = self.words.values().sum();
        let mut list: Vec<String> = words
            .into_iter()
            .map(|(word, n)| match word.as_str() {
                "" => format!("none given ({n})"),
                word => format!("'{word}' ({n})"),
            })
            .collect();
        if told < self.rows {
            list.push(format!("others ({})", self.rows - told));
        }
        let rows = if self.rows == 1 { "1 row".to_owned() } else { format!("{} rows", self.rows) };
        Some(format!(
            "{rows} had a severity that was not understood and became {became}: {}",
            list.join(", ")
        ))
    }
}

/// The start of an uploaded file, as the mapping page shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// What it was read as; never `Auto`.
    pub format: Format,
    /// Of log lines, what was found in them: there is nothing to map.
    pub columns: Vec<String>,
    /// Columns beyond those: they cannot be chosen, and are kept in the raw payload.
    pub more_columns: usize,
    /// The first rows, a text per column.
    pub rows: Vec<Vec<String>>,
    /// For each field the column that seems to hold it.
    pub guess: Vec<(Target, Option<String>)>,
}

/// One refused row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// 0-based position in the batch or file.
    pub index: u64,
    pub field: String,
    pub reason: String,
}

impl Rejection {
    /// Of a row whose id another event has.
    pub fn of_used_id(index: u64) -> Self {
        let reason = "another event has this id; send it with a new one, or without".to_owned();
        Self { index, field: Target::Id.as_str().to_owned(), reason }
    }
}

/// The answer of `POST /api/v1/events`, of an import and of an upload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub accepted: u64,
    pub rejected: u64,
    pub rejections: Vec<Rejection>,
    /// Of the accepted rows those that are stored once and were sent again; not told where there are none.
    #[serde(default, skip_serializing_if = "is_default")]
    pub duplicates: u64,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Reasons told; the numbers count all.
pub const MAX_REJECTIONS: usize = 1000;

impl Receipt {
    /// Corrects it by what storing showed: `conflicts` are positions among the accepted rows, of which `indexes` says where
    /// they stood in the body.
    pub fn settle(&mut self, indexes: &[u64], duplicates: u64, conflicts: &[usize]) {
        self.duplicates = duplicates;
        let n = conflicts.len() as u64;
        self.accepted = self.accepted.saturating_sub(n);
        self.rejected += n;
        let refused = conflicts.iter().filter_map(|at| indexes.get(*at));
        self.rejections.extend(refused.map(|index| Rejection::of_used_id(*index)));
        self.rejections.sort_by_key(|r| r.index);
        self.rejections.truncate(MAX_REJECTIONS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(at: &str, source: Option<&str>) -> NewEvent {
        let mapping = Mapping::contract();
        let row =
            serde_json::json!({ "occurred_at": at, "severity": "low", "message": "x", "source": source });
        let now = "2026-11-24T00:00:00Z".parse().unwrap();
        crate::event::normalise(row.as_object().unwrap(), &mapping, now).unwrap()
    }

    #[test]
    fn an_import_is_found_by_the_time_and_the_sources_of_its_events() {
        let mut all = Imported::default();
        all.count(&event("2026-11-23T10:00:00Z", Some("web")));
        let mut part = Imported::default();
        part.count(&event("2026-11-23T09:00:00Z", Some("db")));
        part.count(&event("2026-11-23T09:30:00Z", Some("web")));
        all.add(&part);
        assert_eq!(all.sources, BTreeSet::from(["db".to_owned(), "web".to_owned()]));
        let iso = |at: Option<Timestamp>| at.map(Timestamp::iso).unwrap_or_default();
        assert_eq!(iso(all.first), "2026-11-23T09:00:00.000000Z");
        assert_eq!(iso(all.last), "2026-11-23T10:00:00.000000Z");
        let mut many = all.clone();
        (0..8).for_each(|n| many.count(&event("2026-11-23T10:00:00Z", Some(&format!("s{n}")))));
        assert!(many.any_source && many.sources.is_empty(), "{many:?}");
        all.add(&many);
        assert!(all.any_source && all.sources.is_empty());
        part.count(&event("2026-11-23T09:00:00Z", None));
        assert!(part.any_source);
    }

    #[test]
    fn severities_that_were_not_understood_are_told_with_what_they_became() {
        let mut all = UnknownSeverities::default();
        assert_eq!(all.sentence(), None);
        let part = |words: &[(&str, u64)]| UnknownSeverities {
            rows: words.iter().map(|(_, n)| n).sum(),
            became: Some(Severity::Info),
            words: words.iter().map(|(w, n)| ((*w).to_owned(), *n)).collect(),
        };
        all.add(&part(&[("dire", 1), ("meh", 1)]));
        all.add(&part(&[("dire", 1)]));
        let sentence = "3 rows had a severity that was not understood and became info: 'dire' (2), 'meh' (1)";
        assert_eq!(all.sentence().as_deref(), Some(sentence));
        let blank = part(&[("", 2), ("meh", 3)]);
        let sentence =
            "5 rows had a severity that was not understood and became info: 'meh' (3), none given (2)";
        assert_eq!(blank.sentence().as_deref(), Some(sentence));
        for n in 0..30 {
            all.add(&part(&[(&format!("w{n}"), 1)]));
        }
        assert_eq!((all.rows, all.words.len()), (33, MAX_WORDS));
        assert!(all.sentence().is_some_and(|s| s.ends_with("others (12)")), "{all:?}");
    }
}
