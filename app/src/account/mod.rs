//! `/account`: one's profile, password, theme and devices.

mod api;
mod devices;
mod invitations;
mod password;
mod profile;

pub use api::{
    AcceptInvitation, Account, ChangePassword, DeviceRow, ListDevices, ListInvitations, LoadAccount,
    RevokeDevice, SaveProfile, accept_invitation, change_password, list_devices, list_invitations,
    load_account, revoke_device, save_profile,
};

use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use leptos_meta::Title;
use ui::{PageHead, Section, ThemeToggle};

use crate::fetch::after;
use crate::session::use_session;
use crate::shell::SetTheme;

#[component]
pub fn AccountPage() -> impl IntoView {
    view! {
        <Title text="Account" />
        <PageHead title="Account" />
        <div class="page page-narrow stack">
            <invitations::Invitations />
            <profile::Profile />
            <password::Password />
            <Section title="Colour scheme" hint="Kept in this browser.">
                <Theme />
            </Section>
            <devices::Devices />
        </div>
    }
    .into_any()
}

#[component]
fn Theme() -> impl IntoView {
    after(use_session(), |session| {
        let theme = session.map(|s| s.theme).unwrap_or_default();
        view! { <ThemeToggle action=SetTheme::url() theme=theme label="Colour scheme of this browser" /> }
            .into_any()
    })
}
