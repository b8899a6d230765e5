//! One case beside the list: what it says and what happened last, with the way to its page. Server only.

use domain::case::mention::Named;
use domain::case::{Case, CaseNote};
use domain::permission::CaseRead;
use leptos::prelude::*;
use service::markdown::{note_html, to_html};
use service::{Cx, cases};
use ui::{Avatar, Badge, Empty, Glyph, Panel, Section, Tone};

use super::parts;
use super::query::CaseQuery;
use crate::error::Answer;
use crate::events::parts::{Severe, counted};
use crate::page::print::Asked;
use crate::routes::{self, Link};
use crate::server::Scope;
use crate::when::{Ago, AgoOr, Zone};

/// The newest notes that are shown.
const NOTES: usize = 3;

/// Where in the list one is.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    pub slug: &'a str,
    pub query: &'a CaseQuery,
    /// Where the page of the list begins.
    pub cursor: &'a str,
}

impl Place<'_> {
    pub fn list(self) -> Link {
        self.query.link(self.slug).with("cursor", self.cursor)
    }
    /// The list with a case beside it.
    pub fn open(self, number: i64) -> String {
        self.list().with("case", &number.to_string()).done()
    }
}

/// The case of `?case=`, which need not be in the list any more; nothing when none is asked for.
pub async fn panel(
    scope: &Scope,
    cx: &Cx<CaseRead>,
    asked: &Asked,
    found: &[Case],
    place: Place<'_>,
) -> Answer<Option<AnyView>> {
    let wanted = asked.get("case");
    if wanted.is_empty() {
        return Ok(None);
    }
    let close = place.list().done();
    let Ok(case) = cases::find(cx, wanted).await else {
        return Ok(Some(
            view! {
                <Panel label="Case" close_href=close>
                    <Empty title="No such case" text="The address may be of another organization." icon=Glyph::Cases />
                </Panel>
            }
            .into_any(),
        ));
    };
    let notes = (cases::notes(cx, case.id).await?, cases::named(cx, case.id).await?);
    let at = found.iter().position(|one| one.id == case.id);
    let beside = |step: isize| {
        let other = at.and_then(|at| at.checked_add_signed(step)).and_then(|at| found.get(at));
        MaybeProp::from(other.map(|other| place.open(other.number)))
    };
    let (previous, next) = (beside(-1), beside(1));
    let page = routes::case(place.slug, case.number);
    let (key, severity) = (case.key(), case.severity);
    let title =
        move || view! { <Severe severity=severity /> <span class="mono">{key.clone()}</span> }.into_any();
    let body = body(&case, &notes, place.slug, scope.zone, cx.now());
    let expand = page.clone();
    let name = format!("{} {}", case.key(), case.title);
    let heading = case.title.clone();
    Ok(Some(
        view! {
            <Panel label=name close_href=close previous_href=previous next_href=next expand_href=expand title=title>
                <section>
                    <p><a class="link" href=page><strong>{heading}</strong></a></p>
                </section>
                {body}
            </Panel>
        }
        .into_any(),
    ))
}

/// `notes` with whom they name.
fn body(
    case: &Case,
    (notes, named): &(Vec<CaseNote>, Vec<Named>),
    slug: &str,
    zone: Zone,
    now: domain::Timestamp,
) -> AnyView {
    let (status, priority) = (parts::status(case), parts::priority(case.priority));
    let markings = parts::markings(case.tlp, case.pap);
    let assignee = case.assignee.clone().map_or_else(
        || view! { <span class="faint">"nobody"</span> }.into_any(),
        |name| view! { <div class="person"><Avatar name=name.clone() /> {name}</div> }.into_any(),
    );
    let overdue = case.is_overdue(now).then(|| view! { <Badge tone=Tone::High>"overdue"</Badge> });
    let (due, changed) = (zone.maybe(case.due_at), zone.when(case.updated_at));
    let tags = (!case.tags.is_empty()).then(|| view! { <p class="tags">{parts::tags(&case.tags, slug)}</p> });
    let description = if case.description.trim().is_empty() {
        view! { <p class="faint">"No description."</p> }.into_any()
    } else {
        view! { <div class="markdown" inner_html=to_html(&case.description)></div> }.into_any()
    };
    let counts = [
        counted(case.link_count, "link", "links"),
        counted(case.observable_count, "observable", "observables"),
        match case.task_count {
            0 => "no tasks".to_owned(),
            n => format!("{} of {} done", case.tasks_done, counted(n, "task", "tasks")),
        },
    ]
    .join(", ");
    let written: Vec<_> = notes.iter().filter(|note| note.deleted_at.is_none()).collect();
    let more = written.len().saturating_sub(NOTES);
    let shown: Vec<_> = written
        .iter()
        .rev()
        .take(NOTES)
        .map(|note| {
            let (author, when) = (note.author.clone(), zone.when(note.created_at));
            let html = note_html(note, named);
            view! {
                <p class="muted">{author} ", " <Ago when=when /></p>
                <div class="note-box markdown" inner_html=html></div>
            }
        })
        .collect();
    let more = (more > 0).then(|| {
        let all = routes::case(slug, case.number);
        view! { <p><a class="link" href=all>{counted(more as i64, "more note", "more notes")}</a></p> }
    });
    let notes = (!shown.is_empty()).then(|| view! { <Section title="Notes">{shown} {more}</Section> });
    view! {
        <Section title="Status">
            <p>{status} " " {priority}</p>
            <p>{markings}</p>
            {tags}
        </Section>
        <Section title="Assignee">{assignee}</Section>
        <Section title="Due">
            <p><AgoOr when=due words="no date" /> " " {overdue}</p>
        </Section>
        <Section title="Description">{description}</Section>
        <Section title="In it">
            <p>{counts}</p>
            <p class="muted">"Changed " <Ago when=changed /></p>
        </Section>
        {notes}
    }
    .into_any()
}
