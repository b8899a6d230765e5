//! `/o/{organization}/drift/{number}?diff=beside&noise=shown&ignore=`: one drift.

use domain::case::LinkKind;
use domain::drift::{Drift, DriftChange, DriftStep, DriftType, HistoryStep, IgnoreScope};
use domain::permission::{DriftRead, Key};
use leptos::prelude::*;
use serde_json::Value;
use service::drifts::{self, Preview};
use ui::{
    Actions, Badge, Button, Choice, CodeBlock, Definition, DefinitionList, Dialog, Field, Glyph, PageHead,
    Section, Select, TextArea, TextInput, Tone, Variant,
};

use super::api::{AcceptDrift, ChangeDrifts, EscalateDrift};
use super::{advice, cause, diff, parts};
use crate::error::Answer;
use crate::events::parts::{Severe, counted};
use crate::form::{Form, FormError};
use crate::live;
use crate::page::Page;
use crate::page::print::{Asked, form};
use crate::routes::{self, Link};
use crate::server::Scope;
use crate::when::Ago;

pub(super) const ESCALATE: &str = "escalate-drift";
const CODIFY: &str = "codify-drift";

pub async fn page(asked: Asked) -> Answer<Page> {
    let scope = asked.scope().await?;
    let since = live::since(&scope).await?;
    let cx = scope.admit::<DriftRead>()?;
    let drift = drifts::find(&cx, &asked.id).await?;
    let changes = drifts::changes(&cx, drift.id).await?;
    let history = drifts::history(&cx, drift.id).await?;
    let told = service::causes::of(&cx, drift.id).await?;
    let advice = drifts::recommendations(&cx, drift.id).await?;
    let (snippet, language) = drifts::snippet(&cx, &drift).await?;
    let slug = scope.organization.slug.as_str();
    let may_write = scope.may(Key::DriftWrite);
    let open = drift.state.status.is_open();
    let here = routes::drift_one(slug, drift.number);
    let beside = asked.get("diff") == "beside";
    let noise = asked.get("noise") == "shown";
    let ignoring = Some(asked.get("ignore")).filter(|path| !path.is_empty() && may_write);
    // What it would hide is asked only by who wants to accept it.
    let preview = match asked.get("accept") {
        "open" if may_write && open => Some([
            ("every resource of its type", drifts::preview(&cx, drift.id, None, IgnoreScope::Type).await?),
            ("the whole environment", drifts::preview(&cx, drift.id, None, IgnoreScope::Environment).await?),
        ]),
        _ => None,
    };
    let dialogs =
        may_write.then(|| dialogs(&scope, &drift, preview.as_ref(), (&snippet, language), ignoring));
    let why = cause::card(&scope, &drift, told.as_ref(), may_write);
    let differs = differs(&drift, &changes, &here, (beside, noise), may_write && open);
    let whole = whole(drift.drift_type, drifts::states(&cx, drift.id).await?);
    let escalated = drift.case_number.filter(|_| scope.may(Key::CaseRead)).map(|number| {
        view! {
            <p>"It was escalated to " <a class="link" href=routes::case(slug, number)>{format!("CASE-{number}")}</a> "."</p>
        }
    });
    let head = {
        let (slug, drift) = (slug.to_owned(), drift.clone());
        let may_escalate = scope.may(Key::CaseWrite);
        move || may_write.then(|| buttons(&slug, &drift, may_escalate)).into_any()
    };
    let (code, title) = (drift.key(), drift.resource_id.clone());
    let told = story(&history, &scope);
    let cases = crate::cases::about(&scope, LinkKind::Drift, drift.id.0).await?;
    let advice = advice::section(&scope, &drift, &advice, may_write && open);
    let aside = aside(&scope, &drift);
    let body = view! {
        <PageHead code=code title=title actions=head />
        {escalated}
        <div class="columns">
            <div class="main-column">
                {differs}
                {whole}
                {why}
                {advice}
                <Section title="History">
                    <ul class="plain-list">{told}</ul>
                </Section>
            </div>
            <aside class="side" aria-label="Facts">
                {aside}
                {cases}
            </aside>
        </div>
        {dialogs}
    };
    Ok(Page::of(format!("{} {}", drift.key(), drift.resource_id), body)
        .follows(since, &[&format!("drift:{}", drift.id), "drift_ignore", "repository"]))
}

