//! Events of a group that belong elsewhere: a split gives those for which a condition holds a group of their own, the ones that
//! come and those that are there. The newest of these move with the split itself, the rest in steps behind it ([`move_all`]),
//! so that no transaction is long; the rule remembers how far they came, through an undo, a restart or another server.

use std::time::Duration;

use domain::audit::Action;
use domain::event::Event;
use domain::filter::EventFilter;
use domain::group::Group;
use domain::group::life::{Change, Outcome, Report, Step};
use domain::group::rule::{Condition, Rule};
use domain::permission::{GroupRead, GroupWrite};
use domain::query;
use domain::{EventId, GroupActionId, GroupId, Invalid, OrganizationId, PLATFORM, Timestamp};
use serde_json::json;
use store::event::Position;
use store::group::rules;
use store::group::split::{SplitOff, create, hold, take};
use store::{ReadTx, Scoped, SystemTx, WriteTx, Writing};

use super::act::{check, finish, lock, told};
use super::merge::{line, rule};
use crate::{Cx, Error, Result, Services};

/// Events that are looked at, the newest, before a split is made, and by each step behind it.
pub const MOVED: usize = 5000;
/// Rest after each step, in which others write.
const REST: Duration = Duration::from_millis(50);
const SINCE: &str = "it was changed since; that stays";

/// What a split would do.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// The template of the group that would take them.
    pub template: String,
    /// Events it would take.
    pub taken: usize,
    /// Of the newest so many.
    pub of: usize,
    /// These are all of the group.
    pub all: bool,
}

/// What a split did.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    pub report: Report,
    /// The group that took the events.
    pub group: GroupId,
}

/// What a split would do; it is not made.
pub async fn preview_split(cx: &Cx<GroupRead>, id: GroupId, condition: &Condition) -> Result<Preview> {
    let mut tx = cx.read().await?;
    let group = store::group::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let looked = look(&mut tx, &group, condition, None, cx.now()).await?;
    let template = condition.template(&own_template(&group));
    let mut preview =
        Preview { template, taken: looked.taken.len(), of: looked.of, all: looked.next.is_none() };
    // It was split like that before, and put back: those events are still told apart, and go again.
    let target = GroupId::derive(cx.actor.organization, &condition.fingerprint(&group.fingerprint));
    let target = store::group::get(&mut tx, target).await?;
    if let Some(target) = target.filter(|target| target.merged_into.is_some()) {
        let (back, more) =
            store::event::own(&mut tx, target.id, &EventFilter::default(), None, MOVED).await?;
        preview.taken += back.len();
        preview.of += back.len();
        preview.all &= more.is_none();
    }
    Ok(preview)
}

