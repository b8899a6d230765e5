//! The way in: the start page, the sign-in, the first set-up. Plain forms that post to the server.

mod api;
#[cfg(feature = "ssr")]
pub mod code;
#[cfg(feature = "ssr")]
pub mod invitation;
mod setup;
mod sign_in;

pub use api::{DemoAccount, Gate, GoHome, LoadGate, go_home, load_gate};
pub use setup::SetupPage;
pub use sign_in::SignInPage;

use leptos::prelude::*;
use leptos_meta::Title;
use ui::{Button, Logo};

use crate::fetch::{Load, fetch_first};
use crate::routes;

/// `/`: leads to the first organization, the sign-in or the first set-up.
#[component]
pub fn HomePage() -> impl IntoView {
    let way = fetch_first(|| GoHome {});
    view! {
        <Load resource=way let:way>
            {stranded(way)}
        </Load>
    }
    .into_any()
}

/// Seen only by those who belong nowhere (everybody else is redirected).
fn stranded(way: Option<String>) -> AnyView {
    match way {
        None => view! {
            <Entry title="You belong to no organization yet" hint="An administrator of one has to invite you. Invitations are in your account.">
                <Button href=routes::ACCOUNT wide=true variant=ui::Variant::Primary>
                    "Account and invitations"
                </Button>
                <form method="post" action=routes::SIGN_OUT>
                    <Button submit=true wide=true>
                        "Sign out"
                    </Button>
                </form>
            </Entry>
        }
        .into_any(),
        Some(href) => view! {
            <Entry title="Watchroom" hint="One room for what happens to your systems.">
                <Button href=href wide=true>
                    "Go on"
                </Button>
            </Entry>
        }
        .into_any(),
    }
}

/// The frame of pages before there is a room: one box, and the horizon.
#[component]
pub fn Entry(#[prop(into)] title: String, #[prop(into)] hint: String, children: Children) -> impl IntoView {
    view! {
        <Title text=title.clone() />
        {frame(title, hint, children())}
    }
    .into_any()
}

fn frame(title: String, hint: String, children: impl IntoAny) -> AnyView {
    view! {
        <div class="sign-in">
            <main id="main">
                <div class="sign-in-box">
                    <Logo />
                    <header>
                        <h1>{title}</h1>
                        <p class="muted">{hint}</p>
                    </header>
                    {children.into_any()}
                </div>
            </main>
            <div class="sign-in-picture" aria-hidden="true">
                <p>"One room for what happens to your systems."</p>
            </div>
        </div>
    }
    .into_any()
}
