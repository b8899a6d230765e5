//! `/o/{organization}/settings/environments`; `?environment={id}` opens one in a dialog.

use domain::environment::CLOUD_PROVIDERS;
use domain::permission as p;
use leptos::prelude::*;
use service::environments;
use ui::{
    Actions, Badge, Button, Chip, Choice, Column, DataTable, Dialog, Empty, Field, Glyph, Row, Section,
    Select, TextArea, TextInput, Variant,
};

use super::api::{
    AddEnvironment, DeleteEnvironment, ENVIRONMENT, EnvironmentForm, EnvironmentRow, SwitchEnvironment,
    UpdateEnvironment, environment_row,
};
use crate::audit::history;
use crate::error::{Answer, AppError};
use crate::form::{Form, FormError};
use crate::live;
use crate::page::Page;
use crate::page::print::{Asked, form};
use crate::routes::{Link, SettingsPage};
use crate::server::Scope;
use crate::stale;

const ADD: &str = "add-environment";
const FIELDS: &[&str] = &["slug", "name", "cloud_provider", "region", "account_id", "tags"];

pub async fn page(asked: Asked) -> Answer<Page> {
    let scope = asked.scope().await?;
    let since = live::since(&scope).await?;
    let found = environments::list(&scope.admit::<p::EnvironmentRead>()?).await?;
    let rows: Vec<EnvironmentRow> = found.into_iter().map(environment_row).collect();
    let may_change = scope.may(p::Key::EnvironmentWrite);
    let slug = scope.organization.slug.as_str();
    let shown = rows.iter().find(|row| may_change && row.id == asked.get("environment"));
    let change = match shown {
        Some(row) => Some(change(&scope, row.clone()).await?),
        None => None,
    };
    let may_audit = scope.may(p::Key::AuditRead);
    let table = list(&rows, (may_change, may_audit), slug);
    let names = rows.iter().map(|row| (row.id.clone(), row.form.name.clone()));
    let page = SettingsPage::Environments.href(slug);
    let history = history::dialog(&scope, &asked, "environment", names, &page).await?;
    let body = view! {
        <Section title="Environments" hint="Production, staging, one cloud account each: events name the environment they come from." actions=move || may_change.then(add_button).into_any()>
            {table}
        </Section>
        {may_change.then(|| add_dialog(slug))}
        {change}
        {history}
    };
    Ok(Page::of(SettingsPage::Environments.title(), body).follows(since, &["environment"]))
}

fn add_button() -> AnyView {
    view! {
        <Button opens=ADD icon=Glyph::Plus variant=Variant::Primary>
            "Add an environment"
        </Button>
    }
    .into_any()
}

fn list(rows: &[EnvironmentRow], rights: (bool, bool), slug: &str) -> AnyView {
    if rows.is_empty() {
        return view! { <Empty title="No environments yet" text="Add the first one, such as prod." icon=Glyph::Columns /> }.into_any();
    }
    let columns = vec![
        Column::new("Environment").class("message"),
        Column::new("Cloud"),
        Column::new("Region").class("optional"),
        Column::new("Account").class("optional"),
        Column::new("Tags").class("optional"),
        Column::new("Change").class("shrink").hidden_header(),
    ];
    let table = rows.iter().map(|row| one(row.clone(), rights, slug)).collect_view();
    view! {
        <DataTable caption="Environments" columns=columns>
            {table}
        </DataTable>
    }
    .into_any()
}

fn one(row: EnvironmentRow, (may_change, may_audit): (bool, bool), slug: &str) -> AnyView {
    let told = history::button(may_audit, &SettingsPage::Environments.href(slug), &row.id, &row.form.name);
    let href = Link::new(SettingsPage::Environments.href(slug)).with("environment", &row.id).done();
    let or_dash = |text: String| if text.is_empty() { "–".to_owned() } else { text };
    let form = row.form;
    let tags = form.tags.lines().map(|tag| chip(tag.to_owned())).collect_view();
    view! {
        <Row done=!row.active>
            <td class="message">
                <div>
                    {form.name} " " <code class="faint">{form.slug}</code>
                    {(!row.active).then(|| view! { " " <Badge>"inactive"</Badge> })}
                </div>
            </td>
            <td>{or_dash(form.cloud_provider)}</td>
            <td class="optional">{or_dash(form.region)}</td>
            <td class="optional mono">{or_dash(form.account_id)}</td>
            <td class="optional">{tags}</td>
            <td class="shrink">
                {told}
                {may_change.then(|| view! { <Button href=href variant=Variant::Ghost>"Change"</Button> })}
            </td>
        </Row>
    }
    .into_any()
}

fn chip(tag: String) -> AnyView {
    view! { <Chip>{tag}</Chip> }.into_any()
}

