//! Forms of a case that came too late: saved together with what others wrote where that can be done, else printed with everything
//! that was typed. Server only.

use domain::CaseId;
use domain::case::field::CaseField;
use domain::case::{Case, CaseNote, NewCase};
use domain::member::Member;
use domain::permission::{CaseRead, CaseWrite};
use leptos::prelude::*;
use service::cases::{self, Clash};
use service::merge::Merged;
use service::{Cx, drafts};
use ui::{Notice, NoticeKind};

use super::parts::label;
use super::{CaseForm, EditCase, EditCaseNote, new_case, pairs, typed};
use crate::error::{Answer, AppError, Kind};
use crate::form::Form;
use crate::merge;
use crate::page::Done;
use crate::routes;
use crate::server::Scope;
use crate::when::Zone;

const CASE: &str = "case";
const NOTE: &str = "case_note";

/// Saves a form that was made from `version`.
pub async fn save(
    scope: &Scope,
    cx: &Cx<CaseWrite>,
    id: CaseId,
    version: i64,
    form: CaseForm,
) -> Answer<Done> {
    let saved = async { Ok::<_, AppError>(cases::save(cx, id, version, new_case(&form, scope)?).await?) };
    match saved.await {
        Ok(saved) => {
            leptos_axum::redirect(&routes::case(&scope.organization.slug, saved.case.number));
            let kept: Vec<String> = saved.kept.iter().map(|name| words(name)).collect();
            Ok(Done::new(match kept.as_slice() {
                [] => "Saved".to_owned(),
                kept => format!("Saved, with what others changed meanwhile: {}", kept.join(", ")),
            }))
        }
        Err(error) => {
            let mut typed = typed(&form, ("", ""));
            if error.kind == Kind::Conflict {
                drafts::keep(cx, CASE, id.0, version, &form).await?;
            } else {
                // What came back was still made from that one; what others wrote since is put together with it.
                typed.push(("version".to_owned(), version.to_string()));
            }
            Err(error.typed_whole(&pairs(&typed)))
        }
    }
}

/// The description that the case has now, for who takes it.
pub async fn description(scope: &Scope, id: CaseId) -> Answer<String> {
    Ok(cases::get(&scope.admit::<CaseRead>()?, id).await?.description)
}

/// The description that was typed before somebody was faster, for who wants it as it is. It does not come with the form: with what
/// others wrote beside it, it could be more than a request may have.
pub async fn typed_description(cx: &Cx<CaseWrite>, id: CaseId) -> Answer<String> {
    let kept = drafts::kept::<_, CaseForm>(cx, CASE, id.0).await?;
    let gone = "what you typed is not kept any more; put the text right and save that";
    kept.map(|kept| kept.fields.description).ok_or_else(|| AppError::field("case[description]", gone))
}

/// A form that came back because somebody was faster.
pub struct Late {
    pub typed: CaseForm,
    /// Of the version that it was made from.
    pub version: i64,
    /// Unknown where the version that it was made from is.
    pub clash: Option<Clash>,
}

/// The form came back to show what was typed as it will be read.
const PREVIEW: &str = "preview";

fn preview() -> AppError {
    crate::server::bad_request(AppError::field(PREVIEW, "nothing is saved yet"))
}

/// Whether this page shows a form again with what was typed as it will be read.
pub fn is_preview(state: Form) -> bool {
    state.reason(PREVIEW).get().is_some()
}

/// What was typed, as it will be read. The text itself is kept by the server: an address could not carry it back.
pub fn shown(text: &str) -> AnyView {
    let html = service::markdown::to_html(text);
    let body = if text.trim().is_empty() {
        view! { <p class="muted">"There is nothing to show yet."</p> }.into_any()
    } else {
        view! { <div class="markdown" inner_html=html></div> }.into_any()
    };
    view! {
        <section class="preview" aria-label="Preview">
            <p class="hint" role="status">"Preview: nothing is saved yet."</p>
            {body}
        </section>
    }
    .into_any()
}

/// Keeps a note of a case that is looked at before it is added.
pub async fn keep_preview(cx: &Cx<CaseWrite>, case: CaseId, content: &str) -> Answer<AppError> {
    drafts::keep(cx, NOTE, case.0, 0, &content).await?;
    Ok(preview())
}

