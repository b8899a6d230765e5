//! Server functions of saved views.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

use super::shown::Views;
use crate::Answer;
use crate::page::Done;

/// `area`: `events`, `groups` or `cases`. `bare`: the list was asked for without any filter; a page then leads to the view that the
/// reader starts with.
#[server(name = ListViews, prefix = "/fn", endpoint = "views/list", input = GetUrl)]
pub async fn list_views(organization: String, area: String, #[server(default)] bare: bool) -> Answer<Views> {
    let scope = crate::server::scope(&organization).await?;
    super::read::list(&scope, &area, bare).await
}

/// The fields of the forms that save a view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ViewForm {
    /// Empty: a new one.
    pub id: String,
    /// The version that was changed.
    pub version: i64,
    pub name: String,
    pub query: String,
    pub shared: bool,
    pub default: bool,
}

/// Answers the address of the view.
#[server(name = SaveView, prefix = "/fn", endpoint = "views/save")]
pub async fn save_view(
    organization: String,
    area: String,
    #[server(default)] view: ViewForm,
) -> Answer<String> {
    let scope = crate::server::scope(&organization).await?;
    super::read::save(&scope, &area, view).await
}

/// What takes it back saves it again.
#[server(name = DeleteView, prefix = "/fn", endpoint = "views/delete")]
pub async fn delete_view(organization: String, id: String) -> Answer<Done> {
    let scope = crate::server::scope(&organization).await?;
    let id = id.parse().map_err(|_| crate::server::not_found())?;
    super::read::delete(&scope, id).await
}
