//! The templates of cases on `/o/{organization}/settings/cases`; `?template={id}` opens one. Server only.

use domain::case::field::CaseField;
use domain::case::template::CaseTemplate;
use domain::member::Member;
use domain::permission::CaseRead;
use leptos::prelude::*;
use service::Cx;
use service::merge::Fields;
use ui::{
    Actions, Badge, Button, Column, DataTable, Dialog, Empty, Field, Glyph, Row, Section, TextArea,
    TextInput, Variant,
};

use super::template_api::{self, ArchiveCaseTemplate, ChangeCaseTemplate, DefineCaseTemplate, TemplateForm};
use crate::audit::history;
use crate::cases::forms;
use crate::error::Answer;
use crate::events::parts::{Severe, counted};
use crate::form::{Form, FormError};
use crate::page::print::form;
use crate::routes::{Link, SettingsPage};
use crate::stale;

const ADD: &str = "add-template";
const FIELDS: &[&str] = &["name", "about", "description", "tags", "tasks"];

/// `shown`: the id of the one that is open.
pub(super) async fn section(
    cx: &Cx<CaseRead>,
    templates: &[CaseTemplate],
    choices: (&[CaseField], &[Member]),
    shown: &str,
    (may_change, may_audit): (bool, bool),
    slug: &str,
) -> Answer<AnyView> {
    let rows = templates.iter().map(|template| row(template, (may_change, may_audit), slug)).collect_view();
    let table = if templates.is_empty() {
        view! { <Empty title="No templates yet" text="Phishing, malware, a lost device: what such a case starts with, and what there is to do in it." icon=Glyph::Cases /> }
            .into_any()
    } else {
        let columns = vec![
            Column::new("Template").class("message"),
            Column::new("Severity").class("shrink"),
            Column::new("Brings").class("optional"),
            Column::new("Change").class("shrink").hidden_header(),
        ];
        view! { <DataTable caption="Templates of cases" columns=columns>{rows}</DataTable> }.into_any()
    };
    let shown = templates.iter().find(|template| may_change && template.id.to_string() == shown);
    let change = match shown {
        Some(template) => Some(change(cx, template, choices, slug).await?),
        None => None,
    };
    let button = move || {
        may_change.then(|| {
            view! {
                <Button opens=ADD icon=Glyph::Plus>
                    "Add a template"
                </Button>
            }
        })
    };
    let add = may_change.then(|| add(choices, slug));
    let view = view! {
        <Section title="Templates of cases" hint="Chosen in the form of a new case; cases that were opened from one stay as they are." actions=move || button().into_any()>
            {table}
        </Section>
        {add}
        {change}
    };
    Ok(view.into_any())
}

fn row(template: &CaseTemplate, (may_change, may_audit): (bool, bool), slug: &str) -> AnyView {
    let (page, id) = (SettingsPage::Cases.href(slug), template.id.to_string());
    let told = history::button(may_audit, &page, &id, &template.brings.name);
    let href = Link::new(SettingsPage::Cases.href(slug)).with("template", &template.id.to_string()).done();
    let archived = template.archived_at.is_some();
    let brings = &template.brings;
    let mut words = vec![counted(brings.tasks.len() as i64, "task", "tasks")];
    if !brings.tags.is_empty() {
        words.push(format!("tags {}", brings.tags.join(", ")));
    }
    let (name, about, severity) = (brings.name.clone(), brings.about.clone(), brings.severity);
    let gone = archived.then(|| view! { " " <Badge>"archived"</Badge> });
    view! {
        <Row done=archived>
            <td class="message"><div>{name} " " <span class="faint">{about}</span> {gone}</div></td>
            <td class="shrink"><Severe severity=severity /></td>
            <td class="optional">{words.join("; ")}</td>
            <td class="shrink">
                {told}
                {may_change.then(|| view! { <Button href=href variant=Variant::Ghost>"Change"</Button> })}
            </td>
        </Row>
    }
    .into_any()
}