/// That note.
pub async fn previewed(cx: &Cx<CaseRead>, case: CaseId) -> Answer<Option<String>> {
    if !is_preview(Form::printed::<super::AddCaseNote>()) {
        return Ok(None);
    }
    Ok(drafts::kept::<_, String>(cx, NOTE, case.0).await?.map(|kept| kept.fields))
}

/// Keeps the form of a case that is looked at before it is saved.
pub async fn keep_editing(cx: &Cx<CaseWrite>, id: CaseId, version: i64, form: &CaseForm) -> Answer<AppError> {
    drafts::keep(cx, CASE, id.0, version, form).await?;
    Ok(preview().typed(&[("version", &version.to_string())]))
}

/// The same of a case that is not there yet: one for a person and organization.
pub async fn keep_opening(cx: &Cx<CaseWrite>, form: &CaseForm) -> Answer<AppError> {
    drafts::keep(cx, CASE, cx.actor().organization.0, 0, form).await?;
    Ok(preview())
}

/// The form of a new case that is looked at.
pub async fn opening(cx: &Cx<CaseRead>) -> Answer<Option<CaseForm>> {
    if !is_preview(Form::printed::<super::OpenCase>()) {
        return Ok(None);
    }
    let kept = drafts::kept::<_, CaseForm>(cx, CASE, cx.actor().organization.0).await?;
    Ok(kept.map(|kept| kept.fields))
}

/// The form of this page, if it came too late or is looked at before it is saved.
pub async fn late(scope: &Scope, cx: &Cx<CaseRead>, case: &Case) -> Answer<Option<Late>> {
    let state = Form::printed::<EditCase>();
    if is_preview(state) {
        let kept = drafts::kept::<_, CaseForm>(cx, CASE, case.id.0).await?;
        return Ok(kept.map(|kept| Late { typed: kept.fields, version: kept.version, clash: None }));
    }
    if !state.is_conflict() {
        return Ok(None);
    }
    let Some(kept) = drafts::kept::<_, CaseForm>(cx, CASE, case.id.0).await? else { return Ok(None) };
    let clash = match new_case(&kept.fields, scope) {
        Ok(mine) => cases::clash(cx, case.id, kept.version, mine).await?,
        Err(_) => None,
    };
    Ok(Some(Late { typed: kept.fields, version: kept.version, clash }))
}

/// A note that came back because its author was faster elsewhere.
pub struct LateNote {
    pub id: String,
    pub text: String,
    pub merged: Option<Merged>,
}

/// Keeps what was typed of a note that was not saved, and says why it was not.
pub async fn keep_note(
    cx: &Cx<CaseWrite>,
    note: domain::CaseNoteId,
    revision: i64,
    content: &str,
    error: AppError,
) -> Answer<AppError> {
    if error.kind == Kind::Conflict {
        drafts::keep(cx, NOTE, note.0, revision, &content).await?;
    }
    Ok(error.typed_whole(&[("note", &note.to_string()), ("content", content)]))
}

pub async fn late_note(cx: &Cx<CaseRead>, case: CaseId, notes: &[CaseNote]) -> Answer<Option<LateNote>> {
    let state = Form::printed::<EditCaseNote>();
    let id = state.typed("note", "");
    let Some(note) = notes.iter().find(|note| state.is_conflict() && note.id.to_string() == id) else {
        return Ok(None);
    };
    let Some(kept) = drafts::kept::<_, String>(cx, NOTE, note.id.0).await? else { return Ok(None) };
    let merged = cases::note_clash(cx, case, note.id, kept.version, &kept.fields).await?;
    Ok(Some(LateNote { id, text: kept.fields, merged }))
}

/// What a case says, as its form has it.
pub fn form_of(said: &NewCase, zone: Zone) -> CaseForm {
    CaseForm {
        title: said.title.clone(),
        description: said.description.clone(),
        priority: said.priority.as_str().to_owned(),
        severity: said.severity.as_str().to_owned(),
        tlp: said.tlp.as_str().to_owned(),
        pap: said.pap.as_str().to_owned(),
        assigned_to_id: said.assigned_to_id.map(|id| id.to_string()).unwrap_or_default(),
        due_at: said.due_at.map(|at| zone.input(at)).unwrap_or_default(),
        tags: said.tags.join(", "),
        fields: said.fields.clone().unwrap_or_default(),
    }
}

