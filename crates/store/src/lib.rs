//! The store: the only crate with SQL, over SQLite and PostgreSQL.
//!
//! - `db/` is the seam: one SQL text with `$1…$n` runs on both databases; nothing above it is generic over one.
//! - `scope` holds the transactions: `ReadTx`, `WriteTx` (one organization) and `SystemTx` (all of them, rare).
//! - one file per noun of free functions, the transaction first, then ids, then data. "Not there" is `Ok(None)`.
//!
//! It must never decide who may do what, read a clock, or know HTTP. To add a noun: a migration of the same number and
//! name in both folders, then `<noun>.rs` here, then a test in `tests/it/` (it runs on both databases).

pub mod account;
pub mod api_key;
pub mod arrival;
pub mod audit;
pub mod case;
pub mod cause;
pub mod db;
pub mod draft;
pub mod drift;
pub mod environment;
pub mod event;
pub mod facet;
pub mod factor;
pub mod group;
pub mod housekeeping;
pub mod idempotency;
pub mod identity;
pub mod ingest;
pub mod invitation;
pub mod live;
pub mod member;
pub mod model;
pub mod organization;
pub mod oversight;
pub mod overview;
pub mod presence;
pub mod provider_role;
mod query;
pub mod recommendation;
pub mod retention;
pub mod rollup;
pub mod scope;
mod search;
pub mod session;
pub mod setting;
pub mod source;
pub mod start;
pub mod tag;
pub mod upload;
pub mod view;
pub mod webhook;
pub mod whole;

pub use db::{Db, Error, Options, Result, schema_version, sqlite_file};
pub use scope::{ReadTx, Scoped, Stamp, SystemTx, Within, WriteTx, Writing};
