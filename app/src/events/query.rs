//! What the URL of the event list says: the only place filter state lives. [`EventQuery`] is its parser and link builder.

use domain::Timestamp;
use domain::query::{EVENTS, Problem, parse};
use leptos_router::params::ParamsMap;
use serde::{Deserialize, Serialize};

use crate::routes::{self, Link};

/// A field whose values narrow the list; several values of one field are alternatives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Severity,
    Component,
    Service,
    Environment,
    SystemId,
    EventType,
    Source,
}

impl Field {
    pub const ALL: [Self; 7] = [
        Self::Severity,
        Self::Component,
        Self::Service,
        Self::SystemId,
        Self::EventType,
        Self::Environment,
        Self::Source,
    ];
    /// As the URL writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Severity => "severity",
            Self::Component => "component",
            Self::Service => "service",
            Self::Environment => "environment",
            Self::SystemId => "system_id",
            Self::EventType => "event_type",
            Self::Source => "source",
        }
    }
    pub fn label(self) -> &'static str {
        match self {
            Self::Severity => "Severity",
            Self::Component => "Component",
            Self::Service => "Service",
            Self::Environment => "Environment",
            Self::SystemId => "System",
            Self::EventType => "Event type",
            Self::Source => "Source",
        }
    }
}

/// The range that holds when the URL names none.
pub const DEFAULT_RANGE: &str = "24h";
/// Ranges that end now: word in the URL, words on the page, seconds.
pub const RANGES: [(&str, &str, i64); 6] = [
    ("15m", "Last 15 minutes", 900),
    ("1h", "Last hour", 3_600),
    ("24h", "Last 24 hours", 86_400),
    ("7d", "Last 7 days", 604_800),
    ("30d", "Last 30 days", 2_592_000),
    ("all", "All time", 0),
];
pub const PAGE_SIZES: [u32; 4] = [25, 50, 100, 200];
const DEFAULT_PAGE_SIZE: u32 = 50;
/// How many pages back can be paged; beyond that the way back is the first page.
const MAX_TRAIL: usize = 8;

/// Strings as the URL holds them; the server makes a filter of them. Empty means "any".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EventQuery {
    /// A word of [`RANGES`], RFC 3339, or `2026-11-23T14:31` in the reader's zone.
    pub from: String,
    /// Exclusive; RFC 3339 or a time in the reader's zone.
    pub to: String,
    pub severity: Vec<String>,
    pub component: Vec<String>,
    pub service: Vec<String>,
    pub environment: Vec<String>,
    pub system_id: Vec<String>,
    pub event_type: Vec<String>,
    /// Ids of sources.
    pub source: Vec<String>,
    pub fingerprint: String,
    pub group: String,
    /// In the query language (`domain::query`).
    pub q: String,
    /// `oldest`, or newest first.
    pub order: String,
    pub limit: String,
    pub cursor: String,
    /// Cursors of the pages before this one, the latest last; the first page has none.
    pub back: Vec<String>,
    /// Id of the event in the panel.
    pub event: String,
}

impl EventQuery {
    pub fn read(map: &ParamsMap) -> Self {
        let one = |name| map.get_str(name).unwrap_or_default().trim().to_owned();
        let all = |name| {
            map.get_all(name).unwrap_or_default().into_iter().filter(|v| !v.is_empty()).collect::<Vec<_>>()
        };
        Self {
            from: one("from"),
            to: one("to"),
            severity: all("severity"),
            component: all("component"),
            service: all("service"),
            environment: all("environment"),
            system_id: all("system_id"),
            event_type: all("event_type"),
            source: all("source"),
            fingerprint: one("fingerprint"),
            group: one("group"),
            q: one("q"),
            order: one("order"),
            limit: one("limit"),
            cursor: one("cursor"),
            back: all("back"),
            event: one("event"),
        }
    }

    /// The list this describes, panel included.
    pub fn href(&self, organization: &str) -> String {
        let link = Link::new(routes::events(organization)).with("from", &self.from).with("to", &self.to);
        let link = Field::ALL.iter().fold(link, |link, field| {
            link.with_all(field.word(), self.values(*field).iter().map(String::as_str))
        });
        link.with("fingerprint", &self.fingerprint)
            .with("group", &self.group)
            .with("q", &self.q)
            .with("order", &self.order)
            .with("limit", &self.limit)
            .with_all("back", self.back.iter().map(String::as_str))
            .with("cursor", &self.cursor)
            .with("event", &self.event)
            .done()
    }

