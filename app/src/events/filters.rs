//! What narrows the event list: query, time range, facets, and the filters that are on.

use domain::query::{EVENTS, Problem};
use leptos::prelude::*;
use leptos_router::components::Form;
use ui::{Button, Chip, DateTimeInput, Facet, FacetItem, Field as FormField, Glyph, Icon, Kbd, Variant};

use super::parts::{RangeChoice, RangeMenu, compact, hidden, mark};
use super::query::{EventQuery, Field, RANGES};
use super::state::Events;
use crate::routes;

/// The query bar, a GET form: what else is on travels in hidden inputs. A query that cannot be read stays as it was typed.
#[component]
pub fn QueryBar(events: Events) -> impl IntoView {
    let q = move || events.query.read().q.clone();
    let wrong = move || events.problem.read().is_some();
    view! {
        <Form method="GET" action=move || routes::events(&events.slug.read()) attr:class="query" attr:role="search" attr:aria-label="This list">
            <Icon glyph=Glyph::Search />
            <Hidden events without=&["q"] />
            <input
                type="search"
                name="q"
                aria-label="Query"
                aria-invalid=move || wrong().then_some("true")
                aria-describedby=move || wrong().then_some("query-problem")
                placeholder="Words, or fields: severity>=high component:auth \"failed password\""
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                data-search=""
                value=q
                prop:value=q
            />
            <Kbd keys="/" />
            <button type="button" class="query-help-button" popovertarget="query-help" aria-label="Query syntax" title="Query syntax">
                "?"
            </button>
            <Button variant=Variant::Primary submit=true>
                "Search"
            </Button>
        </Form>
        {move || events.problem.get().map(|problem| view! { <Wrong events problem /> })}
        <Syntax />
    }
    .into_any()
}

/// What is wrong with the query, where, and what it could say instead.
#[component]
fn Wrong(events: Events, problem: Problem) -> impl IntoView {
    let q = events.query.with_untracked(|query| query.q.clone());
    let part = |range: std::ops::Range<usize>| q.get(range).unwrap_or_default().to_owned();
    let (before, at, after) =
        (part(0..problem.at.start), part(problem.at.clone()), part(problem.at.end..q.len()));
    let instead = problem.suggestion.map(|suggestion| {
        let href = events.href(|query| query.asking([before.as_str(), &suggestion, &after].concat()));
        view! {
            " "
            <a class="link" href=href>
                {format!("Use {suggestion}")}
            </a>
        }
    });
    view! {
        <div class="query-error" id="query-problem" role="alert">
            <pre>{before}<u>{if at.is_empty() { " ".to_owned() } else { at }}</u>{after}</pre>
            {problem.message}
            {instead}
        </div>
    }
    .into_any()
}

/// What can be asked, by example.
#[component]
fn Syntax() -> impl IntoView {
    const EXAMPLES: [(&str, &str); 12] = [
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
    ];
    let fields = EVENTS.fields.iter().map(|field| field.name).collect::<Vec<_>>().join(", ");
    view! {
        <div class="query-help" id="query-help" popover="auto">
            <h2>"Query syntax"</h2>
            <dl>
                {EXAMPLES
                    .map(|(example, meaning)| {
                        view! {
                            <dt>
                                <code>{example}</code>
                            </dt>
                            <dd>{meaning}</dd>
                        }
                    })}
            </dl>
            <p>{format!("Fields: {fields}, payload.…")}</p>
        </div>
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
            <Form method="GET" action=move || routes::events(&events.slug.read())>
                <Hidden events without=&["from", "to"] />
                <FormField id="range-from" label="From" required=true>
                    <DateTimeInput name="from" value=Signal::derive(move || events.histogram().from_input) />
                </FormField>
                <FormField id="range-to" label="To" required=true>
                    <DateTimeInput name="to" value=Signal::derive(move || events.histogram().to_input) />
                </FormField>
                <Button submit=true wide=true>
                    "Show this range"
                </Button>
            </Form>
        </RangeMenu>
    }
    .into_any()
}

/// Every field with its values and counts, each a link that takes the value in or out.
#[component]
pub fn Facets(events: Events) -> impl IntoView {
    let facet = move |field: Field| {
        let items = Memo::new(move |_| items(events, field));
        let closed = matches!(field, Field::EventType | Field::Environment | Field::Source);
        view! {
            <div hidden=move || items.read().is_empty()>
                <Facet title=field.label() items closed />
            </div>
        }
    };
    view! { <Transition fallback=|| view! { <ui::Skeleton count=12 /> }>{Field::ALL.map(facet)}</Transition> }
        .into_any()
}

/// What is on, each with a link that takes it off.
#[component]
pub fn FiltersOn(events: Events) -> impl IntoView {
    let chips = move || {
        on(events)
            .into_iter()
            .map(|(words, href)| {
                let label = format!("Remove {words}");
                view! {
                    <li>
                        <Chip remove_href=href remove_label=label>
                            {words}
                        </Chip>
                    </li>
                }
            })
            .collect_view()
    };
    let any = Memo::new(move |_| events.query.read().filters() > 0);
    view! {
        <Transition>
            <Show when=move || any.get()>
                <div class="filters-on">
                    <ul aria-label="Filters that are on">{move || chips()}</ul>
                    <Button variant=Variant::Ghost href=Signal::derive(move || events.href(EventQuery::cleared))>
                        "Clear filters"
                    </Button>
                </div>
            </Show>
        </Transition>
    }
    .into_any()
}

/// The rest of the query, for a GET form.
#[component]
fn Hidden(events: Events, without: &'static [&'static str]) -> impl IntoView {
    view! { {move || hidden(events.query.with(|query| query.pairs(without)))} }
}

fn items(events: Events, field: Field) -> Vec<FacetItem> {
    let values = events.facet(field);
    let most = values.iter().map(|value| value.n).max().unwrap_or(0).max(1);
    values
        .into_iter()
        .map(|value| FacetItem {
            count: compact(value.n),
            share: (value.n * 100 / most) as u8,
            href: events.href(|query| query.toggle(field, &value.value)),
            on: events.query.read().includes(field, &value.value),
            mark: (field == Field::Severity).then(|| value.value.parse().ok()).flatten().map(|severity| {
                let (level, shape, _) = mark(severity);
                (level, shape)
            }),
            label: value.label,
            ..FacetItem::default()
        })
        .collect()
}

/// Words and the link without it.
fn on(events: Events) -> Vec<(String, String)> {
    let mut on = Vec::new();
    for field in Field::ALL {
        let known = events.facet(field);
        for value in events.query.read().values(field) {
            let label = known
                .iter()
                .find(|known| known.value == *value)
                .map_or(value.as_str(), |known| known.label.as_str());
            on.push((format!("{}: {label}", field.label()), events.href(|query| query.toggle(field, value))));
        }
    }
    let query = events.query.read();
    let mut single = |words: String, value: &str, without: fn(&EventQuery) -> EventQuery| {
        if !value.is_empty() {
            on.push((
                words,
                events.href(|query| EventQuery { cursor: String::new(), back: Vec::new(), ..without(query) }),
            ));
        }
    };
    single(format!("Query: {}", query.q), &query.q, |query| EventQuery { q: String::new(), ..query.clone() });
    single(format!("Group: {}", short(&query.group)), &query.group, |query| EventQuery {
        group: String::new(),
        ..query.clone()
    });
    single(format!("Fingerprint: {}", short(&query.fingerprint)), &query.fingerprint, |query| EventQuery {
        fingerprint: String::new(),
        ..query.clone()
    });
    on
}

/// Enough of an id to tell it from others.
fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}
