//! A text input that offers what could be written at its cursor (WAI-ARIA combobox with a list).

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use crate::browser;

/// What could be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub text: String,
    /// What it means, beside it.
    pub note: String,
    /// The whole input with it, and where the cursor is then (UTF-16 units).
    pub value: String,
    pub cursor: u32,
    /// More has to follow: the next offer is asked for at once.
    pub open: bool,
}

/// The input. Down and Up choose, Enter and Tab take what is chosen, Escape puts the list away; without WASM it is a plain input. What is
/// sent with Enter, or typed and left, is kept in this browser under `recent` and offered while the input is empty, if it `is_worth` it.
#[component]
pub fn Combobox(
    /// `id` of the input; the list's begins with it.
    id: &'static str,
    name: &'static str,
    label: &'static str,
    placeholder: &'static str,
    #[prop(into)] value: Signal<String>,
    /// `id` of the text that says what is wrong, while something is.
    #[prop(into)]
    problem: MaybeProp<String>,
    /// What is offered for the text and cursor that were told last.
    #[prop(into)]
    choices: Signal<Vec<Offer>>,
    /// Hears text and cursor (UTF-16 units).
    on_change: Callback<(String, u32)>,
    /// Key of the local storage.
    recent: &'static str,
    /// Whether a text can be sent again: others are neither kept nor offered.
    is_worth: fn(&str) -> bool,
) -> impl IntoView {
    let (open, set_open) = signal(false);
    let (empty, set_empty) = signal(false);
    let (active, set_active) = signal(None::<usize>);
    let offered = Memo::new(move |_| match (open.get(), empty.get()) {
        (false, _) => Vec::new(),
        // What an earlier build kept may not be worth it.
        (true, true) => {
            browser::remembered(recent).into_iter().filter(|text| is_worth(text)).map(again).collect()
        }
        (true, false) => choices.get(),
    });
    let look = move || {
        if let Some((text, cursor)) = browser::text_and_cursor(id) {
            set_active.set(None);
            set_empty.set(text.trim().is_empty());
            set_open.set(true);
            on_change.run((text, cursor));
        }
    };
    let remember = move |text: &str| {
        if is_worth(text) {
            browser::remember(recent, text);
        }
    };
    let take = move |index: usize| {
        let Some(choice) = offered.with_untracked(|all| all.get(index).cloned()) else { return };
        browser::set_text_and_cursor(id, &choice.value, choice.cursor);
        set_open.set(false);
        if choice.open {
            look();
        }
    };
    let pressed = move |event: KeyboardEvent| {
        let count = offered.with_untracked(Vec::len);
        let key = event.key();
        let moved = |by: usize| set_active.update(|at| *at = Some(at.map_or(by - 1, |at| at + by) % count));
        match (key.as_str(), active.get_untracked()) {
            ("ArrowDown", _) if count > 0 => moved(1),
            ("ArrowUp", Some(_)) if count > 0 => moved(count - 1),
            ("ArrowUp", None) if count > 0 => set_active.set(Some(count - 1)),
            ("ArrowDown", _) => look(),
            ("Enter" | "Tab", Some(index)) if count > 0 => take(index),
            ("Escape", _) if count > 0 => {
                set_open.set(false);
                // The list alone is put away, not the panel beside it.
                event.stop_propagation();
            }
            ("Enter", _) => {
                if let Some((text, _)) = browser::text_and_cursor(id) {
                    remember(&text);
                }
                set_open.set(false);
                return;
            }
            _ => return,
        }
        event.prevent_default();
        if let Some(index) = active.get_untracked() {
            browser::reveal_by_id(&option_id(id, index));
        }
    };
    let list_id = [id, "-list"].concat();
    let options = move || {
        let option = move |(index, choice): (usize, Offer)| {
            view! {
                <li
                    role="option"
                    id=option_id(id, index)
                    aria-selected=move || if active.get() == Some(index) { "true" } else { "false" }
                    on:mousedown=move |event| {
                        event.prevent_default();
                        take(index);
                    }
                >
                    <span class="words">{choice.text}</span>
                    <span class="note">{choice.note}</span>
                </li>
            }
        };
        offered.get().into_iter().enumerate().map(option).collect_view()
    };
    let shown = move || offered.with(|all| !all.is_empty());
    view! {
        <input
            type="text"
            id=id
            name=name
            role="combobox"
            aria-label=label
            aria-autocomplete="list"
            aria-expanded=move || if shown() { "true" } else { "false" }
            aria-controls=list_id.clone()
            aria-activedescendant=move || active.get().filter(|_| shown()).map(|index| option_id(id, index))
            aria-invalid=move || problem.get().map(|_| "true")
            aria-describedby=move || problem.get()
            placeholder=placeholder
            autocomplete="off"
            autocapitalize="none"
            spellcheck="false"
            data-search=""
            value=value
            prop:value=value
            on:input=move |_| look()
            on:click=move |_| look()
            on:focus=move |_| {
                // Who only passes by is not stopped by a list.
                if browser::text_and_cursor(id).is_some_and(|(text, _)| text.is_empty()) {
                    look();
                }
            }
            on:blur=move |_| {
                set_open.set(false);
                // What was typed and not sent is lost when something else changes the value: it is offered again, then.
                if let Some((text, _)) = browser::text_and_cursor(id).filter(|(text, _)| *text != value.get_untracked()) {
                    remember(&text);
                }
            }
            on:keydown=pressed
        />
        <ul class="combobox-list" id=list_id role="listbox" aria-label=label hidden=move || !shown()>
            {move || options()}
        </ul>
    }
    .into_any()
}

fn option_id(id: &str, index: usize) -> String {
    format!("{id}-{index}")
}

/// What was sent before.
fn again(value: String) -> Offer {
    Offer { text: value.clone(), note: "written before".to_owned(), cursor: u32::MAX, value, open: false }
}