    /// Every pair but `without`, for the hidden inputs of a GET form.
    pub fn pairs(&self, without: &[&str]) -> Vec<(&'static str, String)> {
        let single = [
            ("from", &self.from),
            ("to", &self.to),
            ("fingerprint", &self.fingerprint),
            ("group", &self.group),
            ("q", &self.q),
            ("order", &self.order),
            ("limit", &self.limit),
        ];
        let single = single
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name, value.clone()));
        let fields = Field::ALL
            .iter()
            .flat_map(|field| self.values(*field).iter().map(|value| (field.word(), value.clone())));
        single.chain(fields).filter(|(name, _)| !without.contains(name)).collect()
    }

    pub fn values(&self, field: Field) -> &Vec<String> {
        match field {
            Field::Severity => &self.severity,
            Field::Component => &self.component,
            Field::Service => &self.service,
            Field::Environment => &self.environment,
            Field::SystemId => &self.system_id,
            Field::EventType => &self.event_type,
            Field::Source => &self.source,
        }
    }

    fn values_mut(&mut self, field: Field) -> &mut Vec<String> {
        match field {
            Field::Severity => &mut self.severity,
            Field::Component => &mut self.component,
            Field::Service => &mut self.service,
            Field::Environment => &mut self.environment,
            Field::SystemId => &mut self.system_id,
            Field::EventType => &mut self.event_type,
            Field::Source => &mut self.source,
        }
    }

    pub fn includes(&self, field: Field, value: &str) -> bool {
        self.values(field).iter().any(|v| v == value)
    }

    /// The value taken in, or out again; on the first page, panel kept.
    #[must_use]
    pub fn toggle(&self, field: Field, value: &str) -> Self {
        let mut next = self.first_page();
        if self.includes(field, value) {
            next.values_mut(field).retain(|v| v != value);
        } else {
            next.values_mut(field).push(value.to_owned());
        }
        next
    }

    /// The range, and this value alone.
    #[must_use]
    pub fn only(&self, field: Field, value: &str) -> Self {
        let mut next = Self {
            from: self.from.clone(),
            to: self.to.clone(),
            limit: self.limit.clone(),
            ..Self::default()
        };
        next.values_mut(field).push(value.to_owned());
        next
    }

    #[must_use]
    pub fn range(&self, from: &str, to: &str) -> Self {
        Self { from: from.to_owned(), to: to.to_owned(), event: String::new(), ..self.first_page() }
    }

    /// The same list with an event in the panel.
    #[must_use]
    pub fn open(&self, id: &str) -> Self {
        Self { event: id.to_owned(), ..self.clone() }
    }

    /// The same list without the panel.
    #[must_use]
    pub fn closed(&self) -> Self {
        self.open("")
    }

    /// What is asked of the server: everything but the panel.
    #[must_use]
    pub fn list(&self) -> Self {
        self.closed()
    }

    /// What facets, histogram and count depend on.
    #[must_use]
    pub fn filter(&self) -> Self {
        Self { order: String::new(), limit: String::new(), ..self.first_page().closed() }
    }

    /// Without any filter but the time.
    #[must_use]
    pub fn cleared(&self) -> Self {
        Self {
            from: self.from.clone(),
            to: self.to.clone(),
            order: self.order.clone(),
            limit: self.limit.clone(),
            ..Self::default()
        }
    }

    #[must_use]
    pub fn with_limit(&self, limit: u32) -> Self {
        Self {
            limit: if limit == DEFAULT_PAGE_SIZE { String::new() } else { limit.to_string() },
            ..self.first_page()
        }
    }

    /// The other end first.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self {
            order: if self.is_oldest_first() { String::new() } else { "oldest".to_owned() },
            ..self.first_page()
        }
    }

    /// The page after this one, which starts at `cursor`.
    #[must_use]
    pub fn next(&self, cursor: &str) -> Self {
        let mut next = Self { cursor: cursor.to_owned(), ..self.closed() };
        if !self.cursor.is_empty() {
            next.back.push(self.cursor.clone());
        }
        if next.back.len() > MAX_TRAIL {
            next.back.remove(0);
        }
        next
    }

    /// The page before this one; none before the first.
    pub fn previous(&self) -> Option<Self> {
        (!self.cursor.is_empty()).then(|| {
            let mut previous = self.closed();
            previous.cursor = previous.back.pop().unwrap_or_default();
            previous
        })
    }

    pub fn is_oldest_first(&self) -> bool {
        self.order == "oldest"
    }

    pub fn page_size(&self) -> u32 {
        self.limit.parse().ok().filter(|size| PAGE_SIZES.contains(size)).unwrap_or(DEFAULT_PAGE_SIZE)
    }

    /// The word of [`RANGES`] that holds; nothing for a range of one's own.
    pub fn preset(&self) -> Option<&str> {
        let from =
            if self.from.is_empty() && self.to.is_empty() { DEFAULT_RANGE } else { self.from.as_str() };
        RANGES.iter().find(|(word, ..)| *word == from && self.to.is_empty()).map(|(word, ..)| *word)
    }

    pub fn range_label(&self) -> &'static str {
        self.preset()
            .and_then(|preset| RANGES.iter().find(|(word, ..)| *word == preset))
            .map_or("Custom range", |(_, label, _)| *label)
    }

    /// What is wrong with the query.
    pub fn problem(&self) -> Option<Problem> {
        // Whether it can be read does not depend on the clock.
        parse(&self.q, &EVENTS, Timestamp::far_future()).err()
    }

    /// The same list for another query.
    #[must_use]
    pub fn asking(&self, q: String) -> Self {
        Self { q, ..self.first_page().closed() }
    }

    /// How many filters are on, the time not counted.
    pub fn filters(&self) -> usize {
        let values: usize = Field::ALL.iter().map(|field| self.values(*field).len()).sum();
        values + [&self.fingerprint, &self.group, &self.q].iter().filter(|value| !value.is_empty()).count()
    }

    fn first_page(&self) -> Self {
        Self { cursor: String::new(), back: Vec::new(), ..self.clone() }
    }
}

