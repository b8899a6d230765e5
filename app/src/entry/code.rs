//! `/sign-in/code`: the second step of a sign-in, printed whole.

use leptos::prelude::*;
use leptos_router::params::ParamsMap;
use ui::{Button, Field, Notice, NoticeKind, TextInput, Variant};

use super::frame;
use crate::printed::Printed;
use crate::routes::{self, Refusal};

/// Body of the page. `query`: `next`, and what a refused form says (see [`Refusal`]).
pub fn print(query: &str) -> String {
    let query: ParamsMap = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    Owner::new().with(|| Printed::of(page(&query)).html().to_owned())
}

pub const TITLE: &str = "Second factor";

fn page(query: &ParamsMap) -> AnyView {
    let refusal = Refusal::read(query);
    let next = query.get_str("next").and_then(routes::local_path).unwrap_or_default().to_owned();
    let inner = view! {
        {refusal.sentence().map(|text| view! { <Notice kind=NoticeKind::Error>{text}</Notice> })}
        <form method="post" action=routes::SIGN_IN_CODE>
            <input type="hidden" name="next" value=next />
            <Field id="code" label="Code" hint="The six digits of your app, or one of your recovery codes." required=true>
                <TextInput name="code" autocomplete="one-time-code" mono=true autofocus=true />
            </Field>
            <Button submit=true variant=Variant::Primary wide=true>
                "Sign in"
            </Button>
        </form>
        <p>
            <a href=routes::SIGN_IN>"Another account"</a>
        </p>
    };
    frame(TITLE.to_owned(), "Your account asks for a code as well.".to_owned(), inner)
}
