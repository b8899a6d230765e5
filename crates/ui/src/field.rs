//! Form fields: one label, one control, its hint and its error.

use leptos::{context::Provider, prelude::*};

use crate::plain_text::plain_area;
use crate::{Glyph, Icon, browser, button::classes};

/// What a control inside a `Field` needs to know about it.
#[derive(Clone)]
struct FieldContext {
    id: String,
    described_by: Signal<Option<String>>,
    invalid: Signal<bool>,
    required: bool,
}

/// A label with one control inside (`TextInput`, `Select`, …), a hint and an error. The control takes `id` from here.
#[component]
pub fn Field(
    /// `id` of the control.
    #[prop(into)]
    id: String,
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: Option<String>,
    /// Shown under the control and tied to it; `None` when valid.
    #[prop(optional, into)]
    error: MaybeProp<String>,
    #[prop(optional)] required: bool,
    /// Says "optional" beside the label.
    #[prop(optional)]
    optional: bool,
    /// Label left of the control where there is room.
    #[prop(optional)]
    inline: bool,
    children: Children,
) -> impl IntoView {
    let hint_id = hint.is_some().then(|| format!("{id}-hint"));
    let error_id = format!("{id}-error");
    let described = {
        let (hint_id, error_id) = (hint_id.clone(), error_id.clone());
        Signal::derive(move || match (&hint_id, error.get()) {
            (Some(hint), Some(_)) => Some(format!("{error_id} {hint}")),
            (None, Some(_)) => Some(error_id.clone()),
            (hint, None) => hint.clone(),
        })
    };
    let context = FieldContext {
        id: id.clone(),
        described_by: described,
        invalid: Signal::derive(move || error.get().is_some()),
        required,
    };
    let error = move || {
        error.get().map(|text| {
            view! {
                <Icon glyph=Glyph::Error />
                <span>{text}</span>
            }
            .into_any()
        })
    };
    view! {
        <div class="field" class:inline=inline>
            <label for=id>{label}{optional.then(|| view! { <span class="optional-mark">" optional"</span> })}</label>
            <Provider value=context>{children()}</Provider>
            <p class="error" id=error_id aria-live="polite">
                {move || error()}
            </p>
            {hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
        </div>
    }
    .into_any()
}

/// A text input. `kind` is the HTML type (`text`, `email`, `search`, `number`, `url`, `date` …).
#[expect(clippy::fn_params_excessive_bools, reason = "props are named where they are set")]
#[component]
pub fn TextInput(
    #[prop(into)] name: String,
    #[prop(optional, into)] value: Signal<String>,
    #[prop(optional, into)] kind: Option<&'static str>,
    /// Only outside a `Field`.
    #[prop(optional, into)]
    id: Option<String>,
    /// Accessible name outside a `Field`.
    #[prop(optional, into)]
    label: Option<String>,
    #[prop(optional, into)] placeholder: Option<String>,
    #[prop(optional, into)] autocomplete: Option<&'static str>,
    #[prop(optional)] required: bool,
    #[prop(optional)] autofocus: bool,
    #[prop(optional)] readonly: bool,
    #[prop(optional, into)] pattern: Option<String>,
    #[prop(optional, into)] min: Option<String>,
    #[prop(optional, into)] max: Option<String>,
    #[prop(optional, into)] maxlength: Option<u32>,
    /// Mono face: what machines read.
    #[prop(optional)]
    mono: bool,
    /// Focused by `/`.
    #[prop(optional)]
    search: bool,
    /// Key that focuses it.
    #[prop(optional, into)]
    key: Option<&'static str>,
    #[prop(optional, into)] on_input: Option<Callback<String>>,
) -> impl IntoView {
    let field = Control::new(id, required);
    view! {
        <input
            class=classes(&["text-input", if mono { "mono" } else { "" }])
            type=kind.unwrap_or("text")
            id=field.id
            name=name
            value=move || value.get()
            aria-label=label
            placeholder=placeholder
            autocomplete=autocomplete
            autofocus=autofocus
            readonly=readonly
            required=field.required
            pattern=pattern
            min=min
            max=max
            maxlength=maxlength.map(|length| length.to_string())
            aria-describedby=field.described_by
            aria-invalid=field.invalid
            data-search=search.then_some("")
            data-key=key
            on:input=move |event| tell(on_input, &event)
        />
    }
    .into_any()
}

/// A password input with a button that shows what was typed (browser only).
#[component]
pub fn PasswordInput(
    #[prop(into)] name: String,
    /// `current-password` unless told; `new-password` where one is chosen.
    #[prop(optional, into)]
    autocomplete: Option<&'static str>,
    #[prop(optional, into)] id: Option<String>,
    #[prop(optional)] required: bool,
    #[prop(optional, into)] minlength: Option<u32>,
    #[prop(optional, into)] on_input: Option<Callback<String>>,
) -> impl IntoView {
    let field = Control::new(id, required);
    let ready = browser::ready();
    let (shown, set_shown) = signal(false);
    view! {
        <span class="password-input">
            <input
                class="text-input"
                type=move || if shown.get() { "text" } else { "password" }
                id=field.id
                name=name
                autocomplete=autocomplete.unwrap_or("current-password")
                required=field.required
                minlength=minlength.map(|length| length.to_string())
                aria-describedby=field.described_by
                aria-invalid=field.invalid
                on:input=move |event| tell(on_input, &event)
            />
            <button
                class="icon-button ghost"
                type="button"
                hidden=move || !ready.get()
                aria-label="Show password"
                aria-pressed=move || if shown.get() { "true" } else { "false" }
                on:click=move |_| set_shown.update(|shown| *shown = !*shown)
            >
                <Icon glyph=Glyph::Eye />
                <Icon glyph=Glyph::EyeOff />
            </button>
        </span>
    }
    .into_any()
}

/// One choice of a `Select`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

impl Choice {
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into() }
    }
}

