//! Server functions of the sessions' page.

use domain::{UserId, UserSessionId};
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use serde::{Deserialize, Serialize};

use crate::error::Answer;
use crate::page::Done;
#[cfg(feature = "ssr")]
use crate::routes;
#[cfg(feature = "ssr")]
use crate::routes::SettingsPage;
#[cfg(feature = "ssr")]
use crate::stale::{Kind, Sent};
#[cfg(feature = "ssr")]
use domain::permission::{SessionWrite, SettingsWrite};

/// `organization`: a slug, or empty for the platform.
#[server(name = RevokeSession, prefix = "/fn", endpoint = "revoke_session")]
pub async fn revoke_session(#[server(default)] organization: String, id: UserSessionId) -> Answer<()> {
    service::sessions::revoke(&context(&organization).await?, id).await?;
    leptos_axum::redirect(&back(&organization));
    Ok(())
}

/// Whether who enters the organization must have a second factor. `seen`: what the form was made from ([`crate::stale`]).
#[server(name = RequireFactor, prefix = "/fn", endpoint = "set_require_factor")]
pub async fn set_require_factor(
    organization: String,
    #[server(default)] seen: String,
    required: bool,
) -> Answer<Done> {
    use service::settings::{Security, set_with};
    let cx = crate::server::scope(&organization).await?.admit::<SettingsWrite>()?;
    let mut sent = Sent::of(&seen, FactorForm::of(required));
    let merged = |now: &serde_json::Value| {
        let form = sent.onto(&FactorForm::of(now["second_factor"] == true))?;
        Ok(serde_json::json!({ "second_factor": form.required == "true" }))
    };
    let saved = set_with(&cx, Security::KEY, merged).await;
    sent.answer(&cx, &FACTOR, cx.actor().organization.0, saved, "Saved").await
}

/// "true" or "false".
#[cfg(feature = "ssr")]
#[derive(Serialize, Deserialize)]
pub struct FactorForm {
    pub required: String,
}

#[cfg(feature = "ssr")]
impl FactorForm {
    pub fn of(required: bool) -> Self {
        Self { required: required.to_string() }
    }
}

#[cfg(feature = "ssr")]
pub const FACTOR: Kind<'_> = Kind { name: "security", fields: &[("required", "Second factor asked for")] };

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
