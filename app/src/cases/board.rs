//! `/o/{organization}/cases?layout=board`: the cases by status, to be moved from one to the next. Server only.
//!
//! A card can be moved by its buttons, which are links and submit buttons; dragging it and Shift with an arrow press them
//! (`scripts/page.mjs`). Resolving and reopening ask for a reason first: `&move=7` opens that.

use domain::Timestamp;
use domain::case::{Case, CaseFilter, CaseSort, Resolution, Status, key};
use domain::permission::CaseRead;
use domain::query::Query;
use leptos::prelude::*;
use service::cases;
use ui::{Actions, Button, Choice, Dialog, Field, Select, TextArea, Variant};

use super::bulk::ChangeCases;
use super::bulk_bar::NUMBERS;
use super::parts;
use super::query::CaseQuery;
use crate::error::Answer;
use crate::events::parts::Severe;
use crate::form::{Form, FormError};
use crate::page::print::{Asked, form};
use crate::routes;
use crate::server::Scope;
use crate::when::{AgoOr, Zone};

/// Cards of a column.
const LIMIT: u32 = 50;
const DIALOG: &str = "move-case";

#[derive(Clone, Copy)]
struct Place<'a> {
    slug: &'a str,
    query: &'a CaseQuery,
    may_write: bool,
    zone: Zone,
    now: Timestamp,
}

/// The columns, and the dialog of the card that is being moved.
pub async fn board(
    scope: &Scope,
    asked: &Asked,
    query: &CaseQuery,
    searched: Option<Query>,
    may_write: bool,
) -> Answer<AnyView> {
    let cx = scope.admit::<CaseRead>()?;
    let filter = query.filter(searched, scope, cx.now());
    let slug = scope.organization.slug.as_str();
    let place = Place { slug, query, may_write, zone: scope.zone, now: cx.now() };
    let mut columns = Vec::new();
    for status in Status::ALL {
        let of = CaseFilter { status: vec![*status], ..filter.clone() };
        let page = cases::list(&cx, &of, CaseSort::Updated, LIMIT, None).await?;
        columns.push(column(place, *status, &page.items, page.next_cursor.is_some()));
    }
    let moved = domain::case::number(asked.get("move")).filter(|_| may_write);
    let dialog = match moved {
        Some(number) => Some(dialog(place, &cases::find(&cx, &key(number)).await?)),
        None => None,
    };
    Ok(view! {
        <div class="board">{columns}</div>
        {dialog}
    }
    .into_any())
}

fn column(place: Place<'_>, status: Status, found: &[Case], more: bool) -> AnyView {
    let cards: Vec<_> = found.iter().map(|case| card(place, case)).collect();
    let count = format!("{}{}", found.len(), if more { "+" } else { "" });
    let heading = format!("board-{status}");
    let labelled = heading.clone();
    let none = found.is_empty().then(|| view! { <p class="faint">"None"</p> });
    view! {
        <section class="board-column" data-status=status.as_str() aria-labelledby=labelled>
            <h2 id=heading>{status.label()} " " <span class="badge">{count}</span></h2>
            {none}
            <ul>{cards}</ul>
        </section>
    }
    .into_any()
}

fn card(place: Place<'_>, case: &Case) -> AnyView {
    let href = routes::case(place.slug, case.number);
    let leads = href.clone();
    let tags = parts::tags(&case.tags, place.slug);
    let due = case.due_at.map(|at| {
        let class = if case.is_overdue(place.now) { "time overdue" } else { "time" };
        let due = place.zone.maybe(Some(at));
        view! { <span class=class>"due " <AgoOr when=due words="–" /></span> }
    });
    let (number, title, severity) = (case.key(), case.title.clone(), case.severity);
    let assignee = case.assignee.clone().unwrap_or_else(|| "nobody".to_owned());
    let resolution = case.resolution.map(|of| view! { <span>{parts::label(of.as_str())}</span> });
    let moves = place.may_write.then(|| moves(place, case));
    let class = if case.status.is_open() { "board-card" } else { "board-card done" };
    view! {
        <li class=class data-row data-href=leads draggable=if place.may_write { "true" } else { "false" }>
            <span class="row-line">
                <span class="mono muted">{number}</span>
                <Severe severity=severity />
            </span>
            <a data-row-link href=href draggable="false">{title}</a>
            <span class="row-line muted"><span>{assignee}</span> {due} {resolution}</span>
            <span class="tags">{tags}</span>
            {moves}
        </li>
    }
    .into_any()
}

/// Where a card can go. `data-to` names the column.
fn moves(place: Place<'_>, case: &Case) -> AnyView {
    let asks = place.query.link(place.slug).with("move", &case.number.to_string()).done();
    let key = case.key();
    let ask = |to: Status, words: &'static str| {
        let (asks, label) = (asks.clone(), format!("{words} {key}"));
        view! { <a class="button ghost" href=asks data-to=to.as_str() aria-label=label draggable="false">{words}</a> }
    };
    let (begin, end) = match case.status {
        Status::Open => (Some(begin(place, case)), ask(Status::Resolved, "Resolve")),
        Status::Investigating => (None, ask(Status::Resolved, "Resolve")),
        Status::Resolved => (None, ask(Status::Investigating, "Reopen")),
    };
    view! { <div class="row-line">{begin} {end}</div> }.into_any()
}

fn begin(place: Place<'_>, case: &Case) -> AnyView {
    let label = format!("Investigate {}", case.key());
    let fields = view! {
        <input type="hidden" name="organization" value=place.slug.to_owned() />
        <input type="hidden" name=NUMBERS value=case.number.to_string() />
        <input type="hidden" name="asked[act]" value="investigate" />
        <button type="submit" class="button ghost" data-to="investigating" aria-label=label>"Investigate"</button>
    };
    form::<ChangeCases>("Changed", "inline-form", fields)
}

/// What a move wants to know: what it was, and why.
fn dialog(place: Place<'_>, case: &Case) -> AnyView {
    let state = Form::printed::<ChangeCases>();
    let open = case.status.is_open();
    let verb = if open { "Resolve" } else { "Reopen" };
    let title = format!("{verb} {}", case.key());
    let of = open.then(|| {
        let choices: Vec<Choice> = Resolution::ALL
            .iter()
            .map(|of| Choice::new(format!("resolve:{of}"), parts::label(of.as_str())))
            .collect();
        let chosen = state.typed("act", "resolve:true_positive");
        view! {
            <Field id="move-resolution" label="What was it?">
                <Select name="asked[act]" choices=choices value=chosen />
            </Field>
        }
    });
    let reopen = (!open).then(|| view! { <input type="hidden" name="asked[act]" value="reopen" /> });
    let close = place.query.link(place.slug).done();
    let (slug, number) = (place.slug.to_owned(), case.number.to_string());
    let reason = state.typed("reason", "");
    let fields = view! {
        <FormError form=state fields=&["reason"] />
        <input type="hidden" name="organization" value=slug />
        <input type="hidden" name=NUMBERS value=number />
        {of}
        {reopen}
        <Field id="move-reason" label="Why" required=true error=state.reason("reason")>
            <TextArea name="asked[reason]" rows=3_u32 required=true maxlength=2000_u32 value=reason />
        </Field>
        <Actions>
            <Button submit=true variant=Variant::Primary>{verb} " the case"</Button>
        </Actions>
    };
    let fields = form::<ChangeCases>("Changed", "form", fields);
    view! {
        <Dialog id=DIALOG title=title open=true close_href=close>
            {fields}
        </Dialog>
    }
    .into_any()
}
