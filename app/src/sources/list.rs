//! The list of sources, by name; the URL says what their names contain, where the page begins and which one is in the panel.

use domain::permission::Key;
use domain::query::edit::condition;
use leptos::prelude::*;
use ui::{
    Badge, Button, Column, DataTable, Empty, Glyph, PageHead, Pager, Panel, Row, SplitList, TextInput, Tone,
    Variant,
};

use super::form::{edit_panel, new_panel};
use super::read::SourceShown;
use super::shown::words;
use crate::error::Answer;
use crate::events::EventQuery;
use crate::events::parts::{counted, number};
use crate::live;
use crate::page::Page;
use crate::page::print::Asked;
use crate::routes::{self, Link, SettingsPage};
use crate::when::{Ago, AgoOr};

/// Stands for a source that is not there yet.
const NEW: &str = "new";

/// Sources of a page.
const LIMIT: u32 = 100;

/// Where in the list one is.
#[derive(Clone, Copy)]
struct At<'a> {
    slug: &'a str,
    /// Part of the name.
    q: &'a str,
    cursor: &'a str,
}

impl At<'_> {
    fn link(self) -> Link {
        let link = Link::new(routes::sources(self.slug));
        let link = if self.q.is_empty() { link } else { link.with("q", self.q) };
        if self.cursor.is_empty() { link } else { link.with("cursor", self.cursor) }
    }
    fn begin(self) -> Self {
        Self { cursor: "", ..self }
    }
}

/// `/o/{organization}/sources?q=&cursor=&source={id or "new"}`
pub async fn page(asked: Asked) -> Answer<Page> {
    let scope = asked.scope().await?;
    let since = live::since(&scope).await?;
    let cx = scope.admit()?;
    let slug = scope.organization.slug.clone();
    let at = At { slug: &slug, q: asked.get("q"), cursor: asked.get("cursor") };
    let cursor = Some(at.cursor).filter(|cursor| !cursor.is_empty());
    let found = service::sources::list(&cx, at.q, LIMIT, cursor).await?;
    let chosen = asked.get("source");
    let shown = match chosen.parse() {
        Ok(id) => service::sources::by_ids(&cx, &[id]).await?.pop(),
        Err(_) => None,
    };
    let shown = shown.map(|source| super::read::source(source, scope.zone));
    let next = found.next_cursor.as_deref().map(|cursor| At { cursor, ..at }.link().done());
    let first = cursor.is_some().then(|| at.begin().link().done());
    let pager = (next.is_some() || first.is_some())
        .then(|| view! { <Pager label="Pages of sources" previous=first next=next /> });
    let sources: Vec<SourceShown> =
        found.items.into_iter().map(|source| super::read::source(source, scope.zone)).collect();
    let may_change = scope.may(Key::SourceWrite);
    let is_open = !chosen.is_empty();
    let (of, wanted, back) = (slug.clone(), chosen.to_owned(), at.link().done());
    let history = match &shown {
        Some(source) => crate::audit::history::history(&scope, "source", &source.id).await?,
        None => None,
    };
    let keys = match chosen.parse() {
        Ok(id) if shown.is_some() => super::keys::read(&scope, id).await?,
        _ => None,
    };
    let start = match &shown {
        Some(source) if may_change => Some(super::form::start(&scope.admit()?, source).await?),
        _ => None,
    };
    let once = std::sync::Mutex::new((start, history));
    let panel = move || match (&shown, wanted.as_str()) {
        (Some(source), _) => {
            let (start, history) = once.lock().map(|mut once| std::mem::take(&mut *once)).unwrap_or_default();
            edit_panel(source.clone(), start, &of, keys.as_ref(), history)
        }
        (None, NEW) if may_change => new_panel(&of),
        (None, _) => missing(back.clone()),
    };
    let list = list(sources, may_change, chosen, at);
    let (action, q) = (routes::sources(&slug), at.q.to_owned());
    let new = open(at.begin(), NEW);
    let actions = move || {
        may_change.then(|| {
            view! {
                <Button variant=Variant::Primary icon=Glyph::Plus key="n" href=new.clone()>
                    "New source"
                </Button>
            }
        })
    };
    let body = view! {
        <PageHead title="Sources" note="Where events come from" actions=actions />
        <SplitList panel=panel panel_open=is_open>
            <form method="get" action=action class="row-line search-line" role="search">
                <TextInput name="q" kind="search" label="Search sources" placeholder="part of the name" value=q search=true />
                <Button submit=true>"Search"</Button>
            </form>
            {list}
            {pager}
        </SplitList>
    };
    Ok(Page::of("Sources", body).follows(since, &["source"]))
}

fn open(at: At<'_>, source: &str) -> String {
    at.link().with("source", source).done()
}

fn missing(back: String) -> AnyView {
    view! {
        <Panel label="Source" close_href=back>
            <Empty title="No such source" text="It may have been deleted." icon=Glyph::Sources />
        </Panel>
    }
    .into_any()
}

fn list(sources: Vec<SourceShown>, may_change: bool, chosen: &str, at: At<'_>) -> AnyView {
    if sources.is_empty() && !(at.q.is_empty() && at.cursor.is_empty()) {
        let all = routes::sources(at.slug);
        return view! {
            <Empty title="No source is called like that" text="Fewer letters in the search may show it." icon=Glyph::Sources>
                <Button href=all>"All sources"</Button>
            </Empty>
        }
        .into_any();
    }
    if sources.is_empty() {
        let keys = SettingsPage::ApiKeys.href(at.slug);
        let new = may_change.then(|| {
            view! {
                <Button variant=Variant::Primary href=open(at, NEW) icon=Glyph::Plus>
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
    let rows = sources.into_iter().map(|source| line(source, chosen, at)).collect_view();
    view! {
        <div class="events-list">
            <DataTable caption="Sources" columns=columns>
                {rows}
            </DataTable>
        </div>
    }
    .into_any()
}

fn line(source: SourceShown, chosen: &str, at: At<'_>) -> AnyView {
    let href = open(at, &source.id);
    let events = EventQuery::all_time(condition("source", &source.form.name)).href(at.slug);
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
    let silent = source.silent.is_some().then(|| view! { " " <Badge tone=Tone::High>"silent"</Badge> });
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
                {silent}
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
