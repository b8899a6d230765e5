//! What the URL of the event list says: the only place filter state lives. [`EventQuery`] is its parser and link builder.

use domain::Timestamp;
use domain::query::{EVENTS, Problem, parse};
use leptos_router::params::ParamsMap;
use serde::{Deserialize, Serialize};

use crate::columns;
use crate::routes::{self, Link};

/// The fields that every event has: as a query writes them, and in words, in the order of the page.
pub const FIELDS: [(&str, &str); 7] = [
    ("severity", "Severity"),
    ("component", "Component"),
    ("service", "Service"),
    ("system_id", "System"),
    ("event_type", "Event type"),
    ("environment", "Environment"),
    ("source", "Source"),
];

/// Columns behind the message when the URL names none.
pub const COLUMNS: [&str; 4] = ["component", "service", "system_id", "source"];
const COMPACT: &str = "compact";
/// Orders by severity, the newest first in each.
pub const HOTTEST: &str = "hottest";
pub const MILDEST: &str = "mildest";

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
    /// In the query language (`domain::query`).
    pub q: String,
    /// Paths in the payload that have a facet.
    pub facet: Vec<String>,
    /// The facet that shows more of its values, and what these contain.
    pub more: String,
    pub within: String,
    /// `oldest`, [`HOTTEST`], [`MILDEST`], or newest first.
    pub order: String,
    pub limit: String,
    pub cursor: String,
    /// Cursors of the pages before this one, the latest last; the first page has none.
    pub back: Vec<String>,
    /// Id of the event in the panel.
    pub event: String,
    /// Columns behind the message, in their order: names of [`FIELDS`] or parts of the payload; see [`crate::columns`].
    pub column: Vec<String>,
    /// `compact`, or rows of the usual height.
    pub density: String,
    /// Id of the saved view that this began with, or `all` for none.
    pub view: String,
    /// `1`: what arrives enters the list.
    pub live: String,
    /// What else the address of the page says, as `name=value`: nothing that the list would pass over without a word.
    pub other: Vec<String>,
}

/// The parameters of the page, and what Leptos says of a form that came back.
const PARAMETERS: [&str; 18] = [
    "from", "to", "q", "facet", "more", "within", "order", "limit", "cursor", "back", "event", "column",
    "density", "view", "live", "__path", "__err", "__mark",
];

impl EventQuery {
    /// Of the list's own page, where every parameter means something.
    pub fn of_page(map: &ParamsMap) -> Self {
        let others = map.clone().into_iter().filter(|(name, _)| !PARAMETERS.contains(&name.as_ref()));
        Self { other: others.map(|(name, value)| [&name, "=", &value].concat()).collect(), ..Self::read(map) }
    }
    pub fn read(map: &ParamsMap) -> Self {
        let one = |name| map.get_str(name).unwrap_or_default().trim().to_owned();
        let all = |name| {
            map.get_all(name).unwrap_or_default().into_iter().filter(|v| !v.is_empty()).collect::<Vec<_>>()
        };
        Self {
            from: one("from"),
            to: one("to"),
            q: one("q"),
            facet: all("facet"),
            more: one("more"),
            within: one("within"),
            order: one("order"),
            limit: one("limit"),
            cursor: one("cursor"),
            back: all("back"),
            event: one("event"),
            column: all("column"),
            density: one("density"),
            view: one("view"),
            live: one("live"),
            other: Vec::new(),
        }
    }

    /// The list this describes, panel included. Never without a query: that would lead to the view that somebody starts with.
    pub fn href(&self, organization: &str) -> String {
        let page = routes::events(organization);
        let link = self
            .link(page.clone())
            .with("more", &self.more)
            .with("within", &self.within)
            .with_all("back", self.back.iter().map(String::as_str))
            .with("cursor", &self.cursor)
            .with("live", &self.live)
            .with("event", &self.event)
            .with("view", &self.view)
            .done();
        if link == page { Link::new(page).with("view", "all").done() } else { link }
    }

