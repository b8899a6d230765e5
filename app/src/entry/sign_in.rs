//! `/sign-in`: a plain form, so that it works before and without WASM.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use ui::{Button, Field, Notice, NoticeKind, PasswordInput, TextInput, Variant};

use super::{DemoAccount, Entry, Gate, LoadGate};
use crate::fetch::{Load, fetch_first};
use crate::routes::{self, Refusal};

#[component]
pub fn SignInPage() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let refusal = Refusal::read(&query);
    let refused = refusal.code.clone();
    let gate = fetch_first(move || LoadGate { refused: refused.clone() });
    let next = query.get_str("next").and_then(routes::local_path).unwrap_or_default().to_owned();
    let email = query.get("email").unwrap_or_default();
    view! {
        <Entry title="Sign in" hint="With the account of your Watchroom.">
            {refusal.sentence().map(|text| view! { <Notice kind=NoticeKind::Error>{text}</Notice> })}
            <form method="post" action=routes::SIGN_IN>
                <input type="hidden" name="next" value=next.clone() />
                <Field id="email" label="E-mail" required=true error=refusal.reason("email")>
                    <TextInput name="email" kind="email" value=email.clone() autocomplete="username" autofocus=email.is_empty() />
                </Field>
                <Field id="password" label="Password" required=true error=refusal.reason("password")>
                    <PasswordInput name="password" />
                </Field>
                <Button submit=true variant=Variant::Primary wide=true>
                    "Sign in"
                </Button>
            </form>
            <Load resource=gate skeleton=|| () let:gate>
                {around(gate, next.clone())}
            </Load>
        </Entry>
    }
    .into_any()
}

/// What depends on the state of this Watchroom.
fn around(gate: Gate, next: String) -> AnyView {
    if gate.setup_needed {
        return view! {
            <Notice title="Nobody has an account yet.">
                <a href=routes::SETUP>"Set up this Watchroom"</a>
            </Notice>
        }
        .into_any();
    }
    if gate.signed_in {
        return view! {
            <Notice>
                "You are signed in already. " <a href=routes::HOME>"Go on"</a>
            </Notice>
        }
        .into_any();
    }
    let provider = (!gate.provider.is_empty()).then(|| provider(gate.provider, gate.refusal, &next));
    if gate.demo.is_empty() {
        return provider.into_any();
    }
    let password = gate.demo[0].password.clone();
    view! {
        {provider}
        <section class="demo-accounts" aria-labelledby="demo-accounts">
            <h2 id="demo-accounts">
                "Demo: go in as one of these, all with the password " <code>{password}</code>
            </h2>
            <ul>{gate.demo.into_iter().map(|account| one(account, next.clone())).collect_view()}</ul>
        </section>
    }
    .into_any()
}

/// A link, not a form: it leads to another site. The browser follows it itself.
fn provider(name: String, refusal: String, next: &str) -> AnyView {
    let href = routes::Link::new(routes::SIGN_IN_BY_PROVIDER).with("next", next).done();
    view! {
        <div class="sign-in-provider">
            {(!refusal.is_empty()).then(|| view! { <Notice kind=NoticeKind::Error>{refusal}</Notice> })}
            <a class="button secondary wide" href=href rel="external">
                "Sign in with "
                {name}
            </a>
        </div>
    }
    .into_any()
}

/// One click signs in; the credentials are there to be typed, too.
fn one(account: DemoAccount, next: String) -> AnyView {
    view! {
        <li>
            <form method="post" action=routes::SIGN_IN>
                <input type="hidden" name="next" value=next />
                <input type="hidden" name="email" value=account.email.clone() />
                <input type="hidden" name="password" value=account.password.clone() />
                <button type="submit">
                    <span>{account.role}</span>
                    <code>{account.email}</code>
                </button>
            </form>
        </li>
    }
    .into_any()
}