/// What a range word, a time or nothing says, for the server.
#[cfg(feature = "ssr")]
pub mod on_server {
    use domain::filter::EventFilter;
    use domain::invalid::Problems;
    use domain::page::Order;
    use domain::query::{EVENTS, parse};
    use domain::{Invalid, Timestamp};

    use super::{DEFAULT_RANGE, EventQuery, RANGES};

    /// Start (inclusive) and end (exclusive) of a range; `local` reads a time in the reader's zone.
    pub fn range(
        from: &str,
        to: &str,
        now: Timestamp,
        local: impl Fn(&str) -> Option<Timestamp>,
    ) -> Result<(Option<Timestamp>, Option<Timestamp>), Invalid> {
        let instant = |text: &str| text.parse().ok().or_else(|| local(text));
        let mut problems = Problems::default();
        let word = if from.is_empty() && to.is_empty() { DEFAULT_RANGE } else { from };
        let start = match RANGES.iter().find(|(name, ..)| *name == word) {
            Some((.., 0)) => None,
            Some((.., seconds)) => Some(now.plus_seconds(-seconds)),
            None if word.is_empty() => None,
            None => instant(word),
        };
        let end = instant(to);
        let known = word.is_empty() || start.is_some() || RANGES.iter().any(|(name, ..)| *name == word);
        problems.require(known, "from", "not a time: use 15m, 1h, 24h, 7d, 30d, all, or a date and time");
        problems.require(to.is_empty() || end.is_some(), "to", "not a time: use a date and time");
        problems.require(start.is_none() || end.is_none() || start < end, "to", "must be after the start");
        problems.done()?;
        Ok((start, end))
    }

