//! The list of sources; the URL says which one is in the panel.

use domain::permission::Key;
use domain::query::edit::condition;
use leptos::prelude::*;
use ui::{Badge, Button, Column, DataTable, Empty, Glyph, PageHead, Panel, Row, SplitList, Tone, Variant};

use super::form::{edit_panel, new_panel};
use super::read::SourceShown;
use super::shown::words;
use crate::error::Answer;
use crate::events::EventQuery;
use crate::events::parts::{counted, number};
use crate::page::Page;
use crate::page::print::Asked;
use crate::routes::{self, Link, SettingsPage};
use crate::when::{Ago, AgoOr};

/// Stands for a source that is not there yet.
const NEW: &str = "new";

/// `/o/{organization}/sources?source={id or "new"}`
pub async fn page(asked: Asked) -> Answer<Page> {
    let scope = asked.scope().await?;
    let found = service::sources::list(&scope.admit()?).await?;
    let sources: Vec<SourceShown> =
        found.into_iter().map(|source| super::read::source(source, scope.zone)).collect();
    let may_change = scope.may(Key::SourceWrite);
    let slug = scope.organization.slug.clone();
    let chosen = asked.get("source");
    let is_open = !chosen.is_empty();
    let (of, wanted) = (slug.clone(), chosen.to_owned());
    let shown = sources.iter().find(|source| source.id == chosen).cloned();
    let history = match &shown {
        Some(source) => crate::audit::history::history(&scope, "source", &source.id).await?,
        None => None,
    };
    let told = std::sync::Mutex::new(history);
    let panel = move || match (&shown, wanted.as_str()) {
        (Some(source), _) => {
            edit_panel(source.clone(), may_change, &of, told.lock().ok().and_then(|mut told| told.take()))
        }
        (None, NEW) if may_change => new_panel(&of),
        (None, _) => missing(&of),
    };
    let list = list(sources, may_change, chosen, &slug);
    let actions = move || {
        may_change.then(|| {
            view! {
                <Button variant=Variant::Primary icon=Glyph::Plus key="n" href=open(&slug, NEW)>
                    "New source"
                </Button>
            }
        })
    };
    let body = view! {
        <PageHead title="Sources" note="Where events come from" actions=actions />
        <SplitList panel=panel panel_open=is_open>
            {list}
        </SplitList>
    };
    Ok(Page::of("Sources", body))
}

fn open(slug: &str, source: &str) -> String {
    Link::new(routes::sources(slug)).with("source", source).done()
}

fn missing(slug: &str) -> AnyView {
    view! {
        <Panel label="Source" close_href=routes::sources(slug)>
            <Empty title="No such source" text="It may have been deleted." icon=Glyph::Sources />
        </Panel>
    }
    .into_any()
}

fn list(sources: Vec<SourceShown>, may_change: bool, chosen: &str, slug: &str) -> AnyView {
    if sources.is_empty() {
        let keys = SettingsPage::ApiKeys.href(slug);
        let new = may_change.then(|| {
            view! {
                <Button variant=Variant::Primary href=open(slug, NEW) icon=Glyph::Plus>
                    "New source"
                </Button>
            }
        });
        let text = "A source appears by itself with its first event: name it in the field source, or upload a file. Or add it here beforehand.";
        return view! {
            <Empty title="No sources yet" text=text icon=Glyph::Sources>
                {new}
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
    let rows = sources.into_iter().map(|source| line(source, chosen, slug)).collect_view();
    view! {
        <div class="events-list">
            <DataTable caption="Sources" columns=columns>
                {rows}
            </DataTable>
        </div>
    }
    .into_any()
}

fn line(source: SourceShown, chosen: &str, slug: &str) -> AnyView {
    let href = open(slug, &source.id);
    let events = EventQuery::all_time(condition("source", &source.form.name)).href(slug);
    let tone = match source.form.status.as_str() {
        "active" => Tone::Ok,
        "error" => Tone::High,
        _ => Tone::Neutral,
    };
    let inactive = source.form.status == "inactive";
    let address = source.form.address();
    let under = format!("{} · ", words(&source.form.source_type));
    let selected = source.id == chosen;
    let count = counted(source.event_count, "event", "events");
    view! {
        <Row href=href.clone() done=inactive selected=selected>
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