/// Splits a group. Of its events that are there the newest 5,000 are looked at now; [`move_all`] goes on with the older ones.
///
/// # Errors
/// `Invalid` where the condition takes none or all of them, or is in force already.
pub async fn split(
    cx: &Cx<GroupWrite>,
    id: GroupId,
    condition: &Condition,
    note: Option<&str>,
) -> Result<Split> {
    let note = note.map(str::trim).filter(|note| !note.is_empty());
    check(&[id], note)?;
    let mut tx = cx.write().await?;
    let now = tx.now();
    rules::lock(&mut tx).await?;
    let organization = cx.actor.organization;
    let group = store::group::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    if group.merged_into.is_some() {
        return Err(
            Invalid::field("ids", "it is merged into another group; take it out of that first").into()
        );
    }
    let fingerprint = condition.fingerprint(&group.fingerprint);
    let target = GroupId::derive(organization, &fingerprint);
    let Looked { taken, of, next } = look(&mut tx, &group, condition, None, now).await?;
    let taken = hold(&mut tx, taken).await?;
    let kept = lock(&mut tx, &[id, target]).await?;
    let template = own_template(&group);
    let name = condition.template(&template);
    match &kept.get(&target).map(|kept| kept.merged_into) {
        None => {
            let first = taken.first().ok_or_else(|| {
                Invalid::field(field(condition), format!("none of its newest {of} events is like that"))
            })?;
            let new = SplitOff {
                id: target,
                fingerprint: &fingerprint,
                template: &name,
                component: group.component.as_deref(),
                event_type: group.event_type.as_deref(),
                from: id,
                events_fingerprint: &first.fingerprint,
            };
            create(&mut tx, &new, first, now).await?;
        }
        // It was split like that before, and put back.
        Some(Some(_)) => {
            let back = rules::merges_of(&mut tx, &[target]).await?;
            let ids: Vec<_> = back.iter().map(|rule| rule.id).collect();
            rules::undo(&mut tx, &ids, &cx.actor.audit().label, now).await?;
            rules::follow(&mut tx).await?;
        }
        Some(None) if in_force(&mut tx, id, target).await? => {
            return Err(Invalid::field(field(condition), "it is split like that already").into());
        }
        Some(None) => {}
    }
    if next.is_none() && taken.len() == of {
        return Err(Invalid::field(field(condition), "all of its events are like that").into());
    }
    if !taken.is_empty() {
        take(&mut tx, id, target, &taken).await?;
    }
    let action_id: GroupActionId = cx.services.clock.id();
    let new = Rule {
        split: Some(condition.clone()),
        moved: i64::try_from(taken.len()).unwrap_or(i64::MAX),
        looked: next,
        ..rule(cx, action_id, id, target, note)
    };
    rules::insert(&mut tx, &[new]).await?;
    let kept = lock(&mut tx, &[id, target]).await?;
    let sides = [(id, Step::Split, target), (target, Step::SplitOff, id)];
    let changes: Vec<Change> = sides
        .into_iter()
        .filter_map(|(of, step, other)| Some(line(cx, kept.get(&of)?, action_id, step, Some(other), note)))
        .collect();
    let results = vec![(id, Outcome::Done)];
    let mut metadata = told(action_id, &results, note);
    metadata["into"] = json!(target);
    metadata["condition"] = json!(condition);
    metadata["moved"] = json!(taken.len());
    metadata["older_follow"] = json!(next.is_some());
    let report = finish(tx, Action::GROUPS_SPLIT, action_id, metadata, changes, results).await?;
    Ok(Split { report, group: target })
}

