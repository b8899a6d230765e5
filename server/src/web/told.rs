//! What a form did that a browser sent without scripts is told by the page that it leads to, once (`app::told`). The words go there in
//! a cookie: no link brings one, the address stays as it is, and the page that tells them takes it away. They are marked under the server's
//! key for who sent the form, since a neighbouring host can set cookies too.

use app::page::Done;
use app::told::FIELD;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE, COOKIE, LOCATION, REFERER, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use leptos::server_fn::error::SERVER_FN_ERROR_HEADER;
use service::Services;

use super::client::Visitor;
use super::refused::{sender, with_query, without};
use crate::http::problem::Problem;
use crate::state::AppState;

const NAME: &str = "told";
/// Where the mark is made, so that it is none for anything else.
const PLACE: &str = "taken form";
/// The page follows at once.
const SECONDS: u32 = 60;
/// Characters of the words, and bytes of what takes it back: browsers keep 4 kB of a cookie.
const WORDS: usize = 300;
const UNDO: usize = 1000;

pub async fn once(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let sender = sender(&request);
    let function = request.uri().path().starts_with("/fn/");
    if function && request.method() == Method::POST && is_plain(request.headers()) {
        return taken(&state.services, &sender, request, next).await;
    }
    let asks = !function && request.method() == Method::GET;
    let Some(cookie) = cookie(request.headers()).filter(|_| asks) else { return next.run(request).await };
    if let Some(done) = read(&state.services, &sender, &cookie) {
        request.extensions_mut().insert(done);
    }
    let attributes = attributes(&request);
    let mut response = next.run(request).await;
    let kind = response.headers().get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    // A redirect leads on to the page that tells it.
    if kind.starts_with(b"text/html") && !response.status().is_redirection() {
        set(&mut response, &format!("{NAME}=; Max-Age=0; {attributes}"));
    }
    response
}

/// Passes the form on; the answer takes the words along.
async fn taken(services: &Services, sender: &str, request: Request, next: Next) -> Response {
    let attributes = attributes(&request);
    let back = request.headers().get(REFERER).cloned();
    let (parts, body) = request.into_parts();
    // `body::buffer` has read it already, up to the limit.
    let Ok(form) = to_bytes(body, usize::MAX).await else {
        return Problem::bad_request("The form did not arrive whole.").into_response();
    };
    let own =
        form_urlencoded::parse(&form).find(|(key, _)| key == FIELD).map(|(_, words)| words.into_owned());
    let response = next.run(Request::from_parts(parts, Body::from(form))).await;
    let headers = response.headers();
    // Back where the form stood, an address with what was done says what an earlier form did.
    let is_back = headers.get(LOCATION) == back.as_ref();
    let refused = headers.contains_key(SERVER_FN_ERROR_HEADER);
    if !response.status().is_redirection() || refused || (tells_itself(headers) && !is_back) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let Ok(answer) = to_bytes(body, usize::MAX).await else {
        return Problem::internal("the answer of a server function broke off").into_response();
    };
    // Of a server function that has no words the answer is something else.
    let done: Done = serde_json::from_slice(&answer).unwrap_or_default();
    let words = Some(done.words).filter(|words| !words.is_empty()).or(own).unwrap_or_default();
    let mut response = Response::from_parts(parts, Body::from(answer));
    if !words.is_empty() {
        if is_back {
            forget_before(response.headers_mut());
        }
        let value = written(services, sender, Done { words, ..done });
        set(&mut response, &format!("{NAME}={value}; Max-Age={SECONDS}; {attributes}"));
    }
    response
}

/// A list says by its address what was done to many at once.
fn tells_itself(headers: &HeaderMap) -> bool {
    let location = headers.get(LOCATION).and_then(|location| location.to_str().ok()).unwrap_or_default();
    let query = location.split_once('?').map_or("", |(_, query)| query);
    form_urlencoded::parse(query.as_bytes()).any(|(key, _)| key == "done")
}

/// Takes what an earlier form did out of the address.
fn forget_before(headers: &mut HeaderMap) {
    let location = headers.get(LOCATION).and_then(|location| location.to_str().ok());
    let Some((page, query)) = location.and_then(|location| location.split_once('?')) else { return };
    let kept = without(query, &["done", "left"]);
    if let Ok(location) = HeaderValue::from_str(&with_query(page, &kept)) {
        headers.insert(LOCATION, location);
    }
}

fn is_plain(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("text/html"))
}

/// `{base64 of its JSON}.{mark}`
fn written(services: &Services, sender: &str, done: Done) -> String {
    let mut words: String = done.words.chars().take(WORDS).collect();
    if words.len() < done.words.len() {
        words.push('…');
    }
    let undo = done.undo.filter(|undo| undo.path.len() + undo.fields.len() <= UNDO);
    let text = URL_SAFE_NO_PAD.encode(serde_json::to_string(&Done { words, undo }).unwrap_or_default());
    let mark = services.mark(PLACE, &marked(sender, &text));
    format!("{text}.{mark}")
}

/// What this server said to this sender.
fn read(services: &Services, sender: &str, cookie: &str) -> Option<Done> {
    let (text, mark) = cookie.split_once('.')?;
    if !services.is_mark(PLACE, &marked(sender, text), mark) {
        return None;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

fn marked(sender: &str, text: &str) -> String {
    format!("{}:{sender} {text}", sender.len())
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|v| v.to_str().ok());
    cookies
        .flat_map(|v| v.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(NAME)?.strip_prefix('=').map(str::to_owned))
}

fn attributes(request: &Request) -> &'static str {
    match request.extensions().get::<Visitor>() {
        Some(visitor) if visitor.https => "Path=/; HttpOnly; SameSite=Strict; Secure",
        _ => "Path=/; HttpOnly; SameSite=Strict",
    }
}

fn set(response: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}
