//! What handlers share. Cheap to clone.

use std::sync::Arc;

use axum::extract::FromRef;
use domain::UserId;
use leptos::config::LeptosOptions;
use service::Services;
use tokio::sync::Semaphore;

use crate::config::Config;
use crate::http::assets::Assets;
use crate::http::ingest::Gate;
use crate::telemetry;
use crate::web::limits::Limits;
use crate::web::places::Places;
use crate::web::plan::Plans;

/// Files of lists that one person may take at the same time.
const EXPORTS: usize = 4;

#[derive(Clone)]
pub struct AppState {
    pub config: Arc<Config>,
    pub services: Services,
    pub assets: Arc<Assets>,
    pub limits: Limits,
    pub plans: Plans,
    /// Requests that may be worked on at the same time.
    pub requests: Arc<Semaphore>,
    pub ingest: Gate,
    /// Lists that are being sent as files: each holds a page of rows while its reader is slow.
    pub exports: Places<UserId>,
    /// What leptos_axum asks for; only `cargo leptos watch` makes use of it.
    pub options: LeptosOptions,
}

impl AppState {
    pub fn new(config: Config, services: Services) -> Self {
        telemetry::metrics();
        let assets = Assets::find();
        let options = LeptosOptions::builder().output_name("watchroom").site_addr(config.addr).build();
        Self {
            limits: Limits::new(&config),
            plans: Plans::default(),
            requests: Arc::new(Semaphore::new(config.max_requests as usize)),
            ingest: Gate::new(&config),
            exports: Places::new(EXPORTS),
            assets: Arc::new(assets),
            config: Arc::new(config),
            services,
            options,
        }
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.options.clone()
    }
}
