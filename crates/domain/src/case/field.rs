//! Fields that an organization gives its cases: defined once, typed, some of them wanted before a case is resolved.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::invalid::Problems;
use crate::member::words;
use crate::{CaseFieldId, Invalid, Timestamp, UserId};

/// Most fields in use of an organization.
pub const MAX_FIELDS: usize = 50;
/// Longest name of a field or choice, in characters.
pub const MAX_NAME: usize = 60;
/// Most choices of a field.
pub const MAX_CHOICES: usize = 100;
/// Longest value, in characters.
pub const MAX_VALUE: usize = 2_000;

words! {
    /// What a field holds.
    FieldKind { Text = "text", Number = "number", Date = "date", Choice = "choice", User = "user" }
    "not a kind of field: text, number, date, choice or user"
}

/// Values by the key of their field, as [`CaseField::read`] writes them.
pub type FieldValues = BTreeMap<String, String>;

/// A field as it is defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseField {
    pub id: CaseFieldId,
    /// From its first name; stays, so that queries and the API can name it.
    pub key: String,
    pub name: String,
    /// Stays.
    pub kind: FieldKind,
    /// Of a choice, in their order.
    pub choices: Vec<String>,
    /// A case is not resolved without it.
    pub required: bool,
    /// Order in the form.
    pub position: i64,
    pub created_at: Timestamp,
    /// It is asked no more; what cases have of it stays.
    pub archived_at: Option<Timestamp>,
    /// Counts the changes.
    pub version: i64,
}

/// What somebody writes of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewField {
    pub name: String,
    pub kind: FieldKind,
    pub choices: Vec<String>,
    pub required: bool,
}

/// `Business unit` is `business_unit`.
pub fn key_of(name: &str) -> String {
    let mut key = String::new();
    for c in name.trim().to_lowercase().chars() {
        if c.is_alphanumeric() {
            key.push(c);
        } else if !key.ends_with('_') && !key.is_empty() {
            key.push('_');
        }
    }
    key.trim_end_matches('_').to_owned()
}

impl NewField {
    /// Without blanks at the ends; each choice once; choices only where they are chosen from.
    #[must_use]
    pub fn tidy(self) -> Self {
        let mut choices: Vec<String> = Vec::new();
        for choice in self.choices.iter().map(|choice| choice.trim()).filter(|choice| !choice.is_empty()) {
            if self.kind == FieldKind::Choice && !choices.iter().any(|other| other == choice) {
                choices.push(choice.to_owned());
            }
        }
        Self { name: self.name.trim().to_owned(), choices, ..self }
    }
    pub fn check(&self) -> Result<(), Invalid> {
        let mut problems = Problems::default();
        let fits = |text: &str| {
            (1..=MAX_NAME).contains(&text.chars().count()) && !text.chars().any(char::is_control)
        };
        problems.require(
            fits(&self.name) && !key_of(&self.name).is_empty(),
            "name",
            "give a name of at most 60 characters, with letters or digits",
        );
        if self.kind == FieldKind::Choice {
            problems.require(
                (1..=MAX_CHOICES).contains(&self.choices.len()),
                "choices",
                "write 1 to 100 choices, one a line",
            );
            problems.require(
                self.choices.iter().all(|choice| fits(choice)),
                "choices",
                "a choice has at most 60 characters",
            );
        }
        problems.done()
    }
}

impl CaseField {
    /// A value as it is kept, from what was typed; `None` is no value. Whether a user is a member is asked elsewhere.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(&self, text: &str) -> Result<Option<String>, &'static str> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        if text.chars().count() > MAX_VALUE {
            return Err("use at most 2,000 characters");
        }
        let value = match self.kind {
            FieldKind::Text
                if text.chars().any(|c| c.is_control() && c != '\n' && c != '\r' && c != '\t') =>
            {
                return Err("use no control characters");
            }
            // As a form sends them and as people write them is the same.
            FieldKind::Text => text.replace("\r\n", "\n"),
            FieldKind::Number => decimal(text).ok_or("write a number: 7, -0.5 or 1234.25")?,
            FieldKind::Date => day(text).ok_or("write a date: 2026-11-23")?,
            FieldKind::Choice => {
                let known = self.choices.iter().find(|choice| *choice == text);
                known.ok_or("choose one of the list")?.clone()
            }
            FieldKind::User => {
                let id: UserId = text.parse().map_err(|_| "choose one of the list")?;
                id.to_string()
            }
        };
        Ok(Some(value))
    }
}

