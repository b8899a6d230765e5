//! One event: beside the list, and as a page of its own.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use ui::{Button, Failure, Glyph, PageHead, Panel, Skeleton, Timestamp};

use super::api::GetEvent;
use super::parts::Severe;
use super::query::EventQuery;
use super::shown::EventShown;
use super::state::Events;
use crate::Answer;
use crate::fetch::{Load, fetch};
use crate::printed::Print;
use crate::routes;
use crate::session::use_slug;

/// The event of the URL beside the list; previous and next are the rows around it. Drawn anew for every event, from plain
/// values and signals of the page: a signal that outlives the panel it was made in would be read too late.
#[component]
pub fn EventPanel(events: Events) -> impl IntoView {
    view! {
        <Transition fallback=|| view! { <aside class="panel" aria-label="Event"><Skeleton /></aside> }>
            {move || {
                let (slug, query) = (events.slug.get(), events.query.get());
                Suspend::new(async move {
                    // Previous and next are of the list.
                    let _ = events.list.answer().await;
                    panel(events, events.open.answer().await, query, slug)
                })
            }}
        </Transition>
    }
    .into_any()
}

fn panel(events: Events, event: Answer<Option<EventShown>>, query: EventQuery, slug: String) -> AnyView {
    let (previous, next) = (events.previous, events.next);
    let close = query.closed().href(&slug);
    match event {
        // On its way out.
        Ok(None) => ().into_any(),
        Ok(Some(event)) => {
            let expand = routes::event(&slug, &event.id);
            let (severity, when) = (event.severity, event.at);
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
                    <Print html=event.body />
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
        whole: true,
        cell: String::new(),
    });
    view! {
        <Title text="Event" />
        <Load resource=event page=true let:event>
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
    view! {
        <PageHead title="Event" note=event.at.text actions=actions />
        <div class="columns event-page">
            <Print html=event.body />
        </div>
    }
    .into_any()
}
