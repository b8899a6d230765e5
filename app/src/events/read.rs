//! From the domain to what is shown. Server only.

use axum::http::header::HOST;
use axum::http::request::Parts;
use domain::case::LinkKind;
use domain::event::{Event, Payload};
use domain::filter::{EventFilter, Facet};
use domain::page::Page;
use domain::permission::{EventRead, GroupRead, Key, SourceRead};
use domain::query::{EVENTS, Problem, Query, Schema, Selected, Target, edit, parse, selected};
use domain::template::slots;
use domain::visible::visible;
use domain::{EventId, Invalid, Severity, Timestamp};
use leptos::prelude::use_context;
use service::Cx;
use service::events::{BySeverity, list_by_severity, tail};

use super::chart::Size;
use super::first;
use super::over_time::histogram;
use super::parts::{counted, number};
use super::query::{EventQuery, FIELDS, HOTTEST, MILDEST};
use super::sections::{self, Around, Facts, FieldShown};
use super::shown::{
    Edit, EventList, EventRow, EventShown, FacetShown, FacetValue, Histogram, Mark, MarkKind, Marked, Summary,
};
use crate::Answer;
use crate::server::Scope;
use crate::when::Zone;

/// How much of a message a row carries, in bytes; the panel has all of it.
const ROW_MESSAGE: usize = 400;
/// Marks of what was searched for in one message.
const MAX_FOUND: usize = 16;
const MAX_COLUMNS: usize = 12;
/// Stretches around an event, in seconds before and after it.
const AROUND: [(&str, i64); 3] = [("±1 minute", 60), ("±5 minutes", 300), ("±1 hour", 3600)];

/// What the URL asks for, at the server's time, in the reader's zone.
pub fn filter(scope: &Scope, query: &EventQuery) -> Answer<EventFilter> {
    Ok(query.filter_of(scope.zone, scope.services.clock.now())?)
}

pub async fn list(scope: &Scope, query: &EventQuery) -> Answer<EventList> {
    let cx = scope.admit::<EventRead>()?;
    let cursor = Some(query.cursor.as_str()).filter(|cursor| !cursor.is_empty());
    let filter = filter(scope, query)?;
    // Before the list is read: what arrives meanwhile is told twice rather than not at all, and the page knows its rows.
    let place = if query.is_live() { Some(tail::here(&cx).await?.to_string()) } else { None };
    let page: Page<Event> = match query.order.as_str() {
        HOTTEST => list_by_severity(&cx, &filter, BySeverity::Hottest, query.page_size(), cursor).await?,
        MILDEST => list_by_severity(&cx, &filter, BySeverity::Mildest, query.page_size(), cursor).await?,
        _ => service::events::list(&cx, &filter, query.page_size(), cursor).await?,
    };
    let nothing = if page.items.is_empty() && page.next_cursor.is_none() && cursor.is_none() {
        Some(first::nothing(scope, query, any(&cx).await?))
    } else {
        None
    };
    let columns = columns(&query.columns())?;
    let row = |event| row(event, scope.zone, filter.query.as_ref(), &columns);
    Ok(EventList {
        rows: page.items.iter().map(row).collect(),
        columns: columns.iter().map(Column::head).collect(),
        next_cursor: page.next_cursor,
        nothing,
        place,
        may_link: scope.may(Key::CaseWrite),
    })
}

pub async fn summary(scope: &Scope, query: &EventQuery) -> Answer<Summary> {
    let (cx, filter) = (scope.admit::<EventRead>()?, filter(scope, query)?);
    let series = service::events::histogram(&cx, &filter, super::api::BUCKETS).await?;
    let groups = service::groups::first_seen(&scope.admit::<GroupRead>()?, filter.from, filter.to).await?;
    let now = scope.services.clock.now();
    let histogram = histogram(&series.buckets, &groups, &filter, now, scope.zone, Size::Small);
    let asked = (query.from.clone(), query.to.clone());
    let (facets, facets_note) = facets(scope, query, &filter).await?;
    let histogram = Histogram { asked, ..histogram };
    let count = series.count();
    let words = [if count.exact { "" } else { "about " }, &counted(count.n, "event", "events")].concat();
    let zone = scope.zone.name();
    let as_of = format!("{words} as of {} · {zone}", scope.zone.clock(now));
    let note = format!("{words} · {zone}");
    Ok(Summary { note, as_of, q: query.q.clone(), facets, facets_note, histogram })
}

