//! Server function of how an organization shows itself.

#[cfg(feature = "ssr")]
use domain::branding::Branding;
#[cfg(feature = "ssr")]
use domain::permission::SettingsWrite;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use service::settings;

use crate::error::Answer;
use crate::page::Done;
#[cfg(feature = "ssr")]
use crate::routes::SettingsPage;
#[cfg(feature = "ssr")]
use crate::server::scope;
#[cfg(feature = "ssr")]
use crate::stale::{Kind, Sent};

/// `seen`: the fields that the form was made from ([`crate::stale`]).
#[server(name = SaveBranding, prefix = "/fn", endpoint = "save_branding")]
pub async fn save_branding(
    organization: String,
    #[server(default)] seen: String,
    #[server(default)] display_name: String,
    #[server(default)] logo_text: String,
    #[server(default)] accent: String,
) -> Answer<Done> {
    let cx = scope(&organization).await?.admit::<SettingsWrite>()?;
    let mut sent = Sent::of(&seen, Branding { display_name, logo_text, accent });
    let saved = settings::set_branding_with(&cx, |now| sent.onto(now)).await;
    let done = sent.answer(&cx, &BRANDING, cx.actor().organization.0, saved, "Branding saved").await?;
    leptos_axum::redirect(&SettingsPage::Branding.href(&organization));
    Ok(done)
}

#[cfg(feature = "ssr")]
pub const BRANDING: Kind<'_> = Kind {
    name: "branding",
    fields: &[
        ("display_name", "Name shown"),
        ("logo_text", "Letters of the mark"),
        ("accent", "Colour of the mark"),
    ],
};
