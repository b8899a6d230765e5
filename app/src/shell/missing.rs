//! What stands where there is no page.

use leptos::prelude::*;
use leptos_meta::Title;
use ui::{Button, Empty, Glyph, Logo};

use crate::routes;

/// Inside the frame.
#[component]
pub fn NotFound() -> impl IntoView {
    say_not_found();
    view! {
        <Title text="Not found" />
        <div class="page">
            <h1 class="visually-hidden">"Not found"</h1>
            <Empty title="There is no such page" text="The address may be mistyped, or what it named is gone." icon=Glyph::Search>
                <Button href=routes::HOME>"To the start page"</Button>
            </Empty>
        </div>
    }
    .into_any()
}

/// Without a frame.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    say_not_found();
    view! {
        <Title text="Not found" />
        <div class="sign-in">
            <main>
                <div class="sign-in-box">
                    <Logo />
                    <header>
                        <h1>"There is no such page"</h1>
                        <p class="muted">"The address may be mistyped, or what it named is gone."</p>
                    </header>
                    <Button href=routes::HOME>"Go to the start"</Button>
                </div>
            </main>
            <div class="sign-in-picture" aria-hidden="true"></div>
        </div>
    }
    .into_any()
}

/// The page's status is 404.
fn say_not_found() {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(axum::http::StatusCode::NOT_FOUND);
    }
}
