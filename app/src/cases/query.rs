//! What the address of the list of cases says: parser, link and filter are one. Server only.

use domain::Timestamp;
use domain::case::merge::Merged;
use domain::case::{CaseFilter, CaseSort, Status};
use domain::group::Assignee;
use domain::query::{CASES, Query, parse};
use leptos_router::params::ParamsMap;
use service::Who;
use service::cases::Counts;

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

/// `?show=&q=&sort=&layout=&merged=&view=`.
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
}

impl CaseQuery {
    pub fn read(map: &ParamsMap) -> Self {
        let get = |name: &str| map.get_str(name).unwrap_or_default();
        let query = Self::of(get("show"), get("q"), get("sort"));
        let query =
            Self { merged: get("merged").parse().unwrap_or_default(), view: get("view").to_owned(), ..query };
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
        }
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
    }

    /// Why the address asks for another list than there is.
    pub fn strange(asked: &Asked) -> Option<String> {
        let shown = SHOWN.map(|(word, _)| word);
        let sorts = CaseSort::ALL.map(CaseSort::as_str);
        let words: [(&str, &[&str]); 4] = [
            ("show", &shown),
            ("sort", &sorts),
            ("layout", &["table", "board"]),
            ("merged", &["hide", "include", "only"]),
        ];
        asked.strange(&words, &CASES)
    }

    /// What is searched for; or why that cannot be read.
    pub fn parsed(&self, scope: &Scope, now: Timestamp) -> Result<Option<Query>, String> {
        if self.q.is_empty() {
            return Ok(None);
        }
        parse(&self.q, &CASES, scope.zone.reader(now)).map(Some).map_err(|problem| {
            let place = self.q[..problem.at.start].chars().count() + 1;
            format!("At character {place}: {}", problem.message)
        })
    }
    /// The cases that the list shows, of what is searched for.
    pub fn filter(&self, query: Option<Query>, scope: &Scope, now: Timestamp) -> CaseFilter {
        let base = CaseFilter { query, merged: self.merged, ..CaseFilter::default() };
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
