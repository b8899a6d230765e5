//! What the address of the list of cases says: parser, link and filter are one. Server only.

use domain::Timestamp;
use domain::case::merge::Merged;
use domain::case::{CaseFilter, CaseSort, Status};
use domain::group::Assignee;
use domain::query::{CASES, Problem, Query, parse};
use leptos_router::params::ParamsMap;
use service::Who;
use service::cases::Counts;

use super::columns::USUAL;
use crate::columns;
use crate::page::print::Asked;
use crate::routes::{self, Link};
use crate::server::Scope;

/// What the list can show; the first is what it opens with.
pub const SHOWN: [(&str, &str); 6] = [
    ("open", "Open"),
    ("mine", "Mine"),
    ("unassigned", "Unassigned"),
    ("overdue", "Overdue"),
    ("resolved", "Resolved"),
    ("all", "All"),
];

/// What the board can show: each of its columns is a status.
pub const ON_BOARD: [&str; 4] = ["all", "mine", "unassigned", "overdue"];

/// Columns of which nobody needs more, in an address that may be anything.
const MAX_COLUMNS: usize = 40;

/// `?show=&q=&sort=&layout=&merged=&column=&density=&from=&to=&chart=&view=`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseQuery {
    /// One of [`SHOWN`].
    pub show: &'static str,
    pub q: String,
    pub sort: CaseSort,
    /// By status instead of as a table.
    pub board: bool,
    /// Whether cases that are in others are shown.
    pub merged: Merged,
    /// The saved view that the list was opened with: its id, or `all` for none.
    pub view: String,
    /// Columns behind the title: of [`COLUMNS`](super::columns::COLUMNS), or of the organization's own fields; see [`crate::columns`].
    pub column: Vec<String>,
    /// Rows of less height.
    pub compact: bool,
    /// Opened at or after this, and before that.
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    /// When they were opened is shown, however many they are.
    pub chart: bool,
}

impl CaseQuery {
    pub fn read(map: &ParamsMap) -> Self {
        let get = |name: &str| map.get_str(name).unwrap_or_default();
        let query = Self::of(get("show"), get("q"), get("sort"));
        let column = map.get_all("column").unwrap_or_default().into_iter().filter(|name| !name.is_empty());
        let query = Self {
            merged: get("merged").parse().unwrap_or_default(),
            view: get("view").to_owned(),
            column: column.take(MAX_COLUMNS).collect(),
            compact: get("density") == "compact",
            from: get("from").parse().ok(),
            to: get("to").parse().ok(),
            chart: get("chart") == "opened",
            ..query
        };
        if get("layout") == "board" { query.laid_out(true) } else { query }
    }
    pub fn of(show: &str, q: &str, sort: &str) -> Self {
        let known = SHOWN.iter().find(|(word, _)| *word == show);
        Self {
            show: known.map_or(SHOWN[0].0, |(word, _)| word),
            q: q.trim().to_owned(),
            sort: CaseSort::parse(sort).unwrap_or_default(),
            board: false,
            merged: Merged::Hide,
            view: String::new(),
            column: Vec::new(),
            compact: false,
            from: None,
            to: None,
            chart: false,
        }
    }
    /// The list of a view, or of a form: the pairs behind the `?`.
    pub fn of_pairs(pairs: &str) -> Self {
        Self::read(&form_urlencoded::parse(pairs.as_bytes()).into_owned().collect())
    }
    #[must_use]
    pub fn show(&self, show: &'static str) -> Self {
        Self { show, ..self.clone() }
    }
    #[must_use]
    pub fn searched(&self, q: String) -> Self {
        Self { q, ..self.clone() }
    }
    #[must_use]
    pub fn sorted(&self, sort: CaseSort) -> Self {
        Self { sort, ..self.clone() }
    }
    /// On the board, or as a table.
    #[must_use]
    pub fn laid_out(&self, board: bool) -> Self {
        let show = match (board, self.show) {
            (true, show) if !ON_BOARD.contains(&show) => "all",
            (_, show) => show,
        };
        Self { show, board, ..self.clone() }
    }
    /// With the merged cases hidden, besides the others, or alone.
    #[must_use]
    pub fn merged(&self, merged: Merged) -> Self {
        Self { merged, ..self.clone() }
    }
    pub fn columns(&self) -> Vec<&str> {
        columns::shown(&self.column, &USUAL)
    }
    /// With the column at the end, or without it.
    #[must_use]
    pub fn with_column(&self, name: &str) -> Self {
        Self { column: columns::with(self.columns(), name, &USUAL), ..self.clone() }
    }
    /// With the column before the one that it now follows.
    #[must_use]
    pub fn with_column_earlier(&self, name: &str) -> Self {
        Self { column: columns::earlier(self.columns(), name, &USUAL), ..self.clone() }
    }
    #[must_use]
    pub fn compact(&self, compact: bool) -> Self {
        Self { compact, ..self.clone() }
    }
    #[must_use]
    pub fn with_usual_rows(&self) -> Self {
        Self { column: Vec::new(), compact: false, ..self.clone() }
    }
    /// Those that were opened at or after the first and before the second, or at any time.
    #[must_use]
    pub fn opened(&self, within: Option<(Timestamp, Timestamp)>) -> Self {
        let (from, to) = within.unzip();
        Self { from, to, ..self.clone() }
    }
    #[must_use]
    pub fn charted(&self) -> Self {
        Self { chart: true, ..self.clone() }
    }
    /// What a view keeps of it: the pairs behind the `?`.
    pub fn saved(&self) -> String {
        self.pairs(Link::new("")).done().trim_start_matches('?').to_owned()
    }
    pub fn link(&self, slug: &str) -> Link {
        self.pairs(Link::new(routes::cases(slug))).with("view", &self.view)
    }
    fn pairs(&self, link: Link) -> Link {
        let sort = if self.sort == CaseSort::default() { "" } else { self.sort.as_str() };
        link.with("show", self.show)
            .with("q", &self.q)
            .with("sort", sort)
            .with("layout", if self.board { "board" } else { "" })
            .with("merged", if self.merged == Merged::Hide { "" } else { self.merged.as_str() })
            .with_all("column", self.column.iter().map(String::as_str))
            .with("density", if self.compact { "compact" } else { "" })
            .with("from", &self.from.map(Timestamp::iso).unwrap_or_default())
            .with("to", &self.to.map(Timestamp::iso).unwrap_or_default())
            .with("chart", if self.chart { "opened" } else { "" })
    }

