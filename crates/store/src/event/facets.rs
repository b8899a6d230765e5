//! The values of each field with their counts: from the roll-ups where nothing but time and severity is asked, else
//! counted among all matches, or the first of the list where they are too many to read; once for all fields.

use std::collections::{BTreeSet, HashMap};

use domain::event::Payload;
use domain::filter::{EventFilter, Facet, FacetRequest};
use domain::query::{EVENTS, Query, Target};
use domain::{EventId, Severity, Timestamp};
use serde_json::Value;

use super::asked::Asked;
use super::counting::{Alike, Counted, Counting, SEVERITY, Select, Shared};
use super::walk::{self, Found, Listed};
use super::{Position, span_of};
use crate::db::{Result, from_row};
use crate::rollup::{self, Span};
use crate::scope::Scoped;

/// Payloads that are read for their paths.
const SENT: usize = 500;
/// Rows that are read for them.
const SENT_ROWS: i64 = 30_000;
/// Seconds below which whole hours would say too much of a range.
const SHORT: i64 = 6 * 3600;

/// What the paths of payloads are counted over.
struct Sent {
    id: EventId,
    occurred_at: Timestamp,
    raw_payload: Payload,
}

from_row!(Sent { id, occurred_at, raw_payload });

impl Listed for Sent {
    fn position(&self) -> Position {
        Position { at: self.occurred_at, id: self.id.0 }
    }
    fn bytes(&self) -> usize {
        self.raw_payload.text().len()
    }
}

const PAYLOADS: &str = "SELECT id, occurred_at, raw_payload";

/// Values with their counts, and whether more than these were asked for.
type Values = (Vec<(String, i64)>, bool);

/// Every field's most frequent values, the largest first; then those of the payload.
pub async fn facets(tx: &mut impl Scoped, filter: &EventFilter, asked: &FacetRequest) -> Result<Vec<Facet>> {
    // Fields of which nothing is chosen are counted over the same events.
    let whole = Counts::of(tx, filter, asked.rows).await?;
    let mut facets = Vec::new();
    for field in std::iter::once(SEVERITY).chain(rollup::TEXT_FIELDS).chain([rollup::SOURCE]) {
        let wanted = Wanted::of(field, asked);
        let own = without(filter, field);
        let own = if let Some(own) = &own { &Counts::of(tx, own, asked.rows).await? } else { &whole };
        let ((values, longer), sampled) = own.values(tx, field, wanted).await?;
        facets.push(Facet {
            field: field.to_owned(),
            values,
            longer,
            sampled,
            hours: own.hours(),
            have: None,
        });
    }
    for target in &asked.payload {
        let own = without_target(filter, target);
        let field = target.to_string();
        let wanted = Wanted::of(&field, asked);
        let part = part(tx, own.as_ref().unwrap_or(filter), target, wanted, asked.rows).await?;
        let (values, longer) = part.values;
        let sampled = (!part.all).then_some(part.n);
        facets.push(Facet { field, values, longer, sampled, hours: false, have: Some(part.n) });
    }
    Ok(facets)
}

/// The most frequent values of a field, or of a part of the payload, that contain a text in any case, and whether their
/// numbers are those of all events: of a field in the hours of the filter's range, of the payload among the first events
/// that have the part. None of a field whose values are not counted.
pub async fn values(
    tx: &mut impl Scoped,
    filter: &EventFilter,
    target: &Target,
    within: &str,
    limit: usize,
) -> Result<(Vec<(String, i64)>, bool)> {
    match target {
        Target::Field(field) => match rollup::TEXT_FIELDS.into_iter().find(|name| *name == field.name) {
            Some(name) => {
                Ok((rollup::top(tx, name, within, &[], span_of(filter), limit as u32).await?, true))
            }
            None => Ok((Vec::new(), true)),
        },
        // All of a payload has values, but none that is frequent.
        Target::Payload(path) if path.is_empty() => Ok((Vec::new(), true)),
        Target::Payload(_) => {
            let rows = FacetRequest::default().rows;
            let found = part(tx, filter, target, Wanted { limit, within }, rows).await?;
            Ok((found.values.0, found.all))
        }
        Target::Free => Ok((Vec::new(), true)),
    }
}

