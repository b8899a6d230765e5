//! The event list.

use domain::permission::Key;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast as _;
use leptos::web_sys::HtmlElement;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use ui::{
    BulkBar, Button, Chart, Checkbox, Column, DataTable, Empty, Glyph, Menu, MenuItem, PageHead, Row, Shaped,
    Skeleton, Sorted, SplitList, Timestamp, Variant,
};

use super::cells::{CellMenu, Cells};
use super::chart;
use super::columns::ColumnMenu;
use super::detail::EventPanel;
use super::filters::{Facets, QueryBar, TimeRange};
use super::parts::{Message, Pages, Severe, hidden};
use super::query::{EventQuery, HOTTEST, PAGE_SIZES};
use super::shown::{EventList, EventRow};
use super::state::Events;
use super::stream::{LiveBar, LiveToggle};
use crate::ask::AskForm;
use crate::fetch::Load;
use crate::printed::Print;
use crate::query_bar;
use crate::routes;
use crate::session::Permitted;
use crate::views::{ViewTabs, Viewed};

/// `/o/{organization}/events`
#[component]
pub fn EventsPage() -> impl IntoView {
    let events = Events::load();
    let panel_open = Memo::new(move |_| !events.query.read().event.is_empty());
    keep_the_range_absolute(events);
    restore_focus(events);
    view! {
        <Title text="Events" />
        <Head events />
        <ViewTabs list=views(events) />
        <QueryBar events />
        <OverTime events />
        <SplitList
            facets=move || view! { <Facets events /> }
            panel=move || view! { <EventPanel events /> }
            panel_open=panel_open
            filters_on=Signal::derive(move || usize::from(!events.query.read().q.is_empty()))
        >
            <List events />
        </SplitList>
    }
    .into_any()
}

fn views(events: Events) -> Viewed {
    Viewed {
        area: "events",
        all: "All events",
        slug: events.slug,
        page: Signal::derive(move || routes::events(&events.slug.read())),
        saved: Signal::derive(move || events.query.read().saved()),
        view: Signal::derive(move || events.query.read().view.clone()),
        bare: events.bare.into(),
    }
}

#[component]
fn Head(events: Events) -> impl IntoView {
    let note = move || {
        let summary = events.summary.get()?.ok()?;
        // Rows go on; the numbers, the facets and the bars are those of the last answer.
        Some(if events.query.read().is_live() { summary.as_of.clone() } else { summary.note.clone() })
    };
    let export = move || {
        let href = |format| events.query.read().export_href(&events.slug.read(), format);
        let (csv, ndjson, parquet) = (href("csv"), href("ndjson"), href("parquet"));
        view! {
            <Menu label="Export" icon=Glyph::Download end=true>
                <MenuItem href=csv external=true icon=Glyph::File>
                    "CSV"
                </MenuItem>
                <MenuItem href=ndjson external=true icon=Glyph::File>
                    "NDJSON, an event a line"
                </MenuItem>
                <MenuItem href=parquet external=true icon=Glyph::File>
                    "Parquet"
                </MenuItem>
            </Menu>
        }
    };
    let actions = move || {
        view! {
            <Permitted key=Key::EventWrite>
                <Button href=Signal::derive(move || routes::uploads(&events.slug.read())) icon=Glyph::Upload optional=true>
                    "Upload"
                </Button>
            </Permitted>
            <Permitted key=Key::EventExport>
                {move || export()}
            </Permitted>
            <LiveToggle events />
            <ColumnMenu events />
            <TimeRange events />
        }
    };
    view! {
        <Transition fallback=|| view! { <PageHead title="Events" /> }>
            <PageHead title="Events" note=Signal::derive(note) actions=actions />
        </Transition>
    }
    .into_any()
}

