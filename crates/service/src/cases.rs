//! Cases: open, edit, work on, resolve; what is in them is in the modules below.

mod bulk;
mod entries;
mod evidence;
mod export;
mod fields;
mod handover;
mod jobs;
mod links;
mod mentions;
mod merges;
mod notes;
mod observables;
mod over_time;
mod reviews;
mod saving;
mod similar;
mod tags;
mod tasks;
mod templates;

use domain::audit::{Action, AuditEntry};
use domain::case::field::FieldValues;
use domain::case::{self, Act, Case, CaseFilter, CaseSort, Change, LinkKind, NewCase, Status, Step};
use domain::page::Page;
use domain::permission::{CaseRead, CaseWrite, Mutating, Permission};
use domain::{CaseId, Invalid, Timestamp, UserId};
use serde_json::{Value, json};
use store::WriteTx;
use store::case::After;
use store::facet::Facets;
use uuid::Uuid;

pub use bulk::{action, change_many, change_matching, ids_of, undo};
pub use entries::{add_entry, delete_entry, entries};
pub use evidence::{
    Intake, Verdict, add_evidence, begin_evidence, custody, download_evidence, evidence, evidence_count,
    remove_evidence, verify_evidence,
};
pub use export::export;
pub use fields::{
    archive_field, change_field_with, define_field, field_counts, field_lines, fields, move_field, people,
};
pub use handover::{handover, handover_since};
pub use jobs::{
    cancel_job, count_matching, jobs, link_matching, open_matching, run_job, run_jobs, step_job,
    take_job_back,
};
pub use links::{
    CaseEvents, drifts, drifts_matching, events, groups, groups_matching, link, linked_to, links,
    remove_link, unlink,
};
pub use mentions::{count_mentions, mentions, named, named_in, read_all_mentions, read_mention};
pub use merges::{merge_cases, merge_of, merged, unmerge};
pub use notes::{add_note, delete_note, earlier_notes, edit_note, note_hash, note_revisions, notes};
pub use observables::{
    Added, SIGHTING_DAYS, Sightings, add_observables, observable, observables, remove_observable, sightings,
    sightings_of,
};
pub use over_time::{Span, opened};
pub use reviews::{four_eyes, length, review, reviews, withdraw_review};
pub use saving::{Clash, Saved, clash, note_clash, save};
pub use similar::similar;
pub use tags::{
    TagMerge, create_tag, delete_tag, merge_tags, preview_merge, rename_tag, rename_tag_seen,
    rename_tag_with, tags,
};
pub use tasks::{
    add_task, change_task, complete_task, count_open_tasks, delete_task, move_task, open_tasks, task_of,
    tasks,
};
pub use templates::{archive_template, change_template_with, define_template, template, templates};

use crate::error::CHANGED;
use crate::{Cx, Error, Result, Who};

const MAX_PAGE: u32 = 200;
/// Lines of a case's history that are read.
const HISTORY: u32 = 1_000;

/// A page of cases.
pub async fn list(
    cx: &Cx<CaseRead>,
    filter: &CaseFilter,
    sort: CaseSort,
    limit: u32,
    cursor: Option<&str>,
) -> Result<Page<Case>> {
    let after = cursor.map(|text| parse_cursor(text, sort)).transpose()?;
    let limit = limit.clamp(1, MAX_PAGE);
    let mut items = store::case::list(&mut cx.read().await?, filter, sort, after, limit + 1).await?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next_cursor = if more { items.last().map(|last| write_cursor(last, sort)) } else { None };
    Ok(Page { items, next_cursor })
}

/// So many of the latest cases are counted by their fields.
pub const FACETED: u32 = 2_000;
/// Values of a field that are told.
const FACET_VALUES: usize = 12;

/// What the cases of a list have, field by field.
pub async fn facets(cx: &Cx<CaseRead>, filter: &CaseFilter) -> Result<Facets> {
    Ok(store::case::facet::list(&mut cx.read().await?, filter, FACETED, FACET_VALUES).await?)
}

