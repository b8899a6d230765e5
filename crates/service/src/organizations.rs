//! Organizations: reaching and entering them, making, changing, suspending.

use std::collections::HashSet;

use domain::account::Reach;
use domain::audit::{Action, AuditEntry};
use domain::invalid::Problems;
use domain::member::{ApprovalLevel, Role};
use domain::organization::{NewOrganization, Organization, is_email};
use domain::permission::{
    Holder, OrganizationCreate, OrganizationEnter, PermissionSet, SettingsRead, SettingsWrite,
};
use domain::{MembershipId, OrganizationId, Timestamp, UserSessionId};
use serde_json::{Value, json};
use store::SystemTx;
use store::organization::Details;
use tokio::sync::Mutex;

use crate::auth::Viewer;
use crate::error::CHANGED;
use crate::{Actor, Cx, Error, Result, Services, Who, auth};

/// The entries by platform role that are audited already: one a device and organization.
#[derive(Default)]
pub(crate) struct Entered(Mutex<HashSet<(UserSessionId, OrganizationId)>>);

/// The organizations a person can enter, by name.
pub async fn reach(services: &Services, viewer: &Viewer) -> Result<Vec<Reach>> {
    let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
    Ok(if viewer.user.is_sre {
        store::organization::reach_of_sre(&mut tx, viewer.user.id).await?
    } else {
        store::organization::reach_of_member(&mut tx, viewer.user.id).await?
    })
}

/// The organization and who the viewer is in it. An entry by platform role is audited there once a device.
///
/// [`Error::NotFound`] when it does not exist or is not the viewer's to see; [`Error::SecondFactor`] when it wants one that
/// the viewer does not have; [`Error::Suspended`] for its members while it is
/// suspended: only the platform role enters then.
pub async fn enter(services: &Services, viewer: &Viewer, slug: &str) -> Result<(Organization, Actor)> {
    let (organization, role, factor_missing) = {
        let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
        let organization = store::organization::by_slug(&mut tx, slug).await?.ok_or(Error::NotFound)?;
        let role = store::member::role(&mut tx.within(organization.id), viewer.user.id).await?;
        let missing = auth::factor::is_missing(&mut tx, organization.id, viewer.user.id).await?;
        (organization, role, missing)
    };
    let role = match role {
        Some(_) if !organization.is_active && !viewer.user.is_sre => return Err(Error::Suspended),
        role => role.filter(|_| organization.is_active),
    };
    let permissions = match role {
        Some(role) => PermissionSet::of_role(role),
        None if viewer.user.is_sre => PermissionSet::of(Holder::Sre),
        None => return Err(Error::NotFound),
    };
    if factor_missing {
        return Err(Error::SecondFactor);
    }
    let actor = Actor {
        who: Who::User(viewer.user.clone()),
        organization: organization.id,
        permissions,
        role,
        session: Some(viewer.session),
        client: viewer.client.clone(),
    };
    if role.is_none() {
        record_entry(services, viewer, &actor).await?;
    }
    if viewer.organization != Some(organization.id) {
        auth::note_place_behind(services, viewer.session, organization.id).await;
    }
    Ok((organization, actor))
}

/// Makes an organization; the person who does becomes its first admin.
pub async fn create(cx: &Cx<OrganizationCreate>, new: NewOrganization) -> Result<Organization> {
    new.check()?;
    let services = &cx.services;
    let organization = made(services, new);
    let actor = cx.actor.audit();
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    if store::organization::by_slug(&mut tx, &organization.slug).await?.is_some() {
        return Err(Error::Conflict("an organization with this slug exists already".to_owned()));
    }
    store::organization::insert(&mut tx, &organization).await.map_err(name_taken)?;
    tx.append_in(organization.id, &actor, services.stamp(), created(&organization)).await?;
    if let Who::User(user) = &cx.actor.who {
        let id: MembershipId = services.clock.id();
        let level = ApprovalLevel::Executive;
        store::member::insert(&mut tx.within(organization.id), id, user.id, Role::Admin, level, cx.now())
            .await?;
        let entry = AuditEntry::new(Action::MEMBER_ADDED, "member", id)
            .change(None, Some(json!({ "email": user.email, "role": Role::Admin, "approval_level": level })));
        tx.append_in(organization.id, &actor, services.stamp(), entry).await?;
    }
    tx.commit(&actor, services.stamp(), created(&organization)).await?;
    Ok(organization)
}

pub async fn get(cx: &Cx<SettingsRead>) -> Result<Organization> {
    store::organization::get(&mut cx.read().await?).await?.ok_or(Error::NotFound)
}

/// What can be changed of an organization.
#[derive(Clone, Debug, Default)]
pub struct About {
    pub name: String,
    pub description: Option<String>,
    pub contact_email: Option<String>,
}

/// Changes name, description and contact of the actor's organization. The slug stays: links hold it.
pub async fn update(
    cx: &Cx<SettingsWrite>,
    name: &str,
    description: Option<&str>,
    contact_email: Option<&str>,
) -> Result<Organization> {
    let [description, contact_email] = [description, contact_email].map(|text| text.map(str::to_owned));
    update_with(cx, |_| Ok(About { name: name.to_owned(), description, contact_email })).await
}

/// [`update`], of what was read at this version; a conflict when somebody was faster.
pub async fn update_seen(
    cx: &Cx<SettingsWrite>,
    seen: Timestamp,
    name: &str,
    description: Option<&str>,
    contact_email: Option<&str>,
) -> Result<Organization> {
    let [description, contact_email] = [description, contact_email].map(|text| text.map(str::to_owned));
    let unless_changed = |old: &Organization| {
        if old.updated_at == seen {
            Ok(About { name: name.to_owned(), description, contact_email })
        } else {
            Err(Error::Conflict(CHANGED.to_owned()))
        }
    };
    update_with(cx, unless_changed).await
}

