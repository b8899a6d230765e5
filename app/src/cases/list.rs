//! `/o/{organization}/cases?show=&q=&sort=&cursor=`; `?open={about}` opens the form of a new case.

use domain::case::field::CaseField;
use domain::case::merge::Merged;
use domain::case::template::CaseTemplate;
use domain::case::{self, Case};
use domain::member::Member;
use domain::permission::{CaseRead, Key, MemberRead};
use domain::query::CASES;
use domain::query::edit::selected;
use leptos::prelude::*;
use service::cases;
use ui::{
    Button, DataTable, Dialog, Empty, Glyph, Notice, NoticeKind, PageHead, Pager, Row, SplitList, Tab, Tabs,
    Variant,
};

use super::columns::{self, Shown};
use super::panel::{self, Place};
use super::query::{CaseQuery, ON_BOARD, SHOWN, count};
use super::{CaseForm, OpenCase, board, bulk_bar, facets, forms, mentions, over_time, parts, saving, tasks};
use crate::error::Answer;
use crate::events::parts::{Severe, counted, number};
use crate::form::Form;
use crate::live;
use crate::page::Page;
use crate::page::print::Asked;
use crate::query_bar::{self, QueryField, Syntax};
use crate::routes::{self, Link};
use crate::views::printed;

const OPEN: &str = "open-case";
const LIMIT: u32 = 50;

pub static SYNTAX: Syntax = Syntax {
    schema: &CASES,
    examples: &[
        ("stolen laptop", "both words in title or description, in any case"),
        ("\"stolen laptop\"", "the words in this order"),
        ("phish*", "words that begin so"),
        ("CASE-42", "the case of this number"),
        ("severity>=high priority:urgent", "high and critical; and a field's value"),
        ("status:[open, investigating]", "one of several"),
        ("tag:phishing -tag:test", "with one tag and without another; NOT does the same"),
        ("assignee:ada@acme.example", "who has it; assignee:nobody finds what nobody has"),
        ("observable:203.0.113.*", "what was seen in it; * is any run, ? one character"),
        ("(a OR b) c", "either of two; blanks and AND mean both"),
        ("due<today", "its time is over; -due:* has no such time"),
        ("created>=-7d", "the last seven days; also yesterday, 2026-11-23"),
    ],
};

