//! Exactly the events of a list as a file, in its order.

use std::io;

use app::events::EventQuery;
use app::when::Zone;
use axum::body::Body;
use axum::extract::{Extension, Path, RawQuery, State};
use axum::response::Response;
use bytes::Bytes;
use domain::event::Event;
use domain::filter::EventFilter;
use domain::permission::EventExport;
use futures::stream::{self, Stream, StreamExt as _};
use service::Cx;
use service::auth::Viewer;
use tokio::sync::OwnedSemaphorePermit;
use wire::EventFile;

use super::{CSV, PAGE, attachment, csv_rows, harmless, place, reader};
use crate::http::problem::Problem;
use crate::http::query::Query;
use crate::state::AppState;

/// `GET /o/{organization}/events/export.csv`
pub async fn csv(
    State(state): State<AppState>,
    viewer: Option<Extension<Viewer>>,
    Path(slug): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (cx, filter, place) = begin(&state, viewer, &slug, query.as_deref(), "csv").await?;
    let head = stream::once(async { csv_rows(&[COLUMNS.map(str::to_owned)]) });
    let rows = pages(cx, filter, place).map(|page| csv_rows(&page?.iter().map(csv_row).collect::<Vec<_>>()));
    Ok(attachment(Body::from_stream(head.chain(rows)), CSV, &format!("events-{slug}.csv")))
}

/// `GET /o/{organization}/events/export.ndjson`: an event a line, as `GET /api/v1/events` tells it.
pub async fn ndjson(
    State(state): State<AppState>,
    viewer: Option<Extension<Viewer>>,
    Path(slug): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (cx, filter, place) = begin(&state, viewer, &slug, query.as_deref(), "ndjson").await?;
    let lines = pages(cx, filter, place).map(|page| {
        let mut text = Vec::new();
        for event in page? {
            serde_json::to_writer(&mut text, &event).map_err(std::io::Error::other)?;
            text.push(b'\n');
        }
        Ok::<_, std::io::Error>(Bytes::from(text))
    });
    Ok(attachment(Body::from_stream(lines), "application/x-ndjson", &format!("events-{slug}.ndjson")))
}

/// `GET /o/{organization}/events/export.parquet`
pub async fn parquet(
    State(state): State<AppState>,
    viewer: Option<Extension<Viewer>>,
    Path(slug): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (cx, filter, place) = begin(&state, viewer, &slug, query.as_deref(), "parquet").await?;
    let mut file = Some(EventFile::begin().map_err(|e| Problem::internal(e.to_string()))?);
    // The footer is written after the last page, and not after one that failed.
    let parts = pages(cx, filter, place).map(Some).chain(stream::once(async { None })).map(move |page| {
        let part = match (page.transpose(), file.take()) {
            (Ok(Some(rows)), Some(open)) => file.insert(open).rows(rows),
            (Ok(None), Some(open)) => open.end(),
            (Ok(_), None) => Ok(Vec::new()),
            (Err(error), _) => return Err(error),
        };
        part.map(Bytes::from).map_err(io::Error::other)
    });
    let kind = "application/vnd.apache.parquet";
    Ok(attachment(Body::from_stream(parts), kind, &format!("events-{slug}.parquet")))
}

/// The filter is what the address of the list says.
async fn begin(
    state: &AppState,
    viewer: Option<Extension<Viewer>>,
    slug: &str,
    query: Option<&str>,
    format: &'static str,
) -> Result<(Cx<EventExport>, EventFilter, OwnedSemaphorePermit), Problem> {
    let (viewer, actor) = reader(state, viewer, slug).await?;
    let cx = state.services.admit::<EventExport>(&actor)?;
    let mut query = Query::new(query);
    let mut one = |key| query.one::<String>(key).unwrap_or_default();
    let asked = EventQuery {
        from: one("from"),
        to: one("to"),
        q: one("q"),
        order: one("order"),
        ..EventQuery::default()
    };
    // The rest of the list's address says how it is shown, not which events it has.
    for shown in
        ["view", "facet", "more", "within", "limit", "column", "density", "cursor", "back", "event", "live"]
    {
        query.texts(shown);
    }
    query.done()?;
    let zone = Zone::named(&viewer.user.time_zone);
    let filter = asked.filter_of(zone, state.services.clock.now());
    let filter = filter.map_err(Problem::invalid)?;
    let place = place(state, &viewer)?;
    service::events::begin_export(&cx, &filter, format).await?;
    Ok((cx, filter, place))
}

fn pages(
    cx: Cx<EventExport>,
    filter: EventFilter,
    place: OwnedSemaphorePermit,
) -> impl Stream<Item = io::Result<Vec<Event>>> {
    super::pages((cx, filter, None::<String>), place, |(cx, filter, cursor)| async move {
        let page = service::events::export_page(&cx, &filter, PAGE, cursor.as_deref()).await?;
        Ok((page.items, page.next_cursor.map(|cursor| (cx, filter, Some(cursor)))))
    })
}

const COLUMNS: [&str; 16] = [
    "id",
    "occurred_at",
    "ingested_at",
    "severity",
    "severity_text",
    "component",
    "service",
    "environment",
    "system_id",
    "event_type",
    "source_id",
    "source",
    "message",
    "fingerprint",
    "group_id",
    "raw_payload",
];

fn csv_row(event: &Event) -> [String; 16] {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let cells = [
        event.id.to_string(),
        event.occurred_at.iso(),
        event.ingested_at.iso(),
        event.severity.to_string(),
        event.severity_text.clone(),
        text(&event.component),
        text(&event.service),
        text(&event.environment),
        text(&event.system_id),
        text(&event.event_type),
        event.source_id.map(|id| id.to_string()).unwrap_or_default(),
        text(&event.source),
        event.message.clone(),
        event.fingerprint.clone(),
        event.group_id.to_string(),
        event.raw_payload.text().to_owned(),
    ];
    cells.map(harmless)
}
