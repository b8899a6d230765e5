//! Templates of cases: defined by admins, chosen when a case is opened.

use domain::audit::{Action, AuditEntry};
use domain::case::field::FieldValues;
use domain::case::template::{CaseTemplate, MAX_TEMPLATES, NewTemplate};
use domain::case::{Case, CaseTask, Step};
use domain::permission::{CaseRead, CaseWrite, SettingsWrite};
use domain::{CaseTemplateId, Invalid};
use serde_json::{Value, json};
use store::WriteTx;
use store::case::template;

use super::{fields, record};
use crate::{Cx, Error, Result};

/// All, archived ones too, by name.
pub async fn templates(cx: &Cx<CaseRead>) -> Result<Vec<CaseTemplate>> {
    Ok(template::list(&mut cx.read().await?).await?)
}

/// One that is offered.
pub async fn template(cx: &Cx<CaseRead>, id: CaseTemplateId) -> Result<CaseTemplate> {
    offered(&mut cx.read().await?, id).await
}

pub async fn define_template(cx: &Cx<SettingsWrite>, new: NewTemplate) -> Result<CaseTemplate> {
    let new = new.tidy();
    new.check()?;
    let mut tx = cx.write().await?;
    let all = template::list(&mut tx).await?;
    if all.iter().filter(|one| one.archived_at.is_none()).count() >= MAX_TEMPLATES {
        return Err(Error::Conflict("there are 100 templates already; archive one".to_owned()));
    }
    let brings =
        NewTemplate { fields: fields::settle(&mut tx, &FieldValues::new(), &new.fields).await?, ..new };
    let template = CaseTemplate {
        id: cx.services.clock.id(),
        brings,
        created_at: tx.now(),
        archived_at: None,
        version: 1,
    };
    template::insert(&mut tx, &template).await.map_err(name_taken)?;
    let entry = AuditEntry::new(Action::CASE_TEMPLATE_CREATED, "case_template", template.id);
    tx.commit(entry.change(None, Some(told(&template)))).await?;
    Ok(template)
}

/// Changes it to what `new` makes of the template as it is: nobody changes it in between. Cases that were opened from it stay as
/// they are.
pub async fn change_template_with(
    cx: &Cx<SettingsWrite>,
    id: CaseTemplateId,
    new: impl FnOnce(&CaseTemplate) -> Result<NewTemplate>,
) -> Result<CaseTemplate> {
    let mut tx = cx.write().await?;
    store::organization::lock(&mut tx).await?;
    let old = template::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let new = new(&old)?.tidy();
    new.check()?;
    let brings =
        NewTemplate { fields: fields::settle(&mut tx, &old.brings.fields, &new.fields).await?, ..new };
    save(tx, &old, CaseTemplate { brings, ..old.clone() }).await
}

/// It is offered no more, or again.
pub async fn archive_template(
    cx: &Cx<SettingsWrite>,
    id: CaseTemplateId,
    archived: bool,
) -> Result<CaseTemplate> {
    let mut tx = cx.write().await?;
    store::organization::lock(&mut tx).await?;
    let old = template::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    if old.archived_at.is_some() == archived {
        return Ok(old);
    }
    let archived_at = archived.then_some(tx.now());
    save(tx, &old, CaseTemplate { archived_at, ..old.clone() }).await
}

async fn save(mut tx: WriteTx, old: &CaseTemplate, new: CaseTemplate) -> Result<CaseTemplate> {
    if !template::update(&mut tx, &new).await.map_err(name_taken)? {
        return Err(Error::Conflict(crate::error::CHANGED.to_owned()));
    }
    let entry = AuditEntry::new(Action::CASE_TEMPLATE_UPDATED, "case_template", new.id);
    tx.commit(entry.change(Some(told(old)), Some(told(&new)))).await?;
    Ok(CaseTemplate { version: new.version + 1, ..new })
}

pub(super) async fn offered(tx: &mut impl store::Scoped, id: CaseTemplateId) -> Result<CaseTemplate> {
    let found = template::get(tx, id).await?;
    found.filter(|template| template.archived_at.is_none()).ok_or(Error::NotFound)
}

/// The tasks of a template, in a case that is being opened; what it brought stands in the history.
pub(super) async fn apply(
    cx: &Cx<CaseWrite>,
    tx: &mut WriteTx,
    case: &Case,
    template: &CaseTemplate,
) -> Result<()> {
    let now = tx.now();
    let brings = &template.brings;
    for (position, task) in (1..).zip(&brings.tasks) {
        let task = CaseTask {
            id: cx.services.clock.id(),
            title: task.title.clone(),
            assigned_to_id: None,
            assignee: None,
            due_at: task.due_after.map(|after| now.plus_seconds(after)),
            position,
            created_at: now,
            completed_at: None,
            completed_by_id: None,
            version: 1,
        };
        store::case::task::insert(tx, case.id, &task).await?;
    }
    let titles: Vec<&str> = brings.tasks.iter().map(|task| task.title.as_str()).collect();
    let brought = json!({
        "template_id": template.id, "template": brings.name, "tasks": titles, "tags": brings.tags,
        "fields": brings.fields.keys().collect::<Vec<_>>(),
    });
    record(cx, tx, case.id, Step::Templated, (json!({}), brought), None).await
}

fn name_taken(error: store::Error) -> Error {
    match error {
        store::Error::Unique => {
            Invalid::field("name", "there is a template of this name; it may be archived").into()
        }
        other => other.into(),
    }
}

fn told(template: &CaseTemplate) -> Value {
    let mut told = serde_json::to_value(&template.brings).unwrap_or_default();
    told["archived_at"] = json!(template.archived_at);
    told
}
