//! Buttons, and links that look like buttons.

use leptos::{ev::MouseEvent, prelude::*};

use crate::{Glyph, Icon, Kbd};

/// How much a button asks for attention: one primary a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Variant {
    Primary,
    #[default]
    Secondary,
    Ghost,
    Danger,
}

impl Variant {
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
            Self::Ghost => "ghost",
            Self::Danger => "danger",
        }
    }
}

/// A button (`type="button"`), a submit button (`submit=true`) or, with `href`, a link that looks like one.
#[component]
pub fn Button(
    /// Look: primary, secondary (default), ghost, danger.
    #[prop(optional)]
    variant: Variant,
    /// Submits the form it stands in.
    #[prop(optional)]
    submit: bool,
    /// Makes it a link.
    #[prop(optional, into)]
    href: MaybeProp<String>,
    /// Picture before the words.
    #[prop(optional, into)]
    icon: Option<Glyph>,
    /// Key that presses it (`scripts/keys.mjs` listens), shown beside the words. One character.
    #[prop(optional, into)]
    key: Option<&'static str>,
    /// Work is under way: a spinner, no second press, focus kept.
    #[prop(optional, into)]
    busy: Signal<bool>,
    #[prop(optional, into)] disabled: Signal<bool>,
    /// `name` of a submit button.
    #[prop(optional, into)]
    name: Option<String>,
    /// `value` of a submit button.
    #[prop(optional, into)]
    value: Option<String>,
    /// `formaction` of a submit button: where this one posts to.
    #[prop(optional, into)]
    formaction: Option<String>,
    /// `form`: id of the form it submits from outside.
    #[prop(optional, into)]
    form: Option<String>,
    /// `id` of a dialog it opens: `command="show-modal"` without WASM.
    #[prop(optional, into)]
    opens: Option<String>,
    /// Fills the line.
    #[prop(optional)]
    wide: bool,
    /// Hidden where the page is narrow.
    #[prop(optional)]
    optional: bool,
    /// Runs in the browser; the form or link must do the same without it.
    #[prop(optional, into)]
    on_click: Option<Callback<MouseEvent>>,
    children: Children,
) -> impl IntoView {
    let class = classes(&[
        "button",
        variant.class(),
        if wide { "wide" } else { "" },
        if optional { "optional" } else { "" },
    ]);
    let body = view! {
        {icon.map(|glyph| view! { <Icon glyph /> })}
        <span class="words">{children()}</span>
        {key.map(|key| view! { <Kbd keys=key /> })}
    }
    .into_any();
    let click = move |event: MouseEvent| {
        if busy.get_untracked() {
            event.prevent_default();
        } else if let Some(on_click) = on_click {
            on_click.run(event);
        }
    };
    if href.get_untracked().is_some() {
        return view! {
            <a class=class href=move || href.get() data-key=key aria-keyshortcuts=key on:click=click>
                {body}
            </a>
        }
        .into_any();
    }
    let open = opens.clone();
    view! {
        <button
            class=class
            type=if submit { "submit" } else { "button" }
            name=name
            value=value
            formaction=formaction
            form=form
            command=opens.as_ref().map(|_| "show-modal")
            commandfor=opens
            data-key=key
            aria-keyshortcuts=key
            aria-busy=move || busy.get().then_some("true")
            disabled=move || disabled.get()
            on:click=move |event| {
                if let Some(id) = &open {
                    // Else its command follows, of which browsers complain: the dialog is open by then.
                    event.prevent_default();
                    crate::browser::show_modal(id);
                }
                click(event);
            }
        >
            {body}
        </button>
    }
    .into_any()
}

/// Joins the class names that are not empty.
pub(crate) fn classes(names: &[&str]) -> String {
    let mut all = String::new();
    for name in names.iter().filter(|name| !name.is_empty()) {
        if !all.is_empty() {
            all.push(' ');
        }
        all.push_str(name);
    }
    all
}
