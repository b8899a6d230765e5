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
        crate::server::own().await?.admit()
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
