//! Choosing a file, and what became of the files before. Printed by the server.

use domain::permission::Key;
use leptos::prelude::*;
use ui::{Button, Failure, FileInput, Glyph, Notice, NoticeKind, PageHead, Progress, Section, Tone, Variant};

use super::shown::limit;
use super::{read, sections};
use crate::audit::history;
use crate::error::Answer;
use crate::page::Page;
use crate::page::print::Asked;
use crate::routes;

/// Past uploads on the page.
const PAST: u32 = 100;

/// `/o/{organization}/uploads?error=…`
pub async fn page(asked: Asked) -> Answer<Page> {
    let scope = asked.scope().await?;
    let slug = scope.organization.slug.as_str();
    let most = limit(scope.services.max_upload());
    let refused = asked.query.get_str("error").map(|word| sentence(word, &most));
    let may_upload = scope.may(Key::EventWrite);
    let (mut history, may_audit) = (None, scope.may(Key::AuditRead));
    let past = match read::past(&scope, PAST).await {
        Ok(uploads) => {
            let names = uploads.iter().map(|upload| (upload.id.clone(), upload.file_name.clone()));
            history = history::dialog(&scope, &asked, "upload", names, &routes::uploads(slug)).await?;
            sections::past(uploads, slug, may_audit)
        }
        Err(problem) => view! { <Failure problem /> }.into_any(),
    };
    let upload = may_upload.then(|| {
        view! {
            {refused.map(|text| view! { <Notice kind=NoticeKind::Error>{text}</Notice> })}
            {choose(slug, scope.services.max_upload(), &most)}
        }
    });
    let body = view! {
        <PageHead title="Uploads" note="Files that become events" />
        <div class="page uploads">
            {upload}
            <Section title="Past uploads">
                <div class="table-scroll">{past}</div>
            </Section>
        </div>
        {history}
    };
    Ok(Page::of("Uploads", body))
}

/// The server names why with a word, never with text of its own.
fn sentence(word: &str, most: &str) -> String {
    let text = match word {
        "missing" => "Choose a file first.",
        "empty" => "The file is empty.",
        "large" => {
            return format!(
                "The file is larger than {most}. Compress it with gzip or zstd, split it, or import it from the command line."
            );
        }
        "unreadable" => "The file was not recognised: send NDJSON, JSON, CSV, syslog lines or a log file.",
        "forbidden" => "Your role does not allow uploads here.",
        _ => "The upload did not arrive whole; try again.",
    };
    text.to_owned()
}

/// `bytes`: what `most` says; a script refuses larger files before they are sent.
fn choose(slug: &str, bytes: u64, most: &str) -> AnyView {
    let hint = format!(
        "NDJSON, JSON, CSV, syslog or plain log lines, up to {most}; gzip and zstd are unpacked. No event is stored before you say so."
    );
    view! {
        <form class="upload-form" method="post" enctype="multipart/form-data" action=routes::uploads(slug) data-most=bytes.to_string()>
            <FileInput
                id="upload-file"
                name="file"
                label="Choose a file or drop it here"
                hint=hint
                required=true
            />
            <p class="error send-error" role="alert"></p>
            <Button variant=Variant::Primary submit=true icon=Glyph::Upload>
                "Upload and look"
            </Button>
            <div class="sending" hidden>
                <Progress label="Sending the file" value=0.0 text="" tone=Tone::Accent />
                <Button>"Stop"</Button>
            </div>
        </form>
    }
    .into_any()
}