pub async fn page(asked: Asked) -> Answer<Page> {
    let scope = asked.scope().await?;
    let since = live::since(&scope).await?;
    let cx = scope.admit::<CaseRead>()?;
    let query = CaseQuery::read(&asked.query);
    let parsed = query.parsed(&scope, cx.now());
    let own = cases::fields(&cx).await?;
    let strange = CaseQuery::strange(&asked).or_else(|| columns::strange(&query, &own));
    let problem = parsed.as_ref().err().cloned();
    let failed = problem.is_some() || strange.is_some();
    let searched = parsed.unwrap_or_default();
    let base = query.on_all_tabs(searched.clone());
    let filter = query.filter(searched.clone(), &scope, cx.now());
    let cursor = Some(asked.get("cursor")).filter(|cursor| !cursor.is_empty());
    let found = if failed || query.board {
        domain::page::Page { items: Vec::new(), next_cursor: None }
    } else {
        cases::list(&cx, &filter, query.sort, LIMIT, cursor).await?
    };
    let counts = cases::counts(&cx, &base).await?;
    let faceted = if failed || query.board { None } else { Some(cases::facets(&cx, &filter).await?) };
    let slug = scope.organization.slug.as_str();
    let views = if scope.may(Key::ViewRead) {
        let list = printed::List {
            area: "cases",
            all: "All cases",
            page: routes::cases(slug),
            saved: query.saved(),
            view: query.view.clone(),
            bare: asked.bare(),
        };
        Some(printed::tabs(&scope, &list).await?)
    } else {
        None
    };
    let tabs: Vec<Tab> = SHOWN
        .iter()
        .filter(|(word, _)| !query.board || ON_BOARD.contains(word))
        .map(|(word, words)| {
            let href = query.show(word).link(slug).done();
            let tab = Tab::new(*words, href, *word == query.show);
            // What cannot be read counts nothing.
            if failed { tab } else { tab.count(number(count(&counts, word))) }
        })
        .collect();
    let next = found.next_cursor.as_deref().map(|cursor| query.link(slug).with("cursor", cursor).done());
    let first = cursor.is_some().then(|| query.link(slug).done());
    let matching = count(&counts, query.show);
    let summary = format!("{} of {}", found.items.len(), number(matching));
    let may_write = scope.may(Key::CaseWrite);
    let members =
        if may_write { service::members::list(&scope.admit::<MemberRead>()?).await? } else { Vec::new() };
    let templates = if may_write { cases::templates(&cx).await? } else { Vec::new() };
    let people = cases::people(&cx, &own, &found.items).await?;
    let shown = Shown { query: &query, slug, own: &own, people: &people, zone: scope.zone, now: cx.now() };
    let place = Place { slug, query: &query, cursor: cursor.unwrap_or_default() };
    let beside =
        if query.board { None } else { panel::panel(&scope, &cx, &asked, &found.items, place).await? };
    let typed = saving::opening(&cx).await?;
    let dialog = may_write.then(|| dialog(slug, &asked, &members, (&own, &templates), typed));
    let told = if may_write { bulk_bar::told(&scope, &asked).await? } else { None };
    let strip = if failed || query.board {
        None
    } else {
        Some(over_time::strip(&cx, &query, &filter, matching, (slug, scope.zone)).await?)
    };
    let narrowed = query.from.is_some() || query.to.is_some();
    let body = if let Some(strange) = strange {
        view! { <Notice kind=NoticeKind::Error title="The query cannot be read">{strange}</Notice> }
            .into_any()
    } else if problem.is_some() {
        query_bar::no_list()
    } else if query.board {
        let board = board::board(&scope, &asked, &query, searched.clone(), may_write).await?;
        view! { <div class="over-time">{over_time::narrowed(&query, slug, scope.zone)}</div> {board} }
            .into_any()
    } else if found.items.is_empty() {
        nothing(may_write, !query.q.is_empty() || query.show != "open" || narrowed)
    } else {
        let selected = case::number(asked.get("case"));
        let table = table(&found.items, place, selected, may_write, shown);
        if may_write {
            bulk_bar::around(slug, &query, &members, (found.items.len(), matching), table)
        } else {
            table
        }
    };
    let (todo, mine) = (routes::case_tasks(slug), tasks::mine(&scope).await?);
    let called = mentions::unread(&scope, &cx).await?.filter(|n| *n > 0).map(|n| {
        let words = counted(n, "new mention", "new mentions");
        (words, Link::new(routes::case_tasks(slug)).with("show", mentions::SHOW).done())
    });
    let button = move || {
        let words = if mine > 0 { format!("My tasks ({mine})") } else { "Tasks".to_owned() };
        let open = may_write.then(|| {
            view! {
                <Button opens=OPEN icon=Glyph::Plus variant=Variant::Primary key="n">
                    "Open a case"
                </Button>
            }
        });
        view! {
            {called.clone().map(|(words, href)| view! { <Button href=href icon=Glyph::Bell>{words}</Button> })}
            <Button href=todo.clone() icon=Glyph::Check>{words}</Button>
            {open}
        }
    };
    let href = |q: String| query.searched(q).link(slug).done();
    let wrong = problem.map(|problem| query_bar::wrong(&query.q, &problem, &href));
    let (hidden_show, hidden_sort, q) = (query.show, query.sort.as_str(), query.q.clone());
    let layout = (if query.board { "board" } else { "" }, query.laid_out(!query.board).link(slug).done());
    let (hidden_layout, other) = layout;
    let hidden_merged = if query.merged == Merged::Hide { "" } else { query.merged.as_str() };
    let merged = merged_chips(&query, slug);
    let menu = (!query.board).then(|| shown.menu());
    let kept =
        query.column.iter().map(|name| view! { <input type="hidden" name="column" value=name.clone() /> });
    let density = query.compact.then(|| view! { <input type="hidden" name="density" value="compact" /> });
    let times =
        [("from", query.from), ("to", query.to)].into_iter().filter_map(|(name, at)| Some((name, at?.iso())));
    let times = times.map(|(name, at)| view! { <input type="hidden" name=name value=at /> }).collect_view();
    let chart = query.chart.then(|| view! { <input type="hidden" name="chart" value="opened" /> });
    let kept = (kept.collect_view(), density, times, chart);
    let other_words = if query.board { "As a list" } else { "As a board" };
    let pager = (!query.board && !failed)
        .then(|| view! { <Pager label="Pages of cases" previous=first next=next summary=summary /> });
    let rest = if query.board {
        body
    } else {
        let is_open = beside.is_some();
        let panel = crate::printed::once(beside);
        let filters_on = searched.as_ref().map_or(0, |query| selected(query).len());
        let (slug, query) = (slug.to_owned(), query.clone());
        let column = move || {
            let href = |q: String| query.searched(q).link(&slug).done();
            let found = faceted.clone().unwrap_or_default();
            crate::facets::column(&facets::LOOK, &found, &query.q, searched.as_ref(), &href)
        };
        view! {
            <SplitList facets=column filters_on=filters_on panel=panel panel_open=is_open>
                {strip}
                {body}
                {pager}
            </SplitList>
        }
        .into_any()
    };
    let body = view! {
        <PageHead title="Cases" note="investigations: what is known, what there is to do, who does it" actions=move || button().into_any() />
        {views}
        <Tabs label="Cases" tabs=tabs />
        <div class="query-row">
            <form method="get" action=routes::cases(slug) class="query" role="search" aria-label="This list">
                <input type="hidden" name="show" value=hidden_show />
                <input type="hidden" name="sort" value=hidden_sort />
                <input type="hidden" name="layout" value=hidden_layout />
                <input type="hidden" name="merged" value=hidden_merged />
                {kept}
                <input type="hidden" name="view" value=query.view.clone() />
                <QueryField
                    name="q"
                    label="Search cases"
                    placeholder="Words, or fields: severity>=high tag:phishing due<today"
                    syntax=&SYNTAX
                    value=q
                    is_wrong=wrong.is_some()
                    complete=routes::completing(slug, "cases")
                />
                <Button submit=true>"Search"</Button>
            </form>
            <Button href=other variant=Variant::Ghost>{other_words}</Button>
            {menu}
        </div>
        {wrong}
        {merged}
        {told}
        {rest}
        {dialog}
    };
    Ok(Page::of("Cases", body).follows(since, &["case", "tag"]))
}