    /// What a saved view keeps of it.
    pub fn saved(&self) -> String {
        self.link(String::new()).done().trim_start_matches('?').to_owned()
    }

    fn link(&self, page: String) -> Link {
        Link::new(page)
            .with("from", &self.from)
            .with("to", &self.to)
            .with("q", &self.q)
            .with_all("facet", self.facet.iter().map(String::as_str))
            .with("order", &self.order)
            .with("limit", &self.limit)
            .with_all("column", self.column.iter().map(String::as_str))
            .with("density", &self.density)
    }

    /// Exactly these events as a file: `csv` or `ndjson`.
    pub fn export_href(&self, organization: &str, format: &str) -> String {
        Link::new([&routes::events(organization), "/export.", format].concat())
            .with("from", &self.from)
            .with("to", &self.to)
            .with("q", &self.q)
            .with("order", &self.order)
            .done()
    }

    /// The stream of what arrives for this list, after a place.
    pub fn tail_href(&self, organization: &str, place: &str) -> String {
        Link::new([&routes::events(organization), "/tail"].concat())
            .with("from", &self.from)
            .with("q", &self.q)
            .with_all("column", self.column.iter().map(String::as_str))
            .with("after", place)
            .done()
    }

    /// Every pair but `without`, for the hidden inputs of a GET form that leads to the first page.
    pub fn pairs(&self, without: &[&str]) -> Vec<(&'static str, String)> {
        let single = [
            ("from", &self.from),
            ("to", &self.to),
            ("q", &self.q),
            ("more", &self.more),
            ("within", &self.within),
            ("order", &self.order),
            ("limit", &self.limit),
            ("density", &self.density),
            ("view", &self.view),
            ("live", &self.live),
        ];
        let facets = self.facet.iter().map(|path| ("facet", path));
        let columns = self.column.iter().map(|name| ("column", name));
        let kept = single.into_iter().chain(facets).chain(columns);
        let kept = kept.filter(|(name, value)| !value.is_empty() && !without.contains(name));
        kept.map(|(name, value)| (name, value.clone())).collect()
    }

    /// All events of all time that a query finds.
    pub fn all_time(q: String) -> Self {
        Self { from: "all".to_owned(), q, ..Self::default() }
    }

    /// The range, and nothing but this query.
    #[must_use]
    pub fn only(&self, q: String) -> Self {
        Self { from: self.from.clone(), to: self.to.clone(), limit: self.limit.clone(), q, ..Self::default() }
    }

    /// The facet shows more values, or as many as the others again.
    #[must_use]
    pub fn with_more(&self, field: &str) -> Self {
        let more = if self.more == field { String::new() } else { field.to_owned() };
        Self { more, within: String::new(), ..self.clone() }
    }

