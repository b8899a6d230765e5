//! Invitations. Whoever administers an organization learns nothing of accounts that are not its members': inviting does the
//! same for every address, and the person becomes a member, with name and all, by accepting.
//!
//! Who has an account accepts there, or by the invitation's link. Who has none makes one with the link: it is the proof that
//! somebody of the organization meant this person. The link ends with the id's digest under the server's key, so nothing is
//! stored that could be used as one.

use domain::account::{NewUser, User};
use domain::audit::{Action, AuditActor, AuditEntry};
use domain::invitation::{DAYS, Invitation, Linked, NewInvitation, Received};
use domain::permission::{AccountRead, AccountWrite, MemberRead, MemberWrite};
use domain::{InvitationId, MembershipId, PLATFORM, Timestamp};
use serde_json::{Value, json};
use store::{Stamp, SystemTx};
use subtle::ConstantTimeEq as _;

use crate::auth::{
    SignedIn, Viewer, account_actor, actor_of, bounded, device_of, hash_password, insert_user, made,
    normal_email, user_created,
};
use crate::members::{already_a_member, free_username, told};
use crate::{Client, Cx, Error, Result, Services, Who};

/// What a link leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum Opened {
    Waits(Linked),
    /// Accepted before: a link works once.
    Used(Linked),
    /// Nobody accepted it in time.
    Over(Linked),
    /// Withdrawn, replaced by a newer one, of a suspended organization, or no link of ours.
    Unknown,
}

/// Those that wait, by e-mail.
pub async fn list(cx: &Cx<MemberRead>) -> Result<Vec<Invitation>> {
    Ok(store::invitation::list(&mut cx.read().await?, since(cx.now())).await?)
}

/// Invites whoever has this e-mail address, or will have it; again takes the place of before.
pub async fn invite(cx: &Cx<MemberWrite>, new: NewInvitation) -> Result<Invitation> {
    new.check()?;
    crate::members::may_give(cx, new.role, new.approval_level)?;
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
    tx.commit(invited(&invitation)).await?;
    Ok(invitation)
}

pub(crate) fn invited(invitation: &Invitation) -> AuditEntry {
    AuditEntry::new(Action::MEMBER_INVITED, "invitation", invitation.id).change(None, Some(said(invitation)))
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
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    let received = store::invitation::received(&mut tx, &user.email, since(stamp.now)).await?;
    let accepted = received.into_iter().find(|i| i.id == id).ok_or(Error::NotFound)?;
    let entry = add(services, &mut tx, &accepted, user, stamp.now).await?;
    tx.commit_in(accepted.organization_id, &cx.actor.audit(), stamp, entry).await?;
    services.memory.keys.forget_all();
    Ok(accepted)
}

/// What stands behind `/invitation/` in the address of its page. Whoever may invite may see it as long as it waits.
pub fn token(cx: &Cx<MemberWrite>, id: InvitationId) -> String {
    token_of(&cx.services, id)
}

/// What a link leads to now.
pub async fn open(services: &Services, token: &str) -> Result<Opened> {
    let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
    opened(services, &mut tx, token).await
}

/// Makes the account that the link's invitation is for and signs it in as a member; the organization's slug.
///
/// # Errors
/// `NotFound` when the link does not work (see [`open`]), `Conflict` when the address has an account: its owner signs in.
pub async fn join(
    services: &Services,
    token: &str,
    display_name: &str,
    password: &str,
    client: &Client,
) -> Result<(SignedIn, String)> {
    let client = &bounded(client);
    let Opened::Waits(linked) = open(services, token).await? else { return Err(Error::NotFound) };
    let mut new = NewUser {
        username: linked.email.clone(),
        email: linked.email,
        display_name: Some(display_name.to_owned()),
        password: password.to_owned(),
        is_sre: false,
    };
    check_name(display_name)?;
    new.check()?;
    let phc = hash_password(services, &new.password).await?;
    let stamp = services.stamp();
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    // Hashing takes its time: somebody may have been quicker.
    let Opened::Waits(linked) = opened(services, &mut tx, token).await? else { return Err(Error::NotFound) };
    new.username = free_username(&mut tx, &linked.email).await?;
    let user = made(services, &new);
    insert_user(&mut tx, &user, &phc).await?;
    store::account::mark_unconfirmed(&mut tx, user.id).await?;
    let device = device_of(services, user.id, client);
    store::session::insert_device(&mut tx, &device).await?;
    store::account::set_last_login(&mut tx, user.id, stamp.now).await?;
    let (here, slug) = (linked.organization_id, linked.slug.clone());
    let added = add(services, &mut tx, &received_by(linked), &user, stamp.now).await?;
    let actor = actor_of(&user, Some(device.id), client);
    let signed_in = AuditEntry::new(Action::SIGNED_IN, "session", device.id);
    for entry in [user_created(&user), added, signed_in.clone()] {
        tx.append_in(here, &actor, services.stamp(), entry).await?;
    }
    tx.append_in(PLATFORM, &actor, services.stamp(), user_created(&user)).await?;
    tx.commit(&actor, stamp, signed_in).await?;
    services.memory.keys.forget_all();
    Ok((SignedIn { user: User { last_login_at: Some(stamp.now), ..user }, session: device.id }, slug))
}