/// All values that those cases have: what is offered while a query is typed.
pub async fn values(cx: &Cx<CaseRead>) -> Result<Facets> {
    let filter = CaseFilter::default();
    Ok(store::case::facet::list(&mut cx.read().await?, &filter, FACETED, usize::MAX).await?)
}

/// How many cases there are for the tabs of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub open: i64,
    pub investigating: i64,
    pub resolved: i64,
    /// Open or investigated, of the person who asks.
    pub mine: i64,
    /// Open or investigated, of nobody.
    pub unassigned: i64,
    /// Open or investigated, and their time is over.
    pub overdue: i64,
}

pub async fn counts(cx: &Cx<CaseRead>, filter: &CaseFilter) -> Result<Counts> {
    let (mut tx, now) = (cx.read().await?, cx.now());
    let mut counts = Counts::default();
    for (status, [n, mine, nobody, overdue]) in store::case::counts(&mut tx, filter, user(cx), now).await? {
        match status {
            Status::Open => counts.open = n,
            Status::Investigating => counts.investigating = n,
            Status::Resolved => {
                counts.resolved = n;
                continue;
            }
        }
        counts.mine += mine;
        counts.unassigned += nobody;
        counts.overdue += overdue;
    }
    Ok(counts)
}

pub async fn get(cx: &Cx<CaseRead>, id: CaseId) -> Result<Case> {
    store::case::get(&mut cx.read().await?, id).await?.ok_or(Error::NotFound)
}

/// By `CASE-42`, `42` or the id.
pub async fn find(cx: &Cx<CaseRead>, name: &str) -> Result<Case> {
    let mut tx = cx.read().await?;
    let found = match (case::number(name), name.parse()) {
        (Some(number), _) => store::case::by_number(&mut tx, number).await?,
        (None, Ok(id)) => store::case::get(&mut tx, id).await?,
        (None, Err(_)) => None,
    };
    found.ok_or(Error::NotFound)
}

/// What happened to a case, the latest first.
pub async fn history(cx: &Cx<CaseRead>, id: CaseId) -> Result<Vec<Change>> {
    Ok(store::case::history::list(&mut cx.read().await?, id, HISTORY).await?)
}

/// Opens a case, about these events, groups and drifts if any.
pub async fn open(cx: &Cx<CaseWrite>, new: NewCase, about: &[(LinkKind, Uuid)]) -> Result<Case> {
    let new = new.tidy();
    new.check()?;
    let mut tx = cx.write().await?;
    is_member(&mut tx, new.assigned_to_id).await?;
    let now = tx.now();
    let template = match new.template_id {
        None => None,
        Some(id) => Some(templates::offered(&mut tx, id).await.map_err(|error| match error {
            Error::NotFound => Invalid::field("template_id", "there is no such template").into(),
            other => other,
        })?),
    };
    let values = fields::settle(&mut tx, &FieldValues::new(), &new.fields.unwrap_or_default()).await?;
    let mut case = Case {
        id: cx.services.clock.id(),
        number: store::case::next_number(&mut tx).await?,
        status: Status::Open,
        resolution: None,
        created_by_id: user(cx),
        created_at: now,
        resolved_at: None,
        assignee: None,
        link_count: 0,
        note_count: 0,
        task_count: 0,
        tasks_done: 0,
        observable_count: 0,
        version: 1,
        updated_at: now,
        title: new.title,
        description: new.description,
        priority: new.priority,
        severity: new.severity,
        tlp: new.tlp,
        pap: new.pap,
        assigned_to_id: new.assigned_to_id,
        due_at: new.due_at,
        tags: new.tags,
        fields: values,
        in_review: false,
        merged_tags: Vec::new(),
        merged_into: None,
        merged_number: None,
        merged_count: 0,
    };
    store::case::insert(&mut tx, &case).await?;
    if !case.fields.is_empty() {
        fields::write(&mut tx, &case).await?;
    }
    store::tag::put(&mut tx, case.id, &case.tags, || cx.services.clock.id()).await?;
    record_as(cx, &mut tx, case.id, Step::Opened, (json!({}), told(&case)), None, Some(1)).await?;
    if let Some(template) = &template {
        templates::apply(cx, &mut tx, &case, template).await?;
    }
    for kind in LinkKind::ALL {
        let targets: Vec<Uuid> = about.iter().filter(|(of, _)| of == kind).map(|(_, id)| *id).collect();
        if !targets.is_empty() {
            links::put(cx, &mut tx, case.id, *kind, &targets).await?;
        }
    }
    case = store::case::get(&mut tx, case.id).await?.ok_or(Error::NotFound)?;
    let entry = AuditEntry::new(Action::CASE_CREATED, "case", case.id)
        .change(None, Some(told(&case)))
        .metadata(json!({
            "number": case.number, "links": case.link_count, "template_id": template.as_ref().map(|template| template.id),
        }));
    tx.commit(entry).await?;
    Ok(case)
}

