//! Reading, exporting and verifying the audit log.

use domain::audit::{Action, AuditEntry, AuditFilter, AuditRecord, GENESIS, Verdict};
use domain::page::Page;
use domain::permission::{AuditExport, AuditRead};
use domain::{Invalid, OrganizationId};
use serde_json::json;
use store::SystemTx;

use crate::{Cx, Error, Result, Services};

/// Newest first; the cursor is the sequence of the last entry shown.
pub async fn list(
    cx: &Cx<AuditRead>,
    filter: &AuditFilter,
    limit: u32,
    cursor: Option<&str>,
) -> Result<Page<AuditRecord>> {
    let before = cursor.map(parse_cursor).transpose()?;
    let mut tx = cx.read().await?;
    let mut items = store::audit::list(&mut tx, filter, before, limit + 1).await?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next_cursor = if more { items.last().map(|r| r.seq.to_string()) } else { None };
    Ok(Page { items, next_cursor })
}

pub async fn count(cx: &Cx<AuditRead>, filter: &AuditFilter) -> Result<i64> {
    Ok(store::audit::count(&mut cx.read().await?, filter).await?)
}

/// Records that an export begins, and says how many entries it will hold. Then page with [`export_page`].
pub async fn begin_export(cx: &Cx<AuditExport>, filter: &AuditFilter, format: &'static str) -> Result<i64> {
    let mut tx = cx.write().await?;
    let entries = store::audit::count(&mut tx, filter).await?;
    tx.commit(
        AuditEntry::new(Action::EXPORT_REQUESTED, "audit", "audit_log")
            .metadata(json!({ "format": format, "filter": filter, "entries": entries })),
    )
    .await?;
    Ok(entries)
}

/// Up to `limit` entries before `before`, newest first.
pub async fn export_page(
    cx: &Cx<AuditExport>,
    filter: &AuditFilter,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<AuditRecord>> {
    Ok(store::audit::list(&mut cx.read().await?, filter, before, limit).await?)
}

fn parse_cursor(text: &str) -> Result<i64> {
    text.parse().map_err(|_| {
        Error::Invalid(Invalid::field("cursor", "not a cursor of this list; start again without it"))
    })
}

/// Walks one organization's chain. Finds any edited, removed, reordered or cut entry; `expected_head` (sequence, hash) is
/// one exported earlier and also catches a chain whose end was cut together with its head.
pub async fn verify(
    services: &Services,
    organization: OrganizationId,
    label: &str,
    expected_head: Option<(i64, &str)>,
) -> Result<Verdict> {
    let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
    let (mut seq, mut hash) = (0_i64, GENESIS.to_owned());
    let mut broken = None;
    let mut seen_expected = expected_head.is_none_or(|(n, _)| n == 0);
    'walk: loop {
        let page = store::audit::walk(&mut tx, organization, seq, 1000).await?;
        if page.is_empty() {
            break;
        }
        for found in page {
            let record = match found {
                Ok(record) => record,
                Err(n) => {
                    broken = Some((n, format!("entry {n} was edited: it cannot be read any more")));
                    break 'walk;
                }
            };
            let reason = if record.seq != seq + 1 {
                Some((seq + 1, format!("entry {} is missing", seq + 1)))
            } else if record.prev_hash != hash {
                Some((
                    record.seq,
                    format!("entry {} does not follow entry {seq}: it was moved or replaced", record.seq),
                ))
            } else if record.compute_hash() != record.hash {
                Some((record.seq, format!("entry {} ({}) was edited", record.seq, record.id)))
            } else {
                None
            };
            if reason.is_some() {
                broken = reason;
                break 'walk;
            }
            seq = record.seq;
            hash = record.hash;
            if let Some((n, h)) = expected_head
                && n == seq
            {
                seen_expected = h == hash;
                if !seen_expected {
                    broken = Some((
                        seq,
                        format!("entry {seq} is not the one exported earlier: the chain was rewritten"),
                    ));
                    break 'walk;
                }
            }
        }
    }
    if broken.is_none() {
        let head = store::audit::head(&mut tx, organization).await?.unwrap_or((0, GENESIS.to_owned()));
        if head != (seq, hash.clone()) {
            broken = Some((
                seq + 1,
                format!("the chain ends at entry {seq}, its head says {}: entries were cut off", head.0),
            ));
        } else if !seen_expected {
            broken =
                Some((seq + 1, format!("the chain ends at entry {seq}, before the head exported earlier")));
        }
    }
    Ok(Verdict { organization: label.to_owned(), entries: seq, head_seq: seq, head_hash: hash, broken })
}
