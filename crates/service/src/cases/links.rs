//! What a case is about: events, groups and drifts.

use std::collections::HashMap;

use domain::audit::{Action, AuditEntry};
use domain::case::{Case, CaseFilter, CaseLink, CaseSort, LinkKind, MAX_LINKS, Step};
use domain::drift::{Drift, DriftFilter};
use domain::event::Event;
use domain::group::{Group, GroupFilter};
use domain::page::Page;
use domain::permission::{CaseRead, CaseWrite, DriftRead, GroupRead};
use domain::{CaseId, CaseLinkId, DriftId, GroupId, Invalid, Timestamp};
use serde_json::json;
use store::WriteTx;
use store::case::link::Linking;
use uuid::Uuid;

use super::{locked, record, user};
use crate::{Cx, Error, Result};

/// Cases of an event, group or drift, the latest first.
const SHOWN: u32 = 20;

/// Links with the events they lead to; one that is gone has none.
pub type CaseEvents = Page<(CaseLink, Option<Event>)>;

/// What a case is linked to, of one kind or of all, the latest linked first.
pub async fn links(
    cx: &Cx<CaseRead>,
    case: CaseId,
    kind: Option<LinkKind>,
    limit: u32,
    cursor: Option<&str>,
) -> Result<Page<CaseLink>> {
    let (after, limit) = (after(cursor)?, limit.clamp(1, super::MAX_PAGE));
    let mut tx = cx.read().await?;
    store::case::get(&mut tx, case).await?.ok_or(Error::NotFound)?;
    let links = match kind {
        Some(kind) => store::case::link::list(&mut tx, case, kind, after, limit + 1).await?,
        None => store::case::link::list_all(&mut tx, case, after, limit + 1).await?,
    };
    Ok(page(links, limit))
}

/// The events of a case, the latest linked first.
pub async fn events(cx: &Cx<CaseRead>, case: CaseId, limit: u32, cursor: Option<&str>) -> Result<CaseEvents> {
    let (after, limit) = (after(cursor)?, limit.clamp(1, super::MAX_PAGE));
    let mut tx = cx.read().await?;
    store::case::get(&mut tx, case).await?.ok_or(Error::NotFound)?;
    let links = store::case::link::list(&mut tx, case, LinkKind::Event, after, limit + 1).await?;
    let Page { items: links, next_cursor } = page(links, limit);
    let ids: Vec<Uuid> = links.iter().map(|link| link.target_id).collect();
    let events = store::event::by_ids(&mut tx, &ids).await?;
    let mut events: HashMap<Uuid, Event> = events.into_iter().map(|event| (event.id.0, event)).collect();
    let items = links.into_iter().map(|link| {
        let event = events.remove(&link.target_id);
        (link, event)
    });
    Ok(Page { items: items.collect(), next_cursor })
}

/// The groups of a case, the latest linked first.
pub async fn groups(
    cx: &Cx<CaseRead>,
    case: CaseId,
    limit: u32,
    cursor: Option<&str>,
) -> Result<Page<(CaseLink, Option<Group>)>> {
    let (after, limit) = (after(cursor)?, limit.clamp(1, super::MAX_PAGE));
    let mut tx = cx.read().await?;
    let links = store::case::link::list(&mut tx, case, LinkKind::Group, after, limit + 1).await?;
    let Page { items: links, next_cursor } = page(links, limit);
    let ids: Vec<GroupId> = links.iter().map(|link| GroupId(link.target_id)).collect();
    let groups = if ids.is_empty() { Vec::new() } else { store::group::get_many(&mut tx, &ids).await? };
    let mut groups: HashMap<Uuid, Group> = groups.into_iter().map(|group| (group.id.0, group)).collect();
    let items = links.into_iter().map(|link| {
        let group = groups.remove(&link.target_id);
        (link, group)
    });
    Ok(Page { items: items.collect(), next_cursor })
}

