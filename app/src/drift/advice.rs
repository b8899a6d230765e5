//! What is recommended about a drift: why, how, how risky, and a checklist of its steps. Server only.

use domain::drift::Drift;
use domain::recommendation::{
    ImplementationStep, Recommendation, RecommendationStatus, RecommendationType, Urgency,
};
use leptos::prelude::*;
use ui::{
    Actions, Badge, Button, Checkbox, CodeBlock, Dialog, Field, Glyph, Section, TextArea, TextInput, Tone,
    Variant,
};

use super::api::{DismissRecommendation, ImplementRecommendation, TickRecommendation};
use crate::form::{Form, FormError};
use crate::page::print::form;
use crate::routes::{self, Link};
use crate::server::Scope;
use crate::when::{Ago, Zone};

/// The section of the drift's page; nothing where nothing was ever recommended.
pub fn section(scope: &Scope, drift: &Drift, all: &[Recommendation], may_write: bool) -> Option<AnyView> {
    if all.is_empty() {
        return None;
    }
    let (open, over): (Vec<_>, Vec<_>) = all.iter().partition(|one| one.is_open());
    let slug = scope.organization.slug.as_str();
    let shown: Vec<_> = open.iter().map(|one| card(slug, drift, one, may_write, scope.zone)).collect();
    let told: Vec<_> = over.iter().map(|one| ended(one, scope.zone)).collect();
    let none = open.is_empty().then(|| view! { <p class="muted">"Nothing is open."</p> });
    let told = (!told.is_empty()).then(|| {
        view! {
            <details class="fold">
                <summary>{format!("{} before", told.len())}</summary>
                <ul class="plain-list">{told}</ul>
            </details>
        }
    });
    let rules = routes::drift_part(slug, "rules");
    let actions = move || view! { <a class="link" href=rules.clone()>"How rules fare"</a> }.into_any();
    Some(
        view! {
            <Section title="Recommendations" actions=actions>
                {none}
                <ol class="advice">{shown}</ol>
                {told}
            </Section>
        }
        .into_any(),
    )
}

fn urgency(priority: Urgency) -> AnyView {
    let tone = match priority {
        Urgency::Critical => Tone::Critical,
        Urgency::High => Tone::High,
        Urgency::Medium => Tone::Medium,
        Urgency::Low => Tone::Neutral,
    };
    view! { <Badge tone=tone>{priority.label()}</Badge> }.into_any()
}

fn percent(value: f64) -> String {
    format!("{:.0} %", value * 100.0)
}

fn card(slug: &str, drift: &Drift, one: &Recommendation, may_write: bool, zone: Zone) -> AnyView {
    let success = one.risk_assessment["success_probability"].as_f64().unwrap_or_default();
    let impacts: Vec<_> = one.risk_assessment["potential_impacts"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|words| words.as_str())
        .map(|words| view! { <li>{words.to_owned()}</li> })
        .collect();
    let impacts = (!impacts.is_empty()).then(|| view! { <ul class="plain-list muted">{impacts}</ul> });
    let facts = format!(
        "{} sure, takes {}, holds in {} of cases; said by {}",
        percent(one.confidence_score),
        one.estimated_effort,
        percent(success),
        match one.recommended_by {
            domain::recommendation::RecommendedBy::Rule => format!("the rule {}", one.rule),
            other => other.as_str().replace('_', " "),
        }
    );
    let until = one.expires_at.map(|at| {
        let at = zone.when(at);
        view! { ", ends " <Ago when=at /> }
    });
    let (steps, buttons) = if may_write {
        (checklist(slug, one), Some(buttons(slug, drift, one)))
    } else {
        (listed(&one.steps), None)
    };
    let label = one.recommendation_type.label();
    view! {
        <li aria-label=label>
            <h3>{label} " " {urgency(one.priority)}</h3>
            <p>{one.rationale.clone()}</p>
            <p class="muted">{facts} {until} "."</p>
            {impacts}
            {steps}
            {buttons}
        </li>
    }
    .into_any()
}

fn code(step: &ImplementationStep) -> Option<AnyView> {
    let code = step.code.clone()?;
    Some(view! { <CodeBlock label=step.text.clone() code=code nowrap=true /> }.into_any())
}

fn listed(steps: &[ImplementationStep]) -> AnyView {
    let steps: Vec<_> = steps
        .iter()
        .map(|step| {
            let done =
                step.done_by.clone().map(|by| view! { " " <small class="faint">"done by " {by}</small> });
            view! { <li>{step.text.clone()} {done} {code(step)}</li> }
        })
        .collect();
    view! { <ol class="advice-steps">{steps}</ol> }.into_any()
}

