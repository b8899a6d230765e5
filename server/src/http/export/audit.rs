//! The audit log as a file: streamed page by page, newest first, after the export itself was audited.

use std::io;

use app::when::Zone;
use axum::body::Body;
use axum::extract::{Extension, Path, RawQuery, State};
use axum::response::Response;
use bytes::Bytes;
use domain::audit::{AuditFilter, AuditRecord};
use domain::permission::{AuditExport, AuditRead};
use futures::stream::{self, Stream, StreamExt as _};
use service::Cx;
use service::auth::Viewer;
use tokio::sync::OwnedSemaphorePermit;

use super::{CSV, PAGE, attachment, csv_rows, harmless, place, reader};
use crate::http::api::{Caller, audit_filter};
use crate::http::problem::{Problem, ProblemDocument};
use crate::http::query::Query;
use crate::http::schema;
use crate::state::AppState;

/// `GET /o/{organization}/audit/export.csv`
pub async fn csv(
    State(state): State<AppState>,
    viewer: Option<Extension<Viewer>>,
    Path(slug): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (cx, filter, place) = begin(&state, viewer, &slug, query.as_deref(), "csv").await?;
    let head = stream::once(async { csv_rows(&[COLUMNS.map(str::to_owned)]) });
    let body = head
        .chain(pages(cx, filter, place).map(|page| csv_rows(&page?.iter().map(csv_row).collect::<Vec<_>>())));
    Ok(attachment(Body::from_stream(body), CSV, &format!("audit-{slug}.csv")))
}

/// `GET /o/{organization}/audit/export.json`: an array; the first entry is the head that `watchroom audit verify --head` takes.
pub async fn json(
    State(state): State<AppState>,
    viewer: Option<Extension<Viewer>>,
    Path(slug): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (cx, filter, place) = begin(&state, viewer, &slug, query.as_deref(), "json").await?;
    let mut first = true;
    let entries = pages(cx, filter, place).map(move |page| {
        let mut text = String::new();
        for record in page? {
            text.push_str(if std::mem::take(&mut first) { "\n" } else { ",\n" });
            text.push_str(&serde_json::to_string(&record).map_err(std::io::Error::other)?);
        }
        Ok::<_, std::io::Error>(Bytes::from(text))
    });
    let body = stream::once(async { Ok(Bytes::from_static(b"[")) })
        .chain(entries)
        .chain(stream::once(async { Ok(Bytes::from_static(b"\n]\n")) }));
    Ok(attachment(Body::from_stream(body), "application/json", &format!("audit-{slug}.json")))
}

/// `GET /o/{organization}/audit/export.zip`: the entries with every link of the chain after the first of them, signed.
pub async fn zip(
    State(state): State<AppState>,
    viewer: Option<Extension<Viewer>>,
    Path(slug): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (viewer, actor) = reader(&state, viewer, &slug).await?;
    let cx = state.services.admit::<AuditExport>(&actor)?;
    let mut query = Query::new(query.as_deref());
    let filter = filter_of_reader(&mut query, Zone::named(&viewer.user.time_zone));
    query.done()?;
    let chunks = service::audit::bundle::export(&cx, &filter).await?;
    Ok(super::zip(&format!("audit-{slug}"), chunks))
}

