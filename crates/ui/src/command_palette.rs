//! Ctrl/Cmd+K: everything by name.

use leptos::{ev::KeyboardEvent, prelude::*};

use crate::{Glyph, Icon, Kbd, browser};

/// One thing to go to or do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    pub label: String,
    pub href: String,
    /// Heading it stands under ("Go to", "Cases").
    pub group: String,
    pub glyph: Option<Glyph>,
    /// Keys that do the same ("g e").
    pub keys: Option<&'static str>,
}

impl Command {
    pub fn new(group: impl Into<String>, label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), href: href.into(), group: group.into(), glyph: None, keys: None }
    }

    #[must_use]
    pub fn glyph(mut self, glyph: Glyph) -> Self {
        self.glyph = Some(glyph);
        self
    }

    #[must_use]
    pub fn keys(mut self, keys: &'static str) -> Self {
        self.keys = Some(keys);
        self
    }
}

/// `id` of the palette's dialog: `<Button opens=PALETTE>` opens it, as does Ctrl/Cmd+K through `scripts/keys.mjs`.
pub const PALETTE: &str = "command-palette";

/// A dialog with a filter over links. Arrow keys choose, Enter follows. Once, in the root component.
#[component]
pub fn CommandPalette(
    #[prop(into)] commands: Signal<Vec<Command>>,
    /// Hears what is typed, to add what the server finds to `commands`.
    #[prop(optional, into)]
    on_query: Option<Callback<String>>,
) -> impl IntoView {
    let (query, set_query) = signal(String::new());
    let (active, set_active) = signal(0_usize);
    let found = Memo::new(move |_| {
        let query = query.get();
        commands.with(|commands| {
            commands.iter().filter(|command| matches(command, &query)).take(40).cloned().collect::<Vec<_>>()
        })
    });
    let typed = move |event| {
        let text = event_target_value(&event);
        set_active.set(0);
        if let Some(on_query) = on_query {
            on_query.run(text.clone());
        }
        set_query.set(text);
    };
    let pressed = move |event: KeyboardEvent| {
        let count = found.with(Vec::len).max(1);
        match event.key().as_str() {
            "ArrowDown" => set_active.update(|active| *active = (*active + 1) % count),
            "ArrowUp" => set_active.update(|active| *active = (*active + count - 1) % count),
            "Enter" => browser::click_by_id(&option_id(active.get_untracked())),
            _ => return,
        }
        event.prevent_default();
        browser::reveal_by_id(&option_id(active.get_untracked()));
    };
    let options = move || {
        let mut group = String::new();
        found
            .get()
            .into_iter()
            .enumerate()
            .map(|(index, command)| {
                let heading = (command.group != group).then(|| command.group.clone());
                group.clone_from(&command.group);
                view! {
                    {heading.map(|heading| view! { <p class="group" role="presentation">{heading}</p> })}
                    <a
                        class="command"
                        role="option"
                        tabindex="-1"
                        id=option_id(index)
                        href=command.href
                        aria-selected=move || if active.get() == index { "true" } else { "false" }
                        on:click=move |_| browser::close_dialog(PALETTE)
                    >
                        {command.glyph.map(|glyph| view! { <Icon glyph /> })}
                        <span class="words">{command.label}</span>
                        {command.keys.map(|keys| view! { <Kbd keys=keys /> })}
                    </a>
                }
                .into_any()
            })
            .collect_view()
    };
    view! {
        <dialog class="command-palette" id=PALETTE aria-label="Command palette">
            <div class="query-line">
                <Icon glyph=Glyph::Search />
                <input
                    type="text"
                    role="combobox"
                    aria-label="Search or jump to"
                    aria-expanded="true"
                    aria-autocomplete="list"
                    aria-controls="command-palette-options"
                    aria-activedescendant=move || option_id(active.get())
                    placeholder="Search or jump to…"
                    autocomplete="off"
                    spellcheck="false"
                    on:input=typed
                    on:keydown=pressed
                />
                <Kbd keys="Esc" />
            </div>
            <div class="options" id="command-palette-options" role="listbox" aria-label="Commands">
                {move || options()}
            </div>
            <p class="nothing muted" hidden=move || found.with(|found| !found.is_empty())>
                "Nothing by that name."
            </p>
        </dialog>
    }
    .into_any()
}

fn option_id(index: usize) -> String {
    format!("{PALETTE}-{index}")
}

/// Every word of the query starts a word of the label or group; a number sign before one says nothing.
fn matches(command: &Command, query: &str) -> bool {
    let text = format!("{} {}", command.group, command.label).to_lowercase();
    query
        .to_lowercase()
        .split_whitespace()
        .map(|word| word.strip_prefix('#').unwrap_or(word))
        .all(|word| text.split_whitespace().any(|part| part.starts_with(word)) || text.contains(word))
}
