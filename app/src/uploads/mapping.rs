//! Which column feeds which field; tried on the first rows before anything is stored.

use domain::Severity;
use domain::event::Target;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use ui::{
    Button, Choice, Column, DataTable, Failure, Field, Glyph, Icon, Notice, NoticeKind, Section, Select,
    TextInput,
};

use super::api::{DiscardUpload, StartUpload};
use super::query::MappingForm;
use super::shown::{ColumnShown, PreviewShown, RejectionShown, Tried, UploadShown, UploadStep};
use crate::Answer;
use crate::events::parts::{counted, number, severity_word};
use crate::routes;
use crate::send::refused;
use crate::told;

/// The step between the file and its events. `mapping` is what the URL says.
#[component]
pub fn MapColumns(step: UploadStep, slug: String, mapping: Option<MappingForm>) -> impl IntoView {
    let UploadStep { upload, preview, tried } = step;
    // The form of the import is always sent plainly.
    let refused = refused(StartUpload::PATH)
        .or_else(|| refused(DiscardUpload::PATH))
        .map(|error| view! { <Notice kind=NoticeKind::Error>{error.detail}</Notice> });
    let discard = discard(&upload, &slug);
    let form = match preview {
        Some(Ok(preview)) => view! { <Form upload slug preview mapping tried /> }.into_any(),
        Some(Err(error)) => view! {
            <Failure problem=error />
            <DiscardButton />
        }
        .into_any(),
        None => ().into_any(),
    };
    view! {
        <div class="page uploads">
            {refused}
            {form}
            {discard}
        </div>
    }
    .into_any()
}

/// `id` of the form that takes the file back.
const DISCARD: &str = "discard-upload";

/// Its button stands beside the others, or here when the file cannot be read.
fn discard(upload: &UploadShown, slug: &str) -> AnyView {
    view! {
        <form id=DISCARD method="post" action=DiscardUpload::url()>
            {told::field("Upload discarded")}
            <input type="hidden" name="organization" value=slug.to_owned() />
            <input type="hidden" name="id" value=upload.id.clone() />
        </form>
    }
    .into_any()
}

#[component]
fn DiscardButton() -> impl IntoView {
    view! {
        <button class="button ghost" type="submit" form=DISCARD>
            <Icon glyph=Glyph::Trash />
            <span class="words">"Discard"</span>
        </button>
    }
}

#[component]
fn Form(
    upload: UploadShown,
    slug: String,
    preview: PreviewShown,
    mapping: Option<MappingForm>,
    tried: Option<Answer<Tried>>,
) -> impl IntoView {
    let chosen = mapping;
    let PreviewShown { maps, columns, more_columns, rows, .. } = preview;
    let heads = columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
    let target = |column: &ColumnShown| {
        chosen.as_ref().map_or_else(|| column.guess.clone(), |form| form.target_of(&column.name).to_owned())
    };
    let targets = columns.iter().map(target).collect::<Vec<_>>();
    let shared = shared(&heads, &targets);
    let lines = columns
        .into_iter()
        .zip(targets)
        .enumerate()
        .map(|(at, (column, value))| view! { <ColumnLine at column value /> });
    let lines = lines.collect_view();
    let more = (more_columns > 0).then(|| {
        let columns = counted(more_columns, "more column", "more columns");
        let words = format!("{columns} cannot be chosen here; what they hold stays in the raw payload.");
        view! { <Notice kind=NoticeKind::Warning>{words}</Notice> }
    });
    let table = maps.then(|| {
        view! {
            <Section title="Columns" hint="Each column can feed one field of the event. What feeds none is kept in the raw payload.">
                {more}
                <Warnings words=shared />
                <div class="table-scroll">
                    <DataTable caption="Columns of the file" columns=vec![Column::new("Column"), Column::new("Values").class("message"), Column::new("Feeds")]>
                        {lines}
                    </DataTable>
                </div>
            </Section>
        }
    });
    let (row, of_rows) =
        if maps { ("row", "rows") } else { ("line, as it is understood", "lines, as they are understood") };
    let first_rows = format!("First {}", counted(rows.len() as i64, row, of_rows));
    let kept = chosen.unwrap_or_default();
    let severities = std::iter::once(Choice::new("", "Info (unless chosen)"))
        .chain(
            Severity::ALL
                .into_iter()
                .skip(1)
                .map(|severity| Choice::new(severity.as_str(), severity_word(severity))),
        )
        .collect::<Vec<_>>();
    let file_name = upload.file_name.clone();
    let dry_run = tried.map(|tried| view! { <DryRun tried /> });
    view! {
        <form method="get" action=routes::upload(&slug, &upload.id)>
            <input type="hidden" name="organization" value=slug.clone() />
            <input type="hidden" name="id" value=upload.id.clone() />
            <input type="hidden" name="asked" value="true" />
            {table}
            <Section title="Where a row says nothing, or a severity nobody knows">
                <div class="form-grid">
                    <Field id="upload-severity" label="Severity">
                        <Select name="severity" choices=severities value=kept.severity />
                    </Field>
                    <Field id="upload-source" label="Source" hint=format!("{file_name} unless named")>
                        <TextInput name="source" value=kept.source autocomplete="off" maxlength=255_u32 />
                    </Field>
                    <Field id="upload-environment" label="Environment">
                        <TextInput name="environment" value=kept.environment autocomplete="off" maxlength=255_u32 />
                    </Field>
                </div>
            </Section>
            <div class="actions foot">
                <DiscardButton />
                <Button submit=true icon=Glyph::Play>
                    "Dry run"
                </Button>
                <button class="button primary" type="submit" formmethod="post" formaction=StartUpload::url()>
                    <Icon glyph=Glyph::Check />
                    <span class="words">"Import"</span>
                </button>
            </div>
        </form>
        {dry_run}
        <Section title=first_rows>
            <Rows heads rows />
        </Section>
    }
    .into_any()
}

