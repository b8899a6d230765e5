//! A button that is only a picture: it must have a label.

use leptos::{ev::MouseEvent, prelude::*};

use crate::{Glyph, Icon, Variant, button::classes};

/// A square button or (with `href`) link showing only a picture; `label` names it and is its tooltip.
#[component]
pub fn IconButton(
    glyph: Glyph,
    /// Accessible name and tooltip.
    #[prop(into)]
    label: Signal<String>,
    /// Makes it a link.
    #[prop(optional, into)]
    href: MaybeProp<String>,
    /// Submits the form it stands in.
    #[prop(optional)]
    submit: bool,
    #[prop(optional, into)] name: Option<String>,
    #[prop(optional, into)] value: Option<String>,
    /// Key that presses it, told in the tooltip.
    #[prop(optional, into)]
    key: Option<&'static str>,
    /// Pressed by Escape (the close link of a panel).
    #[prop(optional)]
    escape: bool,
    /// `id` of a dialog it opens.
    #[prop(optional, into)]
    opens: Option<String>,
    /// `id` of a dialog it closes.
    #[prop(optional, into)]
    closes: Option<String>,
    /// Toggle buttons: `aria-pressed`.
    #[prop(optional, into)]
    pressed: MaybeProp<bool>,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(optional, into)] on_click: Option<Callback<MouseEvent>>,
) -> impl IntoView {
    let class = classes(&["icon-button", Variant::Ghost.class()]);
    let escape = escape.then_some("");
    let title = move || key.map_or_else(|| label.get(), |key| format!("{} ({key})", label.get()));
    let click = move |event: MouseEvent| {
        if let Some(on_click) = on_click {
            on_click.run(event);
        }
    };
    if href.get_untracked().is_some() {
        return view! {
            <a
                class=class
                href=move || href.get()
                aria-label=move || label.get()
                title=title
                data-key=key
                data-escape=escape
                aria-keyshortcuts=key
                on:click=click
            >
                <Icon glyph />
            </a>
        }
        .into_any();
    }
    let open = opens.clone();
    let command = if opens.is_some() { Some("show-modal") } else { closes.as_ref().map(|_| "close") };
    view! {
        <button
            class=class
            type=if submit { "submit" } else { "button" }
            name=name
            value=value
            command=command
            commandfor=opens.or(closes)
            aria-label=move || label.get()
            aria-pressed=move || pressed.get().map(|on| if on { "true" } else { "false" })
            title=title
            data-key=key
            data-escape=escape
            aria-keyshortcuts=key
            disabled=move || disabled.get()
            on:click=move |event| {
                if let Some(id) = &open {
                    // As of a `Button`.
                    event.prevent_default();
                    crate::browser::show_modal(id);
                }
                click(event);
            }
        >
            <Icon glyph />
        </button>
    }
    .into_any()
}
