//! Environments of an organization: `prod`, `staging`.

use domain::audit::{Action, AuditEntry};
use domain::environment::{Environment, NewEnvironment};
use domain::permission::{EnvironmentRead, EnvironmentWrite};
use domain::{EnvironmentId, Timestamp};
use serde_json::{Value, json};
use store::WriteTx;

use crate::error::CHANGED;
use crate::{Cx, Error, Result};

/// By name.
pub async fn list(cx: &Cx<EnvironmentRead>) -> Result<Vec<Environment>> {
    Ok(store::environment::list(&mut cx.read().await?).await?)
}

pub async fn get(cx: &Cx<EnvironmentRead>, id: EnvironmentId) -> Result<Environment> {
    store::environment::get(&mut cx.read().await?, id).await?.ok_or(Error::NotFound)
}

pub async fn create(cx: &Cx<EnvironmentWrite>, new: NewEnvironment) -> Result<Environment> {
    new.check()?;
    let now = cx.now();
    let environment = Environment {
        id: cx.services.clock.id(),
        slug: new.slug,
        name: new.name.trim().to_owned(),
        cloud_provider: new.cloud_provider,
        region: new.region,
        account_id: new.account_id,
        tags: object(new.tags),
        is_active: true,
        created_at: now,
        updated_at: now,
    };
    let mut tx = cx.write().await?;
    store::environment::insert(&mut tx, &environment).await.map_err(slug_taken)?;
    tx.commit(created(&environment)).await?;
    Ok(environment)
}

/// The slug of an environment that events name stays: they carry it.
pub async fn update(
    cx: &Cx<EnvironmentWrite>,
    id: EnvironmentId,
    new: NewEnvironment,
) -> Result<Environment> {
    update_with(cx, id, |_| Ok(new)).await
}

/// As [`update`], to what `new` makes of the environment as it is: nobody changes it in between.
pub async fn update_with(
    cx: &Cx<EnvironmentWrite>,
    id: EnvironmentId,
    new: impl FnOnce(&Environment) -> Result<NewEnvironment>,
) -> Result<Environment> {
    let mut tx = cx.write().await?;
    store::organization::lock(&mut tx).await?;
    let old = store::environment::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let new = new(&old)?;
    new.check()?;
    change(tx, old, new).await
}

/// As [`update`], unless it was changed after `seen`.
pub async fn update_seen(
    cx: &Cx<EnvironmentWrite>,
    id: EnvironmentId,
    seen: Timestamp,
    new: NewEnvironment,
) -> Result<Environment> {
    let unless_changed = |old: &Environment| {
        if old.updated_at == seen { Ok(new) } else { Err(Error::Conflict(CHANGED.to_owned())) }
    };
    update_with(cx, id, unless_changed).await
}

async fn change(mut tx: WriteTx, old: Environment, new: NewEnvironment) -> Result<Environment> {
    if old.slug != new.slug && store::environment::has_events(&mut tx, &old.slug).await? {
        return Err(Error::Conflict(
            "events name this environment; its slug cannot change any more".to_owned(),
        ));
    }
    let environment = Environment {
        slug: new.slug,
        name: new.name.trim().to_owned(),
        cloud_provider: new.cloud_provider,
        region: new.region,
        account_id: new.account_id,
        tags: object(new.tags),
        updated_at: tx.now(),
        ..old.clone()
    };
    store::environment::update(&mut tx, &environment).await.map_err(slug_taken)?;
    tx.commit(updated(&old, &environment)).await?;
    Ok(environment)
}

/// It is offered no more; its events stay.
pub async fn deactivate(cx: &Cx<EnvironmentWrite>, id: EnvironmentId) -> Result<Environment> {
    set_active(cx, id, false).await
}

/// Ends [`deactivate`].
pub async fn activate(cx: &Cx<EnvironmentWrite>, id: EnvironmentId) -> Result<Environment> {
    set_active(cx, id, true).await
}

/// Only while no event names it; otherwise deactivate it.
pub async fn delete(cx: &Cx<EnvironmentWrite>, id: EnvironmentId) -> Result<()> {
    let mut tx = cx.write().await?;
    store::organization::lock(&mut tx).await?;
    let old = store::environment::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    if store::environment::has_events(&mut tx, &old.slug).await? {
        return Err(Error::Conflict("events name this environment; deactivate it instead".to_owned()));
    }
    if store::environment::has_repositories(&mut tx, id).await? {
        return Err(Error::Conflict(
            "repositories of infrastructure code belong to this environment; deactivate it instead"
                .to_owned(),
        ));
    }
    store::environment::delete(&mut tx, id).await?;
    Ok(tx
        .commit(
            AuditEntry::new(Action::ENVIRONMENT_DELETED, "environment", id).change(Some(told(&old)), None),
        )
        .await?)
}

async fn set_active(cx: &Cx<EnvironmentWrite>, id: EnvironmentId, is_active: bool) -> Result<Environment> {
    let mut tx = cx.write().await?;
    store::organization::lock(&mut tx).await?;
    let old = store::environment::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let environment = Environment { is_active, updated_at: tx.now(), ..old.clone() };
    store::environment::update(&mut tx, &environment).await?;
    tx.commit(updated(&old, &environment)).await?;
    Ok(environment)
}

fn updated(old: &Environment, new: &Environment) -> AuditEntry {
    AuditEntry::new(Action::ENVIRONMENT_UPDATED, "environment", new.id)
        .change(Some(told(old)), Some(told(new)))
}

pub(crate) fn created(environment: &Environment) -> AuditEntry {
    AuditEntry::new(Action::ENVIRONMENT_CREATED, "environment", environment.id)
        .change(None, Some(told(environment)))
}

/// What the audit log keeps of an environment.
fn told(environment: &Environment) -> Value {
    json!({
        "slug": environment.slug, "name": environment.name, "cloud_provider": environment.cloud_provider,
        "region": environment.region, "account_id": environment.account_id, "tags": environment.tags,
        "is_active": environment.is_active,
    })
}

fn object(tags: Value) -> Value {
    if tags.is_object() { tags } else { json!({}) }
}

fn slug_taken(error: store::Error) -> Error {
    match error {
        store::Error::Unique => Error::Conflict("an environment with this slug exists already".to_owned()),
        other => other.into(),
    }
}
