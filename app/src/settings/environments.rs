//! `/o/{organization}/settings/environments`; `?environment={id}` opens one in a dialog.

use domain::environment::CLOUD_PROVIDERS;
use domain::permission::Key;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use ui::{
    Actions, Badge, Button, Chip, Choice, Column, DataTable, Dialog, Empty, Field, Glyph, Row, Section,
    Select, Shaped, Skeleton, TextArea, TextInput, Variant,
};

use super::api::{
    AddEnvironment, DeleteEnvironment, EnvironmentForm, EnvironmentRow, ListEnvironments, Listed,
    SwitchEnvironment, UpdateEnvironment,
};
use crate::fetch::{Load, fetch_after};
use crate::form::{Form, FormError, tell_done, when_done};
use crate::routes::{Link, SettingsPage};
use crate::send::{SendForm, Submission, submit};
use crate::session::{Permitted, use_slug};

const ADD: &str = "add-environment";
const FIELDS: &[&str] = &["slug", "name", "cloud_provider", "region", "account_id", "tags"];

#[derive(Clone, Copy)]
struct Changes {
    update: Submission,
    switch: Submission,
    delete: Submission,
}

#[component]
pub fn EnvironmentsPage() -> impl IntoView {
    let slug = use_slug();
    let add = submit::<AddEnvironment>();
    let changes = Changes {
        update: submit::<UpdateEnvironment>(),
        switch: submit::<SwitchEnvironment>(),
        delete: submit::<DeleteEnvironment>(),
    };
    tell_done(changes.update, "Environment saved");
    tell_done(changes.switch, "Environment changed");
    tell_done(changes.delete, "Environment deleted");
    let version = move || {
        add.version() + changes.update.version() + changes.switch.version() + changes.delete.version()
    };
    let environments = fetch_after(version, move || ListEnvironments { organization: slug.get() });
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

fn list(
    Listed { rows, may_change }: Listed<EnvironmentRow>,
    slug: Memo<String>,
    changes: Changes,
) -> AnyView {
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

fn one(row: EnvironmentRow, may_change: bool, slug: &str) -> AnyView {
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
                {may_change.then(|| view! { <Button href=href variant=Variant::Ghost>"Change"</Button> })}
            </td>
        </Row>
    }
    .into_any()
}

fn chip(tag: String) -> AnyView {
    view! { <Chip>{tag}</Chip> }.into_any()
}

#[component]
fn AddDialog(slug: Memo<String>, action: Submission) -> impl IntoView {
    let form = Form::of(action).only("id", String::new());
    let node = NodeRef::new();
    when_done(action, node, "Environment added");
    view! {
        <Dialog id=ADD title="Add an environment" open=form.refused()>
            <SendForm to=action node_ref=node class="form">
                <input type="hidden" name="organization" value=move || slug.get() />
                {fields("add", form, EnvironmentForm::default())}
                <Actions>
                    <Button submit=true variant=Variant::Primary busy=form.busy>
                        "Add"
                    </Button>
                </Actions>
            </SendForm>
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
#[component]
fn ChangeDialog(rows: Vec<EnvironmentRow>, slug: Memo<String>, changes: Changes) -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| query.with(|q| q.get_str("environment").unwrap_or_default().to_owned()));
    let shown = move || {
        let id = asked.get();
        rows.iter().find(|row| row.id == id).map(|row| change(row.clone(), slug, changes))
    };
    view! { {move || shown()} }
}

fn change(row: EnvironmentRow, slug: Memo<String>, changes: Changes) -> AnyView {
    let (name, active) = (row.form.name.clone(), row.active);
    let id = row.id;
    let hidden = id.clone();
    let form = Form::of(changes.update).only("id", id.clone());
    view! {
        <Dialog id="change-environment" title=name open=true close_href=MaybeProp::derive(move || Some(SettingsPage::Environments.href(&slug.get())))>
            <SendForm to=changes.update class="form">
                <input type="hidden" name="organization" value=move || slug.get() />
                <input type="hidden" name="id" value=hidden />
                {fields("change", form, row.form)}
                <Actions>
                    <Button submit=true variant=Variant::Primary busy=form.busy>
                        "Save"
                    </Button>
                </Actions>
            </SendForm>
            {switch(id.clone(), active, slug, changes.switch)}
            {delete(id, slug, changes.delete)}
        </Dialog>
    }
    .into_any()
}

fn switch(id: String, active: bool, slug: Memo<String>, action: Submission) -> AnyView {
    let form = Form::of(action).only("id", id.clone());
    let words = if active { "Deactivate" } else { "Activate" };
    view! {
        <SendForm to=action class="choice-line">
            <input type="hidden" name="organization" value=move || slug.get() />
            <input type="hidden" name="id" value=id />
            <input type="hidden" name="active" value=(!active).to_string() />
            <p class="hint">"An inactive environment is kept, but no longer offered."</p>
            <Button submit=true busy=form.busy>
                {words}
            </Button>
            <FormError form fields=&[] />
        </SendForm>
    }
    .into_any()
}

fn delete(id: String, slug: Memo<String>, action: Submission) -> AnyView {
    let form = Form::of(action).only("id", id.clone());
    view! {
        <SendForm to=action class="choice-line">
            <input type="hidden" name="organization" value=move || slug.get() />
            <input type="hidden" name="id" value=id />
            <p class="hint">"Deleting cannot be undone. Events keep the name they were sent with."</p>
            <Button submit=true variant=Variant::Danger busy=form.busy>
                "Delete for good"
            </Button>
            <FormError form fields=&[] />
        </SendForm>
    }
    .into_any()
}
