//! What the forms ask, as the service takes it, and its answer in words. Server only.

use domain::group::life::{Act, Mute, Outcome, Report, Step};
use domain::group::rule::Condition;
use domain::permission::{CaseWrite, GroupRead, GroupWrite};
use domain::{GroupId, Invalid};
use leptos::server_fn::ServerFn as _;
use service::{Cx, Who};

use super::act::Asked;
use super::api::UndoGroups;
use super::words;
use crate::Answer;
use crate::cases::add;
use crate::error::{AppError, Typed as _};
use crate::page::{Done, Undo};
use crate::routes::Link;
use crate::server::{Scope, came_from, is_plain_form, not_found};

pub async fn act(scope: &Scope, asked: &Asked) -> Answer<Done> {
    if asked.act == "case" {
        return add_to_case(scope, asked);
    }
    let cx = scope.admit::<GroupWrite>()?;
    let typed = [
        ("note", asked.note.as_str()),
        ("until", &asked.until),
        ("count", &asked.count),
        ("window", &asked.window),
        ("query", &asked.query),
    ];
    let ids: Vec<GroupId> = asked.ids.iter().filter_map(|id| id.parse().ok()).collect();
    if ids.len() != asked.ids.len() {
        return Err(not_found());
    }
    if let Some((report, step)) = regroup(scope, &cx, asked, &ids).await.typed(&typed)? {
        return tell(scope, report, step);
    }
    let act = read(scope, asked).map_err(|invalid| AppError::from(invalid).typed(&typed))?;
    let report = if asked.all {
        let filter = super::read::filter(scope, &asked.list)?;
        service::groups::act_on_matching(&cx, &act, &filter, Some(&asked.note)).await
    } else {
        service::groups::act(&cx, &act, &ids, Some(&asked.note)).await
    };
    let report = report.typed(&typed)?;
    let step = match act {
        Act::Resolve => Step::Resolved,
        Act::Reopen => Step::Reopened,
        Act::Mute(_) => Step::Muted,
        Act::Unmute => Step::Unmuted,
        Act::Assign(_) => Step::Assigned,
    };
    tell(scope, report, step)
}

/// Leads to the page that adds them to a case.
fn add_to_case(scope: &Scope, asked: &Asked) -> Answer<Done> {
    scope.admit::<CaseWrite>()?;
    let slug = &scope.organization.slug;
    let href = if asked.all {
        add::all_groups_href(slug, &asked.list)
    } else if asked.ids.is_empty() {
        return Err(Invalid::field("ids", "choose at least one group").into());
    } else {
        add::href(slug, &asked.ids.iter().map(|id| format!("group:{id}")).collect::<Vec<_>>())
    };
    leptos_axum::redirect(&href);
    Ok(Done::default())
}

/// What changes which groups belong together; `None`: something else was asked.
async fn regroup(
    scope: &Scope,
    cx: &Cx<GroupWrite>,
    asked: &Asked,
    ids: &[GroupId],
) -> Result<Option<(Report, Step)>, service::Error> {
    let note = Some(asked.note.as_str());
    if asked.all && ["merge", "merge:largest", "unmerge", "split"].contains(&asked.act.as_str()) {
        return Err(Invalid::field("ids", "choose the groups one by one, at most 50 to merge").into());
    }
    let done = match asked.act.as_str() {
        "merge" => {
            let into = Some(asked.into.as_str()).filter(|into| !into.is_empty()).map(str::parse).transpose();
            let into = into.map_err(|_| Invalid::field("into", "not a group"))?;
            (service::groups::merge(cx, ids, into, note).await?, Step::Merged)
        }
        "merge:largest" => {
            let cx_read = scope.services.admit::<GroupRead>(&scope.actor)?;
            let into = service::groups::largest(&cx_read, ids).await?;
            (service::groups::merge(cx, ids, into, note).await?, Step::Merged)
        }
        "unmerge" => (service::groups::unmerge(cx, ids, note).await?, Step::Unmerged),
        "split" => {
            let [id] = ids else { return Err(Invalid::field("ids", "split one group at a time").into()) };
            let condition = condition(&asked.slot, &asked.value, &asked.query)
                .ok_or_else(|| Invalid::field("query", "choose a value of a slot, or write a query"))?;
            (service::groups::split(cx, *id, &condition, note).await?.report, Step::Split)
        }
        _ => return Ok(None),
    };
    Ok(Some(done))
}

