//! `/o/{organization}/settings/environments`; `?environment={id}` opens one in a dialog.

use domain::environment::{CLOUD_PROVIDERS, Environment};
use domain::permission::Key;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use ui::{
    Actions, Badge, Button, Chip, Choice, Column, DataTable, Dialog, Empty, Field, Glyph, Load, Row, Section,
    Select, Shaped, Skeleton, TextArea, TextInput, Variant,
};

use super::api::{
    AddEnvironment, DeleteEnvironment, Listed, SwitchEnvironment, UpdateEnvironment, list_environments,
};
use crate::form::{Form, FormError, tell_done, when_done};
use crate::routes::{Link, SettingsPage};
use crate::session::{Permitted, use_slug};

const ADD: &str = "add-environment";
const FIELDS: &[&str] = &["slug", "name", "cloud_provider", "region", "account_id", "tags"];

#[derive(Clone, Copy)]
struct Changes {
    update: ServerAction<UpdateEnvironment>,
    switch: ServerAction<SwitchEnvironment>,
    delete: ServerAction<DeleteEnvironment>,
}

#[component]
pub fn EnvironmentsPage() -> impl IntoView {
    let slug = use_slug();
    let add = ServerAction::<AddEnvironment>::new();
    let changes =
        Changes { update: ServerAction::new(), switch: ServerAction::new(), delete: ServerAction::new() };
    tell_done(changes.update, "Environment saved");
    tell_done(changes.switch, "Environment changed");
    tell_done(changes.delete, "Environment deleted");
    let version = move || {
        (
            add.version().get(),
            changes.update.version().get(),
            changes.switch.version().get(),
            changes.delete.version().get(),
        )
    };
    let environments = Resource::new(move || (slug.get(), version()), |(slug, _)| list_environments(slug));
    view! {
        {super::tab(SettingsPage::Environments)}
        <Section title="Environments" hint="Production, staging, one cloud account each: events name the environment they come from." actions=add_button>
            <Load resource=environments skeleton=|| view! { <Skeleton shaped=Shaped::Rows /> } let:listed>
                {list(listed, slug, changes)}
            </Load>
        </Section>
        <AddDialog slug action=add />
    }
    .into_any()
}

fn add_button() -> AnyView {
    view! {
        <Permitted key=Key::EnvironmentWrite>
            <Button opens=ADD icon=Glyph::Plus variant=Variant::Primary>
                "Add an environment"
            </Button>
        </Permitted>
    }
    .into_any()
}

fn list(Listed { rows, may_change }: Listed<Environment>, slug: Memo<String>, changes: Changes) -> AnyView {
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
    let table = rows.iter().map(|row| one(row.clone(), may_change, &slug.get_untracked())).collect_view();
    view! {
        <DataTable caption="Environments" columns=columns>
            {table}
        </DataTable>
        {may_change.then(|| view! { <ChangeDialog rows slug changes /> })}
    }
    .into_any()
}

fn one(row: Environment, may_change: bool, slug: &str) -> AnyView {
    let href =
        Link::new(SettingsPage::Environments.href(slug)).with("environment", &row.id.to_string()).done();
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
    let tags = tag_pairs(&row.tags)
        .into_iter()
        .map(|(name, value)| view! { <Chip>{format!("{name}={value}")}</Chip> })
        .collect_view();
    view! {
        <Row done=!row.is_active>
            <td class="message">
                <div>
                    {row.name} " " <code class="faint">{row.slug}</code>
                    {(!row.is_active).then(|| view! { " " <Badge>"inactive"</Badge> })}
                </div>
            </td>
            <td>{or_dash(row.cloud_provider)}</td>
            <td class="optional">{or_dash(row.region)}</td>
            <td class="optional mono">{or_dash(row.account_id)}</td>
            <td class="optional">{tags}</td>
            <td class="shrink">
                {may_change.then(|| view! { <Button href=href variant=Variant::Ghost>"Change"</Button> })}
            </td>
        </Row>
    }
    .into_any()
}

fn tag_pairs(tags: &serde_json::Value) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    tags.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), text(value))).collect()
}