/// One of the buttons that act at once.
fn act(slug: &str, drift: &Drift, act: &'static str, words: &'static str, icon: Glyph) -> AnyView {
    let fields = view! {
        <input type="hidden" name="organization" value=slug.to_owned() />
        <input type="hidden" name="asked[numbers][]" value=drift.number.to_string() />
        <input type="hidden" name="asked[act]" value=act />
        <Button submit=true icon=icon>
            {words}
        </Button>
    };
    form::<ChangeDrifts>("Changed", "inline-form", fields)
}

fn buttons(slug: &str, drift: &Drift, may_escalate: bool) -> AnyView {
    if !drift.state.status.is_open() {
        return act(slug, drift, "reopen", "Reopen", Glyph::Refresh);
    }
    let acknowledge = (drift.state.status == domain::drift::DriftStatus::Open)
        .then(|| act(slug, drift, "acknowledge", "Acknowledge", Glyph::Eye));
    let mine = act(slug, drift, "assign:me", "Take it", Glyph::User);
    let accept = Link::new(routes::drift_one(slug, drift.number)).with("accept", "open").done();
    let revert = act(slug, drift, "revert", "Reverted", Glyph::Check);
    view! {
        {acknowledge}
        {mine}
        {revert}
        <Button opens=CODIFY icon=Glyph::Edit>
            "Write into the code"
        </Button>
        <Button href=accept icon=Glyph::EyeOff>
            "Accept"
        </Button>
        {may_escalate.then(|| view! {
            <Button opens=ESCALATE icon=Glyph::Cases variant=Variant::Primary>
                "Escalate to a case"
            </Button>
        })}
    }
    .into_any()
}

fn differs(
    drift: &Drift,
    changes: &[DriftChange],
    here: &str,
    (beside, noise): (bool, bool),
    may_ignore: bool,
) -> AnyView {
    let whole = match drift.drift_type {
        DriftType::Modified => None,
        DriftType::Deleted => Some("The code declares it, and it is not there any more.".to_owned()),
        DriftType::Added => Some("It is there, and no code declares it.".to_owned()),
        DriftType::Moved => Some(format!(
            "It was {} in the code before.",
            drift.metadata["moved_from"].as_str().unwrap_or("elsewhere")
        )),
    };
    let told: Vec<&Value> =
        drift.metadata["noise"].as_array().map(|list| list.iter().collect()).unwrap_or_default();
    let link = |beside: bool, noise: bool| {
        Link::new(here)
            .with("diff", if beside { "beside" } else { "" })
            .with("noise", if noise { "shown" } else { "" })
            .done()
    };
    let (other, other_words) = (link(!beside, noise), if beside { "Unified" } else { "Side by side" });
    let toggle = (!told.is_empty()).then(|| {
        let words = if noise { "Hide noise".to_owned() } else { format!("Show noise ({})", told.len()) };
        (link(beside, !noise), words)
    });
    let noise_rows = (noise && !told.is_empty()).then(|| {
        let told: Vec<Value> = told.iter().map(|one| (*one).clone()).collect();
        parts::noise(&told)
    });
    let omitted = drift.metadata["omitted"].as_i64().filter(|n| *n > 0).map(|n| {
        let words = counted(n, "more difference is not kept", "more differences are not kept");
        view! { <p class="muted">{words}"."</p> }
    });
    let has_lines = !changes.is_empty();
    let table = has_lines.then(|| diff::table(changes, beside, may_ignore.then_some(here)));
    let actions = move || {
        let toggle = toggle.clone().map(|(href, words)| {
            view! { <Button href=href variant=Variant::Ghost>{words}</Button> }
        });
        let other = has_lines.then(|| {
            let other = other.clone();
            view! { <Button href=other variant=Variant::Ghost>{other_words}</Button> }
        });
        view! { {toggle} {other} }.into_any()
    };
    view! {
        <Section title="What differs" actions=actions>
            {whole.map(|words| view! { <p>{words}</p> })}
            {table}
            {omitted}
        </Section>
        {noise_rows}
    }
    .into_any()
}

