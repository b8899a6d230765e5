//! Groups of events: list, one, its events over time and what happened to it; what people do to groups, and what time does.

mod act;
mod grouping;
mod merge;
mod review;
mod sample;
mod split;

use domain::filter::EventFilter;
use std::collections::HashMap;

use domain::group::life::{Change, Step};
use domain::group::{Group, GroupFilter, GroupSort, Status};
use domain::overview::Bucket;
use domain::page::Page;
use domain::permission::GroupRead;
use domain::{GroupActionId, GroupChangeId, GroupId, Invalid, Timestamp, UserId};
use store::group::After;
use uuid::Uuid;

pub(crate) use act::unassign;
pub use act::{act, act_on_matching, undo};
pub use grouping::{Grouping, grouping};
pub use merge::{merge, unmerge};
pub use review::{review, review_all};
pub use sample::{Sample, sample};
pub use split::{MOVED, Preview, Split, move_all, move_everywhere, preview_split, split};

use crate::{Cx, Error, Facets, Result, Who};

const MAX_PAGE: u32 = 1000;

/// A page of groups, the largest or latest first.
pub async fn list(
    cx: &Cx<GroupRead>,
    filter: &GroupFilter,
    limit: u32,
    cursor: Option<&str>,
) -> Result<Page<Group>> {
    let after = cursor.map(|text| parse_cursor(text, filter.sort)).transpose()?;
    let limit = limit.clamp(1, MAX_PAGE);
    let mut items = store::group::list(&mut cx.read().await?, filter, after, limit + 1).await?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next_cursor = if more { items.last().map(|g| write_cursor(g, filter.sort)) } else { None };
    Ok(Page { items, next_cursor })
}

pub async fn get(cx: &Cx<GroupRead>, id: GroupId) -> Result<Group> {
    store::group::get(&mut cx.read().await?, id).await?.ok_or(Error::NotFound)
}

/// Of the groups that stand for themselves the one with most events.
pub async fn largest(cx: &Cx<GroupRead>, ids: &[GroupId]) -> Result<Option<GroupId>> {
    let groups = store::group::get_many(&mut cx.read().await?, ids).await?;
    let heads = groups.into_iter().filter(|group| group.merged_into.is_none());
    Ok(heads.max_by_key(|group| (group.event_count, group.id)).map(|group| group.id))
}

/// Groups that [`recurring`] compares: those with most events altogether.
const COMPARED: u32 = 100;

/// Of the groups that the filter leaves those with most events in its time range, at most `limit`; `event_count` is that of
/// the range, in whole hours.
pub async fn recurring(cx: &Cx<GroupRead>, filter: &GroupFilter, limit: usize) -> Result<Vec<Group>> {
    let by_count = GroupFilter { sort: GroupSort::Count, ..filter.clone() };
    let mut tx = cx.read().await?;
    let mut groups = store::group::list(&mut tx, &by_count, None, COMPARED).await?;
    if filter.from.is_some() || filter.to.is_some() {
        let ids: Vec<GroupId> = groups.iter().map(|group| group.id).collect();
        let counts = store::group::counts_between(&mut tx, &ids, filter.from, filter.to).await?;
        for (group, n) in groups.iter_mut().zip(counts) {
            group.event_count = n;
        }
        groups.retain(|group| group.event_count > 0);
        groups.sort_by(|a, b| b.event_count.cmp(&a.event_count).then_with(|| a.id.cmp(&b.id)));
    }
    groups.truncate(limit);
    Ok(groups)
}

/// When the groups of a time range were first seen, the earliest first, at most 10,000 of them.
pub async fn first_seen(
    cx: &Cx<GroupRead>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Result<Vec<Timestamp>> {
    Ok(store::group::first_seen(&mut cx.read().await?, from, to, 10_000).await?)
}

/// The group's events over time, at most about `buckets` buckets; from its first to its last event where no range is given.
pub async fn histogram(
    cx: &Cx<GroupRead>,
    id: GroupId,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    buckets: u32,
) -> Result<Vec<Bucket>> {
    let mut tx = cx.read().await?;
    let group = store::group::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let from = from.unwrap_or(group.first_seen);
    let to = to.unwrap_or(group.last_seen.plus_micros(1));
    let filter = EventFilter { from: Some(from), to: Some(to), group_id: Some(id), ..EventFilter::default() };
    Ok(crate::events::over_time(&mut tx, &filter, buckets).await?.buckets)
}

/// Groups whose values are offered while a query is typed: those first seen last.
const OFFERED: u32 = 10_000;

/// All values that those groups have.
pub async fn values(cx: &Cx<GroupRead>) -> Result<Facets> {
    Ok(store::group::facet::list(&mut cx.read().await?, OFFERED).await?)
}

/// How many groups there are, by what is to be done with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// New, ongoing, escalating and regressed.
    pub open: i64,
    /// Of the open ones those of the person who asks.
    pub mine: i64,
    pub muted: i64,
    pub resolved: i64,
}

