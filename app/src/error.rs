//! The one error that crosses from the server to the page: a closed kind, fields, and the correlation id.

use std::collections::BTreeMap;
use std::fmt;

use crate::shown::shown;
use domain::invalid::FieldError;
use leptos::server_fn::Bytes;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

/// What every server function answers.
pub type Answer<T> = Result<T, AppError>;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    NotFound,
    Forbidden,
    Unauthenticated,
    /// `fields` says which and why.
    Invalid,
    Conflict,
    TooMany,
    Unavailable,
    /// The server could not be reached.
    Offline,
    Internal,
}
shown!(words Kind: "internal" = Internal, "not_found" = NotFound, "forbidden" = Forbidden, "unauthenticated" = Unauthenticated, "invalid" = Invalid, "conflict" = Conflict, "too_many" = TooMany, "unavailable" = Unavailable, "offline" = Offline);

/// An error in words for the reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppError {
    pub kind: Kind,
    /// One sentence.
    pub detail: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldError>,
    /// What was typed, so that a form sent without WASM comes back filled in. Never a password.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub typed: BTreeMap<String, String>,
    /// Finds the request in the server's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
}
shown!(AppError: kind, detail, fields, typed, correlation);

impl AppError {
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), fields: Vec::new(), typed: BTreeMap::new(), correlation: None }
    }
    /// From the body of an answer.
    pub fn read(text: &str) -> Self {
        crate::shown::read(text).unwrap_or_else(Self::not_understood)
    }
    pub fn not_understood() -> Self {
        Self::new(Kind::Internal, "The answer was not understood; load the page again.")
    }
    pub fn not_found() -> Self {
        Self::new(Kind::NotFound, "There is no such thing here, or it is out of your reach.")
    }
    pub fn field(field: &str, reason: &str) -> Self {
        Self {
            fields: vec![FieldError { field: field.to_owned(), reason: reason.to_owned() }],
            ..Self::new(Kind::Invalid, format!("{field}: {reason}"))
        }
    }
    /// What is wrong with one field.
    pub fn reason(&self, field: &str) -> Option<String> {
        self.fields.iter().find(|e| e.field == field).map(|e| capital(&e.reason))
    }
    /// The sentence above a form: nothing when every problem stands at its field.
    pub fn summary(&self, fields: &[&str]) -> Option<String> {
        let homeless: Vec<&FieldError> =
            self.fields.iter().filter(|e| !fields.contains(&e.field.as_str())).collect();
        if self.fields.is_empty() {
            return Some(capital(&self.detail));
        }
        (!homeless.is_empty()).then(|| {
            homeless.iter().map(|e| format!("{}: {}", e.field, e.reason)).collect::<Vec<_>>().join("; ")
        })
    }
    /// Keeps what was typed into the form, as far as it fits into the address that leads back to it: without WASM it goes that
    /// way, and an address that is too long is answered by nobody.
    #[must_use]
    pub fn typed(mut self, fields: &[(&str, &str)]) -> Self {
        let mut room = MAX_TYPED;
        for (name, value) in fields {
            let kept = beginning(value, room);
            room -= kept.len();
            self.typed.insert((*name).to_owned(), kept.to_owned());
        }
        self
    }
    /// As [`typed`](Self::typed), of a form that shows what is stored: a text that does not fit comes back as it is stored, never its
    /// beginning, which would be saved for the whole.
    #[must_use]
    pub fn typed_whole(mut self, fields: &[(&str, &str)]) -> Self {
        let mut room = MAX_TYPED;
        for (name, value) in fields {
            if let Some(rest) = room.checked_sub(value.len()) {
                room = rest;
                self.typed.insert((*name).to_owned(), (*value).to_owned());
            }
        }
        self
    }
    pub(crate) fn title(&self) -> &'static str {
        match self.kind {
            Kind::NotFound => "Not found",
            Kind::Forbidden => "Not allowed",
            Kind::Unauthenticated => "You are signed out",
            Kind::Invalid => "That does not fit",
            Kind::Conflict => "That is in conflict with what is there",
            Kind::TooMany => "Too many attempts",
            Kind::Unavailable => "Not available at the moment",
            Kind::Offline => "The server cannot be reached",
            Kind::Internal => "Something went wrong on our side",
        }
    }
}

/// Bytes of everything that was typed in a form; the address holds them as base64, which is a third longer.
const MAX_TYPED: usize = 4000;