/// The most frequent paths in the payloads of the first matches that contain a text in any case, as a query writes them, and
/// whether these are all matches.
pub async fn paths(
    tx: &mut impl Scoped,
    filter: &EventFilter,
    within: &str,
    limit: usize,
) -> Result<(Vec<(String, i64)>, bool)> {
    let asked = Asked::of(tx, filter).await?;
    let found: Found<Sent> = walk::list(tx, PAYLOADS, asked, None, SENT, SENT_ROWS).await?;
    let each =
        |row: &Sent, add: &mut dyn FnMut(String)| each_path(row.raw_payload.value(), &mut Vec::new(), add);
    let rows = found.events.iter().map(|row| (row, 1));
    Ok((tally(rows, Wanted { limit, within }, each).0, found.next.is_none()))
}

/// What the events have in one part of the payload.
struct Part {
    values: Values,
    /// Events that have it and were counted.
    n: i64,
    /// These are all.
    all: bool,
}

/// Counted over the events that have the part: in the newest ones of all it may be rare.
async fn part(
    tx: &mut impl Scoped,
    filter: &EventFilter,
    target: &Target,
    wanted: Wanted<'_>,
    rows: i64,
) -> Result<Part> {
    let query = filter.query.clone().unwrap_or_else(|| Query::everything(&EVENTS));
    let own = EventFilter { query: Some(query.and_present(target)), ..filter.clone() };
    let Target::Payload(path) = target else {
        return Ok(Part { values: (Vec::new(), false), n: 0, all: true });
    };
    let asked = Asked::of(tx, &own).await?;
    let counted = Counting::of(tx, &asked, rows).await?.run::<Shared>(tx, Select::Part(path)).await?;
    let each = |row: &Shared, add: &mut dyn FnMut(String)| each_scalar(&row.part, add);
    let values = tally(counted.rows.iter().map(|row| (row, row.n)), wanted, each);
    Ok(Part { values, n: counted.n, all: counted.all })
}

/// Deepest object whose paths are told.
const DEEPEST: usize = 6;

fn each_path(value: &Value, path: &mut Vec<String>, add: &mut dyn FnMut(String)) {
    match value {
        Value::Object(members) if path.len() < DEEPEST => {
            for (key, value) in members {
                path.push(key.clone());
                each_path(value, path, add);
                path.pop();
            }
        }
        Value::Object(_) | Value::Null => {}
        _ if path.is_empty() => {}
        _ => add(Target::Payload(path.clone()).to_string()),
    }
}

/// Which values of a field are wanted.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    limit: usize,
    /// They contain this, in any case.
    within: &'a str,
}

impl<'a> Wanted<'a> {
    fn of(field: &str, asked: &'a FacetRequest) -> Self {
        match &asked.more {
            Some((more, limit, within)) if more == field => Self { limit: *limit, within },
            _ => Self { limit: asked.limit, within: "" },
        }
    }

    fn cut(self, mut values: Vec<(String, i64)>) -> Values {
        values.retain(|(_, n)| *n > 0);
        values.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let longer = values.len() > self.limit;
        values.truncate(self.limit);
        (values, longer)
    }
}

/// Where a facet's numbers come from.
enum Counts {
    /// Whole hours of the range, of these severities.
    Rollups(Span, Vec<Severity>),
    /// Matches that have the same values, and their number.
    Events(Counted<Alike>),
}

impl Counts {
    async fn of(tx: &mut impl Scoped, filter: &EventFilter, rows: i64) -> Result<Self> {
        let asked = Asked::of(tx, filter).await?;
        let short = matches!((asked.filter.from, asked.filter.to),
            (Some(from), Some(to)) if to.seconds() - from.seconds() < SHORT);
        if asked.clauses.is_empty() && asked.covered && !asked.nothing && !short {
            return Ok(Self::Rollups(span_of(&asked.filter), asked.filter.severity));
        }
        Ok(Self::Events(Counting::of(tx, &asked, rows).await?.run(tx, Select::Fields).await?))
    }

