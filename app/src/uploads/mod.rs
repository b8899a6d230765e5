//! uploads

use leptos::prelude::*;

#[component]
pub fn UploadsPage() -> impl IntoView {
    view! { <ui::PageHead title="UploadsPage" /> }
}

#[component]
pub fn UploadPage() -> impl IntoView {
    view! { <ui::PageHead title="UploadPage" /> }
}
