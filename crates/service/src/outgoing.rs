//! Requests that the server makes itself: one client for all of them.
//!
//! TLS is rustls on ring, with Mozilla's list of authorities or the operator's own. Redirects are not followed, no proxy is used, a
//! request has a time limit for everything from the look-up of the name to the last byte, and of an answer no more than a bound is
//! read. The client blocks, so it runs on the threads for that, a few at a time.

use std::sync::Arc;
use std::time::Duration;

use openidconnect::http;
use tokio::sync::Semaphore;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// For the whole of a request.
const TIME: Duration = Duration::from_secs(10);
/// Bytes read of an answer's body.
const MOST: u64 = 1024 * 1024;
/// Bytes of an answer's head.
const MOST_HEAD: usize = 64 * 1024;
/// Requests at the same time; more wait for their turn.
const AT_ONCE: usize = 16;

/// The client. Cheap to clone.
#[derive(Clone)]
pub struct Outgoing {
    agent: ureq::Agent,
    turns: Arc<Semaphore>,
}

/// Why there is no answer: for the server's log, not for a page.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    #[error("{0}")]
    Failed(#[from] ureq::Error),
    #[error("{0}")]
    Ended(String),
}

impl Default for Outgoing {
    fn default() -> Self {
        Self::with(RootCerts::WebPki)
    }
}

impl Outgoing {
    /// Trusts these authorities, and no others: PEM, one or more certificates.
    pub fn trusting(pem: &[u8]) -> Result<Self, String> {
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
        Ok(Self::with(RootCerts::Specific(Arc::new(found))))
    }

    fn with(roots: RootCerts) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(TIME))
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .max_response_header_size(MOST_HEAD)
            .proxy(None)
            .user_agent(concat!("Watchroom/", env!("CARGO_PKG_VERSION")))
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .build();
        Self { agent: ureq::Agent::new_with_config(config), turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Sends it and reads the answer, whatever its status.
    pub async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, Unanswered> {
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(|error| Unanswered::Ended(error.to_string()))?;
        let agent = self.agent.clone();
        let sent = tokio::task::spawn_blocking(move || {
            // Held until the last byte, also when nobody waits for it any more.
            let _turn = turn;
            let (head, body) = agent.run(request)?.into_parts();
            let body = body.into_with_config().limit(MOST).read_to_vec()?;
            Ok(http::Response::from_parts(head, body))
        });
        sent.await.map_err(|error| Unanswered::Ended(error.to_string()))?
    }
}
