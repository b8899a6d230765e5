//! The history of a case for who works on it and may not read the audit log: its own steps, with what changed. Server only.

use domain::case::Change;
use domain::case::story::words;
use leptos::prelude::*;
use service::difference::Patience;

use crate::difference;
use crate::when::{At, Zone};

pub fn told(history: &[Change], zone: Zone) -> AnyView {
    let patience = Patience::begin();
    let items: Vec<_> = history.iter().map(|change| item(change, zone, patience)).collect();
    view! {
        <ol class="plain-list" aria-label="History">
            {items}
        </ol>
    }
    .into_any()
}

fn item(change: &Change, zone: Zone, patience: Patience) -> AnyView {
    let is_empty = |side: &serde_json::Value| side.as_object().is_none_or(serde_json::Map::is_empty);
    let words = words(change);
    let changed = (!is_empty(&change.old) || !is_empty(&change.new)).then(|| {
        let caption = format!("{words}, at {}", change.at.iso());
        difference::properties(Some(change.old.clone()), Some(change.new.clone()), caption, patience)
    });
    let reason = change.reason.clone().map(|reason| view! { <p class="muted">{reason}</p> });
    view! {
        <li>
            <p class="row-line">
                <At when=zone.when(change.at) />
                <span>{words.clone()}</span>
                <span class="muted">{change.actor.clone()}</span>
            </p>
            {reason}
            {changed}
        </li>
    }
    .into_any()
}
