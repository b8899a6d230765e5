//! Server functions of the platform's view of organizations.

use domain::UserId;
#[cfg(feature = "ssr")]
use domain::organization::NewOrganization;
#[cfg(feature = "ssr")]
use domain::permission::{AccountWrite, OrganizationCreate, UserCreate};
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use service::{organizations, oversight};

use crate::error::Answer;
#[cfg(feature = "ssr")]
use crate::error::Typed as _;
#[cfg(feature = "ssr")]
use crate::routes;
#[cfg(feature = "ssr")]
use crate::server::{own, own_of_platform};

/// The page tells the link of the first admin.
#[server(name = CreateOrganization, prefix = "/fn", endpoint = "create_organization")]
pub async fn create_organization(slug: String, name: String, first_admin: String) -> Answer<()> {
    let cx = own_of_platform().await?.admit::<OrganizationCreate>()?;
    let typed = [("slug", slug.as_str()), ("name", &name), ("first_admin", &first_admin)];
    let new = NewOrganization { slug: slug.clone(), name: name.clone(), ..NewOrganization::default() };
    oversight::found(&cx, new, &first_admin).await.typed(&typed)?;
    leptos_axum::redirect(&routes::organization(&slug));
    Ok(())
}

#[server(name = RenameOrganization, prefix = "/fn", endpoint = "rename_organization")]
pub async fn rename_organization(slug: String, name: String, #[server(default)] seen: String) -> Answer<()> {
    let cx = own_of_platform().await?.admit::<OrganizationCreate>()?;
    oversight::rename(&cx, &slug, Some(&seen), &name).await.typed(&[("slug", &slug), ("name", &name)])?;
    leptos_axum::redirect(routes::ORGANIZATIONS);
    Ok(())
}

#[server(name = SuspendOrganization, prefix = "/fn", endpoint = "suspend_organization")]
pub async fn suspend_organization(slug: String) -> Answer<()> {
    let cx = own_of_platform().await?.admit::<OrganizationCreate>()?;
    organizations::suspend(&cx, &slug).await.typed(&[("slug", &slug)])?;
    leptos_axum::redirect(routes::ORGANIZATIONS);
    Ok(())
}

#[server(name = ResumeOrganization, prefix = "/fn", endpoint = "resume_organization")]
pub async fn resume_organization(slug: String) -> Answer<()> {
    let cx = own_of_platform().await?.admit::<OrganizationCreate>()?;
    organizations::resume(&cx, &slug).await.typed(&[("slug", &slug)])?;
    leptos_axum::redirect(routes::ORGANIZATIONS);
    Ok(())
}

/// Marks it. `again`: the slug, typed once more.
#[server(name = DeleteOrganization, prefix = "/fn", endpoint = "delete_organization")]
pub async fn delete_organization(slug: String, again: String) -> Answer<()> {
    let cx = own_of_platform().await?.admit::<OrganizationCreate>()?;
    oversight::mark(&cx, &slug, &again).await.typed(&[("slug", &slug), ("again", &again)])?;
    leptos_axum::redirect(routes::ORGANIZATIONS);
    Ok(())
}

/// Takes the mark back.
#[server(name = KeepOrganization, prefix = "/fn", endpoint = "keep_organization")]
pub async fn keep_organization(slug: String) -> Answer<()> {
    let cx = own_of_platform().await?.admit::<OrganizationCreate>()?;
    oversight::take_back(&cx, &slug).await.typed(&[("slug", &slug)])?;
    leptos_axum::redirect(routes::ORGANIZATIONS);
    Ok(())
}

/// The address of an account that a link made is the person's.
#[server(name = ConfirmAddress, prefix = "/fn", endpoint = "confirm_address")]
pub async fn confirm_address(person: UserId) -> Answer<()> {
    let cx = own_of_platform().await?.admit::<UserCreate>()?;
    service::auth::confirm_address(&cx, person).await.typed(&[("person", &person.to_string())])?;
    leptos_axum::redirect(routes::ORGANIZATIONS);
    Ok(())
}

/// Whoever is at this device gives the password once more, for the platform's pages.
#[server(name = ProveAgain, prefix = "/fn", endpoint = "prove_again")]
pub async fn prove_again(password: String) -> Answer<()> {
    let cx = own().await?.admit::<AccountWrite>()?;
    Ok(service::auth::again::prove(&cx, &password).await?)
}
