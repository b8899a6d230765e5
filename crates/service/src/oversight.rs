//! The platform's view of all organizations, for who holds the platform role: what they hold, making one for somebody else,
//! renaming, and deleting with a grace in which it can be taken back. Suspending is in [`crate::organizations`].

use domain::audit::{Action, AuditActor, AuditEntry};
use domain::invalid::Problems;
use domain::invitation::{Invitation, NewInvitation};
use domain::member::{ApprovalLevel, Role};
use domain::organization::{GRACE_DAYS, NewOrganization, Organization, Overseen};
use domain::permission::{OrganizationCreate, OrganizationRead};
use domain::{OrganizationId, Timestamp};
use serde_json::json;
use store::SystemTx;
use store::organization::Details;

use crate::organizations::{created, made, name_taken, told};
use crate::{Actor, Cx, Error, Result, Services, auth, invitations};

/// Rows that one step of deleting takes from a large table.
const STEP: i64 = 2_000;
/// Between two steps others get their turn.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(20);

/// Every organization, by name, and whether it is well. Recent events are those of the last 24 hours, by the hour.
pub async fn list(cx: &Cx<OrganizationRead>) -> Result<Vec<Overseen>> {
    let mut tx = SystemTx::read_across_all_organizations(&cx.services.db).await?;
    Ok(store::oversight::list(&mut tx, cx.now()).await?)
}

/// The invitations that wait in one that has no member yet, with what stands behind `/invitation/` in their links. Later ones are
/// its admins' alone.
pub async fn links(cx: &Cx<OrganizationCreate>, slug: &str) -> Result<Vec<(Invitation, String)>> {
    let mut tx = SystemTx::read_across_all_organizations(&cx.services.db).await?;
    let organization = store::organization::by_slug(&mut tx, slug).await?.ok_or(Error::NotFound)?;
    if !store::member::list(&mut tx.within(organization.id)).await?.is_empty() {
        return Ok(Vec::new());
    }
    let since = invitations::since(cx.now());
    let waiting = store::invitation::list(&mut tx.within(organization.id), since).await?;
    let with_token = |invitation: Invitation| {
        let token = invitations::token_of(&cx.services, invitation.id);
        (invitation, token)
    };
    Ok(waiting.into_iter().map(with_token).collect())
}

/// Makes an organization for others: whoever has `first_admin` becomes its admin by the link of the invitation. Who makes it does
/// not become a member.
pub async fn found(
    cx: &Cx<OrganizationCreate>,
    new: NewOrganization,
    first_admin: &str,
) -> Result<(Organization, Invitation)> {
    new.check()?;
    let offer = NewInvitation {
        email: auth::normal_email(first_admin),
        role: Role::Admin,
        approval_level: ApprovalLevel::Executive,
    };
    offer.check()?;
    let services = &cx.services;
    let organization = made(services, new);
    let invitation = Invitation {
        id: services.clock.id(),
        email: offer.email,
        role: offer.role,
        approval_level: offer.approval_level,
        invited_by: cx.actor.audit().label,
        created_at: cx.now(),
    };
    let actor = cx.actor.audit();
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    store::organization::insert(&mut tx, &organization).await.map_err(name_taken)?;
    store::invitation::put(&mut tx.within(organization.id), &invitation).await?;
    tx.append_in(organization.id, &actor, services.stamp(), created(&organization)).await?;
    tx.append_in(organization.id, &actor, services.stamp(), invitations::invited(&invitation)).await?;
    tx.commit(&actor, services.stamp(), created(&organization)).await?;
    Ok((organization, invitation))
}

/// [`found`], with what stands behind `/invitation/` in the link of its first admin.
pub async fn found_with_link(
    cx: &Cx<OrganizationCreate>,
    new: NewOrganization,
    first_admin: &str,
) -> Result<(Organization, String)> {
    let (organization, invitation) = found(cx, new, first_admin).await?;
    Ok((organization, invitations::token_of(&cx.services, invitation.id)))
}

/// The slug stays: links hold it. `seen`: the name that the form showed; a conflict when somebody was faster.
pub async fn rename(
    cx: &Cx<OrganizationCreate>,
    slug: &str,
    seen: Option<&str>,
    name: &str,
) -> Result<Organization> {
    let name = name.trim();
    let mut p = Problems::default();
    let fits = (1..=255).contains(&name.chars().count());
    p.require(fits, "name", "give a name of at most 255 characters");
    p.done()?;
    let services = &cx.services;
    let now = cx.now();
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    let old = store::organization::by_slug(&mut tx, slug).await?.ok_or(Error::NotFound)?;
    if seen.is_some_and(|seen| seen != old.name && old.name != name) {
        return Err(Error::Conflict(format!(
            "somebody called it “{}” meanwhile; save again to overwrite that",
            old.name
        )));
    }
    let details = Details {
        name,
        description: old.description.as_deref(),
        contact_email: old.contact_email.as_deref(),
    };
    store::organization::update(&mut tx.within(old.id), &details, now).await.map_err(name_taken)?;
    let new = Organization { name: name.to_owned(), updated_at: now, ..old.clone() };
    let entry = AuditEntry::new(Action::ORGANIZATION_UPDATED, "organization", new.id)
        .change(Some(told(&old)), Some(told(&new)));
    in_both(services, tx, &cx.actor.audit(), new.id, entry).await?;
    Ok(new)
}

