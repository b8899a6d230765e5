//! Sources: where events come from.

mod api;
mod form;
mod list;
#[cfg(feature = "ssr")]
mod read;
mod shown;

pub use api::*;
pub use list::SourcesPage;
pub use shown::{SourceForm, SourceShown};
