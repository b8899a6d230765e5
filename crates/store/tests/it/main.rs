//! The store on both databases. One binary; a module a noun.

mod account;
mod api_key;
mod audit;
mod environment;
mod member;
mod organization;
mod rls;
mod schema;
mod seam;
mod session;
mod setting;
mod source;
mod statements;
mod world;
