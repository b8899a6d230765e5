//! The words and rules of Watchroom, pure: types, permissions, state machines, parsing and templates.
//!
//! This crate runs on the server and in the browser. It must never do input or output, await, read a clock or draw
//! a random number; time and ids are passed in. To add a noun: one file of its name here with its type, its input
//! (`New<Noun>`), its `check()` and its filter, then the same name in `store`, `service` and `app`.

pub mod account;
pub mod api_key;
pub mod audit;
pub mod branding;
pub mod case;
pub mod cause;
pub mod drift;
pub mod environment;
pub mod event;
pub mod filter;
pub mod group;
pub mod id;
pub mod instant;
pub mod invalid;
pub mod invitation;
pub mod live;
pub mod member;
pub mod organization;
pub mod overview;
pub mod page;
pub mod permission;
pub mod provider_role;
pub mod query;
pub mod recommendation;
pub mod retention;
pub mod severity;
pub mod source;
pub mod start;
pub mod suggest;
pub mod template;
pub mod time;
pub mod upload;
pub mod view;
pub mod visible;
pub mod wait;
pub mod webhook;

pub use id::*;
pub use invalid::Invalid;
pub use severity::Severity;
pub use time::Timestamp;
