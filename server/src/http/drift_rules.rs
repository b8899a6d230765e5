//! `/api/v1/drift-rules`: what makes a change matter.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::Timestamp;
use domain::page::Page;
use domain::permission::{DriftRead, DriftWrite};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::drifts::{self, On, Rule, TableRule, When};
use utoipa::ToSchema;

use super::api::{Caller, read};
use super::cases::word_schema;
use super::etag;
use super::problem::{Problem, ProblemDocument};
use super::query::Query;
use super::schema;

word_schema! {
    DriftRuleOn { Changed = "changed", Deleted = "deleted", Added = "added" }
}

#[derive(Serialize, ToSchema)]
pub struct DriftRuleItem {
    id: String,
    what: String,
    why: String,
    types: Vec<String>,
    paths: Vec<String>,
    except: Vec<String>,
    /// any, off, sensitive, or an object: is, unless (lists of values), ends (a list of texts).
    #[schema(value_type = serde_json::Value)]
    when: When,
    #[schema(value_type = Vec<DriftRuleOn>)]
    on: Vec<On>,
    /// Goes only for what lets somebody in.
    inward: bool,
    /// Makes the change security-critical.
    critical: bool,
    security: f64,
    performance: f64,
    cost: f64,
    compliance: f64,
    is_enabled: bool,
    /// The product brings it.
    is_brought: bool,
    /// 0: as it was brought.
    version: i64,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    updated_at: Option<Timestamp>,
    #[schema(required = true)]
    updated_by: Option<String>,
}

/// The rules that make a change matter: those the product brings, then the organization's own.
#[utoipa::path(get, path = "/api/v1/drift-rules", tag = "drift", security(("api_key" = ["drift.read"])), responses(
    (status = 200, description = "All rules", body = schema::DriftRulePage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn list(caller: Caller, RawQuery(query): RawQuery) -> Result<Json<Page<DriftRuleItem>>, Problem> {
    let cx = caller.admit::<DriftRead>()?;
    Query::new(query.as_deref()).done()?;
    let items = drifts::rule_table(&cx).await?.into_iter().map(item).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DriftRuleIn {
    what: String,
    #[serde(default)]
    why: String,
    types: Vec<String>,
    paths: Vec<String>,
    #[serde(default)]
    except: Vec<String>,
    #[schema(value_type = serde_json::Value)]
    when: Value,
    #[serde(default = "changed")]
    #[schema(value_type = Vec<DriftRuleOn>, required = false)]
    on: Vec<On>,
    #[serde(default)]
    inward: bool,
    #[serde(default)]
    critical: bool,
    #[serde(default)]
    security: f64,
    #[serde(default)]
    performance: f64,
    #[serde(default)]
    cost: f64,
    #[serde(default)]
    compliance: f64,
    #[serde(default = "yes")]
    is_enabled: bool,
}

fn yes() -> bool {
    true
}

fn changed() -> Vec<On> {
    vec![On::Changed]
}

/// Change a rule, or add one. If-Match names the version: `"0"` of a new one and of one as it was brought.
#[utoipa::path(put, path = "/api/v1/drift-rules/{id}", tag = "drift", security(("api_key" = ["drift.write"])), params(
    ("id" = String, Path, description = "Short name of the rule"),
    ("If-Match" = String, Header, description = "ETag: the version it was made from"),
), request_body = DriftRuleIn, responses(
    (status = 200, description = "The rule", body = DriftRuleItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 412, description = "Somebody changed it meanwhile", body = ProblemDocument, content_type = "application/problem+json"),
    (status = 428, description = "If-Match is missing", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn change(
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let cx = caller.admit::<DriftWrite>()?;
    let seen: i64 =
        etag::seen(&headers)?.parse().map_err(|_| Problem::bad_request("If-Match is not an ETag of this"))?;
    let asked: DriftRuleIn = read(&body)?;
    let when = serde_json::from_value(asked.when).map_err(|_| {
        Problem::invalid(domain::Invalid::field(
            "when",
            "any, off, sensitive, or an object with is, unless or ends",
        ))
    })?;
    let rule = Rule {
        id,
        what: asked.what,
        why: asked.why,
        types: asked.types,
        paths: asked.paths,
        except: asked.except,
        when,
        on: asked.on,
        inward: asked.inward,
        critical: asked.critical,
        security: asked.security,
        performance: asked.performance,
        cost: asked.cost,
        compliance: asked.compliance,
    };
    let saved = drifts::save_rule(&cx, rule, asked.is_enabled, seen).await.map_err(etag::too_late)?;
    let tag = saved.version.to_string();
    Ok(etag::tagged(StatusCode::OK, item(saved), &tag))
}

/// Put a rule back as it was brought, or remove one of the organization's own.
#[utoipa::path(delete, path = "/api/v1/drift-rules/{id}", tag = "drift", security(("api_key" = ["drift.write"])), params(
    ("id" = String, Path, description = "Short name of the rule"),
), responses(
    (status = 204, description = "It is as it was brought, or gone"),
    (status = 404, description = "There is none, it was never changed, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn reset(caller: Caller, Path(id): Path<String>) -> Result<StatusCode, Problem> {
    let cx = caller.admit::<DriftWrite>()?;
    drifts::reset_rule(&cx, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn item(one: TableRule) -> DriftRuleItem {
    let Rule {
        id,
        what,
        why,
        types,
        paths,
        except,
        when,
        on,
        inward,
        critical,
        security,
        performance,
        cost,
        compliance,
    } = one.rule;
    DriftRuleItem {
        id,
        what,
        why,
        types,
        paths,
        except,
        when,
        on,
        inward,
        critical,
        security,
        performance,
        cost,
        compliance,
        is_enabled: one.is_enabled,
        is_brought: one.is_brought,
        version: one.version,
        updated_at: one.updated_at,
        updated_by: one.updated_by,
    }
}