    impl EventQuery {
        /// The filter this stands for.
        ///
        /// # Errors
        /// A value that is none of its kind, with what would be.
        pub fn to_filter(
            &self,
            now: Timestamp,
            local: impl Fn(&str) -> Option<Timestamp>,
        ) -> Result<EventFilter, Invalid> {
            let (from, to) = range(&self.from, &self.to, now, local)?;
            let mut problems = Problems::default();
            let severity = self.severity.iter().filter_map(|word| word.parse().ok()).collect::<Vec<_>>();
            problems.require(
                severity.len() == self.severity.len(),
                "severity",
                "info, low, medium, high or critical",
            );
            let source_id = self.source.iter().filter_map(|id| id.parse().ok()).collect::<Vec<_>>();
            problems.require(source_id.len() == self.source.len(), "source", "not the id of a source");
            let group_id = self.group.parse().ok();
            problems.require(self.group.is_empty() || group_id.is_some(), "group", "not the id of a group");
            let query = match (!self.q.is_empty()).then(|| parse(&self.q, &EVENTS, now)).transpose() {
                Ok(query) => query,
                Err(problem) => return Err(Invalid::field("q", problem.message)),
            };
            problems.done()?;
            let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
            Ok(EventFilter {
                from,
                to,
                severity,
                component: self.component.clone(),
                service: self.service.clone(),
                environment: self.environment.clone(),
                system_id: self.system_id.clone(),
                event_type: self.event_type.clone(),
                source_id,
                fingerprint: some(&self.fingerprint),
                group_id,
                query,
                order: if self.is_oldest_first() { Order::Oldest } else { Order::Newest },
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&'static str, &str)]) -> ParamsMap {
        pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
    }

    #[test]
    fn a_query_is_read_back_as_it_was_written() {
        let query = EventQuery::read(&map(&[
            ("from", "7d"),
            ("severity", "high"),
            ("severity", "critical"),
            ("q", "a b&c"),
            ("event", "e1"),
        ]));
        assert_eq!(
            query.href("acme"),
            "/o/acme/events?from=7d&severity=high&severity=critical&q=a%20b%26c&event=e1"
        );
        assert_eq!(query.filters(), 3);
    }

    #[test]
    fn a_query_that_cannot_be_read_says_where() {
        let asking = |q: &str| EventQuery { q: q.to_owned(), ..EventQuery::default() };
        assert_eq!(asking("severity>=high -service:billing \"failed password\"").problem(), None);
        assert_eq!(asking("").problem(), None);
        let problem = asking("ok componnent:auth").problem().unwrap();
        assert_eq!((problem.at, problem.suggestion.as_deref()), (3..13, Some("component")));
    }

    #[test]
    fn a_value_toggles_in_and_out_and_returns_to_the_first_page() {
        let query = EventQuery { cursor: "c9".into(), ..EventQuery::default() };
        let on = query.toggle(Field::Component, "sshd");
        assert_eq!(on.href("acme"), "/o/acme/events?component=sshd");
        assert_eq!(on.toggle(Field::Component, "sshd"), EventQuery::default());
    }

    #[test]
    fn paging_leaves_a_trail_back() {
        let first = EventQuery::default();
        let third = first.next("c1").next("c2");
        assert_eq!((third.cursor.as_str(), third.back.as_slice()), ("c2", ["c1".to_owned()].as_slice()));
        assert_eq!(third.previous(), Some(first.next("c1")));
        assert_eq!(first.next("c1").previous(), Some(first.clone()));
        assert_eq!(first.previous(), None);
        let far = (0..20).fold(first, |query, n| query.next(&n.to_string()));
        assert_eq!(far.back.len(), MAX_TRAIL);
    }

    #[test]
    fn the_url_without_a_range_means_the_last_day() {
        assert_eq!(EventQuery::default().preset(), Some("24h"));
        assert_eq!(EventQuery { to: "2026-01-01T00:00:00Z".into(), ..EventQuery::default() }.preset(), None);
        assert_eq!(
            EventQuery { from: "2026-01-01T00:00".into(), ..EventQuery::default() }.range_label(),
            "Custom range"
        );
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn ranges_are_relative_absolute_or_local() {
        let now: domain::Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let local = |text: &str| format!("{text}:00+01:00").parse().ok();
        let at = |text: &str| Some(text.parse().unwrap());
        assert_eq!(on_server::range("1h", "", now, local).unwrap(), (at("2026-11-24T11:00:00Z"), None));
        assert_eq!(on_server::range("all", "", now, local).unwrap(), (None, None));
        assert_eq!(
            on_server::range("2026-11-24T10:00", "2026-11-24T11:00:00Z", now, local).unwrap(),
            (at("2026-11-24T09:00:00Z"), at("2026-11-24T11:00:00Z"))
        );
        assert!(on_server::range("yesterday", "", now, local).is_err());
        assert!(on_server::range("2026-11-24T11:00:00Z", "2026-11-24T10:00:00Z", now, local).is_err());
    }
}
