//! Saved views of a list: tabs with counts, and the forms that save, change and delete them.

mod api;
#[cfg(feature = "ssr")]
pub mod printed;
#[cfg(feature = "ssr")]
pub mod read;
mod shown;
mod tabs;

pub use api::*;
pub use tabs::{ViewTabs, Viewed};
