//! What the URL of the group list says.

use domain::Timestamp;
#[cfg(feature = "ssr")]
use domain::query::{Clock, Query};
use domain::query::{GROUPS, Problem, parse};
use leptos_router::params::ParamsMap;
use serde::{Deserialize, Serialize};

use crate::routes::{self, Link};

/// Strings as the URL holds them; empty means "any".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupQuery {
    /// In the query language.
    pub text: String,
    /// `mine`, `muted`, `resolved`, `all`, or a status; the open ones when empty.
    pub status: String,
    pub severity: Vec<String>,
    pub component: Vec<String>,
    /// Groups with an event since: a word of [`crate::events::RANGES`] or RFC 3339. All time when empty.
    pub from: String,
    /// Groups whose first event was before.
    pub to: String,
    /// `first_seen`, `count`, or last seen first.
    pub sort: String,
    pub cursor: String,
    /// Cursors of the pages before, the latest last.
    pub back: Vec<String>,
    /// Id of the action that a plain form just did, or `none`; said once.
    pub done: String,
    /// How many groups it left as they were.
    pub left: String,
    /// Id of the saved view that this began with, or `all` for none.
    pub view: String,
}

impl GroupQuery {
    pub fn read(map: &ParamsMap) -> Self {
        let one = |name| map.get_str(name).unwrap_or_default().trim().to_owned();
        let all = |name| {
            map.get_all(name).unwrap_or_default().into_iter().filter(|v| !v.is_empty()).collect::<Vec<_>>()
        };
        // `text`, as addresses said before, is understood too.
        let q = one("q");
        Self {
            text: if q.is_empty() { one("text") } else { q },
            status: one("status"),
            severity: all("severity"),
            component: all("component"),
            from: one("from"),
            to: one("to"),
            sort: one("sort"),
            cursor: one("cursor"),
            back: all("back"),
            done: one("done"),
            left: one("left"),
            view: one("view"),
        }
    }

    /// The list this describes. Never without a query: that would lead to the view that somebody starts with.
    pub fn href(&self, organization: &str) -> String {
        let page = routes::groups(organization);
        let link = self
            .link(page.clone())
            .with_all("back", self.back.iter().map(String::as_str))
            .with("cursor", &self.cursor)
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
            .with("q", &self.text)
            .with("status", &self.status)
            .with_all("severity", self.severity.iter().map(String::as_str))
            .with_all("component", self.component.iter().map(String::as_str))
            .with("from", &self.from)
            .with("to", &self.to)
            .with("sort", &self.sort)
    }

    /// Every pair of the filter but the text, for the hidden inputs of the search form.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let single = [
            ("status", &self.status),
            ("from", &self.from),
            ("to", &self.to),
            ("sort", &self.sort),
            ("view", &self.view),
        ];
        let single = single
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name, value.clone()));
        let severity = self.severity.iter().map(|value| ("severity", value.clone()));
        let component = self.component.iter().map(|value| ("component", value.clone()));
        single.chain(severity).chain(component).collect()
    }

    /// The filter as fields of a form that acts on all it leaves.
    pub fn fields(&self) -> Vec<(String, String)> {
        let text = Some(("text", self.text.clone())).filter(|(_, text)| !text.is_empty());
        let name = |name: &str| {
            let list = if matches!(name, "severity" | "component") { "[]" } else { "" };
            ["asked[list][", name, "]", list].concat()
        };
        text.into_iter().chain(self.pairs()).map(|(field, value)| (name(field), value)).collect()
    }

    #[must_use]
    pub fn toggle_severity(&self, word: &str) -> Self {
        let mut next = self.first_page();
        if next.severity.iter().any(|on| on == word) {
            next.severity.retain(|on| on != word);
        } else {
            next.severity.push(word.to_owned());
        }
        next
    }

    /// One of the views, or a status.
    #[must_use]
    pub fn view(&self, word: &str) -> Self {
        Self { status: word.to_owned(), ..self.first_page() }
    }

    /// `last_seen`, `first_seen` or `count`.
    #[must_use]
    pub fn sorted(&self, sort: &str) -> Self {
        Self { sort: if sort == "last_seen" { String::new() } else { sort.to_owned() }, ..self.first_page() }
    }

    pub fn is_sorted(&self, sort: &str) -> bool {
        if self.sort.is_empty() { sort == "last_seen" } else { self.sort == sort }
    }

    #[must_use]
    pub fn range(&self, from: &str) -> Self {
        Self {
            from: if from == "all" { String::new() } else { from.to_owned() },
            to: String::new(),
            ..self.first_page()
        }
    }

    /// The page after this one, which starts at `cursor`.
    #[must_use]
    pub fn next(&self, cursor: &str) -> Self {
        let mut next = Self { cursor: cursor.to_owned(), ..self.clone() };
        if !self.cursor.is_empty() {
            next.back.push(self.cursor.clone());
        }
        if next.back.len() > 8 {
            next.back.remove(0);
        }
        next
    }

    pub fn previous(&self) -> Option<Self> {
        (!self.cursor.is_empty()).then(|| {
            let mut previous = self.clone();
            previous.cursor = previous.back.pop().unwrap_or_default();
            previous
        })
    }

    pub fn filters(&self) -> usize {
        self.severity.len() + self.component.len() + usize::from(!self.text.is_empty())
    }

    /// The same list for another query.
    #[must_use]
    pub fn asking(&self, text: String) -> Self {
        Self { text, ..self.first_page() }
    }

    /// What is wrong with the query. Whether it can be read does not depend on the clock.
    pub fn problem(&self) -> Option<Problem> {
        parse(&self.text, &GROUPS, Timestamp::far_future()).err()
    }

    fn first_page(&self) -> Self {
        Self { cursor: String::new(), back: Vec::new(), ..self.clone() }
    }
}

