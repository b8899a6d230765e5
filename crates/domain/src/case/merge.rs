//! Cases that are one investigation after all: one goes on, the others are read in it. Nothing moves, so an unmerge gives each
//! exactly what it had.

use serde::{Deserialize, Serialize};

use super::MAX_REASON;
use crate::invalid::Problems;
use crate::member::words;
use crate::{CaseActionId, CaseId, Invalid, Timestamp, UserId};

/// Most cases that are in another, and that go into it at once.
pub const MAX_MERGED: usize = 100;

words! {
    /// Whether a list shows cases that were merged into others.
    Merged { Hide = "hide", Include = "include", Only = "only" }
    "hide, include or only"
}

#[expect(clippy::derivable_impls, reason = "words! makes the enum")]
impl Default for Merged {
    fn default() -> Self {
        Self::Hide
    }
}

/// That a case went into another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merge {
    pub case_id: CaseId,
    /// All that were merged at once share it.
    pub action_id: CaseActionId,
    /// Which may be in another itself since.
    pub into_id: CaseId,
    pub note: Option<String>,
    pub merged_by_id: Option<UserId>,
    /// As it was called then.
    pub merged_by: String,
    pub merged_at: Timestamp,
}

/// A case that is to go into another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merging {
    pub id: CaseId,
    /// As it was looked at; where somebody changed it since, it stays. Nothing: as it is now.
    pub version: Option<i64>,
}

/// Records what is wrong with the note of a merge under `note`.
pub fn check_note(note: &str) -> Result<(), Invalid> {
    let mut problems = Problems::default();
    problems.require(note.trim().chars().count() <= MAX_REASON, "note", "use at most 2,000 characters");
    problems.done()
}
