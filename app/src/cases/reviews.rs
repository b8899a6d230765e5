//! What stands over a case that waits for a second person: who asked, and the answer. Server only.

use domain::case::review::{Review, ReviewState};
use domain::permission::Key;
use leptos::prelude::*;
use service::Who;
use ui::{Actions, Button, Field, Notice, NoticeKind, TextInput, Variant};

use super::detail::Place;
use super::parts::label;
use super::{ApproveCase, ReturnCase, WithdrawReview};
use crate::form::{Form, FormError};
use crate::page::print::form;
use crate::when::Ago;

/// `length`: how much had happened to the case when the page was begun.
pub(super) fn waiting(place: &Place<'_>, reviews: &[Review], length: i64) -> Option<AnyView> {
    let review = reviews.iter().find(|review| review.state == ReviewState::Requested)?;
    let me = match &place.scope.actor.who {
        Who::User(user) => Some(user.id),
        Who::ApiKey { .. } | Who::System(_) => None,
    };
    let answers = me.filter(|me| place.scope.may(Key::CaseReview) && review.may_be_decided_by(*me));
    let own = me.is_some() && me == review.requested_by_id;
    let withdraw = (own && place.may_write).then(|| {
        let fields = view! {
            {place.hidden()}
            <Button submit=true>"Withdraw"</Button>
        };
        form::<WithdrawReview>("Withdrawn", "inline-form", fields)
    });
    let answer = answers.map(|_| answer(place, review, length));
    let words = format!(
        "{} asks to close it as {}: {}",
        review.requested_by,
        label(review.resolution.as_str()).to_lowercase(),
        review.reason
    );
    let when = place.scope.zone.when(review.requested_at);
    let note = own.then_some("Somebody else has to answer.");
    Some(
        view! {
            <Notice kind=NoticeKind::Info title="Waits for a second person">
                <p>{words} " " <span class="faint"><Ago when=when /></span></p>
                {note}
                {withdraw}
                {answer}
            </Notice>
        }
        .into_any(),
    )
}

fn answer(place: &Place<'_>, review: &Review, length: i64) -> AnyView {
    let (seen, length) = (review.id.to_string(), length.to_string());
    let (yes, no) = (Form::printed::<ApproveCase>(), Form::printed::<ReturnCase>());
    let approve = view! {
        <FormError form=yes fields=&["note"] />
        {place.hidden()}
        <input type="hidden" name="review" value=seen.clone() />
        <input type="hidden" name="length" value=length.clone() />
        <Field id="review-note" label="Note" error=yes.reason("note")>
            <TextInput name="note" value=yes.typed("note", "") maxlength=2000_u32 />
        </Field>
        <Actions>
            <Button submit=true variant=Variant::Primary>"Close the case"</Button>
        </Actions>
    };
    let back = view! {
        <FormError form=no fields=&["reason"] />
        {place.hidden()}
        <input type="hidden" name="review" value=seen.clone() />
        <input type="hidden" name="length" value=length.clone() />
        <Field id="review-reason" label="Why it goes back" required=true error=no.reason("reason")>
            <TextInput name="reason" value=no.typed("reason", "") required=true maxlength=2000_u32 />
        </Field>
        <Actions>
            <Button submit=true>"Return it"</Button>
        </Actions>
    };
    view! {
        <div class="form-grid">
            {form::<ApproveCase>("Closed", "form", approve)}
            {form::<ReturnCase>("Returned", "form", back)}
        </div>
    }
    .into_any()
}
