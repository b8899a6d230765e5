//! A save that comes too late: what somebody else wrote meanwhile and what is saved now are put together, where that can be done
//! without choosing between people's words. Where it cannot, nothing is written and everything is told.

use std::collections::BTreeSet;

use domain::case::field::FieldValues;
use domain::case::{Case, NewCase, fold};
use domain::permission::{CaseRead, CaseWrite};
use domain::{CaseId, CaseNoteId, Timestamp};
use serde_json::Value;
use store::Scoped;

use super::{edited, locked, stale};
use crate::merge::{self, Merged};
use crate::{Cx, Error, Result, drafts};

/// A case that was saved.
#[derive(Debug)]
pub struct Saved {
    pub case: Case,
    /// Fields that somebody else had changed meanwhile, and that stay as they are now.
    pub kept: Vec<String>,
}

/// Two saves from one version.
#[derive(Clone, Debug, PartialEq)]
pub struct Clash {
    /// Where both began.
    pub base: NewCase,
    /// The case now.
    pub theirs: NewCase,
    pub mine: NewCase,
    /// Of each field what only one side changed, of lists both changes, of the description the lines of both (once they are
    /// compared), of the rest mine.
    pub merged: NewCase,
    /// Fields that only the other side changed.
    pub kept: Vec<String>,
    /// Fields that both changed, to something else each.
    pub both: Vec<String>,
    /// Where both changed the description.
    pub description: Option<Merged>,
}

/// Saves what a form says that was made from `version`. What others changed meanwhile stays, where this form does not change
/// it too.
///
/// # Errors
/// `Conflict` where both changed the same; [`clash`] tells what.
pub async fn save(cx: &Cx<CaseWrite>, id: CaseId, version: i64, mine: NewCase) -> Result<Saved> {
    let mine = mine.tidy();
    mine.check()?;
    let (mut tx, old) = locked(cx, id).await?;
    let (new, kept) = if old.version == version {
        (mine, Vec::new())
    } else {
        let base = base(&mut tx, &old, version).await?.ok_or_else(stale)?;
        let found = put_together(base, NewCase::of(&old), mine);
        if !found.both.is_empty() {
            return Err(stale());
        }
        // Each of the two fits; both together may be too much.
        let merged = found.merged.tidy();
        merged.check()?;
        (merged, found.kept)
    };
    if let Some(place) = drafts::place(cx, "case", id.0) {
        store::draft::delete(&mut tx, place).await?;
    }
    Ok(Saved { case: edited(cx, tx, old, new).await?, kept })
}

/// What stands between the case and a form that was made from `version`; nothing when that version is not known any more.
pub async fn clash(cx: &Cx<CaseRead>, id: CaseId, version: i64, mine: NewCase) -> Result<Option<Clash>> {
    let mut tx = cx.read().await?;
    let Some(now) = store::case::get(&mut tx, id).await? else { return Ok(None) };
    let Some(base) = base(&mut tx, &now, version).await? else { return Ok(None) };
    drop(tx);
    let clash = put_together(base, NewCase::of(&now), mine.tidy());
    aside(move || with_lines(clash)).await.map(Some)
}

/// What stands between a note and its author's other save of it.
pub async fn note_clash(
    cx: &Cx<CaseRead>,
    case: CaseId,
    id: CaseNoteId,
    revision: i64,
    mine: &str,
) -> Result<Option<Merged>> {
    let mut tx = cx.read().await?;
    let now = store::case::note::get(&mut tx, case, id).await?.filter(|note| note.deleted_at.is_none());
    let Some(now) = now else { return Ok(None) };
    let Some(base) = store::case::note::revision(&mut tx, id, revision).await? else { return Ok(None) };
    drop(tx);
    let mine = mine.to_owned();
    aside(move || merge::text(&base, &now.content, &mine)).await.map(Some)
}

/// Comparing long texts takes the processor for a while, which the other requests of this thread are not to wait for.
async fn aside<T: Send + 'static>(compare: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(compare).await.map_err(|e| Error::Internal(e.to_string()))
}

