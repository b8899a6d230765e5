//! `/o/{organization}/cases`: investigations, as a list and one by one. Printed pages.

#[cfg(feature = "ssr")]
pub mod add;
mod api;
#[cfg(feature = "ssr")]
mod board;
mod bulk;
#[cfg(feature = "ssr")]
mod bulk_bar;
#[cfg(feature = "ssr")]
mod bulk_write;
#[cfg(feature = "ssr")]
mod columns;
#[cfg(feature = "ssr")]
pub mod detail;
#[cfg(feature = "ssr")]
mod entries;
#[cfg(feature = "ssr")]
mod evidence;
#[cfg(feature = "ssr")]
mod facets;
mod files;
#[cfg(feature = "ssr")]
pub(crate) mod forms;
#[cfg(feature = "ssr")]
mod history;
#[cfg(feature = "ssr")]
mod jobs;
#[cfg(feature = "ssr")]
mod lanes;
#[cfg(feature = "ssr")]
mod linked;
mod linking;
#[cfg(feature = "ssr")]
pub mod list;
mod mention;
#[cfg(feature = "ssr")]
mod mentions;
mod merge;
#[cfg(feature = "ssr")]
mod merges;
#[cfg(feature = "ssr")]
mod notes;
#[cfg(feature = "ssr")]
mod over_time;
#[cfg(feature = "ssr")]
mod panel;
#[cfg(feature = "ssr")]
mod parts;
#[cfg(feature = "ssr")]
pub mod query;
mod review;
#[cfg(feature = "ssr")]
mod reviews;
#[cfg(feature = "ssr")]
mod saving;
#[cfg(feature = "ssr")]
pub mod tasks;
#[cfg(feature = "ssr")]
mod timeline;
#[cfg(feature = "ssr")]
mod work;

pub use api::*;
pub use bulk::*;
pub use files::*;
pub use linking::*;
pub use mention::*;
pub use merge::*;
#[cfg(feature = "ssr")]
pub use parts::about;
pub use review::*;
