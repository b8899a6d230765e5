//! Saved views: a filter of a list under a name, one's own or shared in the organization.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::invalid::Problems;
use crate::query::{CASES, DRIFTS, EVENTS, GROUPS, Schema, parse};
use crate::{Invalid, Timestamp, UserId, ViewId};

/// The list that a view is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    Events,
    Groups,
    Cases,
    Drift,
}

impl Area {
    pub const ALL: [Self; 4] = [Self::Events, Self::Groups, Self::Cases, Self::Drift];
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Groups => "groups",
            Self::Cases => "cases",
            Self::Drift => "drift",
        }
    }
    /// What a query of the list can ask for.
    pub fn schema(self) -> &'static Schema {
        match self {
            Self::Events => &EVENTS,
            Self::Groups => &GROUPS,
            Self::Cases => &CASES,
            Self::Drift => &DRIFTS,
        }
    }
    /// The pairs of the list's address that say what it shows.
    pub fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::Events => &["from", "to", "q", "facet", "order", "limit", "column", "density"],
            Self::Groups => &["q", "text", "status", "severity", "component", "from", "to", "sort"],
            Self::Cases => {
                &["show", "q", "sort", "layout", "merged", "column", "density", "from", "to", "chart"]
            }
            Self::Drift => &["show", "q", "sort"],
        }
    }
    /// Whether a pair of this name in the list's address is the query.
    pub fn is_query(self, name: &str) -> bool {
        name == "q" || (self == Self::Groups && name == "text")
    }
}

impl FromStr for Area {
    type Err = Invalid;
    fn from_str(word: &str) -> Result<Self, Invalid> {
        let known = Self::ALL.into_iter().find(|area| area.as_str() == word);
        known.ok_or_else(|| Invalid::field("area", "events, groups, cases or drift"))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    pub id: ViewId,
    pub area: Area,
    pub name: String,
    /// What the address of the list says behind its `?`: pairs, percent-encoded, without place in the list.
    pub query: String,
    /// Everybody in the organization sees it; otherwise only its owner.
    pub shared: bool,
    /// Nobody, where an API key made it.
    pub owner_id: Option<UserId>,
    /// E-mail of the owner, while the account exists.
    pub owner: Option<String>,
    /// Counts the changes; a change names the one it was made from.
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What somebody wrote of a view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewView {
    pub name: String,
    pub query: String,
    pub shared: bool,
}

/// Of one person, or shared in one organization, of one list.
pub const MAX_VIEWS: usize = 50;
const MAX_NAME: usize = 60;
const MAX_QUERY: usize = 4_000;
/// Pairs of a list's address that say where in it somebody is, not what it holds.
const PLACE: [&str; 8] = ["cursor", "back", "event", "view", "done", "left", "open", "template"];

impl NewView {
    /// `q` is what the pair with the query says ([`Area::is_query`]), decoded.
    pub fn check(&self, area: Area, q: Option<&str>) -> Result<(), Invalid> {
        let mut problems = Problems::default();
        problems.name(self.name.trim(), "name", MAX_NAME);
        problems.require(self.query.len() <= MAX_QUERY, "query", "at most 4,000 characters");
        let pairs = || self.query.split('&').filter(|pair| !pair.is_empty());
        let is_address = self.query.bytes().all(|b| b.is_ascii_graphic() && b != b'?' && b != b'#')
            && pairs().all(|pair| pair.split_once('=').is_some_and(|(name, _)| !name.is_empty()));
        problems.require(is_address, "query", "pairs as in an address: from=7d&q=severity%3Ahigh");
        let names = || pairs().filter_map(|pair| pair.split('=').next());
        problems.require(
            !names().any(|name| PLACE.contains(&name)),
            "query",
            "says where in the list somebody is; leave out cursor, back, event and view",
        );
        let known = |name: &str| PLACE.contains(&name) || area.parameters().contains(&name);
        if let Some(unknown) = names().find(|name| is_address && !known(name)) {
            let unknown: String = unknown.chars().take(60).collect();
            let reason = format!(
                "the list of {} has no {unknown}; it has {}",
                area.as_str(),
                area.parameters().join(", ")
            );
            problems.require(false, "query", &reason);
        }
        if let Some(q) = q
            && let Err(problem) = parse(q, area.schema(), Timestamp::far_future())
        {
            problems.require(false, "query", &format!("the query cannot be read {}", problem.placed(q)));
        }
        problems.done()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(name: &str, query: &str, q: Option<&str>) -> Vec<String> {
        let new = NewView { name: name.to_owned(), query: query.to_owned(), shared: false };
        let found = new.check(Area::Events, q);
        found
            .err()
            .map(|invalid| invalid.0.into_iter().map(|field| field.field).collect())
            .unwrap_or_default()
    }

    #[test]
    fn a_view_has_a_name_and_a_query_without_a_place() {
        assert_eq!(fields("Logins", "from=7d&q=severity%3Ahigh", Some("severity:high")), [""; 0]);
        assert_eq!(fields("Everything", "", None), [""; 0]);
        assert_eq!(fields(" ", "", None), ["name"]);
        assert_eq!(fields(&"ä".repeat(60), "", None), [""; 0]);
        assert_eq!(fields(&"ä".repeat(61), "", None), ["name"]);
        assert_eq!(fields("a\nb", "", None), ["name"]);
        for query in [
            "from",
            "=7d",
            "a b=c",
            "q=ä",
            "?from=7d",
            "from=7d#x",
            "cursor=x",
            "from=7d&event=1",
            "view=1",
            "form=7d",
        ] {
            assert_eq!(fields("a", query, None), ["query"], "{query}");
        }
        assert_eq!(fields("a", "q=severity%3E", Some("severity>")), ["query"]);
    }
}
