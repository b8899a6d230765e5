//! What only a browser can do. Called from effects and event handlers, which never run on the server.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, HtmlDialogElement, HtmlElement, HtmlInputElement, MouseEvent};

pub(crate) mod echarts;
mod recent;
mod stream;
mod theme;

pub(crate) use recent::{remember, remembered};
pub use stream::listen;
pub(crate) use theme::{apply_theme, save_theme, saved_theme};

/// False on the server and while hydrating, then true: for controls that cannot work without WASM.
pub fn ready() -> ReadSignal<bool> {
    let (ready, set_ready) = signal(false);
    Effect::new(move |_| set_ready.set(true));
    ready
}

/// Tells the style sheet and the scripts that WASM runs: `:root[data-ready]`.
pub(crate) fn mark_ready() {
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("data-ready", "");
    }
}

/// Opens a dialog by `id`, modal, unless it is open.
pub fn show_modal(id: &str) {
    if let Some(dialog) = by_id::<HtmlDialogElement>(id)
        && !dialog.open()
    {
        // Fails only for a detached dialog.
        let _ = dialog.show_modal();
    }
}

/// Closes a dialog by `id`.
pub fn close_dialog(id: &str) {
    if let Some(dialog) = by_id::<HtmlDialogElement>(id) {
        dialog.close();
    }
}

/// Marks the dialog around an element: it closes when the page is put in place anew.
pub fn close_dialog_of(element: &Element) {
    if let Some(dialog) = closest(element, "dialog") {
        let _ = dialog.set_attribute("data-sent", "");
    }
}

/// Puts HTML of our own into an element, changing no more than is different: by the global `page` (scripts/page.mjs), or all
/// of it where that script did not come.
pub(crate) fn put(place: &Element, html: &str) {
    let put = js_sys::Reflect::get(&window(), &"page".into())
        .and_then(|page| js_sys::Reflect::get(&page, &"put".into()))
        .ok()
        .and_then(|put| put.dyn_into::<js_sys::Function>().ok());
    match put {
        Some(put) => {
            let _ = put.call2(&JsValue::NULL, place, &html.into());
        }
        None => place.set_inner_html(html),
    }
}

/// Brings a dialog in line with its signal. One that the server printed open becomes modal.
pub(crate) fn set_modal(dialog: &HtmlDialogElement, open: bool) {
    if open {
        let modal = dialog.matches(":modal").unwrap_or(false);
        if !modal {
            let _ = dialog.remove_attribute("open");
            let _ = dialog.show_modal();
        }
    } else if dialog.open() {
        dialog.close();
    }
}

/// Follows the closing link of a dialog that the URL opened.
pub(crate) fn follow_close_link(dialog: &HtmlDialogElement) {
    if let Some(link) = find::<HtmlElement>(dialog, "a[data-close]") {
        link.click();
    }
}

/// Checks or clears every row's checkbox of the table, telling each row.
pub(crate) fn check_all(event: &Event) {
    let on = event_target_checked(event);
    let Some(table) = target(event).and_then(|target| closest(&target, "table")) else { return };
    for input in all::<HtmlInputElement>(&table, "tbody td.check input") {
        if input.checked() != on {
            input.click();
        }
    }
}

/// Sends the form the control stands in, with its validation.
pub(crate) fn submit_form_of(event: &Event) {
    if let Some(form) = target(event).and_then(|target| closest(&target, "form")) {
        request_submit(&form);
    }
}

pub(crate) fn request_submit(form: &Element) {
    if let Ok(submit) = js_sys::Reflect::get(form, &JsValue::from_str("requestSubmit"))
        && let Some(submit) = submit.dyn_ref::<js_sys::Function>()
    {
        let _ = submit.call0(form);
    }
}

/// Folds the menu around the event's target and gives its button the focus.
pub(crate) fn close_menu_of(event: &MouseEvent) {
    if let Some(menu) = target(event).and_then(|target| closest(&target, "details.menu")) {
        let _ = menu.remove_attribute("open");
    }
}

/// Names of the chosen files, parted by commas.
pub(crate) fn file_names(event: &Event) -> String {
    let Some(files) = target(event)
        .and_then(|target| target.dyn_into::<HtmlInputElement>().ok())
        .and_then(|input| input.files())
    else {
        return String::new();
    };
    (0..files.length())
        .filter_map(|index| files.get(index))
        .map(|file| file.name())
        .collect::<Vec<_>>()
        .join(", ")
}

pub(crate) fn click_by_id(id: &str) {
    if let Some(element) = by_id::<HtmlElement>(id) {
        element.click();
    }
}

pub(crate) fn reveal_by_id(id: &str) {
    if let Some(element) = by_id::<Element>(id) {
        reveal(&element);
    }
}

/// Scrolls no further than needed.
pub(crate) fn reveal(element: &Element) {
    let options = js_sys::Object::new();
    let _ = js_sys::Reflect::set(&options, &"block".into(), &"nearest".into());
    if let Ok(scroll) = js_sys::Reflect::get(element, &"scrollIntoView".into())
        && let Some(scroll) = scroll.dyn_ref::<js_sys::Function>()
    {
        let _ = scroll.call1(element, &options);
    }
}

/// What stands in an input, and the UTF-16 units before its cursor.
pub(crate) fn text_and_cursor(id: &str) -> Option<(String, u32)> {
    let input = by_id::<HtmlInputElement>(id)?;
    let text = input.value();
    let cursor = input.selection_start().ok().flatten().unwrap_or(u32::MAX);
    Some((text, cursor))
}

pub(crate) fn set_text_and_cursor(id: &str, text: &str, cursor: u32) {
    if let Some(input) = by_id::<HtmlInputElement>(id) {
        input.set_value(text);
        let _ = input.set_selection_range(cursor, cursor);
    }
}

/// Runs now and then each minute until the owner goes, with the time in milliseconds.
pub(crate) fn every_minute(run: impl Fn(f64) + 'static) {
    run(js_sys::Date::now());
    if let Ok(handle) =
        set_interval_with_handle(move || run(js_sys::Date::now()), std::time::Duration::from_mins(1))
    {
        on_cleanup(move || handle.clear());
    }
}

/// Milliseconds since 1970 of an RFC 3339 instant.
pub(crate) fn parse_instant(iso: &str) -> Option<f64> {
    let millis = js_sys::Date::parse(iso);
    (!millis.is_nan()).then_some(millis)
}

/// An element by `id`, as a type.
pub(crate) fn by_id<T: JsCast>(id: &str) -> Option<T> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// The first match inside.
pub(crate) fn find<T: JsCast>(root: &Element, selector: &str) -> Option<T> {
    root.query_selector(selector).ok()??.dyn_into().ok()
}

/// Every match inside, in document order.
pub(crate) fn all<T: JsCast>(root: &Element, selector: &str) -> Vec<T> {
    let Ok(list) = root.query_selector_all(selector) else { return Vec::new() };
    (0..list.length()).filter_map(|index| list.get(index)?.dyn_into().ok()).collect()
}

pub(crate) fn closest(element: &Element, selector: &str) -> Option<Element> {
    element.closest(selector).ok().flatten()
}

pub(crate) fn target(event: &Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}
