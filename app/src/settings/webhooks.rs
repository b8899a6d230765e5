//! `/o/{organization}/settings/webhooks`, and `/o/{organization}/settings/webhooks/{id}`: one with what it was told.

use domain::WebhookId;
use domain::permission as p;
use domain::webhook::{Delivery, KINDS, Webhook, event_type};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use service::Cx;
use service::webhooks::{self, Listed};
use ui::{
    Actions, Badge, Button, Checkbox, CodeBlock, Column, DataTable, Dialog, Empty, Field, Glyph, Notice,
    NoticeKind, Row, Section, TextInput, Tone, Variant,
};

use super::webhook_api::{
    AddWebhook, ChangeWebhook, ChangeWebhookSecret, DeleteWebhook, Redeliver, TestWebhook, WEBHOOK,
    WebhookForm, take_secret,
};
use crate::audit::history;
use crate::error::{Answer, AppError};
use crate::form::{Form, FormError};
use crate::page::Page;
use crate::page::print::{Asked, form};
use crate::routes::{self, SettingsPage};
use crate::server::Scope;
use crate::stale;
use crate::when::{Ago, At};

const ADD: &str = "add-webhook";
const REMOVE: &str = "remove-webhook";
/// Deliveries on a page.
const SHOWN: u32 = 50;

pub async fn page(asked: Asked) -> Answer<Page> {
    let scope = asked.scope().await?;
    let rows = webhooks::list(&scope.admit::<p::SettingsRead>()?).await?;
    let may_change = scope.may(p::Key::SettingsWrite);
    let slug = scope.organization.slug.as_str();
    let table = list(&scope, &rows, slug);
    let body = view! {
        <Section
            title="Webhooks"
            hint="Addresses of your own that are told what changes, a moment after it did: signed, tried again for a day and a half, never in anybody's way."
            actions=move || may_change.then(add_button).into_any()
        >
            {table}
        </Section>
        {may_change.then(|| add_dialog(slug))}
    };
    Ok(Page::of(SettingsPage::Webhooks.title(), body))
}

pub async fn one(asked: Asked) -> Answer<Page> {
    let scope = asked.scope().await?;
    let cx = scope.admit::<p::SettingsRead>()?;
    let id: WebhookId = asked.id.parse().map_err(|_| AppError::not_found())?;
    let webhook = webhooks::get(&cx, id).await?;
    let told = webhooks::deliveries(&cx, id, None, SHOWN).await?;
    let may_change = scope.may(p::Key::SettingsWrite);
    let slug = scope.organization.slug.as_str();
    let secret = take_secret(slug, id).map(secret);
    let history = history::history(&scope, "webhook", &asked.id).await?;
    let standing = standing(&scope, &webhook);
    let facts = if may_change { change(&cx, slug, &webhook).await? } else { facts(&webhook) };
    let remove = may_change.then(|| remove(slug, &webhook));
    let told = deliveries(&scope, &told, may_change, slug);
    let owned = slug.to_owned();
    let name = webhook.name;
    let title = format!("{name} · Webhooks · Settings");
    let body = view! {
        {secret}
        {standing}
        <Section title=name hint="What it is told of, and where." actions=move || may_change.then(|| buttons(&owned, id)).into_any()>
            {facts}
        </Section>
        <Section title="Deliveries" hint="The newest first; kept for 30 days. What was answered is not kept.">
            {told}
        </Section>
        {history}
        {remove}
    };
    Ok(Page::of(title, body))
}

fn add_button() -> AnyView {
    view! {
        <Button opens=ADD icon=Glyph::Plus variant=Variant::Primary>
            "Add a webhook"
        </Button>
    }
    .into_any()
}

fn list(scope: &Scope, rows: &[Listed], slug: &str) -> AnyView {
    if rows.is_empty() {
        let text = "Add one, and a program of yours hears of cases, members or sign-ins as they happen.";
        return view! { <Empty title="No webhooks yet" text=text icon=Glyph::Bell /> }.into_any();
    }
    let columns = vec![
        Column::new("Webhook").class("message"),
        Column::new("Told of").class("optional"),
        Column::new("Last delivery").class("time"),
    ];
    let table = rows.iter().map(|row| line(scope, row, slug)).collect_view();
    view! {
        <DataTable caption="Webhooks" columns=columns>
            {table}
        </DataTable>
    }
    .into_any()
}

fn line(scope: &Scope, row: &Listed, slug: &str) -> AnyView {
    let Listed { webhook, last } = row;
    let href = routes::webhook(slug, webhook.id);
    let last = last.as_ref().map_or_else(
        || view! { <span class="faint">"none yet"</span> }.into_any(),
        |last| {
            let (outcome, when) = (outcome(last), scope.zone.when(last.tried_at.unwrap_or(last.created_at)));
            view! { {outcome} " " <Ago when=when /> }.into_any()
        },
    );
    let (off, mark, told_of) = (!webhook.enabled, mark(webhook), kinds_in_words(webhook));
    let (name, url) = (webhook.name.clone(), webhook.url.clone());
    view! {
        <Row done=off>
            <td class="message">
                <div>
                    <a class="link" href=href>
                        {name}
                    </a>
                    {mark}
                </div>
                <span class="below mono">{url}</span>
            </td>
            <td class="optional">{told_of}</td>
            <td class="time">{last}</td>
        </Row>
    }
    .into_any()
}

