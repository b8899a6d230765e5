//! One key listener for the whole page. It presses what the page shows, so a key can do nothing a click could not.
//!
//! `data-key="a"` on a button, a link or a field: pressed or focused by that key · `data-go="e"`: followed by `g` then `e` · `data-row`: j, k, x, Enter, opened by a click ·
//! `data-search`: focused by `/` · `data-escape`: followed by Escape · Ctrl/Cmd+Enter sends the form around the focus ·
//! `data-copy="text"` on a button: copied by a click ·
//! Ctrl/Cmd+K opens the palette, `?` the help sheet. Never while typing.

use leptos::{ev, prelude::*};

use crate::browser;

/// Listens. Once, in the root component.
#[component]
pub fn Shortcuts() -> impl IntoView {
    let after_go = RwSignal::new(false);
    Effect::new(move |_| {
        browser::mark_ready();
        let keys = window_event_listener(ev::keydown, move |event| {
            let go = after_go.get_untracked();
            let began = browser::key(&event, go);
            after_go.set(began);
            if began {
                set_timeout(
                    move || {
                        after_go.try_set(false);
                    },
                    std::time::Duration::from_millis(1200),
                );
            }
        });
        let clicks = window_event_listener(ev::click, |event| {
            browser::close_menus_outside(&event);
            browser::copy_from(&event);
            browser::open_row(&event);
        });
        on_cleanup(move || {
            keys.remove();
            clicks.remove();
        });
    });
}
