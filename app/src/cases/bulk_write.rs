//! What the forms ask of many cases, as the service takes it, and its answer in words. Server only.

use domain::case::bulk::{Bulk, Item, Outcome, Report, Why};
use domain::case::merge::Merging;
use domain::case::{Step, key};
use domain::permission::{CaseRead, CaseWrite};
use domain::{CaseActionId, Invalid};
use leptos::server_fn::ServerFn as _;
use service::{Cx, Who, cases};

use super::bulk::{BulkForm, UndoCases};
use super::query::CaseQuery;
use crate::error::{Answer, AppError, Typed as _};
use crate::events::parts::counted;
use crate::page::{Done, Undo};
use crate::routes::Link;
use crate::server::{Scope, came_from, is_plain_form, not_found};

/// Cases whose own reason is told.
const TOLD: usize = 3;

pub async fn change(scope: &Scope, asked: &BulkForm) -> Answer<Done> {
    let cx = scope.admit::<CaseWrite>()?;
    let chosen = asked.numbers.join(" ");
    let all = if asked.all { "true" } else { "" };
    let typed = [
        ("act", &*asked.act),
        ("reason", &*asked.reason),
        ("tag", &*asked.tag),
        ("into", &*asked.into),
        ("all", all),
        ("numbers", &*chosen),
    ];
    let done = async {
        if asked.act == "merge" {
            return merge(scope, &cx, asked).await;
        }
        let what = read(scope, asked)?;
        if asked.all {
            let query = listed(&asked.list)?;
            let parsed = query.parsed(scope, cx.now());
            let parsed = parsed.map_err(|problem| Invalid::field("q", problem.placed(&query.q)))?;
            let filter = query.filter(parsed, scope, cx.now());
            return Ok((0, cases::change_matching(&cx, &what, &filter, &asked.reason).await?));
        }
        let numbers: Vec<i64> = asked.numbers.iter().filter_map(|number| number.parse().ok()).collect();
        let ids = cases::ids_of(&scope.admit::<CaseRead>()?, &numbers).await?;
        if ids.is_empty() && !numbers.is_empty() {
            return Err(not_found());
        }
        let absent = asked.numbers.len() - ids.len();
        Ok::<_, AppError>((absent, cases::change_many(&cx, &what, &ids, &asked.reason).await?))
    };
    let (absent, report) = done.await.typed(&typed)?;
    let step = match asked.act.split(':').next() {
        Some("investigate") => Step::Started,
        Some("resolve") if cases::four_eyes(&scope.admit::<CaseRead>()?).await? => Step::ReviewRequested,
        Some("resolve") => Step::Resolved,
        Some("reopen") => Step::Reopened,
        Some("assign") => Step::Assigned,
        Some("tag") => Step::Tagged,
        Some("merge") => Step::Merged,
        _ => Step::Edited,
    };
    Ok(tell(scope, step, absent, &report))
}

/// What the list showed. A form that does not say it, or not so that it can be read, is done to nothing.
fn listed(list: &str) -> Result<CaseQuery, Invalid> {
    let pairs = || form_urlencoded::parse(list.as_bytes());
    let strange = |(name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)| {
        matches!(&*name, "from" | "to") && value.parse::<domain::Timestamp>().is_err()
    };
    if !pairs().any(|(name, _)| name == "show") || pairs().any(strange) {
        return Err(Invalid::field("all", "load the list again: this page is of an earlier version"));
    }
    Ok(CaseQuery::of_pairs(list))
}

async fn merge(scope: &Scope, cx: &Cx<CaseWrite>, asked: &BulkForm) -> Answer<(usize, Report)> {
    if asked.all {
        return Err(Invalid::field("into", "tick the cases that are to be merged, at most 100").into());
    }
    if asked.into.trim().is_empty() {
        return Err(Invalid::field("into", "say into which case: CASE-7").into());
    }
    let into = super::merges::named(scope, &asked.into).await?;
    let numbers: Vec<i64> = asked.numbers.iter().filter_map(|number| number.parse().ok()).collect();
    let ids = cases::ids_of(&scope.admit::<CaseRead>()?, &numbers).await?;
    let absent = asked.numbers.len() - ids.len();
    let ids: Vec<Merging> = ids.into_iter().map(|id| Merging { id, version: None }).collect();
    let into = Merging { id: into.id, version: None };
    Ok((absent, cases::merge_cases(cx, into, &ids, &asked.reason).await?))
}

pub async fn undo(scope: &Scope, action: &str) -> Answer<Done> {
    let cx = scope.admit::<CaseWrite>()?;
    let action: CaseActionId = action.parse().map_err(|_| not_found())?;
    let report = cases::undo(&cx, action).await?;
    Ok(tell(scope, Step::Undone, 0, &report))
}

fn read(scope: &Scope, asked: &BulkForm) -> Result<Bulk, Invalid> {
    fn word<T: std::str::FromStr>(text: &str) -> Result<T, Invalid> {
        text.parse().map_err(|_| Invalid::field("act", "choose one of the list"))
    }
    let (verb, of) = asked.act.split_once(':').unwrap_or((&asked.act, ""));
    Ok(match (verb, of) {
        ("investigate", _) => Bulk::Investigate,
        ("resolve", of) => Bulk::Resolve(word(of)?),
        ("reopen", _) => Bulk::Reopen,
        ("assign", "nobody") => Bulk::Assign(None),
        ("assign", "me") => match &scope.actor.who {
            Who::User(user) => Bulk::Assign(Some(user.id)),
            Who::ApiKey { .. } | Who::System(_) => {
                return Err(Invalid::field("act", "sign in to take a case"));
            }
        },
        ("assign", of) => Bulk::Assign(Some(word(of)?)),
        ("priority", of) => Bulk::Priority(word(of)?),
        ("severity", of) => Bulk::Severity(word(of)?),
        ("tag", "add") => Bulk::AddTag(asked.tag.clone()),
        ("tag", "remove") => Bulk::RemoveTag(asked.tag.clone()),
        _ => return Err(Invalid::field("act", "choose what to do with them")),
    })
}