fn mark(webhook: &Webhook) -> Option<AnyView> {
    if webhook.disabled_why.is_some() {
        return Some(view! { " " <Badge tone=Tone::High>"switched off by the server"</Badge> }.into_any());
    }
    if !webhook.enabled {
        return Some(view! { " " <Badge>"off"</Badge> }.into_any());
    }
    webhook.failing_since.map(|_| view! { " " <Badge tone=Tone::Medium>"failing"</Badge> }.into_any())
}

fn outcome(delivery: &Delivery) -> AnyView {
    match (delivery.state(), delivery.attempts) {
        ("delivered", _) => view! { <Badge tone=Tone::Ok>"delivered"</Badge> }.into_any(),
        ("waiting", 0) => view! { <Badge>"waiting"</Badge> }.into_any(),
        ("waiting", _) => view! { <Badge tone=Tone::Medium>"tried again"</Badge> }.into_any(),
        _ => view! { <Badge tone=Tone::High>"given up"</Badge> }.into_any(),
    }
}

fn kinds_in_words(webhook: &Webhook) -> String {
    let words: Vec<&str> = KINDS
        .iter()
        .filter(|(kind, _)| webhook.kinds.iter().any(|k| k == kind))
        .map(|(_, words)| *words)
        .collect();
    words.join(", ")
}

fn standing(scope: &Scope, webhook: &Webhook) -> Option<AnyView> {
    if let Some(why) = &webhook.disabled_why {
        let why = why.clone();
        return Some(
            view! {
                <Notice kind=NoticeKind::Error title="This webhook was switched off.">
                    {why}
                    " Switch it on again once the receiver works; it is then told what changes from that moment on. What was missed is in /api/v1/changes."
                </Notice>
            }
            .into_any(),
        );
    }
    let since = scope.zone.maybe(webhook.failing_since).filter(|_| webhook.enabled)?;
    Some(
        view! {
            <Notice kind=NoticeKind::Warning title="Deliveries fail.">
                "Nothing was taken since " <At when=since /> ". They are tried again; after five days the webhook is switched off."
            </Notice>
        }
        .into_any(),
    )
}

/// The one time a secret is told.
fn secret(text: String) -> AnyView {
    view! {
        <Notice kind=NoticeKind::Ok title="Keep this secret.">
            "Messages are signed with it; it is not shown again." <CodeBlock code=text label="The secret of the webhook" />
        </Notice>
    }
    .into_any()
}

fn fields(prefix: &str, state: Form, present: WebhookForm) -> impl IntoView + use<> {
    let WebhookForm { name, url, kinds, .. } = present;
    let typed = state.typed("kinds", kinds);
    let boxes = KINDS
        .iter()
        .map(|(kind, words)| {
            let checked = typed.split(' ').any(|t| t == *kind);
            view! { <Checkbox name="kinds[]" value=*kind label=*words checked=checked /> }
        })
        .collect_view();
    let reason = state.reason("kinds");
    view! {
        <Field id=format!("{prefix}-name") label="Name" required=true error=state.reason("name")>
            <TextInput name="name" value=state.typed("name", &name) maxlength=100_u32 autocomplete="off" />
        </Field>
        <Field id=format!("{prefix}-url") label="Address" hint="https, and reachable from the public internet unless whoever runs this Watchroom allows more." required=true error=state.reason("url")>
            <TextInput name="url" kind="url" value=state.typed("url", &url) placeholder="https://hooks.example/watchroom" autocomplete="off" mono=true />
        </Field>
        <fieldset class="checkboxes">
            <legend>"Told of"</legend>
            <p class="error" role="alert">
                {reason.get()}
            </p>
            <div class="form-grid">{boxes}</div>
        </fieldset>
    }
}

fn add_dialog(slug: &str) -> AnyView {
    let state = Form::printed::<AddWebhook>();
    let inner = view! {
        <FormError form=state fields=&["name", "url", "kinds"] />
        <input type="hidden" name="organization" value=slug.to_owned() />
        {fields("add", state, WebhookForm::begun())}
        <Actions>
            <Button submit=true variant=Variant::Primary>
                "Add"
            </Button>
        </Actions>
    };
    view! {
        <Dialog id=ADD title="Add a webhook" open=state.refused() wide=true>
            {form::<AddWebhook>("Webhook added", "form", inner)}
        </Dialog>
    }
    .into_any()
}

