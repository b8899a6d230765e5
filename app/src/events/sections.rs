//! What is told of one event, printed for the panel and for its page. Server only.

use leptos::prelude::*;
use ui::{CopyButton, Definition, DefinitionList, Glyph, Icon, JsonTree, Section, Timestamp};

use super::parts::{FieldLine, Message, Severe};
use super::query::EventQuery;
use super::shown::{EventRow, Marked};
use crate::printed::Printed;
use crate::routes;
use crate::when::{At, When};
use domain::Severity;

/// Longest value, in bytes, that is offered as a condition.
const MAX_CONDITION: usize = 200;

/// Everything about one event.
#[derive(Clone)]
pub struct Facts {
    pub id: String,
    pub at: When,
    pub ingested: When,
    pub severity: Severity,
    /// As the sender wrote it.
    pub severity_text: String,
    pub message: Marked,
    /// Those it has, in the order of the page.
    pub fields: Vec<FieldShown>,
    pub fingerprint: String,
    pub group_id: String,
    /// "Seen 12 times in the hours of this range": its group.
    pub group_seen: String,
    pub around: Vec<Around>,
    /// What happened on the same system right before and after, oldest first, itself included.
    pub surrounding: Vec<EventRow>,
    /// JSON text.
    pub raw_payload: String,
}

/// A field of an event, and where its value leads: queries of the list beside it.
#[derive(Clone)]
pub struct FieldShown {
    pub name: String,
    pub value: String,
    /// How often it was seen in the hours of the range: "×3", and in words.
    pub seen: Option<(String, String)>,
    /// `None` where it is included already.
    pub include: Option<String>,
    pub exclude: String,
    pub only: String,
}

/// A stretch of time around an event on its system.
#[derive(Clone)]
pub struct Around {
    /// "±5 min".
    pub words: String,
    /// RFC 3339.
    pub from: String,
    pub to: String,
    pub q: String,
}

/// Beside the list.
/// `cases`: those that it is in.
pub fn panel(event: &Facts, query: &EventQuery, slug: &str, cases: AnyView) -> Printed {
    Printed::of(view! {
        <section>{words(event, query, slug)}</section>
        <section>
            <h2>"Fields"</h2>
            {fields(event, query, slug)}
        </section>
        <section>
            <h2>"Around it"</h2>
            {surrounding(event, query, slug)}
        </section>
        <section>{cases}</section>
        <section>{payload(event, query, slug)}</section>
    })
}

/// A page of its own.
pub fn page(event: &Facts, query: &EventQuery, slug: &str, cases: AnyView) -> Printed {
    let (fields, around) = (fields(event, query, slug), surrounding(event, query, slug));
    Printed::of(view! {
        <div class="main-column">
            <p class="row-line">
                <Severe severity=event.severity />
            </p>
            {words(event, query, slug)}
            <Section title="Around it">{around}</Section>
            {payload(event, query, slug)}
        </div>
        <aside class="side" aria-label="Fields">
            <Section title="Fields">{fields}</Section>
            {cases}
        </aside>
    })
}

/// The message and where it leads: its group, events alike.
fn words(event: &Facts, query: &EventQuery, slug: &str) -> AnyView {
    let group = routes::group(slug, &event.group_id);
    let alike = query.only(["group:", &event.group_id].concat()).href(slug);
    view! {
        <p class="message-text mono">
            <Message marked=event.message.clone() />
        </p>
        <p class="links small">
            <a class="link" href=group>
                "Its group"
            </a>
            <a class="link" href=alike>
                "Events alike"
            </a>
            <span class="muted">{event.group_seen.clone()}</span>
        </p>
    }
    .into_any()
}

