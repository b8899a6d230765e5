//! Use-cases: check, transaction, audit. No SQL, no HTTP, no Leptos.
//!
//! Every use-case takes a [`Cx<P>`], which only [`Services::admit`] makes after the permission was checked; it opens the
//! transactions. `Cx<P>::write` exists only where `P: Mutating`, and a [`store::WriteTx`] ends only with an audit entry.
//! To add a noun: `<noun>.rs` with the verbs of the trade (`open`, `assign`, `revoke`), tests in `tests/it/`.

pub mod api_keys;
pub mod audit;
pub mod auth;
pub mod backup;
pub mod bundle;
pub mod cases;
pub mod causes;
pub mod changes;
pub mod clock;
pub mod cx;
pub mod demo;
pub mod difference;
pub mod drafts;
pub mod drifts;
pub mod environments;
pub mod error;
pub mod events;
pub mod evidence;
#[cfg(doctest)]
mod forbidden;
pub mod groups;
pub mod housekeeping;
pub mod import;
pub mod invitations;
pub mod live;
pub mod markdown;
pub mod members;
pub mod merge;
pub mod models;
pub mod moving;
pub mod once;
pub mod organizations;
pub mod outgoing;
pub mod oversight;
pub mod overview;
pub mod provider_roles;
pub mod retention;
pub mod rollups;
mod seats;
pub mod secrets;
pub mod sessions;
pub mod settings;
pub mod sources;
pub mod starts;
pub mod uploads;
pub mod views;
pub mod webhooks;

pub use clock::Clock;
pub use cx::{Actor, Client, Cx, Services, Who};
pub use error::{Error, Result};
pub use store::facet::{Facet, Facets};
