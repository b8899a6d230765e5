//! Why the events of a group belong together: what was merged into it, which rules name it, and what looks like it.

use std::collections::HashMap;

use domain::group::rule::{Rule, distance};
use domain::group::{Group, GroupFilter};
use domain::permission::GroupRead;
use domain::{GroupId, GroupRuleId, Invalid};

use crate::{Cx, Error, Result};

/// Rules that are told of a group, the newest.
const RULES: u32 = 50;
/// Groups that are compared with one, the last seen.
const COMPARED: u32 = 1000;
/// Similar groups that are told.
const SIMILAR: usize = 8;

/// Why the events of a group belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Grouping {
    pub group: Group,
    /// The groups that are merged into it with the merge that did it, the one with most events first. Their figures are their own.
    pub members: Vec<(Group, Option<Rule>)>,
    /// Those that name it, the newest first, at most 50; undone ones too.
    pub rules: Vec<Rule>,
    /// The page of older rules begins there.
    pub older_rules: Option<String>,
    /// Groups of the same component whose template differs in few words, the likest first, with in how many.
    pub similar: Vec<(Group, usize)>,
    /// Templates of the groups that the rules name.
    pub others: HashMap<GroupId, String>,
}

/// `cursor`: where a page of older rules begins.
///
/// # Errors
/// `Invalid` where the cursor is none.
pub async fn grouping(cx: &Cx<GroupRead>, id: GroupId, cursor: Option<&str>) -> Result<Grouping> {
    let before = cursor
        .map(str::parse::<GroupRuleId>)
        .transpose()
        .map_err(|_| Invalid::field("cursor", "not a cursor of this list; start again without it"))?;
    let mut tx = cx.read().await?;
    let group = store::group::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let together = store::group::rules::with_members(&mut tx, &[id]).await?.concat();
    let merged: Vec<GroupId> = together.into_iter().filter(|member| *member != id).collect();
    let mut by: HashMap<GroupId, Rule> = store::group::rules::merges_of(&mut tx, &merged)
        .await?
        .into_iter()
        .map(|rule| (rule.group_id, rule))
        .collect();
    let mut members: Vec<(Group, Option<Rule>)> = Vec::with_capacity(merged.len());
    for ids in merged.chunks(500) {
        let groups = store::group::get_many(&mut tx, ids).await?;
        members.extend(groups.into_iter().map(|group| {
            let rule = by.remove(&group.id);
            (group, rule)
        }));
    }
    members.sort_by(|(a, _), (b, _)| b.event_count.cmp(&a.event_count).then_with(|| a.id.cmp(&b.id)));
    let mut rules = store::group::rules::of_group(&mut tx, id, before, RULES + 1).await?;
    let more = rules.len() > RULES as usize;
    rules.truncate(RULES as usize);
    let older_rules = rules.last().filter(|_| more).map(|rule| rule.id.to_string());
    let mut named: Vec<GroupId> = rules.iter().flat_map(|rule| [rule.group_id, rule.target_id]).collect();
    named.extend(members.iter().filter_map(|(_, rule)| rule.as_ref()).map(|rule| rule.target_id));
    named.extend(group.merged_into.into_iter().chain(group.split_from));
    named.sort_unstable();
    named.dedup();
    let others = store::group::get_many(&mut tx, &named).await?;
    let others = others.into_iter().map(|group| (group.id, group.template)).collect();
    let alike =
        GroupFilter { component: group.component.clone().into_iter().collect(), ..GroupFilter::default() };
    let mut similar: Vec<(Group, usize)> = store::group::list(&mut tx, &alike, None, COMPARED)
        .await?
        .into_iter()
        .filter(|other| {
            other.id != id && other.component == group.component && group.merged_into != Some(other.id)
        })
        .filter_map(|other| distance(&group.template, &other.template).map(|n| (other, n)))
        .collect();
    similar.sort_by(|(a, m), (b, n)| m.cmp(n).then_with(|| b.event_count.cmp(&a.event_count)));
    similar.truncate(SIMILAR);
    Ok(Grouping { group, members, rules, older_rules, similar, others })
}