/// Above the fields of a form that came too late: what merged by itself, and what both changed.
pub fn told(late: &Late, case: &Case, (members, own): (&[Member], &[CaseField]), zone: Zone) -> AnyView {
    let now = form_of(&NewCase::of(case), zone);
    let Some(clash) = &late.clash else {
        // Where it began is not known: all that differs is told.
        let rows = FIELDS
            .iter()
            .map(|name| (*name).to_owned())
            .chain(now.fields.keys().map(|key| format!("fields.{key}")));
        let rows: Vec<_> = rows
            .filter(|name| value(&late.typed, name) != value(&now, name))
            .map(|name| row(&name, [None, Some(&now), Some(&late.typed)], (members, own)))
            .collect();
        return differences(
            "Where the case and your form differ. Change the form to what is right and save again.",
            false,
            rows,
        );
    };
    let (base, mine) = (form_of(&clash.base, zone), form_of(&clash.mine, zone));
    let kept = (!clash.kept.is_empty()).then(|| {
        let names: Vec<String> = clash.kept.iter().map(|name| words(name)).collect();
        let text =
            format!("Others changed this meanwhile, and the form has it already: {}.", names.join(", "));
        view! { <Notice kind=NoticeKind::Info>{text}</Notice> }
    });
    let rows: Vec<_> = clash
        .both
        .iter()
        .filter(|name| *name != "description")
        .map(|name| row(name, [Some(&base), Some(&now), Some(&mine)], (members, own)))
        .collect();
    let table = (!rows.is_empty()).then(|| {
        differences("What you and somebody else changed. The form has yours; change it to what is right and save again.", true, rows)
    });
    let text = clash.description.as_ref().map(|merged| {
        view! {
            <h3>"Description"</h3>
            {merge::lines(merged)}
            {merge::hint()}
        }
    });
    let merged = format!("{}:{}-{}", case.id, late.version, case.version);
    view! { <div class="merge" data-merged=merged>{kept} {table} {text}</div> }.into_any()
}

const FIELDS: [&str; 9] =
    ["title", "description", "priority", "severity", "tlp", "pap", "assigned_to_id", "due_at", "tags"];

fn differences(caption: &'static str, with_base: bool, rows: Vec<AnyView>) -> AnyView {
    view! {
        <table class="data-table differences">
            <caption>{caption}</caption>
            <thead>
                <tr>
                    <th scope="col">"Field"</th>
                    {with_base.then(|| view! { <th scope="col">"Before"</th> })}
                    <th scope="col">"In the case now"</th>
                    <th scope="col">"In your form"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn row(name: &str, forms: [Option<&CaseForm>; 3], (members, own): (&[Member], &[CaseField])) -> AnyView {
    let key = name.strip_prefix("fields.");
    let field = key.and_then(|key| own.iter().find(|field| field.key == key));
    let title = field.map_or_else(|| label(&words(name)), |field| field.name.clone());
    let cells = forms.into_iter().flatten().map(|form| {
        let text = value(form, name);
        let person = members.iter().find(|member| member.user_id.to_string() == text);
        let text = match person {
            Some(member) => member.display_name.clone().unwrap_or_else(|| member.username.clone()),
            None => text,
        };
        view! { <td>{text}</td> }
    });
    let cells: Vec<_> = cells.collect();
    view! { <tr><th scope="row">{title}</th>{cells}</tr> }.into_any()
}

fn value(form: &CaseForm, name: &str) -> String {
    match name {
        "title" => form.title.clone(),
        "description" => form.description.clone(),
        "priority" => form.priority.clone(),
        "severity" => form.severity.clone(),
        "tlp" => form.tlp.clone(),
        "pap" => form.pap.clone(),
        "assigned_to_id" => form.assigned_to_id.clone(),
        "due_at" => form.due_at.clone(),
        "tags" => form.tags.clone(),
        name => {
            name.strip_prefix("fields.").and_then(|key| form.fields.get(key)).cloned().unwrap_or_default()
        }
    }
}

/// A field in words.
fn words(name: &str) -> String {
    match name {
        "assigned_to_id" => "assignee".to_owned(),
        "due_at" => "due".to_owned(),
        "tlp" | "pap" => name.to_uppercase(),
        name => name.strip_prefix("fields.").unwrap_or(name).replace('_', " "),
    }
}
