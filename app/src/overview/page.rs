//! The Overview page.

use domain::Severity;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use ui::{Chart, PageHead, Section, Shaped, Skeleton};

use super::api::GetOverview;
use super::shown::OverviewShown;
use crate::events::parts::{RangeChoice, RangeMenu, mark};
use crate::events::{DEFAULT_RANGE, EventQuery, chart};
use crate::fetch::{Load, fetch};
use crate::groups::GroupQuery;
use crate::groups::parts::Recurring;
use crate::printed::Print;
use crate::routes::{self, Link};
use crate::session::use_slug;

/// Word in the URL, words on the page, what it is compared with.
const RANGES: [(&str, &str, &str); 3] = [
    ("24h", "Last 24 hours", "whole hours with this one, compared with the 24 before"),
    ("7d", "Last 7 days", "whole hours with this one, compared with the 7 days before"),
    ("30d", "Last 30 days", "whole hours with this one, compared with the 30 days before"),
];

/// `/o/{organization}/overview?range=24h`
#[component]
pub fn OverviewPage() -> impl IntoView {
    let slug = use_slug();
    let map = use_query_map();
    let range = Memo::new(move |_| map.with(|map| known(map.get_str("range").unwrap_or_default()).0));
    let overview = fetch(move || GetOverview { organization: slug.get(), range: range.get().to_owned() });
    let choices = move || {
        RANGES
            .into_iter()
            .map(|(word, label, _)| RangeChoice {
                label,
                href: Link::new(routes::overview(&slug.read()))
                    .with("range", if word == DEFAULT_RANGE { "" } else { word })
                    .done(),
                current: range.get() == word,
            })
            .collect::<Vec<_>>()
    };
    let actions = move || view! { <RangeMenu label=Signal::derive(move || known(range.get()).1.to_owned()) choices=Signal::derive(choices) /> };
    let waiting = || {
        view! {
            <div class="page">
                <Skeleton shaped=Shaped::Block />
            </div>
        }
    };
    view! {
        <Title text="Overview" />
        <PageHead title="Overview" note=Signal::derive(move || Some(known(range.get()).2.to_owned())) actions=actions />
        <Load resource=overview skeleton=waiting let:shown>
            <Loaded shown slug=slug.get_untracked() />
        </Load>
    }
    .into_any()
}

fn known(range: &str) -> (&'static str, &'static str, &'static str) {
    RANGES.into_iter().find(|(word, ..)| *word == range).unwrap_or(RANGES[0])
}

#[component]
fn Loaded(shown: OverviewShown, slug: String) -> impl IntoView {
    if let Some(html) = shown.nothing {
        return view! { <Print html /> }.into_any();
    }
    let (groups, recurring, listed) = (shown.top_groups.clone(), shown.recurring.clone(), shown.top.clone());
    let period = (shown.from.clone(), shown.to.clone());
    let all = GroupQuery {
        from: shown.from.clone(),
        status: "all".to_owned(),
        sort: "count".to_owned(),
        ..GroupQuery::default()
    }
    .href(&slug);
    let actions = move || {
        view! {
            <a class="link" href=all.clone()>
                "All groups"
            </a>
        }
    };
    let top = view! {
        <Recurring id="overview-groups" groups=groups.clone() options=recurring period=period.clone() slug=slug.clone() />
    };
    view! {
        <Print html=shown.figures.clone() />
        <div class="two overview-charts">
            <OverTime shown slug=slug.clone() />
            <Section title="Top groups">
                {top}
            </Section>
        </div>
        <div class="overview-groups">
            <Section title="Recurring groups" actions=actions>
                <Print html=listed />
            </Section>
        </div>
    }
    .into_any()
}

#[component]
fn OverTime(shown: OverviewShown, slug: String) -> impl IntoView {
    let period = EventQuery::default();
    let rows = chart::rows_by_severity(&shown.slices, |slice, severity| {
        period.range(&slice.from, &slice.to).asking(format!("severity:{severity}")).href(&slug)
    });
    view! {
        <Section title="Events over time" actions=legend>
            <Chart
                id="overview-events"
                label=format!("Events per {} by severity", shown.step)
                options=shown.over_time
                columns=chart::columns()
                rows=rows
            />
        </Section>
    }
    .into_any()
}

fn legend() -> impl IntoView {
    let entry = |severity: Severity| {
        let (level, _, word) = mark(severity);
        view! {
            <span>
                <span class=format!("dot {level}") aria-hidden="true"></span>
                {word}
            </span>
        }
    };
    view! { <div class="legend">{Severity::ALL.into_iter().rev().map(entry).collect_view()}</div> }
}
