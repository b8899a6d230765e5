//! What a page sends, read or refused in words of ours: the framework's own refusals are lines of plain text.

use std::error::Error;

use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::problem::Problem;

const AGAIN: &str = "Nothing was done. Open the page again and send it from there.";

/// The fields of a form: 415 when it is none, 400 when they are not as its page sends them.
pub struct Form<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match axum::Form::from_request(request, state).await {
            Ok(axum::Form(form)) => Ok(Self(form)),
            Err(FormRejection::InvalidFormContentType(_)) => Err(Problem::unsupported_media(format!(
                "A form comes here as its page sends it, as application/x-www-form-urlencoded. {AGAIN}"
            ))),
            Err(refused) if refused.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(Problem::of_framework(refused.status(), refused.to_string()))
            }
            Err(refused) => {
                Err(Problem::bad_request(format!("The form could not be read: {}. {AGAIN}", cause(&refused))))
            }
        }
    }
}

/// What an address asks behind its path: 400 when it is not as our links have it.
pub struct Address<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Address<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let asked: Result<Query<T>, QueryRejection> = Query::from_request_parts(parts, state).await;
        let Query(asked) = asked.map_err(|refused| {
            Problem::bad_request(format!("The address could not be read: {}.", cause(&refused)))
        })?;
        Ok(Self(asked))
    }
}

/// The innermost reason, which says the field.
fn cause(refused: &dyn Error) -> String {
    let mut innermost = refused;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
