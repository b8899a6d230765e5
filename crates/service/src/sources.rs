//! Sources: where events come from.

use domain::audit::{Action, AuditEntry};
use domain::page::{MAX_LIMIT, Page};
use domain::permission::{SourceRead, SourceWrite};
use domain::source::{NewSource, Notifications, Source};
use domain::{PLATFORM, SourceId, Timestamp};
use serde_json::{Value, json};
use store::{SystemTx, WriteTx};

use crate::error::CHANGED;
use crate::{Actor, Cx, Error, Result, Services, api_keys};

/// By name, those whose names contain `within`; the cursor is the name of the last one shown.
pub async fn list(
    cx: &Cx<SourceRead>,
    within: &str,
    limit: u32,
    cursor: Option<&str>,
) -> Result<Page<Source>> {
    let limit = limit.clamp(1, MAX_LIMIT);
    let mut items = store::source::page(&mut cx.read().await?, within.trim(), cursor, limit + 1).await?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next_cursor = if more { items.last().map(|source| source.name.clone()) } else { None };
    Ok(Page { items, next_cursor })
}

/// Those of these ids that there are, in no order.
pub async fn by_ids(cx: &Cx<SourceRead>, ids: &[SourceId]) -> Result<Vec<Source>> {
    Ok(store::source::by_ids(&mut cx.read().await?, ids).await?)
}

pub async fn get(cx: &Cx<SourceRead>, id: SourceId) -> Result<Source> {
    store::source::get(&mut cx.read().await?, id).await?.ok_or(Error::NotFound)
}

pub async fn create(cx: &Cx<SourceWrite>, new: NewSource) -> Result<Source> {
    new.check()?;
    let now = cx.now();
    let source = Source {
        id: cx.services.clock.id(),
        name: new.name.trim().to_owned(),
        source_type: new.source_type,
        ip: new.ip,
        port: new.port,
        protocol: new.protocol,
        status: new.status,
        notifications: json!(Notifications {
            silent_after_minutes: new.silent_after_minutes,
            silent_since: None
        }),
        last_activity: None,
        event_count: 0,
        created_at: now,
        updated_at: now,
    };
    let mut tx = cx.write().await?;
    store::source::insert(&mut tx, &source).await.map_err(name_taken)?;
    tx.commit(created(&source)).await?;
    Ok(source)
}

pub async fn update(cx: &Cx<SourceWrite>, id: SourceId, new: NewSource) -> Result<Source> {
    update_with(cx, id, |_| Ok(new)).await
}

/// As [`update`], to what `new` makes of the source as it is: nobody changes it in between.
pub async fn update_with(
    cx: &Cx<SourceWrite>,
    id: SourceId,
    new: impl FnOnce(&Source) -> Result<NewSource>,
) -> Result<Source> {
    let mut tx = cx.write().await?;
    store::organization::lock(&mut tx).await?;
    let old = store::source::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let new = new(&old)?;
    new.check()?;
    change(tx, old, new).await
}

/// As [`update`], unless it was changed after `seen`. `kept`: what is told of it stays as it is.
pub async fn update_seen(
    cx: &Cx<SourceWrite>,
    id: SourceId,
    seen: Timestamp,
    mut new: NewSource,
    kept: bool,
) -> Result<Source> {
    let unless_changed = |old: &Source| {
        if old.updated_at != seen {
            return Err(Error::Conflict(CHANGED.to_owned()));
        }
        if kept {
            new.silent_after_minutes = old.notifications().silent_after_minutes;
        }
        Ok(new)
    };
    update_with(cx, id, unless_changed).await
}

async fn change(mut tx: WriteTx, old: Source, new: NewSource) -> Result<Source> {
    let id = old.id;
    let told_before = old.notifications();
    let same = new.status == "active" && told_before.silent_after_minutes == new.silent_after_minutes;
    let notifications = Notifications {
        silent_after_minutes: new.silent_after_minutes,
        silent_since: told_before.silent_since.filter(|_| same),
    };
    let source = Source {
        name: new.name.trim().to_owned(),
        source_type: new.source_type,
        ip: new.ip,
        port: new.port,
        protocol: new.protocol,
        status: new.status,
        notifications: json!(notifications),
        updated_at: tx.now(),
        ..old.clone()
    };
    store::source::update(&mut tx, &source).await.map_err(name_taken)?;
    tx.commit(
        AuditEntry::new(Action::SOURCE_UPDATED, "source", id).change(Some(told(&old)), Some(told(&source))),
    )
    .await?;
    Ok(source)
}