fn checklist(slug: &str, one: &Recommendation) -> AnyView {
    let steps: Vec<_> = one
        .steps
        .iter()
        .enumerate()
        .map(|(at, step)| {
            let words = step.text.clone();
            let by = step.done_by.clone().map(|by| format!("done by {by}"));
            let done = step.done_at.is_some();
            let check = match by {
                Some(by) => view! { <Checkbox name="steps[]" value=at.to_string() label=words checked=done hint=by /> }.into_any(),
                None => view! { <Checkbox name="steps[]" value=at.to_string() label=words checked=done /> }.into_any(),
            };
            view! { <li>{check} {code(step)}</li> }
        })
        .collect();
    let fields = view! {
        {hidden(slug, one)}
        <ol class="advice-steps">{steps}</ol>
        <Button submit=true>"Keep the ticks"</Button>
    };
    form::<TickRecommendation>("Kept", "form", fields)
}

fn hidden(slug: &str, one: &Recommendation) -> AnyView {
    view! {
        <input type="hidden" name="organization" value=slug.to_owned() />
        <input type="hidden" name="id" value=one.id.to_string() />
    }
    .into_any()
}

fn buttons(slug: &str, drift: &Drift, one: &Recommendation) -> AnyView {
    let (done_id, dismiss_id) = (format!("done-{}", one.id), format!("dismiss-{}", one.id));
    let here = Form::printed::<ImplementRecommendation>().only("id", one.id.to_string());
    let done = match one.recommendation_type {
        RecommendationType::EscalateReview => {
            view! { <Button opens=super::detail::ESCALATE icon=Glyph::Cases>"Open a case about it"</Button> }
                .into_any()
        }
        RecommendationType::AcceptException => {
            let href = Link::new(routes::drift_one(slug, drift.number)).with("accept", "open").done();
            view! { <Button href=href icon=Glyph::EyeOff>"Accept the drift"</Button> }.into_any()
        }
        _ => {
            let opens = done_id.clone();
            view! { <Button opens=opens icon=Glyph::Check>"It is done"</Button> }.into_any()
        }
    };
    let words = match one.recommendation_type {
        RecommendationType::ManualReview => "The drift stays open; this says that somebody looked.",
        _ => "The drift is resolved by it, and the next push checks whether it held.",
    };
    let did = view! {
        {hidden(slug, one)}
        <p class="hint">{words}</p>
        <FormError form=here fields=&["reason"] />
        <Field id=format!("done-note-{}", one.id) label="Note" error=here.reason("reason")>
            <TextInput name="reason" maxlength=2000_u32 value=here.typed("reason", "") />
        </Field>
        <Actions>
            <Button submit=true variant=Variant::Primary>"It is done"</Button>
        </Actions>
    };
    let refused = Form::printed::<DismissRecommendation>().only("id", one.id.to_string());
    let no = view! {
        {hidden(slug, one)}
        <p class="hint">"What is dismissed often is ranked lower."</p>
        <FormError form=refused fields=&["reason"] />
        <Field id=format!("dismiss-why-{}", one.id) label="Why not?" required=true error=refused.reason("reason")>
            <TextArea name="reason" rows=2_u32 value=refused.typed("reason", "") />
        </Field>
        <Actions>
            <Button submit=true variant=Variant::Primary>"Dismiss"</Button>
        </Actions>
    };
    let (opened, again) = (here.refused(), refused.refused());
    let (opens, label) = (dismiss_id.clone(), one.recommendation_type.label());
    view! {
        <div class="row-line">
            {done}
            <Button opens=opens variant=Variant::Ghost>"Dismiss"</Button>
        </div>
        <Dialog id=done_id title=format!("Done: {label}") open=opened>
            {form::<ImplementRecommendation>("Done", "form", did)}
        </Dialog>
        <Dialog id=dismiss_id title=format!("Dismiss: {label}") open=again>
            {form::<DismissRecommendation>("Dismissed", "form", no)}
        </Dialog>
    }
    .into_any()
}

/// One that is not open any more, in a line.
fn ended(one: &Recommendation, zone: Zone) -> AnyView {
    let tone = match (one.status, one.succeeded) {
        (RecommendationStatus::Implemented, Some(false)) => Tone::High,
        (RecommendationStatus::Implemented, _) => Tone::Ok,
        _ => Tone::Neutral,
    };
    let by = one.decided_by.clone().unwrap_or_default();
    let at = one.decided_at.map(|at| {
        let at = zone.when(at);
        view! { " " <Ago when=at /> }
    });
    let note = one.note.clone().map(|note| view! { <p>{note}</p> });
    let result = one.implementation_result.as_ref().and_then(|told| told["words"].as_str()).map(|words| {
        view! { <p class="muted">{words.to_owned()}</p> }
    });
    let (what, became) = (one.recommendation_type.label(), one.status.label());
    view! {
        <li>
            <span>{what}</span>
            " "
            <Badge tone=tone>{became}</Badge>
            " "
            <small class="faint">{by} {at}</small>
            {note}
            {result}
        </li>
    }
    .into_any()
}
