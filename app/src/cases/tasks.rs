//! `/o/{organization}/cases/tasks?show=`: what there is to do in all cases, and who calls one there.

use domain::case::{OpenTask, TaskFilter};
use domain::group::Assignee;
use domain::permission::{CaseRead, Key};
use leptos::prelude::*;
use service::{Cx, Who, cases};
use ui::{Column, DataTable, Empty, Glyph, IconButton, PageHead, Pager, Row, Tab, Tabs};

use super::{CompleteCaseTask, mentions};
use crate::error::Answer;
use crate::events::parts::number;
use crate::page::Page;
use crate::page::print::{Asked, form};
use crate::routes::{self, Link};
use crate::server::Scope;
use crate::when::AgoOr;

/// What the list can show; the first is what it opens with.
const SHOWN: [(&str, &str); 4] =
    [("mine", "Mine"), ("overdue", "Overdue"), ("unassigned", "Unassigned"), ("all", "All")];
/// Tasks of a page; those that are due first.
const LIMIT: u32 = 100;

pub async fn page(asked: Asked) -> Answer<Page> {
    let scope = asked.scope().await?;
    let cx = scope.admit::<CaseRead>()?;
    let known = SHOWN.iter().find(|(word, _)| *word == asked.get("show"));
    let show = known.map_or(SHOWN[0].0, |(word, _)| word);
    let slug = scope.organization.slug.as_str();
    let unread = mentions::unread(&scope, &cx).await?;
    let called = unread.filter(|_| asked.get("show") == mentions::SHOW);
    let mut tabs = Vec::new();
    for (word, words) in SHOWN {
        let n = cases::count_open_tasks(&cx, &filter(&scope, word)).await?;
        let href = Link::new(routes::case_tasks(slug)).with("show", word).done();
        tabs.push(Tab::new(words, href, word == show && called.is_none()).count(number(n)));
    }
    if let Some(n) = unread {
        let href = Link::new(routes::case_tasks(slug)).with("show", mentions::SHOW).done();
        tabs.push(Tab::new("Mentions of you", href, called.is_some()).count(number(n)));
    }
    let table = if let Some(n) = called {
        mentions::list(&scope, &cx, asked.get("cursor"), n).await?
    } else {
        tasks(&scope, &cx, show, asked.get("cursor")).await?
    };
    let back = routes::cases(slug);
    let body = view! {
        <PageHead title="Tasks" note="what there is to do in cases that are not resolved" actions=move || view! { <ui::Button href=back.clone()>"Cases"</ui::Button> }.into_any() />
        <Tabs label="Tasks" tabs=tabs />
        {table}
    };
    Ok(Page::of("Tasks", body))
}

async fn tasks(scope: &Scope, cx: &Cx<CaseRead>, show: &str, cursor: &str) -> Answer<AnyView> {
    let cursor = Some(cursor).filter(|cursor| !cursor.is_empty());
    let found = cases::open_tasks(cx, &filter(scope, show), LIMIT, cursor).await?;
    if found.items.is_empty() && cursor.is_none() {
        return Ok(nothing(show));
    }
    let tab = || Link::new(routes::case_tasks(&scope.organization.slug)).with("show", show);
    let previous = cursor.is_some().then(|| tab().done());
    let next = found.next_cursor.as_deref().map(|cursor| tab().with("cursor", cursor).done());
    let pages = (previous.is_some() || next.is_some())
        .then(|| view! { <Pager label="Pages of tasks" previous=previous next=next /> });
    Ok(view! {
        {table(scope, &found.items, scope.may(Key::CaseWrite))}
        {pages}
    }
    .into_any())
}

/// How many who asks has.
pub async fn mine(scope: &Scope) -> Answer<i64> {
    Ok(cases::count_open_tasks(&scope.admit::<CaseRead>()?, &filter(scope, "mine")).await?)
}

fn filter(scope: &Scope, show: &str) -> TaskFilter {
    let all = TaskFilter::default();
    match (show, &scope.actor.who) {
        ("mine", Who::User(user)) => TaskFilter { assigned_to: Some(Assignee::User(user.id)), ..all },
        ("mine" | "unassigned", _) => TaskFilter { assigned_to: Some(Assignee::Nobody), ..all },
        ("overdue", _) => TaskFilter { overdue_at: Some(scope.services.clock.now()), ..all },
        _ => all,
    }
}

fn nothing(show: &str) -> AnyView {
    let (title, text) = match show {
        "mine" => {
            ("You have no tasks", "What others give you, or you take, in the tasks of a case stands here.")
        }
        "overdue" => ("Nothing is overdue", "Tasks whose time is over stand here until they are done."),
        "unassigned" => ("Every task has somebody", "Tasks of nobody stand here."),
        _ => {
            ("No case has an open task", "They are written in the tasks of a case, or come with a template.")
        }
    };
    view! { <Empty title text icon=Glyph::Check /> }.into_any()
}

fn table(scope: &Scope, found: &[OpenTask], may_write: bool) -> AnyView {
    let (slug, now) = (scope.organization.slug.clone(), scope.services.clock.now());
    let rows: Vec<_> = found
        .iter()
        .map(|open| {
            let task = &open.task;
            let href = Link::new(routes::case(&slug, open.number)).with("tab", "tasks").done();
            let complete = may_write.then(|| {
                let fields = view! {
                    <input type="hidden" name="organization" value=slug.clone() />
                    <input type="hidden" name="id" value=open.case_id.to_string() />
                    <input type="hidden" name="task" value=task.id.to_string() />
                    <input type="hidden" name="done" value="true" />
                    <IconButton submit=true glyph=Glyph::Check label=["Done: ", &task.title].concat() />
                };
                form::<CompleteCaseTask>("Done", "inline-form", fields)
            });
            let late = task.due_at.is_some_and(|due| due < now);
            let (due, class) = (scope.zone.maybe(task.due_at), if late { "time overdue" } else { "time" });
            let (title, case) = (task.title.clone(), open.title.clone());
            let (key, assignee) = (domain::case::key(open.number), task.assignee.clone());
            view! {
                <Row href=href.clone()>
                    <td class="shrink">{complete}</td>
                    <td class="message"><a data-row-link href=href>{title}</a></td>
                    <td class="message optional"><span class="mono muted">{key}</span> " " {case}</td>
                    <td class="optional">{assignee.unwrap_or_else(|| "–".to_owned())}</td>
                    <td class=class><AgoOr when=due words="–" /></td>
                </Row>
            }
        })
        .collect();
    let columns = vec![
        Column::new("Done").class("shrink").hidden_header(),
        Column::new("Task").class("message"),
        Column::new("Case").class("message optional"),
        Column::new("Assignee").class("optional"),
        Column::new("Due").class("time"),
    ];
    view! {
        <DataTable caption="Open tasks" columns=columns>
            {rows}
        </DataTable>
    }
    .into_any()
}