/// As much of a text as so many bytes take.
fn beginning(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Keeps what was typed when a use-case refuses: `members::add(&cx, new).await.typed(&[("email", &email)])?`.
pub trait Typed<T> {
    fn typed(self, fields: &[(&str, &str)]) -> Answer<T>;
    fn typed_whole(self, fields: &[(&str, &str)]) -> Answer<T>;
}
impl<T, E: Into<AppError>> Typed<T> for Result<T, E> {
    fn typed(self, fields: &[(&str, &str)]) -> Answer<T> {
        self.map_err(|error| error.into().typed(fields))
    }
    fn typed_whole(self, fields: &[(&str, &str)]) -> Answer<T> {
        self.map_err(|error| error.into().typed_whole(fields))
    }
}

/// A sentence begins with a capital letter; the service's texts also stand inside sentences and do not.
fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}
impl std::error::Error for AppError {}

impl From<AppError> for ui::Problem {
    fn from(error: AppError) -> Self {
        let again = matches!(
            error.kind,
            Kind::Unauthenticated | Kind::TooMany | Kind::Unavailable | Kind::Offline | Kind::Internal
        );
        Self {
            title: error.title().to_owned(),
            text: capital(&error.detail),
            correlation: error.correlation,
            // The page at hand, with its query; who is signed out is led to the sign-in and back.
            retry_href: again.then(String::new),
        }
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    /// From text, as everything else is decoded: a second way would be a second copy of the decoder.
    fn de(data: Bytes) -> Self {
        Self::read(std::str::from_utf8(&data).unwrap_or_default())
    }

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_)
            | ServerFnErrorErr::UnsupportedRequestMethod(_)
            | ServerFnErrorErr::Response(_) => {
                Self::new(Kind::Offline, "Check the connection, then try again; nothing was lost.")
            }
            ServerFnErrorErr::Args(text) | ServerFnErrorErr::MissingArg(text) => {
                let error = Self::new(Kind::Invalid, format!("The form was not understood: {text}"));
                #[cfg(feature = "ssr")]
                let error = crate::server::bad_request(error);
                error
            }
            // On the server it is what was sent, in the browser what was answered.
            #[cfg(feature = "ssr")]
            ServerFnErrorErr::Deserialization(_) => {
                crate::server::bad_request(Self::new(Kind::Invalid, "The form is not text in UTF-8."))
            }
            #[cfg(not(feature = "ssr"))]
            ServerFnErrorErr::Deserialization(_) => Self::not_understood(),
            ServerFnErrorErr::Serialization(_) => Self::not_understood(),
            ServerFnErrorErr::Registration(_)
            | ServerFnErrorErr::ServerError(_)
            | ServerFnErrorErr::MiddlewareError(_) => Self::new(
                Kind::Internal,
                "Try again; if it stays, tell the correlation id to your administrator.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_without_a_field_in_the_form_is_told_above_it() {
        let error = AppError::field("password", "use at least 12 characters");
        assert_eq!(error.summary(&["password"]), None);
        assert_eq!(error.summary(&["email"]).as_deref(), Some("password: use at least 12 characters"));
        assert_eq!(error.reason("password").as_deref(), Some("Use at least 12 characters"));
        assert_eq!(AppError::not_found().summary(&[]), Some(AppError::not_found().detail));
    }

    #[test]
    fn what_was_typed_is_kept_as_far_as_it_fits_into_an_address() {
        let long = "ö".repeat(20_000);
        let error = AppError::field("note", "use at most 2,000 characters")
            .typed(&[("name", "kept"), ("note", &long)]);
        assert_eq!(error.typed["name"], "kept");
        assert!(
            error.typed["note"].starts_with('ö')
                && error.typed.values().map(String::len).sum::<usize>() <= MAX_TYPED
        );
    }

    #[test]
    fn of_what_is_stored_no_beginning_comes_back() {
        let long = "x".repeat(MAX_TYPED - 2);
        let fields = [("title", "t"), ("first", long.as_str()), ("second", "no room"), ("tags", "a")];
        let error = AppError::field("title", "taken").typed_whole(&fields);
        assert_eq!(error.typed.keys().collect::<Vec<_>>(), ["first", "tags", "title"]);
        assert_eq!(error.typed["first"], long);
    }

    #[test]
    fn an_error_survives_the_wire() {
        let error = AppError::field("slug", "taken").typed(&[("slug", "acme")]);
        assert_eq!(AppError::de(error.ser()), error);
    }
}
