//! The rendered pages and server functions: what they get as context, and the page for everything that is not there.

use std::sync::{Arc, LazyLock};

use app::server::{Correlation, Origin};
use app::{AssetPaths, document};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{HOST, LOCATION};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use leptos::config::LeptosOptions;
use leptos::nonce::Nonce;
use leptos::prelude::{Owner, provide_context, use_context};
use leptos_axum::{AxumRouteListing, LeptosRoutes as _, generate_route_list, render_app_async_with_context};

use super::problem::Problem;
use crate::state::AppState;
use crate::web::client::Visitor;
use crate::web::headers;
use crate::web::observe::request_id;

/// Adds every page of the application and every server function.
pub fn mount(router: Router<AppState>, state: &AppState) -> Router<AppState> {
    router
        .leptos_routes_with_context(state, listing(), context(state.clone()), document)
        .layer(from_fn(owned))
}

/// Rendering a page can leave its owner on the thread. What is made next there would be a child of it and end with it, in the
/// middle of an answer.
async fn owned(request: Request, next: Next) -> Response {
    if let Some(left) = Owner::current() {
        left.unset();
    }
    next.run(request).await
}

/// The application's pages, found once a process: while Leptos walks the routes it keeps every resource of the process from
/// loading, so a page rendered meanwhile would wait for ever.
pub fn listing() -> Vec<AxumRouteListing> {
    static PAGES: LazyLock<Vec<AxumRouteListing>> = LazyLock::new(|| generate_route_list(app::App));
    PAGES.clone()
}

/// A file of the site by its plain name (icons), else the application's page for what is not there, 404.
pub async fn otherwise(State(state): State<AppState>, request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/').to_owned();
    if let Some(file) = state.assets.answer(&path, &request) {
        return file;
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::not_found().into_response();
    }
    if let Some(address) = without_slash(request.uri()) {
        return (StatusCode::PERMANENT_REDIRECT, [(LOCATION, address)]).into_response();
    }
    let mut response = render_app_async_with_context(context(state), document)(request).await.into_response();
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

/// The address of a page that was asked for with a slash at its end. Never another site's: `//site/` is none of ours.
fn without_slash(asked: &Uri) -> Option<String> {
    let path = asked.path().strip_suffix('/').filter(|path| !path.is_empty())?;
    let path = (!path.starts_with("//") && !path.ends_with('/')).then_some(path)?;
    Some(match asked.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    })
}

/// A page that leads elsewhere is a redirect for whoever asks; leptos_axum makes it one only for who accepts HTML. Server
/// functions keep theirs: the browser's half reads it.
pub async fn redirect(request: Request, next: Next) -> Response {
    let function = request.uri().path().starts_with("/fn/");
    let mut response = next.run(request).await;
    if !function && !response.status().is_redirection() && response.headers().contains_key(LOCATION) {
        *response.status_mut() = StatusCode::FOUND;
        response.headers_mut().remove("serverfnredirect");
    }
    response
}

/// As it is set, else as this request came.
fn origin(state: &AppState, parts: &Parts) -> String {
    let set = state.config.public_url.trim_end_matches('/');
    if !set.is_empty() {
        return set.to_owned();
    }
    let https = parts.extensions.get::<Visitor>().is_some_and(|visitor| visitor.https);
    let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    format!("{}://{host}", if https { "https" } else { "http" })
}

/// The same context for pages and server functions (`app::server` says what it counts on).
fn context(state: AppState) -> impl Fn() + Clone + Send + Sync + 'static {
    let names = &state.assets.names;
    let paths = AssetPaths {
        js: names.js.clone(),
        wasm: names.wasm.clone(),
        css: names.css.clone(),
        echarts: names.echarts.clone(),
        page: names.page.clone(),
        fonts: names.fonts.clone(),
    };
    let reload = state.assets.is_watched().then(|| state.options.clone());
    move || {
        provide_context(state.services.clone());
        provide_context(paths.clone());
        provide_context(Correlation(request_id()));
        if let Some(parts) = use_context::<Parts>() {
            provide_context(Origin(origin(&state, &parts)));
        }
        if let Some(options) = &reload {
            provide_context::<LeptosOptions>(options.clone());
        }
        // leptos_axum made a nonce of its own; the header's has to be the page's.
        if let Some(nonce) =
            use_context::<Parts>().and_then(|parts| parts.extensions.get::<headers::Nonce>().cloned())
        {
            provide_context(Nonce::from_value(Arc::clone(&nonce.0)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_at_the_end_leads_to_the_page_and_never_to_another_site() {
        let of = |text: &str| without_slash(&text.parse().unwrap());
        assert_eq!(of("/o/acme/").as_deref(), Some("/o/acme"));
        assert_eq!(of("/account/?a=1/").as_deref(), Some("/account?a=1/"));
        for none in ["/", "/o/acme", "//evil.example/", "/o//", "///"] {
            assert_eq!(of(none), None, "{none}");
        }
    }
}
