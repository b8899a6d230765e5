//! Server functions of cases: scope, one service call, back to the page.

use std::collections::BTreeMap;

#[cfg(feature = "ssr")]
use domain::case::{Act, NewCase, NewTask};
#[cfg(feature = "ssr")]
use domain::permission::{CaseRead, CaseWrite};
use domain::{CaseId, CaseNoteId, CaseTaskId, ObservableId};
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use super::saving;
use crate::error::Answer;
#[cfg(feature = "ssr")]
use crate::error::{AppError, Typed as _};
use crate::events::shown::Completed;
use crate::page::Done;
#[cfg(feature = "ssr")]
use crate::routes;
#[cfg(feature = "ssr")]
use crate::server::{Scope, scope};
#[cfg(feature = "ssr")]
use domain::Invalid;
#[cfg(feature = "ssr")]
use service::{Cx, cases};

/// The fields of the form of a case, as typed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CaseForm {
    pub title: String,
    pub description: String,
    pub priority: String,
    pub severity: String,
    pub tlp: String,
    pub pap: String,
    /// Id of a member; empty for nobody.
    pub assigned_to_id: String,
    /// In the reader's zone.
    pub due_at: String,
    /// Parted by commas.
    pub tags: String,
    /// Of the organization's own fields, by their key.
    pub fields: BTreeMap<String, String>,
}

/// What can stand at the cursor of a query of cases: `at` in UTF-16 units.
#[server(name = CompleteCases, prefix = "/fn", endpoint = "cases/complete", input = GetUrl)]
pub async fn complete_cases(
    organization: String,
    #[server(default)] q: String,
    #[server(default)] at: u32,
) -> Answer<Completed> {
    let cx = scope(&organization).await?.admit::<CaseRead>()?;
    let schema = &domain::query::CASES;
    let asks = crate::complete::asks_values(schema, &q, at);
    let values = if asks { cases::values(&cx).await? } else { service::Facets::default() };
    Ok(crate::complete::of_list(schema, &q, at, &values, ("case", "cases")))
}

/// Opens a case, about `about` if that says anything: kinds and ids, `event:<id>`, parted by blanks; or about all that a list shows
/// (`matching`, see [`add`](super::add)). `take`: no case is opened, the form comes back with what a template brings where nothing was typed.
/// `preview`: nor is one, the form comes back with its description as it will be read.
#[server(name = OpenCase, prefix = "/fn", endpoint = "open_case")]
pub async fn open_case(
    organization: String,
    case: CaseForm,
    #[server(default)] about: String,
    #[server(default)] matching: String,
    #[server(default)] template: String,
    #[server(default)] take: String,
    #[server(default)] preview: bool,
) -> Answer<Done> {
    let (scope, cx) = writes(&organization).await?;
    if preview {
        let mut typed = typed(&case, (&about, &matching));
        typed.push(("template".to_owned(), template));
        return Err(saving::keep_opening(&cx, &case).await?.typed_whole(&pairs(&typed)));
    }
    if !take.is_empty() {
        return Err(taken(&scope, case, (&about, &matching), &take).await?);
    }
    let opened = async {
        let new = NewCase { template_id: optional("template", &template)?, ..new_case(&case, &scope)? };
        super::linking::open(&scope, &cx, new, &about, &matching).await
    };
    let mut typed = typed(&case, (&about, &matching));
    typed.insert(0, ("template".to_owned(), template.clone()));
    let opened = opened.await.typed(&pairs(&typed))?;
    leptos_axum::redirect(&routes::case(&scope.organization.slug, opened.number));
    Ok(Done::new(format!("{} is open", opened.key())))
}

/// The form as it comes back with a template.
#[cfg(feature = "ssr")]
async fn taken(scope: &Scope, case: CaseForm, about: (&str, &str), take: &str) -> Answer<AppError> {
    let templates = cases::templates(&scope.admit::<CaseRead>()?).await?;
    let template = templates.iter().find(|one| one.archived_at.is_none() && one.id.to_string() == take);
    let (case, words) = match template {
        Some(template) => {
            let words =
                "its fields are filled in where you had typed nothing; look them over and open the case";
            (super::forms::with_template(case, template), words)
        }
        None => (case, "there is no such template"),
    };
    let mut typed = typed(&case, about);
    typed.insert(0, ("template".to_owned(), take.to_owned()));
    Ok(AppError::field("template", words).typed(&pairs(&typed)))
}

/// `version`: the one that the form was made from. `take`: of a form that came too late before, whose description is saved, `mine` (what
/// was typed then, which the server has kept) or `theirs`; else what stands in the form.
#[server(name = EditCase, prefix = "/fn", endpoint = "edit_case")]
pub async fn edit_case(
    organization: String,
    id: CaseId,
    version: i64,
    case: CaseForm,
    #[server(default)] take: String,
    #[server(default)] preview: bool,
) -> Answer<Done> {
    let (scope, cx) = writes(&organization).await?;
    if preview {
        return Err(saving::keep_editing(&cx, id, version, &case).await?);
    }
    let description = match take.as_str() {
        "theirs" => saving::description(&scope, id).await?,
        "mine" => saving::typed_description(&cx, id).await?,
        _ => case.description,
    };
    saving::save(&scope, &cx, id, version, CaseForm { description, ..case }).await
}

