//! Observables of a case, and the cases that share them.

use domain::audit::{Action, AuditEntry};
use domain::case::Step;
use domain::case::observable::{MAX_PASTED, MAX_VALUE, Observable, paste};
use domain::permission::{CaseRead, CaseWrite};
use domain::{CaseId, Invalid, ObservableId};
use serde_json::json;

use super::{locked, record, user};
use crate::{Cx, Error, Result};

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
