//! Drifts: how the real infrastructure differs from its code, and what people do about it.
//!
//! A push (`push`) opens drifts, sees them again, and resolves those that are gone. People act on one or many (`act`), leave a
//! property out (`ignores`), and keep repositories (`repositories`).

mod act;
mod ignores;
pub mod metrics;
mod push;
mod recommendations;
mod repositories;
mod rules;

use domain::drift::{Drift, DriftChange, DriftFilter, DriftSort, DriftStatus, HistoryStep, Resource};
use domain::group::Assignee;
use domain::page::Page;
use domain::permission::{DriftRead, Permission};
use domain::{DriftId, IacResourceId, Invalid, Timestamp, UserId};
use drift::rules::Rules;
use serde_json::Value;
use store::drift::After;

pub use drift::sniff;

pub use act::{Item, Outcome, Report, act, act_matching, escalate, undo};
pub use drift::rules::{On, Rule, When};
pub use ignores::{LeftOut, Preview, Scoped, accept, ignore, ignores, lift, preview};
pub use push::{Once, Pushed, What, push};
pub use recommendations::{Record, dismiss, implement, recommendations, records, tick};
pub use repositories::{
    clear_credentials, pushes, repositories, repository, update_repository, update_repository_seen,
    update_repository_with,
};
pub use rules::{TableRule, reset_rule, rule_table, save_rule, save_rule_with};
pub use store::drift::resource::{Covered, ResourceFilter};
pub use store::facet::{Facet, Facets};

use crate::{Cx, Error, Result, Who};

/// Most drifts a page holds.
const MAX_PAGE: u32 = 200;
/// Values of a facet.
const FACET_VALUES: usize = 12;
/// Drifts of a status are counted up to this; a count above it says no more than that there are more. Facets look at as many, the latest.
pub const COUNTED: u32 = 10_000;
/// Cases that are told of a drift.
const CASES: u32 = 100;
/// Steps of a history.
const HISTORY: u32 = 500;

/// The worst, latest or highest first.
pub async fn list(
    cx: &Cx<DriftRead>,
    filter: &DriftFilter,
    sort: DriftSort,
    limit: u32,
    cursor: Option<&str>,
) -> Result<Page<Drift>> {
    let after = cursor.map(|text| parse_cursor(text, sort)).transpose()?;
    let limit = limit.clamp(1, MAX_PAGE);
    let mut items = store::drift::list(&mut cx.read().await?, filter, sort, after, limit + 1).await?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next_cursor = items.last().filter(|_| more).map(|last| write_cursor(last, sort));
    Ok(Page { items, next_cursor })
}

/// How many drifts there are for the tabs of the list; above [`COUNTED`]: more than those.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub open: i64,
    pub acknowledged: i64,
    pub resolved: i64,
    /// Not resolved, of the person who asks.
    pub mine: i64,
    /// Not resolved, of nobody.
    pub unassigned: i64,
}

/// The filter's own status and assignee do not count.
pub async fn counts(cx: &Cx<DriftRead>, filter: &DriftFilter) -> Result<Counts> {
    use DriftStatus::{Acknowledged, Open, Resolved};
    let mut tx = cx.read().await?;
    let of = |status: &[DriftStatus], assigned_to| DriftFilter {
        status: status.to_vec(),
        assigned_to,
        ..filter.clone()
    };
    let mut counts = Counts::default();
    for (n, filter) in [
        (&mut counts.open, of(&[Open], None)),
        (&mut counts.acknowledged, of(&[Acknowledged], None)),
        (&mut counts.resolved, of(&[Resolved], None)),
        (&mut counts.unassigned, of(&[Open, Acknowledged], Some(Assignee::Nobody))),
    ] {
        *n = store::drift::count(&mut tx, &filter, COUNTED + 1).await?;
    }
    if let Some(user) = user(cx) {
        let mine = of(&[Open, Acknowledged], Some(Assignee::User(user)));
        counts.mine = store::drift::count(&mut tx, &mine, COUNTED + 1).await?;
    }
    Ok(counts)
}