/// Of what is gone, what was declared; of what nobody declared, what is there.
fn whole(kind: DriftType, (declared, actual): (Option<Value>, Option<Value>)) -> Option<AnyView> {
    let (title, label, state) = match kind {
        DriftType::Deleted => ("What was lost", "What was lost, as JSON", declared?),
        DriftType::Added => ("What was found", "What was found, as JSON", actual?),
        DriftType::Modified | DriftType::Moved => return None,
    };
    let state = parts::state(label, &state);
    Some(view! { <Section title=title hint="Secrets are masked.">{state}</Section> }.into_any())
}

fn aside(scope: &Scope, drift: &Drift) -> AnyView {
    let (slug, zone) = (scope.organization.slug.as_str(), scope.zone);
    let axis = |name: &'static str| {
        let value = drift.risk_assessment[name].as_f64().unwrap_or_default();
        view! { <Definition term=name>{format!("{value:.2}")}</Definition> }
    };
    let axes = [axis("security"), axis("compliance"), axis("performance"), axis("cost")];
    let lines = |key: &str| -> Vec<_> {
        let list = drift.metadata[key].as_array().map_or(&[][..], Vec::as_slice);
        list.iter().filter_map(Value::as_str).map(|words| view! { <li>{words.to_owned()}</li> }).collect()
    };
    let (because, unsure) = (lines("because"), lines("unsure_because"));
    let unsure = (!unsure.is_empty()).then(|| view! { <ul class="plain-list muted">{unsure}</ul> });
    let tags: Vec<_> = drift
        .tags
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            view! { <Badge>{format!("{name}={value}")}</Badge> " " }
        })
        .collect();
    let tags = (!tags.is_empty())
        .then(|| view! { <Section title="Tags of the resource"><p class="tags">{tags}</p></Section> });
    let planned = drift.metadata["planned"].as_str().map(str::to_owned).map(|word| {
        let tone = if matches!(word.as_str(), "replace" | "delete") { Tone::High } else { Tone::Neutral };
        view! { <p class="muted">"The next apply would " <Badge tone=tone>{word}</Badge> " it."</p> }
    });
    let (severity, status) = (drift.severity(), parts::status(drift));
    let (since, seen) = (zone.when(drift.detected_at), zone.when(drift.last_seen_at));
    let resolved = drift.state.resolved_at.map(|at| {
        let at = zone.when(at);
        let gone = drift.state.absent_at.map(|at| {
            let at = zone.when(at);
            view! { <p class="muted">"Gone, as a push found " <Ago when=at /></p> }
        });
        let unchecked = drift
            .state
            .is_unchecked_claim()
            .then(|| view! { <p class="muted">"No push has looked since."</p> });
        view! { <p class="muted">"Resolved " <Ago when=at /></p> {gone} {unchecked} }
    });
    let stale = drift.is_stale.then(|| {
        view! { <p class="muted">"Stale: a later push did not look at this resource."</p> }
    });
    let list = Link::new(routes::drift(slug))
        .with("show", "all")
        .with("q", &format!("repository:\"{}\"", drift.repository))
        .done();
    let of_resource = routes::drift_resource(slug, drift.iac_resource_id);
    let assignee = drift.assignee.clone().unwrap_or_else(|| "nobody".to_owned());
    let (kind, environment) = (drift.resource_type.clone(), drift.environment.clone());
    let (repository, tool) = (drift.repository.clone(), drift.tool.label());
    let pushes = format!(", {}", counted(drift.seen_count, "push", "pushes"));
    let (score, confidence) =
        (format!("{:.2}", drift.severity_score), format!("{:.2}", drift.confidence_score));
    view! {
        <Section title="Status">
            <p>{status}</p>
            {stale}
            {planned}
        </Section>
        <Section title="Severity">
            <p><Severe severity=severity /> " " <span class="muted">{score}" of 1"</span></p>
            <ul class="plain-list">{because}</ul>
            <DefinitionList>{axes}</DefinitionList>
        </Section>
        <Section title="Confidence">
            <p class="muted">{confidence}" of 1"</p>
            {unsure}
        </Section>
        <Section title="Assignee"><p>{assignee}</p></Section>
        <Section title="Resource">
            <p class="mono">{kind}</p>
            <p><a class="link" href=of_resource>"All that is known of it"</a></p>
            <p class="muted">{environment} " / " <a class="link" href=list>{repository}</a> ", " {tool}</p>
        </Section>
        {tags}
        <Section title="Times">
            <p class="muted">"Since " <Ago when=since /></p>
            <p class="muted">"Seen " <Ago when=seen /> {pushes}</p>
            {resolved}
        </Section>
    }
    .into_any()
}

