//! A group in a table: on its own list and on the Overview.

use leptos::prelude::*;
use ui::{Column, Row};

use super::shown::GroupRow;
use crate::events::EventQuery;
use crate::events::parts::{Message, Severe, counted, number};
use crate::routes;
use crate::when::Ago;

/// Heads of the columns; sorting is added by the list.
pub fn columns() -> Vec<Column> {
    vec![
        Column::new("Severity").class("shrink").hidden_header(),
        Column::new("Group").class("message"),
        Column::new("Component").class("optional"),
        Column::new("Events").class("num"),
        Column::new("First seen").class("time optional"),
        Column::new("Last seen").class("time optional"),
    ]
}

/// One group; the number leads to its events.
#[component]
pub fn GroupLine(
    group: GroupRow,
    /// Slug of the organization.
    slug: String,
    /// Range of the events the number leads to, as the URL writes it.
    from: String,
    to: String,
) -> impl IntoView {
    let href = routes::group(&slug, &group.id);
    let events =
        EventQuery { from, to, q: ["group:", &group.id].concat(), ..EventQuery::default() }.href(&slug);
    let under = group.component.clone().map(|component| format!("{component} · "));
    view! {
        <Row href=href.clone()>
            <td class="shrink">
                <Severe severity=group.severity bare=true />
            </td>
            <td class="message mono">
                <a href=href data-row-link="">
                    <Message marked=group.template />
                </a>
                <span class="under">{under} "last seen " <Ago when=group.last_seen.clone() /></span>
            </td>
            <td class="optional brief">{group.component}</td>
            <td class="num">
                <a class="link" href=events aria-label=counted(group.event_count, "event", "events")>
                    {number(group.event_count)}
                </a>
            </td>
            <td class="time optional">
                <Ago when=group.first_seen />
            </td>
            <td class="time optional">
                <Ago when=group.last_seen />
            </td>
        </Row>
    }
    .into_any()
}
