//! `/o/{organization}/settings/api-keys`; `?revoke={id}` asks before it is done, `?source={name}` makes one of that source. A secret is shown once.

use domain::api_key::PLATFORM_SCOPES;
use domain::permission as p;
use leptos::prelude::*;
use service::api_keys;
use ui::{
    Actions, Badge, Button, Checkbox, Choice, CodeBlock, Column, DataTable, Dialog, Empty, Field, Glyph,
    Notice, NoticeKind, Row, Section, Select, TextInput, Tone, Variant,
};

use super::api::{ApiKeyRow, CreateApiKey, KeyState, RevokeApiKey, api_key_row, take_made};
use super::permissions::{scope_meaning, scope_words};
use crate::audit::history;
use crate::error::Answer;
use crate::form::{Form, FormError};
use crate::page::Page;
use crate::page::print::{Asked, form};
use crate::routes::{self, Link, SettingsPage};
use crate::server::Scope;
use crate::when::{Ago, AgoOr, At, When};

const ADD: &str = "make-api-key";

/// Sources that are offered; any other comes with the address that its own panel links to.
const OFFERED: u32 = 200;

pub async fn page(asked: Asked) -> Answer<Page> {
    let scope = asked.scope().await?;
    let found = api_keys::list(&scope.admit::<p::ApiKeyRead>()?).await?;
    let rows: Vec<ApiKeyRow> = found.into_iter().map(|key| api_key_row(&scope, key)).collect();
    let may_change = scope.may(p::Key::ApiKeyWrite);
    let slug = scope.organization.slug.as_str();
    let revocable = |row: &&ApiKeyRow| may_change && row.state != KeyState::Revoked;
    let shown = rows.iter().filter(revocable).find(|row| row.id == asked.get("revoke"));
    let revoke = shown.map(|row| ask(row.clone(), slug));
    let of_platform = matches!(&scope.actor.who, service::Who::User(user) if user.is_sre);
    let made = take_made(slug).map(secret);
    // Made: it is not asked for again.
    let wanted = if made.is_some() { "" } else { there(&scope, asked.get("source")).await? };
    let may_audit = scope.may(p::Key::AuditRead);
    let table = list(&rows, (may_change, may_audit), slug);
    let dialog =
        if may_change { Some(add_dialog(slug, of_platform, offered(&scope).await?, wanted)) } else { None };
    let names = rows.iter().map(|row| (row.id.clone(), row.name.clone()));
    let page = SettingsPage::ApiKeys.href(slug);
    let history = history::dialog(&scope, &asked, "api_key", names, &page).await?;
    let body = view! {
        {made}
        <Section title="API keys" hint="For programs: Authorization: Bearer. What is stored is a digest; the secret is shown once." actions=move || may_change.then(add_button).into_any()>
            {table}
        </Section>
        {dialog}
        {revoke}
        {history}
    };
    Ok(Page::of(SettingsPage::ApiKeys.title(), body))
}

fn add_button() -> AnyView {
    view! {
        <Button opens=ADD icon=Glyph::Plus variant=Variant::Primary>
            "Make an API key"
        </Button>
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

fn list(rows: &[ApiKeyRow], rights: (bool, bool), slug: &str) -> AnyView {
    if rows.is_empty() {
        let text = "Make one to send events with curl, an agent, or a pipeline.";
        return view! { <Empty title="No API keys yet" text=text icon=Glyph::Key /> }.into_any();
    }
    let columns = vec![
        Column::new("Key").class("message"),
        Column::new("Scopes").class("optional"),
        Column::new("Made").class("optional time"),
        Column::new("Last used").class("optional time"),
        Column::new("Expires").class("optional time"),
        Column::new("Revoke").class("shrink").hidden_header(),
    ];
    let table = rows.iter().map(|row| one(row.clone(), rights, slug)).collect_view();
    view! {
        <DataTable caption="API keys" columns=columns>
            {table}
        </DataTable>
    }
    .into_any()
}

fn one(row: ApiKeyRow, (may_change, may_audit): (bool, bool), slug: &str) -> AnyView {
    let told = history::button(may_audit, &SettingsPage::ApiKeys.href(slug), &row.id, &row.name);
    let href = Link::new(SettingsPage::ApiKeys.href(slug)).with("revoke", &row.id).done();
    let state = match row.state {
        KeyState::Works => None,
        KeyState::Expired => Some(view! { " " <Badge tone=Tone::Medium>"expired"</Badge> }.into_any()),
        KeyState::Revoked => Some(view! { " " <Badge>"revoked"</Badge> }.into_any()),
    };
    let maker = row.owner.unwrap_or_else(|| "the command line".to_owned());
    let scopes = row.scopes.clone();
    let bound = row.source.map(|name| {
        let href = routes::sources(slug);
        let href = Link::new(href).with("q", &name).done();
        view! {
            <span class="below">
                "only as source "
                <a class="link" href=href>
                    {name}
                </a>
            </span>
        }
    });
    let revocable = may_change && row.state != KeyState::Revoked;
    view! {
        <Row done=row.state != KeyState::Works>
            <td class="message">
                <div>{row.name} " " <code class="faint">{format!("{}…", row.prefix)}</code> {state}</div>
                {bound}
                <span class="under mono">{row.scopes}</span>
                <span class="under">"made " <Ago when=row.created.clone() /> " by " {maker.clone()} ", last used " <AgoOr when=row.last_used.clone() words="never" /> ", expires " {expiry(row.expires.clone())}</span>
            </td>
            <td class="optional">
                <small class="mono">{scopes}</small>
            </td>
            <td class="optional time">
                <Ago when=row.created />
                <span class="below">"by " {maker}</span>
            </td>
            <td class="optional time">
                <AgoOr when=row.last_used words="never" />
            </td>
            <td class="optional time">{expiry(row.expires)}</td>
            <td class="shrink">
                {told}
                {revocable.then(|| view! { <Button href=href variant=Variant::Ghost>"Revoke"</Button> })}
            </td>
        </Row>
    }
    .into_any()
}

fn expiry(expires: Option<When>) -> AnyView {
    match expires {
        Some(when) => view! { <At when /> }.into_any(),
        None => view! { <span class="faint">"never"</span> }.into_any(),
    }
}

/// The name that the address brings, if a source has it: a link puts no other words here.
async fn there<'a>(scope: &Scope, name: &'a str) -> Answer<&'a str> {
    if name.is_empty() || !scope.may(p::Key::SourceRead) {
        return Ok("");
    }
    let found = service::sources::list(&scope.admit::<p::SourceRead>()?, name, OFFERED, None).await?;
    Ok(if found.items.iter().any(|source| source.name == name) { name } else { "" })
}

