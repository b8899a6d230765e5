//! Changing the password; every other device is signed out.

use leptos::prelude::*;
use ui::{Button, Field, PasswordInput, Section};

use super::api::ChangePassword;
use crate::form::{Form, FormError};
use crate::page::print::form;

pub fn section() -> AnyView {
    let state = Form::printed::<ChangePassword>();
    let fields = view! {
        <FormError form=state fields=&["old_password", "new_password", "repeated"] />
        <Field id="old_password" label="Present password" required=true error=state.reason("old_password")>
            <PasswordInput name="old_password" />
        </Field>
        <Field id="new_password" label="New password" hint="At least 12 characters; a sentence is fine." required=true error=state.reason("new_password")>
            <PasswordInput name="new_password" autocomplete="new-password" />
        </Field>
        <Field id="repeated" label="New password again" required=true error=state.reason("repeated")>
            <PasswordInput name="repeated" autocomplete="new-password" />
        </Field>
        <div class="row-line">
            <Button submit=true>"Change password"</Button>
        </div>
    };
    let form = form::<ChangePassword>("Password changed; other devices are signed out", "form", fields);
    view! {
        <Section title="Password" hint="Every other device is signed out.">
            {form}
        </Section>
    }
    .into_any()
}
