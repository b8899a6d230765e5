//! `/api/v1/groups/{id}/grouping`: why the events of a group belong together.

use axum::Json;
use axum::extract::Path;
use domain::group::rule::{Condition, Rule};
use domain::permission::GroupRead;
use domain::template::parts;
use domain::{GroupActionId, GroupId, GroupRuleId, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::api::Caller;
use super::groups::{GroupItem, item};
use super::problem::{Problem, ProblemDocument};

/// Why the events of a group belong together.
#[derive(Serialize, ToSchema)]
pub struct GroupingItem {
    group: GroupItem,
    /// The template in its parts.
    parts: Vec<TemplatePart>,
    /// What is merged into it, the one with most events first; their figures are their own.
    members: Vec<GroupItem>,
    /// The rules that name it, the newest first, at most 50; undone ones too.
    rules: Vec<GroupingRule>,
    /// Groups of the same component whose template differs in few words, the likest first.
    similar: Vec<SimilarGroup>,
}

#[derive(Serialize, ToSchema)]
pub struct TemplatePart {
    text: String,
    /// Why it is a slot; null for text that every event has.
    #[schema(required = true)]
    slot: Option<&'static str>,
}

/// A merge or a split.
#[derive(Serialize, ToSchema)]
pub struct GroupingRule {
    #[schema(value_type = Uuid)]
    id: GroupRuleId,
    /// merge or split.
    kind: &'static str,
    /// The group that is merged, or that events are split from.
    #[schema(value_type = Uuid)]
    group_id: GroupId,
    /// The group that takes them.
    #[schema(value_type = Uuid)]
    target_id: GroupId,
    /// A split by a slot of the template, counted from 0, that has a value.
    #[schema(required = true)]
    slot: Option<usize>,
    #[schema(required = true)]
    value: Option<String>,
    /// A split by a query.
    #[schema(required = true)]
    query: Option<String>,
    #[schema(required = true)]
    note: Option<String>,
    /// E-mail or API key.
    created_by: String,
    #[schema(value_type = DateTime<Utc>)]
    created_at: Timestamp,
    #[schema(value_type = Uuid)]
    action_id: GroupActionId,
    #[schema(required = true)]
    undone_by: Option<String>,
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    undone_at: Option<Timestamp>,
    /// split: events that were there and were moved so far.
    moved: i64,
    /// split: events that occurred before are still to be looked at; null once all were.
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    moving_before: Option<Timestamp>,
}

#[derive(Serialize, ToSchema)]
pub struct SimilarGroup {
    group: GroupItem,
    /// Words in which the templates differ.
    words: usize,
}

/// Why the events of a group belong together.
#[utoipa::path(get, path = "/api/v1/groups/{id}/grouping", tag = "groups", security(("api_key" = ["group.read"])), params(
    ("id" = uuid::Uuid, Path, description = "Id of the group"),
), responses(
    (status = 200, description = "Template, members, rules and similar groups", body = GroupingItem),
    (status = 404, description = "There is none, or it is out of reach", body = ProblemDocument, content_type = "application/problem+json"),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn grouping(caller: Caller, Path(id): Path<String>) -> Result<Json<GroupingItem>, Problem> {
    let cx = caller.admit::<GroupRead>()?;
    let id: GroupId = id.parse().map_err(|_| Problem::not_found())?;
    let told = service::groups::grouping(&cx, id, None).await?;
    let parts = parts(&told.group.template)
        .map(|(text, slot)| TemplatePart {
            text: text.to_owned(),
            slot: slot.map(domain::template::Slot::why),
        })
        .collect();
    Ok(Json(GroupingItem {
        parts,
        group: item(told.group),
        members: told.members.into_iter().map(|(group, _)| item(group)).collect(),
        rules: told.rules.into_iter().map(rule).collect(),
        similar: told
            .similar
            .into_iter()
            .map(|(group, words)| SimilarGroup { group: item(group), words })
            .collect(),
    }))
}

fn rule(rule: Rule) -> GroupingRule {
    let (kind, slot, value, query) = match rule.split {
        None => ("merge", None, None, None),
        Some(Condition::Slot { slot, value }) => ("split", Some(slot), Some(value), None),
        Some(Condition::Query { query }) => ("split", None, None, Some(query)),
    };
    GroupingRule {
        id: rule.id,
        kind,
        group_id: rule.group_id,
        target_id: rule.target_id,
        slot,
        value,
        query,
        note: rule.note,
        created_by: rule.created_by_label,
        created_at: rule.created_at,
        action_id: rule.action_id,
        undone_by: rule.undone_by_label,
        undone_at: rule.undone_at,
        moved: rule.moved,
        moving_before: rule.looked.filter(|_| rule.undone_at.is_none()).map(|(at, _)| at),
    }
}
