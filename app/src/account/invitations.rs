//! Organizations that invite one.

use domain::invitation::Received;
use leptos::prelude::*;
use ui::{Button, Section, Variant};

use super::api::AcceptInvitation;
use crate::form::{Form, FormError};
use crate::page::print::form;

/// Nothing where there are none.
pub fn section(received: Vec<Received>) -> AnyView {
    let state = Form::printed::<AcceptInvitation>();
    let list = (!received.is_empty()).then(|| {
        view! {
            <Section title="Invitations" hint="You belong to an organization when you accept. An invitation ends by itself after 30 days.">
                {received.into_iter().map(one).collect_view()}
            </Section>
        }
    });
    view! {
        <FormError form=state fields=&[] />
        {list}
    }
    .into_any()
}

fn one(invitation: Received) -> AnyView {
    let fields = view! {
        <input type="hidden" name="id" value=invitation.id.to_string() />
        <p>
            <strong>{invitation.name}</strong>
            " "
            <span class="muted">{format!("as {}, by {}", invitation.role, invitation.invited_by)}</span>
        </p>
        <Button submit=true variant=Variant::Primary>
            "Accept"
        </Button>
    };
    // It leads into the organization, which says enough.
    form::<AcceptInvitation>("", "choice-line", fields)
}