/// Makes who is signed in a member by the link; the organization's slug.
///
/// # Errors
/// `NotFound` when the link does not work or is for another address.
pub async fn accept_link(services: &Services, viewer: &Viewer, token: &str) -> Result<String> {
    let stamp = services.stamp();
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    let linked = match opened(services, &mut tx, token).await? {
        Opened::Waits(linked) if linked.email == viewer.user.email => linked,
        _ => return Err(Error::NotFound),
    };
    let (here, slug) = (linked.organization_id, linked.slug.clone());
    let entry = add(services, &mut tx, &received_by(linked), &viewer.user, stamp.now).await?;
    let actor: AuditActor = account_actor(viewer).audit();
    tx.commit_in(here, &actor, Stamp { now: stamp.now, ..services.stamp() }, entry).await?;
    services.memory.keys.forget_all();
    Ok(slug)
}

async fn opened(services: &Services, tx: &mut SystemTx, token: &str) -> Result<Opened> {
    let id = token.split_once('.').and_then(|(id, _)| id.parse::<InvitationId>().ok());
    // Whether the id exists is not looked at before the digest fits.
    let Some(id) = id.filter(|id| bool::from(token_of(services, *id).as_bytes().ct_eq(token.as_bytes())))
    else {
        return Ok(Opened::Unknown);
    };
    Ok(match store::invitation::linked(tx, id).await? {
        None => Opened::Unknown,
        Some(linked) if linked.used_at.is_some() => Opened::Used(linked),
        Some(linked) if linked.is_over(services.clock.now()) => Opened::Over(linked),
        Some(linked) => Opened::Waits(linked),
    })
}

pub(crate) fn token_of(services: &Services, id: InvitationId) -> String {
    format!("{id}.{}", services.secrets.tag("invitations", &id.to_string()))
}

/// Makes the membership; what is to be said of it.
async fn add(
    services: &Services,
    tx: &mut SystemTx,
    accepted: &Received,
    user: &User,
    now: Timestamp,
) -> Result<AuditEntry> {
    let membership: MembershipId = services.clock.id();
    let mut within = tx.within(accepted.organization_id);
    store::invitation::mark_used(&mut within, accepted.id, now).await.map_err(gone)?;
    let (role, level) = (accepted.role, accepted.approval_level);
    store::member::insert(&mut within, membership, user.id, role, level, now).await.map_err(|error| {
        match error {
            store::Error::Unique => already_a_member(),
            other => other.into(),
        }
    })?;
    let member = store::member::get(&mut within, membership).await?.ok_or(Error::NotFound)?;
    Ok(AuditEntry::new(Action::MEMBER_ADDED, "member", membership)
        .change(None, Some(told(&member)))
        .metadata(json!({ "invited_by": accepted.invited_by })))
}

fn received_by(linked: Linked) -> Received {
    Received {
        id: linked.id,
        organization_id: linked.organization_id,
        slug: linked.slug,
        name: linked.name,
        role: linked.role,
        approval_level: linked.approval_level,
        invited_by: linked.invited_by,
        created_at: linked.created_at,
    }
}

fn check_name(name: &str) -> Result<()> {
    let mut p = domain::invalid::Problems::default();
    let length = name.trim().chars().count();
    p.require((1..=150).contains(&length), "display_name", "give a name of at most 150 characters");
    Ok(p.done()?)
}

/// Somebody was quicker.
fn gone(error: store::Error) -> Error {
    match error {
        store::Error::RowCount { .. } => Error::NotFound,
        other => other.into(),
    }
}

pub(crate) fn since(now: Timestamp) -> Timestamp {
    now.plus_seconds(-DAYS * 86_400)
}

fn said(invitation: &Invitation) -> Value {
    json!({ "email": invitation.email, "role": invitation.role, "approval_level": invitation.approval_level })
}
