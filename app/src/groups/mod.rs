//! Groups: events of one fingerprint, as a list and one by one.

mod act;
mod api;
#[cfg(feature = "ssr")]
pub mod bars;
mod detail;
#[cfg(feature = "ssr")]
mod empty;
#[cfg(feature = "ssr")]
mod explain;
#[cfg(feature = "ssr")]
mod facts;
mod grouping;
mod history;
pub mod list;
pub mod parts;
mod query;
#[cfg(feature = "ssr")]
pub mod read;
#[cfg(feature = "ssr")]
mod sections;
pub mod shown;
#[cfg(feature = "ssr")]
mod words;
#[cfg(feature = "ssr")]
mod write;

pub use api::*;
pub use detail::GroupPage;
pub use list::GroupsPage;
pub use query::GroupQuery;