/// Merged cases are hidden, shown besides, or shown alone.
fn merged_chips(query: &CaseQuery, slug: &str) -> AnyView {
    let chips: Vec<_> = [(Merged::Hide, "Hidden"), (Merged::Include, "Shown"), (Merged::Only, "Only these")]
        .into_iter()
        .map(|(merged, words)| {
            let on = query.merged == merged;
            let (href, class) = (query.merged(merged).link(slug).done(), if on { "chip on" } else { "chip" });
            view! { <a class=class href=href aria-current=on.then_some("true")>{words}</a> }
        })
        .collect();
    view! { <nav class="row-line merged-line" aria-label="Merged cases"><span class="muted">"Merged cases"</span> {chips}</nav> }
        .into_any()
}

fn nothing(may_write: bool, narrowed: bool) -> AnyView {
    let (title, text) = if narrowed {
        ("No case is like that", "Another tab, fewer words in the search, or all times may show it.")
    } else if may_write {
        ("No case is open", "Open one here, or from an event, a group or a drift that needs a closer look.")
    } else {
        ("No case is open", "Analysts open them, here or from an event, a group or a drift.")
    };
    view! { <Empty title text icon=Glyph::Cases /> }.into_any()
}

fn dialog(
    slug: &str,
    asked: &Asked,
    members: &[Member],
    (own, templates): (&[CaseField], &[CaseTemplate]),
    typed: Option<CaseForm>,
) -> AnyView {
    let refused = Form::printed::<OpenCase>().refused();
    let open = !asked.get("open").is_empty() || refused.get_untracked();
    let close = (!asked.get("open").is_empty()).then(|| routes::cases(slug));
    let about = Some(asked.get("open")).filter(|about| about.contains(':')).unwrap_or_default();
    let chosen = asked.get("template");
    let with = |id: &str| {
        let open = if about.is_empty() { "new" } else { about };
        Link::new(routes::cases(slug)).with("open", open).with("template", id).done()
    };
    let offered = forms::Offered::of(templates, chosen, with);
    let starts = typed.unwrap_or_else(|| forms::begun(forms::starts(), templates, chosen));
    let fields = forms::open(slug, (about, ""), &starts, (members, own), &offered);
    view! {
        <Dialog id=OPEN title="Open a case" wide=true open=open close_href=close>
            {fields}
        </Dialog>
    }
    .into_any()
}