/// The drifts of a case, the latest linked first, and how many there are of all.
pub async fn drifts(
    cx: &Cx<CaseRead>,
    seen: &Cx<DriftRead>,
    case: CaseId,
    limit: u32,
) -> Result<(Vec<(CaseLink, Option<Drift>)>, i64)> {
    let limit = limit.clamp(1, super::MAX_PAGE);
    let mut tx = cx.read().await?;
    let links = store::case::link::list(&mut tx, case, LinkKind::Drift, None, limit).await?;
    let all = if links.len() < limit as usize {
        links.len() as i64
    } else {
        store::case::link::count(&mut tx, case, LinkKind::Drift).await?
    };
    // Who waits for one connection holds no other.
    drop(tx);
    Ok((with_drifts(&mut seen.read().await?, links).await?, all))
}

/// Links with the drifts they lead to.
pub(super) async fn with_drifts(
    tx: &mut impl store::Scoped,
    links: Vec<CaseLink>,
) -> Result<Vec<(CaseLink, Option<Drift>)>> {
    let ids: Vec<DriftId> = links.iter().map(|link| DriftId(link.target_id)).collect();
    let drifts = store::drift::by_ids(tx, &ids).await?;
    let mut drifts: HashMap<Uuid, Drift> = drifts.into_iter().map(|drift| (drift.id.0, drift)).collect();
    Ok(links
        .into_iter()
        .map(|link| {
            let drift = drifts.remove(&link.target_id);
            (link, drift)
        })
        .collect())
}

/// The cases that an event, a group or a drift is in, the latest first.
pub async fn linked_to(cx: &Cx<CaseRead>, kind: LinkKind, target: Uuid) -> Result<Vec<Case>> {
    let filter = CaseFilter { linked: Some((kind, target)), ..CaseFilter::default() };
    Ok(store::case::list(&mut cx.read().await?, &filter, CaseSort::Updated, None, SHOWN).await?)
}

/// Links a case to events, groups or drifts; says how many were not linked before. All of them must exist.
pub async fn link(cx: &Cx<CaseWrite>, case: CaseId, kind: LinkKind, targets: &[Uuid]) -> Result<u64> {
    let (mut tx, found) = locked(cx, case).await?;
    let added = put(cx, &mut tx, case, kind, targets).await?;
    if added == 0 {
        return Ok(0);
    }
    let action = match kind {
        LinkKind::Event => Action::EVENT_LINKED_TO_CASE,
        LinkKind::Group => Action::GROUP_LINKED_TO_CASE,
        LinkKind::Drift => Action::DRIFT_LINKED_TO_CASE,
    };
    let metadata = json!({ "number": found.number, "added": added, "ids": targets });
    tx.commit(AuditEntry::new(action, "case", case).metadata(metadata)).await?;
    Ok(added)
}

/// The groups that the filter leaves, to be linked.
///
/// # Errors
/// `Invalid` where there are none, or more than 5,000.
pub async fn groups_matching(seen: &Cx<GroupRead>, filter: &GroupFilter) -> Result<Vec<Uuid>> {
    let ids = store::group::ids(&mut seen.read().await?, filter, MAX_LINKS as u32 + 1).await?;
    linkable(ids.into_iter().map(|id| id.0).collect(), LinkKind::Group)
}

/// [`groups_matching`], of drifts.
pub async fn drifts_matching(seen: &Cx<DriftRead>, filter: &DriftFilter) -> Result<Vec<Uuid>> {
    let ids = store::drift::ids(&mut seen.read().await?, filter, MAX_LINKS as u32 + 1).await?;
    linkable(ids.into_iter().map(|id| id.0).collect(), LinkKind::Drift)
}

fn linkable(ids: Vec<Uuid>, kind: LinkKind) -> Result<Vec<Uuid>> {
    if ids.is_empty() {
        return Err(Invalid::field("filter", format!("no {kind} matches")).into());
    }
    if ids.len() > MAX_LINKS {
        let reason = format!("more than 5,000 {kind}s match; narrow the filter");
        return Err(Invalid::field("filter", reason).into());
    }
    Ok(ids)
}

