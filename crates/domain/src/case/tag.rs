//! Tags: words that cases are sorted and found by.

use crate::invalid::Problems;
use crate::{Invalid, TagId, Timestamp};

/// Most tags of a case.
pub const MAX_TAGS: usize = 50;
/// Longest tag, in characters.
pub const MAX_TAG: usize = 60;

/// A tag of the organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    pub id: TagId,
    pub name: String,
    pub created_at: Timestamp,
    /// Cases that have it.
    pub case_count: i64,
    /// Counts its names, from 1.
    pub version: i64,
}

/// Each once, whatever its case, in the order of the alphabet; the first way of writing it stays.
pub fn tidy_tags(tags: &[String]) -> Vec<String> {
    let mut tidy: Vec<String> =
        tags.iter().map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect();
    tidy.sort_by_cached_key(|tag| fold(tag));
    tidy.dedup_by_key(|tag| fold(tag));
    tidy
}

/// What makes two tags the same.
pub fn fold(tag: &str) -> String {
    tag.trim().to_lowercase()
}

/// Records what is wrong with tags under `tags`.
pub fn check_tags(problems: &mut Problems, tags: &[String]) {
    let tidy = tidy_tags(tags);
    problems.require(tidy.len() <= MAX_TAGS, "tags", "at most 50 tags");
    problems.require(tidy.iter().all(|tag| is_tag(tag)), "tags", TAG_RULE);
}

const TAG_RULE: &str = "a tag has at most 60 characters, no comma and no line break";

fn is_tag(tag: &str) -> bool {
    tag.chars().count() <= MAX_TAG && !tag.chars().any(|c| c.is_control() || c == ',')
}

/// What a tag is to be called, without blanks at its ends.
///
/// # Errors
/// Under `name`.
pub fn check_tag_name(name: &str) -> Result<String, Invalid> {
    let name = name.trim();
    let mut problems = Problems::default();
    problems.require(!name.is_empty(), "name", "give it a name");
    problems.require(is_tag(name), "name", TAG_RULE);
    problems.done()?;
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::NewCase;
    use super::*;

    #[test]
    fn a_tag_is_one_whatever_its_case() {
        let tags = ["Phishing", " phishing ", "", "ÄRGER", "ärger"].map(str::to_owned);
        assert_eq!(tidy_tags(&tags), ["Phishing", "ÄRGER"]);
        let wrong = NewCase { tags: vec!["a,b".to_owned()], ..NewCase::titled(" ") };
        let fields: Vec<_> = wrong.check().unwrap_err().0.into_iter().map(|e| e.field).collect();
        assert_eq!(fields, ["title", "tags"]);
        assert_eq!(check_tag_name(" Phish ").as_deref(), Ok("Phish"));
        for wrong in ["", " ", "a,b", "a\nb", &"x".repeat(MAX_TAG + 1)] {
            assert_eq!(check_tag_name(wrong).unwrap_err().0[0].field, "name", "{wrong:?}");
        }
    }
}
