//! From the domain to what is shown. Server only.

use axum::http::header::HOST;
use axum::http::request::Parts;
use domain::event::Event;
use domain::filter::{EventFilter, Facet};
use domain::overview::Bucket;
use domain::page::Page;
use domain::permission::{EventRead, SourceRead};
use domain::query::Query;
use domain::template::slots;
use domain::{Severity, Timestamp};
use leptos::prelude::use_context;
use service::Cx;

use super::chart::{Size, severity_bars};
use super::query::{EventQuery, Field};
use super::shown::{
    EventList, EventRow, EventShown, FacetShown, FacetValue, Histogram, Mark, MarkKind, Marked, Nothing,
    Slice, SourceRef, Summary,
};
use crate::Answer;
use crate::server::Scope;
use crate::when::Zone;

/// How much of a message a row carries, in bytes; the panel has all of it.
const ROW_MESSAGE: usize = 400;
/// Marks of what was searched for in one message.
const MAX_FOUND: usize = 16;
/// Seconds before and after an event that count as around it.
const AROUND: i64 = 300;

/// What the URL asks for, at the server's time, in the reader's zone.
pub fn filter(scope: &Scope, query: &EventQuery) -> Answer<EventFilter> {
    Ok(query.to_filter(scope.services.clock.now(), |text| scope.zone.parse(text).ok())?)
}

pub async fn list(scope: &Scope, query: &EventQuery) -> Answer<EventList> {
    let cx = scope.admit::<EventRead>()?;
    let cursor = Some(query.cursor.as_str()).filter(|cursor| !cursor.is_empty());
    let filter = filter(scope, query)?;
    let page: Page<Event> = service::events::list(&cx, &filter, query.page_size(), cursor).await?;
    let nothing = if page.items.is_empty() && page.next_cursor.is_none() && cursor.is_none() {
        Some(Nothing { any: any(&cx).await?, origin: origin() })
    } else {
        None
    };
    let rows = page.items.into_iter().map(|event| row(event, scope.zone, filter.query.as_ref())).collect();
    Ok(EventList { rows, next_cursor: page.next_cursor, nothing })
}

pub async fn summary(scope: &Scope, query: &EventQuery) -> Answer<Summary> {
    let (cx, filter) = (scope.admit::<EventRead>()?, filter(scope, query)?);
    let count = service::events::count(&cx, &filter).await?;
    let buckets = service::events::histogram(&cx, &filter, super::api::BUCKETS).await?;
    let histogram = histogram(&buckets, &filter, scope.services.clock.now(), scope.zone, Size::Small);
    let asked = (query.from.clone(), query.to.clone());
    Ok(Summary { count, facets: facets(scope, &filter).await?, histogram: Histogram { asked, ..histogram } })
}

/// Facets with the names of sources, in the order of the page.
async fn facets(scope: &Scope, filter: &EventFilter) -> Answer<Vec<FacetShown>> {
    let found = service::events::facets(&scope.admit::<EventRead>()?, filter).await?;
    let sources = service::sources::list(&scope.admit::<SourceRead>()?).await?;
    let name = |id: &str| {
        sources.iter().find(|source| source.id.to_string() == id).map(|source| source.name.clone())
    };
    let mut shown: Vec<FacetShown> = Field::ALL
        .iter()
        .filter_map(|field| {
            let word = if *field == Field::Source { "source_id" } else { field.word() };
            let Facet { values, .. } = found.iter().find(|facet| facet.field == word)?.clone();
            let values = values
                .into_iter()
                .map(|(value, n)| FacetValue {
                    label: (*field == Field::Source)
                        .then(|| name(&value))
                        .flatten()
                        .unwrap_or_else(|| value.clone()),
                    value,
                    n,
                })
                .collect();
            Some(FacetShown { field: field.word().to_owned(), values })
        })
        .collect();
    // Severities keep their order and are all there.
    if let Some(facet) = shown.iter_mut().find(|facet| facet.field == "severity") {
        let n = |word: &str| facet.values.iter().find(|value| value.value == word).map_or(0, |value| value.n);
        facet.values = Severity::ALL
            .iter()
            .rev()
            .map(|severity| FacetValue {
                value: severity.to_string(),
                label: super::parts::severity_word(*severity).to_owned(),
                n: n(severity.as_str()),
            })
            .collect();
    }
    Ok(shown)
}

