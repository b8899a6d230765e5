//! `/o/{organization}/audit`: the log, newest first; one entry in the panel; the chain's verdict.

mod api;
mod entry;
mod filter;
mod list;

pub use api::{AuditList, Entry, ListAudit, LoadEntry, VerifyAudit, list_audit, load_entry, verify_audit};

use domain::audit::Verdict;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use ui::{Load, PageHead, Shaped, Skeleton, SplitList};

use crate::error::{Answer, AppError};
use crate::routes::AuditQuery;
use crate::session::use_slug;

#[component]
pub fn AuditPage() -> impl IntoView {
    let slug = use_slug();
    let map = use_query_map();
    let query = Memo::new(move |_| map.with(AuditQuery::read));
    let listed = Memo::new(move |_| query.with(AuditQuery::closed));
    let verifies = Memo::new(move |_| map.with(|m| m.get_str("verify").is_some()));
    let entries = Resource::new(move || (slug.get(), listed.get()), |(slug, query)| list_audit(slug, query));
    // Made here and not where they are shown: a resource inside a branch is numbered differently by server and browser.
    let verdict =
        Resource::new(move || (slug.get(), verifies.get()), |(slug, asked)| verdict_if(slug, asked));
    let entry = Resource::new(
        move || (slug.get(), query.with(|q| q.entry.clone())),
        |(slug, entry)| entry_if(slug, entry),
    );
    let open = Memo::new(move |_| query.with(|q| !q.entry.is_empty()));
    let panel = move || view! { <entry::EntryPanel slug query entries entry /> }.into_any();
    view! {
        <Title text="Audit" />
        <PageHead title="Audit" note="append-only, each entry chained to the one before by its hash" actions=move || list::actions(slug, query, entries) />
        <list::VerdictLine slug query verdict />
        {move || filter::bar(&slug.get(), &listed.get())}
        <SplitList panel=panel panel_open=open>
            <Load resource=entries skeleton=|| view! { <Skeleton shaped=Shaped::Rows count=12_usize /> } let:page>
                {list::table(page, slug, query)}
            </Load>
        </SplitList>
    }
    .into_any()
}

async fn verdict_if(slug: String, asked: bool) -> Answer<Option<Verdict>> {
    if asked { verify_audit(slug).await.map(Some) } else { Ok(None) }
}

async fn entry_if(slug: String, entry: String) -> Answer<Option<Entry>> {
    match entry.parse() {
        Ok(seq) => load_entry(slug, seq).await.map(Some),
        Err(_) if entry.is_empty() => Ok(None),
        Err(_) => Err(AppError::not_found()),
    }
}