    /// Without the facet of a part of the payload.
    #[must_use]
    pub fn without_facet(&self, path: &str) -> Self {
        let mut next = self.clone();
        next.facet.retain(|facet| facet != path);
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

    /// What the rows and their links depend on.
    #[must_use]
    pub fn list(&self) -> Self {
        Self { more: String::new(), within: String::new(), ..self.closed() }
    }

    /// What facets, histogram and count depend on.
    #[must_use]
    pub fn filter(&self) -> Self {
        Self {
            order: String::new(),
            limit: String::new(),
            column: Vec::new(),
            density: String::new(),
            view: String::new(),
            live: String::new(),
            other: Vec::new(),
            ..self.first_page().closed()
        }
    }

    /// Without any filter but the time.
    #[must_use]
    pub fn cleared(&self) -> Self {
        self.asking(String::new())
    }

    #[must_use]
    pub fn with_limit(&self, limit: u32) -> Self {
        Self {
            limit: if limit == DEFAULT_PAGE_SIZE { String::new() } else { limit.to_string() },
            ..self.first_page()
        }
    }

    /// The columns behind the message.
    pub fn columns(&self) -> Vec<&str> {
        columns::shown(&self.column, &COLUMNS)
    }

    /// With the column at the end, or without it.
    #[must_use]
    pub fn with_column(&self, name: &str) -> Self {
        Self { column: columns::with(self.columns(), name, &COLUMNS), ..self.clone() }
    }

    /// With the column before the one that it now follows.
    #[must_use]
    pub fn with_column_earlier(&self, name: &str) -> Self {
        Self { column: columns::earlier(self.columns(), name, &COLUMNS), ..self.clone() }
    }

    /// The usual columns and height of rows.
    #[must_use]
    pub fn with_usual_rows(&self) -> Self {
        Self { column: Vec::new(), density: String::new(), ..self.clone() }
    }

    pub fn is_compact(&self) -> bool {
        self.density == COMPACT
    }

    #[must_use]
    pub fn with_other_density(&self) -> Self {
        let density = if self.is_compact() { String::new() } else { COMPACT.to_owned() };
        Self { density, ..self.clone() }
    }

    /// By time, from the other end where it is that already.
    #[must_use]
    pub fn by_time(&self) -> Self {
        self.ordered(if self.order.is_empty() { "oldest" } else { "" })
    }

    /// By severity, the mildest first where it is by the hottest already.
    #[must_use]
    pub fn by_severity(&self) -> Self {
        self.ordered(if self.order == HOTTEST { MILDEST } else { HOTTEST })
    }

    fn ordered(&self, order: &str) -> Self {
        Self { order: order.to_owned(), live: String::new(), ..self.first_page() }
    }

    /// The page after this one, which starts at `cursor`.
    #[must_use]
    pub fn next(&self, cursor: &str) -> Self {
        let mut next = Self { cursor: cursor.to_owned(), live: String::new(), ..self.closed() };
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

    /// What arrives enters the list: the first page, newest first, of a range without an end.
    pub fn is_live(&self) -> bool {
        !self.live.is_empty() && self.to.is_empty() && self.cursor.is_empty() && self.order.is_empty()
    }

    /// Live, from the newest on, or as it was.
    #[must_use]
    pub fn live_toggled(&self) -> Self {
        if self.is_live() {
            return Self { live: String::new(), ..self.clone() };
        }
        Self { live: "1".to_owned(), to: String::new(), order: String::new(), ..self.first_page() }
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
        problem(&self.q)
    }

    /// The same list for another query.
    #[must_use]
    pub fn asking(&self, q: String) -> Self {
        Self { q, ..self.first_page().closed() }
    }

    /// The same list for what the query and this condition find.
    #[must_use]
    pub fn and(&self, condition: &str) -> Self {
        let q = self.q.trim();
        self.asking(match q {
            "" => condition.to_owned(),
            // A condition behind an OR would belong to its last branch.
            _ if q.contains("OR") => format!("({q}) {condition}"),
            _ => format!("{q} {condition}"),
        })
    }

    fn first_page(&self) -> Self {
        Self { cursor: String::new(), back: Vec::new(), ..self.clone() }
    }
}

/// What is wrong with a query. Whether it can be read does not depend on the clock.
pub fn problem(q: &str) -> Option<Problem> {
    parse(q, &EVENTS, Timestamp::far_future()).err()
}

/// What a range word, a time or nothing says, for the server.
#[cfg(feature = "ssr")]
pub mod on_server {
    use domain::filter::EventFilter;
    use domain::invalid::Problems;
    use domain::page::Order;
    use domain::query::{Clock, EVENTS, parse};
    use domain::{Invalid, Timestamp};

    use super::{DEFAULT_RANGE, EventQuery, FIELDS, PAGE_SIZES, RANGES};
    use crate::when::Zone;

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
            None => ago(word).map(|seconds| now.plus_seconds(-seconds)).or_else(|| instant(word)),
        };
        let end = instant(to);
        let known = word.is_empty() || start.is_some() || RANGES.iter().any(|(name, ..)| *name == word);
        problems.require(
            known,
            "from",
            "not a time: use a time ago such as 15m, 24h or 7d, all, or a date and time",
        );
        problems.require(to.is_empty() || end.is_some(), "to", "not a time: use a date and time");
        problems.require(start.is_none() || end.is_none() || start < end, "to", "must be after the start");
        problems.done()?;
        Ok((start, end))
    }

