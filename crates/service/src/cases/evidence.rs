//! Evidence files of a case: brought, handed out, checked against their hash, removed with the record left.

use domain::audit::{Action, AuditEntry};
use domain::case::evidence::{
    BINARY, Custody, CustodyEntry, Evidence, MAX_EVIDENCE, check_description, clean_name, media_type, names,
};
use domain::case::{Case, MAX_REASON, Step};
use domain::permission::{CaseExport, CaseRead, CaseWrite, Mutating, Permission};
use domain::{CaseId, EvidenceId, Invalid, OrganizationId};
use serde_json::{Value, json};
use store::{SystemTx, WriteTx};

use super::{locked, locked_as_it_is, record, unmerged, user};
use crate::evidence::{self as vault, Arriving, Bytes};
use crate::{Cx, Error, Result, Services};

/// Lines of custody that are read of a case.
const CUSTODY: u32 = 1_000;
/// Leftovers that one removal looks after.
const SWEPT: u32 = 100;

/// A file on its way into a case. Dropped before [`Intake::finish`], it leaves nothing behind.
pub struct Intake {
    case: CaseId,
    id: EvidenceId,
    filename: String,
    declared: String,
    most: u64,
    arriving: Arriving,
}

/// What became of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The bytes have the hash that they arrived with.
    Whole,
    /// They have this one.
    Changed(String),
    /// They are not where they should be.
    Missing,
}

/// The oldest first, removed ones too.
pub async fn evidence(cx: &Cx<CaseRead>, case: CaseId) -> Result<Vec<Evidence>> {
    Ok(store::case::evidence::list(&mut cx.read().await?, case).await?)
}

/// How many files a case has.
pub async fn evidence_count(cx: &Cx<CaseRead>, case: CaseId) -> Result<i64> {
    Ok(store::case::evidence::count(&mut cx.read().await?, case).await?)
}

/// Who had the files of a case in hand, the latest first.
pub async fn custody(cx: &Cx<CaseRead>, case: CaseId) -> Result<Vec<CustodyEntry>> {
    Ok(store::case::evidence::custody(&mut cx.read().await?, case, CUSTODY).await?)
}

/// Begins to take a file. Then [`Intake::write`] its bytes and [`Intake::finish`]. `declared`: the media type that came with it.
pub async fn begin_evidence(
    cx: &Cx<CaseWrite>,
    case: CaseId,
    filename: &str,
    declared: &str,
) -> Result<Intake> {
    store::case::get(&mut cx.read().await?, case).await?.ok_or(Error::NotFound)?;
    let declared = media_type(declared);
    refuse_blocked(&cx.services, &declared)?;
    let id: EvidenceId = cx.services.clock.id();
    let arriving = vault::arrive(&cx.services, cx.actor.organization, &id.to_string()).await?;
    let most = cx.services.evidence.max_bytes;
    Ok(Intake { case, id, filename: clean_name(filename), declared, most, arriving })
}

impl Intake {
    /// # Errors
    /// `TooLarge` when the file becomes larger than the settings allow.
    pub async fn write(&mut self, chunk: &[u8]) -> Result<()> {
        if self.arriving.bytes + chunk.len() as u64 > self.most {
            return Err(Error::TooLarge { max: self.most });
        }
        self.arriving.write(chunk).await
    }

