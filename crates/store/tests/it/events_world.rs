//! Builders of events, and a plain model of what a filter means.

use std::sync::Arc;

use domain::event::{Event, NewEvent};
use domain::filter::EventFilter;
use domain::page::Order;
use domain::query::{self, Expr, Query, Target, Term, Test, TextMatch};
use domain::template::{fingerprint, template};
use domain::{EventId, GroupId, OrganizationId, Severity};
use store::ingest::{self, Batch, GroupSeed, Outcome, Prepared};
use store::{Db, db};

use crate::world::{at, entry, id, read, write};

/// SplitMix64: random, and the same in every run.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
    pub fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u64) as usize]
    }
    pub fn maybe(&mut self, from: &[&str]) -> Option<String> {
        if self.below(4) == 0 { None } else { Some(self.pick(from).to_owned()) }
    }
}

pub const COMPONENTS: [&str; 4] = ["api", "cache", "it's", "größe"];
pub const SERVICES: [&str; 3] = ["shop", "billing", "edge"];
pub const SYSTEMS: [&str; 6] = ["a-1", "a-2", "b-1", "b-2", "c-1", "rare"];
pub const TYPES: [&str; 3] = ["login", "deny", "4625"];
pub const SOURCES: [&str; 3] = ["fw", "web", "dc"];
pub const MESSAGES: [&str; 5] =
    ["Failed password for root", "100% done_with \\ this", "request 42 took 17 ms", "DENY tcp", "größer"];

/// At `at(seconds)`, nothing else special.
pub fn event(seconds: i64, message: &str) -> NewEvent {
    NewEvent {
        id: None,
        occurred_at: at(seconds),
        severity: Severity::Info,
        severity_text: "INFO".to_owned(),
        severity_known: true,
        dated: true,
        component: None,
        service: None,
        environment: None,
        system_id: None,
        event_type: None,
        source: None,
        message: message.to_owned(),
        raw_payload: format!("{{\"n\": {seconds}}}"),
    }
}

/// Anything within five days, often in the same second.
pub fn any_event(r: &mut Random) -> NewEvent {
    let mut e = event(r.below(432_000) as i64, r.pick(&MESSAGES));
    if r.below(3) == 0 {
        e.occurred_at = at(r.below(5) as i64);
    }
    e.severity = Severity::ALL[r.below(5) as usize];
    e.component = r.maybe(&COMPONENTS);
    e.service = r.maybe(&SERVICES);
    e.environment = r.maybe(&["prod", "staging"]);
    e.system_id = if r.below(200) == 0 { Some("rare".to_owned()) } else { r.maybe(&SYSTEMS[..5]) };
    e.event_type = r.maybe(&TYPES);
    e.source = r.maybe(&SOURCES);
    e
}

pub fn prepared(organization: OrganizationId, event: NewEvent) -> Prepared {
    let template = template(&event.message);
    let fingerprint = fingerprint(&template, event.component.as_deref(), event.event_type.as_deref());
    let group = GroupSeed {
        id: GroupId::derive(organization, &fingerprint),
        fingerprint,
        template,
        component: event.component.clone(),
        event_type: event.event_type.clone(),
        events_fingerprint: None,
    };
    let named = event.id.is_some();
    Prepared { id: event.id.unwrap_or_else(id::<EventId>), named, event, group: Arc::new(group) }
}

pub async fn insert(db: &Db, organization: OrganizationId, events: Vec<NewEvent>) -> Outcome {
    let batch = Batch::new(events.into_iter().map(|e| prepared(organization, e)).collect());
    let mut tx = write(db, organization).await;
    let outcome = ingest::insert(&mut tx, &batch, at(900_000), &id::<uuid::Uuid>).await.unwrap();
    tx.commit(entry()).await.unwrap();
    outcome
}

/// Every event of the filter, page by page.
pub async fn all_pages(
    db: &Db,
    organization: OrganizationId,
    filter: &EventFilter,
    limit: usize,
) -> Vec<Event> {
    let (mut events, mut after) = (Vec::new(), None);
    for _ in 0..10_000 {
        let found =
            store::event::page(&mut read(db, organization).await, filter, after, limit).await.unwrap();
        assert!(found.events.len() <= limit);
        events.extend(found.events);
        after = found.next;
        if after.is_none() {
            return events;
        }
    }
    panic!("the list has no end");
}

/// A query as somebody writes it.
pub fn asked(text: &str) -> Query {
    query::parse(text, &query::EVENTS, at(500_000)).unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// Part of a message, whatever it is made of.
pub fn part(text: &str) -> Query {
    let test = Test::Text(TextMatch::Substring(text.to_owned()));
    let term = Term { span: 0..0, target: Target::Free, test };
    Query { expr: Expr::Term(term), ..Query::everything(&query::EVENTS) }
}

/// What the filter means, without a database.
pub fn naive(all: &[Event], filter: &EventFilter, organization: OrganizationId) -> Vec<Event> {
    let one_of = |values: &[String], value: &Option<String>| {
        values.is_empty() || value.as_ref().is_some_and(|v| values.contains(v))
    };
    let mut found: Vec<Event> = all
        .iter()
        .filter(|e| {
            filter.from.is_none_or(|from| e.occurred_at >= from)
                && filter.to.is_none_or(|to| e.occurred_at < to)
                && (filter.severity.is_empty() || filter.severity.contains(&e.severity))
                && one_of(&filter.component, &e.component)
                && one_of(&filter.service, &e.service)
                && one_of(&filter.environment, &e.environment)
                && one_of(&filter.system_id, &e.system_id)
                && one_of(&filter.event_type, &e.event_type)
                && (filter.source_id.is_empty() || e.source_id.is_some_and(|s| filter.source_id.contains(&s)))
                && filter.group_id.is_none_or(|g| e.group_id == g)
                && filter
                    .fingerprint
                    .as_deref()
                    .is_none_or(|f| e.group_id == GroupId::derive(organization, f))
                && filter.query.as_ref().is_none_or(|q| q.matches(*e))
        })
        .cloned()
        .collect();
    found.sort_by_key(|e| (e.occurred_at, e.id));
    if filter.order == Order::Newest {
        found.reverse();
    }
    found
}

pub async fn problems(db: &Db, organization: OrganizationId) -> Vec<String> {
    store::rollup::check(&mut read(db, organization).await).await.unwrap()
}

pub async fn number(db: &Db, organization: OrganizationId, text: &'static str) -> i64 {
    use store::Scoped as _;
    let mut tx = read(db, organization).await;
    let q: db::Sql = tx.sql(text);
    tx.conn().scalar(q).await.unwrap().unwrap()
}
