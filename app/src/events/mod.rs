//! Events: the list with its facets and histogram, the panel, the page of one event.

mod api;
#[cfg(feature = "ssr")]
mod cell_menu;
mod cells;
pub mod chart;
mod columns;
#[cfg(feature = "ssr")]
mod complete;
mod detail;
pub mod filters;
#[cfg(feature = "ssr")]
mod first;
mod list;
#[cfg(feature = "ssr")]
pub mod live;
#[cfg(feature = "ssr")]
pub mod over_time;
pub mod parts;
mod query;
#[cfg(feature = "ssr")]
pub mod read;
#[cfg(feature = "ssr")]
mod sections;
pub mod shown;
mod state;
mod stream;

pub use api::*;
pub use detail::EventPage;
#[cfg(feature = "ssr")]
pub use first::first_event;
pub use list::EventsPage;
#[cfg(feature = "ssr")]
pub use query::on_server;
pub use query::{DEFAULT_RANGE, EventQuery, PAGE_SIZES, RANGES};
