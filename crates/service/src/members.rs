//! Members of an organization. It always keeps an admin who can sign in.

use std::collections::HashSet;

use domain::account::{NewUser, User};
use domain::audit::{Action, AuditEntry};
use domain::member::{ApprovalLevel, Member, NewMember, Role};
use domain::permission::{MemberRead, MemberWrite, PermissionSet};
use domain::provider_role::role_of;
use domain::{Invalid, MembershipId, OrganizationId, Timestamp, UserId};
use serde_json::{Value, json};
use store::{SystemTx, WriteTx, Writing};

use crate::auth::{hash_password, insert_user, made, normal_email, user_created};
use crate::error::CHANGED;
use crate::{Actor, Client, Cx, Error, Result, Services, Who, auth, cases, groups, organizations};

/// By e-mail.
pub async fn list(cx: &Cx<MemberRead>) -> Result<Vec<Member>> {
    let mut members = store::member::list(&mut cx.read().await?).await?;
    let elsewhere = elsewhere(cx).await?;
    for member in &mut members {
        member.elsewhere |= elsewhere.contains(&member.user_id);
    }
    Ok(members)
}

pub async fn get(cx: &Cx<MemberRead>, id: MembershipId) -> Result<Member> {
    let member = store::member::get(&mut cx.read().await?, id).await?.ok_or(Error::NotFound)?;
    let elsewhere = member.elsewhere || elsewhere(cx).await?.contains(&member.user_id);
    Ok(Member { elsewhere, ..member })
}

async fn elsewhere(cx: &Cx<MemberRead>) -> Result<HashSet<UserId>> {
    let mut tx = SystemTx::read_across_all_organizations(&cx.services.db).await?;
    Ok(store::account::elsewhere(&mut tx, cx.actor.organization).await?.into_iter().collect())
}

/// Adds an existing account, or makes one with the given first password. For who knows all accounts anyway: the platform
/// role and the command line. Everybody else invites ([`crate::invitations`]).
///
/// # Errors
/// `Forbidden` for everybody else, whatever the address is.
pub async fn add(cx: &Cx<MemberWrite>, new: NewMember) -> Result<Member> {
    let of_the_platform = match &cx.actor.who {
        Who::System(_) => true,
        Who::User(user) => user.is_sre,
        Who::ApiKey { .. } => false,
    };
    if !of_the_platform {
        return Err(Error::Forbidden);
    }
    new.check()?;
    let email = normal_email(&new.email);
    let existing = known(&cx.services, &email).await?;
    match (existing, &new.password) {
        (Some(user), _) => add_existing(cx, &user, &new).await,
        (None, Some(password)) => add_with_account(cx, &email, password, &new).await,
        (None, None) => Err(Invalid::field(
            "password",
            "nobody has an account with this e-mail; give a first password to make one",
        )
        .into()),
    }
}

/// Changes role and approval level.
pub async fn update(
    cx: &Cx<MemberWrite>,
    id: MembershipId,
    role: Role,
    approval_level: ApprovalLevel,
) -> Result<Member> {
    update_with(cx, id, |_| Ok((role, approval_level))).await
}

/// As [`update`], to what `new` makes of the member as it is: nobody changes it in between.
pub async fn update_with(
    cx: &Cx<MemberWrite>,
    id: MembershipId,
    new: impl FnOnce(&Member) -> Result<(Role, ApprovalLevel)>,
) -> Result<Member> {
    let mut tx = cx.write().await?;
    // Locks the organization, so that nobody is between look and change.
    let admins = store::member::count_admins(&mut tx).await?;
    let old = store::member::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let new = new(&old)?;
    change(cx, tx, admins, old, new).await
}

/// As [`update`], unless role or level are not `seen` any more.
pub async fn update_seen(
    cx: &Cx<MemberWrite>,
    id: MembershipId,
    seen: (Role, ApprovalLevel),
    new: (Role, ApprovalLevel),
) -> Result<Member> {
    let unless_changed = |old: &Member| {
        if (old.role, old.approval_level) == seen {
            Ok(new)
        } else {
            Err(Error::Conflict(CHANGED.to_owned()))
        }
    };
    update_with(cx, id, unless_changed).await
}

