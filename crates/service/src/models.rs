//! Models of causes: trained in the background from what analysts say, tried as a shadow, activated, rolled back.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use causes::stability::Shifted;
use causes::{Artifact, Example, FEATURES, Report, features};
use domain::audit::{Action, AuditActor, AuditEntry};
use domain::cause::{Cause, KEPT_VERSIONS, MODEL, MlModel, Performance, Training, TrainingState};
use domain::permission::{DriftRead, ModelWrite};
use domain::{MlModelId, MlTrainingId, OrganizationId};
use serde_json::{Value, json};
use store::cause::Labelled;
use store::{ReadTx, SystemTx, WriteTx};

use crate::{Cx, Error, Result, Services, Who};

/// Labels that a training looks at, the latest.
const MOST_LABELS: u32 = 50_000;
/// Open drifts that are judged anew when another model judges.
const JUDGED_ANEW: u32 = 5_000;
/// Labels that a version is tried on, the latest.
const TRIED: u32 = 2_000;
/// Drifts that are compared with what a model learned from.
const RECENT: u32 = 500;
/// Trainings that are shown.
const SHOWN: u32 = 10;
/// A process that trains says at least this often that it is still there, in seconds; three times that is its lease.
const HEARTBEAT: i64 = 20;

/// A version with how it did.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    pub model: MlModel,
    pub performance: Option<Performance>,
    /// Of the drifts that were labelled after it was trained: how many it judged, and how many of these rightly.
    pub tried: (usize, usize),
}

/// All that the Models page shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Overview {
    /// The latest first.
    pub versions: Vec<Version>,
    /// The latest first.
    pub trainings: Vec<Training>,
    /// Labels by cause.
    pub labels: Vec<(Cause, i64)>,
    /// Features that arrive in another way than the active model learned them.
    pub shifted: Vec<Shifted>,
}

pub async fn overview(cx: &Cx<DriftRead>) -> Result<Overview> {
    let mut tx = cx.read().await?;
    let mut versions = Vec::new();
    let mut shifted = Vec::new();
    for model in store::model::list(&mut tx, MODEL).await? {
        let performance = store::model::performance(&mut tx, model.id).await?;
        let tried = store::model::tried(&mut tx, model.id, TRIED).await?;
        let right = tried.iter().filter(|(said, cause)| said["cause"] == json!(cause)).count();
        if model.is_active {
            shifted = shifts(&mut tx, model.id).await?;
        }
        versions.push(Version { model, performance, tried: (tried.len(), right) });
    }
    let trainings = store::model::trainings(&mut tx, SHOWN).await?;
    let mut labels = store::cause::count_labelled(&mut tx).await?;
    labels.sort_by_key(|(cause, _)| cause.place());
    Ok(Overview { versions, trainings, labels, shifted })
}

async fn shifts(tx: &mut ReadTx, model: MlModelId) -> Result<Vec<Shifted>> {
    let bytes = store::model::artifact(tx, model).await?.unwrap_or_default();
    let Some(artifact) = Artifact::from_bytes(&bytes) else { return Ok(Vec::new()) };
    let recent = store::cause::recent_features(tx, RECENT).await?;
    let rows: Vec<causes::Features> = recent.iter().map(row).collect();
    Ok(artifact.sample.shifted(&rows))
}

fn row(kept: &Value) -> causes::Features {
    features::of_names(&serde_json::from_value(kept.clone()).unwrap_or_default())
}

/// The latest first.
pub async fn trainings(cx: &Cx<DriftRead>) -> Result<Vec<Training>> {
    Ok(store::model::trainings(&mut cx.read().await?, SHOWN).await?)
}

pub async fn training(cx: &Cx<DriftRead>, id: MlTrainingId) -> Result<Training> {
    store::model::training(&mut cx.read().await?, id).await?.ok_or(Error::NotFound)
}

