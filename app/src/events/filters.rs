//! What narrows the event list: query, time range, facets.

use domain::query::EVENTS;
use leptos::ev;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast as _;
use leptos::web_sys::{Element, HtmlAnchorElement};
use ui::{Button, Combobox, DateTimeInput, Facet, FacetItem, Field, Glyph, Icon, Kbd, Offer, Variant};

use super::api::CompleteQuery;
use super::parts::{RangeChoice, RangeMenu, compact, hidden, mark};
use super::query::{EventQuery, FIELDS, RANGES, problem};
use super::shown::{ChoiceShown, Completed, Edit, FacetShown};
use super::state::Events;
use crate::ask::AskForm;
use crate::fetch::fetch_if;
use crate::query_bar::{self, Help, Syntax};
use crate::routes;

pub static SYNTAX: Syntax = Syntax {
    schema: &EVENTS,
    examples: &[
        ("failed password", "both words in the message, in any case"),
        ("\"failed password\"", "the words in this order"),
        ("fail*", "words that begin so"),
        ("severity>=high", "high and critical"),
        ("component:auth service:[a, b]", "a field's value; one of several"),
        ("system_id:web-*", "values that begin so; * is any run, ? one character"),
        ("-service:billing", "not this; NOT does the same"),
        ("(a OR b) c", "either of two; blanks and AND mean both"),
        ("component:*", "has a component; -component:* has none"),
        ("payload.user.name:root", "anything that was sent, by its path"),
        ("payload.port:1024..2048", "a range, both ends included"),
        ("occurred_at>=-15m", "the last 15 minutes; also today, yesterday, 2026-11-23"),
    ],
};

/// The query bar, a GET form: what else is on travels in hidden inputs. A query that cannot be read stays as it was typed.
#[component]
pub fn QueryBar(events: Events) -> impl IntoView {
    let q = move || events.query.read().q.clone();
    let wrong = move || {
        let problem = events.problem.get()?;
        let href = |q: String| events.href(|query| query.asking(q.clone()));
        Some(query_bar::wrong(&q(), &problem, &href))
    };
    let asked = RwSignal::new(None::<(String, u32)>);
    let found = fetch_if(move || {
        let (q, at) = asked.get().filter(|(q, _)| !q.is_empty())?;
        let query = events.query.read();
        let (from, to) = (query.from.clone(), query.to.clone());
        Some(CompleteQuery { organization: events.slug.get(), q, at, from, to })
    });
    let choices = move || {
        let found = found.get().and_then(Result::ok);
        // An answer to what was typed before may still be here.
        let asked = asked.read();
        let fits =
            |found: &&Completed| asked.as_ref().is_some_and(|(q, at)| *q == found.q && *at == found.at);
        let found = found.as_deref().and_then(Option::as_ref).filter(fits);
        let choice = |choice: &ChoiceShown| Offer {
            text: choice.text.clone(),
            note: choice.note.clone(),
            value: choice.q.clone(),
            cursor: choice.at,
            open: choice.open,
        };
        found.map(|found| found.choices.iter().map(choice).collect()).unwrap_or_default()
    };
    view! {
        <AskForm page=Signal::derive(move || routes::events(&events.slug.read())) class="query" role="search" label="This list">
            <Icon glyph=Glyph::Search />
            <Hidden events without=&["q"] />
            <Transition>
                <Combobox
                    id="query"
                    name="q"
                    label="Query"
                    placeholder="Words, or fields: severity>=high component:auth \"failed password\""
                    value=Signal::derive(q)
                    problem=MaybeProp::derive(move || events.problem.read().as_ref().map(|_| query_bar::WRONG.to_owned()))
                    choices=Signal::derive(choices)
                    on_change=Callback::new(move |typed| asked.set(Some(typed)))
                    recent="event-queries"
                    is_worth=|q| problem(q).is_none()
                />
            </Transition>
            <Kbd keys="/" />
            <Help syntax=&SYNTAX />
            {move || {
                (!q().is_empty())
                    .then(|| {
                        view! {
                            <Button variant=Variant::Ghost href=Signal::derive(move || events.href(EventQuery::cleared))>
                                "Clear"
                            </Button>
                        }
                    })
            }}
            <Button variant=Variant::Primary submit=true>
                "Search"
            </Button>
        </AskForm>
        {move || wrong()}
    }
    .into_any()
}

/// The time range: ranges that end now, or one of one's own.
#[component]
pub fn TimeRange(events: Events) -> impl IntoView {
    let choices = move || {
        let current = events.query.with(|query| query.preset().map(str::to_owned));
        RANGES
            .into_iter()
            .map(|(word, label, _)| RangeChoice {
                label,
                href: events.href(|query| query.range(word, "")),
                current: current.as_deref() == Some(word),
            })
            .collect::<Vec<_>>()
    };
    view! {
        <RangeMenu label=Signal::derive(move || events.query.read().range_label().to_owned()) choices=Signal::derive(choices)>
            <AskForm page=Signal::derive(move || routes::events(&events.slug.read()))>
                <Hidden events without=&["from", "to"] />
                <Field id="range-from" label="From" required=true>
                    <DateTimeInput name="from" value=Signal::derive(move || events.histogram().from_input) />
                </Field>
                <Field id="range-to" label="To" required=true>
                    <DateTimeInput name="to" value=Signal::derive(move || events.histogram().to_input) />
                </Field>
                <Button submit=true wide=true>
                    "Show this range"
                </Button>
            </AskForm>
        </RangeMenu>
    }
    .into_any()
}

