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
        let client = Outgoing::new(&self.trust()?);
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
