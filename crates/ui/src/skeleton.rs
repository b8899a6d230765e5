//! The shape of what is coming.

use leptos::prelude::*;

/// What the shape stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shaped {
    /// Lines of text.
    #[default]
    Lines,
    /// Rows of a table.
    Rows,
    /// One block (a chart).
    Block,
}

/// Grey shapes while something loads; read as "Loading".
#[component]
pub fn Skeleton(
    #[prop(optional)] shaped: Shaped,
    /// How many lines or rows; 6 unless told.
    #[prop(optional)]
    count: Option<usize>,
) -> impl IntoView {
    let class = match shaped {
        Shaped::Lines => "skeleton lines",
        Shaped::Rows => "skeleton rows",
        Shaped::Block => "skeleton block",
    };
    let count = if shaped == Shaped::Block { 1 } else { count.unwrap_or(6) };
    view! {
        <div class=class role="status">
            <span class="visually-hidden">"Loading"</span>
            {(0..count).map(|_| view! { <span class="bone" aria-hidden="true"></span> }).collect_view()}
        </div>
    }
    .into_any()
}
