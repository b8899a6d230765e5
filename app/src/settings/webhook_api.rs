//! Server functions of webhooks: scope, one service call, back to the page.

use domain::{WebhookDeliveryId, WebhookId};
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use serde::{Deserialize, Serialize};

use crate::error::Answer;
#[cfg(feature = "ssr")]
use crate::error::Typed as _;
use crate::page::Done;
#[cfg(feature = "ssr")]
use crate::page::LoadPage;
#[cfg(feature = "ssr")]
use crate::routes::{self, SettingsPage};
#[cfg(feature = "ssr")]
use crate::server::{self, scope};
#[cfg(feature = "ssr")]
use crate::stale::{Kind, Sent};
#[cfg(feature = "ssr")]
use domain::permission::SettingsWrite;
#[cfg(feature = "ssr")]
use domain::webhook::{NewWebhook, Webhook};
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

/// `seen`: the fields that the form was made from ([`crate::stale`]).
#[server(name = ChangeWebhook, prefix = "/fn", endpoint = "change_webhook")]
pub async fn change_webhook(
    organization: String,
    id: WebhookId,
    #[server(default)] seen: String,
    name: String,
    url: String,
    #[server(default)] kinds: Vec<String>,
    #[server(default)] enabled: bool,
) -> Answer<Done> {
    let cx = scope(&organization).await?.admit::<SettingsWrite>()?;
    let new = NewWebhook { name, url, kinds, enabled };
    let mut sent = Sent::of(&seen, WebhookForm::of(&new));
    // The address is written as the service writes it, where it is the one that was typed.
    let merged = |now: &Webhook, new: NewWebhook| {
        let form = sent.onto(&WebhookForm::stored(now))?;
        let url = if form.url == now.url { form.url } else { new.url };
        let kinds = form.kinds.split_whitespace().map(str::to_owned).collect();
        Ok(NewWebhook { name: form.name, url, kinds, enabled: form.enabled == "true" })
    };
    let saved = webhooks::update_with(&cx, id, new, merged).await;
    let done = sent.answer(&cx, &WEBHOOK, id.0, saved, "Webhook saved").await?;
    leptos_axum::redirect(&routes::webhook(&organization, id));
    Ok(done)
}

/// What is changed of a webhook.
#[cfg(feature = "ssr")]
#[derive(Serialize, Deserialize)]
pub struct WebhookForm {
    pub name: String,
    pub url: String,
    /// In the order of the alphabet, parted by blanks.
    pub kinds: String,
    /// "true" or "false".
    pub enabled: String,
}

#[cfg(feature = "ssr")]
impl WebhookForm {
    fn of(new: &NewWebhook) -> Self {
        let mut kinds = new.kinds.clone();
        kinds.sort();
        Self {
            name: new.name.clone(),
            url: new.url.clone(),
            kinds: kinds.join(" "),
            enabled: new.enabled.to_string(),
        }
    }
    pub fn stored(now: &Webhook) -> Self {
        let Webhook { name, url, kinds, enabled, .. } = now.clone();
        Self::of(&NewWebhook { name, url, kinds, enabled })
    }
    /// That of one that is not there yet.
    pub fn begun() -> Self {
        Self { name: String::new(), url: String::new(), kinds: "case".to_owned(), enabled: true.to_string() }
    }
}

#[cfg(feature = "ssr")]
pub const WEBHOOK: Kind<'_> = Kind {
    name: "webhook",
    fields: &[("name", "Name"), ("url", "Address"), ("kinds", "Told of"), ("enabled", "On")],
};

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
