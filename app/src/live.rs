//! Pages that are followed: what they print so that `scripts/live.mjs` can hear of changes, and the words that it then tells. Server
//! only.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::UserId;
use domain::live::{Note, Present};
use domain::permission::OrganizationEnter;
use leptos::prelude::*;
use serde_json::json;
use ui::Avatar;

use crate::error::Answer;
use crate::page::Page;
use crate::printed::Printed;
use crate::routes::{self, Link};
use crate::server::Scope;

/// Where a page begins to be followed. Asked for before anything of the page is read, so that nothing falls between.
pub struct Since {
    slug: String,
    place: i64,
}

pub async fn since(scope: &Scope) -> Answer<Since> {
    let place = service::live::newest(&scope.admit::<OrganizationEnter>()?).await?;
    Ok(Since { slug: scope.organization.slug.clone(), place })
}

impl Page {
    /// The page hears of changes of these records (`domain::live::Topic`) while it is open.
    #[must_use]
    pub fn follows(self, since: Since, topics: &[&str]) -> Self {
        let address = topics
            .iter()
            .fold(Link::new(routes::live(&since.slug)), |link, topic| link.with("about", topic))
            .done();
        // Empty at first and never printed anew: a reader's software tells what comes into it.
        let told = view! {
            <div id="live" class="live" data-live=address data-after=since.place.to_string()>
                <p class="live-told" role="status"></p>
            </div>
        };
        Self { body: self.body.then(told), ..self }
    }
}

/// Stands beside the title of what people can be at together; filled in by what the stream tells.
pub fn people_here() -> AnyView {
    view! { <ul id="people" class="people" aria-label="Also here" data-people hidden></ul> }.into_any()
}

/// JSON of changes: one sentence for the reader, nothing of what they did themselves.
pub fn changes(notes: &[Arc<Note>], me: Option<UserId>) -> String {
    let others: Vec<&Note> =
        notes.iter().map(|note| &**note).filter(|note| me.is_none() || note.by_id != me).collect();
    json!({ "words": sentence(&others), "mine": others.is_empty() }).to_string()
}

fn sentence(notes: &[&Note]) -> String {
    let Some(last) = notes.last() else { return String::new() };
    let people: BTreeSet<&str> = notes.iter().map(|note| note.by.as_str()).collect();
    let what = said(&last.action);
    match (people.len(), notes.len()) {
        (_, 1) => format!("{} {what}", last.by),
        (1, n) => format!("{} {what}, {n} changes", last.by),
        (2, n) => format!("{}: {n} changes", people.into_iter().collect::<Vec<_>>().join(" and ")),
        (of, n) => format!("{of} people: {n} changes"),
    }
}

/// JSON of who else is there: the list beside the title, the same in words, and who writes in which form.
pub fn people(people: &[Present]) -> String {
    let html = Owner::new().with(|| Printed::of(people.iter().map(one).collect_view()).html().to_owned());
    let words = match people {
        [] => String::new(),
        [one] => format!("{} is here, {}", one.name, doing(one)),
        [one, other] => format!("{} and {} are here", one.name, other.name),
        [one, rest @ ..] => format!("{} and {} others are here", one.name, rest.len()),
    };
    let forms: Vec<_> = people
        .iter()
        .filter_map(|who| {
            let at = who.doing.as_ref()?;
            Some(json!({ "form": at.form, "field": at.field, "words": format!("{} is {}", who.name, at.words()) }))
        })
        .collect();
    json!({ "html": html, "words": words, "forms": forms }).to_string()
}

fn one(who: &Present) -> AnyView {
    let (name, says) = (who.name.clone(), who.doing.is_some().then(|| doing(who)));
    let title = format!("{}, {}", who.name, doing(who));
    let face = name.clone();
    view! {
        <li title=title>
            <Avatar name=face />
            <span>{name}</span>
            {says.map(|says| view! { <small>{says}</small> })}
        </li>
    }
    .into_any()
}

fn doing(who: &Present) -> &'static str {
    who.doing.as_ref().map_or("looking", |doing| doing.words())
}

