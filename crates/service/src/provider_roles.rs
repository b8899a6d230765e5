//! Which role a group of the sign-in provider gives in an organization. It is given at people's next sign-in
//! (`members::follow`), and taken then.
//!
//! The groups are of the whole installation: with one of them an organization's admin would enrol people of other organizations, who
//! never agreed. So while there is more than one organization, groups are given by the platform role only.

use domain::audit::{Action, AuditEntry};
use domain::member::{ApprovalLevel, Role};
use domain::permission::{MemberRead, MemberWrite, Permission};
use domain::provider_role::{ProviderRole, check};
use serde_json::json;
use store::{SystemTx, WriteTx};

use crate::error::CHANGED;
use crate::members::may_give;
use crate::{Cx, Error, Result, Who};

/// By the name of the group.
pub async fn list(cx: &Cx<MemberRead>) -> Result<Vec<ProviderRole>> {
    Ok(sorted(store::provider_role::list(&mut cx.read().await?).await?))
}

/// Gives a group a role; another one in place of what it gave.
pub async fn set(cx: &Cx<MemberWrite>, group: &str, role: Role) -> Result<()> {
    let one = ProviderRole { group: group.trim().to_owned(), role };
    one.check()?;
    let mut tx = cx.write().await?;
    let old = held(&mut tx).await?;
    let mut new: Vec<_> = old.iter().filter(|other| other.group != one.group).cloned().collect();
    new.push(one);
    replace(cx, tx, old, new).await?;
    Ok(())
}

/// A group gives nothing any more.
pub async fn remove(cx: &Cx<MemberWrite>, group: &str) -> Result<()> {
    let mut tx = cx.write().await?;
    let old = held(&mut tx).await?;
    let new: Vec<_> = old.iter().filter(|other| other.group != group).cloned().collect();
    if new.len() == old.len() {
        return Err(Error::NotFound);
    }
    replace(cx, tx, old, new).await?;
    Ok(())
}

/// All of them, unless they are not as they were `seen`.
pub async fn replace_seen(
    cx: &Cx<MemberWrite>,
    seen: &str,
    new: Vec<ProviderRole>,
) -> Result<Vec<ProviderRole>> {
    let mut tx = cx.write().await?;
    let old = held(&mut tx).await?;
    if version(&old) != seen {
        return Err(Error::Conflict(CHANGED.to_owned()));
    }
    replace(cx, tx, old, new).await
}

/// Names what they are: other ones have another name.
pub fn version(all: &[ProviderRole]) -> String {
    use sha2::Digest as _;
    let mut hash = sha2::Sha256::new();
    for one in all {
        hash.update((one.group.len() as u64).to_be_bytes());
        hash.update(&one.group);
        hash.update(one.role.as_str());
    }
    domain::audit::hex(&hash.finalize())[..16].to_owned()
}

/// As they are, while nobody else changes them: the organization is locked.
async fn held(tx: &mut WriteTx) -> Result<Vec<ProviderRole>> {
    store::member::count_admins(tx).await?;
    Ok(sorted(store::provider_role::list(tx).await?))
}

async fn replace(
    cx: &Cx<MemberWrite>,
    mut tx: WriteTx,
    old: Vec<ProviderRole>,
    new: Vec<ProviderRole>,
) -> Result<Vec<ProviderRole>> {
    check(&new)?;
    if new.iter().any(|one| !old.contains(one)) && !may_map(cx).await? {
        return Err(Error::Forbidden);
    }
    for one in new.iter().filter(|one| !old.contains(one)) {
        may_give(cx, one.role, ApprovalLevel::None)?;
    }
    let new = sorted(new);
    if new == old {
        return Ok(new);
    }
    let now = tx.now();
    store::provider_role::clear(&mut tx).await?;
    for one in &new {
        store::provider_role::insert(&mut tx, one, now).await?;
    }
    let entry = AuditEntry::new(Action::PROVIDER_ROLES_CHANGED, "provider_roles", cx.actor.organization);
    tx.commit(entry.change(Some(json!({ "groups": old })), Some(json!({ "groups": new })))).await?;
    Ok(new)
}

/// Whether groups are this person's to give roles to.
pub async fn may_map<P: Permission>(cx: &Cx<P>) -> Result<bool> {
    let of_the_platform = match &cx.actor.who {
        Who::User(user) => user.is_sre,
        Who::ApiKey { .. } => false,
        Who::System(_) => true,
    };
    let mut tx = SystemTx::read_across_all_organizations(&cx.services.db).await?;
    Ok(of_the_platform || store::organization::all(&mut tx).await?.len() == 1)
}

/// The databases sort by rules of their own.
fn sorted(mut all: Vec<ProviderRole>) -> Vec<ProviderRole> {
    all.sort_by(|a, b| a.group.cmp(&b.group));
    all
}
