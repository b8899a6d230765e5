//! `/organizations`: all organizations, for who holds the platform role.

#[cfg(feature = "ssr")]
mod again;
mod api;
#[cfg(feature = "ssr")]
mod page;

#[cfg(feature = "ssr")]
pub use again::asks_again;
pub use api::{
    ConfirmAddress, CreateOrganization, DeleteOrganization, KeepOrganization, ProveAgain, RenameOrganization,
    ResumeOrganization, SuspendOrganization, confirm_address, create_organization, delete_organization,
    keep_organization, prove_again, rename_organization, resume_organization, suspend_organization,
};
#[cfg(feature = "ssr")]
pub use page::page;
