//! `/setup`: the first account and its organization, while the database is empty.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use ui::{Button, Field, Notice, NoticeKind, PasswordInput, TextInput, Variant};

use super::{Entry, Gate, LoadGate};
use crate::fetch::{Load, fetch_first};
use crate::routes::{self, Refusal};

#[component]
pub fn SetupPage() -> impl IntoView {
    let gate = fetch_first(|| LoadGate { refused: String::new() });
    view! {
        <Entry title="Set up Watchroom" hint="The first account administers this Watchroom and its first organization.">
            <Load resource=gate let:gate>
                {form_or_way_on(&gate)}
            </Load>
        </Entry>
    }
    .into_any()
}

fn form_or_way_on(gate: &Gate) -> AnyView {
    if gate.setup_needed {
        return form();
    }
    view! {
        <Notice kind=NoticeKind::Ok>
            "This Watchroom is set up. " <a href=routes::SIGN_IN>"Sign in"</a>
        </Notice>
    }
    .into_any()
}

fn form() -> AnyView {
    let query = use_query_map().get_untracked();
    let refusal = Refusal::read(&query);
    let query = StoredValue::new(query);
    let typed = move |name: &str| query.with_value(|q| q.get(name)).unwrap_or_default();
    view! {
        {refusal.sentence().map(|text| view! { <Notice kind=NoticeKind::Error>{text}</Notice> })}
        <form method="post" action=routes::SETUP>
            <Field id="organization" label="Organization" required=true error=refusal.reason("name")>
                <TextInput name="organization" value=typed("organization") placeholder="Acme Corporation" autocomplete="organization" />
            </Field>
            <Field id="slug" label="Short name" hint="In addresses, such as acme. Made from the name when empty." error=refusal.reason("slug")>
                <TextInput name="slug" value=typed("slug") mono=true autocomplete="off" />
            </Field>
            <Field id="display_name" label="Your name">
                <TextInput name="display_name" value=typed("display_name") autocomplete="name" />
            </Field>
            <Field id="email" label="E-mail" required=true error=refusal.reason("email").or_else(|| refusal.reason("username"))>
                <TextInput name="email" kind="email" value=typed("email") autocomplete="username" />
            </Field>
            <Field id="password" label="Password" hint="At least 12 characters; a sentence is fine." required=true error=refusal.reason("password")>
                <PasswordInput name="password" autocomplete="new-password" minlength=12_u32 />
            </Field>
            <Button submit=true variant=Variant::Primary wide=true>
                "Create the account"
            </Button>
        </form>
    }
    .into_any()
}
