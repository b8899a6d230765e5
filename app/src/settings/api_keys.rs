//! `/o/{organization}/settings/api-keys`; `?revoke={id}` asks before it is done. A secret is shown once.

use domain::permission::Key;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use ui::{
    Actions, Badge, Button, Checkbox, Choice, CodeBlock, Column, DataTable, Dialog, Empty, Field, Glyph,
    Notice, NoticeKind, Row, Section, Select, Shaped, Skeleton, TextInput, Tone, Variant,
};

use super::api::{ApiKeyRow, ApiKeys, CreateApiKey, KeyState, ListApiKeys, Listed, RevokeApiKey};
use super::permissions::{scope_meaning, scope_words};
use crate::fetch::{Load, fetch_after};
use crate::form::{Form, FormError, tell_done, when_done};
use crate::routes::{Link, SettingsPage};
use crate::send::{SendForm, Submission, submit};
use crate::session::{Permitted, use_slug};
use crate::when::{Ago, AgoOr, At};

const ADD: &str = "make-api-key";

#[component]
pub fn ApiKeysPage() -> impl IntoView {
    let slug = use_slug();
    let create = submit::<CreateApiKey>();
    let revoke = submit::<RevokeApiKey>();
    tell_done(revoke, "API key revoked");
    let keys = fetch_after(
        move || create.version() + revoke.version(),
        move || ListApiKeys { organization: slug.get() },
    );
    let made = move || create.told().map(secret);
    view! {
        {super::tab(SettingsPage::ApiKeys)}
        {move || made()}
        <Section title="API keys" hint="For programs: Authorization: Bearer. What is stored is a digest; the secret is shown once." actions=add_button>
            <Load resource=keys skeleton=|| view! { <Skeleton shaped=Shaped::Rows /> } let:keys>
                {list(keys, slug, revoke)}
            </Load>
        </Section>
        <AddDialog slug action=create />
    }
    .into_any()
}

fn add_button() -> AnyView {
    view! {
        <Permitted key=Key::ApiKeyWrite>
            <Button opens=ADD icon=Glyph::Plus variant=Variant::Primary>
                "Make an API key"
            </Button>
        </Permitted>
    }
    .into_any()
}

/// The one time a secret is told.
fn secret(text: String) -> AnyView {
    view! {
        <Notice kind=NoticeKind::Ok title="API key made.">
            "Copy it now; it is not shown again." <CodeBlock code=text label="The secret of the API key" />
        </Notice>
    }
    .into_any()
}

fn list(keys: ApiKeys, slug: Memo<String>, revoke: Submission) -> AnyView {
    let made = keys.made.map(secret);
    let Listed { rows, may_change } = keys.keys;
    if rows.is_empty() {
        let text = "Make one to send events with curl, an agent, or a pipeline.";
        return view! {
            {made}
            <Empty title="No API keys yet" text=text icon=Glyph::Key />
        }
        .into_any();
    }
    let columns = vec![
        Column::new("Key").class("message"),
        Column::new("Scopes").class("optional"),
        Column::new("Made").class("optional time"),
        Column::new("Last used").class("time"),
        Column::new("Expires").class("optional time"),
        Column::new("Revoke").class("shrink").hidden_header(),
    ];
    let table = rows.iter().map(|row| one(row.clone(), may_change, &slug.get_untracked())).collect_view();
    view! {
        {made}
        <DataTable caption="API keys" columns=columns>
            {table}
        </DataTable>
        {may_change.then(|| view! { <RevokeDialog rows slug action=revoke /> })}
    }
    .into_any()
}

