//! The facets beside the list of drifts: every value a link that changes the query. Server only.

use domain::Severity;
use domain::cause::Cause;
use domain::query::edit::{self, Selected, selected};
use domain::query::{DRIFTS, Query};
use leptos::prelude::*;
use service::drifts::{COUNTED, Facet as Counted, Facets};
use ui::{Facet, FacetItem};

use crate::events::parts::{compact, mark, number};

/// `q`: as it stands in the address; `href`: the list with another one.
pub fn column(found: &Facets, q: &str, query: Option<&Query>, href: &dyn Fn(String) -> String) -> AnyView {
    let chosen = query.map(selected).unwrap_or_default();
    let facets = found
        .facets
        .iter()
        .map(|facet| {
            let chosen = chosen.iter().find(|chosen| chosen.field == facet.field);
            let items = items(facet, q, chosen, href);
            view! { <Facet title=title(facet.field) items=items /> }
        })
        .collect_view();
    let note = found.of_the_latest.then(|| {
        view! { <p class="muted">{format!("Of the latest {} drifts.", number(i64::from(COUNTED)))}</p> }
    });
    view! {
        {note}
        {facets}
    }
    .into_any()
}

fn title(field: &str) -> &'static str {
    match field {
        "severity" => "Severity",
        "cause" => "Cause",
        "environment" => "Environment",
        "repository" => "Repository",
        "type" => "Type",
        _ => "Kind",
    }
}

fn items(
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
                    edit::remove(q, &DRIFTS, facet.field, &value)
                } else {
                    edit::include(q, &DRIFTS, facet.field, &value)
                }),
                exclude_href: Some(changed(if out {
                    edit::remove(q, &DRIFTS, facet.field, &value)
                } else {
                    edit::exclude(q, &DRIFTS, facet.field, &value)
                })),
                only_href: Some(changed(edit::only(q, &DRIFTS, facet.field, &value))),
                on,
                excluded: out,
                extra: None,
                mark: severity.map(|severity| {
                    let (level, shape, _) = mark(severity);
                    (level, shape)
                }),
                label: match severity {
                    Some(severity) => crate::events::parts::severity_word(severity).to_owned(),
                    None if facet.field == "cause" => {
                        value.parse::<Cause>().map_or(value, |cause| cause.label().to_owned())
                    }
                    None => value,
                },
            }
        })
        .collect()
}
