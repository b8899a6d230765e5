//! The form of a case, for a new one and for one that is there.

use domain::Severity;
use domain::case::field::{CaseField, FieldKind};
use domain::case::template::CaseTemplate;
use domain::case::{Case, NewCase, Pap, Priority, Tlp};
use domain::member::Member;
use leptos::prelude::*;
use ui::{
    Actions, Button, Choice, DateTimeInput, Field, Notice, NoticeKind, Select, TextArea, TextInput, Variant,
};

use super::parts::label;
use super::saving::{self, Late};
use super::{CaseForm, EditCase, OpenCase};
use crate::form::{Form, FormError};
use crate::page::print::form;
use crate::when::Zone;

const FIELDS: &[&str] = &["preview", "template", "title", "description", "tags", "due_at", "assigned_to_id"];

/// Nobody, then the members that can work on cases.
pub fn people(members: &[Member]) -> Vec<Choice> {
    let one = |member: &Member| {
        let name = member.display_name.clone().unwrap_or_else(|| member.username.clone());
        Choice::new(member.user_id.to_string(), name)
    };
    std::iter::once(Choice::new("", "Nobody")).chain(members.iter().filter(|m| m.enabled).map(one)).collect()
}

/// What the form of a new case starts with.
pub fn starts() -> CaseForm {
    CaseForm {
        priority: "normal".to_owned(),
        severity: "medium".to_owned(),
        tlp: "amber".to_owned(),
        pap: "amber".to_owned(),
        ..CaseForm::default()
    }
}

/// The templates that a new case can be opened from, and the one that was chosen.
#[derive(Default)]
pub struct Offered {
    /// Its id; empty for none.
    pub chosen: String,
    pub each: Vec<Offer>,
}

/// A template.
pub struct Offer {
    id: String,
    name: String,
    /// When to take it.
    about: String,
    /// The address of the form that it fills in.
    href: String,
}

impl Offered {
    /// `href`: the address of the form with a template, by its id.
    pub fn of(templates: &[CaseTemplate], chosen: &str, href: impl Fn(&str) -> String) -> Self {
        let known = |template: &&CaseTemplate| template.archived_at.is_none();
        let one = |template: &CaseTemplate| {
            let id = template.id.to_string();
            let href = href(&id);
            Offer { id, name: template.brings.name.clone(), about: template.brings.about.clone(), href }
        };
        let each: Vec<_> = templates.iter().filter(known).map(one).collect();
        let chosen = if each.iter().any(|one| one.id == chosen) { chosen.to_owned() } else { String::new() };
        Self { chosen, each }
    }
    /// With scripts a link, behind which what was typed stays in its fields; without, a button that sends it along.
    fn choices(&self, chosen: &str) -> Option<AnyView> {
        let chips: Vec<_> = self
            .each
            .iter()
            .map(|one| {
                let Offer { id, name, about, href } = one;
                let on = id == chosen;
                let class = |of: &str| [if on { "chip on " } else { "chip " }, of].concat();
                let current = on.then_some("true");
                view! {
                    <a class=class("scripted") href=href.clone() title=about.clone() aria-current=current>{name.clone()}</a>
                    <button class=class("plain") type="submit" name="take" value=id.clone() formnovalidate=true title=about.clone() aria-current=current>
                        {name.clone()}
                    </button>
                }
            })
            .collect();
        (!chips.is_empty()).then(|| {
            view! {
                <nav class="row-line" aria-label="Templates"><span class="muted">"From a template"</span> {chips}</nav>
            }
            .into_any()
        })
    }
}

/// What was typed, and where nothing was, what the template brings.
pub fn with_template(typed: CaseForm, template: &CaseTemplate) -> CaseForm {
    let (starts, brings) = (starts(), of_template(template));
    let keep = |typed: String, start: &str, brings: String| {
        if typed.is_empty() || typed == start { brings } else { typed }
    };
    let mut fields = brings.fields;
    fields.extend(typed.fields.into_iter().filter(|(_, value)| !value.is_empty()));
    CaseForm {
        title: typed.title,
        description: keep(typed.description, "", brings.description),
        priority: keep(typed.priority, &starts.priority, brings.priority),
        severity: keep(typed.severity, &starts.severity, brings.severity),
        tlp: keep(typed.tlp, &starts.tlp, brings.tlp),
        pap: keep(typed.pap, &starts.pap, brings.pap),
        assigned_to_id: typed.assigned_to_id,
        due_at: typed.due_at,
        tags: keep(typed.tags, "", brings.tags),
        fields,
    }
}

/// What the form of a case of a template starts with.
pub fn of_template(template: &CaseTemplate) -> CaseForm {
    let brings = &template.brings;
    CaseForm {
        description: brings.description.clone(),
        priority: brings.priority.as_str().to_owned(),
        severity: brings.severity.as_str().to_owned(),
        tlp: brings.tlp.as_str().to_owned(),
        pap: brings.pap.as_str().to_owned(),
        tags: brings.tags.join(", "),
        fields: brings.fields.clone(),
        ..CaseForm::default()
    }
}

