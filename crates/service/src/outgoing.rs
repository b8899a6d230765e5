//! Requests that the server makes itself: one client for all of them.
//!
//! TLS is rustls on ring, with Mozilla's list of authorities or the operator's own. Redirects are not followed, no proxy is used, a
//! request has a time limit for everything from the look-up of the name to the last byte, and of an answer no more than a bound is
//! read. The client blocks, so it runs on the threads for that, a few at a time.

pub mod guard;

use std::sync::Arc;
use std::time::Duration;

use openidconnect::http;
use tokio::sync::Semaphore;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::resolver::{DefaultResolver, Resolver};
use ureq::unversioned::transport::DefaultConnector;

use guard::{Guard, Guarded};

/// For the whole of a request.
const TIME: Duration = Duration::from_secs(10);
/// Bytes read of an answer's body.
const MOST: u64 = 1024 * 1024;
/// Bytes of an answer's head.
const MOST_HEAD: usize = 64 * 1024;
/// Requests at the same time; more wait for their turn.
const AT_ONCE: usize = 16;
/// The same where others chose the addresses: those that do not answer must not make the rest wait.
const GUARDED_AT_ONCE: usize = 64;

/// Of a bucket: a part of a file goes or comes with a request.
const BUCKET: Bounds = Bounds { time: Duration::from_mins(1), most: 2 * bucket::PART as u64, kept: 8 };
/// Of everything else. A connection is used once: the next request is looked up, and checked, anew.
const SHORT: Bounds = Bounds { time: TIME, most: MOST, kept: 0 };

/// What a request may take.
#[derive(Clone, Copy)]
struct Bounds {
    time: Duration,
    most: u64,
    /// Connections that wait for the next request.
    kept: usize,
}

/// The client. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Outgoing {
    agent: ureq::Agent,
    turns: Arc<Semaphore>,
    most: u64,
}

/// Why there is no answer: for the server's log, not for a page.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    #[error("{0}")]
    Failed(#[from] ureq::Error),
    #[error("{0}")]
    Ended(String),
}

/// The authorities that answers are trusted by.
#[derive(Clone, Debug)]
pub struct Trust(RootCerts);

impl Default for Trust {
    /// Mozilla's list.
    fn default() -> Self {
        Self(RootCerts::WebPki)
    }
}

impl Trust {
    /// These, and no others: PEM, one or more certificates.
    pub fn of(pem: &[u8]) -> Result<Self, String> {
        let mut found: Vec<Certificate<'static>> = Vec::new();
        for item in parse_pem(pem) {
            match item {
                Ok(PemItem::Certificate(certificate)) => found.push(certificate),
                Ok(_) => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        if found.is_empty() {
            return Err("there is no certificate in it".to_owned());
        }
        Ok(Self(RootCerts::Specific(Arc::new(found))))
    }
}

impl Outgoing {
    /// For addresses that the operator set, on this machine: http as well.
    pub fn new(trust: &Trust) -> Self {
        Self::with(trust, DefaultResolver::default(), AT_ONCE, SHORT, false)
    }
    /// For addresses that the operator set, and those that they name in turn: never without TLS.
    pub fn https_only(trust: &Trust) -> Self {
        Self::with(trust, DefaultResolver::default(), AT_ONCE, SHORT, true)
    }
    /// For the bucket that the operator set.
    pub fn to_bucket(trust: &Trust) -> Self {
        Self::with(trust, DefaultResolver::default(), AT_ONCE, BUCKET, false)
    }
    /// For addresses that somebody else chose: it connects only to what `guard` allows.
    pub fn guarded(trust: &Trust, guard: Guard) -> Self {
        // Whether http may be is the guard's to say.
        Self::with(trust, Guarded::new(guard), GUARDED_AT_ONCE, SHORT, false)
    }

    fn with(
        trust: &Trust,
        resolver: impl Resolver,
        at_once: usize,
        bounds: Bounds,
        https_only: bool,
    ) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(bounds.time))
            .https_only(https_only)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .max_response_header_size(MOST_HEAD)
            .max_idle_connections(bounds.kept)
            .proxy(None)
            .user_agent(concat!("Watchroom/", env!("CARGO_PKG_VERSION")))
            .tls_config(TlsConfig::builder().root_certs(trust.0.clone()).build())
            .build();
        let agent = ureq::Agent::with_parts(config, DefaultConnector::default(), resolver);
        Self { agent, turns: Arc::new(Semaphore::new(at_once)), most: bounds.most }
    }

    /// Sends it and reads the answer, whatever its status.
    pub async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, Unanswered> {
        let most = self.most;
        self.run(move |agent| {
            let (head, body) = agent.run(request)?.into_parts();
            let body = body.into_with_config().limit(most).read_to_vec()?;
            Ok(http::Response::from_parts(head, body))
        })
        .await
    }
    /// Sends it and reads no more of the answer than its head.
    pub async fn status_of(&self, request: http::Request<Vec<u8>>) -> Result<u16, Unanswered> {
        self.run(move |agent| Ok(agent.run(request)?.status().as_u16())).await
    }

    async fn run<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&ureq::Agent) -> Result<T, Unanswered> + Send + 'static,
    ) -> Result<T, Unanswered> {
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(|error| Unanswered::Ended(error.to_string()))?;
        let agent = self.agent.clone();
        let asked = tokio::task::spawn_blocking(move || {
            // Held until the answer, also when nobody waits for it any more.
            let _turn = turn;
            ask(&agent)
        });
        asked.await.map_err(|error| Unanswered::Ended(error.to_string()))?
    }
}
