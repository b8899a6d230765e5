//! Why a drift happened: what is thought of it, what spoke for it, and what was near it in time. Server only.

use domain::cause::{Cause, Correlation, ExternalKind, OperationalContext};
use domain::drift::Drift;
use leptos::prelude::*;
use serde_json::Value;
use service::causes::Told;
use ui::{
    Actions, Badge, Button, Choice, Column, DataTable, Definition, DefinitionList, Dialog, Field, Glyph,
    Progress, Row, Section, Select, TextArea, Tone, Variant,
};

use super::cause_api::{LabelCause, UnlabelCause};
use crate::form::{Form, FormError};
use crate::page::print::form;
use crate::server::Scope;
use crate::when::Ago;

const CORRECT: &str = "correct-cause";
/// Factors that are shown.
const FACTORS: usize = 6;

/// The part of a drift's page that says why it happened.
pub fn card(scope: &Scope, drift: &Drift, told: Option<&Told>, may_write: bool) -> AnyView {
    let Some(told) = told else {
        return view! {
            <Section title="Cause">
                <p class="muted">"Nobody looked at it yet. It takes some seconds after the push; load the page again."</p>
            </Section>
        }
        .into_any();
    };
    let analysis = &told.analysis;
    let slug = scope.organization.slug.clone();
    let (cause, judged) = (analysis.cause(), analysis.cause_category);
    let by = if analysis.judged_by == "rules" {
        "the rules, while no model is active".to_owned()
    } else {
        format!("the model {}", analysis.judged_by)
    };
    let said = if let Some(label) = &analysis.label {
        let at = scope.zone.when(label.at);
        let verb = if label.category == judged { "Confirmed" } else { "Corrected" };
        let note = label.note.clone().map(|note| view! { <p>{note}</p> });
        let judged = format!("It was judged as {} by {by}.", judged.label().to_lowercase());
        let judged = view! { <p class="muted">{judged}</p> };
        view! {
            <p>{format!("{verb} by {} ", label.by)} <Ago when=at /></p>
            {note}
            {judged}
        }
        .into_any()
    } else {
        let sure = format!("{:.0} %", analysis.confidence_score * 100.0);
        view! { <p class="muted">{format!("Judged by {by}, {sure} sure.")}</p> }.into_any()
    };
    let label = cause.label();
    let factors = factors(&analysis.contributing_factors);
    let likely = probabilities(&analysis.probabilities);
    let people = people(&analysis.user_attribution);
    let others: Vec<_> = told
        .predictions
        .iter()
        .filter(|one| one.is_shadow)
        .map(|one| {
            let said = one.prediction_result["cause"].as_str().and_then(|word| word.parse::<Cause>().ok());
            let said = said.map_or("unknown", Cause::label).to_lowercase();
            let sure = one.prediction_result["confidence"].as_f64().unwrap_or_default() * 100.0;
            view! { <p class="muted">{format!("Version {}, the shadow, says {said}, {sure:.0} % sure.", one.version)}</p> }
        })
        .collect();
    let buttons = {
        let (slug, id) = (slug.clone(), drift.id);
        let labelled = analysis.label.is_some();
        move || may_write.then(|| buttons(&slug, id, judged, labelled)).into_any()
    };
    let dialog = may_write.then(|| dialog(&slug, drift, cause));
    let context: Vec<_> = told.contexts.iter().map(|one| context(scope, one)).collect();
    let context = (!context.is_empty()).then(
        || view! { <p class="muted">"What went on around it:"</p> <ul class="plain-list">{context}</ul> },
    );
    let timeline = timeline(scope, told);
    view! {
        <Section title="Cause" id="cause" actions=buttons>
            <p><strong>{label}</strong> " " <span class="muted">{cause.describe()}"."</span></p>
            {said}
            {others}
            {people}
            <h3>"What spoke for it and against it"</h3>
            {factors}
            <details>
                <summary>"How likely each cause is"</summary>
                {likely}
            </details>
        </Section>
        <Section title="Around the onset" id="around">
            {timeline}
            {context}
        </Section>
        {dialog}
    }
    .into_any()
}

