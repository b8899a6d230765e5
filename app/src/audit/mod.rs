//! `/o/{organization}/audit`: the log, newest first; one entry in the panel; the chain's verdict. Printed by the server.

#[cfg(feature = "ssr")]
mod entry;
#[cfg(feature = "ssr")]
mod filter;
#[cfg(feature = "ssr")]
mod gist;
#[cfg(feature = "ssr")]
pub mod history;
#[cfg(feature = "ssr")]
mod list;
#[cfg(feature = "ssr")]
mod page;
#[cfg(feature = "ssr")]
mod read;
#[cfg(feature = "ssr")]
mod sections;

#[cfg(feature = "ssr")]
pub use page::page;
