//! From the domain to what is shown. Server only.

use domain::UploadId;
use domain::permission::EventWrite;
use domain::query::EVENTS;
use domain::query::edit::{condition, include};
use domain::upload::{Format, Imported, Misfits, Preview, Rejection, UnknownSeverities, Upload, UploadState};
use service::Cx;
use service::uploads::DryRun;

use super::query::MappingForm;
use super::shown::{ColumnShown, PreviewShown, RejectionShown, Tried, UploadShown, UploadStep};
use crate::events::EventQuery;
use crate::routes;
use crate::server::Scope;
use crate::when::Zone;
use crate::{Answer, AppError};

/// Refused rows shown on the page; the file holds all.
const REJECTIONS: u32 = 20;
/// Different values shown for a column.
const SAMPLES: usize = 3;

pub async fn past(scope: &Scope, most: u32) -> Answer<Vec<UploadShown>> {
    let uploads = service::uploads::list(&scope.admit()?, most).await?;
    Ok(uploads.into_iter().map(|upload| upload_shown(upload, &scope.organization.slug, scope.zone)).collect())
}

pub async fn step(scope: &Scope, id: UploadId, mapping: &MappingForm) -> Answer<UploadStep> {
    let cx = scope.admit::<EventWrite>()?;
    let upload = get(scope, &cx, id).await?;
    if upload.state != UploadState::Mapped {
        return Ok(UploadStep { upload, preview: None, tried: None });
    }
    let shown = service::uploads::preview(&cx, id).await.map(preview).map_err(AppError::from);
    let tried = if mapping.asked { Some(dry_run(&cx, id, mapping).await) } else { None };
    Ok(UploadStep { upload, preview: Some(shown), tried })
}

async fn dry_run(cx: &Cx<EventWrite>, id: UploadId, mapping: &MappingForm) -> Answer<Tried> {
    Ok(tried(service::uploads::dry_run(cx, id, &mapping.to_choice()?).await?))
}

async fn get(scope: &Scope, cx: &Cx<EventWrite>, id: UploadId) -> Answer<UploadShown> {
    let upload = service::uploads::progress(cx, id).await?;
    let refused = matches!(upload.state, UploadState::Done | UploadState::Failed) && upload.rejected > 0;
    let rejections =
        if refused { service::uploads::rejections(cx, id, None, REJECTIONS).await? } else { Vec::new() };
    let rejections = rejections.into_iter().map(rejection).collect();
    Ok(UploadShown { rejections, ..upload_shown(upload, &scope.organization.slug, scope.zone) })
}

fn upload_shown(upload: Upload, slug: &str, zone: Zone) -> UploadShown {
    let events = events_of(&upload).href(slug);
    UploadShown {
        id: upload.id.to_string(),
        file_name: upload.file_name,
        format: upload.format.to_string(),
        state: upload.state,
        bytes_total: upload.bytes_total,
        bytes_done: upload.bytes_done,
        accepted: upload.accepted,
        known: upload.imported.known,
        rejected: upload.rejected,
        events,
        warnings: warnings(&upload.unknown_severities, &upload.imported.misfits),
        error: upload.error_message,
        created: zone.when(upload.created_at),
        rejections: Vec::new(),
    }
}

/// The events it brought, as far as time and source tell them: what was there before in the same range is among them.
fn events_of(upload: &Upload) -> EventQuery {
    let Imported { first, last, sources, .. } = &upload.imported;
    let (Some(first), Some(last)) = (first, last) else {
        // Nothing was accepted, or it was read by an earlier version.
        let source = upload.mapping.source.as_deref().unwrap_or(&upload.file_name);
        return EventQuery::all_time(condition("source", source));
    };
    let q =
        sources.iter().fold(String::new(), |q, source| include(&q, &EVENTS, "source", source).unwrap_or(q));
    EventQuery { from: first.iso(), to: last.plus_micros(1).iso(), q, ..EventQuery::default() }
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
    let maps = preview.format != Format::Syslog;
    let columns = preview
        .columns
        .iter()
        .enumerate()
        .map(|(at, name)| ColumnShown { name: name.clone(), samples: samples(at), guess: guess(name) })
        .collect();
    PreviewShown {
        format: preview.format.to_string(),
        maps,
        columns,
        more_columns: preview.more_columns as i64,
        rows: preview.rows,
    }
}

fn tried(tried: DryRun) -> Tried {
    let DryRun { receipt, texts, unknown_severities, misfits, whole } = tried;
    let rejections =
        receipt.rejections.into_iter().zip(texts).take(REJECTIONS as usize).map(rejection).collect();
    Tried {
        accepted: receipt.accepted as i64,
        rejected: receipt.rejected as i64,
        warnings: warnings(&unknown_severities, &misfits),
        whole,
        rejections,
    }
}

fn warnings(severities: &UnknownSeverities, misfits: &Misfits) -> Vec<String> {
    let severities = severities.sentence().map(|s| format!("{s}. The words are kept beside the events."));
    let misfits = misfits.sentence().map(|s| format!("{s}."));
    severities.into_iter().chain(misfits).collect()
}

fn rejection((rejection, text): (Rejection, String)) -> RejectionShown {
    RejectionShown { row: rejection.index + 1, field: rejection.field, reason: rejection.reason, text }
}

/// Starts the import and leads to its progress; where nothing would be stored, to the dry run that says why.
pub async fn start(scope: &Scope, organization: &str, id: UploadId, form: &MappingForm) -> Answer<()> {
    let page = routes::upload(organization, id);
    match service::uploads::start(&scope.admit()?, id, form.to_choice()?).await {
        Ok(_) => leptos_axum::redirect(&page),
        Err(service::Error::Invalid(_)) => leptos_axum::redirect(&form.href(&page)),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use domain::upload::Choice;

    use super::*;

    fn upload(imported: Imported) -> Upload {
        let at: Timestamp = "2026-11-24T00:00:00Z".parse().unwrap();
        Upload {
            id: UploadId(uuid::Uuid::nil()),
            file_name: "app log.csv".to_owned(),
            format: Format::Csv,
            mapping: Choice::default(),
            state: UploadState::Done,
            bytes_total: 1,
            bytes_done: 1,
            accepted: 1,
            rejected: 0,
            unknown_severities: UnknownSeverities::default(),
            imported,
            error_message: None,
            created_by: None,
            created_at: at,
            updated_at: at,
        }
    }

    #[test]
    fn the_events_of_an_upload_are_those_of_its_sources_in_its_time() {
        let at = |text: &str| text.parse::<Timestamp>().ok();
        let imported = Imported {
            first: at("2026-11-23T09:00:00Z"),
            last: at("2026-11-23T10:00:00Z"),
            sources: ["db", "web 1"].map(str::to_owned).into(),
            any_source: false,
            ..Imported::default()
        };
        let query = events_of(&upload(imported));
        assert_eq!(query.from, "2026-11-23T09:00:00.000000Z");
        assert_eq!(query.to, "2026-11-23T10:00:00.000001Z", "the last one is within");
        assert_eq!(query.q, "source:[db, \"web 1\"]");
        let nothing = events_of(&upload(Imported::default()));
        assert_eq!((nothing.from.as_str(), nothing.q.as_str()), ("all", "source:\"app log.csv\""));
    }
}