/// Only while it has no events; otherwise set its status to inactive. Its API keys are revoked with it.
///
/// # Errors
/// `Conflict` when it has events, or keys that whoever asks may not revoke.
pub async fn delete(cx: &Cx<SourceWrite>, id: SourceId) -> Result<()> {
    let mut tx = cx.write().await?;
    // No key is bound to it meanwhile.
    store::organization::lock(&mut tx).await?;
    let old = store::source::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let has_events =
        || Error::Conflict("this source has events; set its status to inactive instead".to_owned());
    // Said before anything of its keys; the deletion looks again.
    if old.event_count > 0 {
        return Err(has_events());
    }
    let revoked = api_keys::revoke_of_source(cx, &mut tx, id).await?;
    if !store::source::delete_without_events(&mut tx, id).await? {
        return Err(has_events());
    }
    // The end of the log is locked last, as by everybody.
    for entry in revoked {
        tx.also(cx.services.clock.id(), entry).await?;
    }
    tx.commit(AuditEntry::new(Action::SOURCE_DELETED, "source", id).change(Some(told(&old)), None)).await?;
    cx.services.memory.keys.forget_all();
    Ok(())
}

pub(crate) fn created(source: &Source) -> AuditEntry {
    AuditEntry::new(Action::SOURCE_CREATED, "source", source.id).change(None, Some(told(source)))
}

/// What the audit log keeps of a source.
fn told(source: &Source) -> Value {
    json!({
        "name": source.name, "source_type": source.source_type, "ip": source.ip, "port": source.port,
        "protocol": source.protocol, "status": source.status,
        "silent_after_minutes": source.notifications().silent_after_minutes,
    })
}

/// Looks at the sources of every organization; says of how many something was told. One that fails does not keep the others waiting.
///
/// # Errors
/// The last failure, after all were tried.
pub async fn watch_all(services: &Services) -> Result<usize> {
    let organizations = {
        let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
        store::organization::all(&mut tx).await?
    };
    let (mut told, mut failed) = (0, None);
    for organization in organizations.into_iter().filter(|o| o.is_active && o.id != PLATFORM) {
        let cx = services.admit::<SourceWrite>(&Actor::system("watch", organization.id))?;
        match watch(&cx).await {
            Ok(n) => told += n,
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(told), Err)
}

/// Tells, once each, which sources fell silent and which are heard again: an audit entry, and with it a change and what webhooks send.
pub async fn watch(cx: &Cx<SourceWrite>) -> Result<usize> {
    let now = cx.now();
    let found = store::source::watched(&mut cx.read().await?).await?;
    let listening = cx.services.started_at;
    if found.iter().all(|source| moved(source, listening, now).is_none()) {
        return Ok(0);
    }
    let mut tx = cx.write().await?;
    store::organization::lock(&mut tx).await?;
    let mut entries = Vec::new();
    for source in store::source::watched(&mut tx).await? {
        let Some((action, notifications)) = moved(&source, listening, now) else { continue };
        let about = json!({
            "name": source.name, "last_activity": source.last_activity,
            "silent_after_minutes": notifications.silent_after_minutes,
        });
        entries.push(AuditEntry::new(action, "source", source.id).metadata(about));
        // Nobody changed it: its version stays.
        store::source::update(&mut tx, &Source { notifications: json!(notifications), ..source }).await?;
    }
    let told = entries.len();
    let Some(last) = entries.pop() else { return Ok(0) };
    for entry in entries {
        tx.also(cx.services.clock.id(), entry).await?;
    }
    tx.commit(last).await?;
    Ok(told)
}

/// What is to be told of a source now, and what it is told from then on.
fn moved(source: &Source, listening: Timestamp, now: Timestamp) -> Option<(Action, Notifications)> {
    let before = source.notifications();
    let heard = |told| source.last_activity.is_some_and(|at| at > told);
    match before.silent_since {
        None if source.is_silent(listening, now) => {
            Some((Action::SOURCE_SILENT, Notifications { silent_since: Some(now), ..before }))
        }
        Some(told) if heard(told) => {
            Some((Action::SOURCE_HEARD, Notifications { silent_since: None, ..before }))
        }
        _ => None,
    }
}

fn name_taken(error: store::Error) -> Error {
    match error {
        store::Error::Unique => Error::Conflict("a source of this name exists already".to_owned()),
        other => other.into(),
    }
}
