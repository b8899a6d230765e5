//! What the slots of a group hold and where its events come from, over the newest of them.

use domain::GroupId;
use domain::filter::EventFilter;
use domain::group::slots::{Counted, Distribution, count, distribute};
use domain::permission::GroupRead;
use store::event::Sampled;

use super::split::own_template;
use crate::{Cx, Error, Result};

/// Events that are looked at.
const NEWEST: usize = 500;

/// What the newest events of a group hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Events that were looked at, the newest.
    pub events: usize,
    /// These are all.
    pub all: bool,
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
    let text = |of: fn(&Sampled) -> Option<&str>| count(events.iter().filter_map(of));
    Ok(Sample {
        slots: distribute(&own_template(&group), own),
        breakdown: vec![
            ("system_id", text(|e| e.system_id.as_deref())),
            ("environment", text(|e| e.environment.as_deref())),
            ("severity", text(|e| Some(e.severity.as_str()))),
            ("service", text(|e| e.service.as_deref())),
            ("source", text(|e| e.source.as_deref())),
        ],
        events: events.len(),
        all: !more,
    })
}
