//! What links the results of queries to a case: how far it is, how it ended, and what stops it or takes it back. Server only.

use domain::case::job::{CaseJob, JobState};
use leptos::prelude::*;
use ui::{Badge, Button, Notice, NoticeKind, Progress, Section, Tone, Variant};

use super::detail::Place;
use super::parts::label;
use super::{CancelCaseJob, TakeCaseJobBack};
use crate::events::parts::{counted, number};
use crate::page::print::form;
use crate::when::Ago;

/// What runs now, with how far it is; the page looks again by itself.
pub(super) fn running(place: &Place<'_>, jobs: &[CaseJob]) -> AnyView {
    let again = place.href("events");
    jobs.iter()
        .filter(|job| job.state == JobState::Running)
        .map(|job| {
            let (title, text) = (format!("Linking {}", which(job)), progress(job));
            let cancel = place.may_write.then(|| act::<CancelCaseJob>(place, job, "Stopped", "Stop"));
            let again = again.clone();
            let value = job.progress() * 100.0;
            view! {
                <Notice kind=NoticeKind::Info>
                    <div data-again="1500">
                        <Progress label=title value=value text=text />
                        <span class="row-line">
                            <a class="link" href=again>"Look again"</a>
                            {cancel}
                        </span>
                    </div>
                </Notice>
            }
        })
        .collect_view()
        .into_any()
}

/// Those that have ended, the latest first.
pub(super) fn ended(place: &Place<'_>, jobs: &[CaseJob]) -> Option<AnyView> {
    let rows: Vec<_> = jobs
        .iter()
        .filter(|job| job.state != JobState::Running)
        .map(|job| {
            let (tone, words) = match job.state {
                JobState::Failed => (Tone::High, job.failure.clone().unwrap_or_default()),
                JobState::Done => (Tone::Ok, "done".to_owned()),
                state => (Tone::Neutral, label(state.as_str()).to_lowercase()),
            };
            let added = counted(job.added, "event", "events");
            let by = job.started_by.clone();
            let when = place.scope.zone.when(job.started_at);
            let back = (place.may_write && job.can_be_taken_back())
                .then(|| act::<TakeCaseJobBack>(place, job, "Taken out", "Take out again"));
            view! {
                <li class="row-line">
                    <span class="grow">{which(job)} <span class="muted">" · " {added} " · " {by} " · " <Ago when=when /></span></span>
                    <Badge tone>{words}</Badge>
                    {back}
                </li>
            }
        })
        .collect();
    (!rows.is_empty()).then(|| {
        view! { <Section title="Linked by queries"><ul class="plain-list">{rows}</ul></Section> }.into_any()
    })
}

fn act<S: leptos::server_fn::ServerFn<Error = crate::error::AppError>>(
    place: &Place<'_>,
    job: &CaseJob,
    done: &'static str,
    words: &'static str,
) -> AnyView {
    let fields = view! {
        {place.hidden()}
        <input type="hidden" name="job" value=job.id.to_string() />
        <Button submit=true variant=Variant::Secondary>{words}</Button>
    };
    form::<S>(done, "inline-form", fields)
}

fn which(job: &CaseJob) -> String {
    if job.query.is_empty() {
        "all events of a time".to_owned()
    } else {
        format!("events that match {}", job.query)
    }
}

/// "400 of about 1,384".
fn progress(job: &CaseJob) -> String {
    let about = if job.exact { "" } else { "about " };
    format!("{} of {about}{}", number(job.found), number(job.expected.max(job.found)))
}
