//! What the page reads.

use domain::audit::{AuditFilter, AuditRecord, Verdict};
use domain::page::DEFAULT_LIMIT;
use domain::permission::AuditRead;

use super::gist;
use super::sections::{Entry, entry as shown};
use crate::error::Answer;
use crate::routes::AuditQuery;
use crate::server::Scope;
use crate::when::{When, Zone};

/// One page of the log.
pub struct AuditList {
    pub rows: Vec<Line>,
    pub next: Option<String>,
    /// How many entries match.
    pub total: i64,
    /// The filter with its times in UTC, for the export.
    pub exact: AuditQuery,
}

/// A row of the list.
pub struct Line {
    pub seq: i64,
    pub at: When,
    pub actor: String,
    pub action: String,
    pub target_type: String,
    pub target_id: String,
    pub success: bool,
    /// What it says, in a line.
    pub gist: String,
}

pub async fn list(scope: &Scope, query: &AuditQuery) -> Answer<AuditList> {
    let (cx, zone) = (scope.admit::<AuditRead>()?, scope.zone);
    let filter = filter(query, zone)?;
    let cursor = Some(query.cursor.as_str()).filter(|c| !c.is_empty());
    let page = service::audit::list(&cx, &filter, DEFAULT_LIMIT, cursor).await?;
    let line = |r: AuditRecord| Line {
        gist: gist::of(&r),
        seq: r.seq,
        at: zone.when(r.created_at),
        actor: r.actor,
        action: r.action,
        target_type: r.target_type,
        target_id: r.target_id,
        success: r.success,
    };
    let iso = |at: Option<domain::Timestamp>| at.map(domain::Timestamp::iso).unwrap_or_default();
    Ok(AuditList {
        rows: page.items.into_iter().map(line).collect(),
        next: page.next_cursor,
        total: service::audit::count(&cx, &filter).await?,
        exact: AuditQuery { from: iso(filter.from), to: iso(filter.to), ..query.clone() },
    })
}

/// One entry, by its place in the chain.
pub async fn entry(scope: &Scope, seq: &str) -> Answer<Entry> {
    let cx = scope.admit::<AuditRead>()?;
    let seq: i64 = seq.parse().map_err(|_| service::Error::NotFound)?;
    let after = seq.saturating_add(1).to_string();
    let page = service::audit::list(&cx, &AuditFilter::default(), 1, Some(&after)).await?;
    let found = page.items.into_iter().find(|record| record.seq == seq).ok_or(service::Error::NotFound)?;
    Ok(shown(found, scope.zone))
}

/// Walks the whole chain of the organization.
pub async fn verdict(scope: &Scope) -> Answer<Verdict> {
    scope.admit::<AuditRead>()?;
    let organization = &scope.organization;
    Ok(service::audit::verify(&scope.services, organization.id, &organization.slug, None).await?)
}

fn filter(query: &AuditQuery, zone: Zone) -> Answer<AuditFilter> {
    let some = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
    Ok(AuditFilter {
        actor: some(&query.actor),
        action: some(&query.action),
        target_type: some(&query.target_type),
        target_id: some(&query.target_id),
        from: zone.parse_optional("from", &query.from)?,
        to: zone.parse_optional("to", &query.to)?,
        q: some(&query.q),
    })
}
