//! Server functions of drift: scope, one service call, back to the page.

#[cfg(feature = "ssr")]
use domain::drift::{NewRepository, Repository};
#[cfg(feature = "ssr")]
use domain::permission::{CaseWrite, DriftRead, DriftWrite};
use domain::{DriftId, DriftIgnoreId, IacRepositoryId, RecommendationId};
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};
#[cfg(feature = "ssr")]
use service::drifts;

use crate::error::Answer;
#[cfg(feature = "ssr")]
use crate::error::Typed as _;
use crate::events::shown::Completed;
use crate::page::Done;
#[cfg(feature = "ssr")]
use crate::server::scope;
#[cfg(feature = "ssr")]
use crate::stale::{Kind, Sent};

/// The fields of the form around the list, and of the buttons of one drift.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DriftForm {
    /// `acknowledge`, `assign:{me, nobody or a member's id}`, `revert`, `codify`, `reopen`; `case` leads to where they are added to one.
    pub act: String,
    /// Kept in the history of each drift.
    pub reason: String,
    /// Numbers of the chosen drifts.
    pub numbers: Vec<String>,
    /// Not those, but all that the list shows, on every page of it.
    pub all: bool,
    /// What the list shows.
    pub show: String,
    pub q: String,
}

/// What can stand at the cursor of a query of drifts: `at` in UTF-16 units.
#[server(name = CompleteDrifts, prefix = "/fn", endpoint = "drift/complete", input = GetUrl)]
pub async fn complete_drifts(
    organization: String,
    #[server(default)] q: String,
    #[server(default)] at: u32,
) -> Answer<Completed> {
    let scope = scope(&organization).await?;
    let cx = scope.admit::<DriftRead>()?;
    let schema = &domain::query::DRIFTS;
    let asks = crate::complete::asks_values(schema, &q, at);
    let values = if asks { drifts::values(&cx).await? } else { service::Facets::default() };
    let values = crate::facets::seen_by(&scope, values);
    Ok(crate::complete::of_list(schema, &q, at, &values, ("drift", "drifts")))
}

#[server(name = ChangeDrifts, prefix = "/fn", endpoint = "change_drifts")]
pub async fn change_drifts(organization: String, #[server(default)] asked: DriftForm) -> Answer<Done> {
    super::write::change(&scope(&organization).await?, &asked).await
}

/// `action_id`: of what [`change_drifts`] did.
#[server(name = UndoDrifts, prefix = "/fn", endpoint = "undo_drifts")]
pub async fn undo_drifts(organization: String, action_id: String) -> Answer<Done> {
    super::write::undo(&scope(&organization).await?, &action_id).await
}

/// Leaves a drift out, or one property of it: `path`, the whole where that is empty. `for_days`: a number, or empty.
#[server(name = AcceptDrift, prefix = "/fn", endpoint = "accept_drift")]
pub async fn accept_drift(
    organization: String,
    id: DriftId,
    #[server(default)] path: String,
    scope: String,
    reason: String,
    #[server(default)] for_days: String,
) -> Answer<Done> {
    let here = crate::server::scope(&organization).await?;
    let cx = here.admit::<DriftWrite>()?;
    let typed = [("path", &*path), ("scope", &*scope), ("days", &*for_days), ("reason", &*reason)];
    let done = super::write::accept(&cx, id, &path, (&scope, &reason, &for_days)).await.typed(&typed)?;
    let undo = super::write::take_back(&here, Some(done.action_id));
    Ok(Done { words: super::write::left_out(&path, done.hidden), undo })
}

#[server(name = EscalateDrift, prefix = "/fn", endpoint = "escalate_drift")]
pub async fn escalate_drift(
    organization: String,
    id: DriftId,
    #[server(default)] reason: String,
) -> Answer<Done> {
    let scope = scope(&organization).await?;
    let (cx, open) = (scope.admit::<DriftWrite>()?, scope.admit::<CaseWrite>()?);
    let number = drifts::escalate(&cx, &open, id, &reason).await.typed(&[("reason", &reason)])?;
    leptos_axum::redirect(&crate::routes::case(&scope.organization.slug, number));
    Ok(Done::new(format!("CASE-{number} is open")))
}

#[server(name = LiftIgnore, prefix = "/fn", endpoint = "lift_drift_ignore")]
pub async fn lift_drift_ignore(organization: String, id: DriftIgnoreId) -> Answer<Done> {
    drifts::lift(&scope(&organization).await?.admit::<DriftWrite>()?, id).await?;
    Ok(Done::new("Lifted; open drifts have it again"))
}

#[cfg(feature = "ssr")]
pub const REPOSITORY: Kind<'_> = Kind {
    name: "repository",
    fields: &[("name", "Name"), ("repository_url", "Address"), ("branch", "Branch")],
};

/// What is changed of a repository, but for its credentials.
#[cfg(feature = "ssr")]
#[derive(Serialize, Deserialize)]
pub struct RepositoryForm {
    pub name: String,
    pub repository_url: String,
    pub branch: String,
}

