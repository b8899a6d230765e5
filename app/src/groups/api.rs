//! Server functions of groups.

#[cfg(feature = "ssr")]
use domain::permission::GroupRead;
#[cfg(feature = "ssr")]
use domain::query::GROUPS;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

use super::act::Asked;
use super::query::GroupQuery;
use super::shown::{GroupList, GroupShown};
use crate::Answer;
#[cfg(feature = "ssr")]
use crate::complete;
use crate::events::shown::Completed;
use crate::page::Done;
use crate::printed::Printed;

#[server(name = ListGroups, prefix = "/fn", endpoint = "groups/list", input = GetUrl)]
pub async fn list_groups(organization: String, #[server(default)] query: GroupQuery) -> Answer<GroupList> {
    let scope = crate::server::scope(&organization).await?;
    super::read::list(&scope, &query).await
}

/// What can stand at the cursor of a query of groups: `at` in UTF-16 units.
#[server(name = CompleteGroups, prefix = "/fn", endpoint = "groups/complete", input = GetUrl)]
pub async fn complete_groups(
    organization: String,
    #[server(default)] q: String,
    #[server(default)] at: u32,
) -> Answer<Completed> {
    let scope = crate::server::scope(&organization).await?;
    let cx = scope.admit::<GroupRead>()?;
    let asks = complete::asks_values(&GROUPS, &q, at);
    let values = if asks { service::groups::values(&cx).await? } else { service::Facets::default() };
    let values = crate::facets::seen_by(&scope, values);
    Ok(complete::of_list(&GROUPS, &q, at, &values, ("group", "groups")))
}

/// A group and what happened to it, the newest first; `before`: where an older page of that begins.
#[server(name = GetGroup, prefix = "/fn", endpoint = "groups/get", input = GetUrl)]
pub async fn get_group(
    organization: String,
    id: String,
    #[server(default)] before: String,
) -> Answer<GroupShown> {
    let scope = crate::server::scope(&organization).await?;
    let id = id.parse().map_err(|_| crate::server::not_found())?;
    super::read::get(&scope, id, &before).await
}

/// Why the events of a group belong together; `slot`, `value` and `q`: a split to preview; `before`: where an older page of its
/// rules begins.
#[server(name = GetGrouping, prefix = "/fn", endpoint = "groups/grouping", input = GetUrl)]
pub async fn get_grouping(
    organization: String,
    id: String,
    #[server(default)] slot: String,
    #[server(default)] value: String,
    #[server(default)] q: String,
    #[server(default)] before: String,
) -> Answer<Printed> {
    let scope = crate::server::scope(&organization).await?;
    let id = id.parse().map_err(|_| crate::server::not_found())?;
    let split = super::write::condition(&slot, &value, &q);
    let shown = super::explain::grouping(&scope, id, split, &before).await?;
    Ok(super::sections::grouping(shown, scope.organization.slug))
}

/// Resolves, reopens, mutes, unmutes, assigns, merges, unmerges or splits groups.
#[server(name = ActOnGroups, prefix = "/fn", endpoint = "groups/act")]
pub async fn act_on_groups(organization: String, #[server(default)] asked: Asked) -> Answer<Done> {
    let scope = crate::server::scope(&organization).await?;
    super::write::act(&scope, &asked).await
}

/// Undoes an action of [`act_on_groups`].
#[server(name = UndoGroups, prefix = "/fn", endpoint = "groups/undo")]
pub async fn undo_groups(organization: String, action_id: String) -> Answer<Done> {
    let scope = crate::server::scope(&organization).await?;
    super::write::undo(&scope, &action_id).await
}
