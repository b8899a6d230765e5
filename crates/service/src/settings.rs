//! Settings of an organization: one JSON object a key, with known keys only.
//!
//! | key | fields (all optional on the way in, all present on the way out) |
//! |---|---|
//! | `general` | `time_zone` an IANA name (default `UTC`) |
//! | `rate_limits` | `requests_per_minute` of each key and `events_per_second` of all of them, 1 to 1,000,000 or null: the server's own limits alone (default null) |
//! | `security` | `second_factor` whether who enters must have one (default `false`) |
//! | `cases` | `four_eyes` whether a second person closes cases (default false) |
//! | `branding` | `display_name`, `logo_text`, `accent`: see `domain::branding` |

use domain::Invalid;
use domain::audit::{Action, AuditEntry};
use domain::branding::Branding;
use domain::invalid::Problems;
use domain::permission::{OrganizationEnter, SettingsRead, SettingsWrite};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::Scoped;

use crate::auth::is_time_zone;
use crate::{Cx, Error, Result};

pub const KEYS: [&str; 5] = [General::KEY, RateLimits::KEY, Security::KEY, Cases::KEY, Branding::KEY];

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Security {
    /// Who enters must have a second factor.
    pub second_factor: bool,
}

impl Security {
    pub const KEY: &str = "security";
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct General {
    /// For the organization's reports; people have their own.
    pub time_zone: String,
}

/// What an organization asks for beside the server's own limits; nothing where it did not choose.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateLimits {
    /// Of one API key.
    pub requests_per_minute: Option<i64>,
    /// Of the organization.
    pub events_per_second: Option<i64>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cases {
    /// Who wants to resolve a case asks; somebody else answers.
    pub four_eyes: bool,
}

/// The value of a key in a transaction of the service's own.
pub(crate) async fn of<T: serde::de::DeserializeOwned>(tx: &mut impl Scoped, key: &str) -> Result<T> {
    read(present(tx, key).await?)
}

/// The value of a key, with defaults where nothing was set.
pub async fn get(cx: &Cx<SettingsRead>, key: &str) -> Result<Value> {
    let mut tx = cx.read().await?;
    present(&mut tx, key).await
}

/// Replaces the value of a key.
pub async fn set(cx: &Cx<SettingsWrite>, key: &str, value: Value) -> Result<Value> {
    set_with(cx, key, |_| Ok(value)).await
}

/// [`set`], to what `value` makes of what is stored, with its defaults: nobody changes it in between.
pub async fn set_with(
    cx: &Cx<SettingsWrite>,
    key: &str,
    value: impl FnOnce(&Value) -> Result<Value>,
) -> Result<Value> {
    let mut tx = cx.write().await?;
    store::organization::lock(&mut tx).await?;
    let old = present(&mut tx, key).await?;
    let value = checked(key, value(&old)?)?;
    let now = tx.now();
    store::setting::set(&mut tx, key, &value, now).await?;
    let entry =
        AuditEntry::new(Action::SETTINGS_UPDATED, "setting", key).change(Some(old), Some(value.clone()));
    tx.commit(entry).await?;
    Ok(value)
}

/// How the organization shows itself to whoever enters it.
pub async fn branding(cx: &Cx<OrganizationEnter>) -> Result<Branding> {
    of(&mut cx.read().await?, Branding::KEY).await
}

/// Replaces it.
pub async fn set_branding(cx: &Cx<SettingsWrite>, branding: Branding) -> Result<Branding> {
    set_branding_with(cx, |_| Ok(branding)).await
}

/// [`set_with`] of it.
pub async fn set_branding_with(
    cx: &Cx<SettingsWrite>,
    branding: impl FnOnce(&Branding) -> Result<Branding>,
) -> Result<Branding> {
    let value = |now: &Value| write(&branding(&read(now.clone())?)?);
    read(set_with(cx, Branding::KEY, value).await?)
}

impl General {
    pub const KEY: &str = "general";
}

impl Default for General {
    fn default() -> Self {
        Self { time_zone: "UTC".to_owned() }
    }
}

impl Cases {
    pub const KEY: &str = "cases";
}

impl RateLimits {
    pub const KEY: &str = "rate_limits";
}

async fn present(tx: &mut impl Scoped, key: &str) -> Result<Value> {
    let stored = store::setting::get(tx, key).await?;
    checked(key, stored.unwrap_or_else(|| Value::Object(serde_json::Map::new())))
}

/// The value with its defaults, when it keeps the rules of its key.
fn checked(key: &str, value: Value) -> Result<Value> {
    match key {
        General::KEY => {
            let general: General = read(value)?;
            let mut p = Problems::default();
            p.require(
                is_time_zone(&general.time_zone),
                "time_zone",
                "choose a time zone of the IANA list, such as Europe/Berlin",
            );
            p.done()?;
            write(&general)
        }
        RateLimits::KEY => {
            let limits: RateLimits = read(value)?;
            let mut p = Problems::default();
            let range = 1..=1_000_000;
            p.require(
                limits.requests_per_minute.is_none_or(|n| range.contains(&n)),
                "requests_per_minute",
                "between 1 and 1,000,000",
            );
            p.require(
                limits.events_per_second.is_none_or(|n| range.contains(&n)),
                "events_per_second",
                "between 1 and 1,000,000",
            );
            p.done()?;
            write(&limits)
        }
        Security::KEY => write(&read::<Security>(value)?),
        Cases::KEY => write(&read::<Cases>(value)?),
        Branding::KEY => {
            let branding = read::<Branding>(value)?.tidy();
            branding.check()?;
            write(&branding)
        }
        _ => Err(Invalid::field(
            "key",
            "unknown setting; use general, rate_limits, security, cases or branding",
        )
        .into()),
    }
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T> {
    if !value.is_object() {
        return Err(Invalid::field("value", "give a JSON object").into());
    }
    serde_json::from_value(value).map_err(|error| Invalid::field("value", error.to_string()).into())
}

fn write(value: &impl Serialize) -> Result<Value> {
    serde_json::to_value(value)
        .map_err(|error| Error::Internal(format!("a setting cannot be written: {error}")))
}
