//! Short messages that pass, with Undo.

use std::time::Duration;

use leptos::prelude::*;

use crate::{Button, Glyph, Icon, IconButton, Tone, Variant, button::classes};

/// One message.
#[derive(Clone, Debug)]
pub struct Toast {
    pub text: String,
    /// `Neutral`, `Ok` or `High` (an error: stays until dismissed).
    pub tone: Tone,
    /// Words and what they do ("Undo").
    pub action: Option<(String, Callback<()>)>,
}

impl Toast {
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), tone: Tone::Neutral, action: None }
    }

    /// It worked.
    pub fn ok(text: impl Into<String>) -> Self {
        Self { tone: Tone::Ok, ..Self::new(text) }
    }

    /// It did not work; stays until dismissed.
    pub fn error(text: impl Into<String>) -> Self {
        Self { tone: Tone::High, ..Self::new(text) }
    }

    #[must_use]
    pub fn action(mut self, words: impl Into<String>, run: impl Into<Callback<()>>) -> Self {
        self.action = Some((words.into(), run.into()));
        self
    }
}

/// The messages shown now; `Toasts::provide()` in the root, `Toasts::expect().show(…)` anywhere.
#[derive(Clone, Copy, Debug)]
pub struct Toasts {
    shown: RwSignal<Vec<(u32, Toast)>>,
    next: RwSignal<u32>,
}

impl Toasts {
    /// Makes the context; call once, in the root component.
    pub fn provide() -> Self {
        let toasts = Self { shown: RwSignal::new(Vec::new()), next: RwSignal::new(0) };
        provide_context(toasts);
        toasts
    }

    /// The context; panics outside the root component, which is a bug.
    pub fn expect() -> Self {
        expect_context()
    }

    /// Shows a message: 6 s, 20 s with an action, until dismissed for an error.
    pub fn show(self, toast: Toast) {
        let id = self.next.get_untracked();
        self.next.set(id + 1);
        let seconds = match (toast.tone, &toast.action) {
            (Tone::High | Tone::Critical, _) => None,
            (_, Some(_)) => Some(20),
            (_, None) => Some(6),
        };
        self.shown.update(|shown| shown.push((id, toast)));
        if let Some(seconds) = seconds {
            set_timeout(move || self.dismiss(id), Duration::from_secs(seconds));
        }
    }

    fn dismiss(self, id: u32) {
        self.shown.try_update(|shown| shown.retain(|(other, _)| *other != id));
    }
}

/// Where messages appear: a live region at the foot of the page. Once, in the root component.
#[component]
pub fn ToastRegion() -> impl IntoView {
    let toasts = Toasts::expect();
    let item = move |(id, toast): (u32, Toast)| {
        let icon = match toast.tone {
            Tone::Ok => Some(Glyph::Check),
            Tone::High | Tone::Critical => Some(Glyph::Error),
            _ => None,
        };
        let action = toast.action.map(|(words, run)| {
            let press = move |_| {
                run.run(());
                toasts.dismiss(id);
            };
            view! {
                <Button variant=Variant::Ghost on_click=press>
                    {words}
                </Button>
            }
        });
        view! {
            <div class=classes(&["toast", toast.tone.class()])>
                {icon.map(|glyph| view! { <Icon glyph /> })}
                <span class="words">{toast.text}</span>
                {action}
                <IconButton glyph=Glyph::Close label="Dismiss" on_click=move |_| toasts.dismiss(id) />
            </div>
        }
        .into_any()
    };
    view! {
        <div class="toasts" role="status" aria-live="polite">
            <For each=move || toasts.shown.get() key=|(id, _)| *id children=item />
        </div>
    }
    .into_any()
}
