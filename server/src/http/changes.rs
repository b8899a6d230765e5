//! `/api/v1/changes`: what changed since the last time, without gaps.

use axum::Json;
use axum::extract::RawQuery;
use domain::audit::AuditRecord;
use domain::permission::AuditRead;
use domain::{Timestamp, UserId};
use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::api::{Caller, paging};
use super::problem::{Problem, ProblemDocument};
use super::query::Query;

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it documents the parameters, which Query reads")]
pub struct ChangesParameters {
    /// `next_cursor` of the last answer; from the beginning when left out; `latest`: from now on.
    cursor: Option<String>,
    /// Only of this kind of record, such as `case`, `group`, `source` or `member`.
    r#type: Option<String>,
    /// Changes an answer, 1 to 200; 50 when left out.
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
pub struct ChangeItem {
    /// 1, 2, 3… in the order of the commits. Each once.
    seq: i64,
    #[schema(value_type = DateTime<Utc>)]
    at: Timestamp,
    /// What was done, such as `CASE_UPDATED`.
    action: String,
    /// The kind of record.
    r#type: String,
    /// Its id; of a change of many at once, their ids are in `metadata`.
    id: String,
    #[schema(required = true, value_type = Option<Uuid>)]
    actor_id: Option<UserId>,
    /// E-mail, `api key <prefix>` or `system (<name>)`.
    actor: String,
    /// False: it was refused, and nothing changed.
    success: bool,
    /// What the record said before, as far as it changed.
    #[schema(required = true, value_type = Option<Object>)]
    old_values: Option<Value>,
    #[schema(required = true, value_type = Option<Object>)]
    new_values: Option<Value>,
    #[schema(value_type = Object)]
    metadata: Value,
}

#[derive(Serialize, ToSchema)]
pub struct ChangesPage {
    items: Vec<ChangeItem>,
    /// Never null: keep it, and ask with it next time.
    next_cursor: String,
    /// There is more already.
    has_more: bool,
}

/// What changed, in the order of the commits, for incremental sync.
///
/// Each change comes once and none is left out, however many write at the same time; a cursor never ends. Ask again with
/// `next_cursor`, at once while `has_more`, later when not.
#[utoipa::path(get, path = "/api/v1/changes", tag = "changes", security(("api_key" = ["audit.read"])), params(ChangesParameters), responses(
    (status = 200, description = "Changes after the cursor, oldest first", body = ChangesPage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn list(caller: Caller, RawQuery(query): RawQuery) -> Result<Json<ChangesPage>, Problem> {
    let cx = caller.admit::<AuditRead>()?;
    let mut query = Query::new(query.as_deref());
    let kind: Option<String> = query.one("type");
    let (limit, cursor) = paging(&mut query);
    query.done()?;
    let found = service::changes::list(&cx, kind.as_deref(), cursor.as_deref(), limit).await?;
    let items = found.items.into_iter().map(item).collect();
    Ok(Json(ChangesPage { items, next_cursor: found.next_cursor, has_more: found.has_more }))
}

fn item(record: AuditRecord) -> ChangeItem {
    ChangeItem {
        seq: record.seq,
        at: record.created_at,
        action: record.action,
        r#type: record.target_type,
        id: record.target_id,
        actor_id: record.actor_id,
        actor: record.actor,
        success: record.success,
        old_values: record.old_values,
        new_values: record.new_values,
        metadata: record.metadata,
    }
}
