//! Server functions of the sessions' page.

use domain::{UserId, UserSessionId};
use leptos::prelude::*;

use crate::error::Answer;
#[cfg(feature = "ssr")]
use crate::routes;
#[cfg(feature = "ssr")]
use crate::routes::SettingsPage;
#[cfg(feature = "ssr")]
use domain::permission::SessionWrite;

/// `organization`: a slug, or empty for the platform.
#[server(name = RevokeSession, prefix = "/fn", endpoint = "revoke_session")]
pub async fn revoke_session(#[server(default)] organization: String, id: UserSessionId) -> Answer<()> {
    service::sessions::revoke(&context(&organization).await?, id).await?;
    leptos_axum::redirect(&back(&organization));
    Ok(())
}

/// Whether who enters the organization must have a second factor.
#[server(name = RequireFactor, prefix = "/fn", endpoint = "set_require_factor")]
pub async fn set_require_factor(organization: String, required: bool) -> Answer<()> {
    let cx = crate::server::scope(&organization).await?.admit::<domain::permission::SettingsWrite>()?;
    let value = serde_json::json!({ "second_factor": required });
    service::settings::set(&cx, service::settings::Security::KEY, value).await?;
    Ok(())
}

/// Every session of a person.
#[server(name = RevokeSessions, prefix = "/fn", endpoint = "revoke_sessions")]
pub async fn revoke_sessions(#[server(default)] organization: String, person: UserId) -> Answer<()> {
    service::sessions::revoke_all(&context(&organization).await?, person).await?;
    leptos_axum::redirect(&back(&organization));
    Ok(())
}

#[cfg(feature = "ssr")]
async fn context(organization: &str) -> Answer<service::Cx<SessionWrite>> {
    if organization.is_empty() {
        crate::server::own_of_platform().await?.admit()
    } else {
        crate::server::scope(organization).await?.admit()
    }
}

#[cfg(feature = "ssr")]
fn back(organization: &str) -> String {
    if organization.is_empty() {
        routes::ALL_SESSIONS.to_owned()
    } else {
        SettingsPage::Sessions.href(organization)
    }
}
