//! `/o/{organization}/settings/cases`: the fields that cases have beside those of every case, and the templates they are opened
//! from. `?field={id}` and `?template={id}` open one. Server only.

use domain::case::field::{CaseField, FieldKind};
use domain::permission as p;
use leptos::prelude::*;
use service::{Cx, cases, settings};
use ui::{
    Actions, Badge, Button, Checkbox, Choice, Column, DataTable, Dialog, Empty, Field, Glyph, IconButton,
    Row, Section, Select, TextArea, TextInput, Variant,
};

use super::case_api::{
    ArchiveCaseField, ChangeCaseField, DefineCaseField, FIELD, FieldForm, MoveCaseField, RULES, RulesForm,
    SetCaseRules,
};
use super::templates;
use crate::audit::history;
use crate::error::Answer;
use crate::form::{Form, FormError};
use crate::live;
use crate::page::Page;
use crate::page::print::{Asked, form};
use crate::printed::once;
use crate::routes::{Link, SettingsPage};
use crate::server::Scope;
use crate::stale;

const ADD: &str = "add-field";
const FIELDS: &[&str] = &["name", "kind", "choices"];
/// Of the history of how cases are closed.
const CLOSING: &str = "closing";

pub async fn page(asked: Asked) -> Answer<Page> {
    let scope = asked.scope().await?;
    let since = live::since(&scope).await?;
    let cx = scope.admit::<p::CaseRead>()?;
    let (may_change, may_audit) = (scope.may(p::Key::SettingsWrite), scope.may(p::Key::AuditRead));
    let (fields, counts) = (cases::fields(&cx).await?, cases::field_counts(&cx).await?);
    let slug = scope.organization.slug.as_str();
    let count = |field: &CaseField| counts.get(&field.id).copied().unwrap_or(0);
    let used: Vec<&CaseField> = fields.iter().filter(|field| field.archived_at.is_none()).collect();
    let rows = fields
        .iter()
        .map(|field| {
            let at = used.iter().position(|one| one.id == field.id);
            let ends = (at == Some(0) || at.is_none(), at.is_none_or(|at| at + 1 == used.len()));
            row(field, count(field), ends, (may_change, may_audit), slug)
        })
        .collect_view();
    let table = if fields.is_empty() {
        view! { <Empty title="No fields yet" text="A business unit, a ticket number, the customer: what your cases have beside title, severity and tags." icon=Glyph::Columns /> }
            .into_any()
    } else {
        let columns = vec![
            Column::new("Field").class("message"),
            Column::new("Holds"),
            Column::new("Cases").class("num optional"),
            Column::new("Order").class("shrink").hidden_header(),
            Column::new("Change").class("shrink").hidden_header(),
        ];
        view! { <DataTable caption="Fields of cases" columns=columns>{rows}</DataTable> }.into_any()
    };
    let shown = fields.iter().find(|field| may_change && field.id.to_string() == asked.get("field"));
    let change = match shown {
        Some(field) => Some(change(&cx, field, slug).await?),
        None => None,
    };
    let members =
        if may_change { service::members::list(&scope.admit::<p::MemberRead>()?).await? } else { Vec::new() };
    let closing = closing(&cx, may_change, &scope).await?;
    let templates = cases::templates(&cx).await?;
    let shown = asked.get("template");
    // Of a field or of a template: an id is of one of them.
    let page = SettingsPage::Cases.href(slug);
    let names = fields.iter().map(|field| (field.id.to_string(), field.name.clone()));
    let of_field = history::dialog(&scope, &asked, "case_field", names, &page).await?;
    let names = templates.iter().map(|template| (template.id.to_string(), template.brings.name.clone()));
    let of_template = history::dialog(&scope, &asked, "case_template", names, &page).await?;
    let names = std::iter::once((settings::Cases::KEY.to_owned(), CLOSING.to_owned()));
    let of_closing = history::dialog(&scope, &asked, "setting", names, &page).await?;
    let choices = (fields.as_slice(), members.as_slice());
    let templates =
        templates::section(&cx, &templates, choices, shown, (may_change, may_audit), slug).await?;
    let body = view! {
        <Section title="Fields of cases" hint="They stand in the form of a case, in its facts, in its export and in the API; field:key=value finds them." actions=move || may_change.then(add_button).into_any()>
            {table}
        </Section>
        {may_change.then(|| add(slug))}
        {change}
        {templates}
        {closing}
        {of_field}
        {of_template}
        {of_closing}
    };
    Ok(Page::of(SettingsPage::Cases.title(), body)
        .follows(since, &["case_field", "case_template", "setting"]))
}

