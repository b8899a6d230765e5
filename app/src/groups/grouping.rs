//! The tab that says why the events of a group belong together, and changes it; the server prints it (`sections`).

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::act::Writes;
use super::api::GetGrouping;
use crate::fetch::{Load, fetch_after};
use crate::form::{Form, FormError};
use crate::printed::Print;

/// `/o/{organization}/groups/{id}?tab=grouping`
#[component]
pub fn GroupingTab(writes: Writes, slug: Memo<String>, id: Memo<String>) -> impl IntoView {
    let map = use_query_map();
    let of = move |name: &str| map.with(|map| map.get_str(name).unwrap_or_default().to_owned());
    let grouping = fetch_after(
        move || writes.version(),
        move || GetGrouping {
            organization: slug.get(),
            id: id.get(),
            slot: of("slot"),
            value: of("value"),
            q: of("q"),
            before: of("before"),
        },
    );
    view! {
        <FormError form=Form::of(writes.act) fields=&[] />
        <Load resource=grouping let:html>
            <Print html sends=vec![writes.act] />
        </Load>
    }
    .into_any()
}
