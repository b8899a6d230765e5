//! HTTP in and out: handlers are transport. They read the request, call one service function and write its answer.

pub mod api;
pub mod assets;
pub mod auth;
pub mod export;
pub mod health;
pub mod ingest;
pub mod openapi;
pub mod pages;
pub mod problem;
pub mod query;
pub mod schema;
pub mod uploads;

/// Text inside HTML.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
