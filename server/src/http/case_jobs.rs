//! `/api/v1/cases/{id}/jobs`: linking every event that a query finds, in the background.

use axum::Json;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::StatusCode;
use domain::case::job::{Asked, CaseJob, JobState};
use domain::page::Page;
use domain::permission::{CaseRead, CaseWrite, EventRead};
use domain::query::{EVENTS, parse};
use domain::{CaseJobId, Invalid, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use service::cases;
use utoipa::ToSchema;

use super::api::{Caller, read};
use super::cases::{id_of, word_schema};
use super::problem::{Problem, ProblemDocument};
use super::schema;

word_schema! {
    CaseJobStateWord {
        Running = "running", Done = "done", Cancelled = "cancelled", Failed = "failed", TakenBack = "taken_back"
    }
}

/// Which events to link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCaseJobIn {
    /// In the query language of events; empty or left out: all of the time.
    #[serde(default)]
    #[schema(required = false, example = "severity>=high system:web-1")]
    q: String,
    #[schema(value_type = Option<DateTime<Utc>>)]
    from: Option<Timestamp>,
    /// Exclusive. Left out: until now; what comes later has no part in it.
    #[schema(value_type = Option<DateTime<Utc>>)]
    to: Option<Timestamp>,
}

#[derive(Serialize, ToSchema)]
pub struct CaseJobItem {
    #[schema(value_type = Uuid)]
    id: CaseJobId,
    /// In the query language, its times fixed.
    q: String,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    from: Option<Timestamp>,
    #[schema(value_type = DateTime<Utc>)]
    to: Timestamp,
    #[schema(value_type = CaseJobStateWord)]
    state: JobState,
    /// How many events matched when it began.
    expected: i64,
    /// False: `expected` is an estimate.
    exact: bool,
    /// Events that it came to so far.
    found: i64,
    /// Those of them that were not linked before.
    added: i64,
    /// Why it failed.
    #[schema(required = true)]
    failure: Option<String>,
    #[schema(required = true, value_type = Option<Uuid>)]
    started_by_id: Option<UserId>,
    started_by: String,
    #[schema(value_type = DateTime<Utc>)]
    started_at: Timestamp,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    ended_at: Option<Timestamp>,
}

/// What links the results of queries to a case, the latest first, at most 50.
#[utoipa::path(get, path = "/api/v1/cases/{id}/jobs", tag = "cases", security(("api_key" = ["case.read"])), params(
    ("id" = String, Path, description = "Id or number of the case"),
), responses(
    (status = 200, description = "Jobs, running and ended", body = schema::CaseJobPage),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn list(caller: Caller, Path(id): Path<String>) -> Result<Json<Page<CaseJobItem>>, Problem> {
    let cx = caller.admit::<CaseRead>()?;
    let id = cases::find(&cx, &id).await?.id;
    let items = cases::jobs(&cx, id).await?.into_iter().map(item).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

/// Link every event that a query finds, at most 100,000. The key needs `event.read` too.
#[utoipa::path(post, path = "/api/v1/cases/{id}/jobs", tag = "cases", security(("api_key" = ["case.write"])), params(
    ("id" = String, Path, description = "Id or number of the case"),
), request_body = NewCaseJobIn, responses(
    (status = 202, description = "It has begun", body = CaseJobItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "Ten of these are running", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn start(
    caller: Caller,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<CaseJobItem>), Problem> {
    let cx = caller.admit::<CaseWrite>()?;
    let seen = caller.admit::<EventRead>()?;
    let id = id_of(&caller, &id).await?;
    let NewCaseJobIn { q, from, to } = read(&body)?;
    let query = match q.trim() {
        "" => None,
        text => Some(
            parse(text, &EVENTS, cx.now())
                .map_err(|why| Problem::invalid(Invalid::field("q", why.placed(text))))?,
        ),
    };
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        return Err(Problem::invalid(Invalid::field("to", "must be after from")));
    }
    let job = cases::link_matching(&cx, &seen, id, &Asked { query, from, until: to }).await?;
    Ok((StatusCode::ACCEPTED, Json(item(job))))
}

/// End one that runs; what it linked stays.
#[utoipa::path(post, path = "/api/v1/cases/{id}/jobs/{job}/cancel", tag = "cases", security(("api_key" = ["case.write"])), params(
    ("id" = String, Path, description = "Id or number of the case"), ("job" = uuid::Uuid, Path, description = "Id of the job"),
), responses(
    (status = 200, description = "It has ended", body = CaseJobItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "It had ended before", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn cancel(
    caller: Caller,
    Path((id, job)): Path<(String, String)>,
) -> Result<Json<CaseJobItem>, Problem> {
    let cx = caller.admit::<CaseWrite>()?;
    let id = id_of(&caller, &id).await?;
    let job: CaseJobId = job.parse().map_err(|_| Problem::not_found())?;
    Ok(Json(item(cases::cancel_job(&cx, id, job).await?)))
}

/// Take out of the case what an ended one linked.
#[utoipa::path(delete, path = "/api/v1/cases/{id}/jobs/{job}", tag = "cases", security(("api_key" = ["case.write"])), params(
    ("id" = String, Path, description = "Id or number of the case"), ("job" = uuid::Uuid, Path, description = "Id of the job"),
), responses(
    (status = 204, description = "What it linked is out of the case"),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 409, description = "It runs, or linked nothing", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn take_back(
    caller: Caller,
    Path((id, job)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let cx = caller.admit::<CaseWrite>()?;
    let id = id_of(&caller, &id).await?;
    let job: CaseJobId = job.parse().map_err(|_| Problem::not_found())?;
    cases::take_job_back(&cx, id, job).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn item(job: CaseJob) -> CaseJobItem {
    CaseJobItem {
        id: job.id,
        q: job.query,
        from: job.from_at,
        to: job.until_at,
        state: job.state,
        expected: job.expected,
        exact: job.exact,
        found: job.found,
        added: job.added,
        failure: job.failure,
        started_by_id: job.started_by_id,
        started_by: job.started_by,
        started_at: job.started_at,
        ended_at: job.ended_at,
    }
}
