//! Rates: by address, by API key, and stricter for sign-in. Over the rate is 429 with Retry-After.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::client::Visitor;
use crate::config::Config;
use crate::http::problem::Problem;
use crate::state::AppState;

/// The three limiters. Cheap to clone.
#[derive(Clone)]
pub struct Limits {
    address: Arc<DefaultKeyedRateLimiter<IpAddr>>,
    key: Arc<DefaultKeyedRateLimiter<String>>,
    sign_in: Arc<DefaultKeyedRateLimiter<IpAddr>>,
}

impl Limits {
    pub fn new(config: &Config) -> Self {
        let sign_in = count(config.rate_sign_in);
        Self {
            address: Arc::new(RateLimiter::keyed(quota(config.rate_address, config.rate_address_burst))),
            key: Arc::new(RateLimiter::keyed(quota(config.rate_key, config.rate_key_burst))),
            sign_in: Arc::new(RateLimiter::keyed(Quota::per_minute(sign_in).allow_burst(sign_in))),
        }
    }
    /// One more request with this API key.
    pub fn api_key(&self, key: &str) -> Result<(), Problem> {
        check(&self.key, &key.to_owned())
    }
    /// One more attempt to sign in from this address.
    pub fn sign_in(&self, ip: IpAddr) -> Result<(), Problem> {
        check(&self.sign_in, &network(ip))
    }
    /// Forgets who has been quiet; without it the maps grow with every address seen.
    pub fn forget_quiet(&self) {
        self.address.retain_recent();
        self.key.retain_recent();
        self.sign_in.retain_recent();
    }
}

pub async fn by_address(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let ip = request.extensions().get::<Visitor>().map(|v| network(v.ip));
    let exempt = request.uri().path().starts_with("/pkg/") || request.uri().path().starts_with("/health/");
    match ip.filter(|_| !exempt).map(|ip| check(&state.limits.address, &ip)) {
        Some(Err(problem)) => problem.into_response(),
        _ => next.run(request).await,
    }
}

fn check<K: Clone + Hash + Eq>(limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> Result<(), Problem> {
    limiter.check_key(key).map_err(|until| {
        let wait = until.wait_time_from(DefaultClock::default().now());
        Problem::too_many(wait.as_secs() + 1)
    })
}

/// A person holds a whole IPv6 /64, so that is what counts.
fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from(u128::from(v6) & (u128::MAX << 64))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

fn count(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN)
}

fn quota(rate: u32, burst: u32) -> Quota {
    Quota::per_second(count(rate)).allow_burst(count(burst))
}
