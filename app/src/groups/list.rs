//! The group list.

use domain::Severity;
use domain::query::{GROUPS, Problem};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;
use ui::{
    BulkBar, Button, Checkbox, Chip, Column, DataTable, Glyph, Notice, NoticeKind, PageHead, Shaped,
    Skeleton, Sorted, Tab, Tabs, TextInput, Variant,
};

use super::act::{ACT, AssignMenu, MergeMenu, MuteMenu, NoDefault, Writes};
use super::api::ListGroups;
use super::parts::{GroupLine, Recurring, columns};
use super::query::GroupQuery;
use super::shown::{GroupList, Person, Told, View};
use crate::ask::AskForm;
use crate::events::RANGES;
use crate::events::parts::{Pages, RangeChoice, RangeMenu, hidden, severity_word};
use crate::fetch::{Load, fetch_after};
use crate::form::{Form as Sent, FormError};
use crate::printed::Print;
use crate::query_bar::{self, QueryField, Syntax};
use crate::routes;
use crate::send::SendForm;
use crate::session::use_slug;
use crate::views::{ViewTabs, Viewed};

pub static SYNTAX: Syntax = Syntax {
    schema: &GROUPS,
    examples: &[
        ("failed password", "this part of a template or of a message, in any case"),
        ("\"disk full\" sda", "both parts; in quotes each is one of its own"),
        ("severity>=high", "high and critical"),
        ("status:[new, regressed]", "one of several"),
        ("event_type:auth*", "values that begin so; * is any run, ? one character"),
        ("-component:nginx", "not this; NOT does the same"),
        ("(timeout OR refused) component:api", "either of two; blanks and AND mean both"),
        ("assignee:ada@acme.example", "who has it; assignee:nobody finds what nobody has"),
        ("event_count>=1000", "so many events or more; also 10..99"),
        ("first_seen>=-24h", "new within 24 hours; also today, yesterday, 2026-11-23"),
    ],
};

