//! `/o/{organization}/cases?view=&q=&sort=&cursor=`; `?open={about}` opens the form of a new case.

use domain::case::{Case, CaseFilter, CaseSort, Status};
use domain::group::Assignee;
use domain::permission::{CaseRead, Key, MemberRead};
use domain::query::{CASES, parse};
use leptos::prelude::*;
use service::cases::{self, Counts};
use ui::{
    Button, Column, DataTable, Dialog, Empty, Glyph, Notice, NoticeKind, PageHead, Pager, Row, Sorted, Tab,
    Tabs, TextInput, Variant,
};

use super::{OpenCase, forms, parts};
use crate::error::Answer;
use crate::events::parts::{Severe, number};
use crate::form::Form;
use crate::page::Page;
use crate::page::print::Asked;
use crate::routes::{self, Link};
use crate::server::Scope;
use crate::when::{Ago, AgoOr, Zone};

const OPEN: &str = "open-case";
const LIMIT: u32 = 50;

/// What the list shows; the first is what it opens with.
const VIEWS: [(&str, &str); 6] = [
    ("open", "Open"),
    ("mine", "Mine"),
    ("unassigned", "Unassigned"),
    ("overdue", "Overdue"),
    ("resolved", "Resolved"),
    ("all", "All"),
];

pub async fn page(asked: Asked) -> Answer<Page> {
    let scope = asked.scope().await?;
    let cx = scope.admit::<CaseRead>()?;
    let shown = VIEWS.iter().find(|(word, _)| *word == asked.get("view")).map_or("open", |(word, _)| word);
    let sort = CaseSort::parse(asked.get("sort")).unwrap_or_default();
    let q = asked.get("q").trim().to_owned();
    let query =
        if q.is_empty() { Ok(None) } else { parse(&q, &CASES, scope.zone.reader(cx.now())).map(Some) };
    let problem = query.as_ref().err().map(|problem| {
        let place = q[..problem.at.start].chars().count() + 1;
        format!("At character {place}: {}", problem.message)
    });
    let mine = match &scope.actor.who {
        service::Who::User(user) => Some(Assignee::User(user.id)),
        _ => None,
    };
    let open = vec![Status::Open, Status::Investigating];
    let base = CaseFilter { query: query.clone().ok().flatten(), ..CaseFilter::default() };
    let filter = match shown {
        "mine" => CaseFilter { status: open, assigned_to: mine, ..base.clone() },
        "unassigned" => CaseFilter { status: open, assigned_to: Some(Assignee::Nobody), ..base.clone() },
        "overdue" => CaseFilter { overdue_at: Some(cx.now()), ..base.clone() },
        "resolved" => CaseFilter { status: vec![Status::Resolved], ..base.clone() },
        "all" => base.clone(),
        _ => CaseFilter { status: open, ..base.clone() },
    };
    let cursor = Some(asked.get("cursor")).filter(|cursor| !cursor.is_empty());
    let found = match &query {
        Ok(_) => cases::list(&cx, &filter, sort, LIMIT, cursor).await?,
        Err(_) => domain::page::Page { items: Vec::new(), next_cursor: None },
    };
    let counts = cases::counts(&cx, &base).await?;
    let slug = scope.organization.slug.as_str();
    let link = |view: &str, sort: CaseSort| {
        let sort = if sort == CaseSort::default() { "" } else { sort.as_str() };
        Link::new(routes::cases(slug)).with("view", view).with("q", &q).with("sort", sort)
    };
    let tabs: Vec<Tab> = VIEWS
        .iter()
        .map(|(word, words)| {
            Tab::new(*words, link(word, sort).done(), *word == shown).count(number(count(&counts, word)))
        })
        .collect();
    let next = found.next_cursor.as_deref().map(|cursor| link(shown, sort).with("cursor", cursor).done());
    let first = cursor.is_some().then(|| link(shown, sort).done());
    let summary = format!("{} of {}", found.items.len(), number(count(&counts, shown)));
    let may_write = scope.may(Key::CaseWrite);
    let dialog = if may_write { Some(dialog(&scope, &asked).await?) } else { None };
    let body = if let Some(problem) = problem {
        view! { <Notice kind=NoticeKind::Error title="The query cannot be read">{problem}</Notice> }
            .into_any()
    } else if found.items.is_empty() {
        nothing(may_write, !q.is_empty() || shown != "open")
    } else {
        table(&found.items, slug, sort, |sort| link(shown, sort).done(), scope.zone, cx.now())
    };
    let button = move || {
        may_write.then(|| {
            view! {
                <Button opens=OPEN icon=Glyph::Plus variant=Variant::Primary key="n">
                    "Open a case"
                </Button>
            }
        })
    };
    let (hidden_view, hidden_sort) = (shown.to_owned(), sort.as_str());
    let body = view! {
        <PageHead title="Cases" note="investigations: what is known, what there is to do, who does it" actions=move || button().into_any() />
        <Tabs label="Cases" tabs=tabs />
        <form method="get" action=routes::cases(slug) class="row-line search-line" role="search">
            <input type="hidden" name="view" value=hidden_view />
            <input type="hidden" name="sort" value=hidden_sort />
            <TextInput name="q" kind="search" label="Search cases" placeholder="words, severity>=high, tag:phishing, assignee:ada@acme.example, due<today" value=q.clone() search=true mono=true />
            <Button submit=true>"Search"</Button>
        </form>
        {body}
        <Pager label="Pages of cases" previous=first next=next summary=summary />
        {dialog}
    };
    Ok(Page::of("Cases", body))
}

