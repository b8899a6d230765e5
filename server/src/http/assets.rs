//! The site's files: embedded in the binary of a release build, read from `target/site` by a debug build and from the folder
//! that `cargo leptos watch` keeps while it runs.
//!
//! Names under `/pkg` carry a hash of their content and are cached for ever; everything else is revalidated by ETag.
//! `NAME.br` and `NAME.gz` beside a file are sent to browsers that accept them.

use std::borrow::Cow;
use std::path::PathBuf;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue,
    IF_NONE_MATCH, VARY,
};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::problem::Problem;
use crate::state::AppState;

#[derive(RustEmbed)]
#[folder = "../target/site"]
struct Site;

/// Where the site's files are, and what its entry points are called.
#[derive(Clone, Debug)]
pub struct Assets {
    folder: Option<PathBuf>,
    pub names: Names,
}

/// `manifest.json` of the build: paths from the root, e.g. `/pkg/watchroom-1a2b3c.js`.
#[derive(Clone, Debug, Deserialize)]
pub struct Names {
    pub js: String,
    pub wasm: String,
    pub css: String,
    /// Absent in a build without charts.
    #[serde(default)]
    pub echarts: String,
    /// Puts printed pages in their place.
    #[serde(default)]
    pub page: String,
    /// Forms on the page of the API's documents.
    #[serde(default)]
    pub tryout: String,
    /// Fonts that every page needs.
    #[serde(default)]
    pub fonts: Vec<String>,
}

struct Found {
    bytes: Cow<'static, [u8]>,
    encoding: Option<&'static str>,
}

impl Assets {
    /// The site of the build, or the folder of `cargo leptos watch` (it sets `LEPTOS_WATCH` and `LEPTOS_SITE_ROOT`).
    pub fn find() -> Self {
        let folder = std::env::var_os("LEPTOS_WATCH").is_some().then(|| {
            std::env::var_os("LEPTOS_SITE_ROOT").map_or_else(|| PathBuf::from("target/site"), PathBuf::from)
        });
        let plain = Names {
            js: "/pkg/watchroom.js".to_owned(),
            wasm: "/pkg/watchroom.wasm".to_owned(),
            css: "/pkg/watchroom.css".to_owned(),
            echarts: "/vendor/echarts.min.js".to_owned(),
            page: "/vendor/page.min.js".to_owned(),
            tryout: "/vendor/tryout.min.js".to_owned(),
            fonts: Vec::new(),
        };
        let mut assets = Self { folder, names: plain };
        if assets.folder.is_none()
            && let Some(manifest) = assets.read("manifest.json")
        {
            match serde_json::from_slice::<Names>(&manifest) {
                Ok(names) => assets.names = names.rooted(),
                Err(error) => tracing::error!(%error, "the site's manifest.json is not understood"),
            }
        }
        assets
    }

    pub fn is_watched(&self) -> bool {
        self.folder.is_some()
    }

    fn read(&self, path: &str) -> Option<Cow<'static, [u8]>> {
        match &self.folder {
            Some(folder) => std::fs::read(folder.join(path)).ok().map(Cow::Owned),
            None => Site::get(path).map(|file| file.data),
        }
    }

    fn negotiate(&self, path: &str, headers: &HeaderMap) -> Option<Found> {
        for (encoding, suffix) in [("br", ".br"), ("gzip", ".gz")] {
            if accepts(headers, encoding)
                && let Some(bytes) = self.read(&format!("{path}{suffix}"))
            {
                return Some(Found { bytes, encoding: Some(encoding) });
            }
        }
        self.read(path).map(|bytes| Found { bytes, encoding: None })
    }

    /// Answers `path` (no leading slash) when it is a file of the site.
    pub fn answer(&self, path: &str, request: &Request) -> Option<Response> {
        if !is_plain(path) || !matches!(*request.method(), Method::GET | Method::HEAD) {
            return None;
        }
        let found = self.negotiate(path, request.headers())?;
        let forever = path.starts_with("pkg/") && !self.is_watched() && is_hashed(path);
        let tag = format!("\"{}\"", &domain::audit::hex(&Sha256::digest(&found.bytes))[..32]);
        let mut headers = HeaderMap::new();
        let mut set = |name: HeaderName, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        };
        let kind = mime_guess::from_path(path).first_or_octet_stream();
        let text = kind.type_() == "text" || matches!(kind.subtype().as_str(), "javascript" | "json");
        set(CONTENT_TYPE, &if text { format!("{kind}; charset=utf-8") } else { kind.to_string() });
        set(CACHE_CONTROL, if forever { "public, max-age=31536000, immutable" } else { "no-cache" });
        set(ETAG, &tag);
        set(VARY, "accept-encoding");
        if let Some(encoding) = found.encoding {
            set(CONTENT_ENCODING, encoding);
        }
        let known = request.headers().get_all(IF_NONE_MATCH).iter().filter_map(|v| v.to_str().ok());
        if known.flat_map(|v| v.split(',')).any(|t| t.trim().trim_start_matches("W/") == tag) {
            return Some((StatusCode::NOT_MODIFIED, headers).into_response());
        }
        let body = match found.bytes {
            Cow::Borrowed(bytes) => Body::from(bytes),
            Cow::Owned(bytes) => Body::from(bytes),
        };
        Some((headers, body).into_response())
    }
}