/// The buckets in the reader's zone. `end` is where the last one ends at the latest.
pub fn histogram(
    buckets: &[Bucket],
    filter: &EventFilter,
    now: Timestamp,
    zone: Zone,
    size: Size,
) -> Histogram {
    let end = filter.to.unwrap_or(now);
    let seconds = match buckets {
        [first, second, ..] => second.start.seconds() - first.start.seconds(),
        [only] => (end.seconds() - only.start.seconds()).max(60),
        [] => 3_600,
    };
    let slices = buckets
        .iter()
        .map(|bucket| Slice {
            label: axis_label(zone, bucket.start, seconds),
            from: bucket.start.iso(),
            to: bucket.start.plus_seconds(seconds).iso(),
            counts: bucket.counts,
        })
        .collect::<Vec<_>>();
    let from = filter.from.or_else(|| buckets.first().map(|bucket| bucket.start)).unwrap_or(now);
    let iso = |at: Option<Timestamp>| at.map(Timestamp::iso).unwrap_or_default();
    Histogram {
        chart: severity_bars(&slices, size),
        slices,
        step: span(seconds),
        from_input: zone.input(from),
        to_input: zone.input(end),
        from: iso(filter.from),
        to: iso(filter.to),
        asked: (String::new(), String::new()),
    }
}

pub fn event(event: Event, zone: Zone) -> EventShown {
    let around =
        (event.occurred_at.plus_seconds(-AROUND).iso(), event.occurred_at.plus_seconds(AROUND).iso());
    let source = event.source_id.map(|id| SourceRef {
        name: event.source.clone().unwrap_or_else(|| id.to_string()),
        id: id.to_string(),
    });
    EventShown {
        id: event.id.to_string(),
        at: zone.when(event.occurred_at),
        ingested: zone.when(event.ingested_at),
        severity: event.severity,
        severity_text: event.severity_text,
        message: marked(event.message, None),
        component: event.component,
        service: event.service,
        environment: event.environment,
        system_id: event.system_id,
        event_type: event.event_type,
        source,
        fingerprint: event.fingerprint,
        group_id: event.group_id.to_string(),
        around,
        raw_payload: event.raw_payload,
    }
}

pub fn row(event: Event, zone: Zone, query: Option<&Query>) -> EventRow {
    let mut message = event.message;
    if message.len() > ROW_MESSAGE {
        message.truncate(message.floor_char_boundary(ROW_MESSAGE));
        message.push('…');
    }
    EventRow {
        id: event.id.to_string(),
        severity: event.severity,
        at: zone.when(event.occurred_at),
        message: marked(message, query),
        component: event.component,
        service: event.service,
        system_id: event.system_id,
        source: event.source,
    }
}

/// Marks what was searched for, and the variable parts around it.
pub fn marked(text: String, query: Option<&Query>) -> Marked {
    let found = query.map(|query| query.highlights(&text)).unwrap_or_default();
    let mut marks: Vec<Mark> = found
        .into_iter()
        .take(MAX_FOUND)
        .map(|at| Mark(at.start as u32, at.end as u32, MarkKind::Found))
        .collect();
    for (at, _) in slots(&text) {
        let (start, end) = (at.start as u32, at.end as u32);
        if marks.iter().all(|mark| end <= mark.0 || mark.1 <= start) {
            marks.push(Mark(start, end, MarkKind::Slot));
        }
    }
    marks.sort_unstable_by_key(|mark| mark.0);
    Marked { text, marks }
}