    /// `3d` in seconds.
    fn ago(word: &str) -> Option<i64> {
        let unit = match word.chars().next_back()? {
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return None,
        };
        let number = word.get(..word.len() - 1)?.parse::<u32>().ok().filter(|n| *n > 0)?;
        Some(i64::from(number) * unit)
    }

    /// As much of a value as a sentence holds.
    fn shown(value: &str) -> String {
        value.chars().take(60).collect()
    }

    /// What is said of a parameter that the page does not have.
    fn stranger(name: &str, value: &str) -> String {
        let value = shown(value);
        match EVENTS.field(name) {
            Some(field) => {
                format!("no parameter of this page; write {}:{value} into the query, the parameter q", field.name)
            }
            None if ["sort", "order_by", "sort_by"].contains(&name) => {
                format!("no parameter of this page ('{value}'); order takes oldest, hottest or mildest")
            }
            None => {
                "no parameter of this page; it has from, to, q, facet, order, limit, column, density, view and live"
                    .to_owned()
            }
        }
    }

    impl EventQuery {
        /// The filter this stands for where somebody reads it: what has no zone is in theirs, in the range and in the query.
        ///
        /// # Errors
        /// A value that is none of its kind, with what would be.
        pub fn filter_of(&self, zone: Zone, now: Timestamp) -> Result<EventFilter, Invalid> {
            self.to_filter(zone.reader(now), |text| zone.parse(text).ok())
        }

        /// The filter this stands for: its query read by `clock`, the times of its range by `local`.
        ///
        /// # Errors
        /// A value that is none of its kind, with what would be.
        pub fn to_filter(
            &self,
            clock: impl Clock,
            local: impl Fn(&str) -> Option<Timestamp>,
        ) -> Result<EventFilter, Invalid> {
            let (from, to) = range(&self.from, &self.to, clock.now(), local)?;
            let mut problems = Problems::default();
            let orders = ["", "oldest", super::HOTTEST, super::MILDEST];
            problems.require(
                orders.contains(&self.order.as_str()),
                "order",
                &format!("'{}' is none; oldest, hottest, mildest, or left out", shown(&self.order)),
            );
            let sizes = self.limit.parse().is_ok_and(|size| PAGE_SIZES.contains(&size));
            problems.require(
                self.limit.is_empty() || sizes,
                "limit",
                &format!("'{}' is none; 25, 50, 100 or 200", shown(&self.limit)),
            );
            for other in &self.other {
                let (name, value) = other.split_once('=').unwrap_or((other, ""));
                problems.require(false, &shown(name), &stranger(name, value));
            }
            let field = |name: &str| FIELDS.iter().any(|(field, _)| *field == name);
            let part = |name: &str| self.facet.iter().any(|path| path == name);
            problems.require(
                self.more.is_empty() || field(&self.more) || part(&self.more),
                "more",
                "not a facet of this page",
            );
            problems.done()?;
            let query = match (!self.q.is_empty()).then(|| parse(&self.q, &EVENTS, clock)).transpose() {
                Ok(query) => query,
                Err(problem) => return Err(Invalid::field("q", problem.placed(&self.q))),
            };
            let order = if self.is_oldest_first() { Order::Oldest } else { Order::Newest };
            Ok(EventFilter { from, to, query, order, ..EventFilter::default() })
        }
    }
}

#[cfg(test)]
mod tests;