/// [`disable`] or [`enable`] together with what [`update_seen`] takes. One of both is changed at a time, so that neither is half done:
/// where it is enabled or disabled already, role and level are.
///
/// # Errors
/// `Invalid` where both would change.
pub async fn enable_seen(
    cx: &Cx<MemberWrite>,
    id: MembershipId,
    seen: (Role, ApprovalLevel),
    new: (Role, ApprovalLevel),
    enabled: bool,
) -> Result<Member> {
    let old = store::member::get(&mut cx.read().await?, id).await?.ok_or(Error::NotFound)?;
    if old.enabled == enabled {
        return update_seen(cx, id, seen, new).await;
    }
    if (old.role, old.approval_level) != seen {
        return Err(Error::Conflict(CHANGED.to_owned()));
    }
    if seen != new {
        let words = "change it by itself: with role and approval_level as they are";
        return Err(domain::Invalid::field("enabled", words).into());
    }
    set_enabled(cx, id, enabled).await
}

/// An API key gives nobody more than it may do itself: what a person can do then would outlive the key.
pub(crate) fn may_give(cx: &Cx<MemberWrite>, role: Role, level: ApprovalLevel) -> Result<()> {
    if !matches!(cx.actor.who, Who::ApiKey { .. }) {
        return Ok(());
    }
    // The account's own permissions, which no key has, are not given: everybody has them.
    let all = domain::api_key::permissions(&["all".to_owned()]);
    let has = |wanted: PermissionSet| wanted.intersect(cx.actor.permissions) == wanted;
    let decides = level == ApprovalLevel::None || has(all);
    if has(PermissionSet::of_role(role).intersect(all)) && decides { Ok(()) } else { Err(Error::Forbidden) }
}

/// Makes somebody's role in an organization what the groups say that the sign-in provider gives: a member of it from now on, another
/// role, or no member any more. What a person gave is left alone, and the last admin stays one.
pub(crate) async fn follow(
    services: &Services,
    organization: OrganizationId,
    user: UserId,
    groups: &[String],
    client: &Client,
) -> Result<()> {
    let actor = Actor { client: client.clone(), ..Actor::system("sign-in provider", organization) };
    let cx = services.admit::<MemberWrite>(&actor)?;
    let mut tx = cx.write().await?;
    let admins = store::member::count_admins(&mut tx).await?;
    let wanted = role_of(&store::provider_role::list(&mut tx).await?, groups);
    let now = tx.now();
    let present = store::member::of_user(&mut tx, user).await?;
    match (present, wanted) {
        (None, None) => Ok(()),
        (None, Some(role)) => {
            let id: MembershipId = services.clock.id();
            store::member::insert(&mut tx, id, user, role, ApprovalLevel::None, now).await?;
            store::member::mark_by_provider(&mut tx, id).await?;
            let member = store::member::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
            store::invitation::delete_of_email(&mut tx, &member.email).await?;
            tx.commit(added(&member)).await?;
            services.memory.keys.forget_all();
            Ok(())
        }
        (Some(old), _) if !old.by_provider || wanted == Some(old.role) => Ok(()),
        (Some(old), wanted) if keep_an_admin(&old, admins, "change").is_err() => {
            let would = wanted.map_or("no role", Role::as_str);
            let entry = AuditEntry::new(Action::MEMBER_UPDATED, "member", old.id)
                .failed(format!("the groups of the provider give {would}, and the last admin stays one"));
            Ok(tx.commit(entry).await?)
        }
        (Some(old), Some(role)) => {
            store::member::update(&mut tx, old.id, role, old.approval_level, now).await?;
            let new = Member { role, ..old.clone() };
            let entry = AuditEntry::new(Action::MEMBER_UPDATED, "member", old.id);
            tx.commit(entry.change(Some(told(&old)), Some(told(&new)))).await?;
            services.memory.keys.forget_all();
            Ok(())
        }
        (Some(old), None) => end(&cx, tx, old).await,
    }
}

async fn change(
    cx: &Cx<MemberWrite>,
    mut tx: WriteTx,
    admins: i64,
    old: Member,
    (role, approval_level): (Role, ApprovalLevel),
) -> Result<Member> {
    may_give(cx, role, approval_level)?;
    let id = old.id;
    if role != Role::Admin {
        keep_an_admin(&old, admins, "change the role of")?;
    }
    let now = tx.now();
    store::member::update(&mut tx, id, role, approval_level, now).await?;
    let new = Member { role, approval_level, ..old.clone() };
    tx.commit(
        AuditEntry::new(Action::MEMBER_UPDATED, "member", id).change(Some(told(&old)), Some(told(&new))),
    )
    .await?;
    cx.services.memory.keys.forget_all();
    Ok(new)
}

/// Ends the membership; the account stays. API keys the person made here stop working, and nobody has their groups
/// and open cases.
pub async fn remove(cx: &Cx<MemberWrite>, id: MembershipId) -> Result<()> {
    let mut tx = cx.write().await?;
    let admins = store::member::count_admins(&mut tx).await?;
    let old = store::member::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    keep_an_admin(&old, admins, "remove")?;
    end(cx, tx, old).await
}

