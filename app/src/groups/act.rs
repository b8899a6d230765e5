//! What is done to groups: the fields of the forms, and the menus that the list and a group's page share.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use ui::{Glyph, Menu, MenuItem, MenuLabel, MenuLine, Toast, Toasts};

use super::api::{ActOnGroups, UndoGroups};
use super::query::GroupQuery;
use super::shown::Person;
use crate::page::Done;
use crate::send::{Submission, submit};

/// The fields of a form that acts on groups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    pub ids: Vec<String>,
    /// `resolve`, `reopen`, `unmute`, `assign:{me, nobody or a user's id}`, `mute:for:{seconds}`, `mute:count:{events}:{seconds}`,
    /// `mute:until`, `mute:count`, `mute:query`, `merge`, `merge:largest`, `unmerge`, `split`, which take the fields below; `case` leads to where they are added to one.
    pub act: String,
    pub note: String,
    pub until: String,
    pub count: String,
    /// Seconds.
    pub window: String,
    pub query: String,
    /// merge: the group that takes the others; without it the one that was seen first.
    pub into: String,
    /// split: a slot counted from 0 and its value, or `query`.
    pub slot: String,
    pub value: String,
    /// Not the ids, but all that `list` leaves.
    pub all: bool,
    pub list: GroupQuery,
}

/// The writes of a page of groups.
#[derive(Clone, Copy)]
pub struct Writes {
    pub act: Submission,
    pub undo: Submission,
    /// Counts what was really done: a refusal leaves list and selection as they are.
    done: RwSignal<usize>,
}

impl Writes {
    /// Each answer is told as a message that passes, with Undo where something changed.
    pub fn of_page() -> Self {
        let writes =
            Self { act: submit::<ActOnGroups>(), undo: submit::<UndoGroups>(), done: RwSignal::new(0) };
        let toasts = Toasts::expect();
        let tell = move |sent: Submission| {
            Effect::new(move |_| {
                let Some(Done { words, undo }) = sent.told::<Done>() else { return };
                // What leads elsewhere says nothing.
                if words.is_empty() {
                    return;
                }
                writes.done.update(|n| *n += 1);
                let toast = Toast::ok(words);
                toasts.show(match undo {
                    Some(undo) => toast.action("Undo", move || writes.undo.send_fields(undo.fields.clone())),
                    None => toast,
                });
            });
        };
        tell(writes.act);
        tell(writes.undo);
        writes
    }
    /// Changes with everything that was done.
    pub fn version(self) -> usize {
        self.done.get()
    }
}

const TIMES: [(&str, &str); 5] = [
    ("mute:for:3600", "1 hour"),
    ("mute:for:28800", "8 hours"),
    ("mute:for:86400", "1 day"),
    ("mute:for:604800", "7 days"),
    ("mute:for:2592000", "30 days"),
];
const NUMBERS: [(&str, &str); 3] = [
    ("mute:count:10:3600", "10 events in an hour"),
    ("mute:count:100:3600", "100 events in an hour"),
    ("mute:count:1000:86400", "1,000 events in a day"),
];

/// Submit buttons of the form around it. `up`: it opens upwards.
#[component]
pub fn MuteMenu(#[prop(optional)] up: bool) -> impl IntoView {
    let item = |(value, words): (&'static str, &'static str)| {
        view! {
            <MenuItem submit=true name=ACT value=value>
                {words}
            </MenuItem>
        }
    };
    view! {
        <Menu label="Mute" icon=Glyph::Clock key="s" up=up>
            <MenuLabel>"For"</MenuLabel>
            {TIMES.map(item)}
            <MenuLine />
            <MenuLabel>"Until there are"</MenuLabel>
            {NUMBERS.map(item)}
        </Menu>
    }
    .into_any()
}

/// Submit buttons of the form around it.
#[component]
pub fn AssignMenu(people: Vec<Person>, #[prop(optional)] up: bool) -> impl IntoView {
    let person = |person: Person| {
        view! {
            <MenuItem submit=true name=ACT value=format!("assign:{}", person.id)>
                {person.name}
            </MenuItem>
        }
    };
    view! {
        <Menu label="Assign" icon=Glyph::User key="a" up=up>
            <MenuItem submit=true name=ACT value="assign:me">
                "Me"
            </MenuItem>
            <MenuItem submit=true name=ACT value="assign:nobody">
                "Nobody"
            </MenuItem>
            <MenuLine />
            {people.into_iter().map(person).collect_view()}
        </Menu>
    }
    .into_any()
}

/// Submit buttons of the form around it.
#[component]
pub fn MergeMenu() -> impl IntoView {
    view! {
        <Menu label="Merge" icon=Glyph::Groups up=true>
            <MenuLabel>"The selected into the one"</MenuLabel>
            <MenuItem submit=true name=ACT value="merge">
                "Seen first"
            </MenuItem>
            <MenuItem submit=true name=ACT value="merge:largest">
                "With most events"
            </MenuItem>
        </Menu>
    }
    .into_any()
}

/// Enter in a field sends nothing: what is to be done is a button's word. It must be the form's first button. Where a field
/// has a button of its own, both stand in a `data-part` (scripts/keys.mjs).
#[component]
pub fn NoDefault() -> impl IntoView {
    view! { <button type="submit" disabled=true hidden=true data-no-default="" /> }
}

/// `name` of the buttons.
pub const ACT: &str = "asked[act]";
/// `name` of the groups.
pub const IDS: &str = "asked[ids][]";
