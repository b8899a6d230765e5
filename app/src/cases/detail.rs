//! `/o/{organization}/cases/{number}?tab=`: one investigation.

use domain::case::field::CaseField;
use domain::case::merge::Merge;
use domain::case::similar::{Shared, Similar};
use domain::case::{Case, CaseNote, Status};
use domain::member::Member;
use domain::permission::{CaseRead, Key, MemberRead};
use leptos::prelude::*;
use service::cases::{self, CaseEvents};
use service::difference::Patience;
use service::markdown::to_html;
use ui::{
    Actions, Avatar, Badge, Button, Dialog, Field, Glyph, PageHead, Pager, Section, Select, Tab, Tabs,
    TextArea, Tone, Variant,
};

use super::saving::{self, Late, LateNote};
use super::{
    BeginCase, EditCase, ReopenCase, ResolveCase, entries, evidence, forms, history, jobs, linked, merges,
    notes, parts, reviews, timeline, work,
};
use crate::error::Answer;
use crate::events::parts::{Severe, counted};
use crate::form::{Form, FormError};
use crate::live;
use crate::page::Page;
use crate::page::print::{Asked, form};
use crate::routes::{self, AuditQuery, Link};
use crate::server::{self, Scope};
use crate::when::{Ago, AgoOr};

const EDIT: &str = "edit-case";
const RESOLVE: &str = "resolve-case";
const REOPEN: &str = "reopen-case";
/// Events of the story at once.
const EVENTS: u32 = 100;

/// What every part of the page needs.
pub(super) struct Place<'a> {
    pub scope: &'a Scope,
    pub case: &'a Case,
    pub members: &'a [Member],
    /// Not of a case that is in another: that one is changed.
    pub may_write: bool,
}

impl Place<'_> {
    pub fn slug(&self) -> &str {
        &self.scope.organization.slug
    }
    /// It is in another case, and who looks may take it out.
    pub fn may_unmerge(&self) -> bool {
        self.case.merged_into.is_some() && self.scope.may(Key::CaseWrite)
    }
    pub fn href(&self, tab: &str) -> String {
        Link::new(routes::case(self.slug(), self.case.number)).with("tab", tab).done()
    }
    pub fn hidden(&self) -> impl IntoView + use<> {
        hidden(self.slug(), self.case)
    }
}

