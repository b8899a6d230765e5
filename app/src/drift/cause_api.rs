//! Server functions of causes and models: scope, one service call, back to the page.

#[cfg(feature = "ssr")]
use domain::Invalid;
#[cfg(feature = "ssr")]
use domain::cause::Cause;
#[cfg(feature = "ssr")]
use domain::permission::{DriftWrite, ModelWrite};
use domain::{DriftId, MlModelId};
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use service::{causes, models};

use crate::error::Answer;
#[cfg(feature = "ssr")]
use crate::error::Typed as _;
use crate::page::Done;
#[cfg(feature = "ssr")]
use crate::server::scope;

/// Says what the cause of a drift is.
#[server(name = LabelCause, prefix = "/fn", endpoint = "label_cause")]
pub async fn label_cause(
    organization: String,
    id: DriftId,
    cause: String,
    #[server(default)] reason: String,
) -> Answer<Done> {
    let cx = scope(&organization).await?.admit::<DriftWrite>()?;
    let said = async {
        let category: Cause = cause.parse().map_err(|_| Invalid::field("cause", "choose one"))?;
        Ok::<_, crate::error::AppError>(causes::label(&cx, id, category, &reason).await?)
    };
    let typed = [("cause", &*cause), ("note", &*reason)];
    let now = said.await.typed(&typed)?;
    let confirmed = now.cause() == now.cause_category;
    Ok(Done::new(if confirmed { "Confirmed" } else { "Corrected; the next training learns from it" }))
}

/// Takes that back.
#[server(name = UnlabelCause, prefix = "/fn", endpoint = "unlabel_cause")]
pub async fn unlabel_cause(organization: String, id: DriftId) -> Answer<Done> {
    causes::unlabel(&scope(&organization).await?.admit::<DriftWrite>()?, id).await?;
    Ok(Done::new("What was judged holds again"))
}

#[server(name = TrainModels, prefix = "/fn", endpoint = "train_models")]
pub async fn train_models(organization: String) -> Answer<Done> {
    models::train(&scope(&organization).await?.admit::<ModelWrite>()?).await?;
    Ok(Done::new("It trains; look again in a moment"))
}

#[server(name = ActivateModel, prefix = "/fn", endpoint = "activate_model")]
pub async fn activate_model(organization: String, id: MlModelId) -> Answer<Done> {
    let model = models::activate(&scope(&organization).await?.admit::<ModelWrite>()?, id).await?;
    Ok(Done::new(format!("Version {} judges; open drifts are judged anew", model.version)))
}

#[server(name = ShadowModel, prefix = "/fn", endpoint = "shadow_model")]
pub async fn shadow_model(organization: String, id: MlModelId) -> Answer<Done> {
    let model = models::shadow(&scope(&organization).await?.admit::<ModelWrite>()?, id).await?;
    Ok(Done::new(format!("Version {} judges beside the active one, without effect", model.version)))
}

#[server(name = RollBackModel, prefix = "/fn", endpoint = "roll_back_model")]
pub async fn roll_back_model(organization: String) -> Answer<Done> {
    let now = models::roll_back(&scope(&organization).await?.admit::<ModelWrite>()?).await?;
    Ok(Done::new(match now {
        Some(model) => format!("Version {} judges again", model.version),
        None => "The rules judge again".to_owned(),
    }))
}