/// What the form of a new case starts with: what it is about says the title, the chosen template the rest.
pub fn begun(starts: CaseForm, templates: &[CaseTemplate], chosen: &str) -> CaseForm {
    let template = templates.iter().find(|one| one.archived_at.is_none() && one.id.to_string() == chosen);
    match template {
        None => starts,
        Some(template) => CaseForm { title: starts.title, ..of_template(template) },
    }
}

/// A new case, about something or not: things by name, or all that a list shows.
pub fn open(
    slug: &str,
    (about, matching): (&str, &str),
    starts: &CaseForm,
    (members, own): (&[Member], &[CaseField]),
    template: &Offered,
) -> AnyView {
    let printed = Form::printed::<OpenCase>();
    let looked_at = saving::is_preview(printed);
    // What is looked at was kept whole; what came back by the address may not be.
    let state = if looked_at { Form::untouched() } else { printed };
    let chosen = printed.typed("template", &template.chosen);
    let offers = template.choices(&chosen);
    let taken =
        state.reason("template").get().map(|words| view! { <p class="hint" role="status">{words}</p> });
    let about = printed.typed("about", about);
    let matching = printed.typed("matching", matching);
    let count = about.split_whitespace().count();
    let told = (count > 0).then(|| {
        let words = if count == 1 {
            "It will be linked to what you came from.".to_owned()
        } else {
            format!("It will be linked to {count} things.")
        };
        view! { <Notice kind=NoticeKind::Info>{words}</Notice> }
    });
    let fields = view! {
        <FormError form=state fields=FIELDS />
        // The first button is what Enter presses.
        <button type="submit" hidden=true></button>
        {looked_at.then(|| saving::shown(&starts.description))}
        {offers}
        {taken}
        <input type="hidden" name="template" value=chosen />
        {told}
        <input type="hidden" name="organization" value=slug.to_owned() />
        <input type="hidden" name="about" value=about />
        <input type="hidden" name="matching" value=matching />
        {fields("open", state, starts, (members, own))}
        <Actions>
            {look()}
            <Button submit=true variant=Variant::Primary>
                "Open the case"
            </Button>
        </Actions>
    };
    form::<OpenCase>("Opened", "form", fields)
}

/// What is there, to change. When somebody was faster, what they wrote is put together with what was typed, and what both
/// changed stands beside it.
pub fn edit(
    slug: &str,
    case: &Case,
    choices: (&[Member], &[CaseField]),
    zone: Zone,
    late: Option<&Late>,
) -> AnyView {
    let state = Form::printed::<EditCase>();
    let now = saving::form_of(&NewCase::of(case), zone);
    let looked_at = saving::is_preview(state);
    let told = late.filter(|_| !looked_at).map(|late| saving::told(late, case, choices, zone));
    let both = late.and_then(|late| late.clash.as_ref()).is_some_and(|clash| clash.description.is_some());
    let ways = both.then(|| crate::merge::buttons("description"));
    let version = state.typed("version", case.version.to_string());
    // What was kept is whole; what came back by the address may not be.
    let (shown, typed) = match late {
        Some(Late { clash: Some(clash), .. }) => (saving::form_of(&clash.merged, zone), Form::untouched()),
        Some(late) => (late.typed.clone(), Form::untouched()),
        None => (now, state),
    };
    let fields = view! {
        <FormError form=state fields=FIELDS />
        {told}
        {looked_at.then(|| saving::shown(&shown.description))}
        <input type="hidden" name="organization" value=slug.to_owned() />
        <input type="hidden" name="id" value=case.id.to_string() />
        <input type="hidden" name="version" value=version />
        // The first button is what Enter presses.
        <button type="submit" hidden=true></button>
        {fields("edit", typed, &shown, choices)}
        <Actions>
            {look()}
            <Button submit=true variant=Variant::Primary>
                "Save"
            </Button>
            {ways}
        </Actions>
    };
    form::<EditCase>("Saved", "form", fields)
}

/// Shows the description as it will be read; nothing is saved, and everything that was typed stays.
fn look() -> AnyView {
    view! {
        <button class="button" type="submit" name="preview" value="true" formnovalidate=true>
            <span class="words">"Preview"</span>
        </button>
    }
    .into_any()
}

fn words<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str) -> Vec<Choice> {
    all.iter().map(|one| Choice::new(word(*one), label(word(*one)))).collect()
}

