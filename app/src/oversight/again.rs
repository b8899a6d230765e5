//! The password once more, where a page reaches over all organizations and the sign-in was a while ago.

use leptos::prelude::*;
use ui::{Button, Field, PageHead, PasswordInput, Section, Variant};

use super::api::ProveAgain;
use crate::form::{Form, FormError};
use crate::page::Page;
use crate::page::print::form;
use crate::server::Own;

/// The page that asks for it, in place of the one of this title; nothing while it is not needed.
pub fn asks_again(own: &Own, title: &'static str) -> Option<Page> {
    if !own.viewer.user.is_sre || own.viewer.proved {
        return None;
    }
    let state = Form::printed::<ProveAgain>();
    let fields = view! {
        <FormError form=state fields=&["password"] />
        <Field id="again-password" label="Password" required=true error=state.reason("password")>
            <PasswordInput name="password" />
        </Field>
        <div class="row-line">
            <Button submit=true variant=Variant::Primary>"Go on"</Button>
        </div>
    };
    let form = form::<ProveAgain>("Confirmed for half an hour", "form", fields);
    let body = view! {
        <PageHead title=title />
        <div class="page page-narrow stack">
            <Section title="Your password, once more" hint="This page reaches over all organizations, and it is a while since you signed in. It is asked for again after half an hour.">
                {form}
            </Section>
        </div>
    };
    Some(Page::of(title, body))
}
