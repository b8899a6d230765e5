//! `/o/{organization}/audit`: the log, newest first; one entry in the panel; the chain's verdict.

mod api;
mod entry;
mod filter;
mod list;
#[cfg(feature = "ssr")]
mod sections;

pub use api::{AuditList, ListAudit, LoadEntry, VerifyAudit, list_audit, load_entry, verify_audit};

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use ui::{PageHead, Shaped, Skeleton, SplitList};

use crate::fetch::{Load, fetch, fetch_if};
use crate::printed::Print;
use crate::routes::AuditQuery;
use crate::session::use_slug;

#[component]
pub fn AuditPage() -> impl IntoView {
    let slug = use_slug();
    let map = use_query_map();
    let query = Memo::new(move |_| map.with(AuditQuery::read));
    let listed = Memo::new(move |_| query.with(AuditQuery::closed));
    let verifies = Memo::new(move |_| map.with(|m| m.get_str("verify").is_some()));
    let entries = fetch(move || ListAudit { organization: slug.get(), query: listed.get() });
    // Made here and not where they are shown: a resource inside a branch is numbered differently by server and browser.
    let verdict = fetch_if(move || {
        verifies.get().then(|| VerifyAudit { organization: slug.get(), query: listed.get() })
    });
    let shown = Memo::new(move |_| query.with(|q| q.entry.clone()));
    let entry = fetch_if(move || {
        let seq = Some(shown.get()).filter(|seq| !seq.is_empty())?;
        Some(LoadEntry { organization: slug.get(), seq, query: listed.get() })
    });
    let open = Memo::new(move |_| query.with(|q| !q.entry.is_empty()));
    let panel = move || view! { <entry::EntryPanel slug query entries entry /> }.into_any();
    view! {
        <Title text="Audit" />
        <PageHead title="Audit" note="append-only, each entry chained to the one before by its hash" actions=move || list::actions(slug, query, entries) />
        <Load resource=verdict skeleton=|| () let:found>
            {found.map(|html| view! { <Print html /> })}
        </Load>
        {move || filter::bar(&slug.get(), &listed.get())}
        <SplitList panel=panel panel_open=open>
            <Load resource=entries skeleton=|| view! { <Skeleton shaped=Shaped::Rows count=12_usize /> } let:page>
                {list::table(page, slug, query)}
            </Load>
        </SplitList>
    }
    .into_any()
}