/// A slot counted from 0 and its value, or a query.
pub fn condition(slot: &str, value: &str, query: &str) -> Option<Condition> {
    match slot.parse() {
        Ok(slot) => Some(Condition::Slot { slot, value: value.to_owned() }),
        Err(_) if query.trim().is_empty() => None,
        Err(_) => Some(Condition::Query { query: query.trim().to_owned() }),
    }
}

pub async fn undo(scope: &Scope, action: &str) -> Answer<Done> {
    let cx = scope.admit::<GroupWrite>()?;
    let action = action.parse().map_err(|_| not_found())?;
    tell(scope, service::groups::undo(&cx, action).await?, Step::Undone)
}

fn read(scope: &Scope, asked: &Asked) -> Result<Act, Invalid> {
    let number = |field: &'static str, text: &str| {
        text.trim().parse::<i64>().map_err(|_| Invalid::field(field, "write a number"))
    };
    let parts: Vec<&str> = asked.act.split(':').collect();
    Ok(match parts.as_slice() {
        ["resolve"] => Act::Resolve,
        ["reopen"] => Act::Reopen,
        ["unmute"] => Act::Unmute,
        ["assign", "nobody"] => Act::Assign(None),
        ["assign", "me"] => match &scope.actor.who {
            Who::User(user) => Act::Assign(Some(user.id)),
            Who::ApiKey { .. } | Who::System(_) => {
                return Err(Invalid::field("act", "sign in to take a group"));
            }
        },
        ["assign", id] => Act::Assign(Some(
            id.parse().map_err(|_| Invalid::field("act", "not a member of this organization"))?,
        )),
        ["mute", "for", seconds] => {
            let at = scope.services.clock.now().plus_seconds(number("until", seconds)?);
            Act::Mute(Mute::Until { at })
        }
        ["mute", "until"] => {
            let at =
                scope.zone.parse(asked.until.trim()).map_err(|reason| Invalid::field("until", reason))?;
            Act::Mute(Mute::Until { at })
        }
        ["mute", "count", events, seconds] => {
            Act::Mute(Mute::Count { events: number("count", events)?, seconds: number("window", seconds)? })
        }
        ["mute", "count"] => Act::Mute(Mute::Count {
            events: number("count", &asked.count)?,
            seconds: number("window", &asked.window)?,
        }),
        ["mute", "query"] => Act::Mute(Mute::Query { query: asked.query.trim().to_owned() }),
        _ => return Err(Invalid::field("act", "choose what to do with them")),
    })
}

/// Groups that are not there at all are not told apart from those of others. A plain form leads back to the page it came
/// from; the list tells there what was done, from its address.
fn tell(scope: &Scope, report: Report, step: Step) -> Answer<Done> {
    if report.results.iter().all(|(_, outcome)| *outcome == Outcome::Absent) {
        return Err(not_found());
    }
    let (done, left) = (report.done(), report.results.len() - report.done());
    let action_id = report.action_id.map(|id| id.to_string()).unwrap_or_default();
    let why = report.results.iter().find_map(|(_, outcome)| match outcome {
        Outcome::Unchanged(why) => Some(*why),
        Outcome::Done | Outcome::Absent => None,
    });
    if is_plain_form()
        && let Some(page) = came_from()
        && page.split('?').next().is_some_and(|path| path.ends_with("/groups"))
    {
        leptos_axum::redirect(&telling(&page, &action_id, left));
    }
    let fields =
        Link::new("").with("organization", &scope.organization.slug).with("action_id", &action_id).done();
    let undo = Undo { path: UndoGroups::PATH.to_owned(), fields: fields.trim_start_matches('?').to_owned() };
    let undo = (!action_id.is_empty()).then_some(undo);
    Ok(Done { words: words::done(step, done, left, why), undo })
}

/// The address with what was done instead of what it told before.
fn telling(page: &str, action: &str, left: usize) -> String {
    let (path, query) = page.split_once('?').unwrap_or((page, ""));
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| {
            !pair.is_empty() && !["done=", "left=", "__"].iter().any(|told| pair.starts_with(told))
        })
        .collect();
    let page = if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) };
    let link = Link::new(page).with("done", if action.is_empty() { "none" } else { action });
    if left == 0 { link.done() } else { link.with("left", &left.to_string()).done() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_tells_the_last_action_alone() {
        let page = "/o/acme/groups?sort=count&done=x&left=2&__err=y&cursor=z";
        assert_eq!(telling(page, "abc", 0), "/o/acme/groups?sort=count&cursor=z&done=abc");
        assert_eq!(telling("/o/acme/groups", "", 3), "/o/acme/groups?done=none&left=3");
    }
}