/// Whether a second person closes cases.
async fn closing(cx: &Cx<p::CaseRead>, may_change: bool, scope: &Scope) -> Answer<AnyView> {
    let four_eyes = cases::four_eyes(cx).await?;
    let inner = if may_change {
        let state = Form::printed::<SetCaseRules>();
        let start =
            stale::start(cx, &RULES, scope.organization.id.0, state, RulesForm::of(four_eyes)).await?;
        let four_eyes = !start.fields.four_eyes.is_empty();
        let fields = view! {
            <FormError form=state fields=&[] />
            <input type="hidden" name="organization" value=scope.organization.slug.clone() />
            {start.told}
            <Checkbox name="four_eyes" label="A second person closes cases" hint="Who wants to resolve one asks; somebody else who may review closes or returns it." checked=four_eyes />
            <Actions>
                <Button submit=true>"Save"</Button>
            </Actions>
        };
        form::<SetCaseRules>("Saved", "form", fields)
    } else {
        let words =
            if four_eyes { "A second person closes cases." } else { "Who resolves a case closes it." };
        view! { <p>{words}</p> }.into_any()
    };
    let page = SettingsPage::Cases.href(&scope.organization.slug);
    let told = history::button(scope.may(p::Key::AuditRead), &page, settings::Cases::KEY, CLOSING);
    Ok(view! { <Section title="Closing" actions=once(told)>{inner}</Section> }.into_any())
}

fn add_button() -> AnyView {
    view! {
        <Button opens=ADD icon=Glyph::Plus variant=Variant::Primary>
            "Add a field"
        </Button>
    }
    .into_any()
}

fn kind(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Text => "Text",
        FieldKind::Number => "A number",
        FieldKind::Date => "A date",
        FieldKind::Choice => "A choice",
        FieldKind::User => "A member",
    }
}

fn row(
    field: &CaseField,
    cases: i64,
    (first, last): (bool, bool),
    (may_change, may_audit): (bool, bool),
    slug: &str,
) -> AnyView {
    let page = SettingsPage::Cases.href(slug);
    let told = history::button(may_audit, &page, &field.id.to_string(), &field.name);
    let href = Link::new(SettingsPage::Cases.href(slug)).with("field", &field.id.to_string()).done();
    let archived = field.archived_at.is_some();
    let (name, key, id) = (field.name.clone(), field.key.clone(), field.id.to_string());
    let holds = if field.choices.is_empty() {
        kind(field.kind).to_owned()
    } else {
        format!("{}: {}", kind(field.kind), field.choices.join(", "))
    };
    let slug = slug.to_owned();
    let moving = |up: bool, glyph: Glyph, words: &str| {
        let label = format!("{words}: {name}");
        let fields = view! {
            <input type="hidden" name="organization" value=slug.clone() />
            <input type="hidden" name="id" value=id.clone() />
            <input type="hidden" name="up" value=up.to_string() />
            <IconButton submit=true glyph label />
        };
        form::<MoveCaseField>("Moved", "inline-form", fields)
    };
    let up = (may_change && !first).then(|| moving(true, Glyph::ArrowUp, "Earlier"));
    let down = (may_change && !last).then(|| moving(false, Glyph::ArrowDown, "Later"));
    let required = field.required.then(|| view! { " " <Badge>"wanted"</Badge> });
    let gone = archived.then(|| view! { " " <Badge>"archived"</Badge> });
    let name = field.name.clone();
    view! {
        <Row done=archived>
            <td class="message">
                <div>{name} " " <code class="faint">{key}</code> {required} {gone}</div>
            </td>
            <td>{holds}</td>
            <td class="num optional">{cases}</td>
            <td class="shrink"><span class="row-line">{up} {down}</span></td>
            <td class="shrink">
                {told}
                {may_change.then(|| view! { <Button href=href variant=Variant::Ghost>"Change"</Button> })}
            </td>
        </Row>
    }
    .into_any()
}

