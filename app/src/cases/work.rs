//! What is found and done in a case: its observables and its tasks.

use std::collections::HashMap;

use domain::case::CaseTask;
use domain::case::observable::{Observable, ObservableKind};
use domain::permission::{CaseRead, EventRead, Key};
use domain::visible::visible;
use leptos::prelude::*;
use service::Cx;
use service::cases::{self, Sightings};
use ui::{
    Actions, Badge, Button, Checkbox, Column, DataTable, DateTimeInput, Dialog, Empty, Field, Glyph,
    IconButton, Row, Select, TextArea, TextInput, Tone, Variant,
};

use super::detail::Place;
use super::{
    AddCaseTask, AddObservables, ChangeCaseTask, CompleteCaseTask, DeleteCaseTask, MoveCaseTask,
    RemoveObservable, forms, parts,
};
use crate::error::Answer;
use crate::events::parts::counted;
use crate::form::{Form, FormError};
use crate::page::print::form;
use crate::routes::{self, Link};
use crate::when::{Ago, AgoOr};

pub async fn observables(place: &Place<'_>, cx: &Cx<CaseRead>) -> Answer<AnyView> {
    let found = cases::observables(cx, place.case.id).await?;
    // Asked before it is proven: a proof that is refused makes the whole answer a 403.
    let sightings = if place.scope.may(Key::EventRead) {
        cases::sightings(&place.scope.admit::<EventRead>()?, &found).await?
    } else {
        HashMap::new()
    };
    let slug = place.slug();
    let rows: Vec<_> = found
        .iter()
        .map(|one| {
            let from = format!("{}d", cases::SIGHTING_DAYS);
            let events = |query: &str| Link::new(routes::events(slug)).with("from", &from).with("q", query).done();
            let seen = events(&domain::query::edit::phrase(&one.value));
            let seen = seen_in_events(place, sightings.get(&one.id), seen);
            let sent = events(&anywhere(one));
            let others = (one.other_cases > 0).then(|| {
                let query = domain::query::edit::condition("observable", &one.value);
                let href = Link::new(routes::cases(slug)).with("show", "all").with("q", &query).done();
                view! { <a class="link" href=href>{counted(one.other_cases, "other case", "other cases")}</a> }
            });
            let remove = place.may_write.then(|| {
                let label = format!("Remove {}", visible(one.value.clone()));
                let fields = view! {
                    {place.hidden()}
                    <input type="hidden" name="observable" value=one.id.to_string() />
                    <IconButton submit=true glyph=Glyph::Trash label=label />
                };
                form::<RemoveObservable>("Removed", "inline-form", fields)
            });
            let ioc = one.ioc.then(|| view! { <Badge tone=Tone::High>"indicator"</Badge> });
            let (kind, value, by) = (kind(one.kind), one.value.clone(), one.added_by.clone());
            view! {
                <Row>
                    <td class="shrink">{kind}</td>
                    <td class="message mono">{value} " " {ioc}</td>
                    <td class="wrap">
                        {seen}
                        " "
                        <a class="link" href=sent>"in payloads"</a>
                    </td>
                    <td class="optional">{others}</td>
                    <td class="optional">{by}</td>
                    <td class="shrink">{remove}</td>
                </Row>
            }
        })
        .collect();
    let columns = vec![
        Column::new("Kind").class("shrink"),
        Column::new("Value").class("message"),
        Column::new("Seen"),
        Column::new("Elsewhere").class("optional"),
        Column::new("Added by").class("optional"),
        Column::new("Remove").class("shrink").hidden_header(),
    ];
    let table = if rows.is_empty() {
        view! { <Empty title="No observables yet" text="Addresses, names, hashes: paste them as you find them." icon=Glyph::Search /> }.into_any()
    } else {
        view! {
            <DataTable caption="Observables" columns=columns>
                {rows}
            </DataTable>
        }
        .into_any()
    };
    let add = place.may_write.then(|| {
        let state = Form::printed::<AddObservables>();
        let fields = view! {
            <FormError form=state fields=&["observables"] />
            {place.hidden()}
            <Field id="observables" label="Add observables" hint="As many as you like, one a line or parted by commas. What each is, is told by its form; hxxp and [.] are understood." error=state.reason("observables")>
                <TextArea name="observables" rows=4_u32 mono=true value=state.typed("observables", "") required=true />
            </Field>
            <Checkbox name="ioc" value="yes" label="They are indicators of compromise" />
            <Actions>
                <Button submit=true variant=Variant::Primary>"Add"</Button>
            </Actions>
        };
        form::<AddObservables>("Added", "form", fields)
    });
    Ok(view! {
        {table}
        {add}
    }
    .into_any())
}

