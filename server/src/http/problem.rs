//! Errors as RFC 9457 problem documents (`application/problem+json`) with the correlation id of the log line.

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use domain::Invalid;
use domain::invalid::FieldError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::web::observe::request_id;

/// What went wrong, for the caller.
#[derive(Clone, Debug)]
pub struct Problem(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    status: StatusCode,
    kind: &'static str,
    title: &'static str,
    detail: String,
    errors: Vec<FieldError>,
    retry_after: Option<u64>,
    current: Option<Current>,
    /// For the log only.
    cause: Option<String>,
}

/// What is there now, of a record that changed since it was read.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Current {
    /// What the next `If-Match` has to say.
    pub etag: String,
    /// Where what is there differs from what was sent.
    pub differs: Vec<Difference>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Difference {
    pub field: String,
    pub now: serde_json::Value,
    pub sent: serde_json::Value,
}

/// Put into the response's extensions; `observe` logs it once.
#[derive(Clone, Debug)]
pub struct Cause(pub String);

/// Put into the response's extensions for `web::person`, which makes a page of it.
#[derive(Clone, Debug)]
pub struct Words {
    pub title: &'static str,
    pub detail: String,
}

/// The document as it is sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemDocument {
    /// Identifies the kind of problem; its meaning is on the docs page.
    #[serde(rename = "type")]
    #[schema(example = "/api/docs#invalid")]
    pub kind: String,
    #[schema(example = "The request is not valid")]
    pub title: String,
    #[schema(example = 400)]
    pub status: u16,
    pub detail: String,
    /// Name it when you ask for help; it is in the server's log.
    pub correlation_id: String,
    /// Field by field, where fields are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub errors: Vec<FieldProblem>,
    /// With 412: what is there now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub current: Option<Current>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FieldProblem {
    pub field: String,
    pub reason: String,
}

/// Kinds and their meaning, for the docs page.
pub const KINDS: &[(&str, u16, &str)] = &[
    ("invalid", 400, "A field, a filter or the body is wrong; `errors` says which and how."),
    ("unauthenticated", 401, "No API key, or one that is unknown, expired or revoked."),
    (
        "forbidden",
        403,
        "The key's scopes do not allow this, its organization is suspended, or the request came from another site.",
    ),
    ("not-found", 404, "There is no such thing, or it is out of the key's reach."),
    ("method-not-allowed", 405, "The path exists, but not with this method."),
    ("too-slow", 408, "The body arrived too slowly."),
    ("conflict", 409, "It exists already, or the Idempotency-Key was used for another request."),
    ("precondition-failed", 412, "Somebody changed it since the ETag in If-Match; read it again."),
    ("precondition-required", 428, "Send If-Match with the ETag of what you changed."),
    ("too-large", 413, "The body is larger than the limit, before or after decompression."),
    ("unsupported-media", 415, "The content type or the content encoding is not supported."),
    ("too-many", 429, "Over the rate; wait for the seconds in Retry-After."),
    ("internal", 500, "Our fault; the correlation id leads to the log."),
    ("unavailable", 503, "Busy or without its database; wait for the seconds in Retry-After."),
    ("storage-full", 507, "The disk is full; nothing was stored. Wait for the seconds in Retry-After."),
];

