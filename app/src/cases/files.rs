//! Server functions of the evidence and the timeline's own entries of cases.

#[cfg(feature = "ssr")]
use domain::case::entry::NewEntry;
#[cfg(feature = "ssr")]
use domain::permission::CaseExport;
use domain::{CaseEntryId, CaseId, EvidenceId};
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use service::cases::{self, Verdict};

#[cfg(feature = "ssr")]
use super::api::writes;
use crate::error::Answer;
#[cfg(feature = "ssr")]
use crate::error::{AppError, Typed as _};
use crate::page::Done;
#[cfg(feature = "ssr")]
use crate::server::scope;

/// Reads a file again and says whether it is what arrived.
#[server(name = CheckEvidence, prefix = "/fn", endpoint = "check_evidence")]
pub async fn check_evidence(organization: String, id: CaseId, evidence: EvidenceId) -> Answer<Done> {
    let cx = scope(&organization).await?.admit::<CaseExport>()?;
    match cases::verify_evidence(&cx, id, evidence).await? {
        Verdict::Whole => Ok(Done::new("Verified: the file has the hash that it arrived with")),
        Verdict::Changed(found) => {
            Ok(Done::new(format!("The file is NOT what arrived: its hash is now {found}")))
        }
        Verdict::Missing => Ok(Done::new("The bytes of this file are missing")),
    }
}

/// The record and its custody stay.
#[server(name = RemoveEvidence, prefix = "/fn", endpoint = "remove_evidence")]
pub async fn remove_evidence(
    organization: String,
    id: CaseId,
    evidence: EvidenceId,
    reason: String,
) -> Answer<Done> {
    let (_, cx) = writes(&organization).await?;
    let typed = [("evidence", &*evidence.to_string()), ("reason", &*reason)];
    cases::remove_evidence(&cx, id, evidence, &reason).await.typed(&typed)?;
    Ok(Done::new("Removed; the record stays"))
}

/// `happened_at` in the reader's zone.
#[server(name = AddCaseEntry, prefix = "/fn", endpoint = "add_case_entry")]
pub async fn add_case_entry(
    organization: String,
    id: CaseId,
    happened_at: String,
    content: String,
    #[server(default)] system: String,
) -> Answer<Done> {
    let (scope, cx) = writes(&organization).await?;
    let typed = [("happened_at", &*happened_at), ("system", &*system), ("content", &*content)];
    let done = async {
        let at = scope.zone.parse_optional("happened_at", &happened_at)?;
        let at = at.ok_or_else(|| domain::Invalid::field("happened_at", "say when it happened"))?;
        let new = NewEntry { at, content: content.clone(), system: Some(system.clone()) };
        Ok::<_, AppError>(cases::add_entry(&cx, id, new).await?)
    };
    done.await.typed(&typed)?;
    Ok(Done::new("Added to the timeline"))
}

#[server(name = DeleteCaseEntry, prefix = "/fn", endpoint = "delete_case_entry")]
pub async fn delete_case_entry(organization: String, id: CaseId, entry: CaseEntryId) -> Answer<Done> {
    let (_, cx) = writes(&organization).await?;
    cases::delete_entry(&cx, id, entry).await?;
    Ok(Done::new("Deleted; its place stays"))
}