/// How many events of the last days have it in their words, and when the last was; a link to them.
fn seen_in_events(place: &Place<'_>, sightings: Option<&Sightings>, href: String) -> AnyView {
    let Some(Sightings { count, last }) = sightings.copied() else {
        return view! { <a class="link" href=href>"Sightings in events"</a> }.into_any();
    };
    if count.n == 0 && count.exact {
        let words = format!("In no event of {} days", cases::SIGHTING_DAYS);
        return view! { <span class="muted">{words}</span> }.into_any();
    }
    let words = [if count.exact { "" } else { "about " }, &counted(count.n, "event", "events")].concat();
    let last =
        last.map(|at| view! { <span class="muted">", last " <Ago when=place.scope.zone.when(at) /></span> });
    view! { <a class="link" href=href>{words}</a> {last} }.into_any()
}

/// The events of which a value is the observable, wherever it stands in them: there is no index of payloads, so the list says how far it has
/// looked. Tools write hashes in either case.
fn anywhere(one: &Observable) -> String {
    let condition = domain::query::edit::condition("payload", &one.value);
    match one.kind {
        ObservableKind::Hash => {
            let other = domain::query::edit::condition("payload", &one.value.to_ascii_uppercase());
            format!("{condition} OR {other}")
        }
        _ => condition,
    }
}

fn kind(kind: ObservableKind) -> String {
    match kind {
        ObservableKind::Ip => "IP".to_owned(),
        ObservableKind::Url => "URL".to_owned(),
        kind => parts::label(kind.as_str()),
    }
}

/// `editing`: the id of the one whose form is open.
pub fn tasks(place: &Place<'_>, found: &[CaseTask], editing: &str) -> AnyView {
    let last = found.len().saturating_sub(1);
    let zone = place.scope.zone;
    let now = place.scope.services.clock.now();
    let rows: Vec<_> = found
        .iter()
        .enumerate()
        .map(|(at, task)| {
            let done = task.completed_at.is_some();
            let id = task.id.to_string();
            let complete = place.may_write.then(|| {
                let (glyph, label) =
                    if done { (Glyph::Refresh, "Open again: ") } else { (Glyph::Check, "Done: ") };
                let fields = view! {
                    {place.hidden()}
                    <input type="hidden" name="task" value=id.clone() />
                    <input type="hidden" name="done" value=(!done).to_string() />
                    <IconButton submit=true glyph label=[label, &task.title].concat() />
                };
                form::<CompleteCaseTask>("Changed", "inline-form", fields)
            });
            let delete = place.may_write.then(|| {
                let fields = view! {
                    {place.hidden()}
                    <input type="hidden" name="task" value=id.clone() />
                    <IconButton submit=true glyph=Glyph::Trash label=["Delete: ", &task.title].concat() />
                };
                form::<DeleteCaseTask>("Deleted", "inline-form", fields)
            });
            let moving = |up: bool, glyph: Glyph, words: &str| {
                let fields = view! {
                    {place.hidden()}
                    <input type="hidden" name="task" value=id.clone() />
                    <input type="hidden" name="up" value=up.to_string() />
                    <IconButton submit=true glyph label=[words, &task.title].concat() />
                };
                form::<MoveCaseTask>("Moved", "inline-form", fields)
            };
            let up = (place.may_write && at > 0).then(|| moving(true, Glyph::ArrowUp, "Earlier: "));
            let down = (place.may_write && at < last).then(|| moving(false, Glyph::ArrowDown, "Later: "));
            let edit = place.may_write.then(|| {
                let href = Link::new(place.href("tasks")).with("task", &id).done();
                view! { <IconButton href=href glyph=Glyph::Edit label=["Change: ", &task.title].concat() /> }
            });
            let (title, assignee, due) = (task.title.clone(), task.assignee.clone(), zone.maybe(task.due_at));
            let done_mark = done.then(|| view! { " " <Badge tone=Tone::Ok>"done"</Badge> });
            let late = !done && task.due_at.is_some_and(|due| due < now);
            view! {
                <Row done=done>
                    <td class="shrink">{complete}</td>
                    <td class="message">{title} {done_mark}</td>
                    <td class="optional">{assignee}</td>
                    <td class=if late { "time optional overdue" } else { "time optional" }>
                        <AgoOr when=due words="–" />
                    </td>
                    <td class="shrink"><span class="row-line">{up} {down} {edit} {delete}</span></td>
                </Row>
            }
        })
        .collect();
    let columns = vec![
        Column::new("Done").class("shrink").hidden_header(),
        Column::new("Task").class("message"),
        Column::new("Assignee").class("optional"),
        Column::new("Due").class("time optional"),
        Column::new("Change").class("shrink").hidden_header(),
    ];
    let table = if rows.is_empty() {
        view! { <Empty title="No tasks yet" text="What has to be done before this can be closed?" icon=Glyph::Check /> }.into_any()
    } else {
        view! {
            <DataTable caption="Tasks" columns=columns>
                {rows}
            </DataTable>
        }
        .into_any()
    };
    let add = place.may_write.then(|| {
        let state = Form::printed::<AddCaseTask>();
        let (people, assignee) = (forms::people(place.members), state.typed("assigned_to_id", ""));
        let fields = view! {
            <FormError form=state fields=&["title", "due_at", "assigned_to_id"] />
            {place.hidden()}
            <Field id="task-title" label="Add a task" error=state.reason("title")>
                <TextInput name="title" value=state.typed("title", "") required=true maxlength=200_u32 />
            </Field>
            <div class="form-grid">
                <Field id="task-assignee" label="Assignee" error=state.reason("assigned_to_id")>
                    <Select name="assigned_to_id" choices=people value=assignee />
                </Field>
                <Field id="task-due" label="Due" error=state.reason("due_at")>
                    <DateTimeInput name="due_at" value=state.typed("due_at", "") />
                </Field>
            </div>
            <Actions>
                <Button submit=true variant=Variant::Primary>"Add the task"</Button>
            </Actions>
        };
        form::<AddCaseTask>("Added", "form", fields)
    });
    let refused = Form::printed::<ChangeCaseTask>();
    let editing = refused.typed("task", editing);
    let change = found
        .iter()
        .find(|task| place.may_write && task.id.to_string() == editing)
        .map(|task| change_task(place, task, refused));
    view! {
        {table}
        {change}
        {add}
    }
    .into_any()
}