impl Problem {
    fn new(status: StatusCode, kind: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            status,
            kind,
            title,
            detail: detail.into(),
            errors: Vec::new(),
            retry_after: None,
            current: None,
            cause: None,
        }))
    }
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", "The request is not valid", detail)
    }
    pub fn invalid(invalid: Invalid) -> Self {
        let detail = invalid.to_string();
        let mut problem = Self::bad_request(detail);
        problem.0.errors = invalid.0;
        problem
    }
    pub fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "Not signed in",
            "Send a valid API key: Authorization: Bearer <key>.",
        )
    }
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "Not allowed", detail)
    }
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", "There is no such thing here.")
    }
    pub fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method-not-allowed",
            "Method not allowed",
            "The path exists, but not with this method.",
        )
    }
    pub fn too_slow() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "too-slow",
            "The body arrived too slowly",
            "Send it faster or in smaller parts.",
        )
    }
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", "Conflict", detail)
    }
    /// Somebody changed it since it was read.
    pub fn precondition_failed(detail: impl Into<String>) -> Self {
        let title = "It changed meanwhile";
        Self::new(StatusCode::PRECONDITION_FAILED, "precondition-failed", title, detail)
    }
    pub fn precondition_required() -> Self {
        let detail = "Send If-Match with the ETag of what you changed, so that nobody's work is overwritten.";
        let title = "If-Match is missing";
        Self::new(StatusCode::PRECONDITION_REQUIRED, "precondition-required", title, detail)
    }
    pub fn too_large(max: usize) -> Self {
        let detail = format!("At most {max} bytes are accepted here; send smaller batches.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The body is too large", detail)
    }
    pub fn unsupported_media(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media", "Unsupported content", detail)
    }
    pub fn too_many(seconds: u64) -> Self {
        let detail = format!("Try again in {}.", domain::wait::words(seconds));
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many", "Too many requests", detail).after(seconds)
    }
    pub fn unavailable(detail: impl Into<String>, seconds: u64) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not available at the moment", detail)
            .after(seconds)
    }
    pub fn storage_full() -> Self {
        let detail = "The disk is full; nothing of this request was stored.";
        Self::new(StatusCode::INSUFFICIENT_STORAGE, "storage-full", "Out of space", detail).after(30)
    }
    /// `cause` goes to the log, not to the caller.
    pub fn internal(cause: impl Into<String>) -> Self {
        let detail = "Something went wrong on our side. The correlation id leads to the log.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail).because(cause)
    }
    #[must_use]
    pub fn because(mut self, cause: impl Into<String>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }
    /// In other words.
    #[must_use]
    pub fn saying(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = detail.into();
        self
    }
    fn after(mut self, seconds: u64) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }
    /// What is there now.
    #[must_use]
    pub fn with_current(mut self, current: Current) -> Self {
        self.0.current = Some(current);
        self
    }
    /// What the framework refused by itself, before any code of ours; `said` goes to the log where it is our fault.
    pub fn of_framework(status: StatusCode, said: impl Into<String>) -> Self {
        match status {
            StatusCode::PAYLOAD_TOO_LARGE => {
                let detail = "It is larger than what is taken here; send less at a time.";
                Self::new(status, "too-large", "The body is too large", detail)
            }
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                Self::unsupported_media("The content type is none of those that are taken here.")
            }
            status if status.is_client_error() => {
                Self::bad_request("The address or the body could not be read; nothing was done.")
            }
            _ => Self::internal(said),
        }
    }
    /// Seconds to wait, where waiting helps.
    pub fn retry_after(&self) -> Option<u64> {
        self.0.retry_after
    }
    /// The text for a person.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }
}

impl From<service::Error> for Problem {
    fn from(error: service::Error) -> Self {
        use service::Error as E;
        match error {
            E::NotFound => Self::not_found(),
            E::Forbidden => Self::forbidden("Your role or the key's scopes do not allow this."),
            E::Suspended => {
                Self::forbidden("This organization is suspended; ask whoever runs this Watchroom.")
            }
            E::SecondFactor => {
                Self::forbidden("This organization asks for a second factor; set one up in your account.")
            }
            E::Unauthenticated => Self::unauthenticated(),
            E::Invalid(invalid) => Self::invalid(invalid),
            E::Conflict(text) => Self::conflict(text),
            E::TooLarge { max } => Self::too_large(max as usize),
            E::TooMany { retry_after } => Self::too_many(retry_after),
            E::Unavailable { full: true } => Self::storage_full(),
            E::Unavailable { full: false } => {
                Self::unavailable("What stores it does not answer at the moment; nothing was stored.", 5)
            }
            E::Internal(cause) => Self::internal(cause),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self(this) = self;
        let words = Words { title: this.title, detail: this.detail.clone() };
        let document = ProblemDocument {
            kind: format!("/api/docs#{}", this.kind),
            title: this.title.to_owned(),
            status: this.status.as_u16(),
            detail: this.detail,
            correlation_id: request_id(),
            current: this.current,
            errors: this
                .errors
                .into_iter()
                .map(|e| FieldProblem { field: e.field, reason: e.reason })
                .collect(),
        };
        let mut response = (this.status, axum::Json(document)).into_response();
        response.extensions_mut().insert(words);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = this.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if this.status == StatusCode::UNAUTHORIZED {
            headers.insert(
                http::header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"watchroom\""),
            );
        }
        if let Some(cause) = this.cause {
            response.extensions_mut().insert(Cause(cause));
        }
        response
    }
}
