//! What a case is linked to: its drifts, groups and events, each with the way out of it. Server only.

use domain::case::{CaseLink, LinkKind};
use domain::drift::Drift;
use domain::event::Event;
use domain::group::Group;
use domain::permission::{CaseRead, DriftRead, Key};
use domain::visible::visible;
use leptos::prelude::*;
use service::{Cx, cases};
use ui::{Column, DataTable, Empty, Glyph, IconButton, Pager, Row, Section};

use super::UnlinkFromCase;
use super::detail::Place;
use crate::drift::parts as drift_parts;
use crate::error::Answer;
use crate::events::parts::{Severe, counted, number};
use crate::page::print::{Asked, form};
use crate::routes::{self, Link};
use crate::when::{Ago, At};

/// Characters of what is linked that its button is named by.
const NAMED: usize = 80;
/// Drifts that stand in the tab, and beside the others.
const SHOWN: u32 = 200;
const BESIDE: u32 = 10;
/// Events and groups of a page.
const EVENTS: u32 = 100;
const GROUPS: u32 = 100;
/// Addresses of the first and of the next page.
type Pages = (Option<String>, Option<String>);

type Of<T> = (CaseLink, Option<T>);

/// The latest linked drifts of the case and how many there are of all, for who may see drift.
async fn drifts_of(place: &Place<'_>, cx: &Cx<CaseRead>, limit: u32) -> Answer<(Vec<Of<Drift>>, i64)> {
    if !place.scope.may(Key::DriftRead) {
        return Ok((Vec::new(), 0));
    }
    Ok(cases::drifts(cx, &place.scope.admit::<DriftRead>()?, place.case.id, limit).await?)
}

/// The drifts of the case by name, to stand beside what else is read of it.
pub async fn beside(place: &Place<'_>, cx: &Cx<CaseRead>) -> Answer<Option<AnyView>> {
    let (drifts, all) = drifts_of(place, cx, BESIDE).await?;
    let lines: Vec<_> = drifts
        .iter()
        .filter_map(|(_, drift)| drift.as_ref())
        .map(|drift| {
            view! {
                <li>
                    <a href=routes::drift_one(place.slug(), drift.number)>
                        <span class="mono muted">{drift.key()}</span>
                        " "
                        {drift.resource_id.clone()}
                    </a>
                </li>
            }
        })
        .collect();
    let left = all - drifts.len() as i64;
    let more = (left > 0).then(|| {
        let words = counted(left, "more drift", "more drifts");
        view! { <li><a class="link" href=place.href("events")>{words}</a></li> }
    });
    Ok((!lines.is_empty()).then(|| {
        view! { <Section title="Drift"><ul class="plain-list">{lines} {more}</ul></Section> }.into_any()
    }))
}

/// What the tab shows of the case; the cursors of events and of groups are those of the address.
pub async fn linked(
    place: &Place<'_>,
    cx: &Cx<CaseRead>,
    asked: &Asked,
    jobs: Option<AnyView>,
) -> Answer<AnyView> {
    let at = |name: &str| Some(asked.get(name).to_owned()).filter(|cursor| !cursor.is_empty());
    let (events_at, groups_at) = (at("cursor"), at("groups"));
    let found = cases::events(cx, place.case.id, EVENTS, events_at.as_deref()).await?;
    let groups = cases::groups(cx, place.case.id, GROUPS, groups_at.as_deref()).await?;
    // Turning one's pages leaves the other's.
    let href = |events: Option<&str>, groups: Option<&str>| {
        let link = Link::new(place.href("events")).with("cursor", events.unwrap_or_default());
        link.with("groups", groups.unwrap_or_default()).done()
    };
    let next = found.next_cursor.as_deref().map(|cursor| href(Some(cursor), groups_at.as_deref()));
    let first = events_at.is_some().then(|| href(None, groups_at.as_deref()));
    let more = groups.next_cursor.as_deref().map(|cursor| href(events_at.as_deref(), Some(cursor)));
    let begin = groups_at.is_some().then(|| href(events_at.as_deref(), None));
    let (found, groups) = (found.items, groups.items);
    let (drifts, all) = drifts_of(place, cx, SHOWN).await?;
    if found.is_empty() && groups.is_empty() && drifts.is_empty() {
        return Ok(view! {
            {jobs}
            <Empty title="Nothing is linked yet" text="Add events, groups and drifts from their lists: choose rows, or all that match, and “Add to a case”." icon=Glyph::Link />
        }
        .into_any());
    }
    let drifts = (!drifts.is_empty()).then(|| drift_table(place, &drifts, all));
    let groups = (!groups.is_empty()).then(|| group_list(place, &groups, (begin, more)));
    let events = (!found.is_empty()).then(|| event_table(place, &found, (first, next)));
    Ok(view! {
        {jobs}
        {drifts}
        {groups}
        {events}
    }
    .into_any())
}

/// The button that takes something out of the case, named by what it takes out.
fn out(place: &Place<'_>, kind: LinkKind, link: &CaseLink, name: &str) -> Option<AnyView> {
    place.may_write.then(|| {
        let start: String = name.chars().take(NAMED).collect();
        let label = format!("Take out of the case: {start}");
        let fields = view! {
            {place.hidden()}
            <input type="hidden" name="about" value=format!("{kind}:{}", link.target_id) />
            <IconButton submit=true glyph=Glyph::Close label=label />
        };
        form::<UnlinkFromCase>("No longer linked", "inline-form", fields)
    })
}

