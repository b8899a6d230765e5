//! What people put into a case's timeline themselves: at a time they give, about a system if they say which.

use serde::{Deserialize, Serialize};

use super::MAX_TEXT;
use crate::invalid::Problems;
use crate::{CaseEntryId, Invalid, Timestamp, UserId};

/// Longest name of a system, in characters.
pub const MAX_SYSTEM: usize = 200;
/// Most entries of a case, deleted ones with them.
pub const MAX_ENTRIES: usize = 2_000;

/// Something that happened, as somebody wrote it; of a deleted one the text is gone and the place stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseEntry {
    pub id: CaseEntryId,
    /// When it happened.
    pub at: Timestamp,
    /// Markdown.
    pub content: String,
    pub system: Option<String>,
    pub author_id: Option<UserId>,
    /// As it was called then.
    pub author: String,
    /// When it was written.
    pub created_at: Timestamp,
    pub deleted_at: Option<Timestamp>,
}

/// What somebody writes of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewEntry {
    pub at: Timestamp,
    pub content: String,
    #[serde(default)]
    pub system: Option<String>,
}

impl NewEntry {
    /// Without blanks at the ends; a system without a name is none.
    #[must_use]
    pub fn tidy(self) -> Self {
        let system = self.system.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        Self { system, ..self }
    }
    pub fn check(&self) -> Result<(), Invalid> {
        let mut problems = Problems::default();
        problems.require(!self.content.trim().is_empty(), "content", "say what happened");
        problems.require(
            self.content.chars().count() <= MAX_TEXT,
            "content",
            "use at most 50,000 characters",
        );
        let system = self.system.as_deref().unwrap_or_default();
        problems.require(
            system.chars().count() <= MAX_SYSTEM && !system.chars().any(char::is_control),
            "system",
            "use at most 200 characters and no line breaks",
        );
        problems.done()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_says_what_happened() {
        let at = Timestamp::far_future();
        let new = |content: &str, system: &str| NewEntry {
            at,
            content: content.to_owned(),
            system: Some(system.to_owned()),
        };
        assert_eq!(new("seen", "  ").tidy().system, None);
        assert!(new("seen", "web-1").check().is_ok());
        let fields: Vec<_> = new(" ", "a\nb").check().unwrap_err().0.into_iter().map(|e| e.field).collect();
        assert_eq!(fields, ["content", "system"]);
    }
}
