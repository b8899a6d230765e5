//! The store on both databases. One binary; a module a noun.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking; helpers outside #[test] too")]

mod account;
mod api_key;
mod arrival;
mod audit;
mod case_drifts;
mod environment;
mod event;
mod event_bytes;
mod events_world;
mod factor;
mod group;
mod group_life;
mod grouping;
mod ingest;
mod member;
mod organization;
mod plans;
mod query;
mod retention;
mod rls;
mod room;
mod schema;
mod seam;
mod session;
mod setting;
mod source;
mod statements;
mod upload;
mod world;
