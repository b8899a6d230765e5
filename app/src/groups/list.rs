//! The group list.

use domain::Severity;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Form;
use leptos_router::hooks::use_query_map;
use ui::{
    Button, Chip, Column, DataTable, Empty, Glyph, Icon, Kbd, PageHead, Shaped, Skeleton, Sorted, Variant,
};

use super::api::ListGroups;
use super::parts::{GroupLine, columns};
use super::query::GroupQuery;
use super::shown::GroupList;
use crate::events::RANGES;
use crate::events::parts::{Pages, RangeChoice, RangeMenu, hidden, severity_word};
use crate::fetch::{Load, fetch};
use crate::routes;
use crate::session::use_slug;

#[derive(Clone, Copy)]
struct Groups {
    slug: Memo<String>,
    query: Memo<GroupQuery>,
}

impl Groups {
    fn href(self, change: impl Fn(&GroupQuery) -> GroupQuery) -> String {
        self.query.with(|query| change(query).href(&self.slug.read()))
    }
}

/// `/o/{organization}/groups`
#[component]
pub fn GroupsPage() -> impl IntoView {
    let map = use_query_map();
    let groups = Groups { slug: use_slug(), query: Memo::new(move |_| map.with(GroupQuery::read)) };
    let list = fetch(move || ListGroups { organization: groups.slug.get(), query: groups.query.get() });
    view! {
        <Title text="Groups" />
        <PageHead title="Groups" note="Events of one fingerprint, told by their template" actions=move || view! { <Since groups /> } />
        <Search groups />
        <Severities groups />
        <div class="page-table">
            <Load resource=list skeleton=|| view! { <Skeleton shaped=Shaped::Rows count=14 /> } let:list>
                <Loaded groups list />
            </Load>
        </div>
    }
    .into_any()
}

#[component]
fn Since(groups: Groups) -> impl IntoView {
    let current = move || {
        groups.query.with(|query| if query.from.is_empty() { "all".to_owned() } else { query.from.clone() })
    };
    let label = move || {
        let current = current();
        RANGES
            .iter()
            .find(|(word, ..)| *word == current)
            .map_or("Custom range", |(_, label, _)| *label)
            .to_owned()
    };
    let choices = move || {
        RANGES
            .into_iter()
            .map(|(word, label, _)| RangeChoice {
                label,
                href: groups.href(|query| query.range(word)),
                current: current() == word,
            })
            .collect::<Vec<_>>()
    };
    view! { <RangeMenu label=Signal::derive(label) choices=Signal::derive(choices) /> }.into_any()
}

#[component]
fn Search(groups: Groups) -> impl IntoView {
    let text = move || groups.query.read().text.clone();
    view! {
        <Form method="GET" action=move || routes::groups(&groups.slug.read()) attr:class="query" attr:role="search" attr:aria-label="This list">
            <Icon glyph=Glyph::Search />
            {move || hidden(groups.query.with(GroupQuery::pairs))}
            <input
                type="search"
                name="text"
                aria-label="Search in templates"
                placeholder="Search in templates"
                autocomplete="off"
                spellcheck="false"
                data-search=""
                value=text
                prop:value=text
            />
            <Kbd keys="/" />
            <Button variant=Variant::Primary submit=true>
                "Search"
            </Button>
        </Form>
    }
    .into_any()
}

#[component]
fn Severities(groups: Groups) -> impl IntoView {
    let chip = move |severity: Severity| {
        let word = severity.as_str();
        let on = Memo::new(move |_| groups.query.read().severity.iter().any(|on| on == word));
        view! {
            <Chip href=Signal::derive(move || groups.href(|query| query.toggle_severity(word))) on=on tone=tone(severity)>
                {severity_word(severity)}
            </Chip>
        }
    };
    let chips =
        [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info].map(chip);
    view! {
        <nav class="toolbar" aria-label="Severity">
            {chips}
        </nav>
    }
    .into_any()
}

fn tone(severity: Severity) -> ui::Tone {
    match severity {
        Severity::Critical => ui::Tone::Critical,
        Severity::High => ui::Tone::High,
        Severity::Medium => ui::Tone::Medium,
        Severity::Low => ui::Tone::Low,
        Severity::Info => ui::Tone::Info,
    }
}

#[component]
fn Loaded(groups: Groups, list: GroupList) -> impl IntoView {
    let slug = groups.slug.get_untracked();
    let query = groups.query.get_untracked();
    if let Some(nothing) = list.nothing {
        return nothing_here(nothing.any, &query, &slug);
    }
    let next = list.next_cursor.map(|cursor| query.next(&cursor).href(&slug));
    let previous = query.previous().map(|query| query.href(&slug));
    let from = if query.from.is_empty() { "all".to_owned() } else { query.from.clone() };
    let to = query.to;
    let line = move |group| view! { <GroupLine group slug=slug.clone() from=from.clone() to=to.clone() /> };
    view! {
        <DataTable caption="Groups of events" columns=Signal::derive(move || sortable(groups))>
            {list.rows.into_iter().map(line).collect_view()}
        </DataTable>
        <Pages label="Pages of groups" words=("Previous", "Next") previous next />
    }
    .into_any()
}

fn sortable(groups: Groups) -> Vec<Column> {
    let sort = |column: Column, word: &str| {
        let sorted = groups.query.read().is_sorted(word).then_some(Sorted::Descending);
        column.sort(groups.href(|query| query.sorted(word)), sorted)
    };
    let mut columns = columns();
    for (at, word) in [(3, "count"), (4, "first_seen"), (5, "last_seen")] {
        columns[at] = sort(std::mem::take(&mut columns[at]), word);
    }
    columns
}

fn nothing_here(any: bool, query: &GroupQuery, slug: &str) -> AnyView {
    if any {
        let clear = (query.filters() > 0)
            .then(|| GroupQuery { from: query.from.clone(), ..GroupQuery::default() }.href(slug));
        let widen = (!query.from.is_empty()).then(|| query.range("all").href(slug));
        return view! {
            <Empty title="No group matches" text="Nothing fits every filter." icon=Glyph::Search>
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
