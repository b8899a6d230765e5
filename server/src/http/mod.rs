//! HTTP in and out: handlers are transport. They read the request, call one service function and write its answer.

pub mod assets;
pub mod health;
pub mod problem;