/// The audit log as a signed bundle: the entries that match, every link of the chain from the first of them to the last
/// entry, a manifest, its Ed25519 signature, and the public key. `watchroom audit verify-bundle` checks it offline.
#[utoipa::path(get, path = "/api/v1/audit/bundle", tag = "audit", security(("api_key" = ["audit.read"])), params(
    schema::AuditParameters,
), responses(
    (status = 200, description = "The zip, as an attachment", body = Vec<u8>, content_type = "application/zip"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn bundle(caller: Caller, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let mut query = Query::new(query.as_deref());
    let filter = audit_filter(&mut query);
    query.done()?;
    let chunks = service::audit::bundle::export(&caller.admit::<AuditExport>()?, &filter).await?;
    Ok(super::zip("audit", chunks))
}

/// `GET /o/{organization}/audit/key.pem`: the public half of the key that bundles are signed with.
pub async fn key(
    State(state): State<AppState>,
    viewer: Option<Extension<Viewer>>,
    Path(slug): Path<String>,
) -> Result<Response, Problem> {
    let (_, actor) = reader(&state, viewer, &slug).await?;
    state.services.admit::<AuditRead>(&actor)?;
    let pem = service::audit::bundle::public_key(&state.services)?;
    Ok(attachment(Body::from(pem), "application/x-pem-file", "watchroom-audit-key.pem"))
}

/// The public key (Ed25519, PEM) that audit bundles of this installation are signed with.
#[utoipa::path(get, path = "/api/v1/audit/key", tag = "audit", security(("api_key" = ["audit.read"])), responses(
    (status = 200, description = "The key", body = String, content_type = "application/x-pem-file"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn api_key(
    State(state): State<AppState>,
    caller: Caller,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    Query::new(query.as_deref()).done()?;
    caller.admit::<AuditRead>()?;
    let pem = service::audit::bundle::public_key(&state.services)?;
    Ok(attachment(Body::from(pem), "application/x-pem-file", "watchroom-audit-key.pem"))
}

async fn begin(
    state: &AppState,
    viewer: Option<Extension<Viewer>>,
    slug: &str,
    query: Option<&str>,
    format: &'static str,
) -> Result<(Cx<AuditExport>, AuditFilter, OwnedSemaphorePermit), Problem> {
    let (viewer, actor) = reader(state, viewer, slug).await?;
    let cx = state.services.admit::<AuditExport>(&actor)?;
    let mut query = Query::new(query);
    let filter = filter_of_reader(&mut query, Zone::named(&viewer.user.time_zone));
    query.done()?;
    let place = place(state, &viewer)?;
    service::audit::begin_export(&cx, &filter, format).await?;
    Ok((cx, filter, place))
}

/// As the page of the audit log writes it: times are RFC 3339 or in the reader's zone.
fn filter_of_reader(query: &mut Query, zone: Zone) -> AuditFilter {
    let mut time = |key| {
        let text = query.one::<String>(key)?;
        zone.parse(&text).map_err(|reason| query.refuse(key, reason)).ok()
    };
    let (from, to) = (time("from"), time("to"));
    AuditFilter {
        actor: query.one("actor"),
        action: query.one("action"),
        target_type: query.one("target_type"),
        target_id: query.one("target_id"),
        from,
        to,
        q: query.one("q"),
    }
}

fn pages(
    cx: Cx<AuditExport>,
    filter: AuditFilter,
    place: OwnedSemaphorePermit,
) -> impl Stream<Item = io::Result<Vec<AuditRecord>>> {
    super::pages((cx, filter, None), place, |(cx, filter, before)| async move {
        let page = service::audit::export_page(&cx, &filter, before, PAGE).await?;
        let next = page.last().filter(|_| page.len() == PAGE as usize).map(|record| record.seq);
        Ok((page, next.map(|seq| (cx, filter, Some(seq)))))
    })
}

const COLUMNS: [&str; 19] = [
    "seq",
    "created_at",
    "actor",
    "actor_id",
    "action",
    "target_type",
    "target_id",
    "success",
    "error_message",
    "metadata",
    "old_values",
    "new_values",
    "ip_address",
    "user_agent",
    "session_id",
    "incident_id",
    "id",
    "prev_hash",
    "hash",
];

fn csv_row(r: &AuditRecord) -> [String; 19] {
    let json = |v: &Option<serde_json::Value>| v.as_ref().map(ToString::to_string).unwrap_or_default();
    let text = |v: &Option<String>| v.clone().unwrap_or_default();
    let cells = [
        r.seq.to_string(),
        r.created_at.iso(),
        r.actor.clone(),
        r.actor_id.map(|id| id.to_string()).unwrap_or_default(),
        r.action.clone(),
        r.target_type.clone(),
        r.target_id.clone(),
        r.success.to_string(),
        text(&r.error_message),
        r.metadata.to_string(),
        json(&r.old_values),
        json(&r.new_values),
        text(&r.ip_address),
        text(&r.user_agent),
        text(&r.session_id),
        r.incident_id.as_ref().map(ToString::to_string).unwrap_or_default(),
        r.id.to_string(),
        r.prev_hash.clone(),
        r.hash.clone(),
    ];
    cells.map(harmless)
}
