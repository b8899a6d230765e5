//! What every form that posts to a server function ([`crate::send`]) shares: its errors at the fields, what was typed, its busy state.

use leptos::prelude::*;
use ui::{Notice, NoticeKind, Toast, Toasts};

use crate::error::AppError;
use crate::page::Done;
use crate::send::Submission;

/// The state of a form. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Form {
    error: Signal<Option<AppError>>,
    pub busy: Signal<bool>,
}

impl Form {
    /// Of a form to the server function `S` on a printed page.
    #[cfg(feature = "ssr")]
    pub fn printed<S: leptos::server_fn::ServerFn>() -> Self {
        let error = crate::send::refused(S::PATH);
        Self { error: Signal::stored(error), busy: Signal::stored(false) }
    }
    /// Of a form whose values are all told otherwise.
    #[cfg(feature = "ssr")]
    pub fn untouched() -> Self {
        Self { error: Signal::stored(None), busy: Signal::stored(false) }
    }
    pub fn of(sent: Submission) -> Self {
        Self { error: Signal::derive(move || sent.error()), busy: sent.pending() }
    }
    /// One of several forms of the same action: the error is its own only when `field` was typed as `value`.
    #[must_use]
    pub fn only(self, field: &'static str, value: String) -> Self {
        let error = self.error;
        let error = Signal::derive(move || error.get().filter(|e| e.typed.get(field) == Some(&value)));
        Self { error, ..self }
    }
    /// What is wrong with a field.
    pub fn reason(self, field: &'static str) -> MaybeProp<String> {
        let error = self.error;
        MaybeProp::derive(move || error.with(|e| e.as_ref().and_then(|e| e.reason(field))))
    }
    /// As [`Form::reason`], of a field whose name is not known before.
    #[cfg(feature = "ssr")]
    pub fn reason_of(self, field: &str) -> MaybeProp<String> {
        let reason = self.error.with_untracked(|e| e.as_ref().and_then(|e| e.reason(field)));
        MaybeProp::derive(move || reason.clone())
    }
    /// The value a field starts with: what was typed when the form came back, else `otherwise`.
    pub fn typed(self, field: &str, otherwise: impl Into<String>) -> String {
        self.error
            .with_untracked(|e| e.as_ref().and_then(|e| e.typed.get(field).cloned()))
            .unwrap_or_else(|| otherwise.into())
    }
    #[cfg(feature = "ssr")]
    pub fn is_refused(self) -> bool {
        self.error.with_untracked(Option::is_some)
    }
    /// What was typed into a field came back.
    #[cfg(feature = "ssr")]
    pub fn has_typed(self, field: &str) -> bool {
        self.error.with_untracked(|e| e.as_ref().is_some_and(|e| e.typed.contains_key(field)))
    }
    /// Somebody was faster.
    #[cfg(feature = "ssr")]
    pub fn is_conflict(self) -> bool {
        self.error.with_untracked(|e| e.as_ref().is_some_and(|e| e.kind == crate::error::Kind::Conflict))
    }
    /// The form came back with an error.
    pub fn refused(self) -> Signal<bool> {
        let error = self.error;
        Signal::derive(move || error.with(Option::is_some))
    }
}

/// Above the fields: what is wrong and stands at none of them.
#[component]
pub fn FormError(form: Form, fields: &'static [&'static str]) -> impl IntoView {
    let text = move || form.error.with(|e| e.as_ref().and_then(|e| e.summary(fields)));
    let correlation = move || form.error.with(|e| e.as_ref().and_then(|e| e.correlation.clone()));
    let notice = move |text: String| {
        view! {
            <Notice kind=NoticeKind::Error>
                {text} {correlation().map(|id| view! { <small class="faint">" Correlation id " <code>{id}</code></small> })}
            </Notice>
        }
    };
    view! { {move || text().map(&notice)} }
}

/// As [`tell_done`], in the words of the answer.
pub fn tell_what(sent: Submission) {
    let toasts = Toasts::expect();
    Effect::new(move |_| {
        if let Some(done) = sent.is_done().then(|| sent.told::<Done>()).flatten() {
            toasts.show(Toast::ok(done.words));
        }
    });
}

/// In the browser, once it is done: a message that passes.
pub fn tell_done(sent: Submission, words: &'static str) {
    let toasts = Toasts::expect();
    Effect::new(move |_| {
        if sent.is_done() {
            toasts.show(Toast::ok(words));
        }
    });
}
