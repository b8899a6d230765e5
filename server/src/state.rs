//! What handlers share. Cheap to clone.

use std::sync::Arc;

use store::Db;
use tokio::sync::Semaphore;

use crate::config::Config;
use crate::http::assets::Assets;
use crate::web::limits::Limits;

#[derive(Clone)]
pub struct AppState {
    pub config: Arc<Config>,
    pub db: Db,
    pub assets: Arc<Assets>,
    pub limits: Limits,
    /// Requests that may be worked on at the same time.
    pub requests: Arc<Semaphore>,
}

impl AppState {
    pub fn new(config: Config, db: Db) -> Self {
        Self {
            limits: Limits::new(&config),
            requests: Arc::new(Semaphore::new(config.max_requests as usize)),
            assets: Arc::new(Assets::find()),
            config: Arc::new(config),
            db,
        }
    }
}