#[server(name = BeginCase, prefix = "/fn", endpoint = "begin_case")]
pub async fn begin_case(organization: String, id: CaseId) -> Answer<Done> {
    let (_, cx) = writes(&organization).await?;
    cases::act(&cx, id, &Act::Investigate).await?;
    Ok(Done::new("The investigation has begun"))
}

#[server(name = ResolveCase, prefix = "/fn", endpoint = "resolve_case")]
pub async fn resolve_case(
    organization: String,
    id: CaseId,
    resolution: String,
    reason: String,
) -> Answer<Done> {
    let (_, cx) = writes(&organization).await?;
    let typed = [("resolution", resolution.as_str()), ("reason", reason.as_str())];
    let done = async {
        let resolution = word("resolution", &resolution)?;
        Ok::<_, AppError>(cases::act(&cx, id, &Act::Resolve { resolution, reason: reason.clone() }).await?)
    };
    let case = done.await.typed(&typed)?;
    Ok(Done::new(if case.in_review { "Asked for a review" } else { "Resolved" }))
}

#[server(name = ReopenCase, prefix = "/fn", endpoint = "reopen_case")]
pub async fn reopen_case(organization: String, id: CaseId, reason: String) -> Answer<Done> {
    let (_, cx) = writes(&organization).await?;
    cases::act(&cx, id, &Act::Reopen { reason: reason.clone() }).await.typed(&[("reason", &reason)])?;
    Ok(Done::new("Reopened"))
}

#[server(name = AddCaseNote, prefix = "/fn", endpoint = "add_case_note")]
pub async fn add_case_note(
    organization: String,
    id: CaseId,
    content: String,
    #[server(default)] preview: bool,
) -> Answer<Done> {
    let (_, cx) = writes(&organization).await?;
    if preview {
        return Err(saving::keep_preview(&cx, id, &content).await?);
    }
    cases::add_note(&cx, id, &content).await.typed(&[("content", &content)])?;
    Ok(Done::new("Noted"))
}

#[server(name = EditCaseNote, prefix = "/fn", endpoint = "edit_case_note")]
pub async fn edit_case_note(
    organization: String,
    id: CaseId,
    note: CaseNoteId,
    revision: i64,
    content: String,
) -> Answer<Done> {
    let (_, cx) = writes(&organization).await?;
    if let Err(error) = cases::edit_note(&cx, id, note, revision, &content).await {
        return Err(saving::keep_note(&cx, note, revision, &content, error.into()).await?);
    }
    Ok(Done::new("Saved"))
}

#[server(name = DeleteCaseNote, prefix = "/fn", endpoint = "delete_case_note")]
pub async fn delete_case_note(organization: String, id: CaseId, note: CaseNoteId) -> Answer<Done> {
    let (_, cx) = writes(&organization).await?;
    cases::delete_note(&cx, id, note).await?;
    Ok(Done::new("Deleted; its place stays"))
}

/// `assigned_to_id` and `due_at` as in [`CaseForm`].
#[server(name = AddCaseTask, prefix = "/fn", endpoint = "add_case_task")]
pub async fn add_case_task(
    organization: String,
    id: CaseId,
    title: String,
    #[server(default)] assigned_to_id: String,
    #[server(default)] due_at: String,
) -> Answer<Done> {
    let (scope, cx) = writes(&organization).await?;
    let done = async {
        let assigned_to_id = optional("assigned_to_id", &assigned_to_id)?;
        let due_at = scope.zone.parse_optional("due_at", &due_at)?;
        let new = NewTask { title: title.clone(), assigned_to_id, due_at };
        Ok::<_, AppError>(cases::add_task(&cx, id, new).await?)
    };
    done.await.typed(&[("title", &title), ("assigned_to_id", &assigned_to_id), ("due_at", &due_at)])?;
    Ok(Done::new("Task added"))
}

/// `version`: the one that the form was made from.
#[server(name = ChangeCaseTask, prefix = "/fn", endpoint = "change_case_task")]
pub async fn change_case_task(
    organization: String,
    id: CaseId,
    task: CaseTaskId,
    version: i64,
    title: String,
    #[server(default)] assigned_to_id: String,
    #[server(default)] due_at: String,
) -> Answer<Done> {
    let (scope, cx) = writes(&organization).await?;
    let name = task.to_string();
    let done = async {
        let to = optional("assigned_to_id", &assigned_to_id)?;
        let due = scope.zone.parse_optional("due_at", &due_at)?;
        let new = NewTask { title: title.clone(), assigned_to_id: to, due_at: due };
        Ok::<_, AppError>(cases::change_task(&cx, id, task, version, new).await?)
    };
    done.await.typed(&[
        ("task", &name),
        ("title", &title),
        ("assigned_to_id", &assigned_to_id),
        ("due_at", &due_at),
    ])?;
    let case = cases::get(&scope.admit::<CaseRead>()?, id).await?;
    let tasks = routes::Link::new(routes::case(&scope.organization.slug, case.number)).with("tab", "tasks");
    leptos_axum::redirect(&tasks.done());
    Ok(Done::new("Task changed"))
}

