//! Imports and uploads: a file becomes events, with a report of what was refused.

use serde::{Deserialize, Serialize};

use crate::member::words;

words! {
    /// The forms a file can have. `auto` looks at the first bytes.
    Format { Auto = "auto", Ndjson = "ndjson", Json = "json", Csv = "csv", Syslog = "syslog" }
    "not a format: auto, ndjson, json, csv or syslog"
}
use std::fmt;
use std::str::FromStr;

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
