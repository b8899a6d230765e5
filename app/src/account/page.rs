//! The page and its parts in their order.

use domain::permission::AccountRead;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use service::{auth, invitations as invited};
use ui::{PageHead, Section, ThemeToggle};

use super::{api, devices, invitations, password, profile};
use crate::error::Answer;
use crate::page::Page;
use crate::server;
use crate::shell::SetTheme;

pub async fn page() -> Answer<Page> {
    let own = server::own().await?;
    let cx = own.admit::<AccountRead>()?;
    let invitations = invitations::section(invited::received(&cx).await?);
    let found = auth::devices(&cx).await?;
    let devices = devices::section(found.into_iter().map(|device| api::row(&own, device)).collect());
    let profile = profile::section(&own);
    let theme = server::cookie("theme").unwrap_or_default();
    let body = view! {
        <PageHead title="Account" />
        <div class="page page-narrow stack">
            {invitations}
            {profile}
            {password::section()}
            <Section title="Colour scheme" hint="Kept in this browser.">
                <ThemeToggle action=SetTheme::PATH theme=theme label="Colour scheme of this browser" />
            </Section>
            {devices}
        </div>
    };
    Ok(Page::of("Account", body))
}
