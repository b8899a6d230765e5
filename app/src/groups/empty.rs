//! An empty list of groups, printed: why, and what helps. Server only.

use domain::query::{GROUPS, edit};
use leptos::prelude::*;
use ui::{Button, Empty, Glyph, Variant};

use super::query::GroupQuery;
use crate::printed::Printed;
use crate::routes;

/// `any`: the organization has groups.
pub fn nothing(any: bool, query: &GroupQuery, slug: &str) -> Printed {
    Printed::of(nothing_here(any, query, slug))
}

fn nothing_here(any: bool, query: &GroupQuery, slug: &str) -> AnyView {
    if any {
        let clear = (query.filters() > 0).then(|| {
            GroupQuery { from: query.from.clone(), status: query.status.clone(), ..GroupQuery::default() }
                .href(slug)
        });
        let widen = (!query.from.is_empty()).then(|| query.range("all").href(slug));
        if clear.is_none() && widen.is_none() {
            return nothing_in(&query.status, query, slug);
        }
        let meant = edit::meant(&query.text, &GROUPS).map(|text| {
            let words = format!("Did you mean “{text}”?");
            let href = query.asking(text).href(slug);
            view! { <Button variant=Variant::Primary href=href>{words}</Button> }
        });
        return view! {
            <Empty title="No group matches" text="Nothing fits every filter." icon=Glyph::Search>
                {meant}
                {clear.map(|href| view! { <Button href=href>"Clear filters"</Button> })}
                {widen.map(|href| view! { <Button href=href>"Look in all time"</Button> })}
            </Empty>
        }
        .into_any();
    }
    let events = routes::events(slug);
    let text = "Events that differ only in their variable parts (addresses, numbers, names) come together here as soon as the first ones arrive.";
    view! {
        <Empty title="No groups yet" text=text icon=Glyph::Groups>
            <Button variant=Variant::Primary href=events>
                "Send the first event"
            </Button>
        </Empty>
    }
    .into_any()
}

/// A view without filters that holds nothing.
fn nothing_in(status: &str, query: &GroupQuery, slug: &str) -> AnyView {
    let (title, text) = match status {
        "" => ("All done", "No group is open. What is resolved comes back here when it happens again."),
        "mine" => (
            "Nothing of yours is open",
            "Groups that are assigned to you stand here until they are resolved or muted.",
        ),
        "muted" => (
            "No group is muted",
            "Mute what is known and harmless for a time, until there is too much of it, or until a query matches.",
        ),
        "resolved" => (
            "No group is resolved",
            "Resolve what is mended: it comes back as regressed when it happens again.",
        ),
        _ => ("No group is like that", "Groups of this status stand here."),
    };
    let all = query.view("all").href(slug);
    view! {
        <Empty title=title text=text icon=Glyph::Groups>
            <Button href=all>"All groups"</Button>
        </Empty>
    }
    .into_any()
}
