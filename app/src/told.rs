//! What a form did. With WASM a message that passes says it. Without, the browser is led to a page, and the server (`web::told`) hands that
//! page the words once; they stand above whatever it shows.

use leptos::html;
use leptos::prelude::*;
use leptos::web_sys::HtmlFormElement;
use leptos_router::hooks::use_location;

/// The field of a form with the words for when it is taken; what the server function answers itself ([`crate::page::Done`]) goes before.
pub const FIELD: &str = "__done";

/// That field; none without words.
pub fn field(words: &'static str) -> impl IntoView {
    (!words.is_empty()).then(|| view! { <input type="hidden" name=FIELD value=words /> })
}

/// What a form in the page has in that field.
pub fn words_of(form: &HtmlFormElement) -> Option<String> {
    form.query_selector("[name=__done]").ok().flatten()?.get_attribute("value")
}

/// What was done by the form that led here. In the browser it stands until the next address.
#[component]
pub fn Told() -> impl IntoView {
    let place = NodeRef::<html::Div>::new();
    let location = use_location();
    Effect::new(move |before: Option<()>| {
        location.pathname.track();
        location.search.track();
        if let (Some(()), Some(place)) = (before, place.get_untracked()) {
            place.set_inner_html("");
        }
    });
    #[cfg(feature = "ssr")]
    return view! { <div class="told" node_ref=place inner_html=print::told()></div> }.into_any();
    // The browser keeps what it came with.
    #[cfg(not(feature = "ssr"))]
    view! { <div class="told" node_ref=place></div> }.into_any()
}

#[cfg(feature = "ssr")]
mod print {
    use axum::http::request::Parts;
    use leptos::prelude::*;
    use ui::{Button, Notice, NoticeKind};

    use crate::page::{Done, Undo};

    /// HTML; empty when there is nothing to tell.
    pub fn told() -> String {
        let done = use_context::<Parts>().and_then(|parts| parts.extensions.get::<Done>().cloned());
        let Some(Done { words, undo }) = done else { return String::new() };
        let undo = undo.map(take_back);
        view! {
            <Notice kind=NoticeKind::Ok>
                <span class="row-line">{words} {undo}</span>
            </Notice>
        }
        .into_view()
        .to_html()
    }

    fn take_back(undo: Undo) -> AnyView {
        let fields = form_urlencoded::parse(undo.fields.as_bytes()).into_owned();
        let fields = fields.map(|(name, value)| view! { <input type="hidden" name=name value=value /> });
        view! {
            <form method="post" action=undo.path class="inline-form">
                {super::field("Taken back")}
                {fields.collect_view()}
                <Button submit=true>"Undo"</Button>
            </form>
        }
        .into_any()
    }
}
