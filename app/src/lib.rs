//! Pages and server functions. `ssr` renders them on the server, `hydrate` brings them to life in the browser.
//!
//! **Never here**: SQL, transactions, permission checks of its own, an organization id that did not come from
//! [`server::scope`], filter state outside the URL, `now()` or anything random in a view.
//!
//! **To add an area**: a module of the noun's name (`api.rs` with server functions of at most five lines, its pages, its
//! parts), its addresses in [`routes`], its line in `shell::areas`, its `<Route>` below.

#![recursion_limit = "256"]

pub mod account;
mod ask;
pub mod audit;
pub mod cases;
mod columns;
#[cfg(feature = "ssr")]
mod complete;
#[cfg(feature = "ssr")]
mod difference;
#[cfg(feature = "ssr")]
pub mod document;
pub mod drift;
pub mod entry;
pub mod error;
pub mod events;
#[cfg(feature = "ssr")]
pub mod facets;
pub mod fetch;
pub mod form;
pub mod groups;
#[cfg(feature = "ssr")]
pub mod live;
#[cfg(feature = "ssr")]
mod merge;
pub mod oversight;
pub mod overview;
pub mod page;
#[cfg(feature = "ssr")]
mod plot;
mod printed;
mod query_bar;
pub mod routes;
pub mod send;
#[cfg(feature = "ssr")]
pub mod server;
pub mod session;
pub mod settings;
pub mod shell;
pub mod shown;
pub mod sources;
#[cfg(feature = "ssr")]
mod stale;
pub mod told;
pub mod uploads;
pub mod views;
pub mod when;

#[cfg(feature = "ssr")]
pub use document::{AssetPaths, document};
pub use error::{Answer, AppError};

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{ParentRoute, Route, Router, Routes};
use leptos_router::{SsrMode, path};
use ui::{Ready, ToastRegion, Toasts};

/// A page is sent once it is whole: it can be read without scripts, and its status says what became of it.
const WHOLE: SsrMode = SsrMode::Async;

/// The application: every page by its address.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    Toasts::provide();
    view! {
        <Title formatter=|text: String| ui::plain_text(if text.is_empty() { "Watchroom".to_owned() } else { format!("{text} · Watchroom") }) />
        <Router>
            <Routes fallback=shell::NotFoundPage>
                <Route path=path!("/") view=entry::HomePage ssr=WHOLE />
                <Route path=path!("/sign-in") view=entry::SignInPage ssr=WHOLE />
                <Route path=path!("/setup") view=entry::SetupPage ssr=WHOLE />
                <Route path=path!("/styleguide") view=StyleguidePage ssr=WHOLE />
                <ParentRoute path=path!("/account") view=shell::Frame ssr=WHOLE>
                    <Route path=path!("") view=page::PrintedPage ssr=WHOLE />
                </ParentRoute>
                <ParentRoute path=path!("/organizations") view=shell::Frame ssr=WHOLE>
                    <Route path=path!("") view=page::PrintedPage ssr=WHOLE />
                    <Route path=path!("sessions") view=page::PrintedPage ssr=WHOLE />
                </ParentRoute>
                <ParentRoute path=path!("/o/:organization") view=shell::Frame ssr=WHOLE>
                    <Route path=path!("") view=overview::OverviewPage ssr=WHOLE />
                    <Route path=path!("overview") view=overview::OverviewPage ssr=WHOLE />
                    <Route path=path!("events") view=events::EventsPage ssr=WHOLE />
                    <Route path=path!("events/:id") view=events::EventPage ssr=WHOLE />
                    <Route path=path!("groups") view=groups::GroupsPage ssr=WHOLE />
                    <Route path=path!("groups/:id") view=groups::GroupPage ssr=WHOLE />
                    <Route path=path!("cases") view=page::PrintedPage ssr=WHOLE />
                    <Route path=path!("cases/add") view=page::PrintedPage ssr=WHOLE />
                    <Route path=path!("cases/tasks") view=page::PrintedPage ssr=WHOLE />
                    <Route path=path!("cases/:id") view=page::PrintedPage ssr=WHOLE />
                    <Route path=path!("drift") view=page::PrintedPage ssr=WHOLE />
                    <Route path=path!("drift/analytics") view=page::PrintedPage ssr=WHOLE />
                    <Route path=path!("drift/rules") view=page::PrintedPage ssr=WHOLE />
                    <Route path=path!("drift/repositories") view=page::PrintedPage ssr=WHOLE />
                    <Route path=path!("drift/resources") view=page::PrintedPage ssr=WHOLE />
                    <Route path=path!("drift/resources/:id") view=page::PrintedPage ssr=WHOLE />
                    <Route path=path!("drift/ignores") view=page::PrintedPage ssr=WHOLE />
                    <Route path=path!("drift/models") view=page::PrintedPage ssr=WHOLE />
                    <Route path=path!("drift/:id") view=page::PrintedPage ssr=WHOLE />
                    <Route path=path!("sources") view=page::PrintedPage ssr=WHOLE />
                    <Route path=path!("uploads") view=page::PrintedPage ssr=WHOLE />
                    <Route path=path!("uploads/:id") view=uploads::UploadPage ssr=WHOLE />
                    <Route path=path!("audit") view=page::PrintedPage ssr=WHOLE />
                    <ParentRoute path=path!("settings") view=settings::SettingsFrame ssr=WHOLE>
                        <Route path=path!("") view=page::PrintedPage ssr=WHOLE />
                        <Route path=path!("general") view=page::PrintedPage ssr=WHOLE />
                        <Route path=path!("branding") view=page::PrintedPage ssr=WHOLE />
                        <Route path=path!("retention") view=settings::RetentionPage ssr=WHOLE />
                        <Route path=path!("members") view=page::PrintedPage ssr=WHOLE />
                        <Route path=path!("sign-in") view=page::PrintedPage ssr=WHOLE />
                        <Route path=path!("environments") view=page::PrintedPage ssr=WHOLE />
                        <Route path=path!("cases") view=page::PrintedPage ssr=WHOLE />
                        <Route path=path!("tags") view=page::PrintedPage ssr=WHOLE />
                        <Route path=path!("api-keys") view=page::PrintedPage ssr=WHOLE />
                        <Route path=path!("webhooks") view=page::PrintedPage ssr=WHOLE />
                        <Route path=path!("webhooks/:id") view=page::PrintedPage ssr=WHOLE />
                        <Route path=path!("sessions") view=page::PrintedPage ssr=WHOLE />
                        <Route path=path!("permissions") view=page::PrintedPage ssr=WHOLE />
                    </ParentRoute>
                    <Route path=path!("*any") view=shell::NotFound ssr=WHOLE />
                </ParentRoute>
            </Routes>
        </Router>
        <ToastRegion />
        <Ready />
    }
}

/// Every component of the design system, in debug builds.
#[component]
fn StyleguidePage() -> impl IntoView {
    #[cfg(debug_assertions)]
    return view! {
        <Title text="Style guide" />
        <ui::styleguide::Styleguide />
    }
    .into_any();
    #[cfg(not(debug_assertions))]
    return view! { <shell::NotFoundPage /> }.into_any();
}
