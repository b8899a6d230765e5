//! Server functions of the templates of cases.

use domain::CaseTemplateId;
#[cfg(feature = "ssr")]
use domain::case::template::{NewTemplate, read_tasks};
#[cfg(feature = "ssr")]
use domain::permission::SettingsWrite;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use service::cases;

use crate::cases::CaseForm;
#[cfg(feature = "ssr")]
use crate::cases::{new_case, pairs, typed};
use crate::error::Answer;
#[cfg(feature = "ssr")]
use crate::error::{AppError, Typed as _};
use crate::page::Done;
#[cfg(feature = "ssr")]
use crate::routes::SettingsPage;
#[cfg(feature = "ssr")]
use crate::server::{Scope, scope};

/// `tasks`: one a line, the time it has behind a bar. `case`: what the case starts with; its title is of no account.
#[server(name = DefineCaseTemplate, prefix = "/fn", endpoint = "define_case_template")]
pub async fn define_case_template(
    organization: String,
    name: String,
    #[server(default)] about: String,
    #[server(default)] tasks: String,
    case: CaseForm,
) -> Answer<Done> {
    let scope = scope(&organization).await?;
    let cx = scope.admit::<SettingsWrite>()?;
    let done = async {
        let new = new(&scope, &name, &about, &tasks, &case)?;
        Ok::<_, AppError>(cases::define_template(&cx, new).await?)
    };
    done.await.typed_whole(&pairs(&kept(&name, &about, &tasks, &case)))?;
    Ok(Done::new("Template added"))
}

/// `version`: the one that the form was made from.
#[server(name = ChangeCaseTemplate, prefix = "/fn", endpoint = "change_case_template")]
pub async fn change_case_template(
    organization: String,
    id: CaseTemplateId,
    version: i64,
    name: String,
    #[server(default)] about: String,
    #[server(default)] tasks: String,
    case: CaseForm,
) -> Answer<Done> {
    let scope = scope(&organization).await?;
    let cx = scope.admit::<SettingsWrite>()?;
    let done = async {
        let new = new(&scope, &name, &about, &tasks, &case)?;
        Ok::<_, AppError>(cases::change_template(&cx, id, version, new).await?)
    };
    done.await.typed_whole(&pairs(&kept(&name, &about, &tasks, &case)))?;
    leptos_axum::redirect(&SettingsPage::Cases.href(&organization));
    Ok(Done::new("Saved"))
}

#[server(name = ArchiveCaseTemplate, prefix = "/fn", endpoint = "archive_case_template")]
pub async fn archive_case_template(organization: String, id: CaseTemplateId, archived: bool) -> Answer<Done> {
    let cx = scope(&organization).await?.admit::<SettingsWrite>()?;
    cases::archive_template(&cx, id, archived).await?;
    leptos_axum::redirect(&SettingsPage::Cases.href(&organization));
    Ok(Done::new(if archived { "Archived" } else { "Offered again" }))
}

#[cfg(feature = "ssr")]
fn new(scope: &Scope, name: &str, about: &str, tasks: &str, case: &CaseForm) -> Answer<NewTemplate> {
    let starts = new_case(case, scope)?;
    Ok(NewTemplate {
        name: name.to_owned(),
        about: about.to_owned(),
        description: starts.description,
        severity: starts.severity,
        priority: starts.priority,
        tlp: starts.tlp,
        pap: starts.pap,
        tags: starts.tags,
        fields: starts.fields.unwrap_or_default(),
        tasks: read_tasks(tasks)?,
    })
}

/// What comes back in a refused form, the description last.
#[cfg(feature = "ssr")]
fn kept(name: &str, about: &str, tasks: &str, case: &CaseForm) -> Vec<(String, String)> {
    let own = [("name", name), ("about", about), ("tasks", tasks)];
    let own = own.into_iter().map(|(field, value)| (field.to_owned(), value.to_owned()));
    own.chain(typed(case, ("", "")).into_iter().filter(|(field, _)| field != "about")).collect()
}
