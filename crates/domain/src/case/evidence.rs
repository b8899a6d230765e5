//! Evidence: files of a case. The bytes lie under their hash; the record and who had the file in hand stay when they go.

use serde::{Deserialize, Serialize};

use crate::invalid::Problems;
use crate::member::words;
use crate::{EvidenceId, Invalid, Timestamp, UserId};

words! {
    /// What was done with a file.
    Custody {
        Uploaded = "uploaded", Downloaded = "downloaded", Exported = "exported", Verified = "verified", Failed = "failed",
        Removed = "removed",
    }
    "not a step of custody"
}

/// Longest name of a file, in characters.
pub const MAX_NAME: usize = 255;
/// Longest description, in characters.
pub const MAX_DESCRIPTION: usize = 2_000;
/// Most pieces of evidence of a case, removed ones with them.
pub const MAX_EVIDENCE: usize = 1_000;
/// What nothing is known of.
pub const BINARY: &str = "application/octet-stream";

/// A file of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub id: EvidenceId,
    /// As [`clean_name`] leaves it; never part of a path.
    pub filename: String,
    /// In bytes.
    pub size: i64,
    /// 64 hex digits, computed while it arrived.
    pub sha256: String,
    /// As its first bytes say; where they say nothing, as declared.
    pub content_type: String,
    /// As whoever sent it said.
    pub declared_type: String,
    pub description: String,
    /// Nobody, where an API key brought it.
    pub uploaded_by_id: Option<UserId>,
    /// As it was called then.
    pub uploaded_by: String,
    pub uploaded_at: Timestamp,
    pub removed_by_id: Option<UserId>,
    pub removed_by: Option<String>,
    /// Then the bytes are gone, unless another piece of evidence is the same file.
    pub removed_at: Option<Timestamp>,
    pub removed_reason: Option<String>,
    /// When it was looked at last, its bytes were not those that had come, or missing.
    pub is_altered: bool,
}

/// A line of a file's custody log. Rows are only added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustodyEntry {
    pub evidence_id: EvidenceId,
    /// Counts from 1 for each file.
    pub seq: i64,
    pub at: Timestamp,
    pub actor_id: Option<UserId>,
    /// As it was called then.
    pub actor: String,
    /// The address it was asked from.
    pub address: Option<String>,
    pub step: Custody,
    /// Why it was removed, or what a failed check found.
    pub detail: Option<String>,
}

/// The last part of a path, without control characters and signs that change the direction of writing, at most
/// [`MAX_NAME`] characters; never empty, `.` or `..`.
pub fn clean_name(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let turns =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let clean: String = name.chars().filter(|c| !c.is_control() && !turns(*c)).take(MAX_NAME).collect();
    match clean.trim() {
        "" | "." | ".." => "file".to_owned(),
        clean => clean.to_owned(),
    }
}

/// A media type without its parameters, in lower case; [`BINARY`] where it is none.
pub fn media_type(text: &str) -> String {
    let text = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_token = |part: &str| {
        !part.is_empty()
            && part.len() <= 100
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    match text.split_once('/') {
        Some((kind, sub)) if is_token(kind) && is_token(sub) => text,
        _ => BINARY.to_owned(),
    }
}

/// Whether a rule (`text/html`, `image/*`) names a media type.
pub fn names(rule: &str, media_type: &str) -> bool {
    match rule.strip_suffix("/*") {
        Some(kind) => media_type.split_once('/').is_some_and(|(of, _)| of.eq_ignore_ascii_case(kind)),
        None => rule.eq_ignore_ascii_case(media_type),
    }
}

/// Checks what is written of a file.
pub fn check_description(description: &str) -> Result<(), Invalid> {
    let mut problems = Problems::default();
    problems.require(
        description.chars().count() <= MAX_DESCRIPTION,
        "description",
        "use at most 2,000 characters",
    );
    problems.done()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_no_path() {
        for (name, wanted) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\Windows\\evil.exe", "evil.exe"),
            ("..", "file"),
            ("a/..", "file"),
            ("", "file"),
            ("mail\r\nSet-Cookie: x.eml", "mailSet-Cookie: x.eml"),
            ("exe.\u{202e}fdp", "exe.fdp"),
            ("Überblick 1.pdf", "Überblick 1.pdf"),
        ] {
            assert_eq!(clean_name(name), wanted, "{name:?}");
        }
        assert_eq!(clean_name(&"x".repeat(999)).len(), MAX_NAME);
    }

    #[test]
    fn a_media_type_is_read_without_its_parameters() {
        assert_eq!(media_type("Text/HTML; charset=utf-8"), "text/html");
        for wrong in ["", "html", "text/", "text/ht ml", "text/html\r\nx: y", "a/b/c"] {
            assert_eq!(media_type(wrong), BINARY, "{wrong:?}");
        }
        assert!(names("image/*", "image/png") && names("text/html", "text/html"));
        assert!(!names("image/*", "imagery/png") && !names("text/html", "text/plain"));
    }
}