/// Facets with the names of sources and what each value makes of the query, and what their numbers stand for.
async fn facets(
    scope: &Scope,
    query: &EventQuery,
    filter: &EventFilter,
) -> Answer<(Vec<FacetShown>, Option<String>)> {
    let payload: Vec<(&String, Result<Target, Problem>)> =
        query.facet.iter().map(|path| (path, payload(path))).collect();
    let field = |name: &str| match payload.iter().find(|(path, _)| *path == name) {
        Some((_, Ok(target))) => target.to_string(),
        _ if name == "source" => "source_id".to_owned(),
        _ => name.to_owned(),
    };
    let more = (!query.more.is_empty()).then(|| (field(&query.more), query.within.clone()));
    let targets = payload.iter().filter_map(|(_, target)| target.as_ref().ok().cloned()).collect();
    let cx = scope.admit::<EventRead>()?;
    let found = service::events::facets(&cx, filter, more, targets).await?;
    let of_sources = found.iter().filter(|facet| facet.field == "source_id").flat_map(|facet| &facet.values);
    let ids: Vec<domain::SourceId> = of_sources.filter_map(|(value, _)| value.parse().ok()).collect();
    let sources = service::sources::by_ids(&scope.admit::<SourceRead>()?, &ids).await?;
    let chosen = filter.query.as_ref().map(selected).unwrap_or_default();
    let end = if query.is_oldest_first() { "oldest" } else { "newest" };
    let among = |n: i64| format!("Among the {end} {}", counted(n, "match", "matches"));
    let stands_for = |facet: &Facet| match facet.sampled {
        Some(n) => Some(among(n)),
        None => facet.hours.then(|| "Counted in whole hours".to_owned()),
    };
    let (fields, parts) = found.split_at(found.len() - payload.iter().filter(|(_, t)| t.is_ok()).count());
    // Said once where it holds for all; else each says it of itself, those that are exact too.
    let notes: Vec<Option<String>> = fields.iter().map(stands_for).collect();
    let alike = notes.windows(2).all(|pair| pair[0] == pair[1]);
    let note = if alike { notes.first().cloned().flatten() } else { None };
    let own_note = |facet: &Facet| (!alike).then(|| stands_for(facet).unwrap_or_else(|| "Exact".to_owned()));
    let mut shown = Vec::new();
    for (name, _) in FIELDS {
        let stored = field(name);
        let Some(facet) = fields.iter().find(|facet| facet.field == stored) else { continue };
        let mut values = facet.values.clone();
        let within = if query.more == name { query.within.to_lowercase() } else { String::new() };
        match name {
            // Severities keep their order and are all there.
            "severity" => {
                let n = |s: &Severity| values.iter().find(|(v, _)| v == s.as_str()).map_or(0, |(_, n)| *n);
                values = Severity::ALL.iter().rev().map(|s| (s.to_string(), n(s))).collect();
            }
            "source" => {
                for (value, _) in &mut values {
                    if let Some(source) = sources.iter().find(|source| source.id.to_string() == *value) {
                        value.clone_from(&source.name);
                    }
                }
                values.retain(|(name, _)| name.to_lowercase().contains(&within));
            }
            _ => {}
        }
        let line = facet_shown(name, name, values, facet.longer, query, &chosen);
        shown.push(FacetShown { note: own_note(facet), ..line });
    }
    let mut parts = parts.iter();
    for (path, target) in &payload {
        shown.push(match target {
            Ok(target) => {
                let facet = parts.next();
                let values = facet.map(|facet| facet.values.clone()).unwrap_or_default();
                let longer = facet.is_some_and(|facet| facet.longer);
                let note = facet.map(|facet| over(facet, end));
                FacetShown { note, ..facet_shown(path, &target.to_string(), values, longer, query, &chosen) }
            }
            Err(problem) => FacetShown {
                field: (*path).clone(),
                values: Vec::new(),
                longer: false,
                note: Some(format!("Cannot be read: {}", problem.message)),
            },
        });
    }
    Ok((shown, note))
}

/// What a facet of the payload was counted over.
fn over(facet: &Facet, end: &str) -> String {
    match (facet.have.unwrap_or_default(), facet.sampled.is_some()) {
        (0, false) => "Nothing has it".to_owned(),
        (0, true) => format!("Not in the {end} events that could be read; a shorter range is read whole"),
        (n, false) => format!("{} it", counted(n, "match has", "matches have")),
        (n, true) => format!("Among the {end} {} it", counted(n, "match that has", "matches that have")),
    }
}

/// `user.name` and `payload.user.name` are the same part of the payload.
fn payload(path: &str) -> Result<Target, Problem> {
    let whole = if path.starts_with("payload.") { path.to_owned() } else { format!("payload.{path}") };
    edit::target(&whole, &EVENTS)
}

