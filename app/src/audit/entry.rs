//! One entry: who, where from, what changed, and its place in the chain.

use leptos::prelude::*;
use serde_json::Value;
use ui::{CodeBlock, Definition, DefinitionList, DiffView, Failure, JsonTree, Notice, NoticeKind, Panel};

use super::api::{AuditList, Entry};
use crate::error::Answer;
use crate::fetch::Fetched;
use crate::routes::AuditQuery;
use crate::when::At;

/// Drawn anew for every entry, from plain values: a signal that outlives the panel it was made in would be read too late.
#[component]
pub fn EntryPanel(
    slug: Memo<String>,
    query: Memo<AuditQuery>,
    entries: Fetched<AuditList>,
    entry: Fetched<Option<Entry>>,
) -> impl IntoView {
    view! {
        <Transition fallback=|| view! { <aside class="panel" aria-label="Entry"><ui::Skeleton /></aside> }>
            {move || {
                let (slug, query) = (slug.get(), query.get());
                Suspend::new(async move {
                    let list = entries.answer().await;
                    let seq = query.entry.parse().ok();
                    let beside = list.map(|list| around(&list, seq)).unwrap_or_default();
                    panel(entry.answer().await, beside, &slug, &query)
                })
            }}
        </Transition>
    }
    .into_any()
}

fn panel(
    entry: Answer<Option<Entry>>,
    (previous, next): (Option<i64>, Option<i64>),
    slug: &str,
    query: &AuditQuery,
) -> AnyView {
    let href = |seq: i64| query.open(seq).href(slug);
    let inside = match entry {
        Ok(entry) => entry.map(|entry| sections(entry, slug, query)).into_any(),
        Err(error) => view! { <Failure problem=error /> }.into_any(),
    };
    view! {
        <Panel
            label=format!("Entry {}", query.entry)
            close_href=query.closed().href(slug)
            previous_href=previous.map(href)
            next_href=next.map(href)
        >
            {inside}
        </Panel>
    }
    .into_any()
}

/// The entries above and below in the list.
fn around(list: &AuditList, seq: Option<i64>) -> (Option<i64>, Option<i64>) {
    let at = |index: Option<usize>| index.and_then(|i| list.rows.get(i)).map(|line| line.seq);
    match list.rows.iter().position(|line| Some(line.seq) == seq) {
        Some(here) => (at(here.checked_sub(1)), at(Some(here + 1))),
        None => (None, None),
    }
}

fn sections(entry: Entry, slug: &str, query: &AuditQuery) -> AnyView {
    let (hash, previous) = (entry.hash.clone(), entry.previous_hash.clone());
    let (old, new, metadata_of) = (entry.old.clone(), entry.new.clone(), entry.metadata.clone());
    view! {
        {entry.error.clone().map(|text| view! { <Notice kind=NoticeKind::Error title="Refused.">{text}</Notice> })}
        <section>{facts(entry, slug, query)}</section>
        {change(old, new)}
        {metadata(metadata_of)}
        <section>
            <h3>"Chain"</h3>
            <DefinitionList>
                <Definition term="Hash">
                    <code class="hash">{hash}</code>
                </Definition>
                <Definition term="Before it">
                    <code class="hash">{previous}</code>
                </Definition>
            </DefinitionList>
        </section>
    }
    .into_any()
}

fn facts(entry: Entry, slug: &str, query: &AuditQuery) -> AnyView {
    let base = || AuditQuery { cursor: String::new(), ..query.clone() };
    let actor = AuditQuery { actor: entry.actor.clone(), ..base() }.href(slug);
    let action = AuditQuery { action: entry.action.clone(), ..base() }.href(slug);
    let target =
        AuditQuery { target_type: entry.target_type.clone(), target_id: entry.target_id.clone(), ..base() }
            .href(slug);
    let maybe = |term: &'static str, value: Option<String>| {
        value.map(|value| view! { <Definition term=term><span class="mono">{value}</span></Definition> })
    };
    view! {
        <DefinitionList>
            <Definition term="Time">
                <At when=entry.at />
            </Definition>
            <Definition term="Action">
                <a href=action class="mono" title="Only this action">{entry.action}</a>
            </Definition>
            <Definition term="Actor">
                <a href=actor title="Only this actor">{entry.actor}</a>
            </Definition>
            <Definition term="Target">
                <a href=target title="Everything about this target">
                    {entry.target_type} " " <code>{entry.target_id}</code>
                </a>
            </Definition>
            <Definition term="Outcome">{if entry.success { "done" } else { "refused" }}</Definition>
            {maybe("Address", entry.address)}
            {maybe("Program", entry.program)}
            {maybe("Session", entry.session)}
            <Definition term="Entry id">
                <code>{entry.id}</code>
            </Definition>
        </DefinitionList>
    }
    .into_any()
}

fn change(old: Option<Value>, new: Option<Value>) -> AnyView {
    if old.is_none() && new.is_none() {
        return ().into_any();
    }
    let caption = match (&old, &new) {
        (None, _) => "Added",
        (_, None) => "Removed",
        _ => "Changed",
    };
    view! {
        <section>
            <h3>{caption}</h3>
            <DiffView old=old.unwrap_or_default() new=new.unwrap_or_default() caption=caption />
        </section>
    }
    .into_any()
}

fn metadata(value: Value) -> AnyView {
    match value {
        Value::Object(ref members) if members.is_empty() => ().into_any(),
        Value::Null => ().into_any(),
        value @ (Value::Object(_) | Value::Array(_)) => view! {
            <section>
                <h3>"Metadata"</h3>
                <JsonTree value=value name="metadata" />
            </section>
        }
        .into_any(),
        value => view! { <CodeBlock code=value.to_string() label="Metadata" /> }.into_any(),
    }
}
