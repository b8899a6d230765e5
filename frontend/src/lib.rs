//! Hydrates the application in the browser, nothing else.

use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the document's script once the module is here.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
}
