//! Server functions of the settings of cases.

use domain::CaseFieldId;
#[cfg(feature = "ssr")]
use domain::Invalid;
#[cfg(feature = "ssr")]
use domain::case::field::{CaseField, FieldKind, NewField};
#[cfg(feature = "ssr")]
use domain::permission::SettingsWrite;
use leptos::prelude::*;
#[cfg(feature = "ssr")]
use serde::{Deserialize, Serialize};
#[cfg(feature = "ssr")]
use service::{Cx, cases};

use crate::error::Answer;
#[cfg(feature = "ssr")]
use crate::error::{AppError, Typed as _};
use crate::page::Done;
#[cfg(feature = "ssr")]
use crate::routes::SettingsPage;
#[cfg(feature = "ssr")]
use crate::stale::{Kind, Sent};

/// `choices`: one a line. `required`: there when the box is ticked.
#[server(name = DefineCaseField, prefix = "/fn", endpoint = "define_case_field")]
pub async fn define_case_field(
    organization: String,
    name: String,
    kind: String,
    #[server(default)] choices: String,
    #[server(default)] required: String,
) -> Answer<Done> {
    let cx = writes(&organization).await?;
    let done = async {
        let of = kind.parse::<FieldKind>().map_err(|_| Invalid::field("kind", "choose one of the list"))?;
        Ok::<_, AppError>(cases::define_field(&cx, new(&name, of, &choices, &required)).await?)
    };
    let typed = [("name", name.as_str()), ("kind", &kind), ("choices", &choices), ("required", &required)];
    done.await.typed(&typed)?;
    Ok(Done::new("Field added"))
}

/// `required`: there when the box is ticked; `seen`: the fields that the form was made from ([`crate::stale`]).
#[server(name = ChangeCaseField, prefix = "/fn", endpoint = "change_case_field")]
pub async fn change_case_field(
    organization: String,
    id: CaseFieldId,
    #[server(default)] seen: String,
    name: String,
    #[server(default)] choices: String,
    #[server(default)] required: String,
) -> Answer<Done> {
    let cx = writes(&organization).await?;
    let mut sent = Sent::of(&seen, FieldForm { name, choices, required: ticked(!required.is_empty()) });
    let merged = |now: &CaseField| {
        let FieldForm { name, choices, required } = sent.onto(&FieldForm::of(now))?;
        Ok(new(&name, now.kind, &choices, &required))
    };
    let saved = cases::change_field_with(&cx, id, merged).await;
    let done = sent.answer(&cx, &FIELD, id.0, saved, "Saved").await?;
    leptos_axum::redirect(&SettingsPage::Cases.href(&organization));
    Ok(done)
}

/// What is changed of a field of cases.
#[cfg(feature = "ssr")]
#[derive(Default, Serialize, Deserialize)]
pub struct FieldForm {
    pub name: String,
    /// One a line.
    pub choices: String,
    /// "yes" where the box is ticked.
    pub required: String,
}

#[cfg(feature = "ssr")]
impl FieldForm {
    pub fn of(now: &CaseField) -> Self {
        Self { name: now.name.clone(), choices: now.choices.join("\n"), required: ticked(now.required) }
    }
}

#[cfg(feature = "ssr")]
pub const FIELD: Kind<'_> = Kind {
    name: "case_field",
    fields: &[("name", "Name"), ("choices", "Choices"), ("required", "Wanted before a case is resolved")],
};

#[server(name = ArchiveCaseField, prefix = "/fn", endpoint = "archive_case_field")]
pub async fn archive_case_field(organization: String, id: CaseFieldId, archived: bool) -> Answer<Done> {
    cases::archive_field(&writes(&organization).await?, id, archived).await?;
    leptos_axum::redirect(&SettingsPage::Cases.href(&organization));
    Ok(Done::new(if archived { "Archived" } else { "Asked again" }))
}

#[server(name = MoveCaseField, prefix = "/fn", endpoint = "move_case_field")]
pub async fn move_case_field(organization: String, id: CaseFieldId, up: bool) -> Answer<Done> {
    cases::move_field(&writes(&organization).await?, id, up).await?;
    Ok(Done::new("Moved"))
}

/// `four_eyes`: there when the box is ticked; `seen`: the fields that the form was made from ([`crate::stale`]).
#[server(name = SetCaseRules, prefix = "/fn", endpoint = "set_case_rules")]
pub async fn set_case_rules(
    organization: String,
    #[server(default)] seen: String,
    #[server(default)] four_eyes: String,
) -> Answer<Done> {
    use service::settings::{Cases, set_with};
    let cx = writes(&organization).await?;
    let mut sent = Sent::of(&seen, RulesForm::of(!four_eyes.is_empty()));
    let merged = |now: &serde_json::Value| {
        let form = sent.onto(&RulesForm::of(now["four_eyes"] == true))?;
        Ok(serde_json::json!({ "four_eyes": !form.four_eyes.is_empty() }))
    };
    let saved = set_with(&cx, Cases::KEY, merged).await;
    sent.answer(&cx, &RULES, cx.actor().organization.0, saved, "Saved").await
}

/// "yes" where the box is ticked.
#[cfg(feature = "ssr")]
#[derive(Serialize, Deserialize)]
pub struct RulesForm {
    pub four_eyes: String,
}

#[cfg(feature = "ssr")]
impl RulesForm {
    pub fn of(four_eyes: bool) -> Self {
        Self { four_eyes: ticked(four_eyes) }
    }
}

#[cfg(feature = "ssr")]
fn ticked(box_is: bool) -> String {
    if box_is { "yes" } else { "" }.to_owned()
}

#[cfg(feature = "ssr")]
pub const RULES: Kind<'_> =
    Kind { name: "case_rules", fields: &[("four_eyes", "A second person closes cases")] };

#[cfg(feature = "ssr")]
async fn writes(organization: &str) -> Answer<Cx<SettingsWrite>> {
    crate::server::scope(organization).await?.admit::<SettingsWrite>()
}

#[cfg(feature = "ssr")]
fn new(name: &str, kind: FieldKind, choices: &str, required: &str) -> NewField {
    NewField {
        name: name.to_owned(),
        kind,
        choices: choices.lines().map(str::to_owned).collect(),
        required: !required.is_empty(),
    }
}
