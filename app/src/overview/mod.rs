//! The Overview: what came in, what is severe, what recurs; every figure leads to its list.

mod api;
mod page;
#[cfg(feature = "ssr")]
mod read;
#[cfg(feature = "ssr")]
pub mod sections;
pub mod shown;

pub use api::*;
pub use page::OverviewPage;
