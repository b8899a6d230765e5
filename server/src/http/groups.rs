//! `/api/v1/groups`: groups as they are sent, their history, and what is done to them.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use chrono::{DateTime, Utc};
use domain::group::life::{Act, Change, Life, Mute, Outcome, Report, Status, Step};
use domain::group::rule::Condition;
use domain::group::{Assignee, Group, GroupFilter, GroupSort};
use domain::page::Page;
use domain::permission::{GroupRead, GroupWrite};
use domain::{
    GroupActionId, GroupChangeId, GroupId, Invalid, Severity, Timestamp, UserId, invalid::FieldError,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::api::{Caller, asked_of, paging};
use super::problem::{Problem, ProblemDocument};
use super::query::Query;
use super::schema::{self, SeverityWord};

#[derive(Serialize, ToSchema)]
pub struct GroupItem {
    #[schema(value_type = Uuid)]
    id: GroupId,
    fingerprint: String,
    /// The message with its variable parts as `<slot>`.
    template: String,
    #[schema(required = true)]
    component: Option<String>,
    #[schema(required = true)]
    event_type: Option<String>,
    example: String,
    /// The highest seen.
    #[schema(value_type = SeverityWord)]
    severity: Severity,
    event_count: i64,
    #[schema(value_type = DateTime<Utc>)]
    first_seen: Timestamp,
    #[schema(value_type = DateTime<Utc>)]
    last_seen: Timestamp,
    #[schema(value_type = StatusWord)]
    status: Status,
    #[schema(value_type = DateTime<Utc>)]
    status_since: Timestamp,
    #[schema(required = true, value_type = Option<Uuid>)]
    assigned_to: Option<UserId>,
    /// The name of the member who has it.
    #[schema(required = true)]
    assignee: Option<String>,
    /// Kept while it is regressed.
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    resolved_at: Option<Timestamp>,
    /// Until when it is muted, if until an instant.
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    muted_until: Option<Timestamp>,
    /// Until how many events in `mute_window_seconds` it is muted, if until so many. Kept while it is over that number.
    #[schema(required = true)]
    mute_count: Option<i64>,
    #[schema(required = true)]
    mute_window_seconds: Option<i64>,
    /// Until an event matches this query, if until one does.
    #[schema(required = true)]
    mute_query: Option<String>,
    /// Of an escalating group: events of its last hour.
    #[schema(required = true)]
    hour_events: Option<i64>,
    /// Of an escalating group: up to how many an hour are usual.
    #[schema(required = true)]
    usual_events: Option<i64>,
    /// The group that this one is merged into; it is not listed then, and its figures are its own.
    #[schema(required = true, value_type = Option<Uuid>)]
    merged_into: Option<GroupId>,
    /// How many groups are merged into it; its figures are the sums.
    members: i64,
    /// The group that its events were split from.
    #[schema(required = true, value_type = Option<Uuid>)]
    split_from: Option<GroupId>,
}

#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum StatusWord {
    New,
    Ongoing,
    Escalating,
    Regressed,
    Muted,
    Resolved,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it documents the parameters, which Query reads")]
pub struct GroupParameters {
    /// Query language over the fields of groups: `component:sshd severity>=high`. Free words are a part of the template or of a message.
    q: Option<String>,
    status: Option<Vec<StatusWord>>,
    /// Id of a user, or `nobody`.
    assigned_to: Option<String>,
    severity: Option<Vec<SeverityWord>>,
    component: Option<Vec<String>>,
    /// Groups with an event at or after this.
    from: Option<DateTime<Utc>>,
    /// Groups whose first event was before this.
    to: Option<DateTime<Utc>>,
    /// `last_seen`, `first_seen` or `count`; the latest or largest first.
    sort: Option<String>,
}

/// A step in the life of a group.
#[derive(Serialize, ToSchema)]
pub struct GroupChangeItem {
    #[schema(value_type = Uuid)]
    id: GroupChangeId,
    #[schema(value_type = DateTime<Utc>)]
    at: Timestamp,
    #[schema(required = true, value_type = Option<Uuid>)]
    actor_id: Option<UserId>,
    /// E-mail or API key; null when it happened by itself.
    #[schema(required = true)]
    actor: Option<String>,
    /// aged, escalated, calmed, regressed, mute_ended, mute_broken, muted_again, resolved, reopened, muted, unmuted, assigned,
    /// undone, merged, took_in, unmerged, let_go, split, split_off or split_undone.
    #[schema(value_type = String)]
    step: Step,
    #[schema(value_type = StatusWord)]
    from_status: Status,
    #[schema(value_type = StatusWord)]
    to_status: Status,
    #[schema(required = true, value_type = Option<Uuid>)]
    from_assigned: Option<UserId>,
    #[schema(required = true, value_type = Option<Uuid>)]
    to_assigned: Option<UserId>,
    #[schema(required = true)]
    note: Option<String>,
    /// Shared by the groups that one action changed; undo names it.
    #[schema(required = true, value_type = Option<Uuid>)]
    action_id: Option<GroupActionId>,
    /// The action that this one undid.
    #[schema(required = true, value_type = Option<Uuid>)]
    undoes: Option<GroupActionId>,
    /// The other group of a merge or a split, where it is one.
    #[schema(required = true, value_type = Option<Uuid>)]
    other: Option<GroupId>,
}

/// What is to be done to groups.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupActionIn {
    /// resolve, reopen, mute, unmute, assign, merge, unmerge, split or undo.
    #[schema(example = "resolve")]
    action: String,
    /// At most 500 groups, 50 to merge, one to split; none with undo.
    #[serde(default)]
    #[schema(value_type = Vec<Uuid>, required = false)]
    ids: Vec<String>,
    /// Instead of ids: every group that these parameters of the list leave, at most 5,000. Not with merge, unmerge and split.
    #[schema(example = "status=new&component=sshd")]
    filter: Option<String>,
    /// At most 2,000 characters, kept in each group's history.
    note: Option<String>,
    /// mute: until this instant.
    #[schema(value_type = Option<DateTime<Utc>>)]
    until: Option<String>,
    /// mute: until so many events occur within `window_seconds`.
    count: Option<i64>,
    window_seconds: Option<i64>,
    /// mute: until an event matches. split: the events that match.
    query: Option<String>,
    /// split: instead of `query`, the events in which this slot of the template, counted from 0, has `value`.
    slot: Option<usize>,
    value: Option<String>,
    /// assign: a member's user id; null is nobody.
    #[schema(value_type = Option<Uuid>)]
    assigned_to: Option<String>,
    /// merge: the group that takes the others; without it the one that was seen first.
    #[schema(value_type = Option<Uuid>)]
    into: Option<String>,
    /// undo: of the action.
    #[schema(value_type = Option<Uuid>)]
    action_id: Option<String>,
}