    /// The hours counted say more than the range.
    fn hours(&self) -> bool {
        let aligned = |at: Option<Timestamp>| at.is_none_or(|at| at == at.hour());
        matches!(self, Self::Rollups(span, _) if !(aligned(span.from) && aligned(span.to)))
    }

    /// The values, and how many events were counted where that is not all.
    async fn values(
        &self,
        tx: &mut impl Scoped,
        field: &'static str,
        wanted: Wanted<'_>,
    ) -> Result<(Values, Option<i64>)> {
        // The name of a source is in another table: its values are all told.
        let wanted = if field == rollup::SOURCE { Wanted { within: "", ..wanted } } else { wanted };
        Ok(match self {
            Self::Rollups(span, severity) if field == SEVERITY => {
                let counts = rollup::by_severity(tx, *span).await?;
                let asked = |s: &Severity| severity.is_empty() || severity.contains(s);
                let all = Severity::ALL.into_iter().filter(asked).map(|s| (s.to_string(), counts[s.rank()]));
                (wanted.cut(all.collect()), None)
            }
            Self::Rollups(span, severity) => {
                let limit = wanted.limit as u32 + 1;
                (wanted.cut(rollup::top(tx, field, wanted.within, severity, *span, limit).await?), None)
            }
            Self::Events(found) => {
                let rows = found.rows.iter().map(|row| (row, row.n));
                let values = tally(rows, wanted, |row, add| row.value(field).into_iter().for_each(add));
                (values, (!found.all).then_some(found.n))
            }
        })
    }
}

/// The filter without what it chooses of a field; `None` when that is the same.
fn without(filter: &EventFilter, field: &str) -> Option<EventFilter> {
    let mut own = filter.clone();
    match field {
        SEVERITY => own.severity.clear(),
        "component" => own.component.clear(),
        "service" => own.service.clear(),
        "environment" => own.environment.clear(),
        "system_id" => own.system_id.clear(),
        "event_type" => own.event_type.clear(),
        _ => own.source_id.clear(),
    }
    let name = if field == rollup::SOURCE { "source" } else { field };
    let target = EVENTS.field(name).map(Target::Field);
    if let Some(other) = target.and_then(|target| without_target(&own, &target)) {
        return Some(other);
    }
    (own != *filter).then_some(own)
}

/// The filter without what its query chooses; `None` when that is the same.
fn without_target(filter: &EventFilter, target: &Target) -> Option<EventFilter> {
    let query = filter.query.as_ref()?.without_choices_of(target);
    let own = EventFilter { query: Some(query), ..filter.clone() };
    (own != *filter).then_some(own)
}

/// Counts the values that `each` gives of every row, which stands for so many events.
fn tally<'a, R: 'a>(
    rows: impl Iterator<Item = (&'a R, i64)>,
    wanted: Wanted<'_>,
    each: impl Fn(&R, &mut dyn FnMut(String)),
) -> Values {
    let within = wanted.within.to_lowercase();
    let mut counts: HashMap<String, i64> = HashMap::new();
    for (row, n) in rows {
        each(row, &mut |value| *counts.entry(value).or_default() += n);
    }
    counts.retain(|value, _| within.is_empty() || value.to_lowercase().contains(&within));
    wanted.cut(counts.into_iter().collect())
}

/// What a facet can count of a JSON value: a text, a number, a truth value, or each of these in an array, once.
fn each_scalar(value: &Value, add: &mut dyn FnMut(String)) {
    let scalar = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    };
    match value {
        Value::Array(items) => {
            items.iter().filter_map(scalar).collect::<BTreeSet<_>>().into_iter().for_each(add);
        }
        _ => scalar(value).into_iter().for_each(add),
    }
}
