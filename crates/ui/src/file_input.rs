//! Choosing and dropping files.

use leptos::prelude::*;

use crate::{Glyph, Icon, browser};

/// A zone to drop files on: the native input covers it, so it works without WASM. The browser shows the chosen names.
#[component]
pub fn FileInput(
    #[prop(into)] id: String,
    #[prop(into)] name: String,
    #[prop(into)] label: String,
    /// "NDJSON, JSON or CSV, up to 100 MB".
    #[prop(optional, into)]
    hint: Option<String>,
    /// `.csv,.json`
    #[prop(optional, into)]
    accept: Option<String>,
    #[prop(optional)] multiple: bool,
    #[prop(optional)] required: bool,
) -> impl IntoView {
    let (names, set_names) = signal(String::new());
    let hint_id = hint.is_some().then(|| format!("{id}-hint"));
    view! {
        <div class="file-input">
            <Icon glyph=Glyph::Upload />
            <label for=id.clone()>{label}</label>
            {hint.map(|hint| view! { <p class="hint" id=hint_id.clone()>{hint}</p> })}
            <p class="names mono" aria-live="polite">
                {move || names.get()}
            </p>
            <input
                type="file"
                id=id
                name=name
                accept=accept
                multiple=multiple
                required=required
                aria-describedby=hint_id
                on:change=move |event| set_names.set(browser::file_names(&event))
            />
        </div>
    }
    .into_any()
}