/// `selected`: the number of the case beside the list.
fn table(found: &[Case], place: Place<'_>, selected: Option<i64>, checks: bool, shown: Shown<'_>) -> AnyView {
    let chosen = bulk_bar::chosen();
    let rows = found
        .iter()
        .map(|case| {
            row(case, place, selected == Some(case.number), checks.then_some(chosen.as_slice()), shown)
        })
        .collect_view();
    view! {
        <div class="page-table">
            <DataTable caption="Cases" columns=shown.heads() checks=checks compact=shown.query.compact>
                {rows}
            </DataTable>
        </div>
    }
    .into_any()
}

/// `chosen`: the numbers whose box is ticked; nothing where there are no boxes.
fn row(
    case: &Case,
    place: Place<'_>,
    selected: bool,
    chosen: Option<&[String]>,
    shown: Shown<'_>,
) -> AnyView {
    let number = case.number.to_string();
    let checked = chosen.is_some_and(|chosen| chosen.contains(&number));
    let check_label = format!("Select {} {}", case.key(), case.title);
    let href = place.open(case.number);
    let tags: Vec<String> = case.tags.iter().chain(&case.merged_tags).cloned().collect();
    let tags = parts::tags(&tags, place.slug);
    let went = case.merged_number.map(|number| {
        let (href, code) = (routes::case(place.slug, number), domain::case::key(number));
        view! { <span class="muted">" in " <a class="link" href=href>{code}</a></span> }
    });
    let holds = (case.merged_count > 0).then(|| {
        view! { <span class="muted">" with " {counted(case.merged_count, "other case", "other cases")}</span> }
    });
    let (key, title, severity) = (case.key(), case.title.clone(), case.severity);
    let (done, leads, rest) = (!case.status.is_open(), href.clone(), shown.cells(case));
    let cells = view! {
            <td class="shrink mono">{key}</td>
            <td class="shrink">
                <Severe severity=severity />
            </td>
            <td class="message">
                <a data-row-link="" data-noscroll="" href=href>
                    {title}
                </a>
                {went}
                {holds}
                <span class="tags">{tags}</span>
            </td>
            {rest}
    }
    .into_any();
    if chosen.is_none() {
        return view! { <Row href=leads done=done selected=selected>{cells}</Row> }.into_any();
    }
    view! {
        <Row href=leads done=done selected=selected check_name=bulk_bar::NUMBERS check_value=number check_label=check_label checked=checked>
            {cells}
        </Row>
    }
    .into_any()
}
