//! Pages that the server prints whole, by their address: the browser needs one piece of code for all of them.
//!
//! The server half is a function of an address ([`print`], a line in `print::PAGES`) that makes [`Page`] of the components
//! every page is made of. Its forms post to server functions and work as they stand; with WASM their answers come here: what
//! was done passes as a message, with Undo where [`Done`] knows it, what was refused is printed at its field, and the page
//! is put in place anew without losing focus, scroll or what else was typed (`scripts/page.mjs`).

#[cfg(feature = "ssr")]
pub mod print;

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use leptos::wasm_bindgen::JsCast as _;
use leptos::web_sys::{Element, HtmlFormElement, SubmitEvent};
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_matched, use_navigate};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ui::{Toast, Toasts, browser};

use crate::ask::fields;
use crate::error::Answer;
use crate::fetch::{Load, Raw, fetch_after, post};
use crate::printed::Printed;
use crate::session::use_session;
use crate::shown::{Members, Shown, shown};
use crate::told;

/// A page as it was printed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Page {
    /// Of the document.
    pub title: String,
    pub body: Printed,
}
shown!(Page: title, body);

/// What became of a form, in words that pass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    pub words: String,
    /// What takes it back.
    pub undo: Option<Undo>,
}

/// A server function and the fields of the form that takes something back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    pub path: String,
    /// URL-encoded.
    pub fields: String,
}
shown!(Undo: path, fields);

impl Done {
    pub fn new(words: impl Into<String>) -> Self {
        Self { words: words.into(), undo: None }
    }
}

impl Shown for Done {
    /// Other answers are done too; they have no words.
    fn read(value: Value, fits: &mut bool) -> Self {
        match value {
            Value::Object(_) => {
                let mut members = Members::of(value, fits);
                Self { words: members.take("words", fits), undo: members.take("undo", fits) }
            }
            _ => Self::default(),
        }
    }
}

/// A form of a page that came back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Of the server function.
    pub path: String,
    /// JSON text of its error.
    pub error: String,
}

/// `address`: path and query of the page. `refused`: the form of it that came back.
#[server(name = LoadPage, prefix = "/fn", endpoint = "page", input = GetUrl)]
pub async fn load_page(address: String, #[server(default)] refused: Option<Refused>) -> Answer<Page> {
    print::page(&address, refused).await
}

/// Any page of `print::PAGES`.
#[component]
pub fn PrintedPage() -> impl IntoView {
    let location = use_location();
    let matched = use_matched();
    // On the way to another page the address is that page's already.
    let address = Memo::new(move |before: Option<&String>| {
        let (path, query) = (location.pathname.get(), location.search.get());
        match before {
            Some(before) if path != matched.get() => before.clone(),
            _ if query.is_empty() => path,
            _ => [&path, "?", &query].concat(),
        }
    });
    // With the address it happened at.
    let refused = RwSignal::new((String::new(), Refused::default()));
    let version = RwSignal::new(0_usize);
    let page = fetch_after(
        move || version.get(),
        move || {
            let address = address.get();
            let refused = refused.with(|(at, refused)| (*at == address).then(|| refused.clone()));
            LoadPage { address, refused }
        },
    );
    let (toasts, session) = (Toasts::expect(), use_session());
    let settle = move |answer: Result<Done, Refused>| match answer {
        Ok(Done { words, undo }) => {
            refused.set(Default::default());
            version.update(|n| *n += 1);
            // What leads elsewhere says nothing.
            if words.is_empty() {
                return;
            }
            let toast = Toast::ok(words);
            toasts.show(match undo {
                Some(undo) => toast.action("Undo", move || take_back(undo.clone(), version, toasts)),
                None => toast,
            });
        }
        // That alone asks for the page again.
        Err(came_back) => refused.set((address.get_untracked(), came_back)),
    };
    let navigate = use_navigate();
    let submit = move |event: SubmitEvent| {
        let Some(form) = form_of(&event) else { return };
        let Some(fields) = fields(&event).filter(|_| !event.default_prevented()) else { return };
        let action = submitted_to(&event, &form);
        if form.method() == "post" && action.starts_with("/fn/") {
            event.prevent_default();
            // What it changes stands in the frame as well.
            let in_frame = form.has_attribute("data-session");
            send(form, action, fields, move |answer| {
                if in_frame && answer.is_ok() {
                    session.refetch();
                }
                settle(answer);
            });
        } else if form.method() == "get" {
            event.prevent_default();
            let address = [action.as_str(), if action.contains('?') { "&" } else { "?" }, &fields].concat();
            navigate(&address, NavigateOptions::default());
        }
    };
    view! {
        <div class="printed" on:submit=submit>
            <Load resource=page page=true let:page>
                <Title text=page.title />
                <ui::Put html=page.body.html().to_owned() />
            </Load>
        </div>
    }
    .into_any()
}

fn form_of(event: &SubmitEvent) -> Option<HtmlFormElement> {
    event.target()?.dyn_into().ok()
}

/// The button's address, else the form's.
fn submitted_to(event: &SubmitEvent, form: &HtmlFormElement) -> String {
    let button = event.submitter().and_then(|button| button.dyn_into::<Element>().ok());
    let own = button.and_then(|button| button.get_attribute("formaction"));
    own.or_else(|| form.get_attribute("action")).unwrap_or_default()
}

fn send(
    form: HtmlFormElement,
    path: String,
    fields: String,
    settle: impl Fn(Result<Done, Refused>) + 'static,
) {
    if form.has_attribute("aria-busy") {
        return;
    }
    let _ = form.set_attribute("aria-busy", "true");
    leptos::task::spawn_local(async move {
        let answer = post(&path, fields).await;
        let _ = form.remove_attribute("aria-busy");
        settle(match answer.error() {
            None => {
                form.reset();
                browser::close_dialog_of(&form);
                let done = answer.read::<Done>().unwrap_or_default();
                let words = told::words_of(&form).filter(|_| done.words.is_empty());
                Ok(Done { words: words.unwrap_or(done.words), ..done })
            }
            Some(error) => Err(Refused { path, error: serde_json::to_string(error).unwrap_or_default() }),
        });
    });
}

fn take_back(undo: Undo, version: RwSignal<usize>, toasts: Toasts) {
    leptos::task::spawn_local(async move {
        let answer: Raw = post(&undo.path, undo.fields).await;
        toasts.show(match answer.error() {
            None => {
                let words = answer.read::<Done>().map(|done| done.words).unwrap_or_default();
                Toast::ok(if words.is_empty() { "Taken back".to_owned() } else { words })
            }
            Some(error) => Toast::error(error.detail.clone()),
        });
        version.update(|n| *n += 1);
    });
}