fn one(row: ApiKeyRow, may_change: bool, slug: &str) -> AnyView {
    let href = Link::new(SettingsPage::ApiKeys.href(slug)).with("revoke", &row.id).done();
    let state = match row.state {
        KeyState::Works => None,
        KeyState::Expired => Some(view! { " " <Badge tone=Tone::Medium>"expired"</Badge> }.into_any()),
        KeyState::Revoked => Some(view! { " " <Badge>"revoked"</Badge> }.into_any()),
    };
    let expires = match row.expires {
        Some(when) => view! { <At when /> }.into_any(),
        None => view! { <span class="faint">"never"</span> }.into_any(),
    };
    let scopes = row.scopes.clone();
    let revocable = may_change && row.state != KeyState::Revoked;
    view! {
        <Row done=row.state != KeyState::Works>
            <td class="message">
                <div>{row.name} " " <code class="faint">{format!("{}…", row.prefix)}</code> {state}</div>
                <span class="under mono">{row.scopes}</span>
            </td>
            <td class="optional">
                <small class="mono">{scopes}</small>
            </td>
            <td class="optional time">
                <Ago when=row.created />
            </td>
            <td class="time">
                <AgoOr when=row.last_used words="never" />
            </td>
            <td class="optional time">{expires}</td>
            <td class="shrink">
                {revocable.then(|| view! { <Button href=href variant=Variant::Ghost>"Revoke"</Button> })}
            </td>
        </Row>
    }
    .into_any()
}

#[component]
fn AddDialog(slug: Memo<String>, action: Submission) -> impl IntoView {
    let form = Form::of(action);
    let node = NodeRef::new();
    when_done(action, node, "API key made");
    let expiry = vec![
        Choice::new("30", "30 days"),
        Choice::new("90", "90 days"),
        Choice::new("365", "a year"),
        Choice::new("", "never"),
    ];
    view! {
        <Dialog id=ADD title="Make an API key" open=form.refused() wide=true>
            <SendForm to=action node_ref=node class="form">
                <FormError form fields=&["name", "scopes"] />
                <input type="hidden" name="organization" value=move || slug.get() />
                <Field id="key-name" label="Name" hint="What uses it, such as ci-pipeline." required=true error=form.reason("name")>
                    <TextInput name="name" value=form.typed("name", "") maxlength=100_u32 autocomplete="off" />
                </Field>
                {scopes(form)}
                <Field id="key-expiry" label="Works for" required=true error=form.reason("expires_at")>
                    <Select name="expires_in_days" choices=expiry value=form.typed("expires_in_days", "90") />
                </Field>
                <Actions>
                    <Button submit=true variant=Variant::Primary busy=form.busy>
                        "Make the key"
                    </Button>
                </Actions>
            </SendForm>
        </Dialog>
    }
    .into_any()
}

fn scopes(form: Form) -> AnyView {
    let typed = form.typed("scopes", "event.write");
    let reason = form.reason("scopes");
    let boxes = scope_words()
        .into_iter()
        .map(|word| {
            let checked = typed.split(' ').any(|t| t == word);
            view! { <Checkbox name="scopes[]" value=word label=word checked=checked hint=scope_meaning(word) /> }
        })
        .collect_view();
    view! {
        <fieldset class="checkboxes">
            <legend>"Scopes"</legend>
            <p class="error" role="alert">
                {move || reason.get()}
            </p>
            <div class="form-grid">{boxes}</div>
        </fieldset>
    }
    .into_any()
}

/// Asks before the key of `?revoke=` stops working.
#[component]
fn RevokeDialog(rows: Vec<ApiKeyRow>, slug: Memo<String>, action: Submission) -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| query.with(|q| q.get_str("revoke").unwrap_or_default().to_owned()));
    let shown = move || {
        let id = asked.get();
        rows.iter()
            .find(|row| row.id == id && row.state != KeyState::Revoked)
            .map(|row| ask(row.clone(), slug, action))
    };
    view! { {move || shown()} }
}

fn ask(row: ApiKeyRow, slug: Memo<String>, action: Submission) -> AnyView {
    let id = row.id;
    let form = Form::of(action).only("id", id.clone());
    view! {
        <Dialog id="revoke-api-key" title="Revoke this API key?" open=true close_href=MaybeProp::derive(move || Some(SettingsPage::ApiKeys.href(&slug.get())))>
            <p>
                <strong>{row.name}</strong>
                " stops working at once, in every program that holds it. This cannot be undone."
            </p>
            <SendForm to=action>
                <FormError form fields=&[] />
                <input type="hidden" name="organization" value=move || slug.get() />
                <input type="hidden" name="id" value=id />
                <Actions>
                    <Button href=MaybeProp::derive(move || Some(SettingsPage::ApiKeys.href(&slug.get())))>"Keep it"</Button>
                    <Button submit=true variant=Variant::Danger busy=form.busy>
                        "Revoke"
                    </Button>
                </Actions>
            </SendForm>
        </Dialog>
    }
    .into_any()
}
