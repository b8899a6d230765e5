//! Server functions of sources.

use leptos::prelude::*;

use super::shown::SourceForm;
use crate::Answer;

/// Adds a source, or changes the one of `id`.
#[server(name = SaveSource, prefix = "/fn", endpoint = "sources/save")]
pub async fn save_source(
    organization: String,
    #[server(default)] id: String,
    source: SourceForm,
) -> Answer<()> {
    let scope = crate::server::scope(&organization).await?;
    super::read::save(&scope, &organization, &id, &source).await
}

#[server(name = DeleteSource, prefix = "/fn", endpoint = "sources/delete")]
pub async fn delete_source(organization: String, id: String) -> Answer<()> {
    let scope = crate::server::scope(&organization).await?;
    let id = id.parse().map_err(|_| crate::server::not_found())?;
    super::read::answer(
        service::sources::delete(&scope.admit()?, id).await,
        &organization,
        &SourceForm::default(),
    )
}