impl Names {
    fn rooted(self) -> Self {
        let rooted = |p: String| match p.as_str() {
            "" => p,
            full if full.starts_with('/') => full.to_owned(),
            short if short.contains('/') => format!("/{short}"),
            bare => format!("/pkg/{bare}"),
        };
        Self {
            js: rooted(self.js),
            wasm: rooted(self.wasm),
            css: rooted(self.css),
            echarts: rooted(self.echarts),
            page: rooted(self.page),
            tryout: rooted(self.tryout),
            fonts: self.fonts.into_iter().map(rooted).collect(),
        }
    }
}

/// `GET /pkg/…`: nothing else lives there, so a miss is 404 without a page.
pub async fn pkg(State(state): State<AppState>, Path(name): Path<String>, request: Request) -> Response {
    state
        .assets
        .answer(&format!("pkg/{name}"), &request)
        .unwrap_or_else(|| Problem::not_found().into_response())
}

/// No way out of the folder, no hidden files, no compressed twins by name.
fn is_plain(path: &str) -> bool {
    !path.is_empty()
        && path.split('/').all(|part| !part.is_empty() && !part.starts_with('.'))
        && !path.contains(['\\', '\0', '%', ':'])
        && ![".br", ".gz"].iter().any(|s| path.ends_with(s))
        && path != "manifest.json"
}

/// `watchroom-1a2b3c4d.js`: the last part before the first dot of the file name has eight or more letters and digits with a digit among them.
fn is_hashed(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split('.').any(|stem| {
        let tail = stem.rsplit(['-', '_']).next().unwrap_or(stem);
        tail.len() >= 8
            && tail.bytes().all(|b| b.is_ascii_alphanumeric())
            && tail.bytes().any(|b| b.is_ascii_digit())
    })
}

fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    headers.get_all(ACCEPT_ENCODING).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(',')).any(
        |part| {
            let mut words = part.split(';');
            let name = words.next().unwrap_or_default().trim();
            let refused = words.any(|w| {
                matches!(w.trim().replace(' ', "").as_str(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
            });
            name.eq_ignore_ascii_case(encoding) && !refused
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_inside_the_site() {
        assert!(is_plain("pkg/watchroom.js") && is_plain("favicon.svg"));
        for bad in [
            "",
            "../secret.key",
            "pkg/../../x",
            ".env",
            "pkg//x",
            "a\\b",
            "pkg/x.js.br",
            "manifest.json",
            "c:/x",
        ] {
            assert!(!is_plain(bad), "{bad}");
        }
    }

    #[test]
    fn only_hashed_names_are_kept_for_ever() {
        assert!(
            is_hashed("pkg/watchroom-1a2b3c4d5e.js")
                && is_hashed("pkg/watchroom.1a2b3c4d5e.css")
                && is_hashed("pkg/watchroom_bg-0a1b2c3d.wasm")
        );
        assert!(!is_hashed("pkg/watchroom.js") && !is_hashed("pkg/watchroom_bg.wasm"));
    }

    #[test]
    fn an_encoding_is_used_only_when_accepted() {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, "gzip, br;q=0, zstd".parse().unwrap());
        assert!(accepts(&headers, "gzip") && !accepts(&headers, "br") && !accepts(&headers, "deflate"));
    }
}