#[cfg(feature = "ssr")]
impl GroupQuery {
    /// What is searched for; or why that cannot be read.
    fn searched(&self, clock: impl Clock) -> Result<Option<Query>, Problem> {
        if self.text.is_empty() { Ok(None) } else { parse(&self.text, &GROUPS, clock).map(Some) }
    }

    /// The filter this stands for.
    ///
    /// # Errors
    /// A value that is none of its kind.
    pub fn to_filter(
        &self,
        clock: impl Clock,
        local: impl Fn(&str) -> Option<domain::Timestamp>,
        me: Option<domain::UserId>,
    ) -> Result<domain::group::GroupFilter, domain::Invalid> {
        let from = if self.from.is_empty() { "all" } else { &self.from };
        let (from, to) = crate::events::on_server::range(from, &self.to, clock.now(), local)?;
        let mut problems = domain::invalid::Problems::default();
        let severity = self.severity.iter().filter_map(|word| word.parse().ok()).collect::<Vec<_>>();
        problems.require(
            severity.len() == self.severity.len(),
            "severity",
            "info, low, medium, high or critical",
        );
        let sort =
            if self.sort.is_empty() { Ok(domain::group::GroupSort::default()) } else { self.sort.parse() };
        problems.require(
            sort.is_ok(),
            "sort",
            &format!(
                "'{}' is none; last_seen, first_seen or count",
                self.sort.chars().take(60).collect::<String>()
            ),
        );
        use domain::group::{Assignee, Status};
        let (status, assigned_to) = match self.status.as_str() {
            "" => (Ok(Status::OPEN.to_vec()), None),
            "all" => (Ok(Vec::new()), None),
            "mine" => (Ok(Status::OPEN.to_vec()), Some(me.map_or(Assignee::Nobody, Assignee::User))),
            word => (word.parse().map(|status| vec![status]), None),
        };
        problems.require(
            status.is_ok(),
            "status",
            "mine, all, new, ongoing, escalating, regressed, muted or resolved",
        );
        let searched = self.searched(clock);
        if let Err(problem) = &searched {
            problems.require(false, "text", &problem.placed(&self.text));
        }
        problems.done()?;
        Ok(domain::group::GroupFilter {
            status: status.unwrap_or_default(),
            assigned_to,
            severity,
            query: searched.unwrap_or_default(),
            component: self.component.clone(),
            from,
            to,
            sort: sort.unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filter_is_written_as_fields_of_a_form() {
        let query = GroupQuery {
            text: "a b".into(),
            severity: vec!["high".into(), "low".into()],
            cursor: "x".into(),
            ..GroupQuery::default()
        };
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            query.fields(),
            [
                pair("asked[list][text]", "a b"),
                pair("asked[list][severity][]", "high"),
                pair("asked[list][severity][]", "low"),
            ]
        );
    }

    #[test]
    fn a_query_is_read_back_as_it_was_written() {
        let query = GroupQuery {
            text: "a b".into(),
            severity: vec!["high".into()],
            status: "muted".into(),
            sort: "count".into(),
            ..GroupQuery::default()
        };
        assert_eq!(query.href("acme"), "/o/acme/groups?q=a%20b&status=muted&severity=high&sort=count");
        let map: ParamsMap = [("text", "a b"), ("status", "muted"), ("severity", "high"), ("sort", "count")]
            .into_iter()
            .collect();
        assert_eq!(GroupQuery::read(&map), query);
        let map: ParamsMap = [("q", "a b")].into_iter().collect();
        assert_eq!(GroupQuery::read(&map).text, "a b");
        assert_eq!(
            query.toggle_severity("high").sorted("last_seen").view("").href("acme"),
            "/o/acme/groups?q=a%20b"
        );
    }
}
