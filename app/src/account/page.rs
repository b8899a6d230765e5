//! The page and its parts in their order.

use domain::permission::AccountRead;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use leptos_router::params::ParamsMap;
use service::{auth, invitations as invited};
use ui::{PageHead, Section, ThemeToggle};

use super::{api, devices, factor, identity, invitations, password, profile, start};
use crate::error::Answer;
use crate::page::Page;
use crate::routes;
use crate::server;
use crate::shell::SetTheme;

/// `query`: `needed` and `next` of who was led here by an organization that asks for a second factor.
pub async fn page(query: ParamsMap) -> Answer<Page> {
    let own = server::own().await?;
    let cx = own.admit::<AccountRead>()?;
    let invitations = invitations::section(invited::received(&cx).await?);
    let found = auth::devices(&cx).await?;
    let devices = devices::section(found.into_iter().map(|device| api::row(&own, device)).collect());
    let needed = query.get_str("needed") == Some(routes::NEEDED_FACTOR);
    let next = query.get_str("next").and_then(routes::local_path).unwrap_or(routes::HOME);
    let (linked, has_password) = auth::oidc::of_account(&cx).await?;
    let standing = auth::factor::standing(&cx).await?;
    let factor = factor::section(standing, needed.then(|| next.to_owned()), has_password);
    let linked = identity::section(&own, linked, has_password);
    let profile = profile::section(&own);
    let start = start::section(&own).await?;
    let theme = server::cookie("theme").unwrap_or_default();
    let body = view! {
        <PageHead title="Account" />
        <div class="page page-narrow stack">
            {invitations}
            {profile}
            {start}
            {has_password.then(password::section)}
            {linked}
            {factor}
            <Section title="Colour scheme" hint="Kept in this browser.">
                <ThemeToggle action=SetTheme::PATH theme=theme label="Colour scheme of this browser" />
            </Section>
            {devices}
        </div>
    };
    Ok(Page::of("Account", body))
}
