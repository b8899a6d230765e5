//! From the domain to what is shown. Server only.

use domain::GroupId;
use domain::case::LinkKind;
use domain::filter::EventFilter;
use domain::group::life::{Change, Status};
use domain::group::{Group, GroupFilter};
use domain::permission::{EventRead, GroupRead, Key, MemberRead};
use service::Cx;
use service::groups::{Counts, History};

use super::bars::group_bars;
use super::empty;
use super::explain;
use super::facts::{Facts, HistoryLine};
use super::query::GroupQuery;
use super::sections;
use super::shown::{GroupList, GroupRow, GroupShown, Person, Told, View};
use super::words;
use crate::Answer;
use crate::events::chart::Size;
use crate::events::parts::{counted, number};
use crate::events::{over_time, read as events};
use crate::printed::Printed;
use crate::query_bar;
use crate::server::Scope;
use crate::when::Zone;

const PAGE: u32 = 50;
/// Events shown on the page of a group.
const RECENT: u32 = 10;
/// Groups in the chart of the list.
const TOP: usize = 10;
/// Steps of its life on a page of them.
const STEPS: u32 = 50;

/// What the URL asks for, at the server's time, in the reader's zone.
pub fn filter(scope: &Scope, query: &GroupQuery) -> Answer<GroupFilter> {
    let me = scope.actor.audit().user_id;
    Ok(query.to_filter(
        scope.zone.reader(scope.services.clock.now()),
        |text| scope.zone.parse(text).ok(),
        me,
    )?)
}

pub async fn list(scope: &Scope, query: &GroupQuery) -> Answer<GroupList> {
    let cx = scope.admit::<GroupRead>()?;
    if query.problem().is_some() {
        return Ok(unreadable());
    }
    let filter = filter(scope, query)?;
    let cursor = Some(query.cursor.as_str()).filter(|cursor| !cursor.is_empty());
    let page = service::groups::list(&cx, &filter, PAGE, cursor).await?;
    let nothing = if page.items.is_empty() {
        let any = !service::groups::list(&cx, &GroupFilter::default(), 1, None).await?.items.is_empty();
        Some(empty::nothing(any, query, &scope.organization.slug))
    } else {
        None
    };
    let top = if query.cursor.is_empty() {
        service::groups::recurring(&cx, &filter, TOP).await?
    } else {
        Vec::new()
    };
    let top: Vec<GroupRow> = top.into_iter().map(|group| row(group, scope.zone)).collect();
    let counts = service::groups::counts(&cx, &filter).await?;
    let rows = page.items.into_iter().map(|group| row(group, scope.zone)).collect();
    let may_act = scope.actor.permissions.has(Key::GroupWrite);
    Ok(GroupList {
        rows,
        next_cursor: page.next_cursor,
        nothing,
        matching: matching(counts, &query.status),
        recurring: group_bars(&top),
        top,
        views: views(counts),
        may_act,
        people: if may_act { people(scope).await? } else { Vec::new() },
        told: told(&cx, query).await?,
    })
}

/// A list whose query cannot be read: it counts nothing.
fn unreadable() -> GroupList {
    let uncounted = |view: View| View { count: String::new(), ..view };
    GroupList {
        rows: Vec::new(),
        next_cursor: None,
        nothing: Some(Printed::of(query_bar::no_list())),
        matching: String::new(),
        recurring: group_bars(&[]),
        top: Vec::new(),
        views: views(Counts::default()).into_iter().map(uncounted).collect(),
        may_act: false,
        people: Vec::new(),
        told: None,
    }
}

/// How many groups a view holds; that of a single status is not counted.
pub fn matching(counts: Counts, view: &str) -> String {
    let n = match view {
        "" => counts.open,
        "mine" => counts.mine,
        "muted" => counts.muted,
        "resolved" => counts.resolved,
        "all" => counts.open + counts.muted + counts.resolved,
        _ => return String::new(),
    };
    number(n)
}

fn views(counts: Counts) -> Vec<View> {
    let all = counts.open + counts.muted + counts.resolved;
    [
        ("", "Open", counts.open),
        ("mine", "Mine", counts.mine),
        ("muted", "Muted", counts.muted),
        ("resolved", "Resolved", counts.resolved),
        ("all", "All", all),
    ]
    .map(|(word, label, n)| View { word: word.to_owned(), label: label.to_owned(), count: number(n) })
    .into()
}

/// Who can be given a group, by name. Nobody where the reader may not see members.
async fn people(scope: &Scope) -> Answer<Vec<Person>> {
    let Ok(cx) = scope.services.admit::<MemberRead>(&scope.actor) else { return Ok(Vec::new()) };
    let members = service::members::list(&cx).await?;
    let mut people: Vec<Person> = members
        .into_iter()
        .filter(|member| member.enabled)
        .map(|member| Person {
            id: member.user_id.to_string(),
            name: member.display_name.unwrap_or(member.username),
        })
        .collect();
    people.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(people)
}

