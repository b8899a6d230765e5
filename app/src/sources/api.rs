//! Server functions of sources.

use leptos::prelude::*;

use super::shown::SourceForm;
use crate::Answer;
use crate::page::Done;

/// Adds a source, or changes the one of `id`. `seen`: the fields that the form of that was made from ([`crate::stale`]).
#[server(name = SaveSource, prefix = "/fn", endpoint = "sources/save")]
pub async fn save_source(
    organization: String,
    #[server(default)] id: String,
    #[server(default)] seen: String,
    source: SourceForm,
) -> Answer<Done> {
    let scope = crate::server::scope(&organization).await?;
    super::read::save(&scope, &id, &seen, source).await
}

#[server(name = DeleteSource, prefix = "/fn", endpoint = "sources/delete")]
pub async fn delete_source(organization: String, id: String) -> Answer<()> {
    let scope = crate::server::scope(&organization).await?;
    let id = id.parse().map_err(|_| crate::server::not_found())?;
    service::sources::delete(&scope.admit()?, id).await?;
    leptos_axum::redirect(&crate::routes::sources(&organization));
    Ok(())
}
