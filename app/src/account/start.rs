//! Where one lands after signing in.

use domain::permission::AccountRead;
use domain::start::StartPage;
use domain::view::View;
use leptos::prelude::*;
use service::starts::{self, Landing};
use ui::{Button, Choice, Field, Section, Select, Variant};

use super::api::SaveStart;
use crate::error::Answer;
use crate::form::{Form, FormError};
use crate::page::print::form;
use crate::server::Own;

/// Nothing for who belongs to no organization.
pub async fn section(own: &Own) -> Answer<Option<AnyView>> {
    let found = starts::choices(&own.admit::<AccountRead>()?, &own.viewer).await?;
    if found.is_empty() {
        return Ok(None);
    }
    let chosen = starts::landing(&own.services, &own.viewer).await?;
    let mut choices = vec![Choice::new("", "The overview of the first organization")];
    for (there, views) in &found {
        // Which organization it is goes without saying where there is one.
        let of = |words: &str| {
            if found.len() == 1 { words.to_owned() } else { format!("{}: {words}", there.name) }
        };
        for page in StartPage::ALL {
            choices.push(Choice::new(page_value(&there.slug, *page), of(page.label())));
        }
        for view in views {
            let words = format!("{}, view “{}”", StartPage::of(view.area).label(), view.name);
            choices.push(Choice::new(view_value(&there.slug, view), of(&words)));
        }
    }
    let value = chosen.map(|landing| value(&landing)).unwrap_or_default();
    let state = Form::printed::<SaveStart>();
    let fields = view! {
        <FormError form=state fields=&["start"] />
        <Field id="start" label="Page" error=state.reason("start")>
            <Select name="start" choices=choices value=state.typed("start", value) />
        </Field>
        <div class="row-line">
            <Button submit=true variant=Variant::Primary>
                "Save"
            </Button>
        </div>
    };
    Ok(Some(
        view! {
            <Section title="Start page" hint="Where you land after signing in, and where the logo leads.">
                {form::<SaveStart>("Start page saved", "form", fields)}
            </Section>
        }
        .into_any(),
    ))
}

fn value(landing: &Landing) -> String {
    match &landing.view {
        Some(view) => view_value(&landing.slug, view),
        None => page_value(&landing.slug, landing.page),
    }
}

fn page_value(slug: &str, page: StartPage) -> String {
    format!("{slug}/{page}")
}

fn view_value(slug: &str, view: &View) -> String {
    format!("{slug}/view/{}", view.id)
}
