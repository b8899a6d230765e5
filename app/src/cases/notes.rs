//! Notes of a case: the form of a new one, drafts of a handover, and one's own to change. Server only.

use domain::CaseId;
use domain::case::CaseNote;
use domain::permission::CaseRead;
use leptos::prelude::*;
use service::{Cx, cases};
use ui::{Actions, Button, Field, Glyph, IconButton, Section, TextArea, Variant};

use super::detail::Place;
use super::mentions::{NAMES, names};
use super::saving::LateNote;
use super::{AddCaseNote, DeleteCaseNote, EditCaseNote};
use crate::error::Answer;
use crate::form::{Form, FormError};
use crate::page::print::form;
use crate::routes::Link;

/// `draft`: what the box holds before anything is typed.
pub fn write(place: &Place<'_>, draft: Option<String>) -> AnyView {
    let state = Form::printed::<AddCaseNote>();
    let (drafts, rows) = (drafts(place), if draft.is_some() { 16_u32 } else { 4 });
    let content = state.typed("content", draft.unwrap_or_default());
    let fields = view! {
        <FormError form=state fields=&["content"] />
        {place.hidden()}
        <Field id="note" label="Write a note" hint="Markdown; @ and a name calls a colleague. Ctrl+Enter sends it." error=state.reason("content")>
            <div class="mentionable" data-mentions=NAMES>
                <TextArea name="content" rows=rows value=content required=true key="c" />
            </div>
        </Field>
        {names(place.members)}
        {drafts}
        <Actions>
            <Button submit=true variant=Variant::Primary>"Add the note"</Button>
        </Actions>
    };
    form::<AddCaseNote>("Noted", "form", fields)
}

/// Times since which a handover can be drafted: a word of the address, and what it is called.
const DRAFTS: [(&str, &str); 4] =
    [("last", "since the last one"), ("8h", "of 8 hours"), ("24h", "of 24 hours"), ("all", "of everything")];

/// The draft that the address asks for.
pub async fn drafted(cx: &Cx<CaseRead>, case: CaseId, asked: &str) -> Answer<Option<String>> {
    let hours = |n: i64| cx.now().plus_seconds(-n * 3_600);
    let since = match asked {
        "last" => return Ok(Some(cases::handover(cx, case).await?.1)),
        "8h" => hours(8),
        "24h" => hours(24),
        "all" => cases::get(cx, case).await?.created_at,
        _ => return Ok(None),
    };
    Ok(Some(cases::handover_since(cx, case, since).await?.1))
}

fn drafts(place: &Place<'_>) -> AnyView {
    let each: Vec<_> = DRAFTS
        .iter()
        .map(|(word, words)| {
            let href = [Link::new(place.href("")).with("draft", word).done().as_str(), "#note"].concat();
            view! { <a class="chip" href=href>{*words}</a> }
        })
        .collect();
    view! { <nav class="row-line" aria-label="Draft a handover"><span class="muted">"Draft a handover"</span> {each}</nav> }
        .into_any()
}

/// One's own notes can be changed and deleted.
pub fn own(place: &Place<'_>, notes: &[CaseNote], editing: &str, late: Option<&LateNote>) -> Option<AnyView> {
    let service::Who::User(user) = &place.scope.actor.who else { return None };
    let own: Vec<_> = notes
        .iter()
        .filter(|note| place.may_write && note.author_id == Some(user.id) && note.deleted_at.is_none())
        .map(|note| {
            let id = note.id.to_string();
            own_note(place, note, editing == id, late.filter(|late| late.id == id))
        })
        .collect();
    (!own.is_empty())
        .then(|| view! { <Section title="Your notes"><ul class="plain-list">{own}</ul></Section> }.into_any())
}

fn own_note(place: &Place<'_>, note: &CaseNote, editing: bool, late: Option<&LateNote>) -> AnyView {
    let id = note.id.to_string();
    let state = Form::printed::<EditCaseNote>().only("note", id.clone());
    if editing || state.refused().get_untracked() {
        let leave = place.href("");
        let content = match late {
            Some(late) => late.merged.as_ref().map_or(&late.text, |merged| &merged.text).clone(),
            None => state.typed("content", &note.content),
        };
        let merge = late.and_then(|late| late.merged.as_ref()).map(|merged| {
            let of = format!("{id}:{}", note.revision);
            view! { <div class="merge" data-merged=of>{crate::merge::lines(merged)}</div> }
        });
        let fields = view! {
            <FormError form=state fields=&["content"] />
            {place.hidden()}
            <input type="hidden" name="note" value=id.clone() />
            <input type="hidden" name="revision" value=note.revision.to_string() />
            {merge}
            <Field id=format!("note-{id}") label="Change the note" error=state.reason("content")>
                <div class="mentionable" data-mentions=NAMES>
                    <TextArea name="content" rows=4_u32 value=content required=true />
                </div>
            </Field>
            <Actions>
                <Button href=leave>"Leave it"</Button>
                <Button submit=true variant=Variant::Primary>"Save the note"</Button>
            </Actions>
        };
        return view! { <li>{form::<EditCaseNote>("Saved", "form", fields)}</li> }.into_any();
    }
    let edit = Link::new(place.href("")).with("note", &id).done();
    let fields = view! {
        {place.hidden()}
        <input type="hidden" name="note" value=id />
        <IconButton submit=true glyph=Glyph::Trash label="Delete the note" />
    };
    let start: String = note.content.chars().take(120).collect();
    view! {
        <li class="row-line">
            <span class="grow">{start}</span>
            <IconButton href=edit glyph=Glyph::Edit label="Change the note" />
            {form::<DeleteCaseNote>("Deleted", "inline-form", fields)}
        </li>
    }
    .into_any()
}
