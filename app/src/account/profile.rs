//! Name and time zone.

use leptos::prelude::*;
use ui::{Badge, Button, Choice, Definition, DefinitionList, Field, Section, Select, TextInput, Variant};

use super::api::{Account, LoadAccount, SaveProfile};
use crate::fetch::{Load, fetch_after};
use crate::form::{Form, FormError, tell_done};
use crate::send::{SendForm, Submission, submit};
use crate::session::use_session;
use crate::when::AgoOr;

#[component]
pub fn Profile() -> impl IntoView {
    let action = submit::<SaveProfile>();
    tell_done(action, "Account saved");
    let account = fetch_after(move || action.version(), || LoadAccount {});
    let session = use_session();
    // The name stands in the top bar as well.
    Effect::new(move |_| {
        if action.is_done() {
            session.refetch();
        }
    });
    view! {
        <Section title="Profile">
            <Load resource=account let:account>
                {form(account, action)}
            </Load>
        </Section>
    }
    .into_any()
}

fn form(account: Account, action: Submission) -> AnyView {
    let form = Form::of(action);
    let zones: Vec<Choice> = account.time_zones.iter().map(|zone| Choice::new(zone, zone)).collect();
    view! {
        <DefinitionList>
            <Definition term="E-mail">
                {account.email} {account.is_sre.then(|| view! { " " <Badge>"platform role"</Badge> })}
            </Definition>
            <Definition term="Username">{account.username}</Definition>
            <Definition term="Last sign-in">
                <AgoOr when=account.last_login words="never" />
            </Definition>
        </DefinitionList>
        <SendForm to=action class="form">
            <FormError form fields=&["display_name", "time_zone"] />
            <Field id="display_name" label="Name" error=form.reason("display_name")>
                <TextInput name="display_name" value=form.typed("display_name", account.display_name) autocomplete="name" maxlength=150_u32 />
            </Field>
            <Field id="time_zone" label="Time zone" hint="Every time you see is shown in it." required=true error=form.reason("time_zone")>
                <Select name="time_zone" choices=zones value=form.typed("time_zone", account.time_zone) />
            </Field>
            <div class="row-line">
                <Button submit=true variant=Variant::Primary busy=form.busy>
                    "Save"
                </Button>
            </div>
        </SendForm>
    }
    .into_any()
}
