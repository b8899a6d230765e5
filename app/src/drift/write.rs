//! What the forms ask, as the service takes it, and its answer in words. Server only.

use domain::drift::{Act, DriftFilter, IgnoreScope, Resolution};
use domain::permission::{CaseWrite, DriftRead, DriftWrite};
use domain::{DriftActionId, DriftId, Invalid};
use leptos::server_fn::ServerFn as _;
use service::drifts::{self, LeftOut, Outcome, Report, Scoped, TableRule};
use service::{Cx, Who};

use super::api::{DriftForm, DriftRuleForm, UndoDrifts};
use super::list::DriftQuery;
use super::rule_table;
use crate::cases::add;
use crate::error::{Answer, AppError, Typed as _};
use crate::events::parts::counted;
use crate::page::{Done, Undo};
use crate::routes::Link;
use crate::server::{Scope, not_found};
use crate::stale::{self, Sent};

/// Drifts whose own reason is told.
const TOLD: usize = 3;

pub async fn change(scope: &Scope, asked: &DriftForm) -> Answer<Done> {
    let cx = scope.admit::<DriftWrite>()?;
    let chosen = asked.numbers.join(" ");
    let all = if asked.all { "true" } else { "" };
    let typed = [("act", &*asked.act), ("reason", &*asked.reason), ("all", all), ("numbers", &*chosen)];
    if asked.act == "case" {
        add_to_case(scope, asked).await.typed(&typed)?;
        return Ok(Done::new(""));
    }
    let done = async {
        let what = read(scope, &asked.act)?;
        let seen = scope.admit::<DriftRead>()?;
        if asked.all {
            let query = DriftQuery::of(&asked.show, &asked.q, "");
            let parsed = query.parsed(scope, cx.now());
            let parsed = parsed.map_err(|problem| Invalid::field("q", problem.placed(&query.q)))?;
            let filter: DriftFilter = query.filter(parsed, scope);
            return Ok((0, drifts::act_matching(&cx, &seen, &filter, what, &asked.reason).await?));
        }
        let ids = chosen_of(&seen, asked).await?;
        Ok::<_, AppError>((
            asked.numbers.len() - ids.len(),
            drifts::act(&cx, &ids, what, &asked.reason).await?,
        ))
    };
    let (absent, report) = done.await.typed(&typed)?;
    let verb = match asked.act.split(':').next() {
        Some("acknowledge") => "acknowledged",
        Some("assign") => "assigned",
        Some("reopen") => "reopened",
        _ => "resolved",
    };
    Ok(tell(scope, verb, absent, &report))
}

/// Those of the chosen numbers that there are.
async fn chosen_of(seen: &Cx<DriftRead>, asked: &DriftForm) -> Answer<Vec<DriftId>> {
    let numbers: Vec<i64> = asked.numbers.iter().filter_map(|number| number.parse().ok()).collect();
    let ids = drifts::by_numbers(seen, &numbers).await?;
    if ids.is_empty() && !numbers.is_empty() {
        return Err(not_found());
    }
    Ok(ids)
}

/// Leads to the page that adds them to a case.
async fn add_to_case(scope: &Scope, asked: &DriftForm) -> Answer<()> {
    scope.admit::<CaseWrite>()?;
    let slug = &scope.organization.slug;
    let href = if asked.all {
        add::all_drifts_href(slug, &DriftQuery::of(&asked.show, &asked.q, ""))
    } else {
        let ids = chosen_of(&scope.admit::<DriftRead>()?, asked).await?;
        if ids.is_empty() {
            return Err(Invalid::field("numbers", "choose at least one drift").into());
        }
        add::href(slug, &ids.iter().map(|id| format!("drift:{id}")).collect::<Vec<_>>())
    };
    leptos_axum::redirect(&href);
    Ok(())
}

pub async fn undo(scope: &Scope, action: &str) -> Answer<Done> {
    let cx = scope.admit::<DriftWrite>()?;
    let action: DriftActionId = action.parse().map_err(|_| not_found())?;
    let report = drifts::undo(&cx, action).await?;
    Ok(tell(scope, "put back", 0, &report))
}

