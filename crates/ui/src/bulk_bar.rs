//! What can be done with the selected rows.

use leptos::prelude::*;

use crate::{Glyph, IconButton};

/// A bar over the list while rows are selected (a sheet at the foot where narrow); children are its buttons.
/// Stands inside the form around the table, so its submit buttons work without WASM, where it is always shown.
#[component]
pub fn BulkBar(
    #[prop(into)] count: Signal<usize>,
    /// "Select all 1,384 matching" and where that leads.
    #[prop(optional, into)]
    all: MaybeProp<String>,
    #[prop(optional, into)] on_all: Option<Callback<()>>,
    #[prop(optional, into)] on_clear: Option<Callback<()>>,
    children: Children,
) -> impl IntoView {
    let ready = crate::browser::ready();
    let words = move || match count.get() {
        0 => "Selected rows".to_owned(),
        count => format!("{count} selected"),
    };
    let select_all = move || {
        all.get().map(|words| {
            view! {
                <button class="link" type="button" on:click=move |_| if let Some(on_all) = on_all { on_all.run(()) }>
                    {words}
                </button>
            }
        })
    };
    view! {
        <div class="bulk-bar" role="toolbar" aria-label="Selected rows" hidden=move || ready.get() && count.get() == 0>
            <strong aria-live="polite">{words}</strong>
            {select_all}
            {children()}
            {on_clear.map(|on_clear| view! { <IconButton glyph=Glyph::Close label="Clear selection" on_click=move |_| on_clear.run(()) /> })}
        </div>
    }
    .into_any()
}
