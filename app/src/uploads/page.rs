//! One upload: mapped, then watched, then done.

use std::time::Duration;

use domain::upload::UploadState;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use ui::{Button, Glyph, Notice, NoticeKind, PageHead, Progress, Section, Variant};

use super::api::GetUpload;
use super::mapping::{MapColumns, Refused, Warnings};
use super::query::MappingForm;
use super::shown::{UploadShown, UploadStep, bytes};
use crate::error::Kind;
use crate::events::parts::{counted, number};
use crate::fetch::{Load, fetch_after};
use crate::routes;
use crate::session::use_slug;

/// Between two looks at a running import.
const POLL: Duration = Duration::from_secs(1);

/// `/o/{organization}/uploads/{id}`
#[component]
pub fn UploadPage() -> impl IntoView {
    let slug = use_slug();
    let params = use_params_map();
    let map = use_query_map();
    let id = move || params.with(|params| params.get_str("id").unwrap_or_default().to_owned());
    let mapping = Memo::new(move |_| map.with(MappingForm::read));
    let looks = RwSignal::new(0_usize);
    let step = fetch_after(
        move || looks.get(),
        move || GetUpload { organization: slug.get(), id: id(), mapping: mapping.get().unwrap_or_default() },
    );
    Effect::new(move |_| {
        // A server that is away for a moment comes back and goes on.
        let again = step.get().is_some_and(|step| match step {
            Ok(step) => step.upload.state == UploadState::Running,
            Err(error) => matches!(error.kind, Kind::Offline | Kind::Unavailable),
        });
        if again {
            set_timeout(
                move || {
                    looks.try_update(|looks| *looks += 1);
                },
                POLL,
            );
        }
    });
    view! {
        <Title text="Upload" />
        <Load resource=step page=true let:step>
            <Step step slug=slug.get_untracked() mapping=mapping.get_untracked() />
        </Load>
    }
    .into_any()
}

#[component]
fn Step(step: UploadStep, slug: String, mapping: Option<MappingForm>) -> impl IntoView {
    let upload = step.upload.clone();
    let back = routes::uploads(&slug);
    let actions = move || {
        view! {
            <Button href=back.clone() icon=Glyph::ArrowLeft optional=true>
                "All uploads"
            </Button>
        }
    };
    let previewed = step.preview.as_ref().and_then(|preview| preview.as_ref().ok());
    let format = previewed.map_or(&upload.format, |preview| &preview.format);
    let (form, size) = (form_words(format), bytes(upload.bytes_total));
    let note = if form.is_empty() { size } else { format!("{form}, {size}") };
    let head = view! { <PageHead title=upload.file_name.clone() note=note actions=actions /> };
    let body = match upload.state {
        UploadState::Mapped => view! { <MapColumns step slug mapping /> }.into_any(),
        UploadState::Running => view! { <Running upload slug /> }.into_any(),
        UploadState::Done | UploadState::Failed => view! { <Finished upload slug /> }.into_any(),
    };
    view! {
        {head}
        {body}
    }
    .into_any()
}

fn form_words(format: &str) -> &'static str {
    match format {
        "ndjson" => "NDJSON",
        "json" => "JSON",
        "csv" => "CSV",
        "syslog" => "Log lines",
        // Not looked at yet, or imported before that was kept.
        _ => "",
    }
}

/// The bar moves by itself; without scripts the page is loaded again, which is all that `noscript` is for.
#[component]
fn Running(upload: UploadShown, slug: String) -> impl IntoView {
    let percent = upload.percent();
    view! {
        <noscript inner_html=r#"<meta http-equiv="refresh" content="2">"#></noscript>
        <div class="page page-narrow uploads" aria-live="polite">
            <Progress label="Importing" value=percent text=format!("{percent:.0} %") tone=ui::Tone::Accent />
            <p class="muted">
                {format!("{} accepted, {} refused so far. You can leave this page; the import goes on.", number(upload.accepted), number(upload.rejected))}
            </p>
            <p>
                <Button href=routes::upload(&slug, &upload.id) icon=Glyph::Refresh>
                    "Look again"
                </Button>
            </p>
        </div>
    }
    .into_any()
}

#[component]
fn Finished(upload: UploadShown, slug: String) -> impl IntoView {
    let failed = upload.state == UploadState::Failed;
    let kind = match (failed, upload.rejected) {
        (true, _) => NoticeKind::Error,
        (false, 0) => NoticeKind::Ok,
        (false, _) => NoticeKind::Warning,
    };
    let words = match (&upload.error, failed) {
        (Some(error), true) => format!(
            "The import stopped: {error} {} were stored before that.",
            counted(upload.accepted, "event", "events")
        ),
        (None, true) => format!(
            "The import stopped. {} were stored before that.",
            counted(upload.accepted, "event", "events")
        ),
        _ => {
            let known = match upload.known {
                0 => String::new(),
                known => format!("{} known already, ", counted(known as i64, "event", "events")),
            };
            format!(
                "{} stored, {known}{} refused.",
                counted(upload.accepted - upload.known as i64, "event", "events"),
                counted(upload.rejected, "row", "rows")
            )
        }
    };
    let file = format!("{}/rejections.csv", routes::upload(&slug, &upload.id));
    let (stored, rejected) = (upload.accepted > 0, upload.rejected > 0);
    let download = move || {
        let file = file.clone();
        view! {
            <a class="button secondary" href=file rel="external" download="">
                <ui::Icon glyph=Glyph::Download />
                <span class="words">"Download refused rows"</span>
            </a>
        }
    };
    view! {
        <div class="page uploads">
            <Notice kind>{words}</Notice>
            <Warnings words=upload.warnings />
            <p class="row-line after-import">
                {stored
                    .then(|| {
                        view! {
                            <Button variant=Variant::Primary href=upload.events icon=Glyph::Events>
                                "See the events"
                            </Button>
                        }
                    })}
                <Button href=routes::uploads(&slug) icon=Glyph::Upload>
                    "Upload another file"
                </Button>
            </p>
            {rejected
                .then(|| {
                    view! {
                        <Section title="Refused rows" actions=download>
                            <Refused rejections=upload.rejections />
                        </Section>
                    }
                })}
        </div>
    }
    .into_any()
}
