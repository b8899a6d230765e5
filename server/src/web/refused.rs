//! Why a form was refused goes back in the address of its page where no script runs, and an address can be made up by anybody: a link that
//! shows words of theirs on a page of ours. So the server marks what it says there, for the one who sent the form, and what
//! comes without its mark is taken out of the address before a page sees it.
//!
//! Forms of server functions: Leptos writes `__path` and `__err`, with what was typed. The pages before the sign-in: `field` and `reason`.

use std::fmt::Write as _;

use axum::extract::{Request, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use leptos::server_fn::error::SERVER_FN_ERROR_HEADER;
use service::Services;
use service::auth::Viewer;

use super::client::Visitor;
use crate::http::problem::Problem;
use crate::state::AppState;

/// The parameter with the mark.
pub const MARK: &str = "__mark";
/// Where the mark is made, so that it is none for anything else.
const PLACE: &str = "refused form";
const OF_FUNCTIONS: [&str; 2] = ["__path", "__err"];
const OF_ENTRY: [&str; 2] = ["field", "reason"];

pub async fn guard(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let keys = keys(path);
    let sender = sender(&request);
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let function = path.starts_with("/fn/");
        return marked(&state.services, &sender, function, keys, next.run(request).await);
    }
    let query = request.uri().query().unwrap_or_default();
    if path.starts_with("/fn/") || is_ours(&state.services, &sender, keys, query) {
        return next.run(request).await;
    }
    let address = with_query(path, &without(query, keys));
    // `//site` would be another one.
    match HeaderValue::from_str(&address) {
        Ok(address) if !path.starts_with("//") => {
            (StatusCode::SEE_OTHER, [(LOCATION, address)]).into_response()
        }
        _ => Problem::bad_request("The address could not be read.").into_response(),
    }
}

/// What carries words in the address of this page.
fn keys(path: &str) -> &'static [&'static str] {
    const ENTRY: [&str; 3] = ["/sign-in", "/setup", "/invitation"];
    if ENTRY.iter().any(|page| path.starts_with(page)) { &OF_ENTRY } else { &OF_FUNCTIONS }
}

/// Who sends a form and is shown the answer: the signed-in device, before that the address. What was marked for one is none for others.
pub fn sender(request: &Request) -> String {
    if let Some(viewer) = request.extensions().get::<Viewer>() {
        format!("device {}", viewer.session)
    } else {
        let visitor = request.extensions().get::<Visitor>();
        format!("address {}", visitor.map(|visitor| visitor.ip.to_string()).unwrap_or_default())
    }
}

/// The redirect of a refused form gets its mark; that of any other loses what an earlier one had said.
fn marked(
    services: &Services,
    sender: &str,
    function: bool,
    keys: &[&str],
    mut response: Response,
) -> Response {
    let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
    let Some((page, query)) = location.and_then(|location| location.split_once('?')) else { return response };
    let refused = !function || response.headers().contains_key(SERVER_FN_ERROR_HEADER);
    let mut told = if refused { said(query, keys) } else { Vec::new() };
    // Leptos adds the new error behind the one that the page came with.
    if function {
        told.drain(..told.len().saturating_sub(keys.len()));
    }
    let kept = without(query, keys);
    if told.is_empty() && kept == query {
        return response;
    }
    let mut query = form_urlencoded::Serializer::new(kept);
    if !told.is_empty() {
        query.extend_pairs(&told).append_pair(MARK, &services.mark(PLACE, &words(sender, &told)));
    }
    if let Ok(location) = HeaderValue::from_str(&with_query(page, &query.finish())) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// Whether the address says nothing, or what this server said to this sender.
fn is_ours(services: &Services, sender: &str, keys: &[&str], query: &str) -> bool {
    let told = said(query, keys);
    if told.is_empty() {
        return true;
    }
    let mark = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == MARK);
    mark.is_some_and(|(_, mark)| services.is_mark(PLACE, &words(sender, &told), &mark))
}

/// Exactly these pairs, for this sender.
fn words(sender: &str, told: &[(String, String)]) -> String {
    let mut words = format!("{}:{sender}", sender.len());
    for text in told.iter().flat_map(|(key, value)| [key, value]) {
        let _ = write!(words, " {}:{text}", text.len());
    }
    words
}

fn said(query: &str, keys: &[&str]) -> Vec<(String, String)> {
    let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
    pairs.filter(|(key, _)| keys.contains(&key.as_str())).collect()
}

/// The other pairs, as they were written.
pub(super) fn without(query: &str, keys: &[&str]) -> String {
    let others = |pair: &&str| {
        form_urlencoded::parse(pair.as_bytes())
            .next()
            .is_none_or(|(key, _)| key != MARK && !keys.contains(&&*key))
    };
    query.split('&').filter(others).collect::<Vec<_>>().join("&")
}

pub(super) fn with_query(path: &str, query: &str) -> String {
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_found_however_it_is_written_and_the_rest_stays_as_it_is() {
        let query = "q=a%20b&%5F%5Ferr=x&x=1&__path=%2Ffn&__mark=m&__err=y";
        assert_eq!(said(query, &OF_FUNCTIONS).len(), 3);
        assert_eq!(without(query, &OF_FUNCTIONS), "q=a%20b&x=1");
        assert_eq!(without("reason=free", &OF_FUNCTIONS), "reason=free", "a filter of another page");
        assert_eq!(with_query("/o/acme/events", &without("__err=y", &OF_FUNCTIONS)), "/o/acme/events");
    }

    #[test]
    fn words_of_one_pair_are_not_those_of_another() {
        let pair = |key: &str, value: &str| vec![(key.to_owned(), value.to_owned())];
        assert_ne!(words("a", &pair("b 1:c", "d")), words("a", &pair("b", "c 1:d")));
        assert_ne!(words("a", &pair("b", "c")), words("ab", &pair("", "c")));
    }
}
