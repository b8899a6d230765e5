//! What a page writes: a form that posts to a server function, and what became of it.
//!
//! `let save = submit::<SaveProfile>();` and `<SendForm to=save>…fields…</SendForm>`.
//!
//! Sent by the browser itself, the form works without WASM: the server then answers with a redirect, an error in its
//! address. With WASM the same fields go the same way and the page stays. No server function has code of its own here.

use leptos::html;
use leptos::prelude::*;
use leptos::server::ServerActionError;
use leptos::server_fn::codec::{Json, PostUrl};
use leptos::server_fn::error::ServerFnUrlError;
use leptos::server_fn::{Http, ServerFn};
use leptos::wasm_bindgen::JsCast as _;
use leptos::web_sys::{Element, SubmitEvent};

use crate::ask::fields;
use crate::error::{AppError, Kind};
use crate::fetch::{Raw, post};
use crate::shown::Shown;
use crate::told;

/// The way to a server function and its last answer. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Submission {
    path: &'static str,
    action: Action<String, Raw>,
    accepted: Memo<usize>,
}

/// A way to the server function `S`, whose arguments are the fields of a form.
pub fn submit<S: ServerFn<Error = AppError, Protocol = Http<PostUrl, Json>>>() -> Submission {
    to(S::PATH)
}

fn to(path: &'static str) -> Submission {
    let refused = refused(path).map(|error| Raw::text(Err(error)));
    let action = Action::new_with_value(refused, move |body: &String| post(path, body.clone()));
    let value = action.value();
    let moved = move || value.with(|raw| raw.as_ref().is_some_and(|raw| raw.error().is_none_or(is_behind)));
    let accepted =
        Memo::new(move |before: Option<&usize>| before.copied().unwrap_or_default() + usize::from(moved()));
    Submission { path, action, accepted }
}

/// Somebody else was faster.
fn is_behind(error: &AppError) -> bool {
    matches!(error.kind, Kind::Conflict | Kind::NotFound)
}

/// Why a form that was sent without WASM came back.
pub fn refused(path: &str) -> Option<AppError> {
    #[cfg(feature = "ssr")]
    if let Some(refused) = use_context::<crate::page::Refused>() {
        return (refused.path == path).then(|| AppError::read(&refused.error));
    }
    let error = use_context::<ServerActionError>()?;
    (error.path() == path).then(|| ServerFnUrlError::decode_err(error.err()))
}

impl Submission {
    pub fn pending(self) -> Signal<bool> {
        self.action.pending().into()
    }
    /// Changes with each answer that was yes, or no because the page is behind what is stored. After another no nothing is to be asked
    /// again, and what is typed stays.
    pub fn version(self) -> usize {
        self.accepted.get()
    }
    /// Whether the last answer was yes.
    pub fn is_done(self) -> bool {
        self.action.value().with(|raw| raw.as_ref().is_some_and(|raw| raw.error().is_none()))
    }
    /// Why the last answer was no.
    pub fn error(self) -> Option<AppError> {
        self.action.value().with(|raw| raw.as_ref().and_then(Raw::error).cloned())
    }
    /// What the last answer told.
    pub fn told<T: Shown>(self) -> Option<T> {
        self.action.value().with(|raw| raw.as_ref().and_then(|raw| raw.read().ok()))
    }
    /// Sends fields that no form holds, as a form would write them.
    pub fn send_fields(self, fields: String) {
        self.action.dispatch(fields);
    }
    /// Sends a form that was printed for it (`printed`); false when it is another's.
    pub fn takes(self, event: &SubmitEvent) -> bool {
        let form = event.target().and_then(|form| form.dyn_into::<Element>().ok());
        let ours = form.and_then(|form| form.get_attribute("action")).is_some_and(|path| path == self.path);
        if ours {
            self.send(event.clone());
        }
        ours
    }
    fn send(self, event: SubmitEvent) {
        if event.default_prevented() {
            return;
        }
        let fields = fields(&event);
        // Without them the browser sends the form itself.
        if let Some(fields) = fields {
            event.prevent_default();
            self.action.dispatch(fields);
        }
    }
}

/// A form to a server function.
#[component]
pub fn SendForm(
    to: Submission,
    /// What the page that it leads to without WASM says, where the server function has no words.
    #[prop(optional)]
    done: &'static str,
    #[prop(optional)] class: Option<&'static str>,
    #[prop(optional)] node_ref: NodeRef<html::Form>,
    children: Children,
) -> impl IntoView {
    view! {
        <form method="post" action=to.path class=class node_ref=node_ref on:submit=move |event| to.send(event)>
            {told::field(done)}
            {children()}
        </form>
    }
    .into_any()
}
