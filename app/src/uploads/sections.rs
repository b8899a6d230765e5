//! Past uploads. Server only.

use domain::upload::UploadState;
use leptos::prelude::*;
use ui::{Badge, Column, DataTable, Empty, Glyph, Row, Tone};

use super::shown::{UploadShown, bytes};
use crate::audit::history;
use crate::events::parts::number;
use crate::routes;
use crate::when::Ago;

pub fn past(uploads: Vec<UploadShown>, slug: &str, may_audit: bool) -> AnyView {
    if uploads.is_empty() {
        let text = "A file you upload is shown first: you choose which column is the time, the message, the severity, and import when it looks right.";
        return view! { <Empty title="No uploads yet" text=text icon=Glyph::Upload /> }.into_any();
    }
    let mut columns = vec![
        Column::new("File").class("message"),
        Column::new("State").class("shrink"),
        Column::new("Size").class("num optional"),
        Column::new("Accepted").class("num"),
        Column::new("Refused").class("num"),
        Column::new("Uploaded").class("time optional"),
    ];
    if may_audit {
        columns.push(Column::new("History").class("shrink").hidden_header());
    }
    let lines = uploads.into_iter().map(|upload| line(upload, slug, may_audit)).collect_view();
    view! {
        <DataTable caption="Past uploads" columns=columns>
            {lines}
        </DataTable>
    }
    .into_any()
}

fn line(upload: UploadShown, slug: &str, may_audit: bool) -> AnyView {
    let told = history::button(may_audit, &routes::uploads(slug), &upload.id, &upload.file_name);
    let told = told.map(|told| view! { <td class="shrink">{told}</td> });
    let href = routes::upload(slug, &upload.id);
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
            {told}
        </Row>
    }
    .into_any()
}

fn state(state: UploadState) -> (&'static str, Tone) {
    match state {
        UploadState::Mapped => ("To be mapped", Tone::Accent),
        UploadState::Running => ("Importing", Tone::Accent),
        UploadState::Done => ("Imported", Tone::Ok),
        UploadState::Failed => ("Failed", Tone::High),
    }
}