fn add_dialog(slug: &str) -> AnyView {
    let state = Form::printed::<AddEnvironment>();
    let fields = view! {
        <input type="hidden" name="organization" value=slug.to_owned() />
        {fields("add", state, EnvironmentForm::default())}
        <Actions>
            <Button submit=true variant=Variant::Primary>
                "Add"
            </Button>
        </Actions>
    };
    view! {
        <Dialog id=ADD title="Add an environment" open=state.refused()>
            {form::<AddEnvironment>("Environment added", "form", fields)}
        </Dialog>
    }
    .into_any()
}

/// The fields of both forms; `prefix` keeps their ids apart.
fn fields(prefix: &'static str, form: Form, present: EnvironmentForm) -> AnyView {
    let value = move |field: &str, present: String| form.typed(field, present);
    let id = move |field: &str| format!("{prefix}-{field}");
    let mut clouds = vec![Choice::new("", "none: on premises")];
    clouds.extend(CLOUD_PROVIDERS.iter().map(|cloud| Choice::new(*cloud, *cloud)));
    view! {
        <FormError form fields=FIELDS />
        <Field id=id("name") label="Name" required=true error=form.reason("name")>
            <TextInput name="environment[name]" value=value("name", present.name) />
        </Field>
        <Field id=id("slug") label="Short name" hint="As events write it, such as prod." required=true error=form.reason("slug")>
            <TextInput name="environment[slug]" mono=true value=value("slug", present.slug) />
        </Field>
        <div class="form-grid">
            <Field id=id("cloud") label="Cloud" error=form.reason("cloud_provider")>
                <Select name="environment[cloud_provider]" choices=clouds value=value("cloud_provider", present.cloud_provider) />
            </Field>
            <Field id=id("region") label="Region" error=form.reason("region")>
                <TextInput name="environment[region]" value=value("region", present.region) />
            </Field>
        </div>
        <Field id=id("account") label="Account" hint="AWS account, Google project or Azure subscription." error=form.reason("account_id")>
            <TextInput name="environment[account_id]" mono=true value=value("account_id", present.account_id) />
        </Field>
        <Field id=id("tags") label="Tags" hint="One a line: name=value" error=form.reason("tags")>
            <TextArea name="environment[tags]" mono=true rows=2_u32 value=value("tags", present.tags) />
        </Field>
    }
    .into_any()
}

/// The environment of `?environment=`, to change or delete.
async fn change(scope: &Scope, row: EnvironmentRow) -> Answer<AnyView> {
    let (id, slug) = (row.id.as_str(), scope.organization.slug.as_str());
    let state = Form::printed::<UpdateEnvironment>().only("id", row.id.clone());
    let (cx, target) = (scope.admit::<p::EnvironmentRead>()?, id.parse().map_err(|_| AppError::not_found())?);
    let start = stale::start(&cx, &ENVIRONMENT, target, state, row.form.clone()).await?;
    let fields = view! {
        {hidden(id, slug)}
        {start.told}
        {fields("change", state, start.fields)}
        <Actions>
            <Button submit=true variant=Variant::Primary>
                "Save"
            </Button>
        </Actions>
    };
    let lines = [switch(id, row.active, slug), delete(id, slug)];
    let dialog = view! {
        <Dialog id="change-environment" title=row.form.name open=true close_href=SettingsPage::Environments.href(slug)>
            {form::<UpdateEnvironment>("Environment saved", "form", fields)}
            {lines}
        </Dialog>
    };
    Ok(dialog.into_any())
}

fn hidden(id: &str, slug: &str) -> impl IntoView + use<> {
    view! {
        <input type="hidden" name="organization" value=slug.to_owned() />
        <input type="hidden" name="id" value=id.to_owned() />
    }
}

fn switch(id: &str, active: bool, slug: &str) -> AnyView {
    let state = Form::printed::<SwitchEnvironment>().only("id", id.to_owned());
    let fields = view! {
        {hidden(id, slug)}
        <input type="hidden" name="active" value=(!active).to_string() />
        <p class="hint">"An inactive environment is kept, but no longer offered."</p>
        <Button submit=true>{if active { "Deactivate" } else { "Activate" }}</Button>
        <FormError form=state fields=&[] />
    };
    form::<SwitchEnvironment>("Environment changed", "choice-line", fields)
}

fn delete(id: &str, slug: &str) -> AnyView {
    let state = Form::printed::<DeleteEnvironment>().only("id", id.to_owned());
    let fields = view! {
        {hidden(id, slug)}
        <p class="hint">"Deleting cannot be undone. Events keep the name they were sent with."</p>
        <Button submit=true variant=Variant::Danger>
            "Delete for good"
        </Button>
        <FormError form=state fields=&[] />
    };
    form::<DeleteEnvironment>("Environment deleted", "choice-line", fields)
}