async fn end(cx: &Cx<MemberWrite>, mut tx: WriteTx, old: Member) -> Result<()> {
    let id = old.id;
    let groups = groups::unassign(cx, &mut tx, old.user_id).await?;
    let cases = cases::unassign(cx, &mut tx, old.user_id).await?;
    store::member::delete(&mut tx, id).await?;
    tx.commit(
        AuditEntry::new(Action::MEMBER_REMOVED, "member", id)
            .change(Some(told(&old)), None)
            .metadata(json!({ "groups_unassigned": groups, "cases_unassigned": cases })),
    )
    .await?;
    cx.services.memory.keys.forget_all();
    Ok(())
}

/// Disables the account: it is signed out everywhere and cannot sign in. Only of a person who belongs to this organization
/// alone; others' accounts are the platform's.
pub async fn disable(cx: &Cx<MemberWrite>, id: MembershipId) -> Result<Member> {
    set_enabled(cx, id, false).await
}

/// Ends [`disable`].
pub async fn enable(cx: &Cx<MemberWrite>, id: MembershipId) -> Result<Member> {
    set_enabled(cx, id, true).await
}

/// For the command line: adds the account with this e-mail to an organization, making it with `password` when there is
/// none (an existing account keeps its own). `role`: `viewer`, `analyst`, `admin`, or `sre`, the platform role, which
/// makes no membership. The second of the answer: there was the account already.
pub async fn add_user(
    services: &Services,
    email: &str,
    slug: &str,
    role: &str,
    password: &str,
) -> Result<(User, bool)> {
    let organization = organizations::by_slug(services, slug).await?;
    let email = normal_email(email);
    let actor = Actor::system("command line", organization.id);
    let existing = {
        let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
        store::account::by_email(&mut tx, &email).await?.map(|c| c.user)
    };
    if role != "sre" {
        let role: Role =
            role.parse().map_err(|_| Invalid::field("role", "not a role: viewer, analyst, admin or sre"))?;
        let new = NewMember {
            email: email.clone(),
            role,
            approval_level: ApprovalLevel::None,
            display_name: None,
            password: Some(password.to_owned()),
        };
        add(&services.admit::<MemberWrite>(&actor)?, new).await?;
        let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
        let user = store::account::by_email(&mut tx, &email).await?.ok_or(Error::NotFound)?.user;
        return Ok((user, existing.is_some()));
    }
    if let Some(user) = existing {
        Ok((promote(services, user).await?, true))
    } else {
        let new = NewUser {
            username: email.clone(),
            email,
            display_name: None,
            password: password.to_owned(),
            is_sre: true,
        };
        Ok((auth::create_user(&services.admit(&Actor::platform("command line"))?, new).await?, false))
    }
}

/// What the audit log keeps of a member.
pub(crate) fn told(member: &Member) -> Value {
    json!({ "email": member.email, "role": member.role, "approval_level": member.approval_level, "enabled": member.enabled, "by_provider": member.by_provider })
}

fn keep_an_admin(member: &Member, admins: i64, verb: &str) -> Result<()> {
    if member.role == Role::Admin && member.enabled && admins <= 1 {
        return Err(Error::Conflict(format!(
            "you cannot {verb} the last admin; make somebody else an admin first"
        )));
    }
    Ok(())
}

/// Who has the address, if it is known to be theirs.
async fn known(services: &Services, email: &str) -> Result<Option<User>> {
    let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
    let found = store::account::by_email(&mut tx, email).await?.map(|c| c.user);
    if let Some(user) = &found {
        confirmed(&mut tx, user).await?;
    }
    Ok(found)
}

async fn add_existing(cx: &Cx<MemberWrite>, user: &User, new: &NewMember) -> Result<Member> {
    let id: MembershipId = cx.services.clock.id();
    let mut tx = cx.write().await?;
    let now = tx.now();
    if store::member::role(&mut tx, user.id).await?.is_some() {
        return Err(already_a_member());
    }
    let member = insert(&mut tx, id, user, new, now).await?;
    tx.commit(added(&member)).await?;
    cx.services.memory.keys.forget_all();
    Ok(member)
}

