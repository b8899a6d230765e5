//! Server functions of one's own second factor.

#[cfg(feature = "ssr")]
use domain::permission::AccountWrite;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use leptos::server_fn::ServerFn as _;
#[cfg(feature = "ssr")]
use service::auth::factor;

use crate::error::Answer;
#[cfg(feature = "ssr")]
use crate::page::LoadPage;
#[cfg(feature = "ssr")]
use crate::routes;
#[cfg(feature = "ssr")]
use crate::server::{self, own};

#[server(name = StartFactor, prefix = "/fn", endpoint = "start_factor")]
pub async fn start_factor(#[server(default)] password: String) -> Answer<()> {
    Ok(factor::start(&own().await?.admit::<AccountWrite>()?, &password).await?)
}

/// The page tells the recovery codes, once.
#[server(name = ConfirmFactor, prefix = "/fn", endpoint = "confirm_factor")]
pub async fn confirm_factor(code: String) -> Answer<()> {
    let codes = factor::confirm(&own().await?.admit::<AccountWrite>()?, &code).await?;
    tell_once(&codes);
    Ok(())
}

/// Other recovery codes, told in the same way.
#[server(name = RenewCodes, prefix = "/fn", endpoint = "renew_codes")]
pub async fn renew_codes(code: String) -> Answer<()> {
    let codes = factor::renew_codes(&own().await?.admit::<AccountWrite>()?, &code).await?;
    tell_once(&codes);
    Ok(())
}

#[server(name = RemoveFactor, prefix = "/fn", endpoint = "remove_factor")]
pub async fn remove_factor(#[server(default)] password: String, code: String) -> Answer<()> {
    Ok(factor::remove(&own().await?.admit::<AccountWrite>()?, &password, &code).await?)
}

/// The recovery codes travel to the page that is printed next in a cookie, for a minute, as the secret of an API key does.
#[cfg(feature = "ssr")]
const CODES: &str = "made_recovery_codes";

#[cfg(feature = "ssr")]
fn tell_once(codes: &[String]) {
    let path = if server::is_plain_form() { routes::ACCOUNT } else { LoadPage::PATH };
    server::set_cookie(CODES, &codes.join("."), &cookie(path, 60));
}

#[cfg(feature = "ssr")]
pub fn take_codes() -> Option<Vec<String>> {
    let codes = server::cookie(CODES).filter(|codes| !codes.is_empty())?;
    let path = if server::is_page() { routes::ACCOUNT } else { LoadPage::PATH };
    server::set_cookie(CODES, "", &cookie(path, 0));
    Some(codes.split('.').map(str::to_owned).collect())
}

#[cfg(feature = "ssr")]
fn cookie(path: &str, seconds: u32) -> String {
    let secure = if server::came_by_https() { "; Secure" } else { "" };
    format!("Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}
