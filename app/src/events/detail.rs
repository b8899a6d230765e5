//! One event: beside the list, and as a page of its own.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use serde_json::Value;
use ui::{
    Button, CopyButton, Definition, DefinitionList, Failure, Glyph, Icon, JsonTree, PageHead, Panel, Section,
    Skeleton, Timestamp,
};

use super::api::GetEvent;
use super::parts::{Message, Severe};
use super::query::EventQuery;
use super::shown::{Around, EventRow, EventShown, FieldShown};
use super::state::Events;
use crate::Answer;
use crate::fetch::{Load, fetch};
use crate::routes;
use crate::session::use_slug;
use crate::when::At;

/// Longest value, in bytes, that is offered as a condition.
const MAX_CONDITION: usize = 200;

/// The event of the URL beside the list; previous and next are the rows around it. Drawn anew for every event, from plain
/// values: a signal that outlives the panel it was made in would be read too late.
#[component]
pub fn EventPanel(events: Events) -> impl IntoView {
    view! {
        <Transition fallback=|| view! { <aside class="panel" aria-label="Event"><Skeleton /></aside> }>
            {move || {
                let (slug, query) = (events.slug.get(), events.query.get());
                Suspend::new(async move {
                    let rows = events.list.answer().await.map(|list| list.rows).unwrap_or_default();
                    let rows: Vec<String> = rows.into_iter().map(|row| row.id).collect();
                    panel(events.open.answer().await, &rows, query, slug)
                })
            }}
        </Transition>
    }
    .into_any()
}

/// `rows`: ids of the list, in its order.
fn panel(event: Answer<Option<EventShown>>, rows: &[String], query: EventQuery, slug: String) -> AnyView {
    let at = rows.iter().position(|id| *id == query.event);
    let beside = |at: Option<usize>| at.and_then(|at| rows.get(at)).map(|id| query.open(id).href(&slug));
    let previous = beside(at.and_then(|at| at.checked_sub(1)));
    let next = beside(at.map(|at| at + 1));
    let close = query.closed().href(&slug);
    match event {
        // On its way out.
        Ok(None) => ().into_any(),
        Ok(Some(event)) => {
            let expand = routes::event(&slug, &event.id);
            let (severity, when) = (event.severity, event.at.clone());
            let title = move || {
                let when = when.clone();
                view! {
                    <Severe severity />
                    <span class="mono muted">
                        <Timestamp iso=when.iso text=when.text title=when.title />
                    </span>
                }
            };
            view! {
                <Panel label="Event" title=title close_href=close previous_href=previous next_href=next expand_href=expand>
                    <section>
                        <Words event=event.clone() query=query.clone() slug=slug.clone() />
                    </section>
                    <section>
                        <h2>"Fields"</h2>
                        <Fields event=event.clone() query=query.clone() slug=slug.clone() />
                    </section>
                    <section>
                        <h2>"Around it"</h2>
                        <Surrounding event=event.clone() query=query.clone() slug=slug.clone() />
                    </section>
                    <section>
                        <Payload event query slug />
                    </section>
                </Panel>
            }
            .into_any()
        }
        Err(error) => view! {
            <Panel label="Event" close_href=close previous_href=previous next_href=next>
                <section>
                    <Failure problem=error />
                </section>
            </Panel>
        }
        .into_any(),
    }
}

/// `/o/{organization}/events/{id}`
#[component]
pub fn EventPage() -> impl IntoView {
    let slug = use_slug();
    let params = use_params_map();
    let id = move || params.with(|params| params.get_str("id").unwrap_or_default().to_owned());
    let event = fetch(move || GetEvent {
        organization: slug.get(),
        id: id(),
        query: EventQuery::all_time(String::new()),
    });
    view! {
        <Title text="Event" />
        <Load resource=event let:event>
            <Whole event slug=slug.get_untracked() />
        </Load>
    }
    .into_any()
}

#[component]
fn Whole(event: EventShown, slug: String) -> impl IntoView {
    let back = routes::events(&slug);
    let actions = move || {
        view! {
            <Button href=back.clone() icon=Glyph::ArrowLeft>
                "All events"
            </Button>
        }
    };
    let query = EventQuery::all_time(String::new());
    let severity = event.severity;
    let around = view! { <Surrounding event=event.clone() query=query.clone() slug=slug.clone() /> };
    view! {
        <PageHead title="Event" note=event.at.text.clone() actions=actions />
        <div class="columns event-page">
            <div class="main-column">
                <p class="row-line">
                    <Severe severity />
                </p>
                <Words event=event.clone() query=query.clone() slug=slug.clone() />
                <Section title="Around it">{around}</Section>
                <Payload event=event.clone() query=query.clone() slug=slug.clone() />
            </div>
            <aside class="side" aria-label="Fields">
                <Section title="Fields">
                    <Fields event query slug />
                </Section>
            </aside>
        </div>
    }
    .into_any()
}

