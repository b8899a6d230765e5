//! Server functions that change one case or many at once, and take that back.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::Answer;
use crate::page::Done;

/// The fields of the form around the list, and of the forms of the board.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BulkForm {
    /// `investigate`, `reopen`, `resolve:{resolution}`, `assign:{me, nobody or a member's id}`, `priority:{}`, `severity:{}`, `tag:add`,
    /// `tag:remove`, `merge`.
    pub act: String,
    /// Kept in the history of each case; resolving and reopening want one.
    pub reason: String,
    pub tag: String,
    /// `merge`: the number of the case that the others go into.
    pub into: String,
    /// Numbers of the chosen cases.
    pub numbers: Vec<String>,
    /// Not those, but all that the list shows, on every page of it.
    pub all: bool,
    /// What the list shows: what its address says behind the `?`.
    pub list: String,
}

#[server(name = ChangeCases, prefix = "/fn", endpoint = "change_cases")]
pub async fn change_cases(organization: String, #[server(default)] asked: BulkForm) -> Answer<Done> {
    let scope = crate::server::scope(&organization).await?;
    super::bulk_write::change(&scope, &asked).await
}

/// `action_id`: of what [`change_cases`] did.
#[server(name = UndoCases, prefix = "/fn", endpoint = "undo_cases")]
pub async fn undo_cases(organization: String, action_id: String) -> Answer<Done> {
    let scope = crate::server::scope(&organization).await?;
    super::bulk_write::undo(&scope, &action_id).await
}