/// `name` as the URL has it, `field` as the query writes it.
fn facet_shown(
    name: &str,
    field: &str,
    mut values: Vec<(String, i64)>,
    longer: bool,
    query: &EventQuery,
    chosen: &[Selected],
) -> FacetShown {
    let chosen = chosen.iter().find(|chosen| chosen.field == field);
    let (included, excluded) =
        chosen.map(|c| (c.included.as_slice(), c.excluded.as_slice())).unwrap_or_default();
    // What is chosen is shown even where nothing has it.
    for value in included.iter().chain(excluded) {
        if values.iter().all(|(known, _)| known != value) {
            values.push((value.clone(), 0));
        }
    }
    let q = query.q.as_str();
    let values = values
        .into_iter()
        .map(|(value, n)| {
            let (is_in, is_out) = (included.contains(&value), excluded.contains(&value));
            let change = |off: bool, on: fn(&str, &Schema, &str, &str) -> Result<String, Problem>| {
                changed(q, if off { edit::remove } else { on }(q, &EVENTS, field, &value))
            };
            let severity = (field == "severity").then(|| value.parse().ok()).flatten();
            FacetValue {
                n,
                severity,
                included: is_in,
                excluded: is_out,
                include: change(is_in || is_out, edit::include),
                exclude: change(is_out, edit::exclude),
                only: change(false, edit::only),
                label: severity.map_or(value.clone(), |s| super::parts::severity_word(s).to_owned()),
            }
        })
        .collect();
    FacetShown { field: name.to_owned(), values, longer, note: None }
}

/// The change from a query to another; none where that cannot be written.
fn changed(q: &str, new: Result<String, Problem>) -> Edit {
    let Ok(new) = new else { return Edit(q.len() as u32, 0, String::new()) };
    let same = q.bytes().zip(new.bytes()).take_while(|(a, b)| a == b).count();
    let start = q.floor_char_boundary(same);
    let most = q.len().min(new.len()) - start;
    let same = q.bytes().rev().zip(new.bytes().rev()).take(most).take_while(|(a, b)| a == b).count();
    let end = q.len() - q.ceil_char_boundary(q.len() - same);
    let between = new.get(start..new.len() - end).unwrap_or_default();
    Edit(start as u32, end as u32, between.to_owned())
}

/// An event with what is told beside the list of `query`. A query that cannot be read does not hide it.
pub async fn event(scope: &Scope, id: EventId, query: &EventQuery, whole: bool) -> Answer<EventShown> {
    let zone = scope.zone;
    let range = filter(scope, &EventQuery { q: String::new(), ..query.clone() }).unwrap_or_default();
    let beside = service::events::beside(&scope.admit()?, id, &range).await?;
    let event = beside.event;
    let n = |field: &str| beside.seen.iter().find(|(name, _)| *name == field).map_or(0, |(_, n)| *n);
    let seen =
        |field: &str| format!("Seen {} in the hours of this range", counted(n(field), "time", "times"));
    let chosen = parse(&query.q, &EVENTS, Timestamp::far_future()).as_ref().map(selected).unwrap_or_default();
    let field = |name: &str, value: &Option<String>| {
        let value = value.clone()?;
        let is_in = chosen.iter().any(|c| c.field == name && c.included.contains(&value));
        let only = edit::condition(name, &value);
        let q = &query.q;
        Some(FieldShown {
            include: (!is_in)
                .then(|| edit::include(q, &EVENTS, name, &value).unwrap_or_else(|_| only.clone())),
            exclude: edit::exclude(q, &EVENTS, name, &value).unwrap_or_else(|_| format!("-{only}")),
            seen: (name != "severity").then(|| {
                let stored = if name == "source" { "source_id" } else { name };
                (format!("×{}", number(n(stored))), seen(stored))
            }),
            only,
            name: name.to_owned(),
            value: visible(value),
        })
    };
    let source = source(&event);
    let fields = [
        field("severity", &Some(event.severity.to_string())),
        field("component", &event.component),
        field("service", &event.service),
        field("system_id", &event.system_id),
        field("event_type", &event.event_type),
        field("environment", &event.environment),
        field("source", &source),
    ];
    let (on, place) = system(&event);
    let around = AROUND
        .map(|(words, seconds)| Around {
            words: format!("{words}{place}"),
            from: event.occurred_at.plus_seconds(-seconds).iso(),
            to: event.occurred_at.plus_seconds(seconds).iso(),
            q: on.clone(),
        })
        .into();
    let facts = Facts {
        id: event.id.to_string(),
        at: zone.when(event.occurred_at),
        ingested: zone.when(event.ingested_at),
        severity: event.severity,
        severity_text: event.severity_text,
        message: marked(event.message, None),
        fields: fields.into_iter().flatten().collect(),
        group_seen: seen("group_id"),
        fingerprint: event.fingerprint,
        group_id: event.group_id.to_string(),
        around,
        surrounding: beside.surrounding.iter().map(|event| row(event, zone, None, &[])).collect(),
        raw_payload: event.raw_payload.text().to_owned(),
    };
    let print = if whole { sections::page } else { sections::panel };
    // A link that changes only what is beside it leaves the panel open.
    let here = EventQuery { event: if whole { String::new() } else { facts.id.clone() }, ..query.clone() };
    let cases = crate::cases::about(scope, LinkKind::Event, id.0).await?;
    let body = print(&facts, &here, &scope.organization.slug, cases);
    Ok(EventShown { id: facts.id, at: facts.at, severity: facts.severity, body })
}