/// Events over time; a bar leads to its slice, a drag to the range.
#[component]
fn OverTime(events: Events) -> impl IntoView {
    let navigate = use_navigate();
    let histogram = move || events.histogram();
    let rows = move || {
        chart::rows_with_groups(&histogram().slices, |slice| {
            events.closed.with(|query| query.range(&slice.from, &slice.to).href(&events.slug.read()))
        })
    };
    let brushed = move |(first, last): (usize, usize)| {
        let slices = untrack(histogram).slices;
        if let (Some(from), Some(to)) = (slices.get(first), slices.get(last)) {
            navigate(
                &untrack(|| events.href(|query| query.range(&from.from, &to.to))),
                NavigateOptions::default(),
            );
        }
    };
    let brushed = Callback::new(brushed);
    // Known in the browser only after the first answer; on the server the class would be decided too early.
    let nothing = RwSignal::new(false);
    Effect::new(move |_| nothing.set(histogram().slices.iter().all(|slice| slice.counts == [0; 5])));
    view! {
        <div class="histogram" class:nothing=move || nothing.get()>
            <Transition fallback=|| view! { <Skeleton shaped=Shaped::Block /> }>
                <Chart
                    id="events-histogram"
                    size="small"
                    label=Signal::derive(move || format!("Events per {} by severity", histogram().step))
                    options=Signal::derive(move || histogram().chart)
                    columns=chart::columns_with_groups()
                    rows=Signal::derive(rows)
                    on_brush=brushed
                />
            </Transition>
        </div>
    }
    .into_any()
}

#[component]
fn List(events: Events) -> impl IntoView {
    let cells = Cells::new();
    view! {
        <Show when=move || events.problem.read().is_some()>
            {query_bar::no_list()}
        </Show>
        <div
            class="events-list"
            hidden=move || events.problem.read().is_some()
            on:pointerover=move |event| cells.follow(&event)
            on:focusin=move |event| cells.follow(&event)
            on:contextmenu=move |event| cells.pressed(&event)
        >
            <Load resource=events.list skeleton=|| view! { <Skeleton shaped=Shaped::Rows count=18 /> } let:list>
                <Loaded events list />
            </Load>
            <CellMenu events cells />
        </div>
    }
    .into_any()
}

#[component]
fn Loaded(events: Events, list: EventList) -> impl IntoView {
    let classes = classes(&list.columns);
    let live =
        list.place.map(|place| view! { <LiveBar events place classes=classes.clone() link=list.may_link /> });
    if let Some(nothing) = list.nothing {
        return view! {
            {live}
            <Print html=nothing />
        }
        .into_any();
    }
    let next = list.next_cursor.map(|cursor| {
        events.query.with_untracked(|query| query.next(&cursor).href(&events.slug.read_untracked()))
    });
    let previous = events
        .query
        .with_untracked(|query| query.previous().map(|query| query.href(&events.slug.read_untracked())));
    let (words, caption) = events.query.with_untracked(|query| match query.order.as_str() {
        "" => (("Newer", "Older"), "Events, newest first"),
        "oldest" => (("Older", "Newer"), "Events, oldest first"),
        HOTTEST => (("Back", "On"), "Events, the most severe first"),
        _ => (("Back", "On"), "Events, the least severe first"),
    });
    let searching = (list.rows.is_empty() && next.is_some()).then(|| {
        let text = "Nothing matched in the part of the range searched so far; the rest is searched a page at a time.";
        view! { <Empty title="No match so far" text=text icon=Glyph::Search /> }
    });
    let columns = columns(events, list.columns, &classes);
    let link = list.may_link;
    let lines = list.rows.iter().map(|row| event_line(events, row.clone(), &classes, link)).collect_view();
    let table = view! {
        <DataTable caption=caption columns=columns checks=link compact=events.query.read_untracked().is_compact()>
            {lines}
        </DataTable>
    }
    .into_any();
    let table = if link { choosing(events, table) } else { table };
    view! {
        {live}
        {table}
        {searching}
        <Pages label="Pages of events" words previous next>
            <PageSizes events />
        </Pages>
    }
    .into_any()
}

/// Chosen rows, or all that match, go to the page that adds them to a case.
fn choosing(events: Events, table: AnyView) -> AnyView {
    let count = RwSignal::new(0_usize);
    // Live rows come and go: those that are ticked are counted where they stand.
    let tell = move |_| {
        let ticked = document().query_selector_all(".events-list td.check :checked");
        count.set(ticked.map(|ticked| ticked.length() as usize).unwrap_or_default());
    };
    let slug = events.slug.get_untracked();
    let EventQuery { from, to, q, .. } = events.query.get_untracked();
    let pairs = vec![("list", "events".to_owned()), ("from", from), ("to", to), ("q", q)];
    view! {
        <AskForm page=routes::add_to_case(&slug) class="groups-form" label="Chosen events">
            {hidden(pairs)}
            <div on:change=tell>
                {table}
            </div>
            <BulkBar count>
                <Checkbox name="all" label="All that match" />
                <Button submit=true variant=Variant::Primary icon=Glyph::Cases>
                    "Add to a case"
                </Button>
            </BulkBar>
        </AskForm>
    }
    .into_any()
}