    pub async fn finish(mut self, cx: &Cx<CaseWrite>, description: &str) -> Result<Evidence> {
        check_description(description)?;
        if self.arriving.bytes == 0 {
            return Err(Invalid::field("file", "the file is empty; choose another").into());
        }
        let (sha256, sniffed) = self.arriving.end().await?;
        if let Some(sniffed) = sniffed {
            refuse_blocked(&cx.services, sniffed)?;
        }
        let (mut tx, found) = locked(cx, self.case).await?;
        if store::case::evidence::records(&mut tx, self.case).await? >= MAX_EVIDENCE as i64 {
            return Err(Error::Conflict("there are 1,000 files already; remove one first".to_owned()));
        }
        let evidence = Evidence {
            id: self.id,
            filename: self.filename,
            size: self.arriving.bytes as i64,
            sha256,
            content_type: sniffed.map_or_else(|| self.declared.clone(), str::to_owned),
            declared_type: self.declared,
            description: description.trim().to_owned(),
            uploaded_by_id: user(cx),
            uploaded_by: cx.actor.audit().label,
            uploaded_at: tx.now(),
            removed_by_id: None,
            removed_by: None,
            removed_at: None,
            removed_reason: None,
            is_altered: false,
        };
        store::case::evidence::keep_file(&mut tx, &evidence.sha256, evidence.size).await?;
        self.arriving.settle(&cx.services, cx.actor.organization, &evidence.sha256).await?;
        store::case::evidence::insert(&mut tx, self.case, &evidence).await?;
        in_hand(cx, &mut tx, &evidence, Custody::Uploaded, None).await?;
        let told = told(&evidence);
        record(cx, &mut tx, self.case, Step::EvidenceAdded, (json!({}), told.clone()), None).await?;
        let entry = entry(Action::EVIDENCE_ADDED, &found, &evidence);
        tx.commit(entry.change(None, Some(told))).await?;
        self.arriving.leave().await;
        Ok(evidence)
    }
}

/// Takes a file that is in memory.
pub async fn add_evidence(
    cx: &Cx<CaseWrite>,
    case: CaseId,
    (filename, declared): (&str, &str),
    bytes: &[u8],
    description: &str,
) -> Result<Evidence> {
    let mut intake = begin_evidence(cx, case, filename, declared).await?;
    intake.write(bytes).await?;
    intake.finish(cx, description).await
}

/// Hands a file out; that it was is on record before its first byte is.
pub async fn download_evidence(
    cx: &Cx<CaseExport>,
    case: CaseId,
    id: EvidenceId,
) -> Result<(Evidence, Bytes)> {
    let (mut tx, found, evidence) = piece(cx, case, id).await?;
    let bytes = vault::open(&cx.services, cx.actor.organization, &evidence.sha256).await?;
    let bytes = bytes.ok_or_else(|| Error::Conflict("the bytes of this file are missing".to_owned()))?;
    let detail = evidence.is_altered.then_some("its bytes are not those that had come");
    in_hand(cx, &mut tx, &evidence, Custody::Downloaded, detail).await?;
    tx.commit(entry(Action::EVIDENCE_DOWNLOADED, &found, &evidence)).await?;
    Ok((evidence, bytes))
}

/// Reads a file again and compares its hash with the one it arrived with.
pub async fn verify_evidence(cx: &Cx<CaseExport>, case: CaseId, id: EvidenceId) -> Result<Verdict> {
    let evidence = store::case::evidence::get(&mut cx.read().await?, case, id).await?;
    let evidence = evidence.ok_or(Error::NotFound)?;
    let verdict = match vault::open(&cx.services, cx.actor.organization, &evidence.sha256).await? {
        None => Verdict::Missing,
        Some(bytes) => match vault::hash_of(bytes).await? {
            hash if hash == evidence.sha256 => Verdict::Whole,
            hash => Verdict::Changed(hash),
        },
    };
    // Between the two somebody may have removed it.
    let (mut tx, found, evidence) = piece(cx, case, id).await?;
    let (step, detail) = match &verdict {
        Verdict::Whole => (Custody::Verified, None),
        Verdict::Changed(hash) => (Custody::Failed, Some(format!("its bytes now have the hash {hash}"))),
        Verdict::Missing => (Custody::Failed, Some("its bytes are missing".to_owned())),
    };
    in_hand(cx, &mut tx, &evidence, step, detail.as_deref()).await?;
    let entry = entry(Action::EVIDENCE_VERIFIED, &found, &evidence);
    tx.commit(match detail {
        Some(detail) => entry.failed(detail),
        None => entry,
    })
    .await?;
    Ok(verdict)
}

