//! Server functions that put events, groups and drifts into a case, and take them out.

#[cfg(feature = "ssr")]
use domain::Invalid;
#[cfg(feature = "ssr")]
use domain::case::{Case, LinkKind, NewCase};
#[cfg(feature = "ssr")]
use domain::permission::{CaseRead, CaseWrite, EventRead};
use domain::{CaseId, CaseJobId};
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use service::{Cx, cases};

#[cfg(feature = "ssr")]
use super::add::{All, all_of};
#[cfg(feature = "ssr")]
use super::api::writes;
use crate::error::Answer;
#[cfg(feature = "ssr")]
use crate::error::{AppError, Typed as _};
use crate::page::Done;
#[cfg(feature = "ssr")]
use crate::routes;
#[cfg(feature = "ssr")]
use crate::server::Scope;

/// Links what `about` names (as in [`open_case`](super::open_case)), or all that a list shows (`matching`), to the case of this
/// number, and leads there.
#[server(name = LinkToCase, prefix = "/fn", endpoint = "link_to_case")]
pub async fn link_to_case(
    organization: String,
    number: String,
    #[server(default)] about: String,
    #[server(default)] matching: String,
) -> Answer<Done> {
    let (scope, cx) = writes(&organization).await?;
    let found = async {
        let found = cases::find(&scope.admit::<CaseRead>()?, &number).await.map_err(|error| match error {
            service::Error::NotFound => Invalid::field("number", "there is no such case").into(),
            other => other,
        })?;
        put(&scope, &cx, &found, &about, &matching).await?;
        Ok::<_, AppError>(found)
    };
    let typed = [("number", number.as_str()), ("about", &about), ("matching", &matching)];
    let found = found.await.typed_whole(&typed)?;
    leptos_axum::redirect(&routes::case(&scope.organization.slug, found.number));
    Ok(Done::new(format!("Linked to {}", found.key())))
}

#[server(name = UnlinkFromCase, prefix = "/fn", endpoint = "unlink_from_case")]
pub async fn unlink_from_case(organization: String, id: CaseId, about: String) -> Answer<Done> {
    let (_, cx) = writes(&organization).await?;
    let mut removed = 0;
    for (kind, target) in links(&about)? {
        removed += cases::unlink(&cx, id, kind, &[target]).await?;
    }
    Ok(Done::new(if removed == 0 { "It was not linked" } else { "No longer linked" }))
}

/// Ends what links the results of a query; what is linked stays.
#[server(name = CancelCaseJob, prefix = "/fn", endpoint = "cancel_case_job")]
pub async fn cancel_case_job(organization: String, id: CaseId, job: CaseJobId) -> Answer<Done> {
    let (_, cx) = writes(&organization).await?;
    let job = cases::cancel_job(&cx, id, job).await?;
    Ok(Done::new(format!("Stopped after {}", crate::events::parts::counted(job.added, "event", "events"))))
}

/// Takes out of the case what an ended job linked.
#[server(name = TakeCaseJobBack, prefix = "/fn", endpoint = "take_case_job_back")]
pub async fn take_case_job_back(organization: String, id: CaseId, job: CaseJobId) -> Answer<Done> {
    let (_, cx) = writes(&organization).await?;
    let removed = cases::take_job_back(&cx, id, job).await?;
    let words = crate::events::parts::counted(i64::try_from(removed).unwrap_or(i64::MAX), "event", "events");
    Ok(Done::new(format!("{words} taken out")))
}

/// A new case about this.
#[cfg(feature = "ssr")]
pub(super) async fn open(
    scope: &Scope,
    cx: &Cx<CaseWrite>,
    new: NewCase,
    about: &str,
    matching: &str,
) -> Answer<Case> {
    let mut named = links(about)?;
    match all_of(scope, matching)? {
        Some(All::Events(asked)) => {
            let seen = scope.admit::<EventRead>()?;
            return Ok(cases::open_matching(cx, &seen, new, &asked).await?.0);
        }
        Some(all) => named.extend(all.named(scope).await?),
        None => {}
    }
    Ok(cases::open(cx, new, &named).await?)
}

#[cfg(feature = "ssr")]
async fn put(scope: &Scope, cx: &Cx<CaseWrite>, case: &Case, about: &str, matching: &str) -> Answer<()> {
    let mut named = links(about)?;
    match all_of(scope, matching)? {
        Some(All::Events(asked)) => {
            cases::link_matching(cx, &scope.admit::<EventRead>()?, case.id, &asked).await?;
        }
        Some(all) => named.extend(all.named(scope).await?),
        None => {}
    }
    for kind in LinkKind::ALL {
        let targets: Vec<_> = named.iter().filter(|(of, _)| of == kind).map(|(_, id)| *id).collect();
        if !targets.is_empty() {
            cases::link(cx, case.id, *kind, &targets).await?;
        }
    }
    Ok(())
}

#[cfg(feature = "ssr")]
pub(super) fn links(about: &str) -> Result<Vec<(LinkKind, uuid::Uuid)>, Invalid> {
    let read = |text: &str| {
        let (kind, id) = text.split_once(':')?;
        Some((kind.parse().ok()?, id.parse().ok()?))
    };
    let wrong = || Invalid::field("about", "kinds and ids: event:…, group:… or drift:…");
    about.split_whitespace().map(|text| read(text).ok_or_else(wrong)).collect()
}