fn count(counts: &Counts, view: &str) -> i64 {
    match view {
        "mine" => counts.mine,
        "unassigned" => counts.unassigned,
        "overdue" => counts.overdue,
        "resolved" => counts.resolved,
        "all" => counts.open + counts.investigating + counts.resolved,
        _ => counts.open + counts.investigating,
    }
}

fn nothing(may_write: bool, narrowed: bool) -> AnyView {
    let (title, text) = if narrowed {
        ("No case is like that", "Another tab, or fewer words in the search, may show it.")
    } else if may_write {
        ("No case is open", "Open one here, or from an event or a group that needs a closer look.")
    } else {
        ("No case is open", "Analysts open them, here or from an event or a group.")
    };
    view! { <Empty title text icon=Glyph::Cases /> }.into_any()
}

async fn dialog(scope: &Scope, asked: &Asked) -> Answer<AnyView> {
    let members = service::members::list(&scope.admit::<MemberRead>()?).await?;
    let refused = Form::printed::<OpenCase>().refused();
    let open = !asked.get("open").is_empty() || refused.get_untracked();
    let slug = scope.organization.slug.as_str();
    let close = (!asked.get("open").is_empty()).then(|| routes::cases(slug));
    let about = Some(asked.get("open")).filter(|about| about.contains(':')).unwrap_or_default();
    let fields = forms::open(slug, about, &members);
    Ok(view! {
        <Dialog id=OPEN title="Open a case" wide=true open=open close_href=close>
            {fields}
        </Dialog>
    }
    .into_any())
}

fn table(
    found: &[Case],
    slug: &str,
    sort: CaseSort,
    link: impl Fn(CaseSort) -> String,
    zone: Zone,
    now: domain::Timestamp,
) -> AnyView {
    let by = |column: Column, of: CaseSort| {
        let way = if of == CaseSort::Due { Sorted::Ascending } else { Sorted::Descending };
        column.sort(link(of), (sort == of).then_some(way))
    };
    let columns = vec![
        by(Column::new("Case").class("shrink"), CaseSort::Number),
        by(Column::new("Severity").class("shrink"), CaseSort::Severity),
        Column::new("Title").class("message"),
        Column::new("Status").class("shrink"),
        by(Column::new("Priority").class("shrink optional"), CaseSort::Priority),
        Column::new("Assignee").class("optional"),
        Column::new("Tasks").class("num optional"),
        by(Column::new("Due").class("time optional"), CaseSort::Due),
        by(Column::new("Changed").class("time"), CaseSort::Updated),
    ];
    let rows = found.iter().map(|case| row(case, slug, zone, now)).collect_view();
    view! {
        <div class="page-table">
            <DataTable caption="Cases" columns=columns>
                {rows}
            </DataTable>
        </div>
    }
    .into_any()
}

fn row(case: &Case, slug: &str, zone: Zone, now: domain::Timestamp) -> AnyView {
    let href = routes::case(slug, case.number);
    let tasks = (case.task_count > 0).then(|| format!("{}/{}", case.tasks_done, case.task_count));
    let due_class = if case.is_overdue(now) { "time optional overdue" } else { "time optional" };
    let tags = parts::tags(&case.tags, slug);
    let (key, title, assignee) = (case.key(), case.title.clone(), case.assignee.clone());
    let (severity, status, priority) = (case.severity, parts::status(case), parts::priority(case.priority));
    let (due, changed) = (zone.maybe(case.due_at), zone.when(case.updated_at));
    view! {
        <Row href=href.clone() done=!case.status.is_open()>
            <td class="shrink mono">{key}</td>
            <td class="shrink">
                <Severe severity=severity />
            </td>
            <td class="message">
                <a data-row-link href=href>
                    {title}
                </a>
                <span class="tags">{tags}</span>
            </td>
            <td class="shrink">{status}</td>
            <td class="shrink optional">{priority}</td>
            <td class="optional">{assignee.unwrap_or_else(|| "–".to_owned())}</td>
            <td class="num optional">{tasks}</td>
            <td class=due_class>
                <AgoOr when=due words="–" />
            </td>
            <td class="time">
                <Ago when=changed />
            </td>
        </Row>
    }
    .into_any()
}
