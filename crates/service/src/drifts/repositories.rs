//! Repositories of infrastructure code. The first push makes one; people add where it lives.

use domain::audit::{Action, AuditEntry};
use domain::drift::{NewRepository, Push, Repository};
use domain::permission::{DriftRead, DriftWrite};
use domain::{IacRepositoryId, Timestamp};
use serde_json::{Value, json};

use crate::error::CHANGED;
use crate::{Cx, Error, Result};

/// Pushes that are shown.
const PUSHES: u32 = 50;

/// By environment and name.
pub async fn repositories(cx: &Cx<DriftRead>) -> Result<Vec<Repository>> {
    Ok(store::drift::repository::list(&mut cx.read().await?).await?)
}

pub async fn repository(cx: &Cx<DriftRead>, id: IacRepositoryId) -> Result<Repository> {
    store::drift::repository::get(&mut cx.read().await?, id).await?.ok_or(Error::NotFound)
}

/// What was pushed, the latest first.
pub async fn pushes(cx: &Cx<DriftRead>, id: IacRepositoryId) -> Result<Vec<Push>> {
    Ok(store::drift::repository::pushes(&mut cx.read().await?, id, PUSHES).await?)
}

pub async fn update_repository(
    cx: &Cx<DriftWrite>,
    id: IacRepositoryId,
    new: NewRepository,
) -> Result<Repository> {
    update_repository_with(cx, id, |_| Ok(new)).await
}

/// As [`update_repository`], of one that was read as it was at `seen`.
///
/// # Errors
/// `Conflict` where somebody changed it meanwhile.
pub async fn update_repository_seen(
    cx: &Cx<DriftWrite>,
    id: IacRepositoryId,
    seen: Timestamp,
    new: NewRepository,
) -> Result<Repository> {
    let unless_changed = |old: &Repository| {
        if old.updated_at == seen { Ok(new) } else { Err(Error::Conflict(CHANGED.to_owned())) }
    };
    update_repository_with(cx, id, unless_changed).await
}

/// As [`update_repository`], to what `new` makes of the repository as it is: nobody changes it in between.
pub async fn update_repository_with(
    cx: &Cx<DriftWrite>,
    id: IacRepositoryId,
    new: impl FnOnce(&Repository) -> Result<NewRepository>,
) -> Result<Repository> {
    let mut tx = cx.write().await?;
    store::drift::repository::lock(&mut tx, id).await?;
    let old = store::drift::repository::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let new = tidy(new(&old)?);
    new.check()?;
    let mut changed = Repository {
        name: new.name,
        repository_url: new.repository_url,
        branch: new.branch,
        updated_at: tx.now(),
        ..old.clone()
    };
    store::drift::repository::update(&mut tx, &changed).await.map_err(|error| match error {
        store::Error::Unique => Error::Conflict("the environment has a repository of this name".to_owned()),
        other => other.into(),
    })?;
    if let Some(secret) = new.credentials {
        let sealed = cx.services.secrets.seal(&place(id), secret.as_bytes())?;
        store::drift::repository::set_credentials(&mut tx, id, Some(sealed)).await?;
        changed.has_credentials = true;
    }
    tx.commit(updated(&old, &changed)).await?;
    Ok(changed)
}

/// Takes the credentials away.
pub async fn clear_credentials(cx: &Cx<DriftWrite>, id: IacRepositoryId) -> Result<()> {
    let mut tx = cx.write().await?;
    store::drift::repository::lock(&mut tx, id).await?;
    let old = store::drift::repository::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    if !old.has_credentials {
        return Ok(());
    }
    store::drift::repository::set_credentials(&mut tx, id, None).await?;
    let new = Repository { has_credentials: false, ..old.clone() };
    tx.commit(updated(&old, &new)).await?;
    Ok(())
}

fn tidy(new: NewRepository) -> NewRepository {
    let trimmed = |text: &str| text.trim().to_owned();
    NewRepository {
        name: trimmed(&new.name),
        branch: trimmed(&new.branch),
        repository_url: new.repository_url.map(|url| trimmed(&url)).filter(|url| !url.is_empty()),
        credentials: new.credentials.filter(|secret| !secret.is_empty()),
    }
}

/// What a sealed secret is bound to.
fn place(id: IacRepositoryId) -> String {
    format!("iac_repositories/{id}")
}

fn updated(old: &Repository, new: &Repository) -> AuditEntry {
    AuditEntry::new(Action::IAC_REPOSITORY_UPDATED, "repository", new.id)
        .change(Some(told(old)), Some(told(new)))
}

/// What the audit log keeps: never the secret.
pub(super) fn told(repository: &Repository) -> Value {
    json!({
        "name": repository.name, "repository_url": repository.repository_url, "branch": repository.branch, "tool": repository.tool,
        "has_credentials": repository.has_credentials,
    })
}
