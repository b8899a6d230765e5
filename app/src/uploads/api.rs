//! Server functions of uploads. The file itself comes through the server's route (see the module).

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

use super::query::MappingForm;
use super::shown::UploadStep;
use crate::Answer;

/// The step the upload is at; with a `mapping` also what an import with it would do. Stores nothing.
#[server(name = GetUpload, prefix = "/fn", endpoint = "uploads/get", input = GetUrl)]
pub async fn get_upload(
    organization: String,
    id: String,
    #[server(default)] mapping: MappingForm,
) -> Answer<UploadStep> {
    let scope = crate::server::scope(&organization).await?;
    super::read::step(&scope, id.parse().map_err(|_| crate::server::not_found())?, &mapping).await
}

/// The mapping page posts its form here, flat.
#[server(name = StartUpload, prefix = "/fn", endpoint = "uploads/start")]
pub async fn start_upload(
    organization: String,
    id: String,
    #[server(default)] column: Vec<String>,
    #[server(default)] target: Vec<String>,
    #[server(default)] severity: String,
    #[server(default)] source: String,
    #[server(default)] environment: String,
) -> Answer<()> {
    let scope = crate::server::scope(&organization).await?;
    let id = id.parse().map_err(|_| crate::server::not_found())?;
    super::read::start(
        &scope,
        &organization,
        id,
        &MappingForm { asked: true, column, target, severity, source, environment },
    )
    .await
}

/// Takes the file back before it is imported, and leads to the list.
#[server(name = DiscardUpload, prefix = "/fn", endpoint = "uploads/discard")]
pub async fn discard_upload(organization: String, id: String) -> Answer<()> {
    let scope = crate::server::scope(&organization).await?;
    let id = id.parse().map_err(|_| crate::server::not_found())?;
    service::uploads::discard(&scope.admit()?, id).await?;
    leptos_axum::redirect(&crate::routes::uploads(&organization));
    Ok(())
}