pub async fn page(asked: Asked) -> Answer<Page> {
    let scope = asked.scope().await?;
    let since = live::since(&scope).await?;
    let cx = scope.admit::<CaseRead>()?;
    let mut case = cases::find(&cx, &asked.id).await?;
    let mut length = 0;
    if case.in_review {
        // What comes after this was not looked at.
        length = cases::length(&cx, case.id).await?;
        case = cases::get(&cx, case.id).await?;
    }
    let may_write = scope.may(Key::CaseWrite) && case.merged_into.is_none();
    // Asked before it is proven: a proof that is refused makes the whole answer a 403.
    let members = if may_write && scope.may(Key::MemberRead) {
        service::members::list(&scope.admit::<MemberRead>()?).await?
    } else {
        Vec::new()
    };
    let place = Place { scope: &scope, case: &case, members: &members, may_write };
    let similar = cases::similar(&cx, case.id).await?;
    let jobs = cases::jobs(&cx, case.id).await?;
    let merged = cases::merged(&cx, case.id).await?;
    let went = cases::merge_of(&cx, case.id).await?;
    let own = cases::field_lines(&cx, &case).await?;
    let four_eyes = cases::four_eyes(&cx).await?;
    let asked_for = if case.in_review { cases::reviews(&cx, case.id).await? } else { Vec::new() };
    let (tab, content) = match asked.get("tab") {
        "events" => {
            let ended = jobs::ended(&place, &jobs);
            ("events", linked::linked(&place, &cx, &asked, ended).await?)
        }
        "observables" => ("observables", work::observables(&place, &cx).await?),
        "evidence" => {
            let (files, log) = (cases::evidence(&cx, case.id).await?, cases::custody(&cx, case.id).await?);
            ("evidence", evidence::evidence(&place, &files, &log, &asked))
        }
        "history" => {
            let told = match crate::audit::history::history(&scope, "case", &case.id.to_string()).await? {
                Some(told) => told,
                None => history::told(&cases::history(&cx, case.id).await?, scope.zone),
            };
            ("history", view! { <Section title="History">{told}</Section> }.into_any())
        }
        "tasks" => ("tasks", work::tasks(&place, &cases::tasks(&cx, case.id).await?, asked.get("task"))),
        "" => {
            let written = cases::notes(&cx, case.id).await?;
            let history = cases::history(&cx, case.id).await?;
            let cursor = Some(asked.get("cursor")).filter(|cursor| !cursor.is_empty());
            let events = cases::events(&cx, case.id, EVENTS, cursor).await?;
            let kind = timeline::KINDS
                .iter()
                .find(|(word, _)| *word == asked.get("show"))
                .map_or("", |(word, _)| word);
            let entries = cases::entries(&cx, case.id).await?;
            let named = cases::named(&cx, case.id).await?;
            let earlier = cases::earlier_notes(&cx, case.id, &written).await?;
            let about = timeline::About {
                slug: place.slug(),
                zone: scope.zone,
                case: &case,
                merged: &merged,
                named: &named,
                earlier: &earlier,
                patience: Patience::begin(),
            };
            let story = timeline::timeline(kind, &history, &written, &events.items, &entries, about);
            let story = view! { {of_events(&place, kind, cursor, &events)} {story} }.into_any();
            let own = entries::entries(&place, &entries);
            let late = saving::late_note(&cx, case.id, &written).await?;
            let draft = match saving::previewed(&cx, case.id).await? {
                Some(text) => Some(text),
                None => notes::drafted(&cx, case.id, asked.get("draft")).await?,
            };
            let own_notes = (&written[..], asked.get("note"), late.as_ref());
            ("", summary(&place, kind, story, own_notes, own, draft))
        }
        _ => return Err(server::not_found()),
    };
    let file_count = cases::evidence_count(&cx, case.id).await?;
    let tabs = vec![
        Tab::new("Timeline", place.href(""), tab.is_empty()),
        Tab::new("Linked", place.href("events"), tab == "events").count(case.link_count.to_string()),
        Tab::new("Observables", place.href("observables"), tab == "observables")
            .count(case.observable_count.to_string()),
        Tab::new("Evidence", place.href("evidence"), tab == "evidence").count(file_count.to_string()),
        Tab::new("Tasks", place.href("tasks"), tab == "tasks")
            .count(format!("{}/{}", case.tasks_done, case.task_count)),
        Tab::new("History", place.href("history"), tab == "history"),
    ];
    let head = head(&place, four_eyes);
    let waiting = reviews::waiting(&place, &asked_for, length);
    let went = merges::went(&place, went.as_ref());
    // What the tab shows in full stands beside the others.
    let drifts = if tab == "events" { None } else { linked::beside(&place, &cx).await? };
    let aside = aside(&place, &similar, &own, &merged);
    let late = saving::late(&scope, &cx, &case).await?;
    let dialogs = may_write.then(|| dialogs(&place, &own, asked.get("edit"), late.as_ref()));
    let running = jobs::running(&place, &jobs);
    let body = view! {
        {head}
        {went}
        {waiting}
        {running}
        <Tabs label="Parts of the case" tabs=tabs />
        <div class="columns">
            <div class="main-column">{content}</div>
            <aside class="side" aria-label="Facts">
                {aside}
                {drifts}
            </aside>
        </div>
        {dialogs}
    };
    let topic = format!("case:{}", case.id);
    Ok(Page::of(format!("{} {}", case.key(), case.title), body).follows(since, &[&topic, "tag"]))
}

fn head(place: &Place<'_>, four_eyes: bool) -> AnyView {
    let (slug, case, may_write) = (place.slug().to_owned(), place.case.clone(), place.may_write);
    let (code, title) = (case.key(), case.title.clone());
    let actions = move || {
        let buttons = may_write.then(|| buttons(&slug, &case, four_eyes));
        view! { {live::people_here()} {buttons} }.into_any()
    };
    view! { <PageHead code=code title=title actions=actions /> }.into_any()
}

fn buttons(slug: &str, case: &Case, four_eyes: bool) -> AnyView {
    let begin = (case.status == Status::Open).then(|| {
        let fields = view! {
            {hidden(slug, case)}
            <Button submit=true icon=Glyph::Play>
                "Investigate"
            </Button>
        };
        form::<BeginCase>("Begun", "inline-form", fields)
    });
    let (id, icon, words, variant) = if case.status.is_open() {
        (RESOLVE, Glyph::Check, if four_eyes { "Ask for review" } else { "Resolve" }, Variant::Primary)
    } else {
        (REOPEN, Glyph::Refresh, "Reopen", Variant::Secondary)
    };
    view! {
        <Button opens=EDIT icon=Glyph::Edit>
            "Edit"
        </Button>
        {(!case.in_review).then(|| view! { <Button opens=merges::MERGE icon=Glyph::Link>"Merge"</Button> })}
        {begin}
        {(!case.in_review).then(|| view! {
            <Button opens=id icon=icon variant=variant key="r">
                {words}
            </Button>
        })}
    }
    .into_any()
}

