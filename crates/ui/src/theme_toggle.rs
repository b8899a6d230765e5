//! Light, dark, or as the system says.

use leptos::prelude::*;

use crate::{Glyph, Icon, browser};

/// Three buttons. In the browser: sets `data-theme`, localStorage and the cookie `theme` (`light`, `dark`; removed for system).
/// Without WASM the buttons post `theme` to `action`, which sets the cookie and redirects back.
#[component]
pub fn ThemeToggle(
    /// Where the form posts without WASM.
    #[prop(into)]
    action: String,
    /// `light`, `dark` or anything else for system: the cookie as the server read it.
    #[prop(optional, into)]
    theme: String,
    /// Its name, where a page has two.
    #[prop(default = "Colour scheme")]
    label: &'static str,
) -> impl IntoView {
    let known = if matches!(theme.as_str(), "light" | "dark") { theme } else { "system".to_owned() };
    let theme = RwSignal::new(known);
    Effect::new(move |_| {
        if let Some(saved) = browser::saved_theme() {
            browser::apply_theme(&saved);
            theme.set(saved);
        }
    });
    let choice = move |value: &'static str, name: &'static str, glyph| {
        view! {
            <button
                type="submit"
                name="theme"
                value=value
                title=name
                aria-label=name
                aria-pressed=move || if theme.with(|theme| theme == value) { "true" } else { "false" }
                on:click=move |event| {
                    event.prevent_default();
                    browser::save_theme(value);
                    theme.set(value.to_owned());
                }
            >
                <Icon glyph />
            </button>
        }
    };
    view! {
        <form class="theme-toggle" method="post" action=action aria-label=label>
            {choice("light", "Light", Glyph::Sun)}
            {choice("dark", "Dark", Glyph::Moon)}
            {choice("system", "System", Glyph::Monitor)}
        </form>
    }
    .into_any()
}