fn story(history: &[HistoryStep], scope: &Scope) -> Vec<AnyView> {
    history
        .iter()
        .map(|step| {
            let words = match step.step {
                DriftStep::Detected => "found by a push",
                DriftStep::Returned => "there again",
                DriftStep::Refuted => "still there: what was done did not remove it",
                DriftStep::Gone => "not found any more",
                DriftStep::Acknowledged => "acknowledged",
                DriftStep::Assigned => "assigned",
                DriftStep::Resolved => "resolved",
                DriftStep::Reopened => "reopened",
                DriftStep::Ignored => "left out, or a part of it",
                DriftStep::Escalated => "escalated to a case",
                DriftStep::Undone => "put back",
            };
            let at = scope.zone.when(step.at);
            let note = step.note.clone().map(|note| view! { <p>{note}</p> });
            view! {
                <li>
                    <span>{words}</span>
                    " "
                    <small class="faint">{step.actor.clone()} " " <Ago when=at /></small>
                    {note}
                </li>
            }
            .into_any()
        })
        .collect()
}

fn dialogs(
    scope: &Scope,
    drift: &Drift,
    preview: Option<&[(&str, Preview); 2]>,
    (snippet, language): (&str, &'static str),
    ignoring: Option<&str>,
) -> AnyView {
    let slug = scope.organization.slug.as_str();
    let hidden = || {
        view! {
            <input type="hidden" name="organization" value=slug.to_owned() />
            <input type="hidden" name="id" value=drift.id.to_string() />
        }
    };
    let here = routes::drift_one(slug, drift.number);
    let accepting = Form::printed::<AcceptDrift>().only("path", String::new());
    let fewer: Vec<_> = preview
        .into_iter()
        .flatten()
        .map(|(place, preview)| {
            let hidden = counted(preview.hidden_count as i64, "open drift", "open drifts");
            let smaller = (preview.smaller_count > 0)
                .then(|| counted(preview.smaller_count as i64, "other loses a part", "others lose a part"));
            let names: Vec<String> = preview.hidden.iter().take(5).map(Drift::key).collect();
            let (open, more) = (if names.is_empty() { "" } else { " (" }, smaller.map_or(String::new(), |s| format!("; {s}")));
            let close = if names.is_empty() { "" } else { ")" };
            view! { <p class="hint">{format!("For {place} it hides {hidden}{open}{}{close}{more}.", names.join(", "))}</p> }
        })
        .collect();
    let accept = view! {
        {hidden()}
        <input type="hidden" name="path" value="" />
        <p class="hint">"It is resolved as accepted, and pushes do not tell it until this ends."</p>
        {fewer}
        {scoped("accept", accepting, drift)}
        <Actions>
            <Button submit=true variant=Variant::Primary>"Accept"</Button>
        </Actions>
    };
    let accept = form::<AcceptDrift>("Accepted", "form", accept);
    let ignore = ignoring.map(|path| {
        let state = Form::printed::<AcceptDrift>().only("path", path.to_owned());
        let fields = view! {
            {hidden()}
            <input type="hidden" name="path" value=path.to_owned() />
            <p class="mono">{path.to_owned()}</p>
            <p class="hint">"This property, and what is below it, is left out of drifts."</p>
            {scoped("ignore", state, drift)}
            <Actions>
                <Button submit=true variant=Variant::Primary>"Ignore it"</Button>
            </Actions>
        };
        view! {
            <Dialog id="ignore-property" title="Ignore a property" open=true close_href=here.clone()>
                {form::<AcceptDrift>("Ignored", "form", fields)}
            </Dialog>
        }
    });
    let escalating = Form::printed::<EscalateDrift>();
    let escalate = view! {
        {hidden()}
        <FormError form=escalating fields=&["reason"] />
        <Field id="escalate-note" label="What should be looked into?" error=escalating.reason("reason")>
            <TextArea name="reason" rows=3_u32 value=escalating.typed("reason", "") />
        </Field>
        <Actions>
            <Button submit=true variant=Variant::Primary>"Open a case"</Button>
        </Actions>
    };
    let escalate = form::<EscalateDrift>("A case is open", "form", escalate);
    let codify = view! {
        <input type="hidden" name="organization" value=slug.to_owned() />
        <input type="hidden" name="asked[numbers][]" value=drift.number.to_string() />
        <input type="hidden" name="asked[act]" value="codify" />
        <p class="hint">"To start from; names of variables and modules are yours. The next push checks it."</p>
        <CodeBlock label=format!("What the code would say ({language})") code=snippet.to_owned() nowrap=true />
        <Field id="codify-note" label="Note">
            <TextInput name="asked[reason]" placeholder="The commit or merge request" value="" />
        </Field>
        <Actions>
            <Button submit=true variant=Variant::Primary>"It is in the code"</Button>
        </Actions>
    };
    let codify = form::<ChangeDrifts>("Resolved", "form", codify);
    view! {
        {(preview.is_some() || accepting.is_refused()).then(|| view! {
            <Dialog id="accept-drift" title="Accept this drift" open=true close_href=here.clone()>
                {accept}
            </Dialog>
        })}
        <Dialog id=ESCALATE title="Escalate to a case" open=escalating.refused()>
            {escalate}
        </Dialog>
        <Dialog id=CODIFY title="Write it into the code" wide=true>
            {codify}
        </Dialog>
        {ignore}
    }
    .into_any()
}

/// Scope, reason and end; `prefix` keeps the ids of the two forms apart.
fn scoped(prefix: &'static str, state: Form, drift: &Drift) -> AnyView {
    let id = move |name: &str| format!("{prefix}-{name}");
    let choices = vec![
        Choice::new("resource", format!("this resource: {}", drift.resource_id)),
        Choice::new("type", format!("every {}", drift.resource_type)),
        Choice::new("environment", format!("everything in {}", drift.environment)),
    ];
    view! {
        <FormError form=state fields=&["scope", "reason", "days"] />
        <Field id=id("scope") label="Where" error=state.reason("scope")>
            <Select name="scope" choices=choices value=state.typed("scope", "resource") />
        </Field>
        <Field id=id("reason") label="Why" required=true error=state.reason("reason")>
            <TextInput name="reason" value=state.typed("reason", "") required=true maxlength=2000_u32 />
        </Field>
        <Field id=id("days") label="For how many days" hint="Empty: until somebody lifts it." error=state.reason("days")>
            <TextInput name="for_days" value=state.typed("days", "30") />
        </Field>
    }
    .into_any()
}
