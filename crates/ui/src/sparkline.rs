//! A trend in the space of a word.

use std::fmt::Write as _;

use leptos::prelude::*;

use crate::{Tone, button::classes};

const HEIGHT: f64 = 18.0;
const BAR: f64 = 7.0;
const GAP: f64 = 3.0;

/// Bars of equal width, scaled to the largest; `label` says what they show ("7 days, 12 to 88 a day").
#[component]
pub fn Sparkline(
    #[prop(into)] values: Signal<Vec<f64>>,
    #[prop(into)] label: String,
    #[prop(optional)] tone: Tone,
) -> impl IntoView {
    let width = move || (values.with(Vec::len).max(1) as f64 * (BAR + GAP) - GAP).to_string();
    view! {
        <svg
            class=classes(&["sparkline", tone.class()])
            viewBox=move || format!("0 0 {} {HEIGHT}", width())
            width=width
            height=HEIGHT.to_string()
            role="img"
            aria-label=label
        >
            <path d=move || values.with(|values| path(values))></path>
        </svg>
    }
    .into_any()
}

/// One rectangle a value; a value above zero is at least one unit high.
fn path(values: &[f64]) -> String {
    let most = values.iter().copied().fold(0.0, f64::max);
    let mut path = String::new();
    for (index, value) in values.iter().enumerate() {
        let height = if most > 0.0 && *value > 0.0 { (value / most * HEIGHT).max(1.5) } else { 1.0 };
        let x = index as f64 * (BAR + GAP);
        // Writing to a String cannot fail.
        let _ = write!(path, "M{x:.0} {HEIGHT:.0}v-{height:.1}h{BAR:.0}v{height:.1}z");
    }
    path
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn the_largest_value_is_full_height_and_zero_is_a_hairline() {
        assert_eq!(path(&[0.0, 4.0]), "M0 18v-1.0h7v1.0zM10 18v-18.0h7v18.0z");
    }
}
