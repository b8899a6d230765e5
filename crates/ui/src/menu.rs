//! Menus: a folding list, so it opens without WASM; Escape, arrows and clicks outside are added in the browser (`scripts/keys.mjs`).

use leptos::{ev::MouseEvent, prelude::*};

use crate::{Glyph, Icon, Kbd, button::classes};

/// A button that unfolds `<MenuItem>`s, `<MenuLabel>`s and `<MenuLine>`s.
#[expect(clippy::fn_params_excessive_bools, reason = "props are named where they are set")]
#[component]
pub fn Menu(
    /// Accessible name of the button; shown unless `icon_only`.
    #[prop(into)]
    label: Signal<String>,
    #[prop(optional, into)] icon: Option<Glyph>,
    /// Key that opens it, shown beside the words.
    #[prop(optional, into)]
    key: Option<&'static str>,
    #[prop(optional)] icon_only: bool,
    /// Opens towards the left.
    #[prop(optional)]
    end: bool,
    /// Opens upwards.
    #[prop(optional)]
    up: bool,
    /// Without a frame.
    #[prop(optional)]
    ghost: bool,
    /// Instead of the words (an avatar).
    #[prop(optional, into)]
    face: Option<ViewFn>,
    children: Children,
) -> impl IntoView {
    let hidden = icon_only || face.is_some();
    let summary = match (hidden, ghost) {
        (true, _) => "icon-button ghost",
        (false, true) => "button ghost",
        (false, false) => "button secondary",
    };
    view! {
        <details class=classes(&["menu", if end { "end" } else { "" }, if up { "up" } else { "" }])>
            <summary class=summary title=move || hidden.then(|| label.get()) data-key=key aria-keyshortcuts=key>
                {icon.map(|glyph| view! { <Icon glyph /> })}
                {face.map(|face| face.run())}
                <span class="words" class:visually-hidden=hidden>{move || label.get()}</span>
                {key.map(|key| view! { <Kbd keys=key /> })}
                {(!hidden).then(|| view! { <Icon glyph=Glyph::ChevronDown /> })}
            </summary>
            <div class="items">{children()}</div>
        </details>
    }
    .into_any()
}

/// A link or button of a menu.
#[component]
pub fn MenuItem(
    #[prop(optional, into)] href: Option<String>,
    /// Submits the form it stands in.
    #[prop(optional)]
    submit: bool,
    #[prop(optional, into)] name: Option<String>,
    #[prop(optional, into)] value: Option<String>,
    #[prop(optional, into)] icon: Option<Glyph>,
    #[prop(optional, into)] key: Option<&'static str>,
    /// Chosen now.
    #[prop(optional, into)]
    current: Signal<bool>,
    #[prop(optional)] danger: bool,
    /// Not handled by the router (downloads).
    #[prop(optional)]
    external: bool,
    #[prop(optional, into)] on_click: Option<Callback<MouseEvent>>,
    children: Children,
) -> impl IntoView {
    let class = classes(&["menu-item", if danger { "danger" } else { "" }]);
    let click = move |event: MouseEvent| {
        crate::browser::close_menu_of(&event);
        if let Some(on_click) = on_click {
            on_click.run(event);
        }
    };
    let body = view! {
        {icon.map(|glyph| view! { <Icon glyph /> })}
        <span class="words">{children()}</span>
        {key.map(|key| view! { <Kbd keys=key /> })}
    }
    .into_any();
    match href {
        Some(href) => view! {
            <a
                class=class
                href=href
                rel=external.then_some("external")
                aria-current=move || current.get().then_some("true")
                aria-keyshortcuts=key
                on:click=click
            >
                {body}
            </a>
        }
        .into_any(),
        None => view! {
            <button
                class=class
                type=if submit { "submit" } else { "button" }
                name=name
                value=value
                aria-pressed=move || current.get().then_some("true")
                aria-keyshortcuts=key
                on:click=click
            >
                {body}
            </button>
        }
        .into_any(),
    }
}

/// Words above a part of a menu.
#[component]
pub fn MenuLabel(children: Children) -> impl IntoView {
    view! { <p class="menu-label">{children()}</p> }
}

/// A hairline between parts of a menu.
#[component]
pub fn MenuLine() -> impl IntoView {
    view! { <hr class="menu-line" /> }
}
