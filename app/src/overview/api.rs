//! Server function of the Overview.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

use super::shown::OverviewShown;
use crate::Answer;

/// `range` is `24h`, `7d` or `30d`.
#[server(name = GetOverview, prefix = "/fn", endpoint = "overview/get", input = GetUrl)]
pub async fn get_overview(organization: String, range: String) -> Answer<OverviewShown> {
    let scope = crate::server::scope(&organization).await?;
    super::read::get(&scope, &range).await
}
