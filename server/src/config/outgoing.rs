//! What this server asks elsewhere: the sign-in provider, and the receivers of webhooks.

use service::auth::oidc;
use service::outgoing::guard::Guard;
use service::outgoing::{Outgoing, Trust};
use service::webhooks::Way;

use super::Config;
use crate::router;

impl Config {
    /// By whom people may sign in, when it is set.
    ///
    /// # Errors
    /// What is wrong with the file of `trusted_authorities`.
    pub fn provider(&self) -> Result<Option<oidc::Provider>, String> {
        // What its document names gets the client's secret and codes: without TLS only beside one that is on this machine.
        let trust = self.trust()?;
        let client = if self.oidc_issuer.starts_with("http://") {
            Outgoing::new(&trust)
        } else {
            Outgoing::https_only(&trust)
        };
        if self.oidc_issuer.is_empty() {
            return Ok(None);
        }
        let name = if self.oidc_name.is_empty() { host(&self.oidc_issuer) } else { &self.oidc_name };
        let secret = Some(self.oidc_client_secret.clone()).filter(|secret| !secret.is_empty());
        Ok(Some(oidc::Provider {
            issuer: self.oidc_issuer.clone(),
            client_id: self.oidc_client_id.clone(),
            client_secret: secret.map(Into::into),
            scopes: self.oidc_scopes.clone(),
            group_claim: self.oidc_group_claim.clone(),
            name: name.to_owned(),
            callback: format!("{}{}", self.public_url.trim_end_matches('/'), router::OIDC_CALLBACK),
            client,
        }))
    }
    /// How webhooks leave this server, and where they may lead.
    ///
    /// # Errors
    /// What is wrong with the file of `trusted_authorities`.
    pub fn webhooks(&self) -> Result<Way, String> {
        let networks = self.webhook_networks.clone();
        let inside = move |address| networks.iter().any(|network| network.contains(address));
        let guard = Guard::new(self.webhook_http, inside);
        Ok(Way { client: Outgoing::guarded(&self.trust()?, guard.clone()), guard })
    }
    fn trust(&self) -> Result<Trust, String> {
        let file = &self.trusted_authorities;
        if file.is_empty() {
            return Ok(Trust::default());
        }
        let told = |error: String| format!("trusted_authorities: {file}: {error}");
        let pem = std::fs::read(file).map_err(|error| told(error.to_string()))?;
        Trust::of(&pem).map_err(told)
    }
}

/// The host of an address, without its port.
pub(super) fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or(v6),
        None => authority.split(':').next().unwrap_or(authority),
    }
}

pub(super) fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    #[tokio::test]
    async fn beside_an_https_issuer_nothing_is_asked_without_tls() {
        let of = |issuer: &str| {
            let config = Config { oidc_issuer: issuer.to_owned(), ..Config::defaults().unwrap() };
            config.provider().unwrap().unwrap().client
        };
        // Nobody answers there: the difference is whether it was tried.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let ask = async |client: Outgoing| {
            let request = Request::get(format!("http://127.0.0.1:{port}/token")).body(Vec::new()).unwrap();
            client.send(request).await.unwrap_err().to_string()
        };
        let (strict, local) = (ask(of("https://id.example")).await, ask(of("http://127.0.0.1:1")).await);
        assert!(strict.contains("https"), "{strict}");
        assert!(!local.contains("https"), "{local}");
    }
}