/// Where somebody was faster, the form says what the task is now; saved again, it is what is typed.
fn change_task(place: &Place<'_>, task: &CaseTask, state: Form) -> AnyView {
    let (people, zone) = (forms::people(place.members), place.scope.zone);
    let now = task.assigned_to_id.map(|id| id.to_string()).unwrap_or_default();
    let assignee = state.typed("assigned_to_id", now);
    let due = state.typed("due_at", task.due_at.map(|at| zone.input(at)).unwrap_or_default());
    let stale = state.is_conflict().then(|| {
        let who = task.assignee.clone().unwrap_or_else(|| "nobody".to_owned());
        let due = zone.maybe(task.due_at);
        view! {
            <p class="muted">
                "Now it says “" {task.title.clone()} "”, of " {who} ", due " <AgoOr when=due words="no date" /> "."
            </p>
        }
    });
    let title = state.typed("title", &task.title);
    let fields = view! {
        <FormError form=state fields=&["title", "due_at", "assigned_to_id"] />
        {stale}
        {place.hidden()}
        <input type="hidden" name="task" value=task.id.to_string() />
        <input type="hidden" name="version" value=task.version.to_string() />
        <Field id="changed-task" label="Task" error=state.reason("title")>
            <TextInput name="title" value=title required=true maxlength=200_u32 />
        </Field>
        <div class="form-grid">
            <Field id="changed-task-assignee" label="Assignee" error=state.reason("assigned_to_id")>
                <Select name="assigned_to_id" choices=people value=assignee />
            </Field>
            <Field id="changed-task-due" label="Due" error=state.reason("due_at")>
                <DateTimeInput name="due_at" value=due />
            </Field>
        </div>
        <Actions>
            <Button submit=true variant=Variant::Primary>"Save the task"</Button>
        </Actions>
    };
    view! {
        <Dialog id="change-task" title="Change the task" open=true close_href=place.href("tasks")>
            {form::<ChangeCaseTask>("Task changed", "form", fields)}
        </Dialog>
    }
    .into_any()
}
