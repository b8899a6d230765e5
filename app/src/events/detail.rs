//! One event: beside the list, and as a page of its own.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use ui::{
    Button, CopyButton, Definition, DefinitionList, Failure, Glyph, Icon, JsonTree, PageHead, Panel, Section,
    Skeleton, Timestamp,
};

use super::api::GetEvent;
use super::parts::{Message, Severe};
use super::query::{EventQuery, Field};
use super::shown::EventShown;
use super::state::Events;
use crate::Answer;
use crate::fetch::{Load, fetch};
use crate::routes;
use crate::session::use_slug;
use crate::when::At;

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
                        <Fields event=event.clone() query slug />
                    </section>
                    <section>
                        <Payload event />
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
    let event = fetch(move || GetEvent { organization: slug.get(), id: id() });
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
    let query = EventQuery { from: "all".to_owned(), ..EventQuery::default() };
    let severity = event.severity;
    view! {
        <PageHead title="Event" note=event.at.text.clone() actions=actions />
        <div class="columns event-page">
            <div class="main-column">
                <p class="row-line">
                    <Severe severity />
                </p>
                <Words event=event.clone() query=query.clone() slug=slug.clone() />
                <Payload event=event.clone() />
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

/// The message and where it leads: its group, what happened around it.
#[component]
fn Words(event: EventShown, query: EventQuery, slug: String) -> impl IntoView {
    let group = routes::group(&slug, &event.group_id);
    let alike = EventQuery {
        group: event.group_id.clone(),
        from: query.from.clone(),
        to: query.to.clone(),
        ..EventQuery::default()
    }
    .href(&slug);
    let around = event.system_id.clone().map(|system| {
        let (from, to) = event.around.clone();
        let href =
            EventQuery { from, to, system_id: vec![system.clone()], ..EventQuery::default() }.href(&slug);
        view! {
            <a class="link" href=href>
                {format!("Around it on {system}")}
            </a>
        }
    });
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
            {around}
        </p>
    }
    .into_any()
}

/// Every field of the event, each value with links that narrow the list to it.
#[component]
fn Fields(event: EventShown, query: EventQuery, slug: String) -> impl IntoView {
    let line = |field: Field, value: Option<String>, shown: Option<String>| {
        let value = value?;
        let include =
            (!query.includes(field, &value)).then(|| query.toggle(field, &value).closed().href(&slug));
        let only = query.only(field, &value).href(&slug);
        Some(view! { <FieldLine name=field.word() include only shown=shown.unwrap_or(value) /> }.into_any())
    };
    let severity_text = (!event.severity_text.eq_ignore_ascii_case(event.severity.as_str())
        && !event.severity_text.is_empty())
    .then(|| view! { <Definition term="severity_text">{event.severity_text}</Definition> });
    let (source, source_name) = event.source.map(|source| (source.id, source.name)).unzip();
    let alike = EventQuery {
        fingerprint: event.fingerprint.clone(),
        from: query.from.clone(),
        to: query.to.clone(),
        ..EventQuery::default()
    };
    let severity = line(Field::Severity, Some(event.severity.to_string()), None);
    let fields = [
        line(Field::Component, event.component, None),
        line(Field::Service, event.service, None),
        line(Field::Environment, event.environment, None),
        line(Field::SystemId, event.system_id, None),
        line(Field::EventType, event.event_type, None),
        line(Field::Source, source, source_name),
    ];
    let (group, page) = (routes::group(&slug, &event.group_id), routes::event(&slug, &event.id));
    let alike = alike.href(&slug);
    view! {
        <DefinitionList mono=true>
            <Definition term="occurred_at">
                <At when=event.at />
            </Definition>
            <Definition term="ingested_at">
                <At when=event.ingested />
            </Definition>
            {severity}
            {severity_text}
            {fields}
            <IdLine name="fingerprint" href=alike id=event.fingerprint />
            <IdLine name="group_id" href=group id=event.group_id />
            <IdLine name="id" href=page id=event.id />
        </DefinitionList>
    }
    .into_any()
}

/// A field's value with links that take it in, or leave nothing else.
#[component]
pub fn FieldLine(
    name: &'static str,
    shown: String,
    /// Absent when it is in already.
    include: Option<String>,
    only: String,
) -> impl IntoView {
    let include = include.map(|href| {
        let label = format!("Include {name} {shown}");
        view! {
            <a class="tool" href=href aria-label=label.clone() title=label>
                <Icon glyph=Glyph::Plus />
            </a>
        }
    });
    let label = format!("Only {name} {shown}");
    view! {
        <Definition term=name>
            <span class="value-line">
                <span class="value">{shown}</span>
                <span class="tools">
                    {include}
                    <a class="tool" href=only aria-label=label.clone() title=label>
                        <Icon glyph=Glyph::Filter />
                    </a>
                </span>
            </span>
        </Definition>
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

/// What the sender sent.
#[component]
fn Payload(event: EventShown) -> impl IntoView {
    let json = serde_json::to_string_pretty(&event.raw_payload).unwrap_or_default();
    view! {
        <Section title="Raw payload" actions=move || view! { <CopyButton text=json.clone() label="Copy JSON" wordy=true /> }>
            <JsonTree value=event.raw_payload name="payload" />
        </Section>
    }
    .into_any()
}