fn buttons(slug: &str, id: domain::DriftId, judged: Cause, labelled: bool) -> AnyView {
    let hidden = || {
        view! {
            <input type="hidden" name="organization" value=slug.to_owned() />
            <input type="hidden" name="id" value=id.to_string() />
        }
    };
    let confirm = (!labelled).then(|| {
        let fields = view! {
            {hidden()}
            <input type="hidden" name="cause" value=judged.as_str() />
            <Button submit=true icon=Glyph::Check>"Confirm"</Button>
        };
        form::<LabelCause>("Confirmed", "inline-form", fields)
    });
    let back = labelled.then(|| {
        let fields = view! {
            {hidden()}
            <Button submit=true variant=Variant::Ghost>"Take back"</Button>
        };
        form::<UnlabelCause>("Taken back", "inline-form", fields)
    });
    view! {
        {confirm}
        <Button opens=CORRECT icon=Glyph::Edit>"Correct"</Button>
        {back}
    }
    .into_any()
}

fn dialog(slug: &str, drift: &Drift, cause: Cause) -> AnyView {
    let state = Form::printed::<LabelCause>();
    let choices = Cause::ALL
        .iter()
        .map(|one| Choice::new(one.as_str(), format!("{}: {}", one.label(), one.describe())));
    let choices: Vec<Choice> = choices.collect();
    let fields = view! {
        <input type="hidden" name="organization" value=slug.to_owned() />
        <input type="hidden" name="id" value=drift.id.to_string() />
        <FormError form=state fields=&["cause", "note"] />
        <Field id="cause-category" label="What was the cause?" error=state.reason("cause")>
            <Select name="cause" choices=choices value=state.typed("cause", cause.as_str()) />
        </Field>
        <Field id="cause-note" label="How do you know?" error=state.reason("note")>
            <TextArea name="reason" rows=3_u32 value=state.typed("note", "") />
        </Field>
        <Actions>
            <Button submit=true variant=Variant::Primary>"Save"</Button>
        </Actions>
    };
    view! {
        <Dialog id=CORRECT title="Correct the cause" open=state.refused()>
            {form::<LabelCause>("Saved", "form", fields)}
        </Dialog>
    }
    .into_any()
}

/// A bar each: what was seen, and how much it added.
fn factors(told: &Value) -> AnyView {
    let list = told.as_array().map_or(&[][..], Vec::as_slice);
    let weight = |factor: &Value| factor["weight"].as_f64().unwrap_or_default();
    let most = list.iter().map(|factor| weight(factor).abs()).fold(0.1, f64::max);
    if list.is_empty() {
        return view! { <p class="muted">"Nothing that is known of it speaks for any cause."</p> }.into_any();
    }
    list.iter()
        .take(FACTORS)
        .map(|factor| {
            let weight = weight(factor);
            let (tone, sign, side) = if weight < 0.0 {
                (Tone::Neutral, "\u{2212}", "against it")
            } else {
                (Tone::Accent, "+", "for it")
            };
            let mut letters = factor["words"].as_str().unwrap_or_default().chars();
            let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
            let label = first + letters.as_str();
            let text = format!("{sign}{:.2} {side}", weight.abs());
            view! { <Progress label=label value={weight.abs() / most * 100.0} text=text tone=tone /> }
        })
        .collect_view()
        .into_any()
}

fn probabilities(told: &Value) -> AnyView {
    let mut all: Vec<(Cause, f64)> =
        Cause::ALL.iter().map(|cause| (*cause, told[cause.as_str()].as_f64().unwrap_or_default())).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1));
    all.into_iter()
        .map(|(cause, share)| {
            let text = format!("{:.0} %", share * 100.0);
            view! { <Progress label=cause.label() value={share * 100.0} text=text tone=Tone::Neutral /> }
        })
        .collect_view()
        .into_any()
}