/// One field of the organization's own.
fn own_field(prefix: &str, field: &CaseField, state: Form, now: &CaseForm, members: &[Member]) -> AnyView {
    let name = format!("case[fields][{}]", field.key);
    let typed = format!("fields.{}", field.key);
    let had = now.fields.get(&field.key).cloned().unwrap_or_default();
    let value = state.typed(&typed, had.clone());
    let one_of = |mut choices: Vec<Choice>| {
        // What it has stays choosable, though it is no choice any more.
        if !had.is_empty() && !choices.iter().any(|choice| choice.value == had) {
            choices.push(Choice::new(had.clone(), had.clone()));
        }
        choices
    };
    let choices = match field.kind {
        FieldKind::Choice => {
            let all = field.choices.iter().map(|choice| Choice::new(choice.clone(), choice.clone()));
            one_of(std::iter::once(Choice::new("", "–")).chain(all).collect())
        }
        FieldKind::User => one_of(people(members)),
        FieldKind::Date | FieldKind::Number | FieldKind::Text => Vec::new(),
    };
    let kind = field.kind;
    // Made inside the field, which tells it its name and its hint.
    let input = move || match kind {
        FieldKind::Choice | FieldKind::User => {
            view! { <Select name=name choices=choices value=value /> }.into_any()
        }
        FieldKind::Date => view! { <TextInput name=name kind="date" value=value /> }.into_any(),
        FieldKind::Number => view! { <TextInput name=name value=value autocomplete="off" /> }.into_any(),
        FieldKind::Text => view! { <TextArea name=name value=value rows=2_u32 /> }.into_any(),
    };
    let holds = match field.kind {
        FieldKind::Text => "Text",
        FieldKind::Number => "A number",
        FieldKind::Date => "A date",
        FieldKind::Choice => "One of a list",
        FieldKind::User => "A member",
    };
    let hint = [holds, if field.required { "; wanted before the case is resolved" } else { "" }].concat();
    view! {
        <Field id=format!("{prefix}-field-{}", field.key) label=field.name.clone() hint=hint error=state.reason_of(&typed)>
            {input()}
        </Field>
    }
    .into_any()
}

/// The organization's own fields that are in use.
pub fn own_fields(
    prefix: &str,
    state: Form,
    now: &CaseForm,
    (members, own): (&[Member], &[CaseField]),
) -> Option<AnyView> {
    let each: Vec<_> = own
        .iter()
        .filter(|field| field.archived_at.is_none())
        .map(|field| own_field(prefix, field, state, now, members))
        .collect();
    (!each.is_empty()).then(|| view! { <div class="form-grid">{each}</div> }.into_any())
}

/// Severity, priority and markings.
pub fn ranks(prefix: &str, state: Form, now: &CaseForm) -> AnyView {
    let id = |name: &str| format!("{prefix}-{name}");
    let priorities = words(Priority::ALL, Priority::as_str);
    let severities = words(&Severity::ALL, Severity::as_str);
    let tlps: Vec<Choice> =
        Tlp::ALL.iter().map(|t| Choice::new(t.as_str(), t.as_str().to_uppercase())).collect();
    let paps: Vec<Choice> =
        Pap::ALL.iter().map(|p| Choice::new(p.as_str(), p.as_str().to_uppercase())).collect();
    let severity = state.typed("severity", &now.severity);
    let priority = state.typed("priority", &now.priority);
    let tlp = state.typed("tlp", &now.tlp);
    let pap = state.typed("pap", &now.pap);
    view! {
        <Field id=id("severity") label="Severity">
            <Select name="case[severity]" choices=severities value=severity />
        </Field>
        <Field id=id("priority") label="Priority">
            <Select name="case[priority]" choices=priorities value=priority />
        </Field>
        <Field id=id("tlp") label="TLP">
            <Select name="case[tlp]" choices=tlps value=tlp />
        </Field>
        <Field id=id("pap") label="PAP">
            <Select name="case[pap]" choices=paps value=pap />
        </Field>
    }
    .into_any()
}

fn fields(prefix: &str, state: Form, now: &CaseForm, (members, own): (&[Member], &[CaseField])) -> AnyView {
    let of_its_own = own_fields(prefix, state, now, (members, own));
    let ranks = ranks(prefix, state, now);
    let hint = if state.is_refused() && !state.has_typed("description") {
        "Markdown. A long text comes back only with scripts: this is what the case says."
    } else {
        "Markdown"
    };
    let id = |name: &str| format!("{prefix}-{name}");
    let people = people(members);
    let title = state.typed("title", &now.title);
    let description = state.typed("description", &now.description);
    let assigned_to_id = state.typed("assigned_to_id", &now.assigned_to_id);
    let due_at = state.typed("due_at", &now.due_at);
    let tags = state.typed("tags", &now.tags);
    view! {
        <Field id=id("title") label="Title" required=true error=state.reason("title")>
            <TextInput name="case[title]" value=title required=true maxlength=200_u32 />
        </Field>
        <Field id=id("description") label="Description" hint=hint error=state.reason("description")>
            <TextArea name="case[description]" rows=5_u32 value=description />
        </Field>
        <div class="form-grid">
            {ranks}
            <Field id=id("assignee") label="Assignee" error=state.reason("assigned_to_id")>
                <Select name="case[assigned_to_id]" choices=people value=assigned_to_id />
            </Field>
            <Field id=id("due") label="Due" error=state.reason("due_at")>
                <DateTimeInput name="case[due_at]" value=due_at />
            </Field>
        </div>
        {of_its_own}
        <Field id=id("tags") label="Tags" hint="Parted by commas" error=state.reason("tags")>
            <TextInput name="case[tags]" value=tags autocomplete="off" />
        </Field>
    }
    .into_any()
}
