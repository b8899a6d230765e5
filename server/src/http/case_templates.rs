//! `/api/v1/case-templates`: what new cases can start with.

use axum::Json;
use domain::case::field::FieldValues;
use domain::case::template::{CaseTemplate, NewTemplate, TemplateTask};
use domain::case::{Pap, Priority, Tlp};
use domain::page::Page;
use domain::permission::CaseRead;
use domain::{CaseTemplateId, Severity, Timestamp};
use serde::Serialize;
use service::cases;
use utoipa::ToSchema;

use super::api::Caller;
use super::cases::{PapWord, PriorityWord, TlpWord};
use super::problem::{Problem, ProblemDocument};
use super::schema::{self, SeverityWord};

/// The organization's templates of cases, by name.
#[utoipa::path(get, path = "/api/v1/case-templates", tag = "cases", security(("api_key" = ["case.read"])), responses(
    (status = 200, description = "All templates, archived ones too", body = schema::CaseTemplatePage),
    (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
))]
pub async fn list(caller: Caller) -> Result<Json<Page<CaseTemplateItem>>, Problem> {
    let task = |task: TemplateTask| CaseTemplateTask { title: task.title, due_after: task.due_after };
    let item = |template: CaseTemplate| {
        let CaseTemplate { id, brings, created_at, archived_at, .. } = template;
        let NewTemplate { name, about, description, severity, priority, tlp, pap, tags, fields, tasks } =
            brings;
        let tasks = tasks.into_iter().map(task).collect();
        CaseTemplateItem {
            id,
            name,
            about,
            description,
            severity,
            priority,
            tlp,
            pap,
            tags,
            fields,
            tasks,
            created_at,
            archived_at,
        }
    };
    let items = cases::templates(&caller.admit::<CaseRead>()?).await?.into_iter().map(item).collect();
    Ok(Json(Page { items, next_cursor: None }))
}

#[derive(Serialize, ToSchema)]
pub struct CaseTemplateItem {
    #[schema(value_type = Uuid)]
    id: CaseTemplateId,
    name: String,
    /// When to take it.
    about: String,
    /// Markdown.
    description: String,
    #[schema(value_type = SeverityWord)]
    severity: Severity,
    #[schema(value_type = PriorityWord)]
    priority: Priority,
    #[schema(value_type = TlpWord)]
    tlp: Tlp,
    #[schema(value_type = PapWord)]
    pap: Pap,
    tags: Vec<String>,
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    fields: FieldValues,
    tasks: Vec<CaseTemplateTask>,
    #[schema(value_type = DateTime<Utc>)]
    created_at: Timestamp,
    /// It is offered no more.
    #[schema(required = true, value_type = Option<DateTime<Utc>>)]
    archived_at: Option<Timestamp>,
}

#[derive(Serialize, ToSchema)]
pub struct CaseTemplateTask {
    title: String,
    /// Seconds after the case is opened.
    #[schema(required = true)]
    due_after: Option<i64>,
}
