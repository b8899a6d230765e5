//! What the slots of a group hold, over the newest of its events, and where they come from, over as many as can be counted.

use domain::GroupId;
use domain::filter::{EventFilter, Facet, FacetRequest};
use domain::group::slots::{Counted, Distribution, TOLD, distribute};
use domain::permission::GroupRead;
use domain::{Severity, SourceId};

use super::split::own_template;
use crate::{Cx, Error, Result};

/// Events whose slots are looked at.
const NEWEST: usize = 500;
/// Values of a field that are told apart.
const DISTINCT: usize = 500;

/// What the events of a group hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Events whose slots were looked at, the newest.
    pub events: usize,
    /// These are all.
    pub all: bool,
    /// How many of the newest events the breakdown counts, where these are not all. Severities are always of all.
    pub counted: Option<i64>,
    /// What stands in each slot of the template. Of a group that others are merged into: in its own events.
    pub slots: Vec<Distribution>,
    /// By field of a query: system_id, environment, severity, service, source.
    pub breakdown: Vec<(&'static str, Counted)>,
}

pub async fn sample(cx: &Cx<GroupRead>, id: GroupId) -> Result<Sample> {
    let mut tx = cx.read().await?;
    let group = store::group::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let filter = EventFilter { group_id: Some(id), ..EventFilter::default() };
    let (events, more) = store::event::sample(&mut tx, &filter, NEWEST).await?;
    let own = events.iter().filter(|event| event.own_group == id).map(|event| event.message.as_str());
    let slots = distribute(&own_template(&group), own);
    let asked = FacetRequest { limit: DISTINCT, ..FacetRequest::default() };
    let facets = store::event::facets(&mut tx, &filter, &asked).await?;
    let of = |field: &str| facets.iter().find(|facet| facet.field == field);
    let text = |field: &str| counted(of(field).map_or_else(Vec::new, |facet| facet.values.clone()));
    let mut sources = text("source_id");
    let ids: Vec<SourceId> = sources.values.iter().filter_map(|(id, _)| id.parse().ok()).collect();
    let named = store::source::by_ids(&mut tx, &ids).await?;
    for (value, _) in &mut sources.values {
        if let Some(source) = named.iter().find(|source| source.id.to_string() == *value) {
            value.clone_from(&source.name);
        }
    }
    // From the roll-ups: of all events, however many there are.
    let series = store::event::histogram(&mut tx, &filter, 1).await?;
    let all_of = |severity: Severity| series.buckets.iter().map(|b| b.counts[severity.rank()]).sum::<i64>();
    let severities = Severity::ALL.into_iter().map(|s| (s.to_string(), all_of(s))).filter(|(_, n)| *n > 0);
    Ok(Sample {
        slots,
        breakdown: vec![
            ("system_id", text("system_id")),
            ("environment", text("environment")),
            ("severity", counted(severities.collect())),
            ("service", text("service")),
            ("source", sources),
        ],
        events: events.len(),
        all: !more,
        counted: of("system_id").and_then(|facet: &Facet| facet.sampled),
    })
}

fn counted(mut values: Vec<(String, i64)>) -> Counted {
    values.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let (distinct, of) = (values.len(), values.iter().map(|(_, n)| n).sum());
    values.truncate(TOLD);
    Counted { values, distinct, of }
}