/// Hidden fields of every form here.
fn hidden(slug: &str, case: &Case) -> impl IntoView + use<> {
    view! {
        <input type="hidden" name="organization" value=slug.to_owned() />
        <input type="hidden" name="id" value=case.id.to_string() />
    }
}

/// The organization's own fields, with what this case says in them.
fn own_fields(own: &[(CaseField, Option<String>)]) -> Option<AnyView> {
    let lines: Vec<_> = own
        .iter()
        .map(|(field, value)| {
            let name = field.name.clone();
            let value = match (value, field.required) {
                (Some(value), _) => view! { <span class="lines">{value.clone()}</span> }.into_any(),
                (None, true) => {
                    view! { <span class="faint">"wanted before it is resolved"</span> }.into_any()
                }
                (None, false) => view! { <span class="faint">"–"</span> }.into_any(),
            };
            view! { <p><span class="muted">{name}": "</span> {value}</p> }
        })
        .collect();
    (!lines.is_empty()).then(|| view! { <Section title="Fields">{lines}</Section> }.into_any())
}

fn aside(
    place: &Place<'_>,
    similar: &[Similar],
    own: &[(CaseField, Option<String>)],
    merged: &[(Merge, Case)],
) -> AnyView {
    let inside = merges::inside(place, merged);
    let own = own_fields(own);
    let (case, zone) = (place.case, place.scope.zone);
    let steps = [Status::Open, Status::Investigating, Status::Resolved]
        .map(|status| view! { <span class=(status <= case.status).then_some("on")></span> });
    let assignee = case.assignee.clone().map_or_else(
        || view! { <span class="faint">"nobody"</span> }.into_any(),
        |name| view! { <div class="person"><Avatar name=name.clone() /> {name}</div> }.into_any(),
    );
    let overdue = case
        .is_overdue(place.scope.services.clock.now())
        .then(|| view! { <Badge tone=Tone::High>"overdue"</Badge> });
    let like: Vec<_> = similar
        .iter()
        .map(|Similar { case: other, shared }| {
            let why = why(shared);
            view! {
                <li>
                    <a href=routes::case(place.slug(), other.number)>
                        <span class="mono muted">{other.key()}</span>
                        " "
                        {other.title.clone()}
                    </a>
                    <small class="faint">{why}</small>
                </li>
            }
        })
        .collect();
    let like = (!like.is_empty())
        .then(|| view! { <Section title="Similar"><ul class="plain-list">{like}</ul></Section> });
    let log =
        AuditQuery { target_type: "case".into(), target_id: case.id.to_string(), ..AuditQuery::default() };
    let log = place.scope.may(Key::AuditRead).then(|| {
        let href = log.href(place.slug());
        view! { <p><a class="link" href=href>"Audit log of this case"</a></p> }
    });
    let bundle = place.scope.may(Key::CaseExport).then(|| {
        let (href, name) = (routes::case_export(place.slug(), case.number), format!("{}.zip", case.key()));
        view! { <p><a class="link" href=href rel="external" download=name>"Export as a bundle"</a></p> }
    });
    let all: Vec<String> = case.tags.iter().chain(&case.merged_tags).cloned().collect();
    let tags = if all.is_empty() {
        view! { <span class="faint">"none"</span> }.into_any()
    } else {
        parts::tags(&all, place.slug())
    };
    let (status, priority) = (parts::status(case), parts::priority(case.priority));
    let (severity, markings) = (case.severity, parts::markings(case.tlp, case.pap));
    let (due, opened, changed) =
        (zone.maybe(case.due_at), zone.when(case.created_at), zone.when(case.updated_at));
    view! {
        <Section title="Status">
            <p>{status}</p>
            <div class="steps" aria-hidden="true">{steps}</div>
        </Section>
        <Section title="Severity">
            <p><Severe severity=severity /> " " {priority}</p>
        </Section>
        <Section title="Assignee">{assignee}</Section>
        <Section title="Due">
            <p><AgoOr when=due words="no date" /> " " {overdue}</p>
        </Section>
        <Section title="Markings">
            <p>{markings}</p>
        </Section>
        <Section title="Tags">
            <p class="tags">{tags}</p>
        </Section>
        {own}
        {inside}
        <Section title="Times">
            <p class="muted">"Opened " <Ago when=opened /></p>
            <p class="muted">"Changed " <Ago when=changed /></p>
            {log}
            {bundle}
        </Section>
        {like}
    }
    .into_any()
}

