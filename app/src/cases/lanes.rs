//! The timeline with a lane for each system: a table whose columns are systems and whose lines are moments, so that it reads as
//! well aloud as on paper.

use std::collections::HashMap;

use domain::Timestamp;
use domain::case::CaseLink;
use domain::case::entry::CaseEntry;
use domain::event::Event;
use domain::visible::visible;
use leptos::prelude::*;

use super::timeline::entered;
use crate::events::parts::Severe;
use crate::routes;
use crate::when::{At, Zone};

/// Systems with a lane of their own, those with most first; the rest share the last.
const LANES: usize = 6;

struct Item {
    at: Timestamp,
    system: String,
    view: AnyView,
}

pub(super) fn lanes(
    events: &[(CaseLink, Option<Event>)],
    entries: &[CaseEntry],
    slug: &str,
    zone: Zone,
) -> AnyView {
    let events = events.iter().filter_map(|(_, event)| event.as_ref()).map(|event| {
        let (href, message, severity) =
            (routes::event(slug, event.id), visible(event.message.clone()), event.severity);
        let view = view! { <Severe severity=severity bare=true /> " " <a href=href>{message}</a> };
        Item { at: event.occurred_at, system: system_of(event), view: view.into_any() }
    });
    let entries = entries.iter().filter(|entry| entry.deleted_at.is_none()).map(|entry| Item {
        at: entry.at,
        system: entry.system.clone().unwrap_or_default(),
        view: entered(entry),
    });
    let mut items: Vec<Item> = events.chain(entries).collect();
    items.sort_by_key(|item| item.at);
    if items.is_empty() {
        return view! { <p class="faint">"No events and no entries yet."</p> }.into_any();
    }
    let systems = order(items.iter().map(|item| item.system.as_str()));
    let heads: Vec<_> = systems.iter().map(|name| view! { <th scope="col">{head(name)}</th> }).collect();
    let last = systems.len() - 1;
    let lines: Vec<_> = items
        .into_iter()
        .map(|item| {
            let lane = systems.iter().position(|name| *name == item.system).unwrap_or(last);
            let mut view = Some(item.view);
            let cells: Vec<_> = (0..systems.len())
                .map(|at| view! { <td>{if at == lane { view.take() } else { None }}</td> })
                .collect();
            view! {
                <tr>
                    <th scope="row" class="time"><At when=zone.when(item.at) /></th>
                    {cells}
                </tr>
            }
        })
        .collect();
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label="Timeline by system">
            <table class="data-table">
                <caption class="visually-hidden">"What happened, in a column for each system"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Time"</th>
                        {heads}
                    </tr>
                </thead>
                <tbody>{lines}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn system_of(event: &Event) -> String {
    event.system_id.clone().or_else(|| event.source.clone()).unwrap_or_default()
}

/// What heads the columns: the systems with most, and an asterisk for the rest where there are more.
fn order<'a>(systems: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for system in systems {
        *counts.entry(system).or_default() += 1;
    }
    let mut order: Vec<(&str, usize)> = counts.into_iter().collect();
    order.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let more = order.len() > LANES;
    let mut names: Vec<String> = order.into_iter().take(LANES).map(|(name, _)| name.to_owned()).collect();
    if more {
        names.push("*".to_owned());
    }
    names
}

fn head(name: &str) -> String {
    match name {
        "" => "No system".to_owned(),
        "*" => "Others".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn systems_with_most_have_a_lane_and_the_rest_share_one() {
        assert_eq!(order(["b", "a", "b"].into_iter()), ["b", "a"]);
        let many: Vec<String> = (0..9).map(|n| format!("s{n}")).collect();
        let found = order(many.iter().map(String::as_str).chain(["s8"]));
        assert_eq!((found.len(), found[0].as_str(), found[6].as_str()), (7, "s8", "*"));
    }
}