/// Changes what a case says. `version` is the one that the change was made from: when somebody was faster, nothing is written.
pub async fn edit(cx: &Cx<CaseWrite>, id: CaseId, version: i64, new: NewCase) -> Result<Case> {
    let new = new.tidy();
    new.check()?;
    let (tx, old) = locked(cx, id).await?;
    if old.version != version {
        return Err(stale());
    }
    edited(cx, tx, old, new).await
}

/// Writes what a locked case says from now on.
async fn edited(cx: &Cx<CaseWrite>, mut tx: WriteTx, old: Case, new: NewCase) -> Result<Case> {
    let id = old.id;
    let values = match &new.fields {
        Some(values) => fields::settle(&mut tx, &old.fields, values).await?,
        None => old.fields.clone(),
    };
    let new = NewCase { fields: Some(values.clone()), template_id: None, ..new };
    if NewCase::of(&old) == new {
        return Ok(old);
    }
    if new.assigned_to_id != old.assigned_to_id {
        is_member(&mut tx, new.assigned_to_id).await?;
    }
    let case = Case {
        title: new.title,
        description: new.description,
        priority: new.priority,
        severity: new.severity,
        tlp: new.tlp,
        pap: new.pap,
        assigned_to_id: new.assigned_to_id,
        due_at: new.due_at,
        tags: new.tags,
        fields: values,
        ..old.clone()
    };
    let step = if case.assigned_to_id == old.assigned_to_id { Step::Edited } else { Step::Assigned };
    if case.tags != old.tags {
        store::tag::put(&mut tx, id, &case.tags, || cx.services.clock.id()).await?;
    }
    if case.fields != old.fields {
        fields::write(&mut tx, &case).await?;
    }
    finish(cx, tx, old, case, step, None, Action::CASE_UPDATED).await
}

/// Begins, resolves or reopens an investigation.
pub async fn act(cx: &Cx<CaseWrite>, id: CaseId, act: &Act) -> Result<Case> {
    act.check()?;
    let (mut tx, old) = locked(cx, id).await?;
    let (status, step) = act.on(old.status).map_err(|why| Error::Conflict(why.to_owned()))?;
    if step == Step::Resolved {
        fields::complete(&mut tx, &old).await?;
    }
    if let Act::Resolve { resolution, reason } = act
        && reviews::wanted(&mut tx).await?
    {
        return reviews::request(cx, tx, old, *resolution, reason.trim()).await;
    }
    if step == Step::Resolved && old.in_review {
        // Asked while a second person closed cases; that stands.
        return Err(Error::Conflict("it waits for a review; withdraw that first".to_owned()));
    }
    let now = tx.now();
    let (resolution, reason, action) = match act {
        Act::Investigate => (None, None, Action::CASE_STARTED),
        Act::Resolve { resolution, reason } => (Some(*resolution), Some(reason), Action::CASE_RESOLVED),
        Act::Reopen { reason } => (None, Some(reason), Action::CASE_REOPENED),
    };
    let case = Case {
        status,
        resolution,
        resolved_at: (status == Status::Resolved).then_some(now),
        // Who begins has it, unless somebody has.
        assigned_to_id: old.assigned_to_id.or(if step == Step::Started { user(cx) } else { None }),
        ..old.clone()
    };
    finish(cx, tx, old, case, step, reason.map(|reason| reason.trim()), action).await
}