#[cfg(feature = "ssr")]
impl RepositoryForm {
    pub fn of(now: &Repository) -> Self {
        Self {
            name: now.name.clone(),
            repository_url: now.repository_url.clone().unwrap_or_default(),
            branch: now.branch.clone(),
        }
    }
    fn with(self, credentials: String) -> NewRepository {
        let Self { name, repository_url, branch } = self;
        NewRepository { name, repository_url: Some(repository_url), branch, credentials: Some(credentials) }
    }
}

/// `seen`: the fields that the form was made from ([`crate::stale`]). `credentials`: left empty, what is there stays.
#[server(name = SaveRepository, prefix = "/fn", endpoint = "save_repository")]
pub async fn save_repository(
    organization: String,
    id: IacRepositoryId,
    #[server(default)] seen: String,
    name: String,
    #[server(default)] repository_url: String,
    branch: String,
    #[server(default)] credentials: String,
) -> Answer<Done> {
    let cx = scope(&organization).await?.admit::<DriftWrite>()?;
    // A secret is never printed again, nor kept: that one was typed is.
    let again = (!credentials.is_empty()).then_some(("credentials", ""));
    let mut sent = Sent::of(&seen, RepositoryForm { name, repository_url, branch });
    let merged = |now: &Repository| Ok(sent.onto(&RepositoryForm::of(now))?.with(credentials));
    let saved = drifts::update_repository_with(&cx, id, merged).await;
    let answer = sent.answer(&cx, &REPOSITORY, id.0, saved, "Saved").await;
    answer.map_err(|error| error.typed(again.as_slice()))
}

#[server(name = ClearCredentials, prefix = "/fn", endpoint = "clear_repository_credentials")]
pub async fn clear_repository_credentials(organization: String, id: IacRepositoryId) -> Answer<Done> {
    drifts::clear_credentials(&scope(&organization).await?.admit::<DriftWrite>()?, id).await?;
    Ok(Done::new("The credentials are gone"))
}

/// Ticks these steps (from 0) of a recommendation and no others.
#[server(name = TickRecommendation, prefix = "/fn", endpoint = "tick_recommendation")]
pub async fn tick_recommendation(
    organization: String,
    id: RecommendationId,
    #[server(default)] steps: Vec<usize>,
) -> Answer<Done> {
    drifts::tick(&scope(&organization).await?.admit::<DriftWrite>()?, id, &steps).await?;
    Ok(Done::new("Kept"))
}

/// `reason`: a note.
#[server(name = ImplementRecommendation, prefix = "/fn", endpoint = "implement_recommendation")]
pub async fn implement_recommendation(
    organization: String,
    id: RecommendationId,
    #[server(default)] reason: String,
) -> Answer<Done> {
    let scope = scope(&organization).await?;
    let typed = [("id", &*id.to_string()), ("reason", &*reason)];
    let action = drifts::implement(&scope.admit::<DriftWrite>()?, id, &reason).await.typed(&typed)?;
    Ok(Done {
        words: "Done; the next push says whether it held".to_owned(),
        undo: super::write::take_back(&scope, action),
    })
}

#[server(name = DismissRecommendation, prefix = "/fn", endpoint = "dismiss_recommendation")]
pub async fn dismiss_recommendation(
    organization: String,
    id: RecommendationId,
    #[server(default)] reason: String,
) -> Answer<Done> {
    let typed = [("id", &*id.to_string()), ("reason", &*reason)];
    drifts::dismiss(&scope(&organization).await?.admit::<DriftWrite>()?, id, &reason).await.typed(&typed)?;
    Ok(Done::new("Dismissed"))
}

/// The fields of the form of a rule, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DriftRuleForm {
    pub id: String,
    pub what: String,
    pub why: String,
    /// One a line.
    pub types: String,
    pub paths: String,
    pub except: String,
    pub when: String,
    pub values: String,
    /// "true" where the box is ticked, as the four below.
    pub on_changed: String,
    pub on_added: String,
    pub on_deleted: String,
    pub inward: String,
    pub critical: String,
    pub security: String,
    pub performance: String,
    pub cost: String,
    pub compliance: String,
    /// "true" where it is in force.
    pub enabled: String,
}

/// `seen`: the fields that the form was made from ([`crate::stale`]); `new`: there is none.
#[server(name = SaveDriftRule, prefix = "/fn", endpoint = "save_drift_rule")]
pub async fn save_drift_rule(
    organization: String,
    #[server(default)] seen: String,
    #[server(default)] new: bool,
    #[server(default)] rule: DriftRuleForm,
) -> Answer<Done> {
    let scope = scope(&organization).await?;
    let cx = scope.admit::<DriftWrite>()?;
    let done = if new {
        super::write::add_rule(&cx, &rule).await?
    } else {
        super::write::save_rule(&cx, &seen, rule).await?
    };
    leptos_axum::redirect(&crate::routes::drift_part(&scope.organization.slug, "rules"));
    Ok(done)
}

/// `name`: the short name of the rule.
#[server(name = ResetDriftRule, prefix = "/fn", endpoint = "reset_drift_rule")]
pub async fn reset_drift_rule(organization: String, name: String) -> Answer<Done> {
    let scope = scope(&organization).await?;
    drifts::reset_rule(&scope.admit::<DriftWrite>()?, &name).await?;
    leptos_axum::redirect(&crate::routes::drift_part(&scope.organization.slug, "rules"));
    Ok(Done::new("Done"))
}