/// Every field with its values and counts, each a link that changes the query; then those of parts of the payload.
#[component]
pub fn Facets(events: Events) -> impl IntoView {
    let note = move || events.summary.get()?.ok()?.facets_note.clone();
    let added = Memo::new(move |_| events.query.read().facet.clone());
    // Called inside of the `Transition`, where what is loaded may be read.
    let fields = move || {
        FIELDS.map(|(field, label)| {
            let closed = matches!(field, "event_type" | "environment" | "source");
            facet(events, field.to_owned(), label.to_owned(), closed, None)
        })
    };
    let parts = move || {
        let part = |path: String| {
            let off = events.href(|query| query.without_facet(&path));
            facet(events, path.clone(), path, false, Some(off))
        };
        added.get().into_iter().map(part).collect_view()
    };
    // The panel stays open, although the links of values do not know of it.
    let keep_panel = move |event: ev::MouseEvent| {
        let open = events.query.read_untracked().event.clone();
        let link = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok())
            .and_then(|target| target.closest("a").ok().flatten())
            .and_then(|link| link.dyn_into::<HtmlAnchorElement>().ok());
        if let Some(link) = link {
            // It may still say what was open when it was last pressed.
            let search = link.search();
            let mut parts: Vec<&str> = search.trim_start_matches('?').split('&').collect();
            parts.retain(|part| !part.starts_with("event="));
            let panel = ["event=", &open].concat();
            parts.extend((!open.is_empty()).then_some(panel.as_str()));
            link.set_search(&parts.join("&"));
        }
    };
    view! {
        <div on:click=keep_panel>
        <Transition fallback=|| view! { <ui::Skeleton count=12 /> }>
            <p class="facets-note" hidden=move || note().is_none()>
                {note}
            </p>
            {fields()}
            {move || parts()}
        </Transition>
        </div>
        <AskForm page=Signal::derive(move || routes::events(&events.slug.read())) class="add-facet" label="Add a facet" adds=true>
            <Hidden events without=&[] />
            <input type="text" name="facet" required=true placeholder="payload.user" aria-label="Part of the payload" autocapitalize="none" spellcheck="false" />
            <Button submit=true>"Add facet"</Button>
        </AskForm>
    }
    .into_any()
}

/// One facet; `off` is the link that takes it away.
fn facet(events: Events, field: String, title: String, closed: bool, off: Option<String>) -> AnyView {
    let name = StoredValue::new(field);
    let found = Memo::new(move |_| events.facet(&name.read_value()));
    let items =
        Memo::new(move |_| found.get().map(|(facet, q)| items(events, facet, &q)).unwrap_or_default());
    let more = Memo::new(move |_| events.query.read().more == *name.read_value());
    let more_link = move || {
        let longer = found.read().as_ref().is_some_and(|(facet, _)| facet.longer);
        let label = if more.get() { "Fewer values" } else { "More values" };
        (longer || more.get()).then(|| (events.href(|query| query.with_more(&name.read_value())), label))
    };
    let note = move || found.read().as_ref().and_then(|(facet, _)| facet.note.clone());
    let own = off.is_some();
    let off = off.map(|href| {
        let label = format!("Remove the facet {title}");
        view! {
            <a class="remove" href=href aria-label=label.clone() title=label>
                <Icon glyph=Glyph::Close />
            </a>
        }
    });
    let search = format!("Search {title}");
    let within = move || {
        let search = search.clone();
        more.get().then(|| {
            view! {
                <AskForm page=Signal::derive(move || routes::events(&events.slug.read()))>
                    <Hidden events without=&["within"] />
                    <input type="search" name="within" aria-label=search.clone() placeholder="Search" value=events.query.read_untracked().within.clone() />
                </AskForm>
            }
        })
    };
    view! {
        <div
            class="facet-place"
            aria-busy=move || found.read().as_ref().is_some_and(|(_, q)| *q != events.query.read().q).then_some("true")
            hidden=move || items.read().is_empty() && !more.get() && !own
        >
            <Facet title items closed more=MaybeProp::derive(more_link)>
                {within}
                <p class="facets-note" hidden=move || note().is_none()>
                    {note}
                </p>
            </Facet>
            {off}
        </div>
    }
    .into_any()
}

/// The rest of the query, for a GET form.
#[component]
pub fn Hidden(events: Events, without: &'static [&'static str]) -> impl IntoView {
    view! { {move || hidden(events.query.with(|query| query.pairs(without)))} }
}

fn items(events: Events, facet: FacetShown, q: &str) -> Vec<FacetItem> {
    let most = facet.values.iter().map(|value| value.n).max().unwrap_or(0).max(1);
    let href = |edit: &Edit| events.closed.with(|query| query.asking(edit.of(q)).href(&events.slug.read()));
    facet
        .values
        .into_iter()
        .map(|value| FacetItem {
            count: compact(value.n),
            share: (value.n * 100 / most) as u8,
            href: href(&value.include),
            exclude_href: Some(href(&value.exclude)),
            only_href: Some(href(&value.only)),
            on: value.included,
            excluded: value.excluded,
            extra: None,
            mark: value.severity.map(|severity| {
                let (level, shape, _) = mark(severity);
                (level, shape)
            }),
            label: value.label,
        })
        .collect()
}
