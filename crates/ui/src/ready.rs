//! That WASM runs.

use leptos::prelude::*;

use crate::browser;

/// Says that WASM runs: `:root[data-ready]`. Once, in the root component. Keys and what a click does beside following links are
/// `scripts/keys.mjs`, which need none.
#[component]
pub fn Ready() -> impl IntoView {
    Effect::new(|_| browser::mark_ready());
}
