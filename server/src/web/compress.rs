//! Pages and JSON leave small for who says what it can read. Files of the site are compressed already; exports, bundles and live
//! streams go as they come, so that no row waits in an encoder.
//!
//! How long a compressed answer is tells of what it holds, to who may put words of theirs into it (BREACH). What can hold a secret
//! that opens something (the key of a second factor, the link of an invitation, an API key) goes as it is: [`spare`].

use axum::extract::Request;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, Predicate, SizeAbove};

/// Smaller answers fit into one packet as they are.
const LEAST: u16 = 1024;

/// A page waits for the encoder, so it is the quickest one: a list of 200 events shrinks to an eighth.
pub fn layer() -> CompressionLayer<And<SizeAbove, Text>> {
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(SizeAbove::new(LEAST).and(Text))
}

/// Marks an answer that can hold a secret, by its address: that of the page, or of the server function for it.
pub async fn spare(request: Request, next: Next) -> Response {
    const WORDS: [&str; 8] =
        ["account", "members", "api-keys", "api_key", "organizations", "invitation", "factor", "webhook"];
    let address = request.uri().path_and_query().map_or("", |address| address.as_str());
    let spared = WORDS.iter().any(|word| address.contains(word));
    let mut response = next.run(request).await;
    if spared {
        response.extensions_mut().insert(Spared);
    }
    response
}

#[derive(Clone, Copy)]
struct Spared;

/// What is written whole before it is sent.
#[derive(Clone, Copy, Debug)]
pub struct Text;

impl Predicate for Text {
    fn should_compress<B: http_body::Body>(&self, response: &axum::http::Response<B>) -> bool {
        let spared = response.extensions().get::<Spared>().is_some();
        let download = response.headers().contains_key(CONTENT_DISPOSITION);
        let kind = response.headers().get(CONTENT_TYPE).map_or(&b""[..], |kind| kind.as_bytes());
        let text = [&b"text/html"[..], b"application/json", b"application/problem+json"];
        !spared && !download && text.iter().any(|text| kind.starts_with(text))
    }
}