/// What the address says was done.
async fn told(cx: &Cx<GroupRead>, query: &GroupQuery) -> Answer<Option<Told>> {
    let left = query.left.parse().unwrap_or(0);
    if query.done == "none" {
        let text = words::done(domain::group::life::Step::Resolved, 0, left, None);
        return Ok(Some(Told { text, action_id: String::new(), undo: false }));
    }
    let Ok(action) = query.done.parse() else { return Ok(None) };
    let Some((step, done)) = service::groups::done(cx, action).await? else { return Ok(None) };
    let text = words::done(step, done, left, None);
    Ok(Some(Told { text, action_id: query.done.clone(), undo: true }))
}

/// `before`: where an older page of its history begins; empty for the newest.
pub async fn get(scope: &Scope, id: GroupId, before: &str) -> Answer<GroupShown> {
    let cx = scope.admit::<GroupRead>()?;
    let group = service::groups::get(&cx, id).await?;
    let buckets = service::groups::histogram(&cx, id, None, None, crate::events::BUCKETS).await?;
    let filter = EventFilter { group_id: Some(id), ..EventFilter::default() };
    let recent = service::events::list(&scope.admit::<EventRead>()?, &filter, RECENT, None).await?;
    let span =
        EventFilter { from: Some(group.first_seen), to: Some(group.last_seen.plus_micros(1)), ..filter };
    let may_act = scope.actor.permissions.has(Key::GroupWrite);
    let system = events::columns(&["system_id"])?;
    let history = service::groups::history(&cx, id, STEPS, Some(before).filter(|at| !at.is_empty())).await?;
    let organization = scope.organization.slug.as_str();
    let held = explain::held(service::groups::sample(&cx, id).await?, id, organization, may_act);
    let mut named = [group.merged_into, group.split_from].map(|other| other.map(|id| (id, None)));
    for (id, name) in named.iter_mut().flatten() {
        *name = service::groups::get(&cx, *id).await.ok().map(|other| other.template);
    }
    let [merged_into, split_from] = named.map(|other| {
        other.map(|(id, name)| explain::linked(id, name.as_deref().unwrap_or("another group"), organization))
    });
    let gone = service::retention::retired(&cx, id).await?;
    let muted = group.life.mute.is_some();
    let histogram =
        over_time::histogram(&buckets, &[], &span, scope.services.clock.now(), scope.zone, Size::Medium);
    let facts = Facts {
        gone: (gone > 0).then(|| format!("{}, by retention", counted(gone, "event", "events"))),
        merged_into,
        split_from,
        sampled: held.sampled,
        counted: held.counted,
        slots: held.slots,
        breakdown: held.breakdown,
        may_act,
        older: history.page.next_cursor.clone(),
        is_older: !before.is_empty(),
        history: lines(&history, may_act && before.is_empty(), scope.zone),
        event_type: group.event_type.clone(),
        fingerprint: group.fingerprint.clone(),
        example: events::marked(group.example.clone(), None),
        recent: recent.items.iter().map(|event| events::row(event, scope.zone, None, &system)).collect(),
        group: row(group, scope.zone),
    };
    let cases = crate::cases::about(scope, LinkKind::Group, id.0).await?;
    Ok(GroupShown {
        histogram,
        muted,
        may_act,
        people: if may_act { people(scope).await? } else { Vec::new() },
        life: facts.merged_into.is_none(),
        head: sections::head(&facts, organization),
        template: sections::template(&facts),
        below: sections::below(&facts, organization),
        about: sections::about(&facts, organization, cases),
        group: facts.group,
    })
}

/// An action is undone while nothing came after it, so the newest line alone can be.
fn lines(history: &History, may_act: bool, zone: Zone) -> Vec<HistoryLine> {
    let line = |(i, change): (usize, &Change)| HistoryLine {
        at: zone.when(change.at),
        who: change.actor.clone(),
        what: words::step(change, &history.names, &history.others, zone),
        note: change.note.clone(),
        undo: change.action_id.filter(|_| may_act && i == 0).map(|id| id.to_string()),
    };
    history.page.items.iter().enumerate().map(line).collect()
}

pub fn row(group: Group, zone: Zone) -> GroupRow {
    let status = group.life.status;
    GroupRow {
        status: status.to_string(),
        why: words::why(&group.life, zone),
        assignee: group.assignee,
        closed: matches!(status, Status::Muted | Status::Resolved),
        id: group.id.to_string(),
        severity: group.severity,
        template: events::marked_template(&group.template),
        component: group.component,
        event_count: group.event_count,
        first_seen: zone.when(group.first_seen),
        last_seen: zone.when(group.last_seen),
    }
}
