//! What verifying found; and one entry: who, where from, what changed, and its place in the chain.

use domain::audit::{AuditRecord, Verdict};
use leptos::prelude::*;
use serde_json::Value;
use service::difference::Patience;
use ui::{CodeBlock, Definition, DefinitionList, JsonTree, Notice, NoticeKind};

use crate::difference;
use crate::routes::AuditQuery;
use crate::when::{At, When, Zone};

/// What verifying found; `back` leads to the list without it.
pub fn verdict(verdict: Verdict, back: String) -> AnyView {
    let notice = if verdict.breaks == 0 {
        let words = format!(
            "{} entries, none edited, moved or removed. Head: entry {}, hash ",
            verdict.entries, verdict.head_seq
        );
        view! {
            <Notice kind=NoticeKind::Ok title="The chain holds." dismiss_href=back>
                {words}
                <code class="hash">{verdict.head_hash}</code>
            </Notice>
        }
    } else {
        let more = verdict.breaks - verdict.broken.len() as i64;
        let more = (more > 0).then(|| view! { <li>{format!("and {more} more")}</li> });
        let breaks: Vec<_> =
            verdict.broken.into_iter().map(|(_, reason)| view! { <li>{reason}</li> }).collect();
        view! {
            <Notice kind=NoticeKind::Error title="The chain is broken." dismiss_href=back>
                <ul>{breaks} {more}</ul>
            </Notice>
        }
    };
    view! { <div class="page-notice">{notice}</div> }.into_any()
}

/// An entry with all it holds.
#[derive(Clone)]
pub struct Entry {
    id: String,
    at: When,
    actor: String,
    action: String,
    target_type: String,
    target_id: String,
    success: bool,
    /// Why it was refused.
    error: Option<String>,
    address: Option<String>,
    program: Option<String>,
    session: Option<String>,
    metadata: Value,
    old: Option<Value>,
    new: Option<Value>,
    hash: String,
    previous_hash: String,
}

pub fn entry(record: AuditRecord, zone: Zone) -> Entry {
    Entry {
        id: record.id.to_string(),
        at: zone.when(record.created_at),
        actor: record.actor,
        action: record.action,
        target_type: record.target_type,
        target_id: record.target_id,
        success: record.success,
        error: record.error_message,
        address: record.ip_address,
        program: record.user_agent,
        session: record.session_id,
        metadata: record.metadata,
        old: record.old_values,
        new: record.new_values,
        hash: record.hash,
        previous_hash: record.prev_hash,
    }
}

pub fn sections(entry: Entry, slug: &str, query: &AuditQuery) -> AnyView {
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
            {difference::properties(old, new, caption.to_owned(), Patience::begin())}
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
                <JsonTree json=value.to_string() name="metadata" />
            </section>
        }
        .into_any(),
        value => view! { <CodeBlock code=value.to_string() label="Metadata" /> }.into_any(),
    }
}
