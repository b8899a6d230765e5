//! What the server tells the pages about saved views.

use serde::{Deserialize, Serialize};

use crate::shown::shown;

/// The views of a list that the reader may see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Views {
    pub tabs: Vec<ViewShown>,
    pub may_share: bool,
    /// Where the list leads that was asked for without any filter; empty when it stays.
    pub start: String,
}
shown!(Views: tabs, may_share, start);

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewShown {
    pub id: String,
    pub name: String,
    /// Behind the `?` of the list's address.
    pub query: String,
    pub href: String,
    /// How many match now, or nothing where it cannot be told.
    pub count: String,
    pub version: i64,
    pub shared: bool,
    /// "Shared by ada@acme.example", or "Only you see it".
    pub whose: String,
    pub may_change: bool,
    /// Where the audit log tells of it; empty for who may not read that.
    pub history: String,
    /// The reader starts with it.
    pub default: bool,
}
shown!(ViewShown: id, name, query, href, count, version, shared, whose, may_change, default, history);