/// Removes a file. The record and its custody stay; the bytes go, unless other evidence is the same file.
pub async fn remove_evidence(cx: &Cx<CaseWrite>, case: CaseId, id: EvidenceId, reason: &str) -> Result<()> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > MAX_REASON {
        return Err(Invalid::field("reason", "say why in at most 2,000 characters").into());
    }
    let (mut tx, found, old) = piece(cx, case, id).await?;
    unmerged(&mut tx, found.merged_into).await?;
    let removed = Evidence {
        removed_by_id: user(cx),
        removed_by: Some(cx.actor.audit().label),
        removed_at: Some(tx.now()),
        removed_reason: Some(reason.to_owned()),
        ..old
    };
    store::case::evidence::remove(&mut tx, &removed).await?;
    in_hand(cx, &mut tx, &removed, Custody::Removed, Some(reason)).await?;
    let told = told(&removed);
    record(cx, &mut tx, case, Step::EvidenceRemoved, (told.clone(), json!({})), Some(reason)).await?;
    let entry = entry(Action::EVIDENCE_REMOVED, &found, &removed).change(Some(told), None);
    tx.commit(entry).await?;
    // The removal is done; what cannot be swept now is swept by the next one.
    if let Err(error) = sweep(&cx.services, cx.actor.organization).await {
        tracing::error!(%error, "bytes of removed evidence are still there");
    }
    Ok(())
}

/// Takes away the bytes of files that are of no evidence any more, each under a lock on its row: an upload of the same bytes
/// comes before it, and then they stay, or after it, and puts them there anew.
async fn sweep(services: &Services, organization: OrganizationId) -> Result<()> {
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    let orphans = store::case::evidence::orphans(&mut tx.within(organization), SWEPT).await?;
    drop(tx);
    for sha256 in orphans {
        let mut tx = SystemTx::across_all_organizations(&services.db).await?;
        if store::case::evidence::forget_file(&mut tx.within(organization), &sha256).await? {
            vault::delete(services, organization, &sha256).await?;
            tx.commit_unaudited_bookkeeping().await?;
        }
    }
    Ok(())
}

/// A file that is there, of a case that is locked.
pub(super) async fn piece<P: Mutating>(
    cx: &Cx<P>,
    case: CaseId,
    id: EvidenceId,
) -> Result<(WriteTx, Case, Evidence)> {
    let (mut tx, found) = locked_as_it_is(cx, case).await?;
    let evidence = store::case::evidence::get(&mut tx, case, id).await?.ok_or(Error::NotFound)?;
    if evidence.removed_at.is_some() {
        return Err(Error::Conflict("this file was removed".to_owned()));
    }
    Ok((tx, found, evidence))
}

/// Puts down who had a file in hand.
pub(super) async fn in_hand<P: Permission>(
    cx: &Cx<P>,
    tx: &mut WriteTx,
    evidence: &Evidence,
    step: Custody,
    detail: Option<&str>,
) -> Result<()> {
    let actor = cx.actor.audit();
    let entry = CustodyEntry {
        evidence_id: evidence.id,
        seq: 0,
        at: tx.now(),
        actor_id: actor.user_id,
        actor: actor.label,
        address: actor.ip_address,
        step,
        detail: detail.map(str::to_owned),
    };
    Ok(store::case::evidence::add_custody(tx, &entry).await?)
}

fn refuse_blocked(services: &Services, media_type: &str) -> Result<()> {
    let blocked = services.evidence.blocked.iter().any(|rule| names(rule, media_type));
    if blocked && media_type != BINARY {
        let words = format!("files of the type {media_type} are not taken here; pack it into an archive");
        return Err(Invalid::field("file", words).into());
    }
    Ok(())
}

fn told(evidence: &Evidence) -> Value {
    json!({
        "evidence_id": evidence.id, "filename": evidence.filename, "size": evidence.size, "sha256": evidence.sha256,
        "content_type": evidence.content_type,
    })
}

pub(super) fn entry(action: Action, case: &Case, evidence: &Evidence) -> AuditEntry {
    AuditEntry::new(action, "case", case.id)
        .metadata(json!({ "number": case.number, "evidence_id": evidence.id, "sha256": evidence.sha256 }))
}
