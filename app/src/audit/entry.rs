//! The panel of one entry; what it tells is printed by the server (`sections`).

use leptos::prelude::*;
use ui::{Failure, Panel};

use super::api::AuditList;
use crate::error::Answer;
use crate::fetch::Fetched;
use crate::printed::{Print, Printed};
use crate::routes::AuditQuery;

/// Drawn anew for every entry, from plain values: a signal that outlives the panel it was made in would be read too late.
#[component]
pub fn EntryPanel(
    slug: Memo<String>,
    query: Memo<AuditQuery>,
    entries: Fetched<AuditList>,
    entry: Fetched<Option<Printed>>,
) -> impl IntoView {
    view! {
        <Transition fallback=|| view! { <aside class="panel" aria-label="Entry"><ui::Skeleton /></aside> }>
            {move || {
                let (slug, query) = (slug.get(), query.get());
                Suspend::new(async move {
                    let list = entries.answer().await;
                    let seq = query.entry.parse().ok();
                    let beside = list.map(|list| around(&list, seq)).unwrap_or_default();
                    panel(entry.answer().await, beside, &slug, &query)
                })
            }}
        </Transition>
    }
    .into_any()
}

fn panel(
    entry: Answer<Option<Printed>>,
    (previous, next): (Option<i64>, Option<i64>),
    slug: &str,
    query: &AuditQuery,
) -> AnyView {
    let href = |seq: i64| query.open(seq).href(slug);
    let inside = match entry {
        Ok(entry) => entry.map(|html| view! { <Print html /> }).into_any(),
        Err(error) => view! { <Failure problem=error /> }.into_any(),
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
fn around(list: &AuditList, seq: Option<i64>) -> (Option<i64>, Option<i64>) {
    let at = |index: Option<usize>| index.and_then(|i| list.rows.get(i)).map(|line| line.seq);
    match list.rows.iter().position(|line| Some(line.seq) == seq) {
        Some(here) => (at(here.checked_sub(1)), at(Some(here + 1))),
        None => (None, None),
    }
}
