//! What every request passes, outermost first: [`observe`] (id, log line, metrics, panics), [`headers`], [`client`]
//! (who is asking), [`compress`], [`person`] (refusals as pages), [`problems`] (the framework's own as ours), [`shed`] (overload, time limit), [`limits`] (rates), [`head`] (one Host, UTF-8), [`csrf`], [`body`] (size and pace); pages also, once the viewer is known, [`refused`] (why a form came back) and [`told`] (what it did).
//!
//! None of them knows a noun of the product. To add one: a file here, a line in `router.rs`, a test in `tests/it/`.

pub mod body;
pub mod client;
pub mod compress;
pub mod csrf;
pub mod head;
pub mod headers;
pub mod limits;
pub mod observe;
pub mod once;
pub mod person;
pub mod places;
pub mod plan;
pub mod problems;
pub mod refused;
pub mod shed;
pub mod told;

/// A file on its way in: it streams under its own size and time limits.
pub fn is_upload(request: &axum::extract::Request) -> bool {
    let path = request.uri().path();
    let evidence =
        (path.starts_with("/o/") || path.starts_with("/api/v1/cases/")) && path.ends_with("/evidence");
    request.method() == axum::http::Method::POST
        && (evidence || path.starts_with("/o/") && path.ends_with("/uploads"))
}