/// Of the groups that the filter leaves, whatever status and assignee it names.
pub async fn counts(cx: &Cx<GroupRead>, filter: &GroupFilter) -> Result<Counts> {
    let me = match &cx.actor.who {
        Who::User(user) => Some(user.id),
        Who::ApiKey { .. } | Who::System(_) => None,
    };
    let mut counts = Counts::default();
    for (status, n, mine) in store::group::counts(&mut cx.read().await?, filter, me).await? {
        match status {
            Status::Muted => counts.muted += n,
            Status::Resolved => counts.resolved += n,
            Status::New | Status::Ongoing | Status::Escalating | Status::Regressed => {
                counts.open += n;
                counts.mine += mine;
            }
        }
    }
    Ok(counts)
}

/// What an action was, and how many groups it changed; `None` when there is no such action here.
pub async fn done(cx: &Cx<GroupRead>, action: GroupActionId) -> Result<Option<(Step, usize)>> {
    let changes = store::group::life::of_action(&mut cx.read().await?, action).await?;
    // The other side of an unmerge and of a split is no group that the action was asked for.
    let told: Vec<Step> = changes
        .iter()
        .map(|change| if change.step == Step::TookIn { Step::Merged } else { change.step })
        .filter(|step| !matches!(step, Step::LetGo | Step::SplitOff))
        .collect();
    Ok(told.first().map(|step| (*step, told.len())))
}

/// What happened to a group, with the names of the people whom it was assigned to.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    pub page: Page<Change>,
    pub names: HashMap<UserId, String>,
    /// Templates of the groups that it was merged with or split from.
    pub others: HashMap<GroupId, String>,
}

/// The newest first.
pub async fn history(cx: &Cx<GroupRead>, id: GroupId, limit: u32, cursor: Option<&str>) -> Result<History> {
    let before = cursor
        .map(str::parse::<GroupChangeId>)
        .transpose()
        .map_err(|_| Invalid::field("cursor", "not a cursor of this list; start again without it"))?;
    let limit = limit.clamp(1, MAX_PAGE);
    let mut tx = cx.read().await?;
    store::group::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let mut items = store::group::life::history(&mut tx, id, before, limit + 1).await?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next_cursor = if more { items.last().map(|change| change.id.to_string()) } else { None };
    let mut people: Vec<UserId> =
        items.iter().flat_map(|c| [c.old.assigned_to, c.new.assigned_to]).flatten().collect();
    people.sort_unstable();
    people.dedup();
    let names = store::group::life::names(&mut tx, &people).await?;
    let others: Vec<GroupId> = items.iter().filter_map(|change| change.other).collect();
    let others = store::group::get_many(&mut tx, &others).await?;
    let others = others.into_iter().map(|group| (group.id, group.template)).collect();
    Ok(History { page: Page { items, next_cursor }, names, others })
}

/// 16 hex digits of the sort value, 32 of the id.
fn write_cursor(group: &Group, sort: GroupSort) -> String {
    let value = match sort {
        GroupSort::LastSeen => group.last_seen.micros(),
        GroupSort::FirstSeen => group.first_seen.micros(),
        GroupSort::Count => group.event_count,
    };
    format!("{:016x}{}", value.max(0), group.id.0.simple())
}

fn parse_cursor(text: &str, sort: GroupSort) -> Result<After> {
    let parse = || {
        let (value, id) = text.split_at_checked(16)?;
        let value = i64::from_str_radix(value, 16).ok()?;
        let id = Uuid::parse_str(id).ok().filter(|_| id.len() == 32)?;
        Some(match sort {
            GroupSort::Count => After::Count(value, id),
            GroupSort::LastSeen | GroupSort::FirstSeen => After::Time(Timestamp::from_micros(value)?, id),
        })
    };
    parse().ok_or_else(|| {
        Error::Invalid(Invalid::field("cursor", "not a cursor of this list; start again without it"))
    })
}
