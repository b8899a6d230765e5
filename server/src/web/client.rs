//! Who is asking: the address, seen through trusted proxies only, and whether they came over https.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
use axum::middleware::Next;
use axum::response::Response;

use crate::config::values::Cidr;
use crate::state::AppState;

/// Put into the request's extensions by [`identify`].
#[derive(Clone, Debug)]
pub struct Visitor {
    pub ip: IpAddr,
    pub https: bool,
    pub user_agent: Option<String>,
    /// The connection itself is from this machine and was not forwarded.
    pub local: bool,
}

pub async fn identify(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip().to_canonical());
    let visitor = visitor(peer, request.headers(), &state.config.trusted_proxies, state.config.is_https());
    request.extensions_mut().insert(visitor);
    next.run(request).await
}

fn visitor(peer: IpAddr, headers: &HeaderMap, trusted: &[Cidr], https: bool) -> Visitor {
    let is_trusted = |ip: IpAddr| trusted.iter().any(|net| net.contains(ip));
    let by_proxy = is_trusted(peer);
    let forwarded: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .map(str::trim)
        .collect();
    let mut ip = peer;
    if by_proxy {
        // From the nearest proxy outwards; the first address that is not ours is the visitor. What stands left of it is hearsay.
        for text in forwarded.iter().rev() {
            let Some(address) = parse(text) else { break };
            ip = address;
            if !is_trusted(address) {
                break;
            }
        }
    }
    let proto = headers.get("x-forwarded-proto").and_then(|v| v.to_str().ok());
    let agent = headers.get(USER_AGENT).and_then(|v| v.to_str().ok());
    Visitor {
        ip,
        https: https || (by_proxy && proto.is_some_and(|p| p.eq_ignore_ascii_case("https"))),
        user_agent: agent.map(|text| text.chars().filter(|c| !c.is_control()).take(300).collect()),
        local: peer.is_loopback() && forwarded.is_empty() && !headers.contains_key("forwarded"),
    }
}

/// `203.0.113.7`, `203.0.113.7:4711`, `2001:db8::1` or `[2001:db8::1]:4711`.
fn parse(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>()
        .or_else(|_| text.parse::<SocketAddr>().map(|a| a.ip()))
        .ok()
        .map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }
    fn seen(peer: &str, forwarded: &str, trusted: &[&str]) -> IpAddr {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", forwarded.parse().unwrap());
        let nets: Vec<Cidr> = trusted.iter().map(|t| t.parse().unwrap()).collect();
        visitor(ip(peer), &headers, &nets, false).ip
    }

    #[test]
    fn a_stranger_cannot_forward_an_address() {
        assert_eq!(seen("198.51.100.1", "10.0.0.1", &["10.0.0.0/8"]), ip("198.51.100.1"));
        assert_eq!(seen("198.51.100.1", "10.0.0.1", &[]), ip("198.51.100.1"));
    }

    #[test]
    fn the_nearest_address_that_is_no_proxy_counts() {
        assert_eq!(seen("10.0.0.1", "1.1.1.1, 203.0.113.7, 10.0.0.2", &["10.0.0.0/8"]), ip("203.0.113.7"));
        assert_eq!(seen("10.0.0.1", "203.0.113.7:4711", &["10.0.0.0/8"]), ip("203.0.113.7"));
        assert_eq!(seen("10.0.0.1", "nonsense", &["10.0.0.0/8"]), ip("10.0.0.1"));
    }

    #[test]
    fn https_is_believed_from_a_trusted_proxy_only() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-proto", "https".parse().unwrap());
        let nets = ["10.0.0.0/8".parse().unwrap()];
        assert!(visitor(ip("10.0.0.1"), &headers, &nets, false).https);
        assert!(!visitor(ip("11.0.0.1"), &headers, &nets, false).https);
    }
}
