//! Organizations that invite one; printed by the server.

use leptos::prelude::*;

use super::api::{AcceptInvitation, ListInvitations};
use crate::fetch::{after, fetch_after};
use crate::form::{Form, FormError};
use crate::printed::Print;
use crate::send::submit;

/// Nothing where there are none.
#[component]
pub fn Invitations() -> impl IntoView {
    let action = submit::<AcceptInvitation>();
    let invitations = fetch_after(move || action.version(), || ListInvitations {});
    let printed = after(invitations, move |html| {
        view! { <Print html=html.unwrap_or_default() sends=vec![action] /> }.into_any()
    });
    view! {
        <FormError form=Form::of(action) fields=&[] />
        {printed}
    }
    .into_any()
}

/// What the server prints.
#[cfg(feature = "ssr")]
pub fn print(received: Vec<domain::invitation::Received>) -> crate::printed::Printed {
    use leptos::server_fn::ServerFn as _;
    use ui::{Button, Section, Variant};

    if received.is_empty() {
        return crate::printed::Printed::default();
    }
    let one = |invitation: domain::invitation::Received| {
        view! {
            <form method="post" action=AcceptInvitation::url() class="choice-line">
                <input type="hidden" name="id" value=invitation.id.to_string() />
                <p>
                    <strong>{invitation.name}</strong>
                    " "
                    <span class="muted">{format!("as {}, by {}", invitation.role, invitation.invited_by)}</span>
                </p>
                <Button submit=true variant=Variant::Primary>
                    "Accept"
                </Button>
            </form>
        }
    };
    crate::printed::Printed::of(view! {
        <Section title="Invitations" hint="You belong to an organization when you accept. An invitation ends by itself after 30 days.">
            {received.into_iter().map(one).collect_view()}
        </Section>
    })
}