/// What two cases share.
fn why(shared: &Shared) -> String {
    let mut why = Vec::new();
    if shared.observables > 0 {
        why.push(counted(shared.observables, "shared observable", "shared observables"));
    }
    if shared.drifts > 0 {
        why.push(counted(shared.drifts, "shared drift", "shared drifts"));
    }
    if shared.groups > 0 {
        why.push(counted(shared.groups, "shared group", "shared groups"));
    }
    if shared.words.len() > 1 {
        why.push(format!("words {}", shared.words.join(", ")));
    }
    why.join("; ")
}

/// Where the case has more events than stand in the story at once: which these are, and the way to the others.
fn of_events(place: &Place<'_>, kind: &str, cursor: Option<&str>, events: &CaseEvents) -> Option<AnyView> {
    if cursor.is_none() && events.next_cursor.is_none() {
        return None;
    }
    let link = || Link::new(place.href("")).with("show", kind);
    let next = events.next_cursor.as_deref().map(|cursor| link().with("cursor", cursor).done());
    let first = cursor.is_some().then(|| link().done());
    let which = if cursor.is_some() { "that were linked before those" } else { "that were linked last" };
    let summary = format!("{} events {which}; \u{201c}Linked\u{201d} has all", events.items.len());
    Some(
        view! { <Pager label="Pages of events in the timeline" previous=first next=next summary=summary /> }
            .into_any(),
    )
}

fn summary(
    place: &Place<'_>,
    kind: &str,
    story: AnyView,
    (written, editing, late): (&[CaseNote], &str, Option<&LateNote>),
    entries: Option<AnyView>,
    draft: Option<String>,
) -> AnyView {
    let case = place.case;
    let description = if case.description.trim().is_empty() {
        view! { <p class="faint">"No description."</p> }.into_any()
    } else {
        view! { <div class="markdown" inner_html=to_html(&case.description)></div> }.into_any()
    };
    let chips: Vec<_> = timeline::KINDS
        .iter()
        .map(|(word, words)| {
            let href = Link::new(place.href("")).with("show", word).done();
            let class = if *word == kind { "chip on" } else { "chip" };
            view! { <a class=class href=href aria-current=(*word == kind).then_some("true")>{*words}</a> }
        })
        .collect();
    let own = notes::own(place, written, editing, late);
    let write = place.may_write.then(|| notes::write(place, draft));
    view! {
        <Section title="Description">{description}</Section>
        <Section title="Timeline">
            <nav class="row-line" aria-label="What the timeline shows">
                {chips}
            </nav>
            {story}
        </Section>
        {write}
        {own}
        {entries}
    }
    .into_any()
}

fn dialogs(
    place: &Place<'_>,
    own: &[(CaseField, Option<String>)],
    editing: &str,
    late: Option<&Late>,
) -> AnyView {
    let case = place.case;
    let (resolve, reopen, edit) =
        (Form::printed::<ResolveCase>(), Form::printed::<ReopenCase>(), Form::printed::<EditCase>());
    let resolving = view! {
        <FormError form=resolve fields=&["reason", "resolution"] />
        {place.hidden()}
        <Field id="resolution" label="What was it?" required=true error=resolve.reason("resolution")>
            <Select name="resolution" choices=parts::resolutions() value=resolve.typed("resolution", "true_positive") />
        </Field>
        <Field id="resolve-reason" label="Why" required=true hint="What was found and done; the next reader starts here." error=resolve.reason("reason")>
            <TextArea name="reason" rows=4_u32 value=resolve.typed("reason", "") required=true />
        </Field>
        <Actions>
            <Button submit=true variant=Variant::Primary>"Resolve the case"</Button>
        </Actions>
    };
    let reopening = view! {
        <FormError form=reopen fields=&["reason"] />
        {place.hidden()}
        <Field id="reopen-reason" label="Why" required=true error=reopen.reason("reason")>
            <TextArea name="reason" rows=3_u32 value=reopen.typed("reason", "") required=true />
        </Field>
        <Actions>
            <Button submit=true variant=Variant::Primary>"Reopen the case"</Button>
        </Actions>
    };
    let editing = !editing.is_empty() || edit.refused().get_untracked();
    let own: Vec<CaseField> = own.iter().map(|(field, _)| field.clone()).collect();
    let fields = forms::edit(place.slug(), case, (place.members, &own), place.scope.zone, late);
    view! {
        <Dialog id=EDIT title=format!("Edit {}", case.key()) wide=true open=editing>
            {fields}
        </Dialog>
        {merges::dialog(place)}
        <Dialog id=RESOLVE title=format!("Resolve {}", case.key()) open=resolve.refused()>
            {form::<ResolveCase>("Resolved", "form", resolving)}
        </Dialog>
        <Dialog id=REOPEN title=format!("Reopen {}", case.key()) open=reopen.refused()>
            {form::<ReopenCase>("Reopened", "form", reopening)}
        </Dialog>
    }
    .into_any()
}