fn add(slug: &str) -> AnyView {
    let state = Form::printed::<DefineCaseField>();
    let kinds: Vec<Choice> = FieldKind::ALL.iter().map(|of| Choice::new(of.as_str(), kind(*of))).collect();
    let fields = view! {
        <FormError form=state fields=FIELDS />
        <input type="hidden" name="organization" value=slug.to_owned() />
        <Field id="add-kind" label="Holds" hint="It stays." error=state.reason("kind")>
            <Select name="kind" choices=kinds value=state.typed("kind", "text") />
        </Field>
        {fields("add", state, FieldForm::default(), true)}
        <Actions>
            <Button submit=true variant=Variant::Primary>"Add"</Button>
        </Actions>
    };
    view! {
        <Dialog id=ADD title="Add a field" open=state.refused()>
            {form::<DefineCaseField>("Field added", "form", fields)}
        </Dialog>
    }
    .into_any()
}

fn fields(prefix: &'static str, state: Form, now: FieldForm, choices: bool) -> AnyView {
    let id = |field: &str| format!("{prefix}-{field}");
    let name = state.typed("name", now.name);
    let listed = state.typed("choices", now.choices);
    let required = !state.typed("required", now.required).is_empty();
    let choices = choices.then(|| {
        view! {
            <Field id=id("choices") label="Choices" hint="Of a choice: one a line." error=state.reason("choices")>
                <TextArea name="choices" rows=4_u32 value=listed />
            </Field>
        }
    });
    view! {
        <Field id=id("name") label="Name" required=true error=state.reason("name")>
            <TextInput name="name" value=name required=true maxlength=60_u32 />
        </Field>
        {choices}
        <Checkbox name="required" label="Wanted before a case is resolved" checked=required />
    }
    .into_any()
}

async fn change(cx: &Cx<p::CaseRead>, field: &CaseField, slug: &str) -> Answer<AnyView> {
    let state = Form::printed::<ChangeCaseField>().only("id", field.id.to_string());
    let archived = field.archived_at.is_some();
    let start = stale::start(cx, &FIELD, field.id.0, state, FieldForm::of(field)).await?;
    let changing = view! {
        <FormError form=state fields=FIELDS />
        <input type="hidden" name="organization" value=slug.to_owned() />
        <input type="hidden" name="id" value=field.id.to_string() />
        {start.told}
        {fields("change", state, start.fields, field.kind == FieldKind::Choice)}
        <Actions>
            <Button submit=true variant=Variant::Primary>"Save"</Button>
        </Actions>
    };
    let words = if archived { "Ask it again" } else { "Archive" };
    let hint = if archived {
        "It is not asked any more; what cases have of it is kept."
    } else {
        "It is asked no more then; what cases have of it stays."
    };
    let archiving = view! {
        <input type="hidden" name="organization" value=slug.to_owned() />
        <input type="hidden" name="id" value=field.id.to_string() />
        <input type="hidden" name="archived" value=(!archived).to_string() />
        <span class="row-line"><span class="grow faint">{hint}</span> <Button submit=true>{words}</Button></span>
    };
    let (title, close) = (format!("{} ({})", field.name, kind(field.kind)), SettingsPage::Cases.href(slug));
    let dialog = view! {
        <Dialog id="change-field" title=title open=true close_href=close>
            {form::<ChangeCaseField>("Saved", "form", changing)}
            {form::<ArchiveCaseField>("Changed", "form", archiving)}
        </Dialog>
    };
    Ok(dialog.into_any())
}
