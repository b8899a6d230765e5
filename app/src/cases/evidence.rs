//! The tab of a case's evidence: its files, bringing one, and who had them in hand.

use std::collections::HashMap;

use domain::EvidenceId;
use domain::case::evidence::{Custody, CustodyEntry, Evidence};
use domain::permission::Key;
use leptos::prelude::*;
use ui::{
    Actions, Badge, Button, Column, DataTable, Dialog, Empty, Field, FileInput, Glyph, IconButton, Notice,
    NoticeKind, Row, Section, TextArea, TextInput, Tone, Variant,
};

use super::detail::Place;
use super::{CheckEvidence, RemoveEvidence, parts};
use crate::form::{Form, FormError};
use crate::page::print::{Asked, form};
use crate::routes;
use crate::uploads::{bytes, limit};
use crate::when::{Ago, At};

pub(super) fn evidence(
    place: &Place<'_>,
    files: &[Evidence],
    log: &[CustodyEntry],
    asked: &Asked,
) -> AnyView {
    let table = table(place, files);
    let told = told(asked.get("done"), asked.get("error"));
    let add = place.may_write.then(|| add(place, asked.get("description")));
    let removals: Vec<_> = files
        .iter()
        .filter(|file| place.may_write && file.removed_at.is_none())
        .map(|file| removal(place, file))
        .collect();
    let custody = (!log.is_empty()).then(|| custody(place, files, log));
    view! {
        {told}
        {table}
        {add}
        {custody}
        {removals}
    }
    .into_any()
}

fn told(done: &str, error: &str) -> AnyView {
    if done == "added" && error.is_empty() {
        return view! { <Notice kind=NoticeKind::Ok>"The file is kept; its hash is below."</Notice> }
            .into_any();
    }
    let words = match error {
        "" => return ().into_any(),
        "missing" => "Choose a file first.",
        "empty" => "The file is empty; choose another.",
        "large" => "The file is larger than this server takes as evidence. Nothing of it was kept.",
        "type" => "Files of this type are not taken here; pack it into an archive.",
        "description" => "The description has at most 2,000 characters.",
        "forbidden" => "Your role does not allow to add evidence.",
        _ => "The file did not arrive whole; nothing of it was kept. Try again.",
    };
    view! { <Notice kind=NoticeKind::Error>{words}</Notice> }.into_any()
}

fn table(place: &Place<'_>, files: &[Evidence]) -> AnyView {
    if files.is_empty() {
        return view! { <Empty title="No evidence yet" text="Files that a reader of this case must be able to trust: each is kept under its SHA-256, with who had it in hand." icon=Glyph::File /> }
            .into_any();
    }
    let columns = vec![
        Column::new("File").class("message"),
        Column::new("Size").class("num"),
        Column::new("Type").class("optional"),
        Column::new("Added").class("time optional"),
        Column::new("What to do").class("shrink").hidden_header(),
    ];
    let may_take = place.scope.may(Key::CaseExport);
    let rows: Vec<_> = files.iter().map(|file| row(place, file, may_take)).collect();
    view! {
        <DataTable caption="Evidence" columns=columns>
            {rows}
        </DataTable>
    }
    .into_any()
}

fn row(place: &Place<'_>, file: &Evidence, may_take: bool) -> AnyView {
    let zone = place.scope.zone;
    let (name, hash, description) = (file.filename.clone(), file.sha256.clone(), file.description.clone());
    let (size, kind, by) = (bytes(file.size), file.content_type.clone(), file.uploaded_by.clone());
    let added = zone.when(file.uploaded_at);
    let gone = file.removed_at.is_some();
    let removed = gone.then(|| {
        let why = file.removed_reason.clone().unwrap_or_default();
        let by = file.removed_by.clone().unwrap_or_default();
        view! { " " <Badge tone=Tone::Neutral>"removed"</Badge> <small class="below">{by} ": " {why}</small> }
    });
    let altered = (file.is_altered && !gone).then(|| {
        let words = "Its bytes are not those that had come: it is no evidence any more. A download says so in the custody.";
        view! { " " <Badge tone=Tone::High>"altered"</Badge> <small class="below">{words}</small> }
    });
    let id = file.id.to_string();
    let actions = (!gone).then(|| {
        let take = may_take.then(|| {
            let href = routes::evidence(place.slug(), place.case.number, file.id);
            let label = format!("Download {}", file.filename);
            let fields = view! {
                {place.hidden()}
                <input type="hidden" name="evidence" value=id.clone() />
                <IconButton submit=true glyph=Glyph::Check label=format!("Verify {}", file.filename) />
            };
            view! {
                <a class="icon-button" href=href rel="external" download=file.filename.clone() aria-label=label.clone() title=label>
                    <ui::Icon glyph=Glyph::Download />
                </a>
                {form::<CheckEvidence>("", "inline-form", fields)}
            }
        });
        let remove = place.may_write.then(|| {
            let label = format!("Remove {}", file.filename);
            view! { <IconButton opens=dialog_of(file.id) glyph=Glyph::Trash label=label /> }
        });
        view! { <span class="row-line">{take} {remove}</span> }
    });
    view! {
        <Row done=gone>
            <td class="message">
                {name} {removed} {altered} <small class="below">{description}</small>
                <small class="below hash">{hash}</small>
            </td>
            <td class="num">{size}</td>
            <td class="optional">{kind}</td>
            <td class="time optional"><Ago when=added /> <small class="below">{by}</small></td>
            <td class="shrink">{actions}</td>
        </Row>
    }
    .into_any()
}