/// `up`: before the one that stands before it; else behind the next.
#[server(name = MoveCaseTask, prefix = "/fn", endpoint = "move_case_task")]
pub async fn move_case_task(organization: String, id: CaseId, task: CaseTaskId, up: bool) -> Answer<Done> {
    let (_, cx) = writes(&organization).await?;
    cases::move_task(&cx, id, task, up).await?;
    Ok(Done::new("Moved"))
}

#[server(name = CompleteCaseTask, prefix = "/fn", endpoint = "complete_case_task")]
pub async fn complete_case_task(
    organization: String,
    id: CaseId,
    task: CaseTaskId,
    done: bool,
) -> Answer<Done> {
    let (_, cx) = writes(&organization).await?;
    cases::complete_task(&cx, id, task, done).await?;
    Ok(Done::new(if done { "Task done" } else { "Task open again" }))
}

#[server(name = DeleteCaseTask, prefix = "/fn", endpoint = "delete_case_task")]
pub async fn delete_case_task(organization: String, id: CaseId, task: CaseTaskId) -> Answer<Done> {
    let (_, cx) = writes(&organization).await?;
    cases::delete_task(&cx, id, task).await?;
    Ok(Done::new("Task deleted"))
}

/// `observables`: whatever was pasted. `ioc`: there when the box is ticked.
#[server(name = AddObservables, prefix = "/fn", endpoint = "add_observables")]
pub async fn add_observables(
    organization: String,
    id: CaseId,
    observables: String,
    #[server(default)] ioc: String,
) -> Answer<Done> {
    let (_, cx) = writes(&organization).await?;
    let added = cases::add_observables(&cx, id, &observables, !ioc.is_empty()).await;
    let added = added.typed(&[("observables", &observables)])?;
    let words = crate::events::parts::counted(added.added as i64, "observable added", "observables added");
    let known = if added.known == 0 { String::new() } else { format!("; {} were there", added.known) };
    Ok(Done::new(words + &known))
}

#[server(name = RemoveObservable, prefix = "/fn", endpoint = "remove_observable")]
pub async fn remove_observable(organization: String, id: CaseId, observable: ObservableId) -> Answer<Done> {
    let (_, cx) = writes(&organization).await?;
    cases::remove_observable(&cx, id, observable).await?;
    Ok(Done::new("Observable removed"))
}

#[cfg(feature = "ssr")]
pub(super) async fn writes(organization: &str) -> Answer<(Scope, Cx<CaseWrite>)> {
    let scope = scope(organization).await?;
    let cx = scope.admit::<CaseWrite>()?;
    Ok((scope, cx))
}

#[cfg(feature = "ssr")]
pub(crate) fn new_case(form: &CaseForm, scope: &Scope) -> Result<NewCase, Invalid> {
    Ok(NewCase {
        title: form.title.clone(),
        description: form.description.clone(),
        priority: word("priority", &form.priority)?,
        severity: word("severity", &form.severity)?,
        tlp: word("tlp", &form.tlp)?,
        pap: word("pap", &form.pap)?,
        assigned_to_id: optional("assigned_to_id", &form.assigned_to_id)?,
        due_at: scope.zone.parse_optional("due_at", &form.due_at)?,
        tags: form.tags.split(',').map(str::to_owned).collect(),
        fields: Some(form.fields.clone()),
        template_id: None,
    })
}

#[cfg(feature = "ssr")]
fn word<T: std::str::FromStr>(field: &str, text: &str) -> Result<T, Invalid> {
    text.parse().map_err(|_| Invalid::field(field, "choose one of the list"))
}

#[cfg(feature = "ssr")]
fn optional<T: std::str::FromStr>(field: &str, text: &str) -> Result<Option<T>, Invalid> {
    if text.is_empty() { Ok(None) } else { word(field, text).map(Some) }
}

/// The description is the last.
#[cfg(feature = "ssr")]
pub(crate) fn typed(form: &CaseForm, (about, matching): (&str, &str)) -> Vec<(String, String)> {
    let of_its_own = form.fields.iter().map(|(key, value)| (format!("fields.{key}"), value.clone()));
    let rest = [
        ("title", form.title.as_str()),
        ("priority", &form.priority),
        ("severity", &form.severity),
        ("tlp", &form.tlp),
        ("pap", &form.pap),
        ("assigned_to_id", &form.assigned_to_id),
        ("due_at", &form.due_at),
        ("tags", &form.tags),
        ("about", about),
        ("matching", matching),
    ];
    let rest = rest.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    rest.chain(of_its_own).chain([("description".to_owned(), form.description.clone())]).collect()
}

#[cfg(feature = "ssr")]
pub(crate) fn pairs(typed: &[(String, String)]) -> Vec<(&str, &str)> {
    typed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}