fn drift_table(place: &Place<'_>, drifts: &[Of<Drift>], all: i64) -> AnyView {
    let rows: Vec<_> = drifts
        .iter()
        .filter_map(|(link, drift)| {
            let drift = drift.as_ref()?;
            let href = routes::drift_one(place.slug(), drift.number);
            let (key, title, kind) = (drift.key(), drift.resource_id.clone(), drift.resource_type.clone());
            let (happened, status) = (drift_parts::happened(drift), drift_parts::status(drift));
            let (severity, by) = (drift.severity(), link.linked_by.clone());
            let linked = place.scope.zone.when(link.linked_at);
            let done = !drift.state.status.is_open();
            let out = out(place, LinkKind::Drift, link, &format!("{key} {title}"));
            Some(view! {
                <Row href=href.clone() done=done>
                    <td class="shrink mono">{key}</td>
                    <td class="shrink"><Severe severity=severity /></td>
                    <td class="message">
                        <a data-row-link href=href class="mono">{title}</a>
                        " "
                        <span class="faint">{kind}</span>
                    </td>
                    <td class="shrink optional">{happened}</td>
                    <td class="shrink">{status}</td>
                    <td class="optional">{by}</td>
                    <td class="time optional"><Ago when=linked /></td>
                    <td class="shrink">{out}</td>
                </Row>
            })
        })
        .collect();
    let columns = vec![
        Column::new("Drift").class("shrink"),
        Column::new("Severity").class("shrink"),
        Column::new("Resource").class("message"),
        Column::new("Differs").class("shrink optional"),
        Column::new("Status").class("shrink"),
        Column::new("Linked by").class("optional"),
        Column::new("Linked").class("time optional"),
        Column::new("Take out").class("shrink").hidden_header(),
    ];
    let of_all = (all > drifts.len() as i64).then(|| {
        let words = format!("The latest {} of {} are shown.", number(drifts.len() as i64), number(all));
        view! { <p class="muted">{words}</p> }
    });
    view! {
        <Section title="Drifts">
            <DataTable caption="Drifts of the case" columns=columns>
                {rows}
            </DataTable>
            {of_all}
        </Section>
    }
    .into_any()
}

fn group_list(place: &Place<'_>, groups: &[Of<Group>], (first, next): Pages) -> AnyView {
    let rows: Vec<_> = groups
        .iter()
        .map(|(link, group)| {
            let name = group
                .as_ref()
                .map_or_else(|| "a group that is gone".to_owned(), |group| group.template.clone());
            let out = out(place, LinkKind::Group, link, &name);
            let (by, linked) = (link.linked_by.clone(), place.scope.zone.when(link.linked_at));
            let count = group.as_ref().map(|group| counted(group.event_count, "event", "events"));
            view! {
                <li class="row-line">
                    <a class="grow" href=routes::group(place.slug(), link.target_id)>{name}</a>
                    <span class="muted">{count}</span>
                    <span class="muted">"linked by " {by} " " <Ago when=linked /></span>
                    {out}
                </li>
            }
        })
        .collect();
    let pager = (first.is_some() || next.is_some())
        .then(|| view! { <Pager label="Pages of groups" previous=first next=next /> });
    view! { <Section title="Groups"><ul class="plain-list">{rows}</ul> {pager}</Section> }.into_any()
}

fn event_table(place: &Place<'_>, found: &[Of<Event>], (first, next): Pages) -> AnyView {
    let zone = place.scope.zone;
    let rows: Vec<_> = found
        .iter()
        .map(|(link, event)| {
            let href = routes::event(place.slug(), link.target_id);
            let (by, linked) = (link.linked_by.clone(), zone.when(link.linked_at));
            let (time, severity, message, system) = match event {
                Some(event) => (
                    view! { <At when=zone.when(event.occurred_at) /> }.into_any(),
                    view! { <Severe severity=event.severity /> }.into_any(),
                    visible(event.message.clone()),
                    event.system_id.clone().or_else(|| event.source.clone()).unwrap_or_default(),
                ),
                None => (().into_any(), ().into_any(), "an event that is gone".to_owned(), String::new()),
            };
            let out = out(place, LinkKind::Event, link, &message);
            view! {
                <Row href=href.clone()>
                    <td class="time">{time}</td>
                    <td class="shrink">{severity}</td>
                    <td class="message line"><a data-row-link href=href>{message}</a></td>
                    <td class="optional">{system}</td>
                    <td class="optional">{by}</td>
                    <td class="time optional"><Ago when=linked /></td>
                    <td class="shrink">{out}</td>
                </Row>
            }
        })
        .collect();
    let columns = vec![
        Column::new("Time").class("time"),
        Column::new("Severity").class("shrink"),
        Column::new("Message").class("message"),
        Column::new("System").class("optional"),
        Column::new("Linked by").class("optional"),
        Column::new("Linked").class("time optional"),
        Column::new("Take out").class("shrink").hidden_header(),
    ];
    view! {
        <DataTable caption="Events of the case" columns=columns>
            {rows}
        </DataTable>
        <Pager label="Pages of events" previous=first next=next />
    }
    .into_any()
}