/// A plain form leads back to the list, which tells from its address what was done.
fn tell(scope: &Scope, step: Step, absent: usize, report: &Report) -> Done {
    let left = Left::of(absent, report);
    let action = report.action_id.map(|id| id.to_string()).unwrap_or_default();
    if is_plain_form()
        && let Some(page) = came_from()
        && page.split('?').next().is_some_and(|path| path.ends_with("/cases"))
    {
        leptos_axum::redirect(&telling(&page, &action, &left));
    }
    let undo = undo_of(scope, report.action_id);
    Done { words: words(step, report.done() as i64, &left), undo }
}

/// What takes an action back.
pub fn undo_of(scope: &Scope, action: Option<CaseActionId>) -> Option<Undo> {
    let fields = undo_fields(&scope.organization.slug, &action?.to_string());
    Some(Undo { path: UndoCases::PATH.to_owned(), fields })
}

fn undo_fields(slug: &str, action: &str) -> String {
    let fields = Link::new("").with("organization", slug).with("action_id", action).done();
    fields.trim_start_matches('?').to_owned()
}

/// What was not done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left {
    pub count: usize,
    /// Numbers of the first of them, and why.
    pub told: Vec<(i64, Why)>,
}

impl Left {
    fn of(absent: usize, report: &Report) -> Self {
        let left = report.results.iter().filter(|item| item.outcome != Outcome::Done);
        let why = |item: &Item| match item.outcome {
            Outcome::Unchanged(why) => Some((item.number?, why)),
            Outcome::Done | Outcome::Absent => None,
        };
        Self { count: absent + left.clone().count(), told: left.filter_map(why).take(TOLD).collect() }
    }
    /// `2~7.resolved~9.open`, as an address keeps it.
    fn written(&self) -> String {
        let told = self.told.iter().map(|(number, why)| format!("{number}.{why}"));
        std::iter::once(self.count.to_string()).chain(told).collect::<Vec<_>>().join("~")
    }
    pub fn read(text: &str) -> Self {
        let mut parts = text.split('~');
        let count = parts.next().and_then(|n| n.parse().ok()).unwrap_or_default();
        let told = parts.filter_map(|part| {
            let (number, why) = part.split_once('.')?;
            Some((number.parse().ok()?, why.parse().ok()?))
        });
        Self { count, told: told.take(TOLD).collect() }
    }
}

/// "38 cases resolved; 2 could not be: CASE-7 is resolved already".
pub fn words(step: Step, done: i64, left: &Left) -> String {
    let verb = match step {
        Step::Started => "being investigated",
        Step::Resolved => "resolved",
        Step::ReviewRequested => "waiting for a review",
        Step::Reopened => "reopened",
        Step::Assigned => "assigned",
        Step::Tagged => "tagged anew",
        Step::Merged => "merged",
        Step::Unmerged => "taken out",
        Step::Undone => "put back",
        _ => "changed",
    };
    let mut text = match done {
        0 => "Nothing changed".to_owned(),
        n => format!("{} {verb}", counted(n, "case", "cases")),
    };
    if left.count > 0 {
        text += &["; ", &left.count.to_string(), " could not be"].concat();
        let told: Vec<String> =
            left.told.iter().map(|(number, why)| format!("{} {}", key(*number), why.words())).collect();
        if !told.is_empty() {
            text.push_str(": ");
            text.push_str(&told.join(", "));
        }
        if !told.is_empty() && left.count > told.len() {
            text += &[" and ", &(left.count - told.len()).to_string(), " more"].concat();
        }
    }
    text
}

/// The address with what was done instead of what it told before.
fn telling(page: &str, action: &str, left: &Left) -> String {
    let (path, query) = page.split_once('?').unwrap_or((page, ""));
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| {
            !pair.is_empty() && !["done=", "left=", "move=", "__"].iter().any(|told| pair.starts_with(told))
        })
        .collect();
    let page = if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) };
    let link = Link::new(page).with("done", if action.is_empty() { "none" } else { action });
    if left.count == 0 { link.done() } else { link.with("left", &left.written()).done() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_done_is_told_of_each_and_survives_an_address() {
        let left = Left { count: 5, told: vec![(7, Why::Resolved), (9, Why::ResolvedFirst)] };
        assert_eq!(Left::read(&left.written()), left);
        assert_eq!(
            words(Step::Resolved, 38, &left),
            "38 cases resolved; 5 could not be: CASE-7 is resolved already, CASE-9 is resolved; reopen it first and 3 more"
        );
        assert_eq!(words(Step::Undone, 1, &Left::default()), "1 case put back");
        assert_eq!(
            words(Step::Edited, 0, &Left { count: 1, told: vec![] }),
            "Nothing changed; 1 could not be"
        );
        assert_eq!(Left::read("<b>~x.y"), Left::default());
        let page = "/o/acme/cases?show=all&done=x&left=2&__err=y";
        assert_eq!(telling(page, "abc", &Left::default()), "/o/acme/cases?show=all&done=abc");
    }
}
