//! Invitations. Whoever administers an organization learns nothing of accounts that are not its members': inviting does the
//! same for every address, and the person becomes a member, with name and all, by accepting.

use domain::audit::{Action, AuditEntry};
use domain::invitation::{DAYS, Invitation, NewInvitation, Received};
use domain::permission::{AccountRead, AccountWrite, MemberRead, MemberWrite};
use domain::{InvitationId, MembershipId, Timestamp};
use serde_json::{Value, json};
use store::SystemTx;

use crate::auth::normal_email;
use crate::members::{already_a_member, told};
use crate::{Cx, Error, Result, Who};

/// Those that wait, by e-mail.
pub async fn list(cx: &Cx<MemberRead>) -> Result<Vec<Invitation>> {
    Ok(store::invitation::list(&mut cx.read().await?, since(cx.now())).await?)
}

/// Invites whoever has this e-mail address, or will have it; again takes the place of before.
pub async fn invite(cx: &Cx<MemberWrite>, new: NewInvitation) -> Result<Invitation> {
    new.check()?;
    let invitation = Invitation {
        id: cx.services.clock.id(),
        email: normal_email(&new.email),
        role: new.role,
        approval_level: new.approval_level,
        invited_by: cx.actor.audit().label,
        created_at: cx.now(),
    };
    let mut tx = cx.write().await?;
    // Only the organization's own members are looked at.
    if store::member::list(&mut tx).await?.iter().any(|m| m.email == invitation.email) {
        return Err(already_a_member());
    }
    store::invitation::put(&mut tx, &invitation).await?;
    tx.commit(
        AuditEntry::new(Action::MEMBER_INVITED, "invitation", invitation.id)
            .change(None, Some(said(&invitation))),
    )
    .await?;
    Ok(invitation)
}

/// Takes it back.
pub async fn withdraw(cx: &Cx<MemberWrite>, id: InvitationId) -> Result<()> {
    let mut tx = cx.write().await?;
    let old = store::invitation::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    store::invitation::delete(&mut tx, id).await.map_err(gone)?;
    tx.commit(AuditEntry::new(Action::INVITATION_WITHDRAWN, "invitation", id).change(Some(said(&old)), None))
        .await?;
    Ok(())
}

/// What waits for the signed-in person.
pub async fn received(cx: &Cx<AccountRead>) -> Result<Vec<Received>> {
    let Who::User(user) = &cx.actor.who else { return Ok(Vec::new()) };
    let mut tx = SystemTx::read_across_all_organizations(&cx.services.db).await?;
    Ok(store::invitation::received(&mut tx, &user.email, since(cx.now())).await?)
}

/// Makes the signed-in person a member. The answer is what was accepted.
///
/// # Errors
/// `NotFound` when it is nobody's, another address's, withdrawn or over.
pub async fn accept(cx: &Cx<AccountWrite>, id: InvitationId) -> Result<Received> {
    let Who::User(user) = &cx.actor.who else { return Err(Error::Forbidden) };
    let services = &cx.services;
    let stamp = services.stamp();
    let membership: MembershipId = services.clock.id();
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    let received = store::invitation::received(&mut tx, &user.email, since(stamp.now)).await?;
    let accepted = received.into_iter().find(|i| i.id == id).ok_or(Error::NotFound)?;
    let mut within = tx.within(accepted.organization_id);
    store::invitation::delete(&mut within, id).await.map_err(gone)?;
    let (role, level) = (accepted.role, accepted.approval_level);
    store::member::insert(&mut within, membership, user.id, role, level, stamp.now).await.map_err(
        |error| match error {
            store::Error::Unique => already_a_member(),
            other => other.into(),
        },
    )?;
    let member = store::member::get(&mut within, membership).await?.ok_or(Error::NotFound)?;
    let entry = AuditEntry::new(Action::MEMBER_ADDED, "member", membership)
        .change(None, Some(told(&member)))
        .metadata(json!({ "invited_by": accepted.invited_by }));
    tx.commit_in(accepted.organization_id, &cx.actor.audit(), stamp, entry).await?;
    services.memory.keys.forget_all();
    Ok(accepted)
}

/// Somebody was quicker.
fn gone(error: store::Error) -> Error {
    match error {
        store::Error::RowCount { .. } => Error::NotFound,
        other => other.into(),
    }
}

fn since(now: Timestamp) -> Timestamp {
    now.plus_seconds(-DAYS * 86_400)
}

fn said(invitation: &Invitation) -> Value {
    json!({ "email": invitation.email, "role": invitation.role, "approval_level": invitation.approval_level })
}