/// What a case said at a version: its changes since, taken back one by one. Nothing when they are not all known: they are of
/// an older build of ours.
async fn base(tx: &mut impl Scoped, now: &Case, version: i64) -> Result<Option<NewCase>> {
    if !(1..=now.version).contains(&version) {
        return Ok(None);
    }
    let since = store::case::history::since(tx, now.id, version).await?;
    if since.len() as i64 != now.version - version {
        return Ok(None);
    }
    let mut said = NewCase::of(now);
    Ok(since.iter().all(|change| take_back(&mut said, &change.old, &change.new).is_some()).then_some(said))
}

fn take_back(said: &mut NewCase, old: &Value, new: &Value) -> Option<()> {
    fn read<T: serde::de::DeserializeOwned>(old: &Value, name: &str, into: &mut T) -> Option<()> {
        if let Some(value) = old.get(name) {
            *into = serde_json::from_value(value.clone()).ok()?;
        }
        Some(())
    }
    read(old, "title", &mut said.title)?;
    read(old, "description", &mut said.description)?;
    read(old, "priority", &mut said.priority)?;
    read(old, "severity", &mut said.severity)?;
    read(old, "tlp", &mut said.tlp)?;
    read(old, "pap", &mut said.pap)?;
    read(old, "assigned_to_id", &mut said.assigned_to_id)?;
    read(old, "due_at", &mut said.due_at)?;
    read(old, "tags", &mut said.tags)?;
    let fields = said.fields.get_or_insert_default();
    for key in new.as_object()?.keys().filter_map(|name| name.strip_prefix("field.")) {
        fields.remove(key);
    }
    for (name, value) in old.as_object()? {
        if let Some(key) = name.strip_prefix("field.") {
            fields.insert(key.to_owned(), value.as_str()?.to_owned());
        }
    }
    Some(())
}

/// Where both changed the description, its lines are compared and put together.
fn with_lines(mut clash: Clash) -> Clash {
    if clash.both.iter().any(|name| name == "description") {
        let lines = merge::text(&clash.base.description, &clash.theirs.description, &clash.mine.description);
        clash.merged.description.clone_from(&lines.text);
        clash.description = Some(lines);
    }
    clash
}

/// Without a look at lines: a save that is refused needs none.
fn put_together(base: NewCase, theirs: NewCase, mine: NewCase) -> Clash {
    let (mut kept, mut both) = (Vec::new(), Vec::new());
    // What is taken of a field, and where it is told.
    let mut settle = |name: &str, same: [bool; 3]| -> bool {
        let [theirs_is_base, mine_is_base, equal] = same;
        if !theirs_is_base && !mine_is_base && !equal {
            both.push(name.to_owned());
        } else if !theirs_is_base && !equal {
            kept.push(name.to_owned());
        }
        // Mine, unless only they changed it.
        !mine_is_base
    };
    let minute = |at: Option<Timestamp>| at.map(|at| at.micros().div_euclid(60_000_000));
    let mut merged = mine.clone();
    macro_rules! field {
        ($name:literal, $field:ident, $of:expr) => {
            let [b, t, m] = [$of(&base.$field), $of(&theirs.$field), $of(&mine.$field)];
            if !settle($name, [t == b, m == b, t == m]) {
                merged.$field.clone_from(&theirs.$field);
            }
        };
    }
    field!("title", title, String::clone);
    field!("priority", priority, |one: &_| *one);
    field!("severity", severity, |one: &_| *one);
    field!("tlp", tlp, |one: &_| *one);
    field!("pap", pap, |one: &_| *one);
    field!("assigned_to_id", assigned_to_id, |one: &_| *one);
    field!("due_at", due_at, |one: &Option<Timestamp>| minute(*one));
    field!("description", description, |text: &String| merge::plain(text));
    merged.tags = merge::set(&base.tags, &theirs.tags, &mine.tags, fold);
    let of = |tags: &[String]| tags.iter().map(|tag| fold(tag)).collect::<BTreeSet<_>>();
    if of(&merged.tags) != of(&mine.tags) {
        kept.push("tags".to_owned());
    }
    merged.fields = mine.fields.as_ref().map(|mine| {
        let none = FieldValues::new();
        let (base, theirs) = (base.fields.as_ref().unwrap_or(&none), theirs.fields.as_ref().unwrap_or(&none));
        let keys: BTreeSet<&String> = base.keys().chain(theirs.keys()).chain(mine.keys()).collect();
        let mut values = FieldValues::new();
        for key in keys {
            let of = |from: &FieldValues| from.get(key).filter(|text| !text.is_empty()).cloned();
            let [b, t, m] = [of(base), of(theirs), of(mine)];
            // An archived field is in no form; what it holds stays anyway.
            let m = if mine.contains_key(key) { m } else { b.clone() };
            let name = format!("fields.{key}");
            let (their_side, my_side, equal) = (t == b, m == b, t == m);
            if !their_side && !my_side && !equal {
                both.push(name);
            } else if !their_side && !equal {
                kept.push(name);
            }
            if let Some(value) = if my_side { t } else { m } {
                values.insert(key.clone(), value);
            }
        }
        values
    });
    Clash { base, theirs, mine, merged, kept, both, description: None }
}

