//! The only heat on the page: shape and colour, and the word where there is room.

use leptos::prelude::*;

use crate::button::classes;

/// The shape that tells a level without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Diamond,
    Triangle,
    Square,
    Circle,
    Ring,
}

impl Shape {
    const fn path(self) -> &'static str {
        match self {
            Self::Diamond => "M6 0.5 11.5 6 6 11.5 0.5 6z",
            Self::Triangle => "M6 0.8 11.6 11H0.4z",
            Self::Square => "M1.2 1.2h9.6v9.6h-9.6z",
            Self::Circle => "M1 6a5 5 0 1 0 10 0a5 5 0 1 0-10 0",
            Self::Ring => "M1.8 6a4.2 4.2 0 1 0 8.4 0a4.2 4.2 0 1 0-8.4 0",
        }
    }
}

/// A level as shape and colour. `level` is the CSS class (`info low medium high critical`), `word` its name: shown, or with
/// `bare=true` told to assistive technology and as a tooltip only.
#[component]
pub fn SeverityMark(
    level: &'static str,
    shape: Shape,
    #[prop(into)] word: String,
    /// Shape only.
    #[prop(optional)]
    bare: bool,
) -> impl IntoView {
    let class = classes(&["severity-mark", level, if matches!(shape, Shape::Ring) { "ring" } else { "" }]);
    let picture = view! {
        <svg viewBox="0 0 12 12" width="11" height="11" aria-hidden="true" focusable="false">
            <path d=shape.path()></path>
        </svg>
    };
    if bare {
        view! {
            <span class=class role="img" aria-label=word.clone() title=word>
                {picture}
            </span>
        }
        .into_any()
    } else {
        view! { <span class=class>{picture}<span class="word">{word}</span></span> }.into_any()
    }
}
