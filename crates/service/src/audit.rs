//! Reading, exporting and verifying the audit log.

pub mod bundle;

use domain::audit::{Action, AuditEntry, AuditFilter, AuditRecord, GENESIS, Verdict};
use domain::page::Page;
use domain::permission::{AuditExport, AuditRead};
use domain::{Invalid, OrganizationId};
use serde_json::json;
use store::SystemTx;

use crate::{Cx, Error, Result, Services};

/// Entries about one record, newest first.
pub async fn of_record(
    cx: &Cx<AuditRead>,
    target_type: &str,
    target_id: &str,
    limit: u32,
) -> Result<Vec<AuditRecord>> {
    let filter = AuditFilter {
        target_type: Some(target_type.to_owned()),
        target_id: Some(target_id.to_owned()),
        ..AuditFilter::default()
    };
    Ok(store::audit::list(&mut cx.read().await?, &filter, None, limit).await?)
}

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

/// Breaks of a chain that are told; all are counted.
const TOLD: usize = 100;

/// Walks one organization's chain to its end and names every edited, removed, reordered or cut entry; `expected_head`
/// (sequence, hash) is one exported earlier and also catches a chain whose end was cut together with its head.
pub async fn verify(
    services: &Services,
    organization: OrganizationId,
    label: &str,
    expected_head: Option<(i64, &str)>,
) -> Result<Verdict> {
    let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
    verify_in(&mut tx, organization, label, expected_head).await
}

/// As [`verify`], of what the transaction sees.
pub(crate) async fn verify_in(
    tx: &mut SystemTx,
    organization: OrganizationId,
    label: &str,
    expected_head: Option<(i64, &str)>,
) -> Result<Verdict> {
    let mut found = Breaks::default();
    for seq in store::audit::below_first(tx, organization, 1000).await? {
        found.add(seq, format!("entry {seq} was put in before the first"));
    }
    // PostgreSQL's partitions cannot forbid it.
    for seq in store::audit::twice(tx, organization, 1000).await? {
        found.add(seq, format!("entry {seq} is there more than once"));
    }
    let (mut entries, mut seq) = (0, 0);
    // Unknown after an entry that cannot be read: what follows it cannot be compared.
    let mut hash = Some(GENESIS.to_owned());
    let mut moved = false;
    loop {
        let page = store::audit::walk(tx, organization, seq, 1000).await?;
        if page.is_empty() {
            break;
        }
        for entry in page {
            let at = entry.as_ref().map_or_else(|strange| strange.seq, |record| record.seq);
            if at == seq {
                entries += 1;
                continue;
            }
            if at == seq + 2 {
                found.add(seq + 1, format!("entry {} is missing", seq + 1));
            } else if at != seq + 1 {
                found.add(seq + 1, format!("entries {} to {} are missing", seq + 1, at - 1));
            }
            match entry {
                Err(strange) => {
                    found.add(at, format!("entry {at} was edited: {}", strange.reason));
                    hash = None;
                    moved = false;
                }
                Ok(record) => {
                    // After a gap the entry is known not to follow; the gap was told.
                    let follows = at != seq + 1 || hash.as_ref().is_none_or(|hash| record.prev_hash == *hash);
                    let as_hashed = record.is_as_hashed();
                    match (follows, as_hashed) {
                        (true, true) => {}
                        (true, false) => found.add(at, format!("entry {at} ({}) was edited", record.id)),
                        (false, false) => {
                            found.add(at, format!("entry {at} ({}) was moved or replaced", record.id));
                        }
                        // What stands before it is the one that was moved, and was told.
                        (false, true) if moved => {}
                        (false, true) => found.add(
                            at,
                            format!("entry {at} does not follow entry {seq}: one of them was replaced"),
                        ),
                    }
                    moved = !follows && !as_hashed;
                    if let Some((n, expected)) = expected_head
                        && n == at
                        && expected != record.hash
                    {
                        found.add(
                            at,
                            format!("entry {at} is not the one exported earlier: the chain was rewritten"),
                        );
                    }
                    hash = Some(record.hash);
                }
            }
            entries += 1;
            seq = at;
        }
    }
    let (head_seq, head_hash) =
        store::audit::head(tx, organization).await?.unwrap_or((0, GENESIS.to_owned()));
    if head_seq != seq {
        found.add(
            seq + 1,
            format!("the chain ends at entry {seq}, its head says {head_seq}: entries were cut off"),
        );
    } else if !moved && hash.as_ref().is_some_and(|hash| *hash != head_hash) {
        found.add(seq, format!("entry {seq}, the last, is not the one that the head names: it was replaced"));
    } else if expected_head.is_some_and(|(n, _)| n > seq) {
        found.add(seq + 1, format!("the chain ends at entry {seq}, before the head exported earlier"));
    }
    if entries == 0 && head_seq == 0 && has_history(tx, organization).await? {
        found.add(1, "the log is empty, though it begins with the making of what it belongs to".to_owned());
    }
    Ok(Verdict {
        organization: label.to_owned(),
        entries,
        head_seq: seq,
        head_hash: hash.unwrap_or_default(),
        broken: found.told,
        breaks: found.count,
    })
}

/// Organizations that have entries and are not there; nobody who was let in wrote these.
pub async fn strangers(services: &Services) -> Result<Vec<OrganizationId>> {
    let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
    let known = store::organization::all(&mut tx).await?;
    let mut written = store::audit::organizations(&mut tx).await?;
    written.retain(|id| *id != domain::PLATFORM && known.iter().all(|known| known.id != *id));
    Ok(written)
}

/// Whether something was audited for sure: the making of the organization, or for the platform that of an account.
async fn has_history(tx: &mut SystemTx, organization: OrganizationId) -> Result<bool> {
    if organization == domain::PLATFORM {
        return Ok(store::account::exist(tx).await?);
    }
    Ok(store::organization::all(tx).await?.iter().any(|known| known.id == organization))
}

#[derive(Default)]
struct Breaks {
    told: Vec<(i64, String)>,
    count: i64,
}

impl Breaks {
    fn add(&mut self, seq: i64, reason: String) {
        self.count += 1;
        if self.told.len() < TOLD {
            self.told.push((seq, reason));
        }
    }
}
