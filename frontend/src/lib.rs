//! Hydrates the application in the browser, nothing else.

use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the document's script once the module is here.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    // A debug server with a release module (as the tests have it) prints a page that this module does not know.
    if !cfg!(debug_assertions)
        && leptos::prelude::location().pathname().is_ok_and(|path| path == "/styleguide")
    {
        return;
    }
    leptos::mount::hydrate_body(app::App);
}
