//! Server functions of the roles that groups of the sign-in provider give.

use domain::member::Role;
use leptos::prelude::*;

use crate::error::Answer;
#[cfg(feature = "ssr")]
use crate::error::Typed as _;
#[cfg(feature = "ssr")]
use crate::routes::SettingsPage;
#[cfg(feature = "ssr")]
use crate::server::scope;
#[cfg(feature = "ssr")]
use domain::permission::MemberWrite;
#[cfg(feature = "ssr")]
use service::provider_roles;

/// Another role in place of what the group gave.
#[server(name = GiveProviderRole, prefix = "/fn", endpoint = "give_provider_role")]
pub async fn give_provider_role(organization: String, group: String, role: Role) -> Answer<()> {
    let cx = scope(&organization).await?.admit::<MemberWrite>()?;
    provider_roles::set(&cx, &group, role).await.typed(&[("group", &group), ("role", role.as_str())])?;
    leptos_axum::redirect(&SettingsPage::SignIn.href(&organization));
    Ok(())
}

#[server(name = TakeProviderRole, prefix = "/fn", endpoint = "take_provider_role")]
pub async fn take_provider_role(organization: String, group: String) -> Answer<()> {
    let cx = scope(&organization).await?.admit::<MemberWrite>()?;
    provider_roles::remove(&cx, &group).await?;
    leptos_axum::redirect(&SettingsPage::SignIn.href(&organization));
    Ok(())
}
