//! What every request passes, outermost first: [`observe`] (id, log line, metrics, panics), [`headers`], [`client`]
//! (who is asking), [`shed`] (overload, time limit), [`limits`] (rates), [`csrf`], [`body`] (size and pace).
//!
//! None of them knows a noun of the product. To add one: a file here, a line in `router.rs`, a test in `tests/it/`.

pub mod body;
pub mod client;
pub mod csrf;
pub mod headers;
pub mod limits;
pub mod observe;
pub mod shed;
