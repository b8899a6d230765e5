//! `/account`: one's profile, password, theme and devices.

mod api;
#[cfg(feature = "ssr")]
mod devices;
#[cfg(feature = "ssr")]
mod factor;
mod factor_api;
#[cfg(feature = "ssr")]
mod identity;
#[cfg(feature = "ssr")]
mod invitations;
#[cfg(feature = "ssr")]
mod page;
#[cfg(feature = "ssr")]
mod password;
#[cfg(feature = "ssr")]
mod profile;
#[cfg(feature = "ssr")]
mod start;

#[cfg(feature = "ssr")]
pub use api::device_name;
pub use api::{
    AcceptInvitation, ChangePassword, RevokeDevice, SaveProfile, SaveStart, accept_invitation,
    change_password, revoke_device, save_profile, save_start,
};
pub use factor_api::{
    ConfirmFactor, RemoveFactor, RenewCodes, StartFactor, confirm_factor, remove_factor, renew_codes,
    start_factor,
};
#[cfg(feature = "ssr")]
pub use page::page;
