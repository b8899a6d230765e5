//! One group: its template, its events over time, its latest events, its life.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use ui::{Button, Chart, Glyph, PageHead, Section};

use super::act::Writes;
use super::api::GetGroup;
use super::grouping::GroupingTab;
use super::history::Life;
use super::shown::GroupShown;
use crate::events::parts::counted;
use crate::events::{EventQuery, chart};
use crate::fetch::{Load, fetch_after};
use crate::printed::Print;
use crate::routes;
use crate::session::use_slug;

/// `/o/{organization}/groups/{id}`
#[component]
pub fn GroupPage() -> impl IntoView {
    let slug = use_slug();
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get_str("id").unwrap_or_default().to_owned()));
    let writes = Writes::of_page();
    let map = use_query_map();
    let grouping = Memo::new(move |_| map.with(|map| map.get_str("tab") == Some("grouping")));
    let side = move || {
        if grouping.get() {
            view! { <GroupingTab writes slug id /> }.into_any()
        } else {
            view! { <EventsTab writes slug id /> }.into_any()
        }
    };
    view! {
        <Title text="Group" />
        {side}
    }
    .into_any()
}

#[component]
fn EventsTab(writes: Writes, slug: Memo<String>, id: Memo<String>) -> impl IntoView {
    let map = use_query_map();
    let before = move || map.with(|map| map.get_str("before").unwrap_or_default().to_owned());
    let group = fetch_after(
        move || writes.version(),
        move || GetGroup { organization: slug.get(), id: id.get(), before: before() },
    );
    view! {
        <Load resource=group page=true let:shown>
            <Whole writes shown slug=slug.get_untracked() />
        </Load>
    }
    .into_any()
}

#[component]
fn Whole(writes: Writes, shown: GroupShown, slug: String) -> impl IntoView {
    let life = shown.life.then(|| view! { <Life writes shown=shown.clone() slug=slug.clone() /> });
    let GroupShown { group, histogram, head, template, below, about, .. } = shown;
    let of_group = EventQuery::all_time(["group:", &group.id].concat());
    let (back, all) = (routes::groups(&slug), of_group.href(&slug));
    let actions = move || {
        view! {
            <Button href=back.clone() icon=Glyph::ArrowLeft optional=true>
                "All groups"
            </Button>
            <Button href=all.clone() icon=Glyph::Events>
                "Its events"
            </Button>
        }
    };
    let slice = |slice: &crate::events::shown::Slice| of_group.range(&slice.from, &slice.to).href(&slug);
    let rows = chart::rows(&histogram.slices, slice);
    let label = format!("Events of the group per {} by severity", histogram.step);
    view! {
        <PageHead title="Group" note=counted(group.event_count, "event", "events") actions=actions />
        <Print html=head sends=vec![writes.act] />
        <div class="columns group-page">
            <div class="main-column">
                <Print html=template />
                <Section title="Over time">
                    <Chart
                        id="group-histogram"
                        label=label
                        options=histogram.chart
                        columns=chart::columns()
                        rows=rows
                    />
                </Section>
                <Print html=below sends=vec![writes.undo] />
            </div>
            <aside class="side" aria-label="About this group">
                {life}
                <Print html=about />
            </aside>
        </div>
    }
    .into_any()
}