/// A template's `<slot>` marks without their brackets.
pub fn marked_template(template: &str) -> Marked {
    let mut marked = Marked::default();
    let mut rest = template;
    while let Some((at, mark)) = domain::template::Slot::ALL
        .iter()
        .filter_map(|slot| rest.find(slot.mark()).map(|at| (at, slot.mark())))
        .min_by_key(|(at, _)| *at)
    {
        marked.text.push_str(&rest[..at]);
        let start = marked.text.len() as u32;
        marked.text.push_str(mark.trim_matches(['<', '>']));
        marked.marks.push(Mark(start, marked.text.len() as u32, MarkKind::Slot));
        rest = &rest[at + mark.len()..];
    }
    marked.text.push_str(rest);
    marked
}

/// Scheme and host as the reader's browser asked for them.
pub fn origin() -> String {
    let parts = use_context::<Parts>();
    let header = |name: &str| {
        parts.as_ref().and_then(|parts| parts.headers.get(name)).and_then(|value| value.to_str().ok())
    };
    let host = header(HOST.as_str()).unwrap_or("localhost:3000");
    let local = host.starts_with("localhost") || host.starts_with("127.") || host.starts_with("[::1]");
    let scheme = header("x-forwarded-proto").unwrap_or(if local { "http" } else { "https" });
    format!("{scheme}://{host}")
}

async fn any(cx: &Cx<EventRead>) -> Answer<bool> {
    Ok(service::events::count(cx, &EventFilter::default()).await?.n > 0)
}

/// "14:05" within a day or two, "23 Nov 14:00" for hours of longer ranges, "23 Nov" for days.
fn axis_label(zone: Zone, at: Timestamp, step: i64) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = zone.input(at);
    let (date, time) = text.split_once('T').unwrap_or((&text, ""));
    let mut parts = date.split('-').skip(1);
    let month = parts
        .next()
        .and_then(|month| month.parse::<usize>().ok())
        .and_then(|month| MONTHS.get(month - 1))
        .copied()
        .unwrap_or("");
    let day = parts.next().unwrap_or("").trim_start_matches('0');
    match step {
        ..3_600 => time.to_owned(),
        3_600..86_400 => format!("{day} {month} {time}"),
        _ => format!("{day} {month}"),
    }
}

/// Seconds as "minute", "5 minutes", "hour", "6 hours", "day".
fn span(seconds: i64) -> String {
    let (n, unit) = match seconds {
        ..60 => (seconds.max(1), "second"),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    if n == 1 { unit.to_owned() } else { format!("{n} {unit}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_searched_for_wins_over_a_slot() {
        let query = domain::query::parse("PASSWORD", &domain::query::EVENTS, Timestamp::EPOCH).unwrap();
        let marked = marked("Failed password from 10.0.0.1".to_owned(), Some(&query));
        let parts: Vec<_> =
            marked.marks.iter().map(|m| (&marked.text[m.0 as usize..m.1 as usize], m.2)).collect();
        assert_eq!(parts, [("password", MarkKind::Found), ("10.0.0.1", MarkKind::Slot)]);
    }

    #[test]
    fn a_template_shows_its_slots_without_brackets() {
        let marked = marked_template("retry <n> of <url>");
        assert_eq!(marked.text, "retry n of url");
        assert_eq!(marked.marks, [Mark(6, 7, MarkKind::Slot), Mark(11, 14, MarkKind::Slot)]);
    }

    #[test]
    fn slices_are_told_in_the_readers_zone() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let zone = Zone::named("Europe/Berlin");
        let bucket = |text| Bucket { start: at(text), counts: [1, 0, 0, 0, 0] };
        let shown = histogram(
            &[bucket("2026-11-23T14:00:00Z"), bucket("2026-11-23T15:00:00Z")],
            &EventFilter::default(),
            at("2026-11-23T16:00:00Z"),
            zone,
            Size::Small,
        );
        assert_eq!((shown.slices[0].label.as_str(), shown.step.as_str()), ("23 Nov 15:00", "hour"));
        assert_eq!(shown.slices[1].to, "2026-11-23T16:00:00.000000Z");
        assert_eq!(shown.from_input, "2026-11-23T15:00");
    }
}
