//! One group: its template, its events over time, its latest events, its life.

use domain::query::edit::condition;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use ui::{
    Button, Chart, Column, CopyButton, DataTable, Definition, DefinitionList, Glyph, PageHead, Row, Section,
    Tabs, Timestamp,
};

use super::act::Writes;
use super::api::GetGroup;
use super::grouping::{GroupingTab, Held, Merged, tabs};
use super::history::{Life, Story};
use super::shown::GroupShown;
use crate::events::parts::{FieldLine, Message, Severe, counted, number};
use crate::events::shown::EventRow;
use crate::events::{EventQuery, chart};
use crate::fetch::{Load, fetch_after};
use crate::routes;
use crate::session::use_slug;
use crate::when::At;

/// `/o/{organization}/groups/{id}`
#[component]
pub fn GroupPage() -> impl IntoView {
    let slug = use_slug();
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get_str("id").unwrap_or_default().to_owned()));
    let writes = Writes::new(slug);
    let map = use_query_map();
    let grouping = Memo::new(move |_| map.with(|map| map.get_str("tab") == Some("grouping")));
    let side = move || {
        if grouping.get() {
            view! { <GroupingTab writes slug id /> }.into_any()
        } else {
            view! { <EventsTab writes slug id /> }.into_any()
        }
    };
    view! {
        <Title text="Group" />
        {side}
    }
    .into_any()
}

#[component]
fn EventsTab(writes: Writes, slug: Memo<String>, id: Memo<String>) -> impl IntoView {
    let group =
        fetch_after(move || writes.version(), move || GetGroup { organization: slug.get(), id: id.get() });
    view! {
        <Load resource=group let:shown>
            <Whole writes shown slug=slug.get_untracked() />
        </Load>
    }
    .into_any()
}

#[component]
fn Whole(writes: Writes, shown: GroupShown, slug: String) -> impl IntoView {
    let life =
        shown.merged_into.is_none().then(|| view! { <Life writes shown=shown.clone() slug=slug.clone() /> });
    let tabs = tabs(&slug, &shown.group.id, false);
    let merged = shown.merged_into.clone().map(|into| {
        view! { <Merged writes into id=shown.group.id.clone() slug=slug.clone() may_act=shown.may_act /> }
    });
    let from = shown.split_from.clone().map(|from| {
        view! {
            <p class="muted">
                "Split off "
                <a class="link" href=from.href>
                    {from.name}
                </a>
            </p>
        }
    });
    let held =
        view! { <Held title="What the slots hold" hint=shown.sampled.clone() all=shown.slots.clone() /> };
    let where_from = view! { <Held title="Where its events come from" hint=shown.sampled.clone() all=shown.breakdown.clone() /> };
    let GroupShown {
        group,
        event_type,
        fingerprint,
        example,
        histogram,
        recent,
        history,
        more_history,
        gone,
        ..
    } = shown;
    let of_group = EventQuery::all_time(["group:", &group.id].concat());
    let (back, all) = (routes::groups(&slug), of_group.href(&slug));
    let see_all = all.clone();
    let story = view! { <Story writes history more=more_history slug=slug.clone() /> };
    let actions = move || {
        view! {
            <Button href=back.clone() icon=Glyph::ArrowLeft optional=true>
                "All groups"
            </Button>
            <Button href=all.clone() icon=Glyph::Events>
                "Its events"
            </Button>
        }
    };
    let slice = |slice: &crate::events::shown::Slice| of_group.range(&slice.from, &slice.to).href(&slug);
    let rows = chart::rows(&histogram.slices, slice);
    let label = format!("Events of the group per {} by severity", histogram.step);
    let field = |name: &'static str, value: Option<String>| {
        value.map(|value| {
            let only = EventQuery::all_time(condition(name, &value)).href(&slug);
            view! { <FieldLine name shown=value tools=vec![("Only", Glyph::Filter, only)] /> }
        })
    };
    let fields = [field("component", group.component), field("event_type", event_type)];
    view! {
        <PageHead title="Group" note=counted(group.event_count, "event", "events") actions=actions />
        <Tabs label="Sides of the group" tabs=tabs />
        {merged}
        <div class="columns group-page">
            <div class="main-column">
                <p class="row-line">
                    <Severe severity=group.severity />
                </p>
                <p class="message-text mono">
                    <Message marked=group.template />
                </p>
                {from}
                <Section title="Over time">
                    <Chart
                        id="group-histogram"
                        label=label
                        options=histogram.chart
                        columns=chart::columns()
                        rows=rows
                    />
                </Section>
                {held}
                {where_from}
                <Section title="Latest events" actions=move || view! { <a class="link" href=see_all.clone()>"All of them"</a> }>
                    <Recent recent slug=slug.clone() />
                </Section>
                {story}
            </div>
            <aside class="side" aria-label="About this group">
                {life}
                <Section title="About this group">
                    <DefinitionList>
                        <Definition term="Events">{number(group.event_count)}</Definition>
                        {gone.map(|words| view! { <Definition term="Deleted">{words}</Definition> })}
                        <Definition term="First seen">
                            <At when=group.first_seen />
                        </Definition>
                        <Definition term="Last seen">
                            <At when=group.last_seen />
                        </Definition>
                        {fields}
                        <Definition term="Fingerprint">
                            <span class="value-line mono">
                                <span class="value">{fingerprint.clone()}</span>
                                <CopyButton text=fingerprint label="Copy fingerprint" />
                            </span>
                        </Definition>
                    </DefinitionList>
                </Section>
                <Section title="First message">
                    <p class="message-text small mono">
                        <Message marked=example />
                    </p>
                </Section>
            </aside>
        </div>
    }
    .into_any()
}

#[component]
fn Recent(recent: Vec<EventRow>, slug: String) -> impl IntoView {
    let columns = vec![
        Column::new("Severity").class("shrink").hidden_header(),
        Column::new("Time").class("time optional"),
        Column::new("Message").class("message"),
        Column::new("System").class("optional"),
    ];
    let line = move |row: EventRow| {
        let href = routes::event(&slug, &row.id);
        let at = row.at.clone();
        view! {
            <Row href=href.clone()>
                <td class="shrink">
                    <Severe severity=row.severity bare=true />
                </td>
                <td class="time optional mono">
                    <Timestamp iso=at.iso text=at.text title=at.title />
                </td>
                <td class="message mono">
                    <a href=href data-row-link="">
                        <Message marked=row.message />
                    </a>
                    <span class="under">
                        <At when=row.at />
                    </span>
                </td>
                <td class="optional brief">{row.cells.into_iter().next()}</td>
            </Row>
        }
    };
    view! {
        <div class="table-scroll">
            <DataTable caption="Latest events of the group" columns=columns>
                {recent.into_iter().map(line).collect_view()}
            </DataTable>
        </div>
    }
    .into_any()
}
