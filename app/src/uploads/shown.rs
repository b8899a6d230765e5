//! What the server tells the pages about uploads.

use domain::upload::UploadState;
use serde::{Deserialize, Serialize};

use crate::Answer;
use crate::shown::shown;
use crate::when::When;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadShown {
    pub id: String,
    pub file_name: String,
    /// "ndjson", "csv", …
    pub format: String,
    pub state: UploadState,
    pub bytes_total: i64,
    pub bytes_done: i64,
    pub accepted: i64,
    /// Of the accepted ones, those that were stored before.
    pub known: u64,
    pub rejected: i64,
    /// Where its events are listed.
    pub events: String,
    /// Sentences about what was stored and may not be as it was meant.
    pub warnings: Vec<String>,
    pub error: Option<String>,
    pub created: When,
    /// The first refused rows; on the page of one upload only.
    pub rejections: Vec<RejectionShown>,
}
shown!(UploadShown: id, file_name, format, state, bytes_total, bytes_done, accepted, known, rejected, events, warnings, error, created, rejections);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectionShown {
    /// 1-based.
    pub row: u64,
    pub field: String,
    pub reason: String,
    /// The start of the row.
    pub text: String,
}
shown!(RejectionShown: row, field, reason, text);

/// One upload at the step it is at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadStep {
    pub upload: UploadShown,
    /// While its columns are to be mapped: the start of the file, or why it cannot be read.
    pub preview: Option<Answer<PreviewShown>>,
    /// What the mapping that was asked about would do, or what is wrong with it.
    pub tried: Option<Answer<Tried>>,
}
shown!(UploadStep: upload, preview, tried);

/// The start of the file, and what its columns seem to hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewShown {
    /// "ndjson", "csv", …: what the file was read as.
    pub format: String,
    /// Its columns can feed fields; log lines have none.
    pub maps: bool,
    pub columns: Vec<ColumnShown>,
    /// Columns that are not among them.
    pub more_columns: i64,
    pub rows: Vec<Vec<String>>,
}
shown!(PreviewShown: format, maps, columns, more_columns, rows);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnShown {
    pub name: String,
    /// A few different values.
    pub samples: Vec<String>,
    /// Word of the field it seems to hold, or empty.
    pub guess: String,
}
shown!(ColumnShown: name, samples, guess);

/// What an import with a mapping would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    pub accepted: i64,
    pub rejected: i64,
    /// As in [`UploadShown`].
    pub warnings: Vec<String>,
    /// False when only the start of a long file was tried.
    pub whole: bool,
    /// The first refused rows.
    pub rejections: Vec<RejectionShown>,
}
shown!(Tried: accepted, rejected, warnings, whole, rejections);

impl UploadShown {
    /// 0 to 100.
    pub fn percent(&self) -> f64 {
        if self.bytes_total == 0 {
            0.0
        } else {
            (self.bytes_done as f64 / self.bytes_total as f64 * 100.0).clamp(0.0, 100.0)
        }
    }
}

/// "3.4 MB".
pub fn bytes(n: i64) -> String {
    let n = n as f64;
    match n {
        ..1_000.0 => format!("{n} B"),
        ..1_000_000.0 => format!("{:.1} kB", n / 1e3),
        ..1_000_000_000.0 => format!("{:.1} MB", n / 1e6),
        _ => format!("{:.1} GB", n / 1e9),
    }
}

/// A limit as it is set, "200 MiB", where that is a whole number.
#[cfg(feature = "ssr")]
pub fn limit(n: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match UNITS.iter().find(|(unit, _)| n > 0 && n.is_multiple_of(*unit)) {
        Some((unit, name)) => format!("{} {name}", n / unit),
        None => bytes(i64::try_from(n).unwrap_or(i64::MAX)),
    }
}
