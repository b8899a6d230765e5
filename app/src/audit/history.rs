//! What happened to one record, from the audit log: on the page of the record, with what changed, and the way to the log.

use domain::audit::AuditRecord;
use domain::permission::{AuditRead, Key};
use leptos::prelude::*;
use service::difference::Patience;
use ui::{Badge, Dialog, Glyph, IconButton, Tone};

use crate::difference;
use crate::error::Answer;
use crate::page::print::Asked;
use crate::routes::{AuditQuery, Link};
use crate::server::Scope;
use crate::when::{At, Zone};

/// Entries that are shown; the log has all.
const SHOWN: u32 = 50;

/// The entries about the record, newest first; nothing for who may not read the audit log.
pub async fn history(scope: &Scope, target_type: &str, target_id: &str) -> Answer<Option<AnyView>> {
    if !scope.may(Key::AuditRead) {
        return Ok(None);
    }
    let cx = scope.admit::<AuditRead>()?;
    let found = service::audit::of_record(&cx, target_type, target_id, SHOWN).await?;
    let all = AuditQuery {
        target_type: target_type.to_owned(),
        target_id: target_id.to_owned(),
        ..AuditQuery::default()
    };
    let slug = scope.organization.slug.as_str();
    let href = all.href(slug);
    let more = found.len() == SHOWN as usize;
    let words = if more { "All entries in the audit log" } else { "In the audit log" };
    let nothing = found.is_empty().then(|| {
        view! { <p class="faint">"The audit log has no entry about it."</p> }
    });
    let patience = Patience::begin();
    let items: Vec<_> =
        found.into_iter().map(|record| item(record, scope.zone, &all, slug, patience)).collect();
    Ok(Some(
        view! {
            {nothing}
            <ol class="plain-list" aria-label="History">
                {items}
            </ol>
            <p>
                <a class="link" href=href>{words}</a>
            </p>
        }
        .into_any(),
    ))
}

fn item(record: AuditRecord, zone: Zone, all: &AuditQuery, slug: &str, patience: Patience) -> AnyView {
    let href = all.open(record.seq).href(slug);
    let refused = (!record.success).then(|| {
        let reason = record.error_message.clone().unwrap_or_default();
        view! { " " <Badge tone=Tone::High>"refused"</Badge> " " <small>{reason}</small> }
    });
    let changed = (record.old_values.is_some() || record.new_values.is_some()).then(|| {
        let caption = format!("{} at {}", record.action, record.created_at.iso());
        difference::properties(record.old_values, record.new_values, caption, patience)
    });
    view! {
        <li>
            <p class="row-line">
                <At when=zone.when(record.created_at) />
                <a class="mono" href=href>{record.action}</a>
                <span class="muted">{record.actor}</span>
                {refused}
            </p>
            {changed}
        </li>
    }
    .into_any()
}

/// Folded, where the record stands in a dialog of its own.
pub fn fold(history: Option<AnyView>) -> Option<AnyView> {
    history.map(|told| {
        view! {
            <details class="fold">
                <summary>"History"</summary>
                {told}
            </details>
        }
        .into_any()
    })
}

/// The button of a row of a list at `page`, or of a part of it; its dialog is that of [`dialog`].
pub fn button(may_audit: bool, page: &str, id: &str, name: &str) -> Option<AnyView> {
    may_audit.then(|| {
        let href = Link::new(page).with("history", id).done();
        view! { <IconButton href=href glyph=Glyph::Audit label=format!("History of {name}") /> }.into_any()
    })
}

/// The history of the record of `?history=`, which is one of those in the list.
pub async fn dialog(
    scope: &Scope,
    asked: &Asked,
    target_type: &str,
    names: impl Iterator<Item = (String, String)>,
    page: &str,
) -> Answer<Option<AnyView>> {
    let wanted = asked.get("history");
    let Some((id, name)) = names.into_iter().find(|(id, _)| !wanted.is_empty() && id == wanted) else {
        return Ok(None);
    };
    let close = page.to_owned();
    Ok(history(scope, target_type, &id).await?.map(|inside| {
        view! {
            <Dialog id="history" title=format!("History of {name}") open=true wide=true close_href=close>
                {inside}
            </Dialog>
        }
        .into_any()
    }))
}
