//! The panel of one entry; what it tells is in `sections`.

use leptos::prelude::*;
use ui::{Failure, Panel};

use super::read::AuditList;
use super::sections::{Entry, sections};
use crate::error::Answer;
use crate::routes::AuditQuery;

/// `beside`: the entries above and below in the list.
pub fn panel(
    entry: Answer<Entry>,
    (previous, next): (Option<i64>, Option<i64>),
    slug: &str,
    query: &AuditQuery,
) -> AnyView {
    let href = |seq: i64| query.open(seq).href(slug);
    let inside = match entry {
        Ok(entry) => sections(entry, slug, &query.closed()),
        Err(problem) => view! { <Failure problem /> }.into_any(),
    };
    view! {
        <Panel
            label=format!("Entry {}", query.entry)
            close_href=query.closed().href(slug)
            previous_href=previous.map(href)
            next_href=next.map(href)
        >
            {inside}
        </Panel>
    }
    .into_any()
}

/// The entries above and below in the list.
pub fn around(list: &AuditList, entry: &str) -> (Option<i64>, Option<i64>) {
    let seq = entry.parse().ok();
    let at = |index: Option<usize>| index.and_then(|i| list.rows.get(i)).map(|line| line.seq);
    match list.rows.iter().position(|line| Some(line.seq) == seq) {
        Some(here) => (at(here.checked_sub(1)), at(Some(here + 1))),
        None => (None, None),
    }
}