/// Every field of the event, each value with links that narrow the list to it.
fn fields(event: &Facts, query: &EventQuery, slug: &str) -> AnyView {
    let event = event.clone();
    let line = |field: FieldShown| {
        let href = |q: String| query.asking(q).href(slug);
        let tools = [
            field.include.map(|q| ("Include", Glyph::Plus, href(q))),
            Some(("Exclude", Glyph::Minus, href(field.exclude))),
            Some(("Only", Glyph::Filter, query.only(field.only).href(slug))),
        ];
        let tools = tools.into_iter().flatten().collect();
        view! { <FieldLine name=field.name shown=field.value seen=field.seen tools /> }
    };
    let fields = event.fields.into_iter().map(line).collect_view();
    let severity_text = (!event.severity_text.eq_ignore_ascii_case(event.severity.as_str())
        && !event.severity_text.is_empty())
    .then(|| view! { <Definition term="severity_text">{event.severity_text}</Definition> });
    let (group, page) = (routes::group(slug, &event.group_id), routes::event(slug, &event.id));
    let alike = query.only(["fingerprint:", &event.fingerprint].concat()).href(slug);
    view! {
        <DefinitionList mono=true>
            <Definition term="occurred_at">
                <At when=event.at />
            </Definition>
            <Definition term="ingested_at">
                <At when=event.ingested />
            </Definition>
            {severity_text}
            {fields}
            <IdLine name="fingerprint" href=alike id=event.fingerprint />
            <IdLine name="group_id" href=group id=event.group_id />
            <IdLine name="id" href=page id=event.id />
        </DefinitionList>
    }
    .into_any()
}

/// What happened on the same system right before and after, and links to more of it.
fn surrounding(event: &Facts, query: &EventQuery, slug: &str) -> AnyView {
    let line = |row: EventRow| {
        let href = query.open(&row.id).href(slug);
        let here = (row.id == event.id).then_some("true");
        view! {
            <li>
                <a href=href aria-current=here data-noscroll="">
                    <Severe severity=row.severity bare=true />
                    <Timestamp iso=row.at.iso text=row.at.text title=row.at.title />
                    <span class="words">
                        <Message marked=row.message />
                    </span>
                </a>
            </li>
        }
    };
    let wider = |(at, around): (usize, Around)| {
        // The one in the middle has the key.
        let key = (at == 1).then_some("c");
        let href = EventQuery { event: event.id.clone(), ..query.range(&around.from, &around.to) };
        let href = EventQuery { q: around.q, ..href }.href(slug);
        view! {
            <a class="link" href=href data-key=key aria-keyshortcuts=key>
                {around.words}
            </a>
        }
    };
    view! {
        <ol class="surrounding small mono">{event.surrounding.iter().cloned().map(line).collect_view()}</ol>
        <p class="links small">{event.around.iter().cloned().enumerate().map(wider).collect_view()}</p>
    }
    .into_any()
}

#[component]
fn IdLine(name: &'static str, href: String, id: String) -> impl IntoView {
    view! {
        <Definition term=name>
            <span class="value-line">
                <a class="value" href=href>
                    {id.clone()}
                </a>
                <CopyButton text=id label=format!("Copy {name}") />
            </span>
        </Definition>
    }
    .into_any()
}

/// What the sender sent; any value of it narrows the list.
fn payload(event: &Facts, query: &EventQuery, slug: &str) -> AnyView {
    let (json, query, slug) = (event.raw_payload.clone(), query.clone(), slug.to_owned());
    let copied = json.clone();
    let actions = move |(path, value): (String, String)| {
        // A quoted text is found as text only, a bare number as a number too.
        if value == "null" || value.len() > MAX_CONDITION {
            return ().into_any();
        }
        let condition = [&path, ":", &value].concat();
        let tool = |word: &str, glyph: Glyph, query: EventQuery| {
            let label = [word, " ", &condition].concat();
            view! {
                <a class="copy" href=query.href(&slug) aria-label=label.clone() title=label>
                    <Icon glyph />
                </a>
            }
        };
        let facet = EventQuery { facet: [query.facet.clone(), vec![path.clone()]].concat(), ..query.clone() };
        let facet = (!query.facet.contains(&path)).then(|| tool("Facet for", Glyph::Columns, facet));
        view! {
            {tool("Include", Glyph::Plus, query.and(&condition))}
            {tool("Exclude", Glyph::Minus, query.and(&["-", &condition].concat()))}
            {tool("Only", Glyph::Filter, query.only(condition.clone()))}
            {facet}
        }
        .into_any()
    };
    view! {
        <Section title="Raw payload" actions=move || view! { <CopyButton text=copied.clone() label="Copy JSON" wordy=true /> }>
            <JsonTree json name="payload" actions=Callback::new(actions) />
        </Section>
    }
    .into_any()
}