/// Where there is little room, most of the columns go.
fn classes(columns: &[String]) -> Vec<&'static str> {
    let class = |head: &String| if head == "System" { "optional brief" } else { "optional roomy brief" };
    columns.iter().map(class).collect()
}

fn columns(events: Events, heads: Vec<String>, classes: &[&'static str]) -> Vec<Column> {
    let query = events.query.read_untracked();
    let (by_severity, by_time) = match query.order.as_str() {
        "" => (None, Some(Sorted::Descending)),
        "oldest" => (None, Some(Sorted::Ascending)),
        HOTTEST => (Some(Sorted::Descending), None),
        _ => (Some(Sorted::Ascending), None),
    };
    let slug = events.slug.read_untracked();
    let mut columns = vec![
        Column::new("Severity")
            .class("shrink")
            .hidden_header()
            .sort(query.by_severity().href(&slug), by_severity),
        Column::new("Time").class("time optional").sort(query.by_time().href(&slug), by_time),
        Column::new("Message").class("message"),
    ];
    columns.extend(heads.into_iter().zip(classes).map(|(head, class)| Column::new(head).class(class)));
    columns
}

/// One event: the row opens the panel.
pub fn event_line(events: Events, row: EventRow, classes: &[&'static str], link: bool) -> AnyView {
    let href = events.query.with_untracked(|query| query.open(&row.id).href(&events.slug.read_untracked()));
    let id = row.id.clone();
    let selected = Signal::derive(move || events.query.read().event == id);
    let at = row.at.clone();
    let cell = |(text, class)| view! { <td class=class>{text}</td> };
    let cells = row.cells.into_iter().zip(classes.iter().copied()).map(cell).collect_view();
    let check = link.then(|| {
        view! {
            <td class="check">
                <input type="checkbox" name="about" value=["event:", &row.id].concat() aria-label=["Select ", &row.message.text].concat() />
            </td>
        }
    });
    view! {
        <Row href=href.clone() selected=selected>
            {check}
            <td class="shrink">
                <Severe severity=row.severity bare=true />
            </td>
            <td class="time optional mono">
                <Timestamp iso=at.iso text=at.text title=at.title />
            </td>
            <td class="message mono">
                <a id=format!("event-{}", row.id) href=href data-row-link="" data-noscroll="">
                    <Message marked=row.message />
                </a>
                <span class="under">
                    <Timestamp iso=row.at.iso text=row.at.text title=row.at.title />
                    {row.under}
                </span>
            </td>
            {cells}
        </Row>
    }
    .into_any()
}

#[component]
fn PageSizes(events: Events) -> impl IntoView {
    let size = move |size: u32| {
        let current = events.query.read_untracked().page_size() == size;
        let href =
            events.query.with_untracked(|query| query.with_limit(size).href(&events.slug.read_untracked()));
        view! {
            <a href=href aria-current=current.then_some("true") aria-label=format!("{size} rows a page")>
                {size}
            </a>
        }
    };
    view! { <span class="page-sizes">"Rows "{PAGE_SIZES.map(size)}</span> }
}

/// A range typed in the reader's zone becomes RFC 3339 in the address, so that a shared link means the same to everybody.
fn keep_the_range_absolute(events: Events) {
    let navigate = use_navigate();
    Effect::new(move |_| {
        let query = events.query.get();
        let local = |text: &str| text.contains('T') && !text.ends_with('Z') && !text.contains('+');
        if !local(&query.from) && !local(&query.to) {
            return;
        }
        let histogram = events.histogram();
        // An answer to the query before may still be here.
        if histogram.asked == (query.from.clone(), query.to.clone()) {
            let absolute = EventQuery { from: histogram.from, to: histogram.to, ..query };
            let href = absolute.href(&events.slug.get_untracked());
            navigate(&href, NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() });
        }
    });
}

/// Closing the panel gives the focus back to the row it showed.
fn restore_focus(events: Events) {
    Effect::new(move |before: Option<String>| {
        let now = events.query.read().event.clone();
        if let (true, Some(before)) = (now.is_empty(), before.filter(|before| !before.is_empty())) {
            let row = document()
                .get_element_by_id(&format!("event-{before}"))
                .and_then(|row| row.dyn_into::<HtmlElement>().ok());
            if let Some(row) = row {
                let _ = row.focus();
            }
        }
        now
    });
}
