//! The keys of `Shortcuts`.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement, KeyboardEvent, MouseEvent};

use super::{all, closest, find, follow_row, request_submit, reveal, show_modal, target, typing};

/// Handles one key; true when it was `g` and a second key is awaited.
pub(crate) fn key(event: &KeyboardEvent, after_go: bool) -> bool {
    let name = event.key();
    let control = event.ctrl_key() || event.meta_key();
    if event.default_prevented() || event.is_composing() {
        return false;
    }
    let done = match (control, name.as_str()) {
        (true, "k" | "K") => open(crate::PALETTE),
        (true, "Enter") => submit(event),
        (false, "Escape") => escape(event),
        (false, "ArrowDown" | "ArrowUp" | "Home" | "End") => move_in_menu(event, &name),
        _ if control || event.alt_key() || typing(event) || modal_open() => false,
        (_, letter) if after_go => click(&format!("[data-go=\"{}\"]", quoted(letter))),
        (_, "g") => return true,
        (_, "?") => open(crate::HELP),
        (_, "/") => focus_search(),
        (_, "j") => move_row(1),
        (_, "k") => move_row(-1),
        (_, "x") => check_row(),
        (_, "Enter") => open_focused(event),
        (_, letter) => letter.chars().count() == 1 && click(&format!("[data-key=\"{}\"]", quoted(letter))),
    };
    if done {
        event.prevent_default();
    }
    false
}

/// Folds every open menu the click was not in.
pub(crate) fn close_menus_outside(event: &MouseEvent) {
    let inside = target(event).and_then(|target| closest(&target, "details.menu"));
    for menu in body_all::<Element>("details.menu[open]") {
        if inside.as_ref() != Some(&menu) {
            let _ = menu.remove_attribute("open");
        }
    }
}

/// Tells the stylesheet that WASM runs: `:root[data-ready]`.
pub(crate) fn mark_ready() {
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("data-ready", "");
    }
}

fn body_all<T: JsCast>(selector: &str) -> Vec<T> {
    document().body().map(|body| all(&body, selector)).unwrap_or_default()
}

fn quoted(key: &str) -> String {
    key.replace('\\', "\\\\").replace('"', "\\\"")
}

fn open(id: &str) -> bool {
    show_modal(id);
    super::by_id::<Element>(id).is_some()
}

fn modal_open() -> bool {
    !body_all::<Element>("dialog:modal").is_empty()
}

/// Clicks the last visible match: the panel's before the page's.
fn click(selector: &str) -> bool {
    let shown =
        body_all::<HtmlElement>(selector).into_iter().rfind(|element| element.offset_parent().is_some());
    let found = shown.is_some();
    if let Some(element) = shown {
        element.click();
        // The arrow keys go on from the menu that a key opened; a field is typed into.
        if matches!(element.tag_name().as_str(), "SUMMARY" | "INPUT" | "TEXTAREA") {
            let _ = element.focus();
        }
    }
    found
}

fn submit(event: &KeyboardEvent) -> bool {
    match target(event).and_then(|target| closest(&target, "form")) {
        Some(form) => {
            request_submit(&form);
            true
        }
        None => false,
    }
}

/// Folds an open menu, else leaves the field typed into, else follows the closing link. Dialogs close by themselves.
fn escape(event: &KeyboardEvent) -> bool {
    if modal_open() {
        return false;
    }
    if let Some(menu) = body_all::<Element>("details.menu[open]").pop() {
        let _ = menu.remove_attribute("open");
        if let Some(summary) = find::<HtmlElement>(&menu, "summary") {
            let _ = summary.focus();
        }
        return true;
    }
    if typing(event) {
        if let Some(field) = target(event).and_then(|target| target.dyn_into::<HtmlElement>().ok()) {
            let _ = field.blur();
        }
        return true;
    }
    click("[data-escape]")
}

fn move_in_menu(event: &KeyboardEvent, name: &str) -> bool {
    let Some(menu) = target(event).and_then(|target| closest(&target, "details.menu[open]")) else {
        return false;
    };
    let items = all::<HtmlElement>(&menu, ".menu-item:not(:disabled)");
    let now = document().active_element().and_then(|active| items.iter().position(|item| **item == active));
    let last = items.len().saturating_sub(1);
    let next = match (name, now) {
        ("Home", _) | ("ArrowDown", None) => 0,
        ("End", _) | ("ArrowUp", None) => last,
        ("ArrowDown", Some(now)) => {
            if now == last {
                0
            } else {
                now + 1
            }
        }
        (_, Some(now)) => {
            if now == 0 {
                last
            } else {
                now - 1
            }
        }
        _ => 0,
    };
    if let Some(item) = items.get(next) {
        let _ = item.focus();
    }
    true
}

fn focus_search() -> bool {
    let Some(field) = body_all::<HtmlInputElement>("[data-search]")
        .into_iter()
        .rfind(|field| field.offset_parent().is_some())
    else {
        return false;
    };
    let _ = field.focus();
    field.select();
    true
}

/// The row the focus is in, else the one shown in the panel.
fn row_now(rows: &[HtmlElement]) -> Option<usize> {
    let focused = document().active_element().and_then(|active| closest(&active, "[data-row]"));
    rows.iter()
        .position(|row| focused.as_ref().is_some_and(|focused| **row == *focused))
        .or_else(|| rows.iter().position(|row| row.has_attribute("aria-current")))
}

fn move_row(step: isize) -> bool {
    let rows = body_all::<HtmlElement>("[data-row]");
    let last = rows.len().saturating_sub(1);
    let next = match row_now(&rows) {
        None => 0,
        Some(now) => now.saturating_add_signed(step).min(last),
    };
    let Some(row) = rows.get(next) else { return false };
    let _ = row.set_attribute("tabindex", "-1");
    let _ = row.focus();
    reveal(row);
    true
}

fn check_row() -> bool {
    let rows = body_all::<HtmlElement>("[data-row]");
    let Some(row) = row_now(&rows).and_then(|index| rows.get(index)) else { return false };
    let Some(input) = find::<HtmlElement>(row, "td.check input") else { return false };
    input.click();
    true
}

/// Enter on a row itself; on a link or button the browser presses it.
fn open_focused(event: &KeyboardEvent) -> bool {
    match target(event).filter(|target| target.has_attribute("data-row")) {
        Some(row) => {
            follow_row(&row);
            true
        }
        None => false,
    }
}
