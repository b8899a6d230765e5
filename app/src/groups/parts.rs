//! A group in a table: on its own list and on the Overview.

use leptos::prelude::*;
use serde_json::Value;
use ui::{Badge, Chart, ChartRow, Column, Row, Tone};

use super::act::IDS;
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
        Column::new("Status").class("shrink optional"),
        Column::new("Assignee").class("optional roomy"),
        Column::new("Component").class("optional roomy"),
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
    /// Its checkbox: the id, and whether it is checked now.
    #[prop(optional_no_strip)]
    pick: Option<Callback<(String, bool)>>,
) -> impl IntoView {
    let href = routes::group(&slug, &group.id);
    let (id, name, closed) = (group.id.clone(), group.template.text.clone(), group.closed);
    let events =
        EventQuery { from, to, q: ["group:", &group.id].concat(), ..EventQuery::default() }.href(&slug);
    let under = format!(
        "{} · ",
        [Some(group.status.as_str()), group.assignee.as_deref(), group.component.as_deref()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" · ")
    );
    let link = href.clone();
    let cells = view! {
        <td class="shrink">
            <Severe severity=group.severity bare=true />
        </td>
        <td class="message mono">
            <a href=link data-row-link="">
                <Message marked=group.template />
            </a>
            <span class="under">{under} "last seen " <Ago when=group.last_seen.clone() /></span>
        </td>
        <td class="shrink optional">
            <StatusBadge status=group.status why=group.why />
        </td>
        <td class="optional roomy brief">{group.assignee}</td>
        <td class="optional roomy brief">{group.component}</td>
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
    }
    .into_any();
    match pick {
        Some(pick) => view! {
            <Row href=href done=closed check_name=IDS check_value=id check_label=format!("Select {name}") on_check=pick>
                {cells}
            </Row>
        }
        .into_any(),
        None => view! {
            <Row href=href done=closed>
                {cells}
            </Row>
        }
        .into_any(),
    }
}

/// What a group is called, why on hover.
#[component]
pub fn StatusBadge(status: String, why: String) -> impl IntoView {
    let tone = match status.as_str() {
        "new" => Tone::Accent,
        "escalating" | "regressed" => Tone::Medium,
        "resolved" => Tone::Ok,
        _ => Tone::Neutral,
    };
    view! {
        <span title=why>
            <Badge tone>{status}</Badge>
        </span>
    }
    .into_any()
}

/// The groups with most events as bars, each a link to them.
#[component]
pub fn Recurring(
    /// Of the chart on its page.
    id: &'static str,
    groups: Vec<GroupRow>,
    options: Value,
    /// Of the events that a bar leads to, as the URL writes it.
    period: (String, String),
    slug: String,
) -> impl IntoView {
    let rows = groups
        .iter()
        .map(|group| ChartRow {
            cells: vec![group.template.text.clone(), number(group.event_count)],
            links: vec![
                EventQuery::default()
                    .range(&period.0, &period.1)
                    .asking(["group:", &group.id].concat())
                    .href(&slug),
            ],
        })
        .collect::<Vec<_>>();
    view! {
        <Chart
            id=id
            label="The groups with most events"
            options=options
            columns=vec!["Group".to_owned(), "Events".to_owned()]
            rows=rows
        />
    }
    .into_any()
}