/// Suspends it and marks it to be deleted in [`GRACE_DAYS`]; the instant. `again`: its slug, typed once more.
pub async fn mark(cx: &Cx<OrganizationCreate>, slug: &str, again: &str) -> Result<Timestamp> {
    let mut p = Problems::default();
    p.require(slug == again.trim(), "again", "type the short name of the organization to delete it");
    p.done()?;
    let services = &cx.services;
    let now = cx.now();
    let after = now.plus_seconds(GRACE_DAYS * 86_400);
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    let organization = store::organization::by_slug(&mut tx, slug).await?.ok_or(Error::NotFound)?;
    if store::oversight::delete_after(&mut tx, organization.id).await?.is_some() {
        return Err(Error::Conflict("it is marked to be deleted already".to_owned()));
    }
    if is_held(&mut tx, organization.id, now).await? {
        return Err(Error::Conflict("a legal hold stands in it; it cannot be deleted".to_owned()));
    }
    store::oversight::mark(&mut tx, organization.id, Some(after), now).await?;
    let entry = AuditEntry::new(Action::ORGANIZATION_MARKED, "organization", organization.id)
        .change(
            Some(told(&organization)),
            Some(told(&Organization { is_active: false, ..organization.clone() })),
        )
        .metadata(json!({ "delete_after": after }));
    in_both(services, tx, &cx.actor.audit(), organization.id, entry).await?;
    services.memory.keys.forget_all();
    Ok(after)
}

/// Ends [`mark`], until its deletion begins. It stays suspended until it is resumed.
pub async fn take_back(cx: &Cx<OrganizationCreate>, slug: &str) -> Result<()> {
    let services = &cx.services;
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    let organization = store::organization::by_slug(&mut tx, slug).await?.ok_or(Error::NotFound)?;
    let Some(after) = store::oversight::delete_after(&mut tx, organization.id).await? else {
        return Err(Error::Conflict("it is not marked to be deleted".to_owned()));
    };
    if after <= cx.now() {
        return Err(Error::Conflict("its deletion has begun".to_owned()));
    }
    store::oversight::mark(&mut tx, organization.id, None, cx.now()).await?;
    let entry = AuditEntry::new(Action::ORGANIZATION_KEPT, "organization", organization.id)
        .metadata(json!({ "delete_after": after }));
    in_both(services, tx, &cx.actor.audit(), organization.id, entry).await
}

/// Deletes what is due, in small steps; how many organizations are gone. One that a hold keeps waits.
///
/// # Errors
/// The last failure, after all were tried.
pub async fn delete_due(services: &Services) -> Result<usize> {
    let due = {
        let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
        store::oversight::due(&mut tx, services.clock.now()).await?
    };
    let (mut gone, mut failed) = (0, None);
    for id in due {
        match delete(services, id).await {
            Ok(true) => gone += 1,
            Ok(false) => {}
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(gone), Err)
}

/// `false`: it was taken back, or a hold stands.
async fn delete(services: &Services, id: OrganizationId) -> Result<bool> {
    loop {
        let now = services.clock.now();
        let mut tx = SystemTx::across_all_organizations(&services.db).await?;
        // Asked at each step, since a hold may come, and another server be quicker.
        if !store::oversight::lock_due(&mut tx, id, now).await? || is_held(&mut tx, id, now).await? {
            return Ok(false);
        }
        if !store::oversight::erase(&mut tx, id, STEP).await? {
            tx.commit_unaudited_bookkeeping().await?;
            tokio::time::sleep(PAUSE).await;
            continue;
        }
        // Before it is said to be gone: where a folder stays, the next run tries again.
        crate::evidence::delete_all(services, id).await?;
        let folder = services.data_dir.join("uploads").join(id.to_string());
        match tokio::fs::remove_dir_all(&folder).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::Internal(format!(
                    "files of a deleted organization: {}: {error}",
                    folder.display()
                )));
            }
            _ => {}
        }
        store::oversight::finish(&mut tx, id, now).await?;
        let entry = AuditEntry::new(Action::ORGANIZATION_DELETED, "organization", id);
        in_both(services, tx, &Actor::platform("deletion").audit(), id, entry).await?;
        return Ok(true);
    }
}

async fn is_held(tx: &mut SystemTx, id: OrganizationId, now: Timestamp) -> Result<bool> {
    Ok(store::retention::holds(&mut tx.within(id)).await?.iter().any(|hold| hold.stands(now)))
}

async fn in_both(
    services: &Services,
    mut tx: SystemTx,
    actor: &AuditActor,
    id: OrganizationId,
    entry: AuditEntry,
) -> Result<()> {
    tx.append_in(id, actor, services.stamp(), entry.clone()).await?;
    Ok(tx.commit(actor, services.stamp(), entry).await?)
}
