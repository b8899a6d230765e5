//! `/invitation/{token}`: printed whole, with no module behind it. Whoever opens it may have no account yet.

use domain::account::User;
use domain::invitation::Linked;
use leptos::prelude::*;
use leptos_router::params::ParamsMap;
use service::invitations::Opened;
use ui::{Button, Field, Notice, NoticeKind, PasswordInput, TextInput, Variant};

use super::frame;
use crate::printed::Printed;
use crate::routes::{self, Refusal};

/// Title and body of the page. `query`: what a refused form says (see [`Refusal`]).
pub fn print(token: &str, opened: Opened, viewer: Option<&User>, query: &str) -> (String, String) {
    let query: ParamsMap = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let owner = Owner::new();
    owner.with(|| {
        let (title, hint, inner) = match opened {
            Opened::Waits(linked) => waits(token, &linked, viewer, &query),
            Opened::Used(linked) => (
                "This link was used".to_owned(),
                format!("The invitation to {} was accepted already. A link works once.", linked.name),
                on(),
            ),
            Opened::Over(linked) => (
                "This link is over".to_owned(),
                format!("Nobody accepted the invitation to {} within 30 days. Ask {} for a new one.", linked.name, linked.invited_by),
                on(),
            ),
            Opened::Unknown => (
                "This link does not work".to_owned(),
                "The invitation was withdrawn or replaced by a newer one, or the address is incomplete. Ask who sent it for a new link.".to_owned(),
                on(),
            ),
        };
        let body = Printed::of(frame(title.clone(), hint, inner));
        (title, body.html().to_owned())
    })
}

fn on() -> AnyView {
    view! {
        <Button href=routes::SIGN_IN wide=true>
            "To the sign-in"
        </Button>
    }
    .into_any()
}

fn waits(
    token: &str,
    linked: &Linked,
    viewer: Option<&User>,
    query: &ParamsMap,
) -> (String, String, AnyView) {
    let here = routes::invitation(token);
    let hint = format!("{} invites {} as {}.", linked.invited_by, linked.email, linked.role);
    let inner = match viewer {
        Some(user) if user.email == linked.email => accept(here, query),
        Some(user) => another(user),
        None => join(here, linked, query),
    };
    (format!("Join {}", linked.name), hint, inner)
}

/// Signed in as whom it is for.
fn accept(here: String, query: &ParamsMap) -> AnyView {
    let refusal = Refusal::read(query).sentence();
    view! {
        {refusal.map(|text| view! { <Notice kind=NoticeKind::Error>{text}</Notice> })}
        <form method="post" action=here>
            <Button submit=true variant=Variant::Primary wide=true>
                "Accept the invitation"
            </Button>
        </form>
    }
    .into_any()
}

fn another(user: &User) -> AnyView {
    let words = format!(
        "You are signed in as {}. The invitation is for somebody else; sign out to go on.",
        user.email
    );
    view! {
        <Notice kind=NoticeKind::Error>{words}</Notice>
        <form method="post" action=routes::SIGN_OUT>
            <Button submit=true wide=true>
                "Sign out"
            </Button>
        </form>
    }
    .into_any()
}

/// Whether the address has an account is not told before somebody tries to make one.
fn join(here: String, linked: &Linked, query: &ParamsMap) -> AnyView {
    let refusal = Refusal::read(query);
    let sign_in = routes::sign_in(&here);
    let name = query.get("display_name").unwrap_or_default();
    let email = linked.email.clone();
    view! {
        {refusal.sentence().map(|text| view! { <Notice kind=NoticeKind::Error>{text}</Notice> })}
        <form method="post" action=here>
            <input type="hidden" name="username" autocomplete="username" value=email />
            <Field id="display_name" label="Your name" required=true error=refusal.reason("display_name")>
                <TextInput name="display_name" value=name autocomplete="name" maxlength=150_u32 />
            </Field>
            <Field id="password" label="Password" hint="At least 12 characters; a sentence is fine." required=true error=refusal.reason("password")>
                <PasswordInput name="password" autocomplete="new-password" minlength=12_u32 />
            </Field>
            <Button submit=true variant=Variant::Primary wide=true>
                "Create the account and join"
            </Button>
        </form>
        <p>
            "You have an account already? " <a href=sign_in>"Sign in to accept"</a>
        </p>
    }
    .into_any()
}
