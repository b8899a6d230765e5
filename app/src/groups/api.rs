//! Server functions of groups.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

use super::query::GroupQuery;
use super::shown::{GroupList, GroupShown};
use crate::Answer;

#[server(name = ListGroups, prefix = "/fn", endpoint = "groups/list", input = GetUrl)]
pub async fn list_groups(organization: String, #[server(default)] query: GroupQuery) -> Answer<GroupList> {
    let scope = crate::server::scope(&organization).await?;
    super::read::list(&scope, &query).await
}

#[server(name = GetGroup, prefix = "/fn", endpoint = "groups/get", input = GetUrl)]
pub async fn get_group(organization: String, id: String) -> Answer<GroupShown> {
    let scope = crate::server::scope(&organization).await?;
    let id = id.parse().map_err(|_| crate::server::not_found())?;
    super::read::get(&scope, id).await
}
