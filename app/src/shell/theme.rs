//! The colour scheme without WASM: a form that sets the cookie. In the browser the toggle does it itself.

use leptos::prelude::*;

use crate::error::Answer;

/// `light`, `dark`, or anything else for the system's.
#[server(name = SetTheme, prefix = "/fn", endpoint = "set_theme")]
pub async fn set_theme(theme: String) -> Answer<()> {
    match theme.as_str() {
        "light" | "dark" => {
            crate::server::set_cookie("theme", &theme, "Path=/; Max-Age=31536000; SameSite=Lax");
        }
        _ => crate::server::set_cookie("theme", "", "Path=/; Max-Age=0; SameSite=Lax"),
    }
    Ok(())
}