pub async fn accept(
    cx: &Cx<DriftWrite>,
    id: DriftId,
    path: &str,
    (scope, reason, days): (&str, &str, &str),
) -> Result<LeftOut, AppError> {
    let scope: IgnoreScope = scope.parse().map_err(|_| Invalid::field("scope", "choose how far it holds"))?;
    let days = match days.trim() {
        "" => None,
        days => {
            Some(days.parse().map_err(|_| Invalid::field("days", "a number of days, or leave it empty"))?)
        }
    };
    let how = Scoped { scope, reason: reason.to_owned(), days };
    Ok(if path.is_empty() {
        drifts::accept(cx, id, &how).await?
    } else {
        drifts::ignore(cx, id, path, &how).await?
    })
}

pub fn left_out(path: &str, hidden: usize) -> String {
    let what = if path.is_empty() { "Accepted" } else { "Ignored from now on" };
    match hidden {
        0 => what.to_owned(),
        n => format!("{what}; {} by it", counted(n as i64, "drift is resolved", "drifts are resolved")),
    }
}

fn read(scope: &Scope, act: &str) -> Result<Act, Invalid> {
    let wrong = || Invalid::field("act", "choose what to do with them");
    let (verb, of) = act.split_once(':').unwrap_or((act, ""));
    Ok(match (verb, of) {
        ("acknowledge", _) => Act::Acknowledge,
        ("revert", _) => Act::Resolve(Resolution::AutoRevert),
        ("codify", _) => Act::Resolve(Resolution::CodifyIac),
        ("reopen", _) => Act::Reopen,
        ("assign", "nobody") => Act::Assign(None),
        ("assign", "me") => match &scope.actor.who {
            Who::User(user) => Act::Assign(Some(user.id)),
            Who::ApiKey { .. } | Who::System(_) => return Err(wrong()),
        },
        ("assign", of) => Act::Assign(Some(of.parse().map_err(|_| wrong())?)),
        _ => return Err(wrong()),
    })
}

fn tell(scope: &Scope, verb: &str, absent: usize, report: &Report) -> Done {
    let done = report.changed();
    let mut words = format!("{} {verb}", counted(done as i64, "drift", "drifts"));
    let why: Vec<String> = report
        .results
        .iter()
        .filter_map(|item| match (item.number, item.outcome) {
            (Some(number), Outcome::Unchanged(why)) => Some(format!("DRIFT-{number} {}", why.words())),
            _ => None,
        })
        .collect();
    let left = absent + report.results.len() - done;
    if left > 0 {
        words = format!("{words}; {left} could not be");
        if !why.is_empty() {
            words = format!("{words}: {}", why[..why.len().min(TOLD)].join(", "));
        }
    }
    Done { words, undo: take_back(scope, report.action_id) }
}

/// The form that takes an action back.
pub fn take_back(scope: &Scope, action: Option<DriftActionId>) -> Option<Undo> {
    action.map(|id| Undo {
        path: UndoDrifts::PATH.to_owned(),
        fields: Link::new("")
            .with("organization", &scope.organization.slug)
            .with("action_id", &id.to_string())
            .done()
            .trim_start_matches('?')
            .to_owned(),
    })
}

/// What was typed comes back whole, or as it is kept.
pub async fn add_rule(cx: &Cx<DriftWrite>, form: &DriftRuleForm) -> Answer<Done> {
    let typed = stale::texts(form)?;
    let typed: Vec<(&str, &str)> = typed.iter().map(|(name, value)| (&**name, &**value)).collect();
    let (rule, enabled) = rule_table::read(form).typed_whole(&typed)?;
    drifts::save_rule(cx, rule, enabled, 0).await.typed_whole(&typed)?;
    Ok(Done::new(rule_table::SAVED))
}

/// As [`add_rule`], with what others changed since `seen`.
pub async fn save_rule(cx: &Cx<DriftWrite>, seen: &str, form: DriftRuleForm) -> Answer<Done> {
    let id = form.id.clone();
    let mut sent = Sent::of(seen, form);
    let merged = |now: &TableRule| Ok(rule_table::read(&sent.onto(&rule_table::form_of(now))?)?);
    let saved = drifts::save_rule_with(cx, &id, merged).await;
    sent.answer(cx, &rule_table::RULE, rule_table::draft(&id), saved, rule_table::SAVED).await
}
