//! Fields that an organization gives its cases: their definitions, and what a case says in them.

use std::collections::{BTreeMap, HashMap};

use domain::audit::{Action, AuditEntry};
use domain::case::Case;
use domain::case::field::{CaseField, FieldKind, FieldValues, MAX_FIELDS, NewField, key_of, missing};
use domain::permission::{CaseRead, SettingsWrite};
use domain::{CaseFieldId, Invalid, UserId};
use serde_json::{Value, json};
use store::case::field;
use store::{Scoped, WriteTx};

use crate::error::CHANGED;
use crate::{Cx, Error, Result};

/// Characters of a value that a query compares, its key with them.
const MAX_SEARCHED: usize = 500;

/// All, archived ones too, in their order.
pub async fn fields(cx: &Cx<CaseRead>) -> Result<Vec<CaseField>> {
    Ok(field::list(&mut cx.read().await?).await?)
}

/// The fields of a case, with what it says in them in words: those in use, and archived ones that it has a value of.
pub async fn field_lines(cx: &Cx<CaseRead>, case: &Case) -> Result<Vec<(CaseField, Option<String>)>> {
    lines(&mut cx.read().await?, &case.fields).await
}

pub(super) async fn lines(
    tx: &mut impl Scoped,
    values: &FieldValues,
) -> Result<Vec<(CaseField, Option<String>)>> {
    let fields = field::list(tx).await?;
    let person = |field: &CaseField| values.get(&field.key)?.parse::<UserId>().ok();
    let people: Vec<UserId> =
        fields.iter().filter(|field| field.kind == FieldKind::User).filter_map(person).collect();
    let names =
        if people.is_empty() { HashMap::new() } else { store::group::life::names(tx, &people).await? };
    let line = |field: CaseField| {
        let value = values.get(&field.key).cloned();
        let name = person(&field).filter(|_| field.kind == FieldKind::User);
        let value = name.and_then(|user| names.get(&user).cloned()).or(value);
        (field.archived_at.is_none() || value.is_some()).then_some((field, value))
    };
    Ok(fields.into_iter().filter_map(line).collect())
}

/// Names of whom the cases' fields of the organization's own name.
pub async fn people(
    cx: &Cx<CaseRead>,
    fields: &[CaseField],
    cases: &[Case],
) -> Result<HashMap<UserId, String>> {
    let mut people = Vec::new();
    for field in fields.iter().filter(|field| field.kind == FieldKind::User) {
        people.extend(cases.iter().filter_map(|case| case.fields.get(&field.key)?.parse::<UserId>().ok()));
    }
    if people.is_empty() {
        return Ok(HashMap::new());
    }
    Ok(store::group::life::names(&mut cx.read().await?, &people).await?)
}

/// How many cases have a value of each field.
pub async fn field_counts(cx: &Cx<CaseRead>) -> Result<HashMap<CaseFieldId, i64>> {
    Ok(field::counts(&mut cx.read().await?).await?)
}

/// Defines a field; it comes last.
pub async fn define_field(cx: &Cx<SettingsWrite>, new: NewField) -> Result<CaseField> {
    let new = new.tidy();
    new.check()?;
    let mut tx = cx.write().await?;
    let all = field::lock(&mut tx).await?;
    if all.iter().filter(|field| field.archived_at.is_none()).count() >= MAX_FIELDS {
        return Err(Error::Conflict("there are 50 fields already; archive one".to_owned()));
    }
    let key = key_of(&new.name);
    if all.iter().any(|field| field.key == key) {
        return Err(
            Invalid::field("name", "there is a field of this name, or nearly; it may be archived").into()
        );
    }
    let field = CaseField {
        id: cx.services.clock.id(),
        key,
        name: new.name,
        kind: new.kind,
        choices: new.choices,
        required: new.required,
        position: all.iter().map(|field| field.position).max().unwrap_or(0) + 1,
        created_at: tx.now(),
        archived_at: None,
        version: 1,
    };
    field::insert(&mut tx, &field).await?;
    let entry = AuditEntry::new(Action::CASE_FIELD_CREATED, "case_field", field.id);
    tx.commit(entry.change(None, Some(told(&field)))).await?;
    Ok(field)
}

/// Changes name, choices, and whether it is wanted, to what `new` makes of the field as it is: nobody changes it in between. What a
/// field holds stays what it was.
pub async fn change_field_with(
    cx: &Cx<SettingsWrite>,
    id: CaseFieldId,
    new: impl FnOnce(&CaseField) -> Result<NewField>,
) -> Result<CaseField> {
    let mut tx = cx.write().await?;
    let all = field::lock(&mut tx).await?;
    let old = one(&all, id)?.clone();
    let new = NewField { kind: old.kind, ..new(&old)? }.tidy();
    new.check()?;
    if all.iter().any(|other| other.id != id && key_of(&other.name) == key_of(&new.name)) {
        return Err(Invalid::field("name", "there is a field of this name, or nearly").into());
    }
    let field = CaseField { name: new.name, choices: new.choices, required: new.required, ..old.clone() };
    save(tx, &old, field).await
}

/// It is asked no more, or again. What cases have of it stays.
pub async fn archive_field(cx: &Cx<SettingsWrite>, id: CaseFieldId, archived: bool) -> Result<CaseField> {
    let mut tx = cx.write().await?;
    let all = field::lock(&mut tx).await?;
    let old = one(&all, id)?.clone();
    if old.archived_at.is_some() == archived {
        return Ok(old);
    }
    if !archived && all.iter().filter(|field| field.archived_at.is_none()).count() >= MAX_FIELDS {
        return Err(Error::Conflict("there are 50 fields already; archive one".to_owned()));
    }
    let field = CaseField { archived_at: archived.then_some(tx.now()), ..old.clone() };
    save(tx, &old, field).await
}

