//! Pages and JSON leave small for who says what it can read. Files of the site are compressed already; exports, bundles and live
//! streams go as they come, so that no row waits in an encoder.
//!
//! No page holds a secret that opens anything (there are no tokens against forged requests, and the nonce is another one each
//! time), so the length of an answer gives nothing worth guessing (BREACH).

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{And, Predicate, SizeAbove};

/// Smaller answers fit into one packet as they are.
const LEAST: u16 = 1024;

/// A page waits for the encoder, so it is the quickest one: a list of 200 events shrinks to an eighth.
pub fn layer() -> CompressionLayer<And<SizeAbove, Text>> {
    CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(SizeAbove::new(LEAST).and(Text))
}

/// What is written whole before it is sent.
#[derive(Clone, Copy, Debug)]
pub struct Text;

impl Predicate for Text {
    fn should_compress<B: http_body::Body>(&self, response: &axum::http::Response<B>) -> bool {
        let download = response.headers().contains_key(CONTENT_DISPOSITION);
        let kind = response.headers().get(CONTENT_TYPE).map_or(&b""[..], |kind| kind.as_bytes());
        let text = [&b"text/html"[..], b"application/json", b"application/problem+json"];
        !download && text.iter().any(|text| kind.starts_with(text))
    }
}
