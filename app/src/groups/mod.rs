//! Groups: events of one fingerprint, as a list and one by one.

mod api;
mod detail;
mod list;
pub mod parts;
mod query;
#[cfg(feature = "ssr")]
pub mod read;
pub mod shown;

pub use api::*;
pub use detail::GroupPage;
pub use list::GroupsPage;
pub use query::GroupQuery;