/// Moves, in every organization, the older events of splits that are not done with them; how many. One that fails does not
/// keep the others waiting.
///
/// # Errors
/// The last failure, after all were tried.
pub async fn move_everywhere(services: &Services) -> Result<i64> {
    let organizations = {
        let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
        store::organization::all(&mut tx).await?
    };
    let (mut moved, mut failed) = (0, None);
    for organization in organizations.into_iter().filter(|o| o.id != PLATFORM) {
        match move_all(services, organization.id).await {
            Ok(n) => moved += n,
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(moved), Err)
}

/// Moves the older events of the splits of an organization, a short transaction at a time; how many. The decision was the
/// split's, which the audit log has; this only carries it out.
pub async fn move_all(services: &Services, organization: OrganizationId) -> Result<i64> {
    let mut moved = 0;
    // Asked first without a write lock: mostly there is nothing.
    while rules::moving(&mut ReadTx::begin(&services.db, organization).await?).await?.is_some() {
        let mut tx = SystemTx::across_all_organizations(&services.db).await?;
        let mut within = tx.within(organization);
        // An undo, or another server, waits here or was faster.
        rules::lock(&mut within).await?;
        let Some(rule) = rules::moving(&mut within).await? else { break };
        moved += step(&mut within, &rule, services.clock.now()).await?;
        tx.commit_unaudited_bookkeeping().await?;
        tokio::time::sleep(REST).await;
    }
    Ok(moved)
}

/// Goes on with one split; how many events moved.
async fn step(tx: &mut impl Writing, rule: &Rule, now: Timestamp) -> Result<i64> {
    let group = store::group::get(tx, rule.group_id).await?;
    let (Some(group), Some(condition), Some(after)) = (group, &rule.split, rule.looked) else {
        rules::went_on(tx, rule.id, 0, None).await?;
        return Ok(0);
    };
    let Looked { taken, next, .. } = look(tx, &group, condition, Some(after), now).await?;
    let taken = hold(tx, taken).await?;
    if !taken.is_empty() {
        store::group::life::lock(tx, &[rule.group_id, rule.target_id]).await?;
        take(tx, rule.group_id, rule.target_id, &taken).await?;
    }
    let n = i64::try_from(taken.len()).unwrap_or(i64::MAX);
    rules::went_on(tx, rule.id, n, next).await?;
    Ok(n)
}

/// Undoes a split: events that come go where they went before, and those that were taken are read there again.
pub(super) async fn undo(
    cx: &Cx<GroupWrite>,
    mut tx: WriteTx,
    action: GroupActionId,
    done: &[Change],
) -> Result<Report> {
    rules::lock(&mut tx).await?;
    let ids: Vec<GroupId> = done.iter().map(|change| change.group_id).collect();
    let kept = lock(&mut tx, &ids).await?;
    let made = rules::of_action(&mut tx, action).await?.into_iter().find(|rule| rule.split.is_some());
    let off = done.iter().find(|change| change.step == Step::SplitOff);
    let (Some(split), Some(off)) = (made, off) else { return Err(Error::NotFound) };
    let action_id: GroupActionId = cx.services.clock.id();
    let stays = kept.get(&off.group_id).is_some_and(|kept| {
        kept.last_change == Some(off.id) && kept.merged_into.is_none() && split.undone_at.is_none()
    });
    if !stays {
        let results = vec![(split.group_id, Outcome::Unchanged(SINCE))];
        return Ok(Report { action_id: None, results });
    }
    let now = tx.now();
    rules::undo(&mut tx, &[split.id], &cx.actor.audit().label, now).await?;
    rules::insert(&mut tx, &[rule(cx, action_id, split.target_id, split.group_id, None)]).await?;
    rules::follow(&mut tx).await?;
    let changes: Vec<Change> = kept
        .values()
        .map(|kept| {
            let other = if kept.id == split.group_id { split.target_id } else { split.group_id };
            let change = line(cx, kept, action_id, Step::SplitUndone, Some(other), None);
            Change { undoes: Some(action), ..change }
        })
        .collect();
    let results = vec![(split.group_id, Outcome::Done)];
    let mut metadata = told(action_id, &results, None);
    metadata["undoes"] = json!(action);
    finish(tx, Action::GROUPS_UNDONE, action_id, metadata, changes, results).await
}

fn field(condition: &Condition) -> &'static str {
    match condition {
        Condition::Slot { .. } => "value",
        Condition::Query { .. } => "query",
    }
}

/// The template that the messages of a group have: of one that was split off it is not its own.
pub(super) fn own_template(group: &Group) -> String {
    if group.split_from.is_some() {
        domain::template::template(&group.example)
    } else {
        group.template.clone()
    }
}

async fn in_force(tx: &mut WriteTx, id: GroupId, target: GroupId) -> Result<bool> {
    Ok(rules::splits(tx).await?.iter().any(|rule| rule.group_id == id && rule.target_id == target))
}

/// Events of a group in a row, newest first.
struct Looked {
    /// Those for which the condition holds.
    taken: Vec<Event>,
    /// Of so many.
    of: usize,
    /// The last of them, where there are more.
    next: Option<(Timestamp, EventId)>,
}

/// Looks at up to [`MOVED`] of the group's own events after one of them, or at the newest.
async fn look(
    tx: &mut impl Scoped,
    group: &Group,
    condition: &Condition,
    after: Option<(Timestamp, EventId)>,
    now: Timestamp,
) -> Result<Looked> {
    let template = own_template(group);
    condition.check(&template, now)?;
    let parsed = match condition {
        Condition::Query { query: text } => Some(
            query::parse(text, &query::EVENTS, now).map_err(|e| Invalid::field("query", e.placed(text)))?,
        ),
        Condition::Slot { .. } => None,
    };
    let after = after.map(|(at, id)| Position { at, id: id.0 });
    let (events, next) = store::event::own(tx, group.id, &EventFilter::default(), after, MOVED).await?;
    let of = events.len();
    let holds = |event: &Event| match &parsed {
        Some(query) => query.matches(event),
        None => condition.holds_in(&template, &event.message),
    };
    let taken = events.into_iter().filter(|event| holds(event)).collect();
    Ok(Looked { taken, of, next: next.map(|at| (at.at, EventId(at.id))) })
}
