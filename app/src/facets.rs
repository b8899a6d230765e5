//! The facets beside a list whose query they write: every value a link. Server only.

use domain::Severity;
use domain::permission::Key;
use domain::query::edit::{self, Selected, selected};
use domain::query::{Query, Schema};
use leptos::prelude::*;
use service::{Facet as Counted, Facets};
use ui::{Facet, FacetItem};

use crate::events::parts::{compact, mark, severity_word};
use crate::server::Scope;

/// What a list says of its facets.
pub struct Look {
    pub schema: &'static Schema,
    /// What each field is called.
    pub titles: &'static [(&'static str, &'static str)],
    /// What a value is called, where that is another word.
    pub label: fn(field: &str, value: &str) -> Option<String>,
    /// Said where they are of the latest alone.
    pub of_the_latest: fn() -> String,
}

/// Without those who have something where the reader may not see who belongs to the organization.
pub fn seen_by(scope: &Scope, values: Facets) -> Facets {
    let may = scope.may(Key::MemberRead);
    let facets = values.facets.into_iter().filter(|facet| may || facet.field != "assignee").collect();
    Facets { facets, ..values }
}

/// `q`: as it stands in the address; `href`: the list with another one.
pub fn column(
    look: &Look,
    found: &Facets,
    q: &str,
    query: Option<&Query>,
    href: &dyn Fn(String) -> String,
) -> AnyView {
    let chosen = query.map(selected).unwrap_or_default();
    let facets = found
        .facets
        .iter()
        .filter_map(|facet| {
            let chosen = chosen.iter().find(|chosen| chosen.field == facet.field);
            let items = items(look, facet, q, chosen, href);
            let title =
                look.titles.iter().find(|(field, _)| *field == facet.field).map_or("", |(_, title)| title);
            // A field that nothing in the list has would be a heading over nothing.
            (!items.is_empty()).then(|| view! { <Facet title=title items=items /> })
        })
        .collect_view();
    let note = found.of_the_latest.then(|| view! { <p class="muted">{(look.of_the_latest)()}</p> });
    view! {
        {note}
        {facets}
    }
    .into_any()
}

fn items(
    look: &Look,
    facet: &Counted,
    q: &str,
    chosen: Option<&Selected>,
    href: &dyn Fn(String) -> String,
) -> Vec<FacetItem> {
    let (included, excluded) =
        chosen.map(|c| (c.included.as_slice(), c.excluded.as_slice())).unwrap_or_default();
    let mut values = facet.values.clone();
    if facet.field == "severity" {
        // They keep their order.
        let rank = |word: &str| word.parse::<Severity>().map_or(0, Severity::rank);
        values.sort_by_key(|(word, _)| std::cmp::Reverse(rank(word)));
    }
    // What is chosen is shown even where nothing has it.
    for value in included.iter().chain(excluded) {
        if values.iter().all(|(known, _)| known != value) {
            values.push((value.clone(), 0));
        }
    }
    let most = values.iter().map(|(_, n)| *n).max().unwrap_or(0).max(1);
    // A change that cannot be written leaves the query as it is.
    let changed = |new: Result<String, domain::query::Problem>| href(new.unwrap_or_else(|_| q.to_owned()));
    values
        .into_iter()
        .map(|(value, n)| {
            let (on, out) = (included.contains(&value), excluded.contains(&value));
            let severity = (facet.field == "severity").then(|| value.parse::<Severity>().ok()).flatten();
            FacetItem {
                count: compact(n),
                share: (n * 100 / most) as u8,
                href: changed(if on || out {
                    edit::remove(q, look.schema, facet.field, &value)
                } else {
                    edit::include(q, look.schema, facet.field, &value)
                }),
                exclude_href: Some(changed(if out {
                    edit::remove(q, look.schema, facet.field, &value)
                } else {
                    edit::exclude(q, look.schema, facet.field, &value)
                })),
                only_href: Some(changed(edit::only(q, look.schema, facet.field, &value))),
                on,
                excluded: out,
                extra: None,
                mark: severity.map(|severity| {
                    let (level, shape, _) = mark(severity);
                    (level, shape)
                }),
                label: match severity {
                    Some(severity) => severity_word(severity).to_owned(),
                    None => (look.label)(facet.field, &value).unwrap_or(value),
                },
            }
        })
        .collect()
}