/// What the drifts of a list have, field by field.
pub async fn facets(cx: &Cx<DriftRead>, filter: &DriftFilter) -> Result<Facets> {
    Ok(store::drift::facet::list(&mut cx.read().await?, filter, COUNTED, FACET_VALUES).await?)
}

/// All values that those drifts have: what is offered while a query is typed.
pub async fn values(cx: &Cx<DriftRead>) -> Result<Facets> {
    let filter = DriftFilter::default();
    Ok(store::drift::facet::list(&mut cx.read().await?, &filter, COUNTED, usize::MAX).await?)
}

/// By id, number or `DRIFT-9`.
pub async fn find(cx: &Cx<DriftRead>, name: &str) -> Result<Drift> {
    let mut tx = cx.read().await?;
    let digits = name.strip_prefix("DRIFT-").or_else(|| name.strip_prefix("drift-")).unwrap_or(name);
    let found = match (digits.parse::<i64>(), name.parse::<DriftId>()) {
        (Ok(number), _) => store::drift::by_number(&mut tx, number).await?,
        (Err(_), Ok(id)) => store::drift::get(&mut tx, id).await?,
        (Err(_), Err(_)) => None,
    };
    found.ok_or(Error::NotFound)
}

/// The ids that numbers stand for; a number that is none has no part in it.
pub async fn by_numbers(cx: &Cx<DriftRead>, numbers: &[i64]) -> Result<Vec<DriftId>> {
    Ok(store::drift::by_numbers(&mut cx.read().await?, numbers).await?)
}

/// By path, ignored ones too.
pub async fn changes(cx: &Cx<DriftRead>, id: DriftId) -> Result<Vec<DriftChange>> {
    Ok(store::drift::changes(&mut cx.read().await?, id).await?)
}

/// What the code declares and what is there, secrets masked.
pub async fn states(cx: &Cx<DriftRead>, id: DriftId) -> Result<(Option<Value>, Option<Value>)> {
    store::drift::states(&mut cx.read().await?, id).await?.ok_or(Error::NotFound)
}

/// What happened to a drift, the latest first.
pub async fn history(cx: &Cx<DriftRead>, id: DriftId) -> Result<Vec<HistoryStep>> {
    Ok(store::drift::history(&mut cx.read().await?, id, HISTORY).await?)
}

/// Numbers of the cases that a drift is in, the highest first, at most 100.
pub async fn case_numbers(cx: &Cx<DriftRead>, id: DriftId) -> Result<Vec<i64>> {
    Ok(store::case::link::cases_of_drift(&mut cx.read().await?, id, CASES).await?)
}

/// What the code would have to say, and in which language: `hcl`, `yaml` or `json`.
pub async fn snippet(cx: &Cx<DriftRead>, of: &Drift) -> Result<(String, &'static str)> {
    let mut tx = cx.read().await?;
    let changes = store::drift::changes(&mut tx, of.id).await?;
    let (_, actual) = store::drift::states(&mut tx, of.id).await?.ok_or(Error::NotFound)?;
    let changes =
        changes.into_iter().filter(|change| change.ignored_by.is_none()).map(|change| drift::Change {
            property_path: change.property_path,
            change_type: change.change_type,
            declared_value: change.declared_value,
            actual_value: change.actual_value,
            is_security_critical: change.is_security_critical,
            is_sensitive: change.is_sensitive,
            rules: Vec::new(),
            is_relevant: change.is_relevant,
            owner: change.owner,
        });
    let told = drift::Drift {
        drift_type: of.drift_type,
        actual,
        changes: changes.collect(),
        noise: Vec::new(),
        omitted: 0,
        moved_from: of.metadata["moved_from"].as_str().map(str::to_owned),
        planned: None,
        score: drift::score::Score::default(),
    };
    Ok(drift::patch::codify(of.tool, &of.resource_id, &of.resource_type, &told))
}

/// The table of rules as the product brings it.
pub fn built_in() -> Vec<Rule> {
    Rules::built_in().rules
}