/// [`update`], to what `about` makes of the organization as it is: nobody changes it in between.
pub async fn update_with(
    cx: &Cx<SettingsWrite>,
    about: impl FnOnce(&Organization) -> Result<About>,
) -> Result<Organization> {
    let mut tx = cx.write().await?;
    store::organization::lock(&mut tx).await?;
    let old = store::organization::get(&mut tx).await?.ok_or(Error::NotFound)?;
    let about = about(&old)?;
    let now = tx.now();
    store::organization::update(&mut tx, &details(&about)?, now).await.map_err(name_taken)?;
    let new = store::organization::get(&mut tx).await?.ok_or(Error::NotFound)?;
    let entry = AuditEntry::new(Action::ORGANIZATION_UPDATED, "organization", new.id)
        .change(Some(told(&old)), Some(told(&new)));
    tx.commit(entry).await?;
    Ok(new)
}

fn details(about: &About) -> Result<Details<'_>> {
    let description = about.description.as_deref().map(str::trim).filter(|d| !d.is_empty());
    let contact_email = about.contact_email.as_deref().map(str::trim).filter(|e| !e.is_empty());
    let name = about.name.trim();
    let mut p = Problems::default();
    p.require(
        !name.is_empty() && name.chars().count() <= 255,
        "name",
        "give a name of at most 255 characters",
    );
    p.require(
        description.is_none_or(|d| d.chars().count() <= 2000),
        "description",
        "use at most 2,000 characters",
    );
    p.require(contact_email.is_none_or(is_email), "contact_email", "not an e-mail address");
    p.done()?;
    Ok(Details { name, description, contact_email })
}

/// Nobody can enter it and its keys stop working; nothing is deleted.
pub async fn suspend(cx: &Cx<OrganizationCreate>, slug: &str) -> Result<Organization> {
    set_active(cx, slug, false).await
}

/// Ends a suspension.
pub async fn resume(cx: &Cx<OrganizationCreate>, slug: &str) -> Result<Organization> {
    set_active(cx, slug, true).await
}

/// For the command line. Suspended ones too.
pub async fn by_slug(services: &Services, slug: &str) -> Result<Organization> {
    let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
    store::organization::by_slug(&mut tx, slug).await?.ok_or(Error::NotFound)
}

/// For the command line. Suspended ones too, by name.
pub async fn all(services: &Services) -> Result<Vec<Organization>> {
    let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
    Ok(store::organization::all(&mut tx).await?)
}

/// The organization to be, with a fresh id.
pub(crate) fn made(services: &Services, new: NewOrganization) -> Organization {
    let now = services.clock.now();
    Organization {
        id: services.clock.id(),
        slug: new.slug,
        name: new.name.trim().to_owned(),
        description: new.description.filter(|d| !d.trim().is_empty()),
        contact_email: new.contact_email.filter(|e| !e.trim().is_empty()),
        is_active: true,
        created_at: now,
        updated_at: now,
    }
}

pub(crate) fn created(organization: &Organization) -> AuditEntry {
    AuditEntry::new(Action::ORGANIZATION_CREATED, "organization", organization.id)
        .change(None, Some(told(organization)))
}

pub(crate) fn told(organization: &Organization) -> Value {
    json!({
        "slug": organization.slug, "name": organization.name, "description": organization.description,
        "contact_email": organization.contact_email, "is_active": organization.is_active,
    })
}

pub(crate) fn name_taken(error: store::Error) -> Error {
    match error {
        store::Error::Unique => {
            Error::Conflict("an organization with this name or slug exists already".to_owned())
        }
        other => other.into(),
    }
}

async fn set_active(cx: &Cx<OrganizationCreate>, slug: &str, is_active: bool) -> Result<Organization> {
    let services = &cx.services;
    let stamp = services.stamp();
    let actor = cx.actor.audit();
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    let old = store::organization::by_slug(&mut tx, slug).await?.ok_or(Error::NotFound)?;
    if store::oversight::delete_after(&mut tx, old.id).await?.is_some() {
        return Err(Error::Conflict("it is marked to be deleted; take that back first".to_owned()));
    }
    store::organization::set_active(&mut tx, old.id, is_active, stamp.now).await?;
    let new = Organization { is_active, updated_at: stamp.now, ..old.clone() };
    let entry = AuditEntry::new(Action::ORGANIZATION_UPDATED, "organization", new.id)
        .change(Some(told(&old)), Some(told(&new)));
    tx.append_in(new.id, &actor, services.stamp(), entry.clone()).await?;
    tx.commit(&actor, stamp, entry).await?;
    services.memory.keys.forget_all();
    Ok(new)
}

/// Audits an entry by platform role. The lock is held meanwhile, so that two requests of a page make one entry.
async fn record_entry(services: &Services, viewer: &Viewer, actor: &Actor) -> Result<()> {
    const MOST: usize = 10_000;
    let mut entered = services.memory.entered.0.lock().await;
    let this = (viewer.session, actor.organization);
    if entered.contains(&this) {
        return Ok(());
    }
    let cx = services.admit::<OrganizationEnter>(actor)?;
    let known = {
        let mut tx = cx.read().await?;
        let session = viewer.session.to_string();
        store::audit::has_entry_of_session(&mut tx, viewer.user.id, &session, Action::ORGANIZATION_ENTERED)
            .await?
    };
    if !known {
        let entry = AuditEntry::new(Action::ORGANIZATION_ENTERED, "organization", actor.organization)
            .metadata(json!({ "as": "sre" }));
        cx.write().await?.commit(entry).await?;
    }
    if entered.len() >= MOST {
        entered.clear();
    }
    entered.insert(this);
    Ok(())
}
