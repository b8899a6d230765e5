//! Server functions of the general settings. `seen` of each: the fields that the form was made from ([`crate::stale`]).

use leptos::prelude::*;
#[cfg(feature = "ssr")]
use serde::{Deserialize, Serialize};

use crate::error::Answer;
use crate::page::Done;
#[cfg(feature = "ssr")]
use crate::server::scope;
#[cfg(feature = "ssr")]
use crate::stale::{Kind, Sent};

#[cfg(feature = "ssr")]
use domain::organization::Organization;
#[cfg(feature = "ssr")]
use domain::permission::SettingsWrite;
#[cfg(feature = "ssr")]
use serde_json::{Value, json};
#[cfg(feature = "ssr")]
use service::organizations::{self, About};
#[cfg(feature = "ssr")]
use service::settings::{General, RateLimits, set_with};

/// What is changed of an organization.
#[cfg(feature = "ssr")]
#[derive(Serialize, Deserialize)]
pub struct OrganizationForm {
    pub name: String,
    pub description: String,
    pub contact_email: String,
}

#[cfg(feature = "ssr")]
pub const ORGANIZATION: Kind<'_> = Kind {
    name: "organization",
    fields: &[("name", "Name"), ("description", "Description"), ("contact_email", "Contact")],
};

#[server(name = SaveOrganization, prefix = "/fn", endpoint = "save_organization")]
pub async fn save_organization(
    organization: String,
    #[server(default)] seen: String,
    name: String,
    description: String,
    contact_email: String,
) -> Answer<Done> {
    let cx = scope(&organization).await?.admit::<SettingsWrite>()?;
    let mut sent = Sent::of(&seen, OrganizationForm { name, description, contact_email });
    let merged = |now: &Organization| Ok(about(sent.onto(&organization_form(now))?));
    let saved = organizations::update_with(&cx, merged).await;
    sent.answer(&cx, &ORGANIZATION, cx.actor().organization.0, saved, "Organization saved").await
}

#[cfg(feature = "ssr")]
pub fn organization_form(now: &Organization) -> OrganizationForm {
    OrganizationForm {
        name: now.name.clone(),
        description: now.description.clone().unwrap_or_default(),
        contact_email: now.contact_email.clone().unwrap_or_default(),
    }
}

#[cfg(feature = "ssr")]
fn about(form: OrganizationForm) -> About {
    let OrganizationForm { name, description, contact_email } = form;
    About { name, description: Some(description), contact_email: Some(contact_email) }
}

#[cfg(feature = "ssr")]
#[derive(Serialize, Deserialize)]
pub struct TimeForm {
    pub time_zone: String,
}

#[cfg(feature = "ssr")]
pub const TIME: Kind<'_> = Kind { name: "general", fields: &[("time_zone", "Time zone of reports")] };

#[server(name = SaveTimeZone, prefix = "/fn", endpoint = "save_time_zone")]
pub async fn save_time_zone(
    organization: String,
    #[server(default)] seen: String,
    time_zone: String,
) -> Answer<Done> {
    let cx = scope(&organization).await?.admit::<SettingsWrite>()?;
    let mut sent = Sent::of(&seen, TimeForm { time_zone });
    let merged = |now: &Value| Ok(json!({ "time_zone": sent.onto(&time_form(now))?.time_zone }));
    let saved = set_with(&cx, General::KEY, merged).await;
    sent.answer(&cx, &TIME, cx.actor().organization.0, saved, "Time zone saved").await
}

#[cfg(feature = "ssr")]
pub fn time_form(now: &Value) -> TimeForm {
    TimeForm { time_zone: now["time_zone"].as_str().unwrap_or("UTC").to_owned() }
}

/// Nothing where none is chosen.
#[cfg(feature = "ssr")]
#[derive(Serialize, Deserialize)]
pub struct RatesForm {
    pub requests_per_minute: String,
    pub events_per_second: String,
}

#[cfg(feature = "ssr")]
pub const RATES: Kind<'_> = Kind {
    name: "rate_limits",
    fields: &[("requests_per_minute", "Requests a minute"), ("events_per_second", "Events a second")],
};

#[server(name = SaveRateLimits, prefix = "/fn", endpoint = "save_rate_limits")]
pub async fn save_rate_limits(
    organization: String,
    #[server(default)] seen: String,
    requests_per_minute: String,
    events_per_second: String,
) -> Answer<Done> {
    let cx = scope(&organization).await?.admit::<SettingsWrite>()?;
    let mut sent = Sent::of(&seen, RatesForm { requests_per_minute, events_per_second });
    let merged = |now: &Value| Ok(rates(&sent.onto(&rates_form(now))?));
    let saved = set_with(&cx, RateLimits::KEY, merged).await;
    sent.answer(&cx, &RATES, cx.actor().organization.0, saved, "Rate limits saved").await
}

#[cfg(feature = "ssr")]
pub fn rates_form(now: &Value) -> RatesForm {
    let text = |name: &str| now[name].as_i64().map(|n| n.to_string()).unwrap_or_default();
    RatesForm {
        requests_per_minute: text("requests_per_minute"),
        events_per_second: text("events_per_second"),
    }
}

#[cfg(feature = "ssr")]
fn rates(form: &RatesForm) -> Value {
    json!({
        "requests_per_minute": number(&form.requests_per_minute),
        "events_per_second": number(&form.events_per_second),
    })
}

/// What is not a number goes on as text, so that the service says what is wrong with it.
#[cfg(feature = "ssr")]
fn number(text: &str) -> Value {
    match text.trim() {
        "" => Value::Null,
        text => text.parse::<i64>().map_or_else(|_| text.into(), Into::into),
    }
}
