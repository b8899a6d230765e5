//! Server functions of one's own account.

#[cfg(feature = "ssr")]
use domain::account::UserSession;
#[cfg(feature = "ssr")]
use domain::permission::AccountWrite;
use domain::{InvitationId, UserSessionId};
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use service::{auth, starts};

use crate::error::Answer;
#[cfg(feature = "ssr")]
use crate::error::Typed as _;
#[cfg(feature = "ssr")]
use crate::routes;
#[cfg(feature = "ssr")]
use crate::server::own;
#[cfg(feature = "ssr")]
use crate::when::When;

/// A place where one is signed in, ready to print.
#[cfg(feature = "ssr")]
pub struct DeviceRow {
    pub id: String,
    /// "Firefox on Linux"
    pub name: String,
    pub user_agent: String,
    pub address: String,
    /// Name of the organization it last worked in.
    pub organization: String,
    pub since: When,
    pub seen: When,
    /// The one at hand.
    pub current: bool,
}

#[server(name = SaveProfile, prefix = "/fn", endpoint = "save_profile")]
pub async fn save_profile(display_name: String, time_zone: String) -> Answer<()> {
    let cx = own().await?.admit::<AccountWrite>()?;
    auth::update_account(&cx, Some(&display_name), &time_zone)
        .await
        .typed(&[("display_name", &display_name), ("time_zone", &time_zone)])?;
    Ok(())
}

/// `start`: `<slug>/<page>` or `<slug>/view/<id>`; empty for the overview of the first organization.
#[server(name = SaveStart, prefix = "/fn", endpoint = "save_start")]
pub async fn save_start(#[server(default)] start: String) -> Answer<()> {
    let own = own().await?;
    let (cx, viewer) = (own.admit::<AccountWrite>()?, &own.viewer);
    let unknown = || domain::Invalid::field("start", "choose one of the list");
    let done = match start.split('/').collect::<Vec<_>>()[..] {
        [""] => starts::forget(&cx).await,
        [slug, "view", id] => match id.parse() {
            Ok(id) => starts::set_view(&cx, viewer, slug, id).await,
            Err(_) => Err(unknown().into()),
        },
        [slug, page] => match page.parse() {
            Ok(page) => starts::set_page(&cx, viewer, slug, page).await,
            Err(_) => Err(unknown().into()),
        },
        _ => Err(unknown().into()),
    };
    done.typed(&[("start", &start)])
}

#[server(name = ChangePassword, prefix = "/fn", endpoint = "change_password")]
pub async fn change_password(old_password: String, new_password: String, repeated: String) -> Answer<()> {
    let cx = own().await?.admit::<AccountWrite>()?;
    if new_password != repeated {
        return Err(domain::Invalid::field("repeated", "not the same as the new password").into());
    }
    Ok(auth::change_password(&cx, &old_password, &new_password).await?)
}

/// Signing out the device at hand leads to the sign-in.
#[server(name = RevokeDevice, prefix = "/fn", endpoint = "revoke_device")]
pub async fn revoke_device(id: UserSessionId) -> Answer<()> {
    let own = own().await?;
    auth::revoke_device(&own.admit::<AccountWrite>()?, id).await?;
    leptos_axum::redirect(if own.viewer.session == id { routes::SIGN_IN } else { routes::ACCOUNT });
    Ok(())
}

/// Leads into the organization.
#[server(name = AcceptInvitation, prefix = "/fn", endpoint = "accept_invitation")]
pub async fn accept_invitation(id: InvitationId) -> Answer<()> {
    let accepted = service::invitations::accept(&own().await?.admit::<AccountWrite>()?, id).await?;
    leptos_axum::redirect(&routes::overview(&accepted.slug));
    Ok(())
}

#[cfg(feature = "ssr")]
pub fn row(own: &crate::server::Own, device: UserSession) -> DeviceRow {
    let user_agent = device.user_agent.unwrap_or_default();
    DeviceRow {
        current: device.id == own.viewer.session,
        id: device.id.to_string(),
        name: device_name(&user_agent),
        user_agent,
        address: device.ip_address.unwrap_or_default(),
        organization: device.organization.unwrap_or_default(),
        since: own.zone.when(device.created_at),
        seen: own.zone.when(device.last_seen_at),
    }
}

/// Browser and system by the words browsers put into `User-Agent`; the first that fits, so the disguised come first.
#[cfg(feature = "ssr")]
pub fn device_name(user_agent: &str) -> String {
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