fn fields(
    prefix: &'static str,
    state: Form,
    now: &TemplateForm,
    (own, members): (&[CaseField], &[Member]),
) -> AnyView {
    let id = |field: &str| format!("{prefix}-{field}");
    let name = state.typed("name", &now.name);
    let about = state.typed("about", &now.about);
    let description = state.typed("description", &now.description);
    let tasks = state.typed("tasks", &now.tasks);
    let tags = state.typed("tags", &now.tags);
    let case = now.case();
    let ranks = forms::ranks(prefix, state, &case);
    let own = forms::own_fields(prefix, state, &case, (members, own));
    view! {
        <FormError form=state fields=FIELDS />
        <Field id=id("name") label="Name" required=true error=state.reason("name")>
            <TextInput name="name" value=name required=true maxlength=60_u32 />
        </Field>
        <Field id=id("about") label="When to take it" error=state.reason("about")>
            <TextInput name="about" value=about maxlength=200_u32 />
        </Field>
        <div class="form-grid">{ranks}</div>
        <Field id=id("description") label="Description" hint="Markdown that the case starts with." error=state.reason("description")>
            <TextArea name="case[description]" rows=4_u32 value=description />
        </Field>
        <Field id=id("tasks") label="Tasks" hint="One a line, in their order; the time it has behind a bar: Ask the user | 4h (30m, 4h, 2d, 1w)." error=state.reason("tasks")>
            <TextArea name="tasks" rows=5_u32 value=tasks />
        </Field>
        <Field id=id("tags") label="Tags" hint="Parted by commas" error=state.reason("tags")>
            <TextInput name="case[tags]" value=tags autocomplete="off" />
        </Field>
        {own}
    }
    .into_any()
}

fn add(choices: (&[CaseField], &[Member]), slug: &str) -> AnyView {
    let state = Form::printed::<DefineCaseTemplate>();
    let now = TemplateForm::of(String::new(), String::new(), String::new(), forms::starts());
    let fields = view! {
        <input type="hidden" name="organization" value=slug.to_owned() />
        {fields("new-template", state, &now, choices)}
        <Actions>
            <Button submit=true variant=Variant::Primary>"Add the template"</Button>
        </Actions>
    };
    view! {
        <Dialog id=ADD title="Add a template" wide=true open=state.refused()>
            {form::<DefineCaseTemplate>("Template added", "form", fields)}
        </Dialog>
    }
    .into_any()
}

async fn change(
    cx: &Cx<CaseRead>,
    template: &CaseTemplate,
    choices: (&[CaseField], &[Member]),
    slug: &str,
) -> Answer<AnyView> {
    let state = Form::printed::<ChangeCaseTemplate>().only("id", template.id.to_string());
    let own = template_api::own_fields(choices.0);
    let each = template_api::fields(&own);
    let (kind, now) = (template_api::template(&each), TemplateForm::stored(template));
    let named = |member: &Member| {
        let name = member.display_name.clone().unwrap_or_else(|| member.username.clone());
        (member.user_id.to_string(), name)
    };
    let people: Fields = choices.1.iter().map(named).collect();
    let start = stale::start_in_words(cx, &kind, template.id.0, state, now, &people).await?;
    let changing = view! {
        <input type="hidden" name="organization" value=slug.to_owned() />
        <input type="hidden" name="id" value=template.id.to_string() />
        {start.told}
        {fields("template", state, &start.fields, choices)}
        <Actions>
            <Button submit=true variant=Variant::Primary>"Save"</Button>
        </Actions>
    };
    let archived = template.archived_at.is_some();
    let (words, hint) = if archived {
        ("Offer it again", "It is not offered any more.")
    } else {
        ("Archive", "It is offered no more then.")
    };
    let archiving = view! {
        <input type="hidden" name="organization" value=slug.to_owned() />
        <input type="hidden" name="id" value=template.id.to_string() />
        <input type="hidden" name="archived" value=(!archived).to_string() />
        <span class="row-line"><span class="grow faint">{hint}</span> <Button submit=true>{words}</Button></span>
    };
    let (title, close) = (template.brings.name.clone(), SettingsPage::Cases.href(slug));
    let dialog = view! {
        <Dialog id="change-template" title=title wide=true open=true close_href=close>
            {form::<ChangeCaseTemplate>("Saved", "form", changing)}
            {form::<ArchiveCaseTemplate>("Changed", "form", archiving)}
        </Dialog>
    };
    Ok(dialog.into_any())
}
