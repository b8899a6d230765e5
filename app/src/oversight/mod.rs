//! `/organizations`: all organizations, for who holds the platform role.

mod api;
#[cfg(feature = "ssr")]
mod page;

pub use api::{
    ConfirmAddress, CreateOrganization, DeleteOrganization, KeepOrganization, RenameOrganization,
    ResumeOrganization, SuspendOrganization, confirm_address, create_organization, delete_organization,
    keep_organization, rename_organization, resume_organization, suspend_organization,
};
#[cfg(feature = "ssr")]
pub use page::page;
