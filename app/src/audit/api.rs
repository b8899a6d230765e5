//! Server functions of the audit page.

#[cfg(feature = "ssr")]
use domain::audit::{AuditFilter, AuditRecord};
#[cfg(feature = "ssr")]
use domain::page::DEFAULT_LIMIT;
#[cfg(feature = "ssr")]
use domain::permission::AuditRead;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

use crate::error::Answer;
use crate::printed::Printed;
use crate::routes::AuditQuery;
#[cfg(feature = "ssr")]
use crate::server::scope;
use crate::shown::shown;
use crate::when::When;

/// One page of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditList {
    pub rows: Vec<Line>,
    pub next: Option<String>,
    /// How many entries match.
    pub total: i64,
    /// The filter with its times in UTC, for the export.
    pub exact: AuditQuery,
}
shown!(AuditList: rows, next, total, exact);

/// A row of the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub seq: i64,
    pub at: When,
    pub actor: String,
    pub action: String,
    pub target_type: String,
    pub target_id: String,
    pub success: bool,
}
shown!(Line: seq, at, actor, action, target_type, target_id, success);

#[server(name = ListAudit, prefix = "/fn", endpoint = "audit", input = GetUrl)]
pub async fn list_audit(organization: String, #[server(default)] query: AuditQuery) -> Answer<AuditList> {
    let scope = scope(&organization).await?;
    let cx = scope.admit::<AuditRead>()?;
    let filter = filter(&query, scope.zone)?;
    let cursor = Some(query.cursor.as_str()).filter(|c| !c.is_empty());
    let page = service::audit::list(&cx, &filter, DEFAULT_LIMIT, cursor).await?;
    Ok(list(page, service::audit::count(&cx, &filter).await?, query, &filter, scope.zone))
}

/// One entry, with links that narrow the list of this query.
#[server(name = LoadEntry, prefix = "/fn", endpoint = "audit_entry", input = GetUrl)]
pub async fn load_entry(
    organization: String,
    seq: String,
    #[server(default)] query: AuditQuery,
) -> Answer<Printed> {
    let scope = scope(&organization).await?;
    let cx = scope.admit::<AuditRead>()?;
    let seq: i64 = seq.parse().map_err(|_| service::Error::NotFound)?;
    let page =
        service::audit::list(&cx, &AuditFilter::default(), 1, Some(&seq.saturating_add(1).to_string()))
            .await?;
    let found = page.items.into_iter().find(|record| record.seq == seq).ok_or(service::Error::NotFound)?;
    Ok(super::sections::print(found, scope.zone, &scope.organization.slug, &query))
}

/// Walks the whole chain of the organization; what was found, above the list of this query.
#[server(name = VerifyAudit, prefix = "/fn", endpoint = "verify_audit", input = GetUrl)]
pub async fn verify_audit(organization: String, #[server(default)] query: AuditQuery) -> Answer<Printed> {
    let scope = scope(&organization).await?;
    scope.admit::<AuditRead>()?;
    let slug = scope.organization.slug.as_str();
    let found = service::audit::verify(&scope.services, scope.organization.id, slug, None).await?;
    Ok(super::sections::verdict(found, query.href(slug)))
}

#[cfg(feature = "ssr")]
fn filter(query: &AuditQuery, zone: crate::when::Zone) -> Answer<AuditFilter> {
    let some = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
    Ok(AuditFilter {
        actor: some(&query.actor),
        action: some(&query.action),
        target_type: some(&query.target_type),
        target_id: some(&query.target_id),
        from: zone.parse_optional("from", &query.from)?,
        to: zone.parse_optional("to", &query.to)?,
    })
}

#[cfg(feature = "ssr")]
fn list(
    page: domain::page::Page<AuditRecord>,
    total: i64,
    query: AuditQuery,
    filter: &AuditFilter,
    zone: crate::when::Zone,
) -> AuditList {
    let line = |r: AuditRecord| Line {
        seq: r.seq,
        at: zone.when(r.created_at),
        actor: r.actor,
        action: r.action,
        target_type: r.target_type,
        target_id: r.target_id,
        success: r.success,
    };
    let iso = |at: Option<domain::Timestamp>| at.map(domain::Timestamp::iso).unwrap_or_default();
    AuditList {
        rows: page.items.into_iter().map(line).collect(),
        next: page.next_cursor,
        total,
        exact: AuditQuery { from: iso(filter.from), to: iso(filter.to), ..query },
    }
}
