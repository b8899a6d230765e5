//! Choosing a file, and what became of the files before. Printed by the server.

use domain::permission::Key;
use leptos::prelude::*;
use ui::{Button, Failure, FileInput, Glyph, Notice, NoticeKind, PageHead, Section, Variant};

use super::{read, sections};
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
    let refused = asked.query.get_str("error").map(sentence);
    let may_upload = scope.may(Key::EventWrite);
    let past = match read::past(&scope, PAST).await {
        Ok(uploads) => sections::past(uploads, slug),
        Err(problem) => view! { <Failure problem /> }.into_any(),
    };
    let upload = may_upload.then(|| {
        view! {
            {refused.map(|text| view! { <Notice kind=NoticeKind::Error>{text}</Notice> })}
            {choose(slug)}
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
    };
    Ok(Page::of("Uploads", body))
}

/// The server names why with a word, never with text of its own.
fn sentence(word: &str) -> &'static str {
    match word {
        "missing" => "Choose a file first.",
        "empty" => "The file is empty.",
        "large" => {
            "The file is larger than 200 MB. Compress it with gzip or zstd, split it, or import it from the command line."
        }
        "unreadable" => "The file was not recognised: send NDJSON, JSON, CSV, syslog lines or a log file.",
        "forbidden" => "Your role does not allow uploads here.",
        _ => "The upload did not arrive whole; try again.",
    }
}

fn choose(slug: &str) -> AnyView {
    view! {
        <form class="upload-form" method="post" enctype="multipart/form-data" action=routes::uploads(slug)>
            <FileInput
                id="upload-file"
                name="file"
                label="Choose a file or drop it here"
                hint="NDJSON, JSON, CSV, syslog or plain log lines, up to 200 MB; gzip and zstd are unpacked. No event is stored before you say so."
                required=true
            />
            <Button variant=Variant::Primary submit=true icon=Glyph::Upload>
                "Upload and look"
            </Button>
        </form>
    }
    .into_any()
}
