//! Server functions of uploads. The file itself comes through the server's route (see the module).

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;

use super::query::MappingForm;
use super::shown::{PreviewShown, Tried, UploadShown};
use crate::Answer;

/// Past uploads on the page.
#[cfg(feature = "ssr")]
const PAST: u32 = 100;

#[server(name = ListUploads, prefix = "/fn", endpoint = "uploads/list", input = GetUrl)]
pub async fn list_uploads(organization: String) -> Answer<Vec<UploadShown>> {
    let scope = crate::server::scope(&organization).await?;
    let uploads = service::uploads::list(&scope.admit()?, PAST).await?;
    Ok(uploads.into_iter().map(|upload| super::read::upload_shown(upload, scope.zone)).collect())
}

#[server(name = GetUpload, prefix = "/fn", endpoint = "uploads/get", input = GetUrl)]
pub async fn get_upload(organization: String, id: String) -> Answer<UploadShown> {
    let scope = crate::server::scope(&organization).await?;
    super::read::get(&scope, id.parse().map_err(|_| crate::AppError::not_found())?).await
}

#[server(name = PreviewUpload, prefix = "/fn", endpoint = "uploads/preview", input = GetUrl)]
pub async fn preview_upload(organization: String, id: String) -> Answer<PreviewShown> {
    let scope = crate::server::scope(&organization).await?;
    let id = id.parse().map_err(|_| crate::AppError::not_found())?;
    Ok(super::read::preview(service::uploads::preview(&scope.admit()?, id).await?))
}

/// Reads the file with the mapping and stores nothing.
#[server(name = TryUpload, prefix = "/fn", endpoint = "uploads/try", input = GetUrl)]
pub async fn try_upload(
    organization: String,
    id: String,
    #[server(default)] mapping: MappingForm,
) -> Answer<Tried> {
    let scope = crate::server::scope(&organization).await?;
    let id = id.parse().map_err(|_| crate::AppError::not_found())?;
    Ok(super::read::tried(service::uploads::dry_run(&scope.admit()?, id, &mapping.to_choice()?).await?))
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
    let id = id.parse().map_err(|_| crate::AppError::not_found())?;
    super::read::start(
        &scope,
        &organization,
        id,
        &MappingForm { column, target, severity, source, environment },
    )
    .await
}
