//! HTTP in and out: handlers are transport. They read the request, call one service function and write its answer.

pub mod access;
pub mod api;
pub mod assets;
pub mod auth;
pub mod case_aids;
pub mod case_jobs;
mod case_late;
pub mod case_merges;
pub mod case_notes;
pub mod case_parts;
pub mod case_reviews;
pub mod case_tasks;
pub mod case_templates;
pub mod cases;
pub mod cases_bulk;
pub mod causes;
pub mod changes;
pub mod docs;
pub mod drift_metrics;
pub mod drift_push;
pub mod drift_rules;
pub mod drifts;
pub mod entries;
pub mod environments;
pub mod etag;
pub mod evidence;
pub mod export;
pub mod form;
pub mod grouping;
pub mod groups;
pub mod health;
pub mod iac;
pub mod ingest;
pub mod invitations;
pub mod live;
pub mod members;
pub mod models;
pub mod oidc;
pub mod openapi;
pub mod organizations;
pub mod pages;
pub mod problem;
pub mod provider_roles;
pub mod query;
pub mod recommendations;
pub mod schema;
pub mod sources;
pub mod tags;
pub mod tail;
pub mod uploads;
pub mod views;
pub mod webhooks;

/// Text inside HTML.
pub use service::markdown::escape;

/// The head of a page that is printed without Leptos. `styles`: the address of the site's style sheet.
pub fn head(title: &str, styles: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">\
         <title>{} · Watchroom</title><link rel=\"icon\" href=\"/favicon.svg\" type=\"image/svg+xml\">\
         <link rel=\"stylesheet\" href=\"{}\"></head>",
        escape(title),
        escape(styles)
    )
}