/// Gives a case to a member, or to nobody.
pub async fn assign(cx: &Cx<CaseWrite>, id: CaseId, to: Option<UserId>) -> Result<Case> {
    let (mut tx, old) = locked(cx, id).await?;
    if old.assigned_to_id == to {
        return Ok(old);
    }
    is_member(&mut tx, to).await?;
    let case = Case { assigned_to_id: to, ..old.clone() };
    finish(cx, tx, old, case, Step::Assigned, None, Action::CASE_UPDATED).await
}

/// Takes their open cases from somebody who leaves, in the transaction that ends the membership. Says how many.
pub(crate) async fn unassign<P: Mutating>(cx: &Cx<P>, tx: &mut WriteTx, user: UserId) -> Result<usize> {
    let ids = store::case::of_member(tx, user).await?;
    for id in &ids {
        let Some(old) = store::case::lock(tx, *id).await? else { continue };
        let new =
            Case { assigned_to_id: None, version: old.version + 1, updated_at: tx.now(), ..old.clone() };
        store::case::update(tx, &new).await?;
        let changed = differing(&told(&old), &told(&new));
        record_as(cx, tx, *id, Step::Assigned, changed, None, Some(new.version)).await?;
    }
    Ok(ids.len())
}

/// Writes a changed case with its history and audit entry.
async fn finish(
    cx: &Cx<CaseWrite>,
    tx: WriteTx,
    old: Case,
    new: Case,
    step: Step,
    reason: Option<&str>,
    action: Action,
) -> Result<Case> {
    let metadata = json!({ "number": new.number, "reason": reason });
    save_with(cx, tx, old, new, step, reason, (action, metadata)).await
}

async fn save_with<P: Mutating>(
    cx: &Cx<P>,
    mut tx: WriteTx,
    old: Case,
    new: Case,
    step: Step,
    reason: Option<&str>,
    (action, metadata): (Action, Value),
) -> Result<Case> {
    let new = Case { version: old.version + 1, updated_at: tx.now(), ..new };
    store::case::update(&mut tx, &new).await?;
    let (before, after) = differing(&told(&old), &told(&new));
    record_as(cx, &mut tx, new.id, step, (before.clone(), after.clone()), reason, Some(new.version)).await?;
    let case = store::case::get(&mut tx, new.id).await?.ok_or(Error::NotFound)?;
    let entry = AuditEntry::new(action, "case", new.id).change(Some(before), Some(after)).metadata(metadata);
    tx.commit(entry).await?;
    Ok(case)
}

/// Of a change inside a case: its history, and the case is newer.
async fn record<P: Mutating>(
    cx: &Cx<P>,
    tx: &mut WriteTx,
    case_id: CaseId,
    step: Step,
    changed: (Value, Value),
    reason: Option<&str>,
) -> Result<()> {
    record_as(cx, tx, case_id, step, changed, reason, None).await
}

/// [`record`], of a change of the case itself, which has this version then.
async fn record_as<P: Mutating>(
    cx: &Cx<P>,
    tx: &mut WriteTx,
    case_id: CaseId,
    step: Step,
    (old, new): (Value, Value),
    reason: Option<&str>,
    version: Option<i64>,
) -> Result<()> {
    let actor = cx.actor.audit();
    let change = Change {
        id: cx.services.clock.id(),
        case_id,
        at: tx.now(),
        actor_id: actor.user_id,
        actor: actor.label,
        step,
        old,
        new,
        reason: reason.map(str::to_owned),
        action_id: None,
        version,
    };
    store::case::history::add(tx, &change).await?;
    Ok(store::case::touch(tx, case_id).await?)
}

