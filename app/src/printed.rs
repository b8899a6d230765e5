//! Parts of pages that the server prints whole: the browser puts the HTML in its place and needs no code for what is inside.
//!
//! For what does nothing by itself: links, which the router follows wherever they stand, folding lists, buttons that copy
//! (`data-copy`), forms of which nothing is told but by a message that passes. What holds signals stays a component. A server
//! function makes it with [`Printed::of`].

use leptos::prelude::*;
use leptos::web_sys::SubmitEvent;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::send::Submission;
use crate::shown::Shown;

/// HTML of our own components, which escape what they show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Printed(String);

impl Printed {
    pub fn html(&self) -> &str {
        &self.0
    }
    #[cfg(feature = "ssr")]
    pub fn of(view: impl IntoView) -> Self {
        Self(view.into_view().to_html())
    }
    /// With something more behind it.
    #[cfg(feature = "ssr")]
    #[must_use]
    pub fn then(self, more: impl IntoView) -> Self {
        Self(self.0 + &more.into_view().to_html())
    }
}

/// A view that is made already, for a component that asks for it when it draws: once, on the server.
#[cfg(feature = "ssr")]
pub fn once(view: Option<AnyView>) -> impl Fn() -> AnyView + Send + Sync + 'static {
    let view = std::sync::Mutex::new(view);
    move || view.lock().ok().and_then(|mut view| view.take()).into_any()
}

impl Shown for Printed {
    fn read(value: Value, fits: &mut bool) -> Self {
        Self(String::read(value, fits))
    }
}

/// In its place; its parts are laid out as if they stood there themselves. Forms inside that post to one of `sends` go through it.
#[component]
pub fn Print(html: Printed, #[prop(optional)] sends: Vec<Submission>) -> impl IntoView {
    let send = move |event: SubmitEvent| {
        sends.iter().any(|sent| sent.takes(&event));
    };
    view! { <div class="printed" inner_html=html.0 on:submit=send></div> }.into_any()
}