/// What became of the groups.
#[derive(Serialize, ToSchema)]
pub struct GroupActionReport {
    /// To undo it by; null when nothing changed.
    #[schema(required = true, value_type = Option<Uuid>)]
    action_id: Option<GroupActionId>,
    changed: usize,
    /// split: the group that took the events.
    #[schema(required = true, value_type = Option<Uuid>)]
    group: Option<GroupId>,
    /// In the order of the request.
    results: Vec<GroupActionResult>,
}

#[derive(Serialize, ToSchema)]
pub struct GroupActionResult {
    #[schema(value_type = Uuid)]
    id: GroupId,
    /// done, unchanged or not_found.
    result: &'static str,
    /// Why it is unchanged.
    #[schema(required = true)]
    reason: Option<&'static str>,
}

/// Groups of events with one fingerprint, the last seen first.
#[utoipa::path(get, path = "/api/v1/groups", tag = "groups", security(("api_key" = ["group.read"])), params(
    GroupParameters, schema::PageParameters,
), responses(
    (status = 200, description = "One page of groups", body = schema::GroupPage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn list(caller: Caller, RawQuery(query): RawQuery) -> Result<Json<Page<GroupItem>>, Problem> {
    let cx = caller.admit::<GroupRead>()?;
    let mut query = Query::new(query.as_deref());
    let filter = filter(&mut query, cx.now());
    let (limit, cursor) = paging(&mut query);
    query.done()?;
    Ok(Json(service::groups::list(&cx, &filter, limit, cursor.as_deref()).await?.map(item)))
}

/// One group.
#[utoipa::path(get, path = "/api/v1/groups/{id}", tag = "groups", security(("api_key" = ["group.read"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the group"),
), responses(
    (status = 200, description = "The group", body = GroupItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn one(caller: Caller, Path(id): Path<String>) -> Result<Json<GroupItem>, Problem> {
    let cx = caller.admit::<GroupRead>()?;
    let id: GroupId = id.parse().map_err(|_| Problem::not_found())?;
    Ok(Json(item(service::groups::get(&cx, id).await?)))
}

/// What happened to a group, the newest first.
#[utoipa::path(get, path = "/api/v1/groups/{id}/history", tag = "groups", security(("api_key" = ["group.read"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the group"), schema::PageParameters,
), responses(
    (status = 200, description = "One page of its history", body = schema::GroupHistoryPage),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn history(
    caller: Caller,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Page<GroupChangeItem>>, Problem> {
    let mut query = Query::new(query.as_deref());
    let (limit, cursor) = paging(&mut query);
    let cx = caller.admit::<GroupRead>()?;
    let id: GroupId = id.parse().map_err(|_| Problem::not_found())?;
    query.done()?;
    Ok(Json(service::groups::history(&cx, id, limit, cursor.as_deref()).await?.page.map(change)))
}

/// Resolve, reopen, mute, unmute, assign, merge, unmerge or split groups, or undo that.
///
/// What could not be done to a group is said in its result; 400 is for a request that could not be done to any.
#[utoipa::path(post, path = "/api/v1/groups/actions", tag = "groups", security(("api_key" = ["group.write"])),
    request_body = GroupActionIn, responses(
    (status = 200, description = "What became of each group", body = GroupActionReport),
    (status = 404, description = "undo: there is no such action, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn act(caller: Caller, body: Bytes) -> Result<Json<GroupActionReport>, Problem> {
    let cx = caller.admit::<GroupWrite>()?;
    let asked: GroupActionIn = serde_json::from_slice(&body)
        .map_err(|e| Problem::bad_request(format!("The body is not an action: {e}")))?;
    if asked.action == "undo" {
        let id = asked.action_id.as_deref().unwrap_or_default();
        let id = id.parse().map_err(|_| field("action_id", "the id of the action to undo"))?;
        return Ok(Json(report(service::groups::undo(&cx, id).await?)));
    }
    let mut wrong = Vec::new();
    let ids: Vec<GroupId> = asked
        .ids
        .iter()
        .filter_map(|id| {
            let parsed = id.parse().ok();
            if parsed.is_none() {
                let shown: String = id.chars().take(60).collect();
                wrong.push(FieldError { field: "ids".to_owned(), reason: format!("{shown} is not an id") });
            }
            parsed
        })
        .collect();
    let note = asked.note.as_deref();
    let regroups = matches!(asked.action.as_str(), "merge" | "unmerge" | "split");
    let act = if regroups { None } else { Some(act_of(&asked)?) };
    if !wrong.is_empty() {
        return Err(Problem::invalid(Invalid(wrong)));
    }
    let done = match (act, &asked.filter) {
        (None, Some(_)) => return Err(field("filter", "merge, unmerge and split take ids")),
        (None, None) if asked.action == "split" => {
            let [id] = ids.as_slice() else { return Err(field("ids", "split one group at a time")) };
            let split = service::groups::split(&cx, *id, &condition(&asked)?, note).await?;
            return Ok(Json(GroupActionReport { group: Some(split.group), ..report(split.report) }));
        }
        (None, None) if asked.action == "unmerge" => service::groups::unmerge(&cx, &ids, note).await?,
        (None, None) => {
            let into = asked.into.as_deref().map(str::parse).transpose();
            let into = into.map_err(|_| field("into", "not the id of a group"))?;
            service::groups::merge(&cx, &ids, into, note).await?
        }
        (Some(act), None) => service::groups::act(&cx, &act, &ids, note).await?,
        (Some(_), Some(_)) if !ids.is_empty() => {
            return Err(field("filter", "give ids or a filter, not both"));
        }
        (Some(act), Some(text)) => {
            let mut query = Query::of_bulk(text);
            let filter = filter(&mut query, cx.now());
            query.done()?;
            service::groups::act_on_matching(&cx, &act, &filter, note).await?
        }
    };
    Ok(Json(report(done)))
}

fn act_of(asked: &GroupActionIn) -> Result<Act, Problem> {
    Ok(match asked.action.as_str() {
        "resolve" => Act::Resolve,
        "reopen" => Act::Reopen,
        "unmute" => Act::Unmute,
        "assign" => Act::Assign(match asked.assigned_to.as_deref() {
            None => None,
            Some(id) => Some(id.parse().map_err(|_| field("assigned_to", "not the id of a user"))?),
        }),
        "mute" => Act::Mute(match (&asked.until, asked.count, asked.window_seconds, &asked.query) {
            (Some(until), None, None, None) => {
                Mute::Until { at: until.parse().map_err(|reason: &str| field("until", reason))? }
            }
            (None, Some(events), Some(seconds), None) => Mute::Count { events, seconds },
            (None, None, None, Some(query)) => Mute::Query { query: query.clone() },
            _ => {
                return Err(field(
                    "action",
                    "to mute give until, or count and window_seconds, or query, and one of them",
                ));
            }
        }),
        _ => {
            return Err(field(
                "action",
                "resolve, reopen, mute, unmute, assign, merge, unmerge, split or undo",
            ));
        }
    })
}

fn condition(asked: &GroupActionIn) -> Result<Condition, Problem> {
    match (asked.slot, &asked.value, &asked.query) {
        (Some(slot), Some(value), None) => Ok(Condition::Slot { slot, value: value.clone() }),
        (None, None, Some(query)) => Ok(Condition::Query { query: query.clone() }),
        _ => Err(field("action", "to split give slot and value, or query")),
    }
}

fn field(name: &str, reason: &str) -> Problem {
    Problem::invalid(Invalid::field(name, reason))
}

fn filter(query: &mut Query, now: Timestamp) -> GroupFilter {
    GroupFilter {
        severity: query.list("severity"),
        status: query.list("status"),
        assigned_to: match query.one::<String>("assigned_to").as_deref() {
            None => None,
            Some("nobody") => Some(Assignee::Nobody),
            Some(id) => {
                let user = id.parse().ok().map(Assignee::User);
                if user.is_none() {
                    query.refuse("assigned_to", "the id of a user, or nobody");
                }
                user
            }
        },
        query: asked_of(query, &domain::query::GROUPS, now),
        component: query.texts("component"),
        from: query.one("from"),
        to: query.one("to"),
        sort: query.one("sort").unwrap_or(GroupSort::LastSeen),
    }
}

pub(super) fn item(group: Group) -> GroupItem {
    let Life { status, since, assigned_to, resolved_at, mute, rate, window: _ } = group.life;
    let (muted_until, mute_count, mute_window_seconds, mute_query) = match mute {
        None => (None, None, None, None),
        Some(Mute::Until { at }) => (Some(at), None, None, None),
        Some(Mute::Count { events, seconds }) => (None, Some(events), Some(seconds), None),
        Some(Mute::Query { query }) => (None, None, None, Some(query)),
    };
    GroupItem {
        id: group.id,
        fingerprint: group.fingerprint,
        template: group.template,
        component: group.component,
        event_type: group.event_type,
        example: group.example,
        severity: group.severity,
        event_count: group.event_count,
        first_seen: group.first_seen,
        last_seen: group.last_seen,
        status,
        status_since: since,
        assigned_to,
        assignee: group.assignee,
        resolved_at,
        muted_until,
        mute_count,
        mute_window_seconds,
        mute_query,
        hour_events: rate.map(|rate| rate.hour),
        usual_events: rate.map(|rate| rate.usual),
        merged_into: group.merged_into,
        members: group.members,
        split_from: group.split_from,
    }
}

fn change(change: Change) -> GroupChangeItem {
    GroupChangeItem {
        id: change.id,
        at: change.at,
        actor_id: change.actor_id,
        actor: change.actor,
        step: change.step,
        from_status: change.old.status,
        to_status: change.new.status,
        from_assigned: change.old.assigned_to,
        to_assigned: change.new.assigned_to,
        note: change.note,
        action_id: change.action_id,
        undoes: change.undoes,
        other: change.other,
    }
}

fn report(report: Report) -> GroupActionReport {
    let changed = report.done();
    let result = |(id, outcome): (GroupId, Outcome)| match outcome {
        Outcome::Done => GroupActionResult { id, result: "done", reason: None },
        Outcome::Unchanged(why) => GroupActionResult { id, result: "unchanged", reason: Some(why) },
        Outcome::Absent => GroupActionResult { id, result: "not_found", reason: None },
    };
    let results = report.results.into_iter().map(result).collect();
    GroupActionReport { action_id: report.action_id, changed, group: None, results }
}
