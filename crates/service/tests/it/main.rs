//! The use-cases on both databases. One binary; a module a noun.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking; helpers outside #[test] too")]

mod api_keys;
mod audit;
mod audit_bundle;
mod auth;
mod backup;
mod case_fields;
mod case_jobs;
mod case_merges;
mod case_reviews;
mod case_saving;
mod case_tasks;
mod case_templates;
mod cases;
mod cases_bulk;
mod causes;
mod changes;
mod demo;
mod drifts;
mod environments;
mod events;
mod evidence;
mod factor;
mod grouping;
mod groups;
mod housekeeping;
mod import;
mod invitations;
mod isolation;
mod live;
mod members;
mod moving;
mod oidc;
mod organizations;
mod oversight;
mod retention;
mod rollups;
mod sessions;
mod settings;
mod sources;
mod tail;
mod uploads;
mod views;
mod webhooks;
mod world;
