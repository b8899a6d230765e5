//! Pieces that list and page of cases share.

use domain::case::{Case, LinkKind, Pap, Priority, Resolution, Status, Tlp};
use domain::permission::{CaseRead, Key};
use leptos::prelude::*;
use service::cases;
use ui::{Badge, Button, Chip, Section, TextInput, Tone};
use uuid::Uuid;

use super::LinkToCase;
use crate::error::Answer;
use crate::form::{Form, FormError};
use crate::page::print::form;
use crate::routes::{self, Link};
use crate::server::Scope;

/// Words of the trade as a reader sees them: `true_positive` is "True positive".
pub fn label(word: &str) -> String {
    let mut words = word.replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

pub fn status(case: &Case) -> AnyView {
    let tone = match case.status {
        Status::Open => Tone::Accent,
        Status::Investigating => Tone::Medium,
        Status::Resolved => Tone::Ok,
    };
    let resolution =
        case.resolution.map(|resolution| format!(" · {}", label(resolution.as_str()).to_lowercase()));
    let words = case.status.label();
    let review = case.in_review.then(|| view! { " " <Badge tone=Tone::Medium>"in review"</Badge> });
    view! { <Badge tone>{words} {resolution}</Badge> {review} }.into_any()
}

pub fn priority(priority: Priority) -> AnyView {
    let tone = if priority == Priority::Urgent { Tone::High } else { Tone::Neutral };
    view! { <Badge tone>{label(priority.as_str())}</Badge> }.into_any()
}

/// TLP and PAP in their colours.
pub fn markings(tlp: Tlp, pap: Pap) -> AnyView {
    view! { {self::tlp(tlp)} " " {self::pap(pap)} }.into_any()
}

pub fn tlp(tlp: Tlp) -> AnyView {
    let class = format!("marking tlp-{}", tlp.as_str().replace('+', "-"));
    view! { <span class=class>"TLP:" {tlp.as_str().to_uppercase()}</span> }.into_any()
}

pub fn pap(pap: Pap) -> AnyView {
    let class = format!("marking tlp-{}", pap.as_str());
    view! { <span class=class>"PAP:" {pap.as_str().to_uppercase()}</span> }.into_any()
}

/// Each leads to the cases that have it.
pub fn tags(names: &[String], slug: &str) -> AnyView {
    names
        .iter()
        .map(|name| {
            let folded = domain::case::fold(name);
            let query = domain::query::edit::condition("tag", &folded);
            let href = Link::new(routes::cases(slug)).with("show", "all").with("q", &query).done();
            let name = name.clone();
            view! { <Chip href=href>{name}</Chip> }
        })
        .collect_view()
        .into_any()
}

/// Where somebody sees an event, a group or a drift: the cases it is in, and the way into one.
pub async fn about(scope: &Scope, kind: LinkKind, target: Uuid) -> Answer<AnyView> {
    if !scope.may(Key::CaseRead) {
        return Ok(().into_any());
    }
    let found = cases::linked_to(&scope.admit::<CaseRead>()?, kind, target).await?;
    let slug = scope.organization.slug.clone();
    let lines = found
        .iter()
        .map(|case| {
            view! {
                <li>
                    <a href=routes::case(&slug, case.number)>
                        <span class="mono muted">{case.key()}</span>
                        " "
                        {case.title.clone()}
                    </a>
                    " "
                    {status(case)}
                </li>
            }
        })
        .collect_view();
    let none = found.is_empty().then(|| view! { <p class="faint">"In no case."</p> });
    let add = scope.may(Key::CaseWrite).then(|| add(&slug, kind, target));
    Ok(view! {
        <Section title="Cases">
            {none}
            <ul class="plain-list">{lines}</ul>
            {add}
        </Section>
    }
    .into_any())
}

fn add(slug: &str, kind: LinkKind, target: Uuid) -> AnyView {
    let about = format!("{kind}:{target}");
    let open = Link::new(routes::cases(slug)).with("open", &about).done();
    let find = super::add::href(slug, std::slice::from_ref(&about));
    let state = Form::printed::<LinkToCase>();
    let fields = view! {
        <input type="hidden" name="organization" value=slug.to_owned() />
        <input type="hidden" name="about" value=about />
        <TextInput name="number" label="Number of the case" placeholder="CASE-…" value=state.typed("number", "") required=true />
        <Button submit=true>"Add"</Button>
        <Button href=open>"New case"</Button>
        <Button href=find variant=ui::Variant::Ghost>"Find a case"</Button>
        <FormError form=state fields=&[] />
    };
    form::<LinkToCase>("Linked", "row-line", fields)
}

pub fn resolutions() -> Vec<ui::Choice> {
    Resolution::ALL.iter().map(|word| ui::Choice::new(word.as_str(), label(word.as_str()))).collect()
}
