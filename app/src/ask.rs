//! A form that asks: its fields become the query of a page's address. The browser does the same without WASM.

use leptos::form::form_data_from_event;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast as _;
use leptos::web_sys::{HtmlFormElement, SubmitEvent, UrlSearchParams};
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;

/// The fields of a form as it was submitted, URL-encoded; nothing where the browser has to send it itself.
pub fn fields(event: &SubmitEvent) -> Option<String> {
    let data = form_data_from_event(event).ok()?;
    let fields = UrlSearchParams::new_with_str_sequence_sequence(&data).ok()?;
    let fields = String::from(fields.to_string());
    // A button without a name has no part in it.
    Some(
        fields
            .strip_suffix('=')
            .filter(|rest| rest.is_empty() || rest.ends_with('&'))
            .unwrap_or(&fields)
            .to_owned(),
    )
}

/// A GET form to a page.
#[component]
pub fn AskForm(
    #[prop(into)] page: Signal<String>,
    #[prop(optional)] class: Option<&'static str>,
    #[prop(optional)] role: Option<&'static str>,
    /// Accessible name.
    #[prop(optional)]
    label: Option<&'static str>,
    /// It adds something: what was typed is not kept.
    #[prop(optional)]
    adds: bool,
    children: Children,
) -> impl IntoView {
    let navigate = use_navigate();
    let ask = move |event: SubmitEvent| {
        let Some(fields) = fields(&event).filter(|_| !event.default_prevented()) else { return };
        event.prevent_default();
        let page = page.get_untracked();
        let address = [page.as_str(), if page.contains('?') { "&" } else { "?" }, &fields].concat();
        navigate(&address, NavigateOptions::default());
        let form = event.target().and_then(|form| form.dyn_into::<HtmlFormElement>().ok());
        if let (true, Some(form)) = (adds, form) {
            form.reset();
        }
    };
    view! {
        <form method="get" action=page class=class role=role aria-label=label on:submit=ask>
            {children()}
        </form>
    }
    .into_any()
}
