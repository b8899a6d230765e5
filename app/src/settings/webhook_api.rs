//! Server functions of webhooks: scope, one service call, back to the page.

use domain::{WebhookDeliveryId, WebhookId};
use leptos::prelude::*;

use crate::error::Answer;
#[cfg(feature = "ssr")]
use crate::error::Typed as _;
#[cfg(feature = "ssr")]
use crate::page::LoadPage;
#[cfg(feature = "ssr")]
use crate::routes::{self, SettingsPage};
#[cfg(feature = "ssr")]
use crate::server::{self, scope};
#[cfg(feature = "ssr")]
use domain::permission::SettingsWrite;
#[cfg(feature = "ssr")]
use domain::webhook::NewWebhook;
#[cfg(feature = "ssr")]
use leptos::server_fn::ServerFn as _;
#[cfg(feature = "ssr")]
use service::webhooks;

/// Leads to its page, which tells its secret once.
#[server(name = AddWebhook, prefix = "/fn", endpoint = "add_webhook")]
pub async fn add_webhook(
    organization: String,
    name: String,
    url: String,
    #[server(default)] kinds: Vec<String>,
) -> Answer<()> {
    let cx = scope(&organization).await?.admit::<SettingsWrite>()?;
    let all = kinds.join(" ");
    let typed = [("name", name.as_str()), ("url", url.as_str()), ("kinds", all.as_str())];
    let new = NewWebhook { name: name.clone(), url: url.clone(), kinds, enabled: true };
    let (made, secret) = webhooks::create(&cx, new).await.typed(&typed)?;
    tell_secret(&organization, made.id, &secret);
    leptos_axum::redirect(&routes::webhook(&organization, made.id));
    Ok(())
}

/// `seen`: the version that was changed, microseconds since 1970.
#[server(name = ChangeWebhook, prefix = "/fn", endpoint = "change_webhook")]
pub async fn change_webhook(
    organization: String,
    id: WebhookId,
    version: String,
    name: String,
    url: String,
    #[server(default)] kinds: Vec<String>,
    #[server(default)] enabled: bool,
) -> Answer<()> {
    let cx = scope(&organization).await?.admit::<SettingsWrite>()?;
    let (all, on) = (kinds.join(" "), enabled.to_string());
    let typed = [("name", name.as_str()), ("url", &url), ("kinds", &all), ("enabled", &on)];
    let seen = version.parse().ok().and_then(domain::Timestamp::from_micros);
    let seen = seen.ok_or_else(server::not_found)?;
    let new = NewWebhook { name: name.clone(), url: url.clone(), kinds, enabled };
    webhooks::update_seen(&cx, id, seen, new).await.typed(&typed)?;
    leptos_axum::redirect(&routes::webhook(&organization, id));
    Ok(())
}

#[server(name = DeleteWebhook, prefix = "/fn", endpoint = "delete_webhook")]
pub async fn delete_webhook(organization: String, id: WebhookId) -> Answer<()> {
    let cx = scope(&organization).await?.admit::<SettingsWrite>()?;
    webhooks::delete(&cx, id).await?;
    leptos_axum::redirect(&SettingsPage::Webhooks.href(&organization));
    Ok(())
}

/// The page tells the new secret, once.
#[server(name = ChangeWebhookSecret, prefix = "/fn", endpoint = "change_webhook_secret")]
pub async fn change_webhook_secret(organization: String, id: WebhookId) -> Answer<()> {
    let cx = scope(&organization).await?.admit::<SettingsWrite>()?;
    let secret = webhooks::rotate(&cx, id).await?;
    tell_secret(&organization, id, &secret);
    leptos_axum::redirect(&routes::webhook(&organization, id));
    Ok(())
}

#[server(name = TestWebhook, prefix = "/fn", endpoint = "test_webhook")]
pub async fn test_webhook(organization: String, id: WebhookId) -> Answer<()> {
    let cx = scope(&organization).await?.admit::<SettingsWrite>()?;
    webhooks::ping(&cx, id).await?;
    leptos_axum::redirect(&routes::webhook(&organization, id));
    Ok(())
}

#[server(name = Redeliver, prefix = "/fn", endpoint = "redeliver_webhook")]
pub async fn redeliver_webhook(
    organization: String,
    id: WebhookId,
    delivery: WebhookDeliveryId,
) -> Answer<()> {
    let cx = scope(&organization).await?.admit::<SettingsWrite>()?;
    webhooks::redeliver(&cx, id, delivery).await?;
    leptos_axum::redirect(&routes::webhook(&organization, id));
    Ok(())
}

/// The secret travels to the page that is printed next in a cookie, for a minute, as that of an API key does.
#[cfg(feature = "ssr")]
fn tell_secret(slug: &str, id: WebhookId, secret: &str) {
    let path = printed_at(slug, id, server::is_plain_form());
    server::set_cookie(&made(id), secret, &cookie(&path, 60));
}

#[cfg(feature = "ssr")]
pub fn take_secret(slug: &str, id: WebhookId) -> Option<String> {
    let secret = server::cookie(&made(id)).filter(|secret| !secret.is_empty())?;
    server::set_cookie(&made(id), "", &cookie(&printed_at(slug, id, server::is_page()), 0));
    Some(secret)
}

#[cfg(feature = "ssr")]
fn made(id: WebhookId) -> String {
    format!("made_webhook_secret_{}", id.0.simple())
}

#[cfg(feature = "ssr")]
fn printed_at(slug: &str, id: WebhookId, whole: bool) -> String {
    if whole { routes::webhook(slug, id) } else { LoadPage::PATH.to_owned() }
}

#[cfg(feature = "ssr")]
fn cookie(path: &str, seconds: u32) -> String {
    let secure = if server::came_by_https() { "; Secure" } else { "" };
    format!("Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}
