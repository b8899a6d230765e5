//! The list of sources; the URL says which one is in the panel.

use domain::permission::Key;
use domain::query::edit::condition;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use ui::{
    Badge, Button, Column, DataTable, Empty, Glyph, PageHead, Row, Shaped, Skeleton, SplitList, Tone, Variant,
};

use super::api::ListSources;
use super::form::{EditPanel, NewPanel, Writes};
use super::shown::{SourceShown, words};
use crate::events::EventQuery;
use crate::events::parts::{counted, number};
use crate::fetch::{Fetched, Load, fetch_after};
use crate::form::tell_done;
use crate::routes::{self, Link, SettingsPage};
use crate::session::{Permitted, use_slug};
use crate::when::{Ago, AgoOr};

/// Stands for a source that is not there yet.
const NEW: &str = "new";

/// `/o/{organization}/sources?source={id or "new"}`
#[component]
pub fn SourcesPage() -> impl IntoView {
    let slug = use_slug();
    let map = use_query_map();
    let chosen = Memo::new(move |_| map.with(|map| map.get_str("source").unwrap_or_default().to_owned()));
    let writes = Writes::new();
    let sources = fetch_after(move || writes.version(), move || ListSources { organization: slug.get() });
    tell_done(writes.save, "Source saved");
    tell_done(writes.delete, "Source deleted");
    let actions = move || {
        view! {
            <Permitted key=Key::SourceWrite>
                <Button variant=Variant::Primary icon=Glyph::Plus key="n" href=Signal::derive(move || open(&slug.read(), NEW))>
                    "New source"
                </Button>
            </Permitted>
        }
    };
    view! {
        <Title text="Sources" />
        <PageHead title="Sources" note="Where events come from" actions=actions />
        <SplitList
            panel=move || view! { <Chosen writes slug chosen sources /> }
            panel_open=Memo::new(move |_| !chosen.read().is_empty())
        >
            <Load resource=sources skeleton=|| view! { <Skeleton shaped=Shaped::Rows count=8 /> } let:sources>
                <Loaded sources slug=slug.get_untracked() chosen />
            </Load>
        </SplitList>
    }
    .into_any()
}

fn open(slug: &str, source: &str) -> String {
    Link::new(routes::sources(slug)).with("source", source).done()
}

#[component]
fn Chosen(
    writes: Writes,
    slug: Memo<String>,
    chosen: Memo<String>,
    sources: Fetched<Vec<SourceShown>>,
) -> impl IntoView {
    view! {
        <Transition>
            {move || {
                let (slug, chosen) = (slug.get(), chosen.get());
                Suspend::new(async move {
                    if chosen == NEW {
                        return view! { <NewPanel writes slug /> }.into_any();
                    }
                    match sources.answer().await.unwrap_or_default().into_iter().find(|source| source.id == chosen) {
                        Some(source) => view! { <EditPanel writes slug source /> }.into_any(),
                        None => view! {
                            <ui::Panel label="Source" close_href=routes::sources(&slug)>
                                <Empty title="No such source" text="It may have been deleted." icon=Glyph::Sources />
                            </ui::Panel>
                        }
                        .into_any(),
                    }
                })
            }}
        </Transition>
    }
    .into_any()
}

#[component]
fn Loaded(sources: Vec<SourceShown>, slug: String, chosen: Memo<String>) -> impl IntoView {
    if sources.is_empty() {
        let keys = SettingsPage::ApiKeys.href(&slug);
        let text = "A source appears by itself with its first event: name it in the field source, or upload a file. Or add it here beforehand.";
        return view! {
            <Empty title="No sources yet" text=text icon=Glyph::Sources>
                <Permitted key=Key::SourceWrite>
                    <Button variant=Variant::Primary href=open(&slug, NEW) icon=Glyph::Plus>
                        "New source"
                    </Button>
                </Permitted>
                <Button href=keys icon=Glyph::Key>
                    "API keys"
                </Button>
            </Empty>
        }
        .into_any();
    }
    let columns = vec![
        Column::new("Name"),
        Column::new("Type").class("optional"),
        Column::new("Protocol").class("optional roomy"),
        Column::new("Address").class("optional roomy"),
        Column::new("Status").class("shrink"),
        Column::new("Last activity").class("time optional"),
        Column::new("Events").class("num"),
    ];
    view! {
        <div class="events-list">
            <DataTable caption="Sources" columns=columns>
                {sources.into_iter().map(|source| view! { <Line source slug=slug.clone() chosen /> }).collect_view()}
            </DataTable>
        </div>
    }
    .into_any()
}

#[component]
fn Line(source: SourceShown, slug: String, chosen: Memo<String>) -> impl IntoView {
    let href = open(&slug, &source.id);
    let events = EventQuery::all_time(condition("source", &source.form.name)).href(&slug);
    let tone = match source.form.status.as_str() {
        "active" => Tone::Ok,
        "error" => Tone::High,
        _ => Tone::Neutral,
    };
    let inactive = source.form.status == "inactive";
    let address = source.form.address();
    let under = format!("{} · ", words(&source.form.source_type));
    let id = source.id.clone();
    let count = counted(source.event_count, "event", "events");
    view! {
        <Row href=href.clone() done=inactive selected=Signal::derive(move || *chosen.read() == id)>
            <td class="name">
                <a href=href data-row-link="" data-noscroll="">
                    {source.form.name}
                </a>
                <span class="under">
                    {under}
                    {match source.last_activity.clone() {
                        Some(when) => view! { <Ago when /> }.into_any(),
                        None => "no activity yet".into_any(),
                    }}
                </span>
            </td>
            <td class="optional">{words(&source.form.source_type)}</td>
            <td class="optional roomy">{source.form.protocol}</td>
            <td class="optional roomy mono">{address}</td>
            <td class="shrink">
                <Badge tone>{words(&source.form.status)}</Badge>
            </td>
            <td class="time optional">
                <AgoOr when=source.last_activity words="never" />
            </td>
            <td class="num">
                <a class="link" href=events aria-label=count>
                    {number(source.event_count)}
                </a>
            </td>
        </Row>
    }
    .into_any()
}
