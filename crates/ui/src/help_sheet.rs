//! `?`: the keys.

use leptos::prelude::*;

use crate::{Dialog, Kbd};

/// Keys of one part of the product: heading, then keys and what they do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyGroup {
    pub title: String,
    pub keys: Vec<(&'static str, String)>,
}

impl KeyGroup {
    pub fn new(title: impl Into<String>, keys: &[(&'static str, &str)]) -> Self {
        Self {
            title: title.into(),
            keys: keys.iter().map(|(keys, words)| (*keys, (*words).to_owned())).collect(),
        }
    }

    /// What `scripts/keys.mjs` does in every list.
    pub fn lists() -> Self {
        Self::new(
            "Lists",
            &[
                ("j", "Next row"),
                ("k", "Previous row"),
                ("x", "Select row"),
                ("Enter", "Open"),
                ("Esc", "Close, back"),
                ("[", "Previous in panel"),
                ("]", "Next in panel"),
                ("/", "Search"),
                ("n", "New, where the list has it"),
            ],
        )
    }

    /// What works everywhere.
    pub fn everywhere() -> Self {
        Self::new(
            "Everywhere",
            &[("Ctrl K", "Command palette"), ("?", "This sheet"), ("Ctrl Enter", "Send the form")],
        )
    }
}

/// `id` of the sheet's dialog: `<Button opens=HELP>` opens it, as does `?` through `scripts/keys.mjs`.
pub const HELP: &str = "help-sheet";

/// The keys in a dialog. Once, in the root component.
#[component]
pub fn HelpSheet(#[prop(into)] groups: Vec<KeyGroup>) -> impl IntoView {
    let groups = groups
        .into_iter()
        .map(|group| {
            let keys = group
                .keys
                .into_iter()
                .map(|(keys, words)| {
                    view! {
                        <div class="definition">
                            <dt>
                                <Kbd keys=keys />
                                <span class="visually-hidden">{keys}</span>
                            </dt>
                            <dd>{words}</dd>
                        </div>
                    }
                })
                .collect_view();
            view! {
                <section>
                    <h3>{group.title}</h3>
                    <dl>{keys}</dl>
                </section>
            }
        })
        .collect_view();
    view! {
        <Dialog id=HELP title="Keys" wide=true>
            <div class="help-sheet">{groups}</div>
        </Dialog>
    }
    .into_any()
}