/// The message and where it leads: its group, events alike.
#[component]
fn Words(event: EventShown, query: EventQuery, slug: String) -> impl IntoView {
    let group = routes::group(&slug, &event.group_id);
    let alike = query.only(["group:", &event.group_id].concat()).href(&slug);
    view! {
        <p class="message-text mono">
            <Message marked=event.message />
        </p>
        <p class="links small">
            <a class="link" href=group>
                "Its group"
            </a>
            <a class="link" href=alike>
                "Events alike"
            </a>
            <span class="muted">{event.group_seen}</span>
        </p>
    }
    .into_any()
}

/// Every field of the event, each value with links that narrow the list to it.
#[component]
fn Fields(event: EventShown, query: EventQuery, slug: String) -> impl IntoView {
    let line = |field: FieldShown| {
        let href = |q: String| query.asking(q).href(&slug);
        let tools = [
            field.include.map(|q| ("Include", Glyph::Plus, href(q))),
            Some(("Exclude", Glyph::Minus, href(field.exclude))),
            Some(("Only", Glyph::Filter, query.only(field.only).href(&slug))),
        ];
        let tools = tools.into_iter().flatten().collect();
        view! { <FieldLine name=field.name shown=field.value seen=field.seen tools /> }
    };
    let fields = event.fields.into_iter().map(line).collect_view();
    let severity_text = (!event.severity_text.eq_ignore_ascii_case(event.severity.as_str())
        && !event.severity_text.is_empty())
    .then(|| view! { <Definition term="severity_text">{event.severity_text}</Definition> });
    let (group, page) = (routes::group(&slug, &event.group_id), routes::event(&slug, &event.id));
    let alike = query.only(["fingerprint:", &event.fingerprint].concat()).href(&slug);
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

/// A field's value, how common it is, and links that narrow a list to it: word, picture, address.
#[component]
pub fn FieldLine(
    #[prop(into)] name: String,
    shown: String,
    #[prop(optional_no_strip)] seen: Option<(String, String)>,
    tools: Vec<(&'static str, Glyph, String)>,
) -> impl IntoView {
    let tool = |(word, glyph, href): (&str, Glyph, String)| {
        let label = [word, " ", &name, " ", &shown].concat();
        view! {
            <a class="tool" href=href aria-label=label.clone() title=label>
                <Icon glyph />
            </a>
        }
    };
    let tools = tools.into_iter().map(tool).collect_view();
    let seen = seen.map(|(count, words)| view! { <span class="seen" title=words>{count}</span> });
    view! {
        <Definition term=name>
            <span class="value-line">
                <span class="value">{shown}</span>
                {seen}
                <span class="tools">{tools}</span>
            </span>
        </Definition>
    }
    .into_any()
}

/// What happened on the same system right before and after, and links to more of it.
#[component]
fn Surrounding(event: EventShown, query: EventQuery, slug: String) -> impl IntoView {
    let line = |row: EventRow| {
        let href = query.open(&row.id).href(&slug);
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
    let wider = |around: Around| {
        let href = EventQuery { event: event.id.clone(), ..query.range(&around.from, &around.to) };
        let href = EventQuery { q: around.q, ..href }.href(&slug);
        view! {
            <a class="link" href=href>
                {around.words}
            </a>
        }
    };
    view! {
        <ol class="surrounding small mono">{event.surrounding.into_iter().map(line).collect_view()}</ol>
        <p class="links small">{event.around.into_iter().map(wider).collect_view()}</p>
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
#[component]
fn Payload(event: EventShown, query: EventQuery, slug: String) -> impl IntoView {
    let json = serde_json::to_string_pretty(&event.raw_payload).unwrap_or_default();
    let actions = move |(path, value): (String, Value)| {
        // A quoted text is found as text only, a bare number as a number too.
        let value = value.to_string();
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
            {facet}
        }
        .into_any()
    };
    view! {
        <Section title="Raw payload" actions=move || view! { <CopyButton text=json.clone() label="Copy JSON" wordy=true /> }>
            <JsonTree value=event.raw_payload name="payload" actions=Callback::new(actions) />
        </Section>
    }
    .into_any()
}