fn tag_lines(environment: &Environment) -> String {
    tag_pairs(&environment.tags)
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[component]
fn AddDialog(slug: Memo<String>, action: ServerAction<AddEnvironment>) -> impl IntoView {
    let form = Form::of(action).only("id", String::new());
    let node = NodeRef::new();
    when_done(action, node, "Environment added");
    view! {
        <Dialog id=ADD title="Add an environment" open=form.refused()>
            <ActionForm action=action node_ref=node attr:class="form">
                <input type="hidden" name="organization" value=move || slug.get() />
                {fields("add", form, None)}
                <Actions>
                    <Button submit=true variant=Variant::Primary busy=form.busy>
                        "Add"
                    </Button>
                </Actions>
            </ActionForm>
        </Dialog>
    }
    .into_any()
}

/// The fields of both forms; `prefix` keeps their ids apart.
fn fields(prefix: &'static str, form: Form, present: Option<Environment>) -> AnyView {
    let present = StoredValue::new(present);
    let value = move |field: &str, get: fn(&Environment) -> String| {
        form.typed(field, present.with_value(|p| p.as_ref().map(get)).unwrap_or_default())
    };
    let id = move |field: &str| format!("{prefix}-{field}");
    let mut clouds = vec![Choice::new("", "none: on premises")];
    clouds.extend(CLOUD_PROVIDERS.iter().map(|cloud| Choice::new(*cloud, *cloud)));
    view! {
        <FormError form fields=FIELDS />
        <Field id=id("name") label="Name" required=true error=form.reason("name")>
            <TextInput name="environment[name]" value=value("name", |e| e.name.clone()) />
        </Field>
        <Field id=id("slug") label="Short name" hint="As events write it, such as prod." required=true error=form.reason("slug")>
            <TextInput name="environment[slug]" mono=true value=value("slug", |e| e.slug.clone()) />
        </Field>
        <div class="form-grid">
            <Field id=id("cloud") label="Cloud" error=form.reason("cloud_provider")>
                <Select name="environment[cloud_provider]" choices=clouds value=value("cloud_provider", |e| e.cloud_provider.clone().unwrap_or_default()) />
            </Field>
            <Field id=id("region") label="Region" error=form.reason("region")>
                <TextInput name="environment[region]" value=value("region", |e| e.region.clone().unwrap_or_default()) />
            </Field>
        </div>
        <Field id=id("account") label="Account" hint="AWS account, Google project or Azure subscription." error=form.reason("account_id")>
            <TextInput name="environment[account_id]" mono=true value=value("account_id", |e| e.account_id.clone().unwrap_or_default()) />
        </Field>
        <Field id=id("tags") label="Tags" hint="One a line: name=value" error=form.reason("tags")>
            <TextArea name="environment[tags]" mono=true rows=2_u32 value=value("tags", tag_lines) />
        </Field>
    }
    .into_any()
}

/// The environment of `?environment=`, to change or delete.
#[component]
fn ChangeDialog(rows: Vec<Environment>, slug: Memo<String>, changes: Changes) -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| query.with(|q| q.get_str("environment").unwrap_or_default().to_owned()));
    move || {
        let id = asked.get();
        rows.iter().find(|row| row.id.to_string() == id).map(|row| change(row.clone(), slug, changes))
    }
}

fn change(row: Environment, slug: Memo<String>, changes: Changes) -> AnyView {
    let (name, active) = (row.name.clone(), row.is_active);
    let id = row.id.to_string();
    let hidden = id.clone();
    let form = Form::of(changes.update).only("id", id.clone());
    view! {
        <Dialog id="change-environment" title=name open=true close_href=MaybeProp::derive(move || Some(SettingsPage::Environments.href(&slug.get())))>
            <ActionForm action=changes.update attr:class="form">
                <input type="hidden" name="organization" value=move || slug.get() />
                <input type="hidden" name="id" value=hidden />
                {fields("change", form, Some(row))}
                <Actions>
                    <Button submit=true variant=Variant::Primary busy=form.busy>
                        "Save"
                    </Button>
                </Actions>
            </ActionForm>
            {switch(id.clone(), active, slug, changes.switch)}
            {delete(id, slug, changes.delete)}
        </Dialog>
    }
    .into_any()
}

fn switch(id: String, active: bool, slug: Memo<String>, action: ServerAction<SwitchEnvironment>) -> AnyView {
    let form = Form::of(action).only("id", id.clone());
    let words = if active { "Deactivate" } else { "Activate" };
    view! {
        <ActionForm action=action attr:class="choice-line">
            <input type="hidden" name="organization" value=move || slug.get() />
            <input type="hidden" name="id" value=id />
            <input type="hidden" name="active" value=(!active).to_string() />
            <p class="hint">"An inactive environment is kept, but no longer offered."</p>
            <Button submit=true busy=form.busy>
                {words}
            </Button>
            <FormError form fields=&[] />
        </ActionForm>
    }
    .into_any()
}

fn delete(id: String, slug: Memo<String>, action: ServerAction<DeleteEnvironment>) -> AnyView {
    let form = Form::of(action).only("id", id.clone());
    view! {
        <ActionForm action=action attr:class="choice-line">
            <input type="hidden" name="organization" value=move || slug.get() />
            <input type="hidden" name="id" value=id />
            <p class="hint">"Deleting cannot be undone. Events keep the name they were sent with."</p>
            <Button submit=true variant=Variant::Danger busy=form.busy>
                "Delete for good"
            </Button>
            <FormError form fields=&[] />
        </ActionForm>
    }
    .into_any()
}
