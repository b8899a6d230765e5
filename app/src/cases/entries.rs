//! Putting something into a case's timeline, and taking one's own back.

use domain::case::entry::CaseEntry;
use leptos::prelude::*;
use ui::{Actions, Button, DateTimeInput, Field, Glyph, IconButton, Section, TextArea, TextInput};

use super::detail::Place;
use super::{AddCaseEntry, DeleteCaseEntry};
use crate::form::{Form, FormError};
use crate::page::print::form;
use crate::when::At;

/// Nothing for who only reads.
pub(super) fn entries(place: &Place<'_>, entries: &[CaseEntry]) -> Option<AnyView> {
    if !place.may_write {
        return None;
    }
    let state = Form::printed::<AddCaseEntry>();
    let (at, system, content) =
        (state.typed("happened_at", ""), state.typed("system", ""), state.typed("content", ""));
    let fields = view! {
        <FormError form=state fields=&["happened_at", "system", "content"] />
        {place.hidden()}
        <div class="form-grid">
            <Field id="entry-at" label="When it happened" required=true error=state.reason("happened_at")>
                <DateTimeInput name="happened_at" value=at required=true />
            </Field>
            <Field id="entry-system" label="System" hint="If it happened to one." error=state.reason("system")>
                <TextInput name="system" value=system maxlength=200_u32 />
            </Field>
        </div>
        <Field id="entry-content" label="What happened" required=true hint="Markdown." error=state.reason("content")>
            <TextArea name="content" rows=3_u32 value=content required=true />
        </Field>
        <Actions>
            <Button submit=true>"Add to the timeline"</Button>
        </Actions>
    };
    let own = own(place, entries);
    Some(
        view! {
            <Section title="Put something into the timeline">
                {form::<AddCaseEntry>("Added", "form", fields)}
                {own}
            </Section>
        }
        .into_any(),
    )
}

fn own(place: &Place<'_>, entries: &[CaseEntry]) -> Option<AnyView> {
    let service::Who::User(user) = &place.scope.actor.who else { return None };
    let own: Vec<_> = entries
        .iter()
        .filter(|entry| entry.author_id == Some(user.id) && entry.deleted_at.is_none())
        .map(|entry| {
            let start: String = entry.content.chars().take(120).collect();
            let at = place.scope.zone.when(entry.at);
            let fields = view! {
                {place.hidden()}
                <input type="hidden" name="entry" value=entry.id.to_string() />
                <IconButton submit=true glyph=Glyph::Trash label="Delete the entry" />
            };
            view! {
                <li class="row-line">
                    <span class="faint"><At when=at /></span>
                    <span class="grow">{start}</span>
                    {form::<DeleteCaseEntry>("Deleted", "inline-form", fields)}
                </li>
            }
        })
        .collect();
    (!own.is_empty())
        .then(|| view! { <ul class="plain-list" aria-label="Your entries">{own}</ul> }.into_any())
}
