//! The server: settings, command line, HTTP. It is the outermost layer and decides nothing about the product.
//!
//! It must never hold SQL, open a transaction or check a permission; handlers read the request, call one function of
//! `service` and write its answer. To add a route: a handler in `http/<noun>.rs`, a line in `router.rs`, its path in
//! `http/openapi.rs`, its row in `tests/it/permissions.txt`.

pub mod cli;
pub mod config;
pub mod http;
pub mod jobs;
pub mod router;
pub mod serve;
pub mod sessions;
pub mod state;
pub mod telemetry;
pub mod web;