    /// Why the address asks for another list than there is.
    pub fn strange(asked: &Asked) -> Option<String> {
        let shown = SHOWN.map(|(word, _)| word);
        let sorts = CaseSort::ALL.map(CaseSort::as_str);
        let words: [(&str, &[&str]); 6] = [
            ("show", &shown),
            ("sort", &sorts),
            ("layout", &["table", "board"]),
            ("merged", &["hide", "include", "only"]),
            ("density", &["compact"]),
            ("chart", &["opened"]),
        ];
        let no_time =
            |name: &&str| !asked.get(name).is_empty() && asked.get(name).parse::<Timestamp>().is_err();
        if let Some(name) = ["from", "to"].iter().find(|name| no_time(name)) {
            return Some(format!("{name}: not a time in RFC 3339, for example 2026-11-23T09:30:00Z"));
        }
        asked.strange(&words, &CASES)
    }

    /// What is searched for; or why that cannot be read.
    pub fn parsed(&self, scope: &Scope, now: Timestamp) -> Result<Option<Query>, Problem> {
        if self.q.is_empty() {
            return Ok(None);
        }
        parse(&self.q, &CASES, scope.zone.reader(now)).map(Some)
    }
    /// What the tabs of the list count, of what is searched for.
    pub fn on_all_tabs(&self, query: Option<Query>) -> CaseFilter {
        let opened = (self.from, self.to);
        CaseFilter { query, opened, merged: self.merged, ..CaseFilter::default() }
    }
    /// The cases that the list shows, of what is searched for.
    pub fn filter(&self, query: Option<Query>, scope: &Scope, now: Timestamp) -> CaseFilter {
        let base = self.on_all_tabs(query);
        let open = vec![Status::Open, Status::Investigating];
        match self.show {
            "mine" => {
                let mine = match &scope.actor.who {
                    Who::User(user) => Some(Assignee::User(user.id)),
                    Who::ApiKey { .. } | Who::System(_) => Some(Assignee::Nobody),
                };
                CaseFilter { status: open, assigned_to: mine, ..base }
            }
            "unassigned" => CaseFilter { status: open, assigned_to: Some(Assignee::Nobody), ..base },
            "overdue" => CaseFilter { overdue_at: Some(now), ..base },
            "resolved" => CaseFilter { status: vec![Status::Resolved], ..base },
            "all" => base,
            _ => CaseFilter { status: open, ..base },
        }
    }
}

/// How many cases the list shows.
pub fn count(counts: &Counts, show: &str) -> i64 {
    match show {
        "mine" => counts.mine,
        "unassigned" => counts.unassigned,
        "overdue" => counts.overdue,
        "resolved" => counts.resolved,
        "all" => counts.open + counts.investigating + counts.resolved,
        _ => counts.open + counts.investigating,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_to_all_that_the_list_shows_is_done_to_no_other() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let all = CaseQuery::of("all", "severity>=high", "due");
        let query = CaseQuery {
            merged: Merged::Only,
            column: vec!["tlp".to_owned(), "field:ticket".to_owned()],
            compact: true,
            chart: true,
            ..all.opened(Some((at("2026-11-01T00:00:00Z"), at("2026-11-08T00:00:00Z"))))
        };
        let again = CaseQuery::of_pairs(&query.saved());
        assert_eq!(again, query);
        let filter = again.on_all_tabs(None);
        assert_eq!((filter.merged, filter.opened), (Merged::Only, (query.from, query.to)));
    }

    #[test]
    fn columns_are_chosen_and_moved() {
        let usual = CaseQuery::of("open", "", "");
        assert_eq!(usual.columns(), USUAL);
        let with = usual.with_column("tlp").with_column("tasks").with_column_earlier("tlp");
        assert_eq!(with.columns(), ["status", "priority", "assignee", "due", "tlp", "updated"]);
        let none = USUAL.iter().fold(usual.clone(), |query, name| query.with_column(name));
        assert!(none.columns().is_empty() && none.saved().contains("column=none"), "{}", none.saved());
        assert!(CaseQuery::of_pairs(&none.saved()).columns().is_empty());
        assert_eq!(with.with_usual_rows(), usual);
    }
}
