//! Changing the password; every other device is signed out.

use leptos::prelude::*;
use ui::{Button, Field, PasswordInput, Section};

use super::api::ChangePassword;
use crate::form::{Form, FormError, when_done};
use crate::send::{SendForm, submit};

#[component]
pub fn Password() -> impl IntoView {
    let action = submit::<ChangePassword>();
    let form = Form::of(action);
    let node = NodeRef::new();
    when_done(action, node, "Password changed; other devices are signed out");
    view! {
        <Section title="Password" hint="Every other device is signed out.">
            <SendForm to=action node_ref=node class="form">
                <FormError form fields=&["old_password", "new_password", "repeated"] />
                <Field id="old_password" label="Present password" required=true error=form.reason("old_password")>
                    <PasswordInput name="old_password" />
                </Field>
                <Field id="new_password" label="New password" hint="At least 12 characters; a sentence is fine." required=true error=form.reason("new_password")>
                    <PasswordInput name="new_password" autocomplete="new-password" />
                </Field>
                <Field id="repeated" label="New password again" required=true error=form.reason("repeated")>
                    <PasswordInput name="repeated" autocomplete="new-password" />
                </Field>
                <div class="row-line">
                    <Button submit=true busy=form.busy>
                        "Change password"
                    </Button>
                </div>
            </SendForm>
        </Section>
    }
    .into_any()
}
