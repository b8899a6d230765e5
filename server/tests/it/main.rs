//! The real router on both databases, and the laws of the tree. One binary; a module a concern.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking; helpers outside #[test] too")]

mod app;
mod branding;
mod case_merges;
mod case_parts;
mod case_tasks;
mod cases;
mod cases_bulk;
mod causes;
mod command_line;
mod csrf;
mod drift_advice;
mod drifts;
mod events;
mod evidence;
mod export;
mod factor;
mod foreign;
mod forms;
mod grouping;
mod groups;
mod head;
mod headers;
mod ingest;
mod lifetime;
mod limits;
mod live;
mod oidc;
mod once;
mod openapi;
mod organizations;
mod permissions;
mod rest;
mod rest_write;
mod saving;
mod sessions;
mod stale;
mod starts;
mod tail;
mod tidy;
mod told;
mod uploads;
mod views;
mod webhooks;
mod whole;
