//! From the domain to what is shown. Server only.

use domain::UploadId;
use domain::permission::EventWrite;
use domain::upload::{Preview, Rejection, UnknownSeverities, Upload, UploadState};
use service::Cx;
use service::uploads::DryRun;

use super::query::MappingForm;
use super::shown::{ColumnShown, PreviewShown, RejectionShown, Tried, UploadShown, UploadStep};
use crate::server::Scope;
use crate::when::Zone;
use crate::{Answer, AppError};

/// Refused rows shown on the page; the file holds all.
const REJECTIONS: u32 = 20;
/// Different values shown for a column.
const SAMPLES: usize = 3;

pub async fn past(scope: &Scope, most: u32) -> Answer<Vec<UploadShown>> {
    let uploads = service::uploads::list(&scope.admit()?, most).await?;
    Ok(uploads.into_iter().map(|upload| upload_shown(upload, scope.zone)).collect())
}

pub async fn step(scope: &Scope, id: UploadId, mapping: &MappingForm) -> Answer<UploadStep> {
    let cx = scope.admit::<EventWrite>()?;
    let upload = get(scope, &cx, id).await?;
    if upload.state != UploadState::Mapped {
        return Ok(UploadStep { upload, preview: None, tried: None });
    }
    let shown = service::uploads::preview(&cx, id).await.map(preview).map_err(AppError::from);
    let asked = !mapping.column.is_empty();
    let tried = if asked { Some(dry_run(&cx, id, mapping).await) } else { None };
    Ok(UploadStep { upload, preview: Some(shown), tried })
}

async fn dry_run(cx: &Cx<EventWrite>, id: UploadId, mapping: &MappingForm) -> Answer<Tried> {
    Ok(tried(service::uploads::dry_run(cx, id, &mapping.to_choice()?).await?))
}

async fn get(scope: &Scope, cx: &Cx<EventWrite>, id: UploadId) -> Answer<UploadShown> {
    let upload = service::uploads::progress(cx, id).await?;
    let refused = matches!(upload.state, UploadState::Done | UploadState::Failed) && upload.rejected > 0;
    let rejections =
        if refused { service::uploads::rejections(cx, id, 0, REJECTIONS).await? } else { Vec::new() };
    let rejections = rejections.into_iter().map(rejection).collect();
    Ok(UploadShown { rejections, ..upload_shown(upload, scope.zone) })
}

fn upload_shown(upload: Upload, zone: Zone) -> UploadShown {
    UploadShown {
        id: upload.id.to_string(),
        file_name: upload.file_name,
        format: upload.format.to_string(),
        state: upload.state,
        bytes_total: upload.bytes_total,
        bytes_done: upload.bytes_done,
        accepted: upload.accepted,
        rejected: upload.rejected,
        unknown: unknown(&upload.unknown_severities),
        error: upload.error_message,
        created: zone.when(upload.created_at),
        rejections: Vec::new(),
    }
}

fn preview(preview: Preview) -> PreviewShown {
    let guess = |column: &str| {
        preview
            .guess
            .iter()
            .find(|(_, of)| of.as_deref() == Some(column))
            .map(|(target, _)| target.to_string())
            .unwrap_or_default()
    };
    let samples = |at: usize| {
        let mut samples: Vec<String> = Vec::new();
        for value in preview.rows.iter().filter_map(|row| row.get(at)).filter(|value| !value.is_empty()) {
            if samples.len() < SAMPLES && !samples.contains(value) {
                samples.push(value.clone());
            }
        }
        samples
    };
    let columns = preview
        .columns
        .iter()
        .enumerate()
        .map(|(at, name)| ColumnShown { name: name.clone(), samples: samples(at), guess: guess(name) })
        .collect();
    PreviewShown { columns, rows: preview.rows }
}

fn tried(tried: DryRun) -> Tried {
    let DryRun { receipt, texts, unknown_severities, whole } = tried;
    let rejections =
        receipt.rejections.into_iter().zip(texts).take(REJECTIONS as usize).map(rejection).collect();
    Tried {
        accepted: receipt.accepted as i64,
        rejected: receipt.rejected as i64,
        unknown: unknown(&unknown_severities),
        whole,
        rejections,
    }
}

fn unknown(severities: &UnknownSeverities) -> String {
    severities.sentence().map(|s| format!("{s}. The words are kept beside the events.")).unwrap_or_default()
}

fn rejection((rejection, text): (Rejection, String)) -> RejectionShown {
    RejectionShown { row: rejection.index + 1, field: rejection.field, reason: rejection.reason, text }
}

/// Starts the import and leads to its progress.
pub async fn start(scope: &Scope, organization: &str, id: UploadId, form: &MappingForm) -> Answer<()> {
    service::uploads::start(&scope.admit()?, id, form.to_choice()?).await?;
    leptos_axum::redirect(&crate::routes::upload(organization, id));
    Ok(())
}
