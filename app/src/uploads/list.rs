//! Choosing a file, and what became of the files before.

use domain::permission::Key;
use domain::upload::UploadState;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use ui::{
    Badge, Button, Column, DataTable, Empty, FileInput, Glyph, Notice, NoticeKind, PageHead, Row, Section,
    Shaped, Skeleton, Tone, Variant,
};

use super::api::ListUploads;
use super::shown::{UploadShown, bytes};
use crate::events::parts::number;
use crate::fetch::{Load, fetch};
use crate::routes;
use crate::session::{Permitted, use_slug};
use crate::when::Ago;

/// `/o/{organization}/uploads?error=…`
#[component]
pub fn UploadsPage() -> impl IntoView {
    let slug = use_slug();
    let map = use_query_map();
    let uploads = fetch(move || ListUploads { organization: slug.get() });
    let refused = move || {
        map.with(|map| map.get_str("error").map(sentence))
            .map(|text| view! { <Notice kind=NoticeKind::Error>{text}</Notice> })
    };
    view! {
        <Title text="Uploads" />
        <PageHead title="Uploads" note="Files that become events" />
        <div class="page uploads">
            <Permitted key=Key::EventWrite>
                {move || refused()}
                <Choose slug />
            </Permitted>
            <Section title="Past uploads">
                <div class="table-scroll">
                    <Load resource=uploads skeleton=|| view! { <Skeleton shaped=Shaped::Rows count=4 /> } let:uploads>
                        <Past uploads slug=slug.get_untracked() />
                    </Load>
                </div>
            </Section>
        </div>
    }
    .into_any()
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

#[component]
fn Choose(slug: Memo<String>) -> impl IntoView {
    view! {
        <form class="upload-form" method="post" enctype="multipart/form-data" action=move || routes::uploads(&slug.read())>
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

#[component]
fn Past(uploads: Vec<UploadShown>, slug: String) -> impl IntoView {
    if uploads.is_empty() {
        let text = "A file you upload is shown first: you choose which column is the time, the message, the severity, and import when it looks right.";
        return view! { <Empty title="No uploads yet" text=text icon=Glyph::Upload /> }.into_any();
    }
    let columns = vec![
        Column::new("File").class("message"),
        Column::new("State").class("shrink"),
        Column::new("Size").class("num optional"),
        Column::new("Accepted").class("num"),
        Column::new("Refused").class("num"),
        Column::new("Uploaded").class("time optional"),
    ];
    view! {
        <DataTable caption="Past uploads" columns=columns>
            {uploads.into_iter().map(|upload| view! { <Line upload slug=slug.clone() /> }).collect_view()}
        </DataTable>
    }
    .into_any()
}

#[component]
fn Line(upload: UploadShown, slug: String) -> impl IntoView {
    let href = routes::upload(&slug, &upload.id);
    let (words, tone) = state(upload.state);
    view! {
        <Row href=href.clone()>
            <td class="message">
                <a href=href data-row-link="">
                    {upload.file_name}
                </a>
                <span class="under">{bytes(upload.bytes_total)} " · " <Ago when=upload.created.clone() /></span>
            </td>
            <td class="shrink">
                <Badge tone>{words}</Badge>
            </td>
            <td class="num optional">{bytes(upload.bytes_total)}</td>
            <td class="num">{number(upload.accepted)}</td>
            <td class="num">{number(upload.rejected)}</td>
            <td class="time optional">
                <Ago when=upload.created />
            </td>
        </Row>
    }
    .into_any()
}

pub fn state(state: UploadState) -> (&'static str, Tone) {
    match state {
        UploadState::Mapped => ("To be mapped", Tone::Accent),
        UploadState::Running => ("Importing", Tone::Accent),
        UploadState::Done => ("Imported", Tone::Ok),
        UploadState::Failed => ("Failed", Tone::High),
    }
}
