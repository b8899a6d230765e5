//! Server function of how an organization shows itself.

#[cfg(feature = "ssr")]
use domain::branding::Branding;
#[cfg(feature = "ssr")]
use domain::permission::SettingsWrite;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use service::settings;

use crate::error::Answer;
#[cfg(feature = "ssr")]
use crate::error::Typed as _;
#[cfg(feature = "ssr")]
use crate::routes::SettingsPage;
#[cfg(feature = "ssr")]
use crate::server::scope;

#[server(name = SaveBranding, prefix = "/fn", endpoint = "save_branding")]
pub async fn save_branding(
    organization: String,
    #[server(default)] display_name: String,
    #[server(default)] logo_text: String,
    #[server(default)] accent: String,
) -> Answer<()> {
    let cx = scope(&organization).await?.admit::<SettingsWrite>()?;
    let typed = [
        ("display_name", display_name.as_str()),
        ("logo_text", logo_text.as_str()),
        ("accent", accent.as_str()),
    ];
    let branding =
        Branding { display_name: display_name.clone(), logo_text: logo_text.clone(), accent: accent.clone() };
    settings::set_branding(&cx, branding).await.typed(&typed)?;
    leptos_axum::redirect(&SettingsPage::Branding.href(&organization));
    Ok(())
}