fn people(attribution: &Value) -> Option<AnyView> {
    let people: Vec<_> = attribution["people"]
        .as_array()?
        .iter()
        .map(|one| {
            let word = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
            let automatic = (one["automation"] == true).then(|| view! { <Badge>"automatic"</Badge> " " });
            let score = one["score"].as_f64().unwrap_or_default();
            let from = format!("{}, {score:.2}", kind_words(&word("correlation_type")).to_lowercase());
            view! { <Definition term=word("actor")>{automatic}{from}</Definition> }
        })
        .collect();
    (!people.is_empty()).then(|| {
        view! { <h3>"Who may have done it"</h3> <DefinitionList>{people}</DefinitionList> }.into_any()
    })
}

fn kind_words(kind: &str) -> &'static str {
    match kind {
        "audit_event" => "Action",
        "event" => "Grave event",
        "case" => "Case",
        other => other.parse::<ExternalKind>().map_or("Other", ExternalKind::label),
    }
}

fn context(scope: &Scope, one: &OperationalContext) -> AnyView {
    let data = &one.context_data;
    let title = data["title"].as_str().unwrap_or_default().to_owned();
    let impact = one.incident_impact.map(|impact| {
        let tone = match impact {
            domain::cause::Impact::High => Tone::High,
            domain::cause::Impact::Medium => Tone::Medium,
            domain::cause::Impact::Low => Tone::Low,
        };
        view! { " " <Badge tone=tone>{format!("impact {impact}")}</Badge> }
    });
    let at = data["starts_at"].as_str().and_then(|at| at.parse().ok()).map(|at| scope.zone.when(at));
    let at = at.map(|at| view! { " " <small class="faint"><Ago when=at /></small> });
    let long = (one.time_window > 0).then(|| format!(", {} long", span(one.time_window)));
    let kind = kind_words(&one.context_type);
    view! { <li>{format!("{kind}: {title}")}{long}{impact}{at}</li> }.into_any()
}

/// `2 h 10 min`.
fn span(seconds: i64) -> String {
    match seconds {
        s if s < 60 => format!("{s} s"),
        s if s < 3_600 => format!("{} min", s / 60),
        s if s < 86_400 && s % 3_600 < 60 => format!("{} h", s / 3_600),
        s if s < 86_400 => format!("{} h {} min", s / 3_600, s % 3_600 / 60),
        s => format!("{} d {} h", s / 86_400, s % 86_400 / 3_600),
    }
}

fn offset(seconds: i64) -> String {
    match seconds {
        -30..=30 => "at the onset".to_owned(),
        s if s < 0 => format!("{} before", span(-s)),
        s => format!("{} after", span(s)),
    }
}

/// Where the line of the onset is, in the picture's units.
const MIDDLE: f64 = 500.0;