fn dialog_of(id: EvidenceId) -> String {
    format!("remove-{id}")
}

fn removal(place: &Place<'_>, file: &Evidence) -> AnyView {
    let id = file.id.to_string();
    let state = Form::printed::<RemoveEvidence>().only("evidence", id.clone());
    let fields = view! {
        <FormError form=state fields=&["reason"] />
        {place.hidden()}
        <input type="hidden" name="evidence" value=id.clone() />
        <Field id=format!("reason-{id}") label="Why" required=true hint="The record and who had the file in hand stay; its bytes go, unless other evidence is the same file." error=state.reason("reason")>
            <TextArea name="reason" rows=3_u32 value=state.typed("reason", "") required=true />
        </Field>
        <Actions>
            <Button submit=true variant=Variant::Danger>"Remove the file"</Button>
        </Actions>
    };
    view! {
        <Dialog id=dialog_of(file.id) title=format!("Remove {}", file.filename) open=state.refused()>
            {form::<RemoveEvidence>("Removed", "form", fields)}
        </Dialog>
    }
    .into_any()
}

fn add(place: &Place<'_>, description: &str) -> AnyView {
    let rules = place.scope.services.evidence_rules();
    let mut hint = format!("Up to {}.", limit(rules.max_bytes));
    if !rules.blocked.is_empty() {
        hint.push_str(" Not taken: ");
        hint.push_str(&rules.blocked.join(", "));
        hint.push('.');
    }
    let description = description.to_owned();
    let action = routes::evidence_of(place.slug(), place.case.number);
    view! {
        <Section title="Add evidence">
            <form class="form" method="post" enctype="multipart/form-data" action=action>
                <Field id="evidence-description" label="What it is, and where it comes from">
                    <TextInput name="description" value=description maxlength=2000_u32 />
                </Field>
                <FileInput id="evidence-file" name="file" label="Choose a file or drop it here" hint=hint required=true />
                <Actions>
                    <Button submit=true variant=Variant::Primary icon=Glyph::Upload>
                        "Add the file"
                    </Button>
                </Actions>
            </form>
        </Section>
    }
    .into_any()
}

fn custody(place: &Place<'_>, files: &[Evidence], log: &[CustodyEntry]) -> AnyView {
    let zone = place.scope.zone;
    let names: HashMap<EvidenceId, &str> =
        files.iter().map(|file| (file.id, file.filename.as_str())).collect();
    let rows: Vec<_> = log
        .iter()
        .map(|line| {
            let tone = match line.step {
                Custody::Failed => Tone::High,
                Custody::Verified => Tone::Ok,
                _ => Tone::Neutral,
            };
            let what = parts::label(line.step.as_str());
            let file = names.get(&line.evidence_id).map(|name| (*name).to_owned());
            let (at, actor) = (zone.when(line.at), line.actor.clone());
            let (address, detail) = (line.address.clone(), line.detail.clone());
            view! {
                <Row>
                    <td class="time"><At when=at /></td>
                    <td class="shrink"><Badge tone=tone>{what}</Badge></td>
                    <td class="message">{file} <small class="below">{detail}</small></td>
                    <td>{actor}</td>
                    <td class="optional mono">{address}</td>
                </Row>
            }
        })
        .collect();
    let columns = vec![
        Column::new("Time").class("time"),
        Column::new("What").class("shrink"),
        Column::new("File").class("message"),
        Column::new("Who"),
        Column::new("From").class("optional"),
    ];
    view! {
        <Section title="Custody">
            <DataTable caption="Who had the files in hand" columns=columns>
                {rows}
            </DataTable>
        </Section>
    }
    .into_any()
}
