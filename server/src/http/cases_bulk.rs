//! `/api/v1/cases/bulk`: many cases changed at once, and that taken back.

use axum::Json;
use axum::body::Bytes;
use domain::case::bulk::{Bulk, Item, Outcome, Report, Why};
use domain::case::{Priority, Resolution};
use domain::permission::CaseWrite;
use domain::{CaseActionId, CaseId, Invalid, Severity, UserId};
use serde::{Deserialize, Serialize};
use service::cases;
use utoipa::ToSchema;

use super::api::{Caller, read};
use super::cases::{PriorityWord, ResolutionWord, filter};
use super::problem::{Problem, ProblemDocument};
use super::query::Query;
use super::schema::SeverityWord;

/// What is to be done to cases.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseBulkIn {
    /// investigate, resolve, reopen, assign, priority, severity, add_tag, remove_tag or undo.
    #[schema(example = "resolve")]
    act: String,
    /// At most 500 cases; none with undo.
    #[serde(default)]
    #[schema(value_type = Vec<Uuid>, required = false)]
    ids: Vec<CaseId>,
    /// Instead of ids: every case that these parameters of the list leave, at most 10,000.
    #[schema(example = "status=open&q=tag%3Anoise")]
    filter: Option<String>,
    /// Kept in the history of each case, at most 2,000 characters. resolve and reopen want it.
    #[serde(default)]
    #[schema(required = false)]
    reason: String,
    /// resolve: what it was.
    #[schema(value_type = Option<ResolutionWord>)]
    resolution: Option<Resolution>,
    /// assign: a member's user id; null is nobody.
    #[schema(value_type = Option<Uuid>)]
    assigned_to_id: Option<UserId>,
    #[schema(value_type = Option<PriorityWord>)]
    priority: Option<Priority>,
    #[schema(value_type = Option<SeverityWord>)]
    severity: Option<Severity>,
    /// add_tag and remove_tag.
    tag: Option<String>,
    /// undo: of the action.
    #[schema(value_type = Option<Uuid>)]
    action_id: Option<CaseActionId>,
}

/// What became of the cases.
#[derive(Serialize, ToSchema)]
pub struct CaseBulkReport {
    /// To undo it by; null when nothing changed.
    #[schema(required = true, value_type = Option<Uuid>)]
    action_id: Option<CaseActionId>,
    changed: usize,
    results: Vec<CaseBulkResult>,
}

#[derive(Serialize, ToSchema)]
pub struct CaseBulkResult {
    #[schema(value_type = Uuid)]
    id: CaseId,
    /// Null of one that is not found.
    #[schema(required = true)]
    number: Option<i64>,
    /// done, unchanged or not_found. Of resolve, where a second person closes cases: done is that it was asked for.
    result: &'static str,
    /// Why it is unchanged: investigated, resolved_first, resolved, open, same_assignee, same_priority, same_severity, has_tag,
    /// lacks_tag, too_many_tags, changed_since, assignee_left, not_reached,
    /// fields_missing, in_review, review_first, merged, job_runs or too_many_merged.
    #[schema(required = true, value_type = Option<String>)]
    reason: Option<Why>,
}

/// Change many cases at once, or take that back.
///
/// What could not be done to a case is said in its result; 400 is for a request that could not be done to any. An undo leaves the
/// cases as they are that somebody changed since.
#[utoipa::path(post, path = "/api/v1/cases/bulk", tag = "cases", security(("api_key" = ["case.write"])), request_body = CaseBulkIn,
    responses(
    (status = 200, description = "What became of each case", body = CaseBulkReport),
    (status = 404, description = "undo: there is no such action, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn change(caller: Caller, body: Bytes) -> Result<Json<CaseBulkReport>, Problem> {
    let cx = caller.admit::<CaseWrite>()?;
    let asked: CaseBulkIn = read(&body)?;
    if asked.act == "undo" {
        let action = asked.action_id.ok_or_else(|| field("action_id", "the id of the action to undo"))?;
        return Ok(Json(report(cases::undo(&cx, action).await?)));
    }
    let what = what(&asked)?;
    let done = match &asked.filter {
        None => cases::change_many(&cx, &what, &asked.ids, &asked.reason).await?,
        Some(_) if !asked.ids.is_empty() => return Err(field("filter", "give ids or a filter, not both")),
        Some(text) => {
            let mut query = Query::of_bulk(text);
            let filter = filter(&mut query, cx.now());
            query.done()?;
            cases::change_matching(&cx, &what, &filter, &asked.reason).await?
        }
    };
    Ok(Json(report(done)))
}

fn what(asked: &CaseBulkIn) -> Result<Bulk, Problem> {
    let missing = |name: &str| field(name, "say it");
    Ok(match asked.act.as_str() {
        "investigate" => Bulk::Investigate,
        "resolve" => Bulk::Resolve(asked.resolution.ok_or_else(|| missing("resolution"))?),
        "reopen" => Bulk::Reopen,
        "assign" => Bulk::Assign(asked.assigned_to_id),
        "priority" => Bulk::Priority(asked.priority.ok_or_else(|| missing("priority"))?),
        "severity" => Bulk::Severity(asked.severity.ok_or_else(|| missing("severity"))?),
        "add_tag" => Bulk::AddTag(asked.tag.clone().ok_or_else(|| missing("tag"))?),
        "remove_tag" => Bulk::RemoveTag(asked.tag.clone().ok_or_else(|| missing("tag"))?),
        _ => {
            let all = "investigate, resolve, reopen, assign, priority, severity, add_tag, remove_tag or undo";
            return Err(field("act", all));
        }
    })
}

fn field(name: &str, reason: &str) -> Problem {
    Problem::invalid(Invalid::field(name, reason))
}

pub(super) fn report(report: Report) -> CaseBulkReport {
    let changed = report.done();
    let result = |Item { id, number, outcome }: Item| {
        let (result, reason) = match outcome {
            Outcome::Done => ("done", None),
            Outcome::Unchanged(why) => ("unchanged", Some(why)),
            Outcome::Absent => ("not_found", None),
        };
        CaseBulkResult { id, number, result, reason }
    };
    let results = report.results.into_iter().map(result).collect();
    CaseBulkReport { action_id: report.action_id, changed, results }
}
