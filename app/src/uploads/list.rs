//! Choosing a file, and what became of the files before.

use domain::permission::Key;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use ui::{Button, FileInput, Glyph, Notice, NoticeKind, PageHead, Section, Shaped, Skeleton, Variant};

use super::api::ListUploads;
use crate::fetch::{Load, fetch};
use crate::printed::Print;
use crate::routes;
use crate::session::{Permitted, use_slug};

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
                        <Print html=uploads />
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
