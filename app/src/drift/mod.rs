//! `/o/{organization}/drift`: how the real infrastructure differs from its code. Printed pages.

#[cfg(feature = "ssr")]
mod advice;
#[cfg(feature = "ssr")]
pub mod analytics;
mod api;
#[cfg(feature = "ssr")]
mod cause;
mod cause_api;
#[cfg(feature = "ssr")]
pub mod detail;
#[cfg(feature = "ssr")]
mod diff;
#[cfg(feature = "ssr")]
mod facets;
#[cfg(feature = "ssr")]
pub mod ignores;
#[cfg(feature = "ssr")]
pub mod inventory;
#[cfg(feature = "ssr")]
pub mod list;
#[cfg(feature = "ssr")]
pub mod models;
#[cfg(feature = "ssr")]
pub(crate) mod parts;
#[cfg(feature = "ssr")]
pub mod resource;
#[cfg(feature = "ssr")]
mod rule_table;
#[cfg(feature = "ssr")]
pub mod rules;
#[cfg(feature = "ssr")]
mod write;

pub use api::*;
pub use cause_api::*;