/// Changes places with the one before it, or the one behind it.
pub async fn move_field(cx: &Cx<SettingsWrite>, id: CaseFieldId, up: bool) -> Result<()> {
    let mut tx = cx.write().await?;
    let all = field::lock(&mut tx).await?;
    one(&all, id)?;
    let used: Vec<&CaseField> = all.iter().filter(|field| field.archived_at.is_none()).collect();
    let at = used.iter().position(|field| field.id == id).ok_or(Error::NotFound)?;
    let beside = if up { at.checked_sub(1) } else { Some(at + 1) };
    let Some(other) = beside.and_then(|at| used.get(at)) else { return Ok(()) };
    let (field, other) = (used[at], *other);
    field::update(&mut tx, &CaseField { position: other.position, ..field.clone() }).await?;
    field::update(&mut tx, &CaseField { position: field.position, ..other.clone() }).await?;
    let entry = AuditEntry::new(Action::CASE_FIELD_UPDATED, "case_field", id);
    let entry = entry
        .change(Some(json!({ "position": field.position })), Some(json!({ "position": other.position })));
    tx.commit(entry.metadata(json!({ "name": field.name, "changed_with": other.name }))).await?;
    Ok(())
}

async fn save(mut tx: WriteTx, old: &CaseField, new: CaseField) -> Result<CaseField> {
    if !field::update(&mut tx, &new).await? {
        return Err(Error::Conflict(CHANGED.to_owned()));
    }
    let entry = AuditEntry::new(Action::CASE_FIELD_UPDATED, "case_field", new.id);
    tx.commit(entry.change(Some(told(old)), Some(told(&new)))).await?;
    Ok(CaseField { version: new.version + 1, ..new })
}

fn one(all: &[CaseField], id: CaseFieldId) -> Result<&CaseField> {
    all.iter().find(|field| field.id == id).ok_or(Error::NotFound)
}

fn told(field: &CaseField) -> Value {
    json!({
        "key": field.key, "name": field.name, "kind": field.kind, "choices": field.choices, "required": field.required,
        "archived_at": field.archived_at,
    })
}

/// The values that a case has from now on: `new` of the fields in use (what it leaves out goes), and what it had of archived
/// ones. What is as it was is not read again: a choice may be gone since.
///
/// # Errors
/// `Invalid` at `fields.{key}`: a field that there is not, or a value that is none of its kind.
pub(super) async fn settle(tx: &mut WriteTx, old: &FieldValues, new: &FieldValues) -> Result<FieldValues> {
    let all = field::list(tx).await?;
    let mut values = FieldValues::new();
    let (mut wrong, mut people): (Vec<Invalid>, Vec<(UserId, String)>) = Default::default();
    for field in &all {
        let had = old.get(&field.key);
        if field.archived_at.is_some() {
            values.extend(had.map(|value| (field.key.clone(), value.clone())));
            // It was in use when the form was opened: what was typed is not dropped without a word.
            if let Some(text) = new.get(&field.key)
                && !text.trim().is_empty()
                && had != Some(text)
            {
                let start: String = text.chars().take(200).collect();
                let words = format!(
                    "{} was archived meanwhile and keeps no more: put “{start}” elsewhere and save again",
                    field.name
                );
                wrong.push(Invalid::field(format!("fields.{}", field.key), words));
            }
            continue;
        }
        let Some(text) = new.get(&field.key) else { continue };
        let value = if had == Some(text) { Ok(Some(text.clone())) } else { field.read(text) };
        match value {
            Ok(Some(value)) => {
                if field.kind == FieldKind::User && had != Some(&value) {
                    people.extend(value.parse::<UserId>().ok().map(|user| (user, field.key.clone())));
                }
                values.insert(field.key.clone(), value);
            }
            Ok(None) => {}
            Err(why) => wrong.push(Invalid::field(format!("fields.{}", field.key), why)),
        }
    }
    for key in new.keys().filter(|key| !all.iter().any(|field| field.key == **key)) {
        wrong.push(Invalid::field(format!("fields.{key}"), "there is no such field"));
    }
    for (person, key) in people {
        if store::member::role(tx, person).await?.is_none() {
            wrong.push(Invalid::field(format!("fields.{key}"), "not a member of this organization"));
        }
    }
    if !wrong.is_empty() {
        return Err(Invalid(wrong.into_iter().flat_map(|invalid| invalid.0).collect()).into());
    }
    Ok(values)
}

/// Writes the values of a locked case.
pub(super) async fn write(tx: &mut WriteTx, case: &Case) -> Result<()> {
    let all = field::list(tx).await?;
    let mut rows = BTreeMap::new();
    for field in &all {
        let Some(value) = case.fields.get(&field.key) else { continue };
        let found_by = match (field.kind, value.parse::<UserId>()) {
            (FieldKind::User, Ok(user)) => field::email_of(tx, user).await?,
            _ => None,
        };
        let searched = format!("{}={}", field.key, found_by.as_ref().unwrap_or(value).to_lowercase());
        // As much as an index of PostgreSQL holds.
        let searched: String = searched.chars().take(MAX_SEARCHED).collect();
        rows.insert(field.id, (value.clone(), searched));
    }
    Ok(field::put(tx, case.id, &rows).await?)
}

/// A case is not resolved while something is missing that is wanted.
pub(super) async fn complete(tx: &mut impl Scoped, case: &Case) -> Result<()> {
    let all = field::list(tx).await?;
    let lacks = missing(&all, &case.fields);
    if lacks.is_empty() {
        return Ok(());
    }
    let why = format!("fill in first, with Edit: {}", lacks.join(", "));
    Err(Invalid::field("fields", why).into())
}
