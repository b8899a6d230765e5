//! Sources: where events come from.

mod api;
#[cfg(feature = "ssr")]
mod form;
#[cfg(feature = "ssr")]
mod keys;
#[cfg(feature = "ssr")]
mod list;
#[cfg(feature = "ssr")]
mod read;
mod shown;

pub use api::*;
#[cfg(feature = "ssr")]
pub use list::page;
pub use shown::SourceForm;