/// Begins to train. The server goes on with it by itself.
///
/// # Errors
/// `Conflict` while one runs, or where there are too few labels.
pub async fn train(cx: &Cx<ModelWrite>) -> Result<Training> {
    let mut tx = cx.write().await?;
    let labels = store::cause::count_labelled(&mut tx).await?;
    let all: i64 = labels.iter().map(|(_, n)| n).sum();
    let enough = labels.iter().filter(|(_, n)| *n >= causes::train::LEAST_OF_CAUSE as i64).count();
    if all < causes::train::LEAST_LABELS as i64 || enough < 2 {
        let few = causes::TooFew { labels: all as usize, causes: enough };
        return Err(Error::Conflict(few.to_string()));
    }
    let new = Training {
        id: cx.services.clock.id(),
        state: TrainingState::Running,
        step: "waiting".to_owned(),
        progress: 0.0,
        labels: all.min(i64::from(MOST_LABELS)),
        failure: None,
        ml_model_id: None,
        started_by_id: match &cx.actor.who {
            Who::User(user) => Some(user.id),
            Who::ApiKey { .. } | Who::System(_) => None,
        },
        started_by: cx.actor.audit().label,
        started_at: tx.now(),
        ended_at: None,
    };
    match store::model::insert_training(&mut tx, &new).await {
        Err(store::Error::Unique) => {
            return Err(Error::Conflict("a training runs already; wait until it has ended".to_owned()));
        }
        done => done?,
    }
    let entry = AuditEntry::new(Action::MODEL_TRAINING_STARTED, "ml_training", new.id);
    tx.commit(entry.metadata(json!({ "labels": new.labels }))).await?;
    Ok(new)
}

/// A version judges from now on; open drifts are judged anew.
pub async fn activate(cx: &Cx<ModelWrite>, id: MlModelId) -> Result<MlModel> {
    let mut tx = cx.write().await?;
    let versions = store::model::lock(&mut tx, MODEL).await?;
    let chosen = versions.iter().find(|model| model.id == id).cloned().ok_or(Error::NotFound)?;
    if chosen.is_active {
        return Err(Error::Conflict(format!("version {} judges already", chosen.version)));
    }
    let active = versions.iter().find(|model| model.is_active).map(|model| model.version);
    let mut metadata = chosen.metadata.clone();
    metadata["before"] = json!(active);
    let chosen = MlModel { metadata, ..chosen };
    judge_by(&mut tx, Some(&chosen)).await?;
    let before = active.map(|version| json!({ "version": version }));
    let entry = AuditEntry::new(Action::MODEL_ACTIVATED, "ml_model", id);
    let now = tx.now();
    tx.commit(entry.change(before, Some(json!({ "version": chosen.version })))).await?;
    Ok(MlModel { is_active: true, is_shadow: false, deployed_at: Some(now), ..chosen })
}

/// A version judges beside the active one, without effect; none other does.
pub async fn shadow(cx: &Cx<ModelWrite>, id: MlModelId) -> Result<MlModel> {
    let mut tx = cx.write().await?;
    let versions = store::model::lock(&mut tx, MODEL).await?;
    let chosen = versions.iter().find(|model| model.id == id).cloned().ok_or(Error::NotFound)?;
    if chosen.is_active {
        return Err(Error::Conflict(format!("version {} is the one that judges", chosen.version)));
    }
    store::model::unshadow(&mut tx, MODEL).await?;
    store::model::shadow(&mut tx, id).await?;
    ask_anew(&mut tx).await?;
    let entry = AuditEntry::new(Action::MODEL_SHADOWED, "ml_model", id);
    tx.commit(entry.metadata(json!({ "version": chosen.version }))).await?;
    Ok(MlModel { is_shadow: true, ..chosen })
}

/// Back to the version that judged before the active one, or to the rules where none did. The version that judges now.
pub async fn roll_back(cx: &Cx<ModelWrite>) -> Result<Option<MlModel>> {
    let mut tx = cx.write().await?;
    let versions = store::model::lock(&mut tx, MODEL).await?;
    let Some(active) = versions.iter().find(|model| model.is_active) else {
        return Err(Error::Conflict("the rules judge; there is nothing to roll back".to_owned()));
    };
    let before = active.metadata["before"].as_i64();
    let chosen = versions.iter().find(|model| Some(model.version) == before).cloned();
    judge_by(&mut tx, chosen.as_ref()).await?;
    let told = |model: Option<&MlModel>| match model {
        Some(model) => json!({ "version": model.version }),
        None => json!({ "version": null, "judge": "rules" }),
    };
    let target = chosen.as_ref().unwrap_or(active).id;
    let entry = AuditEntry::new(Action::MODEL_ROLLED_BACK, "ml_model", target);
    let now = tx.now();
    tx.commit(entry.change(Some(told(Some(active))), Some(told(chosen.as_ref())))).await?;
    Ok(chosen.map(|model| MlModel { is_active: true, is_shadow: false, deployed_at: Some(now), ..model }))
}

