//! What the page of a case shows of merges: where it went, what is in it, and the form that merges it. Server only.

use domain::CaseId;
use domain::Invalid;
use domain::case::bulk::Outcome;
use domain::case::merge::{Merge, Merging};
use domain::case::{Case, key};
use domain::permission::{CaseRead, CaseWrite};
use leptos::prelude::*;
use service::{Cx, cases};
use ui::{Actions, Button, Dialog, Field, Notice, NoticeKind, Section, TextArea, TextInput, Variant};

use super::detail::Place;
use super::{MergeCase, UnmergeCase, bulk_write, parts};
use crate::error::{Answer, AppError, Typed as _};
use crate::form::{Form, FormError};
use crate::page::Done;
use crate::page::print::form;
use crate::routes;
use crate::server::Scope;
use crate::when::Ago;

pub const MERGE: &str = "merge-case";

/// The case that somebody names, of those that one may see.
pub async fn named(scope: &Scope, into: &str) -> Answer<Case> {
    let cx = scope.admit::<CaseRead>()?;
    match cases::find(&cx, into).await {
        Ok(case) => Ok(case),
        Err(service::Error::NotFound) => Err(Invalid::field("into", "there is no such case").into()),
        Err(other) => Err(other.into()),
    }
}

/// One case, from its page; leads to the one it went into.
pub async fn merge(
    scope: &Scope,
    cx: &Cx<CaseWrite>,
    (id, version): (CaseId, i64),
    into: &str,
    note: &str,
) -> Answer<Done> {
    let merged = async {
        let own = scope.admit::<CaseRead>()?;
        cases::get(&own, id).await?;
        let target = named(scope, into).await?;
        let seen = Merging { id, version: Some(version) };
        let report = cases::merge_cases(cx, Merging { id: target.id, version: None }, &[seen], note).await;
        let report = report.map_err(|error| match error {
            service::Error::Invalid(_) if target.id == id => {
                Invalid::field("into", "choose another case").into()
            }
            service::Error::Conflict(why) => service::Error::Invalid(Invalid::field("into", why)),
            other => other,
        })?;
        match report.results.first() {
            Some(item) if item.outcome == Outcome::Done => Ok((target, report)),
            Some(item) => {
                let why = match item.outcome {
                    Outcome::Unchanged(why) => why.words(),
                    Outcome::Done | Outcome::Absent => "is not there any more",
                };
                let words = format!("{} {why}", key(item.number.unwrap_or_default()));
                Err(AppError::from(service::Error::Conflict(words)))
            }
            None => Err(crate::server::not_found()),
        }
    };
    let (target, report) = merged.await.typed(&[("into", into), ("note", note)])?;
    leptos_axum::redirect(&routes::case(&scope.organization.slug, target.number));
    let words = format!("Merged into {}", target.key());
    Ok(Done { words, undo: bulk_write::undo_of(scope, report.action_id) })
}

/// Over a case that is in another.
pub fn went(place: &Place<'_>, merge: Option<&Merge>) -> Option<AnyView> {
    let (number, merge) = (place.case.merged_number?, merge?);
    let (href, code) = (routes::case(place.slug(), number), key(number));
    let (by, when) = (merge.merged_by.clone(), place.scope.zone.when(merge.merged_at));
    let note = merge.note.clone().map(|note| view! { <p>{note}</p> });
    let out = place.may_unmerge().then(|| take_out(place.slug(), place.case));
    Some(
        view! {
            <Notice kind=NoticeKind::Info title=format!("Merged into {code}")>
                <p>
                    "It is read and changed in "
                    <a class="link" href=href>{code.clone()}</a>
                    ". " <span class="faint">{by} " " <Ago when=when /></span>
                </p>
                {note}
                {out}
            </Notice>
        }
        .into_any(),
    )
}

/// Beside a case: those that are in it.
pub fn inside(place: &Place<'_>, merged: &[(Merge, Case)]) -> Option<AnyView> {
    let each: Vec<_> = merged
        .iter()
        .map(|(merge, case)| {
            let (href, code, title) = (routes::case(place.slug(), case.number), case.key(), case.title.clone());
            let when = place.scope.zone.when(merge.merged_at);
            let note = merge.note.clone().map(|note| view! { <small class="muted">{note}</small> });
            let tags = (!case.tags.is_empty()).then(|| parts::tags(&case.tags, place.slug()));
            let fields: Vec<_> = case
                .fields
                .iter()
                .map(|(key, value)| view! { <small class="muted">{key.replace('_', " ")} ": " {value.clone()}</small> })
                .collect();
            let out = place.may_write.then(|| take_out(place.slug(), case));
            view! {
                <li>
                    <a href=href>
                        <span class="mono muted">{code}</span>
                        " "
                        {title}
                    </a>
                    {note}
                    {fields}
                    <span class="tags">{tags}</span>
                    <small class="faint">{merge.merged_by.clone()} " " <Ago when=when /></small>
                    {out}
                </li>
            }
        })
        .collect();
    (!each.is_empty())
        .then(|| view! { <Section title="Merged into this"><ul class="plain-list merged-list">{each}</ul></Section> }.into_any())
}

fn take_out(slug: &str, case: &Case) -> AnyView {
    let label = format!("Take {} out again", case.key());
    let fields = view! {
        <input type="hidden" name="organization" value=slug.to_owned() />
        <input type="hidden" name="id" value=case.id.to_string() />
        <Button submit=true>{label}</Button>
    };
    form::<UnmergeCase>("Taken out", "inline-form", fields)
}

pub fn dialog(place: &Place<'_>) -> AnyView {
    let state = Form::printed::<MergeCase>();
    let fields = view! {
        <FormError form=state fields=&["into", "note"] />
        <p class="muted">"What this case has is read in the other one from then on, and it leaves the lists. It can be taken out again, with all it had."</p>
        {place.hidden()}
        <input type="hidden" name="version" value=place.case.version.to_string() />
        <Field id="merge-into" label="Into which case?" hint="Its number" required=true error=state.reason("into")>
            <TextInput name="into" placeholder="CASE-…" value=state.typed("into", "") required=true autocomplete="off" />
        </Field>
        <Field id="merge-note" label="Why" error=state.reason("note")>
            <TextArea name="note" rows=2_u32 value=state.typed("note", "") />
        </Field>
        <Actions>
            <Button submit=true variant=Variant::Primary>"Merge the case"</Button>
        </Actions>
    };
    view! {
        <Dialog id=MERGE title=format!("Merge {}", place.case.key()) open=state.refused()>
            {form::<MergeCase>("Merged", "form", fields)}
        </Dialog>
    }
    .into_any()
}
