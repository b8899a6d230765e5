//! What changed in a record, as its history tells it: property by property, longer texts line by line. Server only.

use domain::visible::visible;
use leptos::prelude::*;
use serde_json::Value;
use service::difference::{Patience, Sign, lines};
use ui::{DiffView, LineDiff, Stretch};

/// The properties that differ. One [`Patience`] for all that a page compares.
pub fn properties(old: Option<Value>, new: Option<Value>, caption: String, patience: Patience) -> AnyView {
    let texts = Callback::new(move |(old, new): (String, String)| stretches(&old, &new, patience));
    view! { <DiffView old=old.unwrap_or_default() new=new.unwrap_or_default() caption=caption texts=texts /> }
        .into_any()
}

/// Two versions of one text.
pub fn text(old: &str, new: &str, caption: String, patience: Patience) -> AnyView {
    view! { <LineDiff stretches=stretches(old, new, patience) caption=caption /> }.into_any()
}

fn stretches(old: &str, new: &str, patience: Patience) -> Vec<Stretch> {
    lines(old, new, patience)
        .into_iter()
        .map(|stretch| {
            let lines = stretch.lines.into_iter().map(visible).collect();
            match stretch.sign {
                Sign::Same => Stretch::Same(lines),
                Sign::Removed => Stretch::Removed(lines),
                Sign::Added => Stretch::Added(lines),
            }
        })
        .collect()
}