/// A native select.
#[component]
pub fn Select(
    #[prop(into)] name: String,
    #[prop(into)] choices: Signal<Vec<Choice>>,
    /// Value chosen now.
    #[prop(optional, into)]
    value: Signal<String>,
    #[prop(optional, into)] id: Option<String>,
    /// Accessible name outside a `Field`.
    #[prop(optional, into)]
    label: Option<String>,
    #[prop(optional)] required: bool,
    #[prop(optional, into)] disabled: Signal<bool>,
    /// Sends the form when changed (browser; without WASM its button does).
    #[prop(optional)]
    submits: bool,
    #[prop(optional, into)] on_change: Option<Callback<String>>,
) -> impl IntoView {
    let field = Control::new(id, required);
    let options = move || {
        choices
            .get()
            .into_iter()
            .map(|choice| {
                let on = value.with(|value| *value == choice.value);
                view! {
                    <option value=choice.value selected=on>
                        {choice.label}
                    </option>
                }
                .into_any()
            })
            .collect_view()
    };
    view! {
        <span class="select">
            <select
                id=field.id
                name=name
                aria-label=label
                required=field.required
                disabled=move || disabled.get()
                aria-describedby=field.described_by
                aria-invalid=field.invalid
                on:change=move |event| {
                    tell(on_change, &event);
                    if submits {
                        browser::submit_form_of(&event);
                    }
                }
            >
                {move || options()}
            </select>
            <Icon glyph=Glyph::ChevronDown />
        </span>
    }
    .into_any()
}

