//! The colour scheme: `data-theme` on the root, localStorage, and the cookie `theme` for the server.

use leptos::prelude::*;

const KEY: &str = "theme";

/// `light`, `dark` or `system`, if it was chosen in this browser.
pub(crate) fn saved_theme() -> Option<String> {
    storage()?.get_item(KEY).ok()?
}

/// Remembers the choice and applies it.
pub(crate) fn save_theme(theme: &str) {
    if let Some(storage) = storage() {
        let _ = storage.set_item(KEY, theme);
    }
    apply_theme(theme);
}

/// Sets `data-theme` (none for `system`), the cookie, and tells the charts.
pub(crate) fn apply_theme(theme: &str) {
    let Some(root) = document().document_element() else { return };
    let cookie = if matches!(theme, "light" | "dark") {
        let _ = root.set_attribute("data-theme", theme);
        format!("theme={theme}; Path=/; Max-Age=31536000; SameSite=Lax")
    } else {
        let _ = root.remove_attribute("data-theme");
        "theme=; Path=/; Max-Age=0; SameSite=Lax".to_owned()
    };
    let _ = js_sys::Reflect::set(&document(), &"cookie".into(), &cookie.into());
    if let Ok(event) = web_sys::Event::new("themechange") {
        let _ = window().dispatch_event(&event);
    }
}

pub(super) fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok()?
}