/// What somebody did, by the code of its audit entry: "added a note".
fn said(action: &str) -> &'static str {
    match action {
        "CASE_CREATED" => "opened a case",
        "CASE_UPDATED" => "changed the case",
        "CASE_STARTED" => "began the investigation",
        "CASE_RESOLVED" => "resolved the case",
        "CASE_REOPENED" => "reopened the case",
        "CASES_CHANGED" => "changed several cases",
        "CASES_UNDONE" => "took changes of cases back",
        "CASE_REVIEW_REQUESTED" => "asked for a review",
        "CASE_REVIEW_RETURNED" => "returned the case",
        "CASE_REVIEW_WITHDRAWN" => "withdrew the review",
        "CASE_NOTE_ADDED" => "added a note",
        "CASE_NOTE_EDITED" => "changed a note",
        "CASE_NOTE_DELETED" => "deleted a note",
        "CASE_TASK_ADDED" => "added a task",
        "CASE_TASK_UPDATED" => "changed a task",
        "CASE_TASK_DELETED" => "deleted a task",
        "CASE_ENTRY_ADDED" => "added to the timeline",
        "CASE_ENTRY_DELETED" => "took an entry out of the timeline",
        "CASE_LINKING_STARTED" => "began to link events",
        "CASE_LINKING_CANCELLED" => "stopped the linking of events",
        "EVENT_LINKED_TO_CASE" | "EVENTS_LINKED_TO_CASE" => "linked events",
        "EVENT_UNLINKED_FROM_CASE" | "EVENTS_UNLINKED_FROM_CASE" => "took events out",
        "GROUP_LINKED_TO_CASE" => "linked a group",
        "GROUP_UNLINKED_FROM_CASE" => "took a group out",
        "DRIFT_LINKED_TO_CASE" => "linked a drift",
        "DRIFT_UNLINKED_FROM_CASE" => "took a drift out",
        "OBSERVABLES_ADDED" => "added observables",
        "OBSERVABLE_REMOVED" => "removed an observable",
        "EVIDENCE_ADDED" => "added a file",
        "EVIDENCE_DOWNLOADED" => "downloaded a file",
        "EVIDENCE_VERIFIED" => "verified a file",
        "EVIDENCE_REMOVED" => "removed a file",
        "CASE_EXPORTED" => "exported the case",
        "CASE_FIELD_CREATED" => "added a field",
        "CASE_FIELD_UPDATED" => "changed a field",
        "CASE_TEMPLATE_CREATED" => "added a template",
        "CASE_TEMPLATE_UPDATED" => "changed a template",
        "TAG_CREATED" => "added a tag",
        "TAG_RENAMED" => "renamed a tag",
        "TAGS_MERGED" => "merged tags",
        "TAG_DELETED" => "deleted a tag",
        "MEMBER_INVITED" => "invited somebody",
        "INVITATION_WITHDRAWN" => "withdrew an invitation",
        "MEMBER_ADDED" => "became a member",
        "MEMBER_UPDATED" => "changed a member",
        "MEMBER_REMOVED" => "removed a member",
        "ENVIRONMENT_CREATED" => "added an environment",
        "ENVIRONMENT_UPDATED" => "changed an environment",
        "ENVIRONMENT_DELETED" => "deleted an environment",
        "SOURCE_CREATED" => "added a source",
        "SOURCE_UPDATED" => "changed a source",
        "SOURCE_DELETED" => "deleted a source",
        "SOURCE_SILENT" => "missed a source",
        "SOURCE_HEARD" => "heard a source again",
        "DRIFT_PUSHED" => "pushed drift",
        "DRIFTS_CHANGED" => "changed drifts",
        "DRIFTS_UNDONE" => "took changes of drifts back",
        "DRIFT_ESCALATED" => "escalated a drift",
        "DRIFT_IGNORED" => "left drift out",
        "DRIFT_IGNORE_LIFTED" => "lifted an ignore rule",
        "RECOMMENDATION_IMPLEMENTED" => "did what was recommended",
        "RECOMMENDATION_DISMISSED" => "dismissed a recommendation",
        "RECOMMENDATION_STEPS_CHANGED" => "ticked steps",
        "DRIFT_RULE_CHANGED" | "DRIFT_RULE_RESET" => "changed a rule",
        "IAC_REPOSITORY_CREATED" => "added a repository",
        "IAC_REPOSITORY_UPDATED" => "changed a repository",
        "SIGNED_IN" => "signed in",
        "SIGNED_OUT" => "signed out",
        "SESSION_REVOKED" => "signed somebody out",
        "SETTINGS_UPDATED" => "changed a setting",
        _ => "changed something",
    }
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use domain::live::Doing;
    use serde_json::Value;
    use uuid::Uuid;

    use super::*;

    fn note(by: u128, name: &str, action: &str) -> Arc<Note> {
        Arc::new(Note {
            seq: 1,
            at: Timestamp::EPOCH,
            by_id: Some(UserId(Uuid::from_u128(by))),
            by: name.to_owned(),
            action: action.to_owned(),
            kind: "case".to_owned(),
            ids: Vec::new(),
        })
    }

    #[test]
    fn several_changes_are_one_sentence_and_ones_own_are_none() {
        let words = |notes: &[Arc<Note>]| -> String {
            let told: Value =
                serde_json::from_str(&changes(notes, Some(UserId(Uuid::from_u128(9))))).unwrap();
            told["words"].as_str().unwrap().to_owned()
        };
        let (mara, ben) = (note(1, "Mara", "CASE_NOTE_ADDED"), note(2, "Ben", "CASE_UPDATED"));
        let mine = note(9, "Me", "CASE_UPDATED");
        assert_eq!(words(std::slice::from_ref(&mara)), "Mara added a note");
        assert_eq!(words(&[ben.clone(), ben.clone(), mine.clone()]), "Ben changed the case, 2 changes");
        assert_eq!(words(&[mara, ben.clone(), ben]), "Ben and Mara: 3 changes");
        assert_eq!(words(&[mine]), "");
    }

    #[test]
    fn who_is_there_is_printed_and_escaped() {
        let who = Present {
            tab: Uuid::nil(),
            user_id: UserId(Uuid::nil()),
            name: "<b>Mara</b>".to_owned(),
            case_id: domain::CaseId(Uuid::nil()),
            doing: Doing::parse("edit_case:case[title]"),
        };
        let told: Value = serde_json::from_str(&people(&[who])).unwrap();
        let html = told["html"].as_str().unwrap();
        assert!(html.contains("&lt;b&gt;Mara") && !html.contains("<b>"), "{html}");
        assert_eq!(told["forms"][0]["words"], "<b>Mara</b> is editing the title");
        assert_eq!(told["words"], "<b>Mara</b> is here, editing the title");
        assert_eq!(serde_json::from_str::<Value>(&people(&[])).unwrap()["words"], "");
    }
}