#[derive(Clone, Copy)]
struct Groups {
    slug: Memo<String>,
    query: Memo<GroupQuery>,
    /// What is wrong with the query, which then finds nothing.
    problem: Memo<Option<Problem>>,
    writes: Writes,
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
    let slug = use_slug();
    let query = Memo::new(move |_| map.with(GroupQuery::read));
    let problem = Memo::new(move |_| query.read().problem());
    let groups = Groups { slug, query, problem, writes: Writes::of_page() };
    let list = fetch_after(
        move || groups.writes.version(),
        move || ListGroups { organization: groups.slug.get(), query: groups.query.get() },
    );
    let bare = Memo::new(move |_| *map.read() == ParamsMap::new());
    let viewed = Viewed {
        area: "groups",
        all: "All groups",
        slug,
        page: Signal::derive(move || routes::groups(&slug.read())),
        saved: Signal::derive(move || groups.query.read().saved()),
        view: Signal::derive(move || groups.query.read().view.clone()),
        bare: bare.into(),
    };
    view! {
        <Title text="Groups" />
        <PageHead title="Groups" note="Events of one fingerprint, told by their template; the list counts those of all time" actions=move || view! { <Since groups /> } />
        <ViewTabs list=viewed />
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
    let wrong = move || {
        let problem = groups.problem.get()?;
        let href = |text: String| groups.href(|query| query.asking(text.clone()));
        Some(query_bar::wrong(&text(), &problem, &href))
    };
    view! {
        <AskForm page=Signal::derive(move || routes::groups(&groups.slug.read())) class="query" role="search" label="This list">
            {move || hidden(groups.query.with(GroupQuery::pairs))}
            <QueryField
                name="q"
                label="Search groups"
                placeholder="Parts of a message, or fields: component:sshd severity>=high"
                syntax=&SYNTAX
                value=Signal::derive(text)
                is_wrong=Signal::derive(move || groups.problem.read().is_some())
                complete=Signal::derive(move || routes::completing(&groups.slug.read(), "groups"))
            />
            <Button variant=Variant::Primary submit=true>
                "Search"
            </Button>
        </AskForm>
        {move || wrong()}
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
    let views = view! { <Tabs label="Views of the list" tabs=tabs(&list.views, &query, &slug) /> };
    let told = list.told.map(|told| view! { <Done groups told /> });
    if let Some(nothing) = list.nothing {
        return view! {
            {views}
            {told}
            <Print html=nothing />
        }
        .into_any();
    }
    let next = list.next_cursor.map(|cursor| query.next(&cursor).href(&slug));
    let previous = query.previous().map(|query| query.href(&slug));
    let fields = query.fields();
    let from = if query.from.is_empty() { "all".to_owned() } else { query.from.clone() };
    let to = query.to;
    // Made anew with the rows, whose checkboxes are then empty.
    let picked = RwSignal::new(Vec::<String>::new());
    let pick = Callback::new(move |(id, on): (String, bool)| {
        picked.update(|picked| {
            picked.retain(|other| *other != id);
            if on {
                picked.push(id);
            }
        });
    });
    let pick = list.may_act.then_some(pick);
    let organization = slug.clone();
    let chart = (list.top.len() > 1).then(|| {
        let period = (from.clone(), to.clone());
        view! {
            <details class="fold groups-chart" open=true>
                <summary>"Recurring in the range"</summary>
                <Recurring id="groups-recurring" groups=list.top options=list.recurring period slug=slug.clone() />
            </details>
        }
    });
    let all = hidden_fields(fields);
    let line =
        move |group| view! { <GroupLine group slug=slug.clone() from=from.clone() to=to.clone() pick /> };
    let table = view! {
        <DataTable caption="Groups of events" columns=Signal::derive(move || sortable(groups)) checks=list.may_act>
            {list.rows.into_iter().map(line).collect_view()}
        </DataTable>
    };
    let pages = view! { <Pages label="Pages of groups" words=("Previous", "Next") previous next /> };
    if !list.may_act {
        return view! {
            {views}
            {chart}
            {table}
            {pages}
        }
        .into_any();
    }
    view! {
        {views}
        {told}
        {chart}
        <FormError form=Sent::of(groups.writes.act) fields=&[] />
        <SendForm to=groups.writes.act class="groups-form">
            <NoDefault />
            <input type="hidden" name="organization" value=organization />
            {all}
            {table}
            <Bulk count=Signal::derive(move || picked.read().len()) people=list.people matching=list.matching />
        </SendForm>
        {pages}
    }
    .into_any()
}

/// The filter that "all that match" is about.
fn hidden_fields(fields: Vec<(String, String)>) -> AnyView {
    let field = |(name, value)| view! { <input type="hidden" name=name value=value /> };
    fields.into_iter().map(field).collect_view().into_any()
}

fn tabs(views: &[View], query: &GroupQuery, slug: &str) -> Vec<Tab> {
    let tab = |view: &View| {
        Tab::new(view.label.clone(), query.view(&view.word).href(slug), view.word == query.status)
            .count(view.count.clone())
    };
    views.iter().map(tab).collect()
}

/// What can be done with the selected groups.
#[component]
fn Bulk(count: Signal<usize>, people: Vec<Person>, matching: String) -> impl IntoView {
    let all =
        if matching.is_empty() { "All that match".to_owned() } else { format!("All {matching} that match") };
    view! {
        <BulkBar count>
            <Checkbox name="asked[all]" label=all />
            <TextInput name="asked[note]" key="c" label="Note" placeholder="Note" autocomplete="off" maxlength=2000_u32 />
            <Button variant=Variant::Primary submit=true name=ACT value="resolve" key="r" icon=Glyph::Check>
                "Resolve"
            </Button>
            <MuteMenu up=true />
            <AssignMenu people up=true />
            <MergeMenu />
            <Button submit=true name=ACT value="case" icon=Glyph::Cases>
                "Add to a case"
            </Button>
            <Button submit=true name=ACT value="reopen">
                "Reopen"
            </Button>
            <Button submit=true name=ACT value="unmute">
                "Unmute"
            </Button>
        </BulkBar>
    }
    .into_any()
}

/// Without WASM: what was done, with its undoing. With it a message that passes says so.
#[component]
fn Done(groups: Groups, told: Told) -> impl IntoView {
    let slug = groups.slug.get_untracked();
    view! {
        <Notice kind=NoticeKind::Info>
            <span class="row-line">
                {told.text}
                {told.undo.then(|| view! {
                    <SendForm to=groups.writes.undo>
                        <input type="hidden" name="organization" value=slug />
                        <input type="hidden" name="action_id" value=told.action_id />
                        <Button submit=true>"Undo"</Button>
                    </SendForm>
                })}
            </span>
        </Notice>
    }
    .into_any()
}

fn sortable(groups: Groups) -> Vec<Column> {
    let sort = |column: Column, word: &str| {
        let sorted = groups.query.read().is_sorted(word).then_some(Sorted::Descending);
        column.sort(groups.href(|query| query.sorted(word)), sorted)
    };
    let mut columns = columns();
    for (at, word) in [(5, "count"), (6, "first_seen"), (7, "last_seen")] {
        columns[at] = sort(std::mem::take(&mut columns[at]), word);
    }
    columns
}