/// Names of the first sources, and whether these are all.
async fn offered(scope: &Scope) -> Answer<(Vec<String>, bool)> {
    let found = service::sources::list(&scope.admit::<p::SourceRead>()?, "", OFFERED, None).await?;
    let all = found.next_cursor.is_none();
    Ok((found.items.into_iter().map(|source| source.name).collect(), all))
}

/// `of_platform`: who makes it holds the platform role. `wanted`: the source that the address names, or nothing.
fn add_dialog(slug: &str, of_platform: bool, sources: (Vec<String>, bool), wanted: &str) -> AnyView {
    let state = Form::printed::<CreateApiKey>();
    let expiry = vec![
        Choice::new("30", "30 days"),
        Choice::new("90", "90 days"),
        Choice::new("365", "a year"),
        Choice::new("", "never"),
    ];
    let fields = view! {
        <FormError form=state fields=&["name", "scopes", "expires_at", "source"] />
        <input type="hidden" name="organization" value=slug.to_owned() />
        <Field id="key-name" label="Name" hint="What uses it, such as ci-pipeline." required=true error=state.reason("name")>
            <TextInput name="name" value=state.typed("name", "") maxlength=100_u32 autocomplete="off" />
        </Field>
        {source(state, sources, wanted)}
        {scopes(state, of_platform)}
        <Field id="key-expiry" label="Works for" required=true error=state.reason("expires_at")>
            <Select name="expires_in_days" choices=expiry value=state.typed("expires_in_days", "90") />
        </Field>
        <Actions>
            <Button submit=true variant=Variant::Primary>
                "Make the key"
            </Button>
        </Actions>
    };
    let refused = state.refused();
    let named = !wanted.is_empty();
    let open = Signal::derive(move || named || refused.get());
    // Closed without going anywhere: the next page would not show the secret again.
    view! {
        <Dialog id=ADD title="Make an API key" open=open wide=true>
            {form::<CreateApiKey>("API key made", "form", fields)}
        </Dialog>
    }
    .into_any()
}

fn source(state: Form, (names, all): (Vec<String>, bool), wanted: &str) -> AnyView {
    let chosen = state.typed("source", wanted);
    let other = Some(&chosen).filter(|name| !name.is_empty() && !names.contains(name)).cloned();
    let names = other.into_iter().chain(names).map(|name| Choice::new(name.clone(), name));
    let choices: Vec<Choice> =
        std::iter::once(Choice::new("", "any, as each event says")).chain(names).collect();
    let hint = if all {
        "What it sends is filed there, and it can do nothing but send: choose event.write alone."
    } else {
        "What it sends is filed there, and it can do nothing but send: choose event.write alone. A source that is not listed offers it in its panel."
    };
    view! {
        <Field id="key-source" label="Source" hint=hint error=state.reason("source")>
            <Select name="of_source" choices=choices value=chosen />
        </Field>
    }
    .into_any()
}

fn scopes(state: Form, of_platform: bool) -> AnyView {
    let typed = state.typed("scopes", "event.write");
    let reason = state.reason("scopes");
    let platform = PLATFORM_SCOPES.iter().copied().filter(|_| of_platform);
    let boxes = scope_words()
        .into_iter()
        .chain(platform)
        .map(|word| {
            let checked = typed.split(' ').any(|t| t == word);
            view! { <Checkbox name="scopes[]" value=word label=word checked=checked hint=scope_meaning(word) /> }
        })
        .collect_view();
    view! {
        <fieldset class="checkboxes">
            <legend>"Scopes"</legend>
            <p class="error" role="alert">
                {reason.get()}
            </p>
            <div class="form-grid">{boxes}</div>
        </fieldset>
    }
    .into_any()
}

/// Asks before the key of `?revoke=` stops working.
fn ask(row: ApiKeyRow, slug: &str) -> AnyView {
    let state = Form::printed::<RevokeApiKey>().only("id", row.id.clone());
    let keys = SettingsPage::ApiKeys.href(slug);
    let close = keys.clone();
    let fields = view! {
        <FormError form=state fields=&[] />
        <input type="hidden" name="organization" value=slug.to_owned() />
        <input type="hidden" name="id" value=row.id />
        <Actions>
            <Button href=keys>"Keep it"</Button>
            <Button submit=true variant=Variant::Danger>
                "Revoke"
            </Button>
        </Actions>
    };
    view! {
        <Dialog id="revoke-api-key" title="Revoke this API key?" open=true close_href=close>
            <p>
                <strong>{row.name}</strong>
                " stops working at once, in every program that holds it. This cannot be undone."
            </p>
            {form::<RevokeApiKey>("API key revoked", "", fields)}
        </Dialog>
    }
    .into_any()
}
