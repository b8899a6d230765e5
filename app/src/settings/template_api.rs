//! Server functions of the templates of cases.

#[cfg(feature = "ssr")]
use std::collections::BTreeMap;

use domain::CaseTemplateId;
#[cfg(feature = "ssr")]
use domain::Invalid;
#[cfg(feature = "ssr")]
use domain::case::field::CaseField;
#[cfg(feature = "ssr")]
use domain::case::template::{CaseTemplate, NewTemplate, read_tasks, write_tasks};
#[cfg(feature = "ssr")]
use domain::permission::{CaseRead, SettingsWrite};
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use serde::{Deserialize, Serialize};
#[cfg(feature = "ssr")]
use service::cases;

use crate::cases::CaseForm;
#[cfg(feature = "ssr")]
use crate::cases::{forms, new_case, pairs};
use crate::error::Answer;
#[cfg(feature = "ssr")]
use crate::error::{AppError, Typed as _};
use crate::page::Done;
#[cfg(feature = "ssr")]
use crate::routes::SettingsPage;
#[cfg(feature = "ssr")]
use crate::server::{Scope, scope};
#[cfg(feature = "ssr")]
use crate::stale::{self, Kind, Sent};

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
    let form = TemplateForm::of(name, about, tasks, case);
    let done = async { Ok::<_, AppError>(cases::define_template(&cx, form.read(&scope)?).await?) };
    // The description last: it may be too long for an address.
    let mut typed: Vec<_> = stale::texts(&form)?.into_iter().collect();
    typed.sort_by_key(|(name, _)| name == "description");
    done.await.typed_whole(&pairs(&typed))?;
    Ok(Done::new("Template added"))
}

/// `seen`: the fields that the form was made from ([`crate::stale`]).
#[server(name = ChangeCaseTemplate, prefix = "/fn", endpoint = "change_case_template")]
pub async fn change_case_template(
    organization: String,
    id: CaseTemplateId,
    #[server(default)] seen: String,
    name: String,
    #[server(default)] about: String,
    #[server(default)] tasks: String,
    case: CaseForm,
) -> Answer<Done> {
    let scope = scope(&organization).await?;
    let cx = scope.admit::<SettingsWrite>()?;
    let own = own_fields(&cases::fields(&scope.admit::<CaseRead>()?).await?);
    let fields = fields(&own);
    let mut sent = Sent::of(&seen, TemplateForm::of(name, about, tasks, case));
    let merged = |now: &CaseTemplate| Ok(sent.onto(&TemplateForm::stored(now))?.read(&scope)?);
    let saved = cases::change_template_with(&cx, id, merged).await;
    let done = sent.answer(&cx, &template(&fields), id.0, saved, "Saved").await?;
    leptos_axum::redirect(&SettingsPage::Cases.href(&organization));
    Ok(done)
}

#[server(name = ArchiveCaseTemplate, prefix = "/fn", endpoint = "archive_case_template")]
pub async fn archive_case_template(organization: String, id: CaseTemplateId, archived: bool) -> Answer<Done> {
    let cx = scope(&organization).await?.admit::<SettingsWrite>()?;
    cases::archive_template(&cx, id, archived).await?;
    leptos_axum::redirect(&SettingsPage::Cases.href(&organization));
    Ok(Done::new(if archived { "Archived" } else { "Offered again" }))
}

/// What the form of a template holds.
#[cfg(feature = "ssr")]
#[derive(Serialize, Deserialize)]
pub struct TemplateForm {
    pub name: String,
    pub about: String,
    pub tasks: String,
    pub description: String,
    pub severity: String,
    pub priority: String,
    pub tlp: String,
    pub pap: String,
    pub tags: String,
    /// The organization's own fields, as `fields.{key}`.
    #[serde(flatten)]
    pub own: BTreeMap<String, String>,
}

#[cfg(feature = "ssr")]
impl TemplateForm {
    pub fn of(name: String, about: String, tasks: String, case: CaseForm) -> Self {
        let CaseForm { description, severity, priority, tlp, pap, tags, fields, .. } = case;
        let own = fields.into_iter().map(|(key, value)| (format!("{OWN}{key}"), value)).collect();
        Self { name, about, tasks, description, severity, priority, tlp, pap, tags, own }
    }
    pub fn stored(template: &CaseTemplate) -> Self {
        let brings = &template.brings;
        let tasks = write_tasks(&brings.tasks);
        Self::of(brings.name.clone(), brings.about.clone(), tasks, forms::of_template(template))
    }
    /// What a case starts with, as its form has it.
    pub fn case(&self) -> CaseForm {
        let own =
            |(name, value): (&String, &String)| Some((name.strip_prefix(OWN)?.to_owned(), value.clone()));
        CaseForm {
            description: self.description.clone(),
            severity: self.severity.clone(),
            priority: self.priority.clone(),
            tlp: self.tlp.clone(),
            pap: self.pap.clone(),
            tags: self.tags.clone(),
            fields: self.own.iter().filter_map(own).collect(),
            ..CaseForm::default()
        }
    }
    fn read(&self, scope: &Scope) -> Result<NewTemplate, Invalid> {
        let starts = new_case(&self.case(), scope)?;
        Ok(NewTemplate {
            name: self.name.clone(),
            about: self.about.clone(),
            description: starts.description,
            severity: starts.severity,
            priority: starts.priority,
            tlp: starts.tlp,
            pap: starts.pap,
            tags: starts.tags,
            fields: starts.fields.unwrap_or_default(),
            tasks: read_tasks(&self.tasks)?,
        })
    }
}

/// Before the keys of the organization's own fields.
#[cfg(feature = "ssr")]
const OWN: &str = "fields.";

/// Names of the organization's own fields in the form, and in words.
#[cfg(feature = "ssr")]
pub fn own_fields(own: &[CaseField]) -> Vec<(String, String)> {
    own.iter().map(|field| (format!("{OWN}{}", field.key), field.name.clone())).collect()
}

/// All fields of the form of a template, with those of [`own_fields`].
#[cfg(feature = "ssr")]
pub fn fields(own: &[(String, String)]) -> Vec<(&str, &str)> {
    let each = [
        ("name", "Name"),
        ("about", "When to take it"),
        ("severity", "Severity"),
        ("priority", "Priority"),
        ("tlp", "TLP"),
        ("pap", "PAP"),
        ("description", "Description"),
        ("tasks", "Tasks"),
        ("tags", "Tags"),
    ];
    each.into_iter().chain(own.iter().map(|(name, words)| (name.as_str(), words.as_str()))).collect()
}

#[cfg(feature = "ssr")]
pub fn template<'a>(fields: &'a [(&'a str, &'a str)]) -> Kind<'a> {
    Kind { name: "case_template", fields }
}