async fn add_with_account(
    cx: &Cx<MemberWrite>,
    email: &str,
    password: &str,
    new: &NewMember,
) -> Result<Member> {
    let services = &cx.services;
    let phc = hash_password(services, password).await?;
    let id: MembershipId = services.clock.id();
    let actor = cx.actor.audit();
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    let username = free_username(&mut tx, email).await?;
    let user = NewUser {
        email: email.to_owned(),
        username,
        display_name: new.display_name.clone(),
        password: String::new(),
        is_sre: false,
    };
    let user = made(services, &user);
    insert_user(&mut tx, &user, &phc).await?;
    let member = insert(&mut tx.within(cx.actor.organization), id, &user, new, cx.now()).await?;
    let here = cx.actor.organization;
    tx.append_in(here, &actor, services.stamp(), user_created(&user)).await?;
    tx.append_in(here, &actor, services.stamp(), added(&member)).await?;
    tx.commit(&actor, services.stamp(), user_created(&user)).await?;
    Ok(member)
}

/// The part before the @ where it is free, else the whole address.
pub(crate) async fn free_username(tx: &mut SystemTx, email: &str) -> Result<String> {
    let short = email.split('@').next().unwrap_or(email).to_owned();
    Ok(if store::account::username_taken(tx, &short).await? { email.to_owned() } else { short })
}

async fn insert(
    tx: &mut impl Writing,
    id: MembershipId,
    user: &User,
    new: &NewMember,
    now: Timestamp,
) -> Result<Member> {
    store::member::insert(tx, id, user.id, new.role, new.approval_level, now).await.map_err(|error| {
        match error {
            store::Error::Unique => already_a_member(),
            other => other.into(),
        }
    })?;
    store::invitation::delete_of_email(tx, &user.email).await?;
    store::member::get(tx, id).await?.ok_or(Error::NotFound)
}

pub(crate) fn added(member: &Member) -> AuditEntry {
    AuditEntry::new(Action::MEMBER_ADDED, "member", member.id).change(None, Some(told(member)))
}

pub(crate) fn already_a_member() -> Error {
    Error::Conflict("this person is a member already; change the role instead".to_owned())
}

async fn set_enabled(cx: &Cx<MemberWrite>, id: MembershipId, enabled: bool) -> Result<Member> {
    let services = &cx.services;
    let here = cx.actor.organization;
    let now = cx.now();
    let actor = cx.actor.audit();
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    let admins = store::member::count_admins(&mut tx.within(here)).await?;
    let old = store::member::get(&mut tx.within(here), id).await?.ok_or(Error::NotFound)?;
    if old.enabled == enabled {
        return Ok(old);
    }
    let user = store::account::get(&mut tx, old.user_id).await?.ok_or(Error::NotFound)?;
    if user.is_sre || store::account::count_memberships(&mut tx, user.id).await? > 1 {
        return Err(Error::Conflict(
            "this account is not this organization's alone; remove the member instead".to_owned(),
        ));
    }
    if !enabled {
        keep_an_admin(&old, admins, "disable")?;
        if matches!(&cx.actor.who, Who::User(me) if me.id == user.id) {
            return Err(Error::Conflict("you cannot disable yourself".to_owned()));
        }
        store::session::revoke_devices(&mut tx, user.id, now).await?;
    }
    store::account::set_enabled(&mut tx, user.id, enabled, now).await?;
    let new = Member { enabled, ..old.clone() };
    let entry =
        AuditEntry::new(Action::MEMBER_UPDATED, "member", id).change(Some(told(&old)), Some(told(&new)));
    tx.append_in(here, &actor, services.stamp(), entry).await?;
    let entry = AuditEntry::new(Action::USER_UPDATED, "user", user.id)
        .change(Some(auth::told(&user)), Some(auth::told(&User { enabled, ..user.clone() })));
    tx.commit(&actor, services.stamp(), entry).await?;
    services.memory.keys.forget_all();
    Ok(new)
}

/// Who chose an account's password by a link has shown the link, not the address.
async fn confirmed(tx: &mut SystemTx, user: &User) -> Result<()> {
    if store::account::is_confirmed(tx, user.id).await? {
        return Ok(());
    }
    let words = "this account was made by an invitation's link, which does not show that the address is the person's; confirm it (`watchroom user confirm EMAIL`) or invite them by a link";
    Err(Error::Conflict(words.to_owned()))
}

async fn promote(services: &Services, user: User) -> Result<User> {
    if user.is_sre {
        return Err(Error::Conflict("this account has the platform role already".to_owned()));
    }
    let stamp = services.stamp();
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    confirmed(&mut tx, &user).await?;
    store::account::set_sre(&mut tx, user.id, true, stamp.now).await?;
    let new = User { is_sre: true, updated_at: stamp.now, ..user.clone() };
    let entry = AuditEntry::new(Action::USER_UPDATED, "user", user.id)
        .change(Some(auth::told(&user)), Some(auth::told(&new)));
    auth::end(services, tx, user.id, &Actor::platform("command line").audit(), stamp, entry).await?;
    services.memory.keys.forget_all();
    Ok(new)
}