/// A decimal number with all its digits, without zeros that say nothing: `007.50` is `7.5`. Kept as text, since no float holds
/// the number of an invoice or an account.
fn decimal(text: &str) -> Option<String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !all(whole) || !all(part) || (whole.is_empty() && part.is_empty()) {
        return None;
    }
    let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(match (whole, part) {
        ("0", "") => "0".to_owned(),
        (whole, "") => format!("{sign}{whole}"),
        (whole, part) => format!("{sign}{whole}.{part}"),
    })
}

/// A day of the calendar as `2026-11-23`.
fn day(text: &str) -> Option<String> {
    let at: Timestamp = format!("{text}T00:00:00Z").parse().ok()?;
    let iso = at.iso();
    // What is no day of its month would be another day.
    (iso.get(..10)? == text).then(|| text.to_owned())
}

/// Names of the fields that are wanted and have no value.
pub fn missing<'a>(fields: &'a [CaseField], values: &FieldValues) -> Vec<&'a str> {
    fields
        .iter()
        .filter(|field| field.required && field.archived_at.is_none() && !values.contains_key(&field.key))
        .map(|field| field.name.as_str())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(kind: FieldKind) -> CaseField {
        CaseField {
            id: CaseFieldId(uuid::Uuid::nil()),
            key: "one".to_owned(),
            name: "One".to_owned(),
            kind,
            choices: vec!["Finance".to_owned(), "Sales".to_owned()],
            required: true,
            position: 1,
            created_at: Timestamp::far_future(),
            archived_at: None,
            version: 1,
        }
    }

    #[test]
    fn a_value_is_one_of_its_kind() {
        use FieldKind::{Choice, Date, Number, Text, User};
        for (kind, text, wanted) in [
            (Text, "  a b ", Some("a b")),
            (Text, "a\r\nb\n", Some("a\nb")),
            (Text, " ", None),
            (Number, "007.50", Some("7.5")),
            (Number, "12345678901234567890.123456789", Some("12345678901234567890.123456789")),
            (Number, "-0.0", Some("0")),
            (Number, "+.5", Some("0.5")),
            (Number, "9007199254740993", Some("9007199254740993")),
            (Date, "2028-02-29", Some("2028-02-29")),
            (Choice, "Sales", Some("Sales")),
            (User, "018BCFE5-6800-7000-8000-00000000ffff", Some("018bcfe5-6800-7000-8000-00000000ffff")),
        ] {
            assert_eq!(field(kind).read(text).unwrap().as_deref(), wanted, "{kind} {text:?}");
        }
        for (kind, text) in [
            (Text, "a\u{0}b"),
            (Number, "seven"),
            (Number, "inf"),
            (Number, "."),
            (Number, "1e5"),
            (Number, "1,5"),
            (Number, "--1"),
            (Date, "2026-02-29"),
            (Date, "23.11.2026"),
            (Date, "2026-1-1"),
            (Choice, "sales"),
            (User, "ann"),
        ] {
            assert!(field(kind).read(text).is_err(), "{kind} {text:?}");
        }
        assert!(field(Text).read(&"x".repeat(MAX_VALUE + 1)).is_err());
    }

    #[test]
    fn a_field_is_named_once_and_keeps_its_key() {
        for (name, key) in [("Business unit", "business_unit"), (" -- ", ""), ("Löhne & Co.", "löhne_co")] {
            assert_eq!(key_of(name), key, "{name}");
        }
        let new = |name: &str, kind, choices: &[&str]| {
            let choices = choices.iter().map(|choice| (*choice).to_owned()).collect();
            NewField { name: name.to_owned(), kind, choices, required: false }.tidy()
        };
        assert_eq!(new(" A ", FieldKind::Choice, &["x", " x", "", "y"]).choices, ["x", "y"]);
        assert!(new("A", FieldKind::Text, &["x"]).choices.is_empty());
        assert!(new("A", FieldKind::Choice, &[]).check().is_err());
        assert!(new("--", FieldKind::Text, &[]).check().is_err());
    }

    #[test]
    fn what_is_wanted_is_told_by_name() {
        let fields = [field(FieldKind::Text)];
        assert_eq!(missing(&fields, &FieldValues::new()), ["One"]);
        assert!(missing(&fields, &FieldValues::from([("one".to_owned(), "x".to_owned())])).is_empty());
        let archived = [CaseField { archived_at: Some(Timestamp::far_future()), ..fields[0].clone() }];
        assert!(missing(&archived, &FieldValues::new()).is_empty());
    }
}
