//! The use-cases on both databases. One binary; a module a noun.

mod api_keys;
mod audit;
mod auth;
mod compile_fail;
mod environments;
mod housekeeping;
mod isolation;
mod members;
mod organizations;
mod sessions;
mod settings;
mod sources;
mod world;