async fn change(cx: &Cx<p::SettingsRead>, slug: &str, webhook: &Webhook) -> Answer<AnyView> {
    let state = Form::printed::<ChangeWebhook>().only("id", webhook.id.to_string());
    let start = stale::start(cx, &WEBHOOK, webhook.id.0, state, WebhookForm::stored(webhook)).await?;
    let on = state.typed("enabled", &start.fields.enabled) == "true";
    let inner = view! {
        <FormError form=state fields=&["name", "url", "kinds"] />
        {hidden(slug, webhook.id)}
        {start.told}
        {fields("change", state, start.fields)}
        <Checkbox name="enabled" value="true" label="On" checked=on hint="Off, it is told nothing, and nothing waits for it." />
        <div class="row-line">
            <Button submit=true variant=Variant::Primary>
                "Save"
            </Button>
        </div>
    };
    Ok(form::<ChangeWebhook>("Webhook saved", "form", inner))
}

fn facts(webhook: &Webhook) -> AnyView {
    let (url, told_of) = (webhook.url.clone(), kinds_in_words(webhook));
    view! {
        <p>
            <code>{url}</code>
        </p>
        <p class="muted">{told_of}</p>
    }
    .into_any()
}

fn hidden(slug: &str, id: WebhookId) -> impl IntoView + use<> {
    view! {
        <input type="hidden" name="organization" value=slug.to_owned() />
        <input type="hidden" name="id" value=id.to_string() />
    }
}

fn press<S: ServerFn<Error = AppError>>(
    slug: &str,
    id: WebhookId,
    words: &'static str,
    done: &'static str,
) -> AnyView {
    let inner = view! {
        {hidden(slug, id)}
        <Button submit=true>{words}</Button>
    };
    form::<S>(done, "", inner)
}

fn buttons(slug: &str, id: WebhookId) -> AnyView {
    view! {
        {press::<TestWebhook>(slug, id, "Send a test", "A test is on its way")}
        {press::<ChangeWebhookSecret>(slug, id, "Make another secret", "The secret before signs too for a day")}
        <Button opens=REMOVE variant=Variant::Danger>
            "Delete"
        </Button>
    }
    .into_any()
}

/// Asks before it is gone.
fn remove(slug: &str, webhook: &Webhook) -> AnyView {
    let inner = view! {
        {hidden(slug, webhook.id)}
        <Actions>
            <Button submit=true variant=Variant::Danger>
                "Delete the webhook"
            </Button>
        </Actions>
    };
    let name = webhook.name.clone();
    view! {
        <Dialog id=REMOVE title="Delete this webhook?">
            <p>
                <strong>{name}</strong>
                " is told nothing any more, and what is known of its deliveries is gone. This cannot be undone."
            </p>
            {form::<DeleteWebhook>("Webhook deleted", "", inner)}
        </Dialog>
    }
    .into_any()
}

fn deliveries(scope: &Scope, all: &[Delivery], may_change: bool, slug: &str) -> AnyView {
    if all.is_empty() {
        return view! { <Empty title="Nothing was told yet" text="It is told what changes from now on. Send a test to see whether it listens." icon=Glyph::Bell /> }
            .into_any();
    }
    let columns = vec![
        Column::new("What").class("message"),
        Column::new("Outcome"),
        Column::new("Attempts").class("optional"),
        Column::new("Took").class("optional"),
        Column::new("Last try").class("time"),
        Column::new("Again").class("shrink").hidden_header(),
    ];
    let rows = all.iter().map(|one| delivery(scope, one, may_change, slug)).collect_view();
    view! {
        <DataTable caption="Deliveries" columns=columns>
            {rows}
        </DataTable>
    }
    .into_any()
}

fn delivery(scope: &Scope, one: &Delivery, may_change: bool, slug: &str) -> AnyView {
    let waits = one.next_at.filter(|_| one.attempts > 0);
    let next = scope.zone.maybe(waits).map(|when| view! { <div class="muted">"again at " <At when /></div> });
    let status = one.status.map(|status| format!(" {status}"));
    let took = one.duration_ms.map(|ms| format!("{ms} ms"));
    let when = scope.zone.when(one.tried_at.unwrap_or(one.created_at));
    let again = (may_change && one.attempts > 0).then(|| {
        let (id, what) = (one.id.to_string(), event_type(&one.action));
        let inner = view! {
            {hidden(slug, one.webhook_id)}
            <input type="hidden" name="delivery" value=id />
            <Button submit=true variant=Variant::Ghost>
                "Redeliver"
                <span class="visually-hidden">" " {what}</span>
            </Button>
        };
        form::<Redeliver>("It is sent again", "", inner)
    });
    let (what, outcome, attempts) = (event_type(&one.action), outcome(one), one.attempts);
    let seq = one.seq.map(|seq| view! { " " <span class="faint">{format!("#{seq}")}</span> });
    let error = one.error.clone().map(|error| view! { <div class="muted">{error}</div> });
    view! {
        <Row>
            <td class="message">
                <code>{what}</code>
                {seq}
                {error}
            </td>
            <td>
                {outcome} {status} {next}
            </td>
            <td class="optional">{attempts}</td>
            <td class="optional">{took}</td>
            <td class="time">
                <Ago when=when />
            </td>
            <td class="shrink">{again}</td>
        </Row>
    }
    .into_any()
}