/// Takes links away; says how many there were.
pub async fn unlink(cx: &Cx<CaseWrite>, case: CaseId, kind: LinkKind, targets: &[Uuid]) -> Result<u64> {
    check(targets)?;
    let (mut tx, found) = locked(cx, case).await?;
    let removed = store::case::link::remove(&mut tx, case, kind, targets).await?;
    if removed == 0 {
        return Ok(0);
    }
    let told = json!({ "kind": kind, "count": removed, "ids": targets });
    record(cx, &mut tx, case, Step::Unlinked, (told, json!({})), None).await?;
    let action = match kind {
        LinkKind::Event => Action::EVENT_UNLINKED_FROM_CASE,
        LinkKind::Group => Action::GROUP_UNLINKED_FROM_CASE,
        LinkKind::Drift => Action::DRIFT_UNLINKED_FROM_CASE,
    };
    let metadata = json!({ "number": found.number, "removed": removed, "ids": targets });
    tx.commit(AuditEntry::new(action, "case", case).metadata(metadata)).await?;
    Ok(removed)
}

/// Takes one link away, by its own id.
pub async fn remove_link(cx: &Cx<CaseWrite>, case: CaseId, id: CaseLinkId) -> Result<()> {
    let link = store::case::link::get(&mut cx.read().await?, case, id).await?.ok_or(Error::NotFound)?;
    match unlink(cx, case, link.kind, &[link.target_id]).await? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

fn after(cursor: Option<&str>) -> Result<Option<(Timestamp, Uuid)>> {
    let wrong = || Error::Invalid(Invalid::field("cursor", "take it from the page before, unchanged"));
    let after = cursor.map(|text| {
        let (at, id) = text.split_once('.').ok_or_else(wrong)?;
        let at = at.parse().ok().and_then(Timestamp::from_micros).ok_or_else(wrong)?;
        Ok((at, id.parse::<Uuid>().map_err(|_| wrong())?))
    });
    after.transpose()
}

/// A page of what was read with one more than `limit`.
fn page(mut links: Vec<CaseLink>, limit: u32) -> Page<CaseLink> {
    let more = links.len() > limit as usize;
    links.truncate(limit as usize);
    let last = links.last().filter(|_| more);
    let next_cursor = last.map(|last| format!("{}.{}", last.linked_at.micros(), last.id));
    Page { items: links, next_cursor }
}

/// In the transaction of whoever links.
pub(super) async fn put(
    cx: &Cx<CaseWrite>,
    tx: &mut WriteTx,
    case: CaseId,
    kind: LinkKind,
    targets: &[Uuid],
) -> Result<u64> {
    check(targets)?;
    let mut targets = targets.to_vec();
    targets.sort_unstable();
    targets.dedup();
    let known = match kind {
        LinkKind::Event => store::case::link::known_events(tx, &targets).await?,
        LinkKind::Group => store::case::link::known_groups(tx, &targets).await?,
        LinkKind::Drift => store::case::link::known_drifts(tx, &targets).await?,
    };
    if let Some(absent) = targets.iter().find(|id| !known.contains(id)) {
        let field = format!("{kind}_ids");
        return Err(Invalid::field(field, format!("there is no {kind} {absent}")).into());
    }
    let rows: Vec<_> = targets.iter().map(|target| (cx.services.clock.id(), *target)).collect();
    let added =
        store::case::link::add(tx, case, kind, &rows, Linking { by: user(cx), at: tx.now(), job: None })
            .await?;
    if added > 0 {
        let told = json!({ "kind": kind, "count": added, "ids": targets });
        record(cx, tx, case, Step::Linked, (json!({}), told), None).await?;
    }
    Ok(added)
}

fn check(targets: &[Uuid]) -> Result<()> {
    if targets.is_empty() {
        return Err(Invalid::field("ids", "choose at least one").into());
    }
    if targets.len() > MAX_LINKS {
        return Err(Invalid::field("ids", "choose at most 5,000 at a time").into());
    }
    Ok(())
}
