//! Something went wrong, in plain words.

use leptos::prelude::*;

use crate::{Glyph, Icon};

/// What the reader is told. Pages implement `From<their error>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problem {
    /// "The events could not be loaded".
    pub title: String,
    /// What can be done.
    pub text: String,
    /// The id that finds the request in the log.
    pub correlation: Option<String>,
    /// Link that tries again (usually the same page).
    pub retry_href: Option<String>,
}

/// An error state: title, text, correlation id, a link that tries again.
#[component]
pub fn Failure(
    #[prop(into)] problem: Problem,
    /// The title is the page's heading.
    #[prop(optional)]
    heading: bool,
) -> impl IntoView {
    let title = if heading {
        view! { <h1 class="title">{problem.title}</h1> }.into_any()
    } else {
        view! { <p class="title">{problem.title}</p> }.into_any()
    };
    view! {
        <div class="failure" role="alert">
            <Icon glyph=Glyph::Warning />
            <div>
                {title}
                {(!problem.text.is_empty()).then(|| view! { <p class="text">{problem.text}</p> })}
                {problem.correlation.map(|id| view! { <p class="text small">"Correlation id " <code class="mono">{id}</code></p> })}
                {problem
                    .retry_href
                    .map(|href| {
                        view! {
                            <a class="button secondary" href=href rel="external">
                                <Icon glyph=Glyph::Refresh />
                                <span class="words">"Try again"</span>
                            </a>
                        }
                    })}
            </div>
        </div>
    }
    .into_any()
}