#[cfg(test)]
mod tests {
    use domain::Severity;
    use domain::case::Priority;
    use serde_json::json;

    use super::*;

    fn said(title: &str, description: &str, tags: &[&str]) -> NewCase {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        NewCase {
            description: description.to_owned(),
            tags,
            fields: Some(FieldValues::new()),
            ..NewCase::titled(title)
        }
    }

    #[test]
    fn fields_that_one_side_changed_merge_and_are_told() {
        let base = said("a case", "one\ntwo", &["ssh"]);
        let theirs =
            NewCase { severity: Severity::High, ..said("their case", "one\ntwo", &["ssh", "brute"]) };
        let mine = NewCase { priority: Priority::Urgent, ..said("a case", "one\r\n2", &[]) };
        let found = put_together(base, theirs, mine);
        assert!(found.both.is_empty(), "{found:?}");
        assert_eq!(found.kept, ["title", "severity", "tags"]);
        let merged = &found.merged;
        assert_eq!(
            (merged.title.as_str(), merged.severity, merged.priority),
            ("their case", Severity::High, Priority::Urgent)
        );
        assert_eq!(
            (merged.description.as_str(), merged.tags.clone()),
            ("one\r\n2", vec!["brute".to_owned()])
        );
    }

    #[test]
    fn what_both_changed_is_not_chosen_for_them() {
        let base = said("a case", "one\ntwo\nthree", &[]);
        let found =
            put_together(base, said("theirs", "ONE\ntwo\nthree", &[]), said("mine", "one\ntwo\nTHREE", &[]));
        assert_eq!(found.both, ["title", "description"]);
        assert_eq!((&found.description, found.merged.description.as_str()), (&None, "one\ntwo\nTHREE"));
        let found = with_lines(found);
        assert_eq!(found.merged.title, "mine", "the form shows what was typed, and theirs beside it");
        let lines = found.description.unwrap();
        assert_eq!((lines.text.as_str(), lines.clashes()), ("ONE\ntwo\nTHREE", false));
        assert_eq!(found.merged.description, "ONE\ntwo\nTHREE");
    }

    #[test]
    fn own_fields_merge_by_their_key() {
        let with = |pairs: &[(&str, &str)]| NewCase {
            fields: Some(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()),
            ..NewCase::titled("a")
        };
        let base = with(&[("unit", "A"), ("old", "kept")]);
        let theirs = with(&[("unit", "A"), ("old", "kept"), ("ticket", "T-1")]);
        let found = put_together(base, theirs, with(&[("unit", "B"), ("ticket", "")]));
        assert_eq!((found.both.len(), found.kept), (0, vec!["fields.ticket".to_owned()]));
        let wanted = with(&[("unit", "B"), ("old", "kept"), ("ticket", "T-1")]);
        assert_eq!(found.merged.fields, wanted.fields);
    }

    #[test]
    fn changes_are_taken_back_one_by_one() {
        let mut now = said("third", "text", &["a"]);
        now.fields = Some(FieldValues::from([("unit".to_owned(), "B".to_owned())]));
        take_back(&mut now, &json!({ "title": "second" }), &json!({ "title": "third", "field.unit": "B" }))
            .unwrap();
        take_back(&mut now, &json!({ "title": "first", "tags": [], "status": "open" }), &json!({})).unwrap();
        assert_eq!(now, said("first", "text", &[]));
    }
}