fn source(event: &Event) -> Option<String> {
    event.source.clone().or(event.source_id.map(|id| id.to_string()))
}

/// Where an event happened: as a condition, and in words (" on web-01"). Its system, else its source.
pub fn system(event: &Event) -> (String, String) {
    match (&event.system_id, source(event)) {
        (Some(system), _) => (edit::condition("system_id", system), format!(" on {system}")),
        (None, Some(source)) => (edit::condition("source", &source), format!(" from {source}")),
        (None, None) => (String::new(), String::new()),
    }
}

/// A column of a list of events.
pub enum Column {
    /// Name and words.
    Field(&'static str, &'static str),
    Part(Target),
}

impl Column {
    pub fn head(&self) -> String {
        match self {
            Self::Field(_, words) => (*words).to_owned(),
            Self::Part(target) => target.to_string(),
        }
    }
    fn cell(&self, event: &Event) -> String {
        match self {
            Self::Field(..) => self.value(event),
            Self::Part(_) => cut(&self.value(event), ROW_MESSAGE),
        }
    }
    /// All of what the cell shows the beginning of.
    pub fn value(&self, event: &Event) -> String {
        let field = match self {
            Self::Field("component", _) => &event.component,
            Self::Field("service", _) => &event.service,
            Self::Field("system_id", _) => &event.system_id,
            Self::Field("event_type", _) => &event.event_type,
            Self::Field("environment", _) => &event.environment,
            Self::Field("source", _) => &event.source,
            Self::Field(..) => &None,
            Self::Part(target) => return part(target, &event.raw_payload),
        };
        field.clone().unwrap_or_default()
    }
}

/// The columns of these names.
///
/// # Errors
/// A name that is neither a field nor a part of the payload, or too many of them.
pub fn columns(names: &[&str]) -> Answer<Vec<Column>> {
    let problem = |reason: &str| Invalid::field("column", reason);
    if names.len() > MAX_COLUMNS {
        return Err(problem("at most 12 columns").into());
    }
    let column = |name: &&str| match FIELDS.iter().find(|(field, _)| field == name) {
        Some(("severity", _)) => Err(problem("the severity is always there")),
        Some((field, words)) => Ok(Column::Field(field, words)),
        None => payload(name).map(Column::Part).map_err(|_| problem("a field, or payload. and a path")),
    };
    Ok(names.iter().map(column).collect::<Result<_, _>>()?)
}

/// What stands at a path of the payload: text as it is, everything else as JSON.
fn part(target: &Target, payload: &Payload) -> String {
    let Target::Payload(path) = target else { return String::new() };
    match payload.part(path) {
        None | Some("null") => String::new(),
        Some(json) => serde_json::from_str(json).unwrap_or_else(|_| json.to_owned()),
    }
}

/// At most so many bytes of a text.
fn cut(text: &str, most: usize) -> String {
    let kept = &text[..text.floor_char_boundary(most)];
    if kept.len() < text.len() { format!("{kept}…") } else { kept.to_owned() }
}

pub fn row(event: &Event, zone: Zone, query: Option<&Query>, columns: &[Column]) -> EventRow {
    let cells = columns.iter().map(|column| visible(column.cell(event))).collect();
    let under = [&event.component, &event.system_id].into_iter().flatten();
    let under = under.fold(String::new(), |all, part| all + " · " + part);
    EventRow {
        id: event.id.to_string(),
        severity: event.severity,
        at: zone.when(event.occurred_at),
        message: marked(cut(&event.message, ROW_MESSAGE), query),
        under: visible(under),
        cells,
    }
}

/// Marks what was searched for, and the variable parts around it.
pub fn marked(text: String, query: Option<&Query>) -> Marked {
    let text = visible(text);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_a_query_is_told_by_what_stays() {
        for (q, new) in [
            ("", "a:1"),
            ("a:1", ""),
            ("x component:a y", "x component:[a, b] y"),
            ("größe:ä x", "größe:ö x"),
            ("aa", "aaa"),
            ("aaa", "aa"),
            ("同", "吀"),
        ] {
            let edit = changed(q, Ok(new.to_owned()));
            assert_eq!(edit.of(q), new, "{edit:?} of {q}");
        }
        assert_eq!(changed("x component:a y", Ok("x component:b y".to_owned())), Edit(12, 2, "b".to_owned()));
    }

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
}
