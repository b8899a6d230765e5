//! Settings of an organization: general, retention, members, environments, API keys, and what the roles may do.

mod api;
#[cfg(feature = "ssr")]
pub mod api_keys;
#[cfg(feature = "ssr")]
pub mod branding;
mod branding_api;
mod case_api;
#[cfg(feature = "ssr")]
pub mod cases;
#[cfg(feature = "ssr")]
pub mod environments;
#[cfg(feature = "ssr")]
pub mod general;
mod general_api;
#[cfg(feature = "ssr")]
pub mod members;
#[cfg(feature = "ssr")]
pub mod permissions;
mod provider_api;
mod retention;
mod session_api;
#[cfg(feature = "ssr")]
pub mod sessions;
#[cfg(feature = "ssr")]
pub mod sign_in;
mod tag_api;
#[cfg(feature = "ssr")]
pub mod tags;
mod template_api;
#[cfg(feature = "ssr")]
mod templates;
mod webhook_api;
#[cfg(feature = "ssr")]
pub mod webhooks;

pub use api::EnvironmentForm;
#[cfg(feature = "ssr")]
pub use api::{ApiKeyRow, KeyState, api_key_row};
pub use branding_api::{SaveBranding, save_branding};
pub use case_api::{
    archive_case_field, change_case_field, define_case_field, move_case_field, set_case_rules,
};
pub use general_api::{
    SaveOrganization, SaveRateLimits, SaveTimeZone, save_organization, save_rate_limits, save_time_zone,
};
pub use provider_api::{GiveProviderRole, TakeProviderRole, give_provider_role, take_provider_role};
pub use retention::RetentionPage;
pub use session_api::{
    RequireFactor, RevokeSession, RevokeSessions, revoke_session, revoke_sessions, set_require_factor,
};
pub use tag_api::{AddTag, DeleteTag, MergeTag, RenameTag, add_tag, delete_tag, merge_tag, rename_tag};
pub use template_api::{archive_case_template, change_case_template, define_case_template};
pub use webhook_api::{
    AddWebhook, ChangeWebhook, ChangeWebhookSecret, DeleteWebhook, Redeliver, TestWebhook, add_webhook,
    change_webhook, change_webhook_secret, delete_webhook, redeliver_webhook, test_webhook,
};

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Outlet;
use leptos_router::hooks::use_location;
use ui::PageHead;

use crate::fetch::after;
use crate::routes::SettingsPage;
use crate::session::{Session, use_session};
use crate::shell::may_see;

/// The links between the pages, and the page.
#[component]
pub fn SettingsFrame() -> impl IntoView {
    let session = use_session();
    view! {
        <PageHead title="Settings" />
        <div class="settings">
            <nav aria-label="Settings">
                {after(session, |session| session.map_or_else(|_| ().into_any(), |session| links(&session)))}
            </nav>
            <div class="stack">
                <Outlet />
            </div>
        </div>
    }
    .into_any()
}

fn links(session: &Session) -> AnyView {
    let path = use_location().pathname;
    SettingsPage::ALL
        .into_iter()
        .filter(|page| may_see(session, *page))
        .map(|page| {
            let href = page.href(session.slug());
            let here = href.clone();
            let current = Signal::derive(move || path.with(|p| *p == here));
            let link = NodeRef::new();
            ui::keep_in_sight(link, current);
            view! {
                <a node_ref=link href=href aria-current=move || current.get().then_some("page")>
                    {page.label()}
                </a>
            }
        })
        .collect_view()
        .into_any()
}

/// The title in the browser's tab.
fn tab(page: SettingsPage) -> impl IntoView {
    view! { <Title text=page.title() /> }
}