/// What was near: a strip with the onset in the middle, where what is near has more room (a root scale), and the same as a table.
fn timeline(scope: &Scope, told: &Told) -> AnyView {
    let temporal = &told.analysis.temporal_context;
    let seconds = |key: &str| -> Option<i64> {
        let at: domain::Timestamp = temporal[key].as_str()?.parse().ok()?;
        Some(at.seconds() - told.analysis.onset.seconds())
    };
    let (first, last) = (seconds("since").unwrap_or(-86_400), seconds("until").unwrap_or(7_200));
    let place = |offset: i64| {
        let most = if offset < 0 { -first } else { last }.max(1) as f64;
        let share = ((offset.abs() as f64) / most).min(1.0).sqrt();
        MIDDLE + share * if offset < 0 { -(MIDDLE - 20.0) } else { MIDDLE - 20.0 }
    };
    let order = temporal["in_order_at"].as_str().and_then(|at| at.parse().ok());
    let in_order = match order {
        Some(at) => {
            let at = scope.zone.when(at);
            view! { <p class="muted">"A push found it in order " <Ago when=at /> "; it was changed after that."</p> }.into_any()
        }
        None => view! { <p class="muted">"No push had looked at it before."</p> }.into_any(),
    };
    if told.correlations.is_empty() {
        let looked =
            format!("Nothing was near it from {} before the onset to {} after.", span(-first), span(last));
        return view! { {in_order} <p>{looked}</p> }.into_any();
    }
    let marks: Vec<_> = told
        .correlations
        .iter()
        .map(|one| {
            let x = format!("{:.0}", place(one.temporal_offset));
            let r = format!("{:.1}", 4.0 + 7.0 * one.correlation_score);
            let shade = format!("{:.2}", 0.25 + 0.6 * one.correlation_score);
            let title = format!("{}, {}: {}", kind_words(&one.correlation_type), offset(one.temporal_offset), title(one));
            view! { <circle cx=x cy="24" r=r fill="currentColor" fill-opacity=shade><title>{title}</title></circle> }
        })
        .collect();
    let ordered = order
        .map(|at: domain::Timestamp| place(at.seconds() - told.analysis.onset.seconds()))
        .map(|x| {
            let x = format!("{x:.0}");
            view! { <line x1=x.clone() x2=x y1="6" y2="42" stroke="currentColor" stroke-dasharray="3 3" stroke-opacity="0.6" /> }
        });
    let count = told.correlations.len();
    let picture = format!(
        "{count} things from {} before the onset to {} after; the line in the middle is the onset",
        span(-first),
        span(last)
    );
    let rows: Vec<_> = told.correlations.iter().map(row).collect();
    let columns = vec![
        Column::new("When").class("shrink"),
        Column::new("What").class("message"),
        Column::new("Who").class("optional"),
        Column::new("Score").class("num"),
    ];
    let ends = format!("\u{2190} {} before \u{b7} onset \u{b7} {} after \u{2192}", span(-first), span(last));
    view! {
        {in_order}
        <svg viewBox="0 0 1000 48" width="100%" role="img" aria-label=picture>
            <line x1="20" x2="980" y1="24" y2="24" stroke="currentColor" stroke-opacity="0.25" />
            <line x1="500" x2="500" y1="2" y2="46" stroke="currentColor" stroke-width="2" />
            {ordered}
            {marks}
        </svg>
        <p class="faint">{ends}</p>
        <DataTable caption="What was near the onset" columns=columns>
            {rows}
        </DataTable>
    }
    .into_any()
}

fn title(one: &Correlation) -> String {
    let title = one.event_data["title"].as_str().unwrap_or_default();
    match one.event_data["times"].as_i64() {
        Some(times) => format!("{title} ({times} times)"),
        None => title.to_owned(),
    }
}

fn row(one: &Correlation) -> AnyView {
    let name = match one.external_system.as_str() {
        "watchroom" if one.correlation_type != "case" => String::new(),
        "watchroom" => format!(" {}", one.external_id),
        system => format!(" {system} {}", one.external_id),
    };
    let words = title(one);
    let what = match one.event_data["url"].as_str() {
        Some(url) => view! { <a class="link" href=url.to_owned() rel="noreferrer">{words}</a> }.into_any(),
        None => words.into_any(),
    };
    let who = one.event_data["actor"].as_str().unwrap_or_default().to_owned();
    let why = one.event_data["why"].as_str().unwrap_or_default().to_owned();
    let kind = kind_words(&one.correlation_type);
    let cells = view! {
        <td class="shrink">{offset(one.temporal_offset)}</td>
        <td class="message">
            <Badge>{kind}</Badge>
            {name}
            " "
            {what}
            " "
            <small class="faint">{why}</small>
        </td>
        <td class="optional">{who}</td>
        <td class="num">{format!("{:.2}", one.correlation_score)}</td>
    }
    .into_any();
    view! { <Row>{cells}</Row> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_read_as_people_say_them() {
        assert_eq!(offset(0), "at the onset");
        assert_eq!(offset(-7_800), "2 h 10 min before");
        assert_eq!(offset(3_600), "1 h after");
        assert_eq!(offset(-90_000), "1 d 1 h before");
    }
}
