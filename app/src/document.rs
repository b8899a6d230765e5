//! The HTML around the application, on the server only: head, styles, the script that hydrates.

use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::MetaTags;

use crate::{App, server};

/// Paths of the site's files, with their hashes. A context of every page.
#[derive(Clone, Debug, Default)]
pub struct AssetPaths {
    pub js: String,
    pub wasm: String,
    pub css: String,
    /// Empty in a build without charts.
    pub echarts: String,
    /// Puts printed pages in their place.
    pub page: String,
    /// Fonts to fetch at once.
    pub fonts: Vec<String>,
}

/// Milliseconds after which a module that has not come is given up for the time being.
const LATE_MS: u32 = 10_000;

/// The whole document.
pub fn document() -> impl IntoView {
    let theme = server::cookie("theme").filter(|t| matches!(t.as_str(), "light" | "dark"));
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme>
            <head>{head()}<MetaTags /></head>
            <body>
                <App />
            </body>
        </html>
    }
}

fn head() -> impl IntoView {
    let assets = use_context::<AssetPaths>().unwrap_or_default();
    let nonce = use_nonce().map(|n| n.to_string());
    let fonts = assets.fonts.iter().map(|font| view! { <link rel="preload" href=font.clone() r#as="font" r#type="font/woff2" crossorigin="anonymous" /> }).collect_view();
    let scripts = [assets.echarts, assets.page].into_iter().filter(|path| !path.is_empty());
    let scripts = scripts.map(|src| view! { <script defer nonce=nonce.clone() src=src></script> });
    let scripts = scripts.collect_view();
    // The page works before the module is here, and without. Where it cannot run, or does not come, `data-plain` says that
    // nothing will be drawn: the tables behind the charts are what is shown.
    let start = format!(
        "const plain=on=>{{document.documentElement.toggleAttribute('data-plain',on);\
         if(on)document.querySelectorAll('.chart .data').forEach(d=>{{d.open=true}})}};\
         const late=setTimeout(plain,{LATE_MS},true);\
         import({}).then(m=>m.default({{module_or_path:{}}}).then(()=>{{clearTimeout(late);plain(false);m.hydrate()}}))\
         .catch(e=>{{clearTimeout(late);plain(true);console.error(e)}});",
        serde_json::Value::from(assets.js.as_str()),
        serde_json::Value::from(assets.wasm.as_str()),
    );
    let reload = use_context::<LeptosOptions>().map(|options| view! { <AutoReload options /> });
    view! {
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <link rel="icon" href="/favicon.svg" r#type="image/svg+xml" />
        <link rel="apple-touch-icon" href="/apple-touch-icon.png" />
        <link rel="stylesheet" href=assets.css />
        {fonts}
        <link rel="modulepreload" href=assets.js nonce=nonce.clone() />
        <link rel="preload" href=assets.wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous" />
        {scripts}
        <script type="module" nonce=nonce>
            {start}
        </script>
        {reload}
    }
}