/// A case to be changed.
///
/// # Errors
/// `Conflict` where it is in another: that one is changed.
async fn locked<P: Mutating>(cx: &Cx<P>, id: CaseId) -> Result<(WriteTx, Case)> {
    let (mut tx, case) = locked_as_it_is(cx, id).await?;
    unmerged(&mut tx, case.merged_into).await?;
    Ok((tx, case))
}

/// A case of which something is read that goes on record.
async fn locked_as_it_is<P: Mutating>(cx: &Cx<P>, id: CaseId) -> Result<(WriteTx, Case)> {
    let mut tx = cx.write().await?;
    let case = store::case::lock(&mut tx, id).await?.ok_or(Error::NotFound)?;
    Ok((tx, case))
}

async fn unmerged(tx: &mut WriteTx, merged_into: Option<CaseId>) -> Result<()> {
    let Some(head) = merged_into else { return Ok(()) };
    let name = store::case::get(tx, head).await?.map(|head| head.key()).unwrap_or_default();
    Err(Error::Conflict(format!("it is in {name}; change that one, or take it out first")))
}

async fn is_member(tx: &mut WriteTx, user: Option<UserId>) -> Result<()> {
    match user {
        Some(user) if store::member::role(tx, user).await?.is_none() => {
            Err(Invalid::field("assigned_to_id", "not a member of this organization").into())
        }
        _ => Ok(()),
    }
}

fn stale() -> Error {
    Error::Conflict(CHANGED.to_owned())
}

fn user<P: Permission>(cx: &Cx<P>) -> Option<UserId> {
    match &cx.actor().who {
        Who::User(user) => Some(user.id),
        Who::ApiKey { .. } | Who::System(_) => None,
    }
}

/// What history and audit keep of a case.
fn told(case: &Case) -> Value {
    let mut told = json!({
        "title": case.title, "description": case.description, "status": case.status, "resolution": case.resolution,
        "priority": case.priority, "severity": case.severity, "tlp": case.tlp, "pap": case.pap,
        "assigned_to_id": case.assigned_to_id, "due_at": case.due_at, "tags": case.tags,
    });
    for (key, value) in &case.fields {
        told[format!("field.{key}")] = json!(value);
    }
    told
}

/// The members of two objects that are not the same.
fn differing(old: &Value, new: &Value) -> (Value, Value) {
    let of = |one: &Value, other: &Value| {
        let members = one.as_object().into_iter().flatten();
        Value::Object(
            members
                .filter(|(name, value)| other.get(*name) != Some(value))
                .map(|(n, v)| (n.clone(), v.clone()))
                .collect(),
        )
    };
    (of(old, new), of(new, old))
}

fn write_cursor(case: &Case, sort: CaseSort) -> String {
    let value = match sort {
        CaseSort::Updated => case.updated_at.micros(),
        CaseSort::Number => case.number,
        CaseSort::Severity => case.severity.rank() as i64,
        CaseSort::Priority => case.priority as i64,
        CaseSort::Due => case.due_at.unwrap_or(Timestamp::far_future()).micros(),
    };
    format!("{}.{value}.{}", sort.as_str(), case.id)
}

fn parse_cursor(text: &str, sort: CaseSort) -> Result<After> {
    let wrong = || Error::Invalid(Invalid::field("cursor", "take it from the page before, unchanged"));
    let mut parts = text.split('.');
    let (of, value, id) = (parts.next(), parts.next().and_then(|n| n.parse::<i64>().ok()), parts.next());
    let id: Uuid = id.and_then(|id| id.parse().ok()).ok_or_else(wrong)?;
    let value = value.filter(|_| of == Some(sort.as_str()) && parts.next().is_none()).ok_or_else(wrong)?;
    match sort {
        CaseSort::Updated | CaseSort::Due => {
            Ok(After::Time(Timestamp::from_micros(value).ok_or_else(wrong)?, id))
        }
        CaseSort::Number | CaseSort::Severity | CaseSort::Priority => Ok(After::Number(value, id)),
    }
}
