//! A part of a page under a hairline, not a card.

use leptos::prelude::*;

/// A titled part of a page; `actions` stand right of the title.
#[component]
pub fn Section(
    #[prop(into)] title: Signal<String>,
    /// `id` of the section, for links to it.
    #[prop(optional, into)]
    id: Option<String>,
    /// Words under the title.
    #[prop(optional, into)]
    hint: Option<String>,
    /// Links and buttons right of the title.
    #[prop(optional, into)]
    actions: ViewFn,
    children: Children,
) -> impl IntoView {
    view! {
        <section class="section" id=id aria-label=move || title.get()>
            <header>
                <h2>{move || title.get()}</h2>
                <div class="actions">{actions.run()}</div>
            </header>
            {hint.map(|hint| view! { <p class="hint">{hint}</p> })}
            {children()}
        </section>
    }
    .into_any()
}

/// The head of a page: `h1`, a muted line beside it, actions at the right.
#[component]
pub fn PageHead(
    #[prop(into)] title: Signal<String>,
    /// Muted words beside the title (counts, state).
    #[prop(optional, into)]
    note: MaybeProp<String>,
    /// Number or code before the title (`CASE-42`), mono.
    #[prop(optional, into)]
    code: Option<String>,
    /// Buttons at the right.
    #[prop(optional, into)]
    actions: ViewFn,
) -> impl IntoView {
    view! {
        <header class="head">
            {code.map(|code| view! { <span class="mono muted">{code}</span> })}
            <h1>{move || title.get()}</h1>
            <span class="note muted">{move || note.get()}</span>
            <span class="grow"></span>
            <div class="actions">{actions.run()}</div>
        </header>
    }
    .into_any()
}
