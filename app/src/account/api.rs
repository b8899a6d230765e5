//! Server functions of one's own account.

#[cfg(feature = "ssr")]
use domain::account::UserSession;
#[cfg(feature = "ssr")]
use domain::permission::{AccountRead, AccountWrite};
use domain::{InvitationId, UserSessionId};
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};
#[cfg(feature = "ssr")]
use service::auth;

use crate::error::Answer;
#[cfg(feature = "ssr")]
use crate::error::Typed as _;
use crate::printed::Printed;
#[cfg(feature = "ssr")]
use crate::routes;
#[cfg(feature = "ssr")]
use crate::server::own;
use crate::shown::shown;
use crate::when::When;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    pub email: String,
    pub username: String,
    pub display_name: String,
    pub time_zone: String,
    pub time_zones: Vec<String>,
    pub is_sre: bool,
    pub last_login: Option<When>,
}
shown!(Account: email, username, display_name, time_zone, time_zones, is_sre, last_login);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceRow {
    pub id: String,
    /// "Firefox on Linux"
    pub name: String,
    pub user_agent: String,
    pub address: String,
    pub since: When,
    pub seen: When,
    /// The one at hand.
    pub current: bool,
}
shown!(DeviceRow: id, name, user_agent, address, since, seen, current);

#[server(name = LoadAccount, prefix = "/fn", endpoint = "account", input = GetUrl)]
pub async fn load_account() -> Answer<Account> {
    let own = own().await?;
    own.admit::<AccountRead>()?;
    Ok(account(own))
}

#[server(name = SaveProfile, prefix = "/fn", endpoint = "save_profile")]
pub async fn save_profile(display_name: String, time_zone: String) -> Answer<()> {
    let cx = own().await?.admit::<AccountWrite>()?;
    auth::update_account(&cx, Some(&display_name), &time_zone)
        .await
        .typed(&[("display_name", &display_name), ("time_zone", &time_zone)])?;
    Ok(())
}

#[server(name = ChangePassword, prefix = "/fn", endpoint = "change_password")]
pub async fn change_password(old_password: String, new_password: String, repeated: String) -> Answer<()> {
    let cx = own().await?.admit::<AccountWrite>()?;
    if new_password != repeated {
        return Err(domain::Invalid::field("repeated", "not the same as the new password").into());
    }
    Ok(auth::change_password(&cx, &old_password, &new_password).await?)
}

#[server(name = ListDevices, prefix = "/fn", endpoint = "devices", input = GetUrl)]
pub async fn list_devices() -> Answer<Vec<DeviceRow>> {
    let own = own().await?;
    let devices = auth::devices(&own.admit::<AccountRead>()?).await?;
    Ok(devices.into_iter().map(|device| row(&own, device)).collect())
}

/// Signing out the device at hand leads to the sign-in.
#[server(name = RevokeDevice, prefix = "/fn", endpoint = "revoke_device")]
pub async fn revoke_device(id: UserSessionId) -> Answer<()> {
    let own = own().await?;
    auth::revoke_device(&own.admit::<AccountWrite>()?, id).await?;
    leptos_axum::redirect(if own.viewer.session == id { routes::SIGN_IN } else { routes::ACCOUNT });
    Ok(())
}

/// Those that wait for the signed-in person.
#[server(name = ListInvitations, prefix = "/fn", endpoint = "invitations", input = GetUrl)]
pub async fn list_invitations() -> Answer<Printed> {
    let received = service::invitations::received(&own().await?.admit::<AccountRead>()?).await?;
    Ok(super::invitations::print(received))
}

/// Leads into the organization.
#[server(name = AcceptInvitation, prefix = "/fn", endpoint = "accept_invitation")]
pub async fn accept_invitation(id: InvitationId) -> Answer<()> {
    let accepted = service::invitations::accept(&own().await?.admit::<AccountWrite>()?, id).await?;
    leptos_axum::redirect(&routes::overview(&accepted.slug));
    Ok(())
}

#[cfg(feature = "ssr")]
fn account(own: crate::server::Own) -> Account {
    let user = own.viewer.user;
    Account {
        last_login: own.zone.maybe(user.last_login_at),
        display_name: user.display_name.unwrap_or_default(),
        email: user.email,
        username: user.username,
        time_zone: user.time_zone,
        time_zones: crate::when::zone_names(),
        is_sre: user.is_sre,
    }
}

#[cfg(feature = "ssr")]
fn row(own: &crate::server::Own, device: UserSession) -> DeviceRow {
    let user_agent = device.user_agent.unwrap_or_default();
    DeviceRow {
        current: device.id == own.viewer.session,
        id: device.id.to_string(),
        name: device_name(&user_agent),
        user_agent,
        address: device.ip_address.unwrap_or_default(),
        since: own.zone.when(device.created_at),
        seen: own.zone.when(device.last_seen_at),
    }
}

/// Browser and system by the words browsers put into `User-Agent`; the first that fits, so the disguised come first.
#[cfg(feature = "ssr")]
fn device_name(user_agent: &str) -> String {
    let first = |pairs: &[(&str, &'static str)]| {
        pairs.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    let browser = first(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "Unknown device".to_owned(),
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::device_name;

    #[test]
    fn a_device_is_told_by_browser_and_system() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0";
        assert_eq!(device_name(edge), "Edge on Windows");
        assert_eq!(
            device_name("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
            "Firefox on Linux"
        );
        assert_eq!(device_name("curl/8.5.0"), "curl");
        assert_eq!(device_name(""), "Unknown device");
    }
}
