//! Name and time zone.

use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use ui::{Badge, Button, Choice, Definition, DefinitionList, Field, Section, Select, TextInput, Variant};

use super::api::SaveProfile;
use crate::form::{Form, FormError};
use crate::server::Own;
use crate::told;
use crate::when::AgoOr;

pub fn section(own: &Own) -> AnyView {
    let user = own.viewer.user.clone();
    let last_login = own.zone.maybe(user.last_login_at);
    let state = Form::printed::<SaveProfile>();
    let zones: Vec<Choice> =
        crate::when::zone_names().into_iter().map(|zone| Choice::new(zone.clone(), zone)).collect();
    // The name stands in the top bar as well.
    view! {
        <Section title="Profile">
            <DefinitionList>
                <Definition term="E-mail">
                    {user.email} {user.is_sre.then(|| view! { " " <Badge>"platform role"</Badge> })}
                </Definition>
                <Definition term="Username">{user.username}</Definition>
                <Definition term="Last sign-in">
                    <AgoOr when=last_login words="never" />
                </Definition>
            </DefinitionList>
            <form method="post" action=SaveProfile::PATH class="form" data-session="">
                {told::field("Account saved")}
                <FormError form=state fields=&["display_name", "time_zone"] />
                <Field id="display_name" label="Name" error=state.reason("display_name")>
                    <TextInput name="display_name" value=state.typed("display_name", user.display_name.unwrap_or_default()) autocomplete="name" maxlength=150_u32 />
                </Field>
                <Field id="time_zone" label="Time zone" hint="Every time you see is shown in it." required=true error=state.reason("time_zone")>
                    <Select name="time_zone" choices=zones value=state.typed("time_zone", user.time_zone) />
                </Field>
                <div class="row-line">
                    <Button submit=true variant=Variant::Primary>
                        "Save"
                    </Button>
                </div>
            </form>
        </Section>
    }
    .into_any()
}