/// Resources in the order of their first push; `part` of their address, in any case.
pub async fn resources(
    cx: &Cx<DriftRead>,
    filter: &ResourceFilter,
    limit: u32,
    cursor: Option<&str>,
) -> Result<Page<Resource>> {
    let after = cursor.map(|text| text.parse::<IacResourceId>().map_err(|_| wrong_cursor())).transpose()?;
    let limit = limit.clamp(1, MAX_PAGE);
    let mut items = store::drift::resource::list(&mut cx.read().await?, filter, after, limit + 1).await?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next_cursor = items.last().filter(|_| more).map(|last| last.id.to_string());
    Ok(Page { items, next_cursor })
}

/// A resource with what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownResource {
    pub resource: Resource,
    /// What its code declares, secrets masked. `{}` of what no code declares.
    pub declared_state: Value,
    /// What was there when a push saw it drifted the last time, where that is not over.
    pub actual_state: Option<Value>,
    /// When a push found it in order last.
    pub in_sync_at: Option<Timestamp>,
    /// Differences that mean nothing, each with its reason: of the resource in order, or of its open drift.
    pub noise: Value,
    /// The latest first, at most 50.
    pub drifts: Vec<Drift>,
}

/// Drifts that are told of a resource.
const OF_RESOURCE: u32 = 50;

pub async fn resource(cx: &Cx<DriftRead>, id: IacResourceId) -> Result<KnownResource> {
    let mut tx = cx.read().await?;
    let resource = store::drift::resource::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let declared_state = store::drift::resource::declared(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let (in_sync_at, mut noise) = store::drift::resource::order(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let filter = DriftFilter { resource_id: Some(id), ..DriftFilter::default() };
    let drifts = store::drift::list(&mut tx, &filter, DriftSort::Seen, None, OF_RESOURCE).await?;
    let mut actual_state = None;
    if let Some(open) = drifts.iter().find(|drift| drift.state.status.is_open()) {
        actual_state = store::drift::states(&mut tx, open.id).await?.and_then(|(_, actual)| actual);
        noise = open.metadata["noise"].clone();
    }
    if !noise.is_array() {
        noise = Value::Array(Vec::new());
    }
    Ok(KnownResource { resource, declared_state, actual_state, in_sync_at, noise, drifts })
}

fn user<P: Permission>(cx: &Cx<P>) -> Option<UserId> {
    match &cx.actor().who {
        Who::User(user) => Some(user.id),
        Who::ApiKey { .. } | Who::System(_) => None,
    }
}

fn wrong_cursor() -> Error {
    Error::Invalid(Invalid::field("cursor", "take it from the page before, unchanged"))
}

fn write_cursor(last: &Drift, sort: DriftSort) -> String {
    let id = last.id;
    match sort {
        // All digits of a double, so that nothing is passed over.
        DriftSort::Severity => format!("{}.{id}", last.severity_score.to_bits()),
        DriftSort::Onset => format!("{}.{id}", last.detected_at.micros()),
        DriftSort::Seen => format!("{}.{id}", last.last_seen_at.micros()),
        DriftSort::Number => format!("{}.{id}", last.number),
    }
}

fn parse_cursor(text: &str, sort: DriftSort) -> Result<After> {
    let (value, id) = text.split_once('.').ok_or_else(wrong_cursor)?;
    let id = id.parse().map_err(|_| wrong_cursor())?;
    let number = || value.parse::<i64>().map_err(|_| wrong_cursor());
    let time = || Timestamp::from_micros(number()?).ok_or_else(wrong_cursor);
    Ok(match sort {
        DriftSort::Severity => {
            let score = f64::from_bits(value.parse().map_err(|_| wrong_cursor())?);
            After::Score(if score.is_finite() { score } else { return Err(wrong_cursor()) }, id)
        }
        DriftSort::Onset | DriftSort::Seen => After::Time(time()?, id),
        DriftSort::Number => After::Number(number()?, id),
    })
}