/// A checkbox with its words; `radio=true` makes it one of a group of the same `name`, `switch=true` draws a switch.
#[component]
pub fn Checkbox(
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    /// "true" unless told.
    #[prop(optional, into)]
    value: Option<String>,
    #[prop(optional, into)] checked: Signal<bool>,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional, into)] disabled: Signal<bool>,
    #[prop(optional)] radio: bool,
    #[prop(optional)] switch: bool,
    #[prop(optional, into)] on_change: Option<Callback<bool>>,
) -> impl IntoView {
    view! {
        <label class="checkbox" class:switch=switch>
            <input
                type=if radio { "radio" } else { "checkbox" }
                role=switch.then_some("switch")
                name=name
                value=value.unwrap_or_else(|| "true".to_owned())
                checked=move || checked.get()
                disabled=move || disabled.get()
                on:change=move |event| {
                    if let Some(on_change) = on_change {
                        on_change.run(event_target_checked(&event));
                    }
                }
            />
            <span class="words">{label}{hint.map(|hint| view! { <small class="hint">{hint}</small> })}</span>
        </label>
    }
    .into_any()
}

/// Several lines of text. Ctrl+Enter sends the form (`scripts/keys.mjs`).
#[component]
pub fn TextArea(
    #[prop(into)] name: String,
    #[prop(optional, into)] value: Signal<String>,
    #[prop(optional, into)] id: Option<String>,
    /// Accessible name outside a `Field`.
    #[prop(optional, into)]
    label: Option<String>,
    #[prop(optional, into)] placeholder: Option<String>,
    /// 4 unless told.
    #[prop(optional)]
    rows: Option<u32>,
    #[prop(optional, into)] maxlength: Option<u32>,
    #[prop(optional)] required: bool,
    #[prop(optional)] mono: bool,
    /// Key that focuses it.
    #[prop(optional, into)]
    key: Option<&'static str>,
    #[prop(optional, into)] on_input: Option<Callback<String>>,
) -> impl IntoView {
    let field = Control::new(id, required);
    view! {
        <textarea
            class=classes(&["text-area", if mono { "mono" } else { "" }])
            id=field.id
            name=name
            aria-label=label
            placeholder=placeholder
            rows=rows.unwrap_or(4).to_string()
            maxlength=maxlength.map(|length| length.to_string())
            required=field.required
            data-key=key
            aria-describedby=field.described_by
            aria-invalid=field.invalid
            on:input=move |event| tell(on_input, &event)
        >
            {plain_area(value.get_untracked())}
        </textarea>
    }
    .into_any()
}

/// A native date and time input; values as `2026-11-23T14:31` in the reader's time zone.
#[component]
pub fn DateTimeInput(
    #[prop(into)] name: String,
    #[prop(optional, into)] value: Signal<String>,
    #[prop(optional, into)] id: Option<String>,
    /// Accessible name outside a `Field`.
    #[prop(optional, into)]
    label: Option<String>,
    #[prop(optional, into)] min: Option<String>,
    #[prop(optional, into)] max: Option<String>,
    #[prop(optional)] required: bool,
    #[prop(optional, into)] on_input: Option<Callback<String>>,
) -> impl IntoView {
    let field = Control::new(id, required);
    view! {
        <input
            class="text-input date-time-input"
            type="datetime-local"
            id=field.id
            name=name
            value=move || value.get()
            aria-label=label
            min=min
            max=max
            required=field.required
            aria-describedby=field.described_by
            aria-invalid=field.invalid
            on:input=move |event| tell(on_input, &event)
        />
    }
    .into_any()
}

/// What every control prints from its field.
struct Control {
    id: Option<String>,
    required: bool,
    described_by: Signal<Option<String>>,
    invalid: Signal<Option<&'static str>>,
}

impl Control {
    fn new(id: Option<String>, required: bool) -> Self {
        match use_context::<FieldContext>() {
            Some(field) => Self {
                id: id.or(Some(field.id)),
                required: required || field.required,
                described_by: field.described_by,
                invalid: Signal::derive(move || field.invalid.get().then_some("true")),
            },
            None => Self { id, required, described_by: Signal::stored(None), invalid: Signal::stored(None) },
        }
    }
}

fn tell(callback: Option<Callback<String>>, event: &leptos::ev::Event) {
    if let Some(callback) = callback {
        callback.run(event_target_value(event));
    }
}
