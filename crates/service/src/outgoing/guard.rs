//! Where requests whose address somebody chose may lead: not into the network that the server stands in.
//!
//! The address is looked at when it is saved and again at each request, by the resolver of the client itself, which hands on only what
//! it has checked: a name that means another address a moment later is of no use (DNS rebinding). However an address is
//! written (decimal, hexadecimal, mapped IPv6), it is looked at as the number that it is.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use openidconnect::url::{Host, Url};
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// What the operator allows besides the public internet by https.
#[derive(Clone)]
pub struct Guard {
    /// http without TLS, too.
    pub http: bool,
    inside: Arc<dyn Fn(IpAddr) -> bool + Send + Sync>,
}

impl Guard {
    /// `inside`: addresses that may be reached although they are not public.
    pub fn new(http: bool, inside: impl Fn(IpAddr) -> bool + Send + Sync + 'static) -> Self {
        Self { http, inside: Arc::new(inside) }
    }
    pub fn allows(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address) || (self.inside)(address)
    }

    /// The address as it will be used, when it is one that may be reached.
    ///
    /// # Errors
    /// What is wrong with it, for the person who typed it.
    pub async fn check(&self, text: &str) -> Result<Url, String> {
        let url = Url::parse(text.trim())
            .map_err(|_| "not an address; give one such as https://hooks.example/watchroom".to_owned())?;
        match url.scheme() {
            "https" => {}
            "http" if self.http => {}
            "http" => {
                return Err(
                    "use https://; http:// only works where whoever runs this Watchroom allows it".to_owned()
                );
            }
            _ => return Err("start it with https://".to_owned()),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("leave out the user and password; messages are signed".to_owned());
        }
        if url.fragment().is_some() {
            return Err("leave out what follows #".to_owned());
        }
        match url.host() {
            None => return Err("give a host".to_owned()),
            Some(Host::Ipv4(ip)) => self.require(ip.into())?,
            Some(Host::Ipv6(ip)) => self.require(ip.into())?,
            Some(Host::Domain(name)) => {
                self.look_up(name, url.port_or_known_default().unwrap_or(443)).await?;
            }
        }
        Ok(url)
    }

    fn require(&self, address: IpAddr) -> Result<(), String> {
        if self.allows(address) {
            return Ok(());
        }
        // Which of them it is, is not said: the answer must not map the network.
        Err("it leads to an address that is not public; whoever runs this Watchroom can allow a network"
            .to_owned())
    }

    /// Every address of the name.
    async fn look_up(&self, name: &str, port: u16) -> Result<(), String> {
        let found = tokio::time::timeout(super::TIME, tokio::net::lookup_host((name, port))).await;
        let unknown = || "the name of the host is not found".to_owned();
        let found: Vec<SocketAddr> = found.map_err(|_| unknown())?.map_err(|_| unknown())?.collect();
        if found.is_empty() {
            return Err(unknown());
        }
        found.into_iter().try_for_each(|address| self.require(address.ip()))
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("http", &self.http).finish_non_exhaustive()
    }
}

/// The name led nowhere that may be reached.
#[derive(Debug, thiserror::Error)]
#[error("it leads to an address that is not public")]
pub struct NotAllowed;

/// Hands on what the guard allows.
#[derive(Debug)]
pub(super) struct Guarded {
    guard: Guard,
    inner: DefaultResolver,
}

impl Guarded {
    pub(super) fn new(guard: Guard) -> Self {
        Self { guard, inner: DefaultResolver::default() }
    }
}

impl Resolver for Guarded {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.inner.resolve(uri, config, timeout)?;
        let mut allowed = self.empty();
        for address in found.iter().filter(|address| self.guard.allows(address.ip())) {
            allowed.push(*address);
        }
        if allowed.is_empty() { Err(ureq::Error::Other(Box::new(NotAllowed))) } else { Ok(allowed) }
    }
}

/// By the registries of special-purpose addresses (IANA, RFC 6890). `to_canonical` was asked before.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(a == 0
        || ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || (a == 100 && (64..128).contains(&b)) // between carriers
        || (a == 192 && b == 0 && (c == 0 || c == 2)) // protocols, documentation
        || (a == 192 && b == 88 && c == 99) // relays of 6to4
        || (a == 198 && (b == 18 || b == 19)) // benchmarks
        || (a == 198 && b == 51 && c == 100)
        || (a == 203 && b == 0 && c == 113)
        || a >= 224) // multicast, reserved, broadcast
}

/// Only global unicast, and nothing in it that holds an IPv4 address or is set aside.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let s = ip.segments();
    (s[0] & 0xe000) == 0x2000
        && !(s[0] == 0x2001 && s[1] < 0x0200) // Teredo, ORCHID, benchmarks
        && !(s[0] == 0x2001 && s[1] == 0x0db8)
        && s[0] != 0x2002 // 6to4
        && !(s[0] == 0x3fff && s[1] < 0x1000) // documentation
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed() -> Guard {
        Guard::new(true, |_| false)
    }

    #[test]
    fn what_is_not_public_is_told_apart() {
        for address in [
            "127.0.0.1",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "::1",
            "::",
            "::ffff:127.0.0.1",
            "::ffff:10.1.2.3",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2002:7f00:1::",
            "3fff::1",
            "100::1",
        ] {
            assert!(!closed().allows(address.parse().unwrap()), "{address}");
        }
        for address in
            ["1.1.1.1", "172.32.0.1", "100.128.0.1", "192.0.1.1", "2606:4700::1111", "2001:4860::8888"]
        {
            assert!(closed().allows(address.parse().unwrap()), "{address}");
        }
        let inside = Guard::new(false, |ip| ip == IpAddr::from([10, 0, 0, 1]));
        assert!(
            inside.allows("10.0.0.1".parse().unwrap()) && inside.allows("::ffff:10.0.0.1".parse().unwrap())
        );
        assert!(!inside.allows("10.0.0.2".parse().unwrap()));
    }

    #[tokio::test]
    async fn however_it_is_written_an_address_inside_is_refused() {
        for text in [
            "http://127.0.0.1:9999",
            "http://localhost",
            "http://[::1]",
            "http://0.0.0.0",
            "http://127.1",
            "http://2130706433",
            "http://0x7f.1",
            "http://0x7f000001",
            "http://017700000001",
            "http://[::ffff:127.0.0.1]",
            "http://169.254.169.254/latest/meta-data",
            "http://10.0.0.1",
            "https://127.0.0.1",
            "http://127。0。0。1",
            "http://①②⑦.⓪.⓪.①",
            "http://%31%32%37.0.0.1",
            "file:///etc/passwd",
            "gopher://1.1.1.1",
            "ftp://1.1.1.1",
            "https://user:pass@1.1.1.1",
            "https://user@1.1.1.1",
            "https://1.1.1.1/#x",
            "//1.1.1.1",
            "1.1.1.1",
            "",
            "javascript:alert(1)",
            "https://",
            "https://no.such.host.invalid/",
        ] {
            assert!(closed().check(text).await.is_err(), "{text}");
        }
        assert_eq!(
            closed().check(" https://1.1.1.1/hook?a=b ").await.unwrap().as_str(),
            "https://1.1.1.1/hook?a=b"
        );
        let https = Guard::new(false, |_| false);
        assert!(https.check("http://1.1.1.1/").await.is_err());
        assert!(https.check("https://1.1.1.1/").await.is_ok());
    }
}