/// `None`: the rules.
async fn judge_by(tx: &mut WriteTx, chosen: Option<&MlModel>) -> Result<()> {
    let now = tx.now();
    store::model::rest(tx, MODEL).await?;
    if let Some(chosen) = chosen {
        store::model::activate(tx, chosen.id, &chosen.metadata, now).await?;
    }
    ask_anew(tx).await
}

async fn ask_anew(tx: &mut WriteTx) -> Result<()> {
    let now = tx.now();
    let open = store::cause::open(tx, JUDGED_ANEW).await?;
    Ok(store::cause::ask(tx, &open, now).await?)
}

/// Goes on with every training that nobody is at, in all organizations; how many ended.
///
/// # Errors
/// The last failure, after all were tried.
pub async fn run_trainings(services: &Services) -> Result<usize> {
    let waiting = {
        let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
        store::model::waiting(&mut tx, services.clock.now()).await?
    };
    let (mut ended, mut failed) = (0, None);
    for (organization, id) in waiting {
        match run(services, organization, id).await {
            Ok(true) => ended += 1,
            Ok(false) => {}
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(ended), Err)
}

async fn run(services: &Services, organization: OrganizationId, id: MlTrainingId) -> Result<bool> {
    let now = services.clock.now();
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    let taken =
        store::model::take(&mut tx.within(organization), id, now, now.plus_seconds(3 * HEARTBEAT)).await?;
    tx.commit_unaudited_bookkeeping().await?;
    if !taken {
        return Ok(false);
    }
    let mut tx = ReadTx::begin(&services.db, organization).await?;
    let Some(training) = store::model::training(&mut tx, id).await? else { return Ok(false) };
    let labelled = store::cause::labelled(&mut tx, MOST_LABELS).await?;
    drop(tx);
    let examples: Vec<Example> = labelled.iter().map(example).collect();
    // The same labels give the same model, whoever trains.
    let seed = id.0.as_u128() as u64;
    let told = Arc::new(Mutex::new((0.0, "beginning")));
    let telling = told.clone();
    let mut work = tokio::task::spawn_blocking(move || {
        causes::train(&examples, seed, |progress, step| {
            if let Ok(mut told) = telling.lock() {
                *told = (progress, step);
            }
        })
    });
    let mut shown = (-1.0, "");
    let mut said_at = now;
    let trained = loop {
        if let Ok(done) = tokio::time::timeout(Duration::from_millis(500), &mut work).await {
            let Ok(done) = done else {
                // Else it would stay "running", and nobody could begin another.
                return fail(services, organization, &training, "it broke off; the server's log says why")
                    .await;
            };
            break done;
        }
        let current = told.lock().map_or(shown, |told| *told);
        let now = services.clock.now();
        let moved = (current.0 - shown.0).abs() > 1e-9 || current.1 != shown.1;
        if moved || now.seconds() - said_at.seconds() >= HEARTBEAT {
            (shown, said_at) = (current, now);
            let mut tx = SystemTx::across_all_organizations(&services.db).await?;
            let until = now.plus_seconds(3 * HEARTBEAT);
            store::model::went_on(&mut tx.within(organization), id, current, until).await?;
            tx.commit_unaudited_bookkeeping().await?;
        }
    };
    match trained {
        Ok((artifact, report)) => keep(services, organization, &training, &artifact, &report).await,
        Err(few) => fail(services, organization, &training, &few.to_string()).await,
    }
}

fn example(labelled: &Labelled) -> Example {
    Example {
        features: row(&labelled.features),
        cause: labelled.cause,
        resource: labelled.resource.0.as_u128() as u64,
    }
}

/// In the name of who began it.
async fn begin(services: &Services, organization: OrganizationId, training: &Training) -> Result<WriteTx> {
    let actor = AuditActor {
        user_id: training.started_by_id,
        label: training.started_by.clone(),
        ip_address: None,
        user_agent: None,
        session_id: None,
    };
    Ok(WriteTx::begin(&services.db, organization, actor, services.stamp()).await?)
}

async fn fail(
    services: &Services,
    organization: OrganizationId,
    training: &Training,
    why: &str,
) -> Result<bool> {
    let mut tx = begin(services, organization, training).await?;
    let ended = store::model::end_training(&mut tx, training.id, Err(why)).await?;
    let entry = AuditEntry::new(Action::MODEL_TRAINED, "ml_training", training.id).failed(why);
    tx.commit(entry.metadata(json!({ "labels": training.labels }))).await?;
    Ok(ended)
}

/// Keeps a new version. The first one judges, if it is better than always telling the commonest cause; a later one is the shadow
/// until somebody activates it. Versions beyond the last five go, but never one that judges.
async fn keep(
    services: &Services,
    organization: OrganizationId,
    training: &Training,
    artifact: &Artifact,
    report: &Report,
) -> Result<bool> {
    let mut tx = begin(services, organization, training).await?;
    let versions = store::model::lock(&mut tx, MODEL).await?;
    let now = tx.now();
    let first = !versions.iter().any(|model| model.deployed_at.is_some());
    let judges = first && report.f1_macro > report.commonest_f1_macro;
    let id: MlModelId = services.clock.id();
    let version = versions.first().map_or(0, |model| model.version) + 1;
    let model = MlModel {
        id,
        name: MODEL.to_owned(),
        version,
        model_type: "classification".to_owned(),
        framework: format!("watchroom {}", report.algorithm),
        artifact_path: format!("ml_artifacts/{id}"),
        features: FEATURES.iter().map(|feature| feature.name.to_owned()).collect(),
        target_classes: Cause::ALL.iter().map(|cause| cause.as_str().to_owned()).collect(),
        metrics: json!({
            "accuracy": report.accuracy, "precision": report.precision_macro, "recall": report.recall_macro, "f1": report.f1_macro,
            "calibration_error": report.calibration_error,
        }),
        trained_at: now,
        deployed_at: None,
        is_active: false,
        is_shadow: false,
        metadata: json!({
            "algorithm": report.algorithm, "labels": report.labels, "learned_from": report.learned_from,
            "measured_on": report.measured_on, "rounds": report.rounds, "temperature": report.temperature,
            "other_f1": report.other_f1_macro, "commonest_f1": report.commonest_f1_macro,
            "trained_by": training.started_by, "training": training.id,
        }),
        created_at: now,
    };
    store::model::insert(&mut tx, &model, artifact.to_bytes()).await?;
    let performance = Performance {
        evaluation_date: now,
        training_data_size: report.learned_from as i64,
        accuracy: report.accuracy,
        precision_macro: report.precision_macro,
        recall_macro: report.recall_macro,
        f1_score_macro: report.f1_macro,
        confusion_matrix: json!(report.confusion),
        per_class: json!(report.per_class),
        feature_importance: json!(report.importance),
        cross_validation_scores: json!(report.cross_validation),
        calibration: json!({
            "temperature": report.temperature, "error": report.calibration_error, "bands": report.calibration,
        }),
    };
    store::model::add_performance(&mut tx, services.clock.id(), id, &performance).await?;
    if !store::model::end_training(&mut tx, training.id, Ok(id)).await? {
        return Err(Error::Conflict("somebody else ended this training".to_owned()));
    }
    if judges {
        judge_by(&mut tx, Some(&model)).await?;
    } else {
        store::model::unshadow(&mut tx, MODEL).await?;
        store::model::shadow(&mut tx, id).await?;
        ask_anew(&mut tx).await?;
    }
    // The newest stay, and besides them the one that judges and the one to roll back to.
    let before = versions.iter().find(|old| old.is_active).and_then(|old| old.metadata["before"].as_i64());
    let is_needed = |old: &MlModel| old.is_active || Some(old.version) == before;
    let mut gone = Vec::new();
    for old in versions.iter().skip(KEPT_VERSIONS - 1).filter(|old| !is_needed(old)) {
        store::model::delete(&mut tx, old.id).await?;
        gone.push(old.version);
    }
    let metadata = json!({
        "version": version, "algorithm": report.algorithm, "f1": report.f1_macro, "labels": report.labels,
        "role": if judges { "active" } else { "shadow" }, "versions_deleted": gone,
    });
    tx.commit(AuditEntry::new(Action::MODEL_TRAINED, "ml_model", id).metadata(metadata)).await?;
    Ok(true)
}

/// A feature as the reader sees it; its own name where this version does not know it.
pub fn feature_label(name: &str) -> &str {
    features::place(name).map_or(name, |at| FEATURES[at].label)
}