#[component]
fn ColumnLine(at: usize, column: ColumnShown, value: String) -> impl IntoView {
    let choices = std::iter::once(Choice::new("", "Raw payload only"))
        .chain(Target::ALL.iter().map(|target| Choice::new(target.as_str(), words(*target))))
        .collect::<Vec<_>>();
    let label = format!("Field for {}", column.name);
    view! {
        <tr>
            <th scope="row" class="mono">
                {column.name.clone()}
                <input type="hidden" name=format!("column[{at}]") value=column.name />
            </th>
            <td class="message mono muted">
                <span>{column.samples.join(" · ")}</span>
            </td>
            <td>
                <Select name=format!("target[{at}]") label=label choices=choices value=value />
            </td>
        </tr>
    }
    .into_any()
}

/// Which fields more than one column feeds.
fn shared(columns: &[String], targets: &[String]) -> Vec<String> {
    let of = |target: Target| {
        let feeding = columns.iter().zip(targets).filter(|(_, fed)| *fed == target.as_str());
        let columns = feeding.map(|(column, _)| column.as_str()).collect::<Vec<_>>();
        (columns.len() > 1).then(|| {
            let (field, columns) = (words(target), columns.join(", "));
            format!("{field} is fed by {columns}: in each row the first of them that holds a value counts, the others stay in the raw payload.")
        })
    };
    Target::ALL.iter().copied().filter_map(of).collect()
}

fn words(target: Target) -> &'static str {
    match target {
        Target::Id => "Id",
        Target::OccurredAt => "Time",
        Target::Severity => "Severity",
        Target::Message => "Message",
        Target::Component => "Component",
        Target::Service => "Service",
        Target::Environment => "Environment",
        Target::SystemId => "System",
        Target::EventType => "Event type",
        Target::Source => "Source",
    }
}

/// What the mapping of the URL would do.
#[component]
fn DryRun(tried: Answer<Tried>) -> impl IntoView {
    let outcome = match tried {
        Ok(tried) => view! { <Outcome tried /> }.into_any(),
        Err(error) => view! { <Notice kind=NoticeKind::Error>{error.detail}</Notice> }.into_any(),
    };
    view! {
        <Section title="Dry run" id="dry-run">
            {outcome}
        </Section>
    }
    .into_any()
}

#[component]
fn Outcome(tried: Tried) -> impl IntoView {
    let Tried { accepted, rejected, warnings, whole, rejections } = tried;
    let kind = match (accepted, rejected) {
        (_, 0) => NoticeKind::Ok,
        (0, _) => NoticeKind::Error,
        _ => NoticeKind::Warning,
    };
    let start = if whole { "" } else { "Of the start of this long file: " };
    let nothing = if whole && accepted == 0 && rejected > 0 {
        " So there is nothing to import: choose other columns."
    } else {
        ""
    };
    let words = format!(
        "{start}{} would be accepted, {} refused. Nothing was stored.{nothing}",
        counted(accepted, "row", "rows"),
        number(rejected)
    );
    view! {
        <Notice kind>{words}</Notice>
        <Warnings words=warnings />
        <Refused rejections />
    }
    .into_any()
}

/// What was read, and perhaps not as it was meant.
#[component]
pub fn Warnings(words: Vec<String>) -> impl IntoView {
    let one = |words: String| view! { <Notice kind=NoticeKind::Warning>{words}</Notice> };
    words.into_iter().map(one).collect_view().into_any()
}

/// The first refused rows with their reasons.
#[component]
pub fn Refused(rejections: Vec<RejectionShown>) -> impl IntoView {
    if rejections.is_empty() {
        return ().into_any();
    }
    let line = |rejection: RejectionShown| {
        view! {
            <tr>
                <td class="num">{number(rejection.row as i64)}</td>
                <td class="mono">{rejection.field}</td>
                <td class="wrap">{rejection.reason}</td>
                <td class="row-text mono muted optional">{rejection.text}</td>
            </tr>
        }
    };
    let columns = vec![
        Column::new("Row").class("num shrink"),
        Column::new("Field").class("shrink"),
        Column::new("Reason"),
        Column::new("Text").class("row-text optional"),
    ];
    view! {
        <div class="table-scroll">
            <DataTable caption="First refused rows" columns=columns>
                {rejections.into_iter().map(line).collect_view()}
            </DataTable>
        </div>
    }
    .into_any()
}

#[component]
fn Rows(heads: Vec<String>, rows: Vec<Vec<String>>) -> impl IntoView {
    let columns = heads.into_iter().map(Column::new).collect::<Vec<_>>();
    let line = |row: Vec<String>| view! { <tr>{row.into_iter().map(|cell| view! { <td class="mono">{cell}</td> }).collect_view()}</tr> };
    view! {
        <div class="preview-rows" tabindex="0" role="region" aria-label="First rows of the file">
            <DataTable caption="First rows of the file" compact=true columns>
                {rows.into_iter().map(line).collect_view()}
            </DataTable>
        </div>
    }
    .into_any()
}
