//! Imports and uploads: a file becomes events, with a report of what was refused.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::event::{Mapping, Target};
use crate::member::words;
use crate::{Severity, Timestamp, UploadId, UserId};

words! {
    /// The forms a file can have. `auto` looks at the first bytes.
    Format { Auto = "auto", Ndjson = "ndjson", Json = "json", Csv = "csv", Syslog = "syslog" }
    "not a format: auto, ndjson, json, csv or syslog"
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

/// The start of an uploaded file, as the mapping page shows it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    pub columns: Vec<String>,
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

/// The answer of `POST /api/v1/events`, of an import and of an upload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub accepted: u64,
    pub rejected: u64,
    pub rejections: Vec<Rejection>,
}
