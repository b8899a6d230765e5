//! Observables of a case, where events have them, and the cases that share them.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use domain::audit::{Action, AuditEntry};
use domain::case::Step;
use domain::case::observable::{MAX_PASTED, MAX_VALUE, Observable, paste};
use domain::filter::{Count, EventFilter};
use domain::permission::{CaseRead, CaseWrite, EventRead};
use domain::query;
use domain::{CaseId, Invalid, ObservableId, Timestamp};
use serde_json::json;

use super::{locked, record, user};
use crate::{Cx, Error, Result, events};

/// How far back sightings are counted.
pub const SIGHTING_DAYS: i64 = 30;
/// What a page waits for its sightings: those that were not counted by then are told without a number.
const WAIT: Duration = Duration::from_millis(300);

/// What became of a paste.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Added {
    pub added: usize,
    /// The case had them.
    pub known: usize,
}

/// By kind and value.
pub async fn observables(cx: &Cx<CaseRead>, case: CaseId) -> Result<Vec<Observable>> {
    Ok(store::case::observable::list(&mut cx.read().await?, case).await?)
}

/// Events of the last [`SIGHTING_DAYS`] days whose words hold an observable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sightings {
    pub count: Count,
    pub last: Option<Timestamp>,
}

/// One of a case.
pub async fn observable(cx: &Cx<CaseRead>, case: CaseId, id: ObservableId) -> Result<Observable> {
    store::case::observable::get(&mut cx.read().await?, case, id).await?.ok_or(Error::NotFound)
}

/// Of as many of them as can be counted while a page waits, in their order.
pub async fn sightings(
    cx: &Cx<EventRead>,
    observables: &[Observable],
) -> Result<HashMap<ObservableId, Sightings>> {
    let began = Instant::now();
    let mut found = HashMap::new();
    for one in observables {
        if began.elapsed() > WAIT {
            break;
        }
        if let Some(seen) = sightings_of(cx, one).await? {
            found.insert(one.id, seen);
        }
    }
    Ok(found)
}

/// None of a value without words, `::` say: that cannot be asked for.
pub async fn sightings_of(cx: &Cx<EventRead>, one: &Observable) -> Result<Option<Sightings>> {
    let now = cx.now();
    let Ok(query) = query::parse(&query::edit::phrase(&one.value), &query::EVENTS, now) else {
        return Ok(None);
    };
    let from = Some(now.plus_seconds(-SIGHTING_DAYS * 86_400));
    let filter = EventFilter { from, query: Some(query), ..EventFilter::default() };
    let count = events::count(cx, &filter).await?;
    let last = if count.n == 0 && count.exact {
        None
    } else {
        events::list(cx, &filter, 1, None).await?.items.first().map(|event| event.occurred_at)
    };
    Ok(Some(Sightings { count, last }))
}

/// Takes a paste apart and adds what the case has not. `ioc`: all of it says that something is wrong.
pub async fn add_observables(cx: &Cx<CaseWrite>, case: CaseId, text: &str, ioc: bool) -> Result<Added> {
    let pasted = paste(text);
    let problem = |reason: &str| Err(Invalid::field("observables", reason).into());
    match pasted.len() {
        0 => return problem("paste addresses, names, hashes or the like, one a line"),
        n if n > MAX_PASTED => return problem("paste at most 500 at a time"),
        _ => {}
    }
    if let Some(long) = pasted.iter().find(|one| one.value.chars().count() > MAX_VALUE) {
        let start: String = long.value.chars().take(40).collect();
        return problem(&format!("{start}… is longer than 2,000 characters"));
    }
    let (mut tx, found) = locked(cx, case).await?;
    let mut added = Vec::new();
    for one in &pasted {
        let id =
            store::case::observable::ensure(&mut tx, cx.services.clock.id(), one.kind, &one.value).await?;
        if store::case::observable::add(&mut tx, case, id, ioc, user(cx)).await? {
            added.push(json!({ "kind": one.kind, "value": one.value }));
        }
    }
    let outcome = Added { added: added.len(), known: pasted.len() - added.len() };
    if outcome.added == 0 {
        return Ok(outcome);
    }
    let told = json!({ "ioc": ioc, "observables": added });
    record(cx, &mut tx, case, Step::ObservableAdded, (json!({}), told.clone()), None).await?;
    let entry = AuditEntry::new(Action::OBSERVABLES_ADDED, "case", case).change(None, Some(told));
    tx.commit(entry.metadata(json!({ "number": found.number }))).await?;
    Ok(outcome)
}

pub async fn remove_observable(cx: &Cx<CaseWrite>, case: CaseId, id: ObservableId) -> Result<()> {
    let (mut tx, found) = locked(cx, case).await?;
    let old = store::case::observable::get(&mut tx, case, id).await?.ok_or(Error::NotFound)?;
    store::case::observable::remove(&mut tx, case, id).await?;
    let told = json!({ "kind": old.kind, "value": old.value });
    record(cx, &mut tx, case, Step::ObservableRemoved, (told.clone(), json!({})), None).await?;
    let entry = AuditEntry::new(Action::OBSERVABLE_REMOVED, "case", case).change(Some(told), None);
    tx.commit(entry.metadata(json!({ "number": found.number }))).await?;
    Ok(())
}
