//! The Overview page.

use domain::Severity;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use ui::{Chart, DataTable, Kpi, PageHead, Section, Shaped, Skeleton, Tone};

use super::api::GetOverview;
use super::shown::OverviewShown;
use crate::events::parts::{RangeChoice, RangeMenu, compact, mark, number};
use crate::events::{DEFAULT_RANGE, EventQuery, chart};
use crate::fetch::{Load, fetch};
use crate::groups::GroupQuery;
use crate::groups::parts::{GroupLine, Recurring, columns};
use crate::groups::shown::GroupRow;
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
    let (groups, recurring) = (shown.top_groups.clone(), shown.recurring.clone());
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
        <Figures shown=shown.clone() slug=slug.clone() />
        <div class="two overview-charts">
            <OverTime shown slug=slug.clone() />
            <Section title="Top groups">
                {top}
            </Section>
        </div>
        <div class="overview-groups">
            <Section title="Recurring groups" actions=actions>
                <TopGroups groups period slug />
            </Section>
        </div>
    }
    .into_any()
}

/// The key figures, each a link to what it counts.
#[component]
fn Figures(shown: OverviewShown, slug: String) -> impl IntoView {
    let period = EventQuery::default().range(&shown.from, &shown.to);
    let severe = period.asking("severity>=high".to_owned());
    let groups = GroupQuery { from: shown.from.clone(), status: "all".to_owned(), ..GroupQuery::default() };
    let (events, events_tone) = change(shown.events, shown.events_before, Tone::Neutral);
    let (hot, hot_tone) = change(shown.severe, shown.severe_before, Tone::High);
    let new = (shown.groups_new > 0).then(|| format!("{} new", number(shown.groups_new)));
    let quiet = (shown.sources_quiet > 0).then(|| format!("{} quiet", number(shown.sources_quiet)));
    view! {
        <div class="kpis" role="group" aria-label="Key figures">
            <Kpi
                label="Events"
                value=number(shown.events)
                delta=events
                tone=events_tone
                note=format!("{} before", compact(shown.events_before))
                href=period.href(&slug)
            />
            <Kpi
                label="High and critical"
                value=number(shown.severe)
                delta=hot
                tone=hot_tone
                note=format!("{} before", compact(shown.severe_before))
                href=severe.href(&slug)
            />
            <Kpi
                label="Active groups"
                value=number(shown.groups_active)
                delta=new
                tone=Tone::Accent
                note="in this period"
                href=groups.sorted("first_seen").href(&slug)
            />
            <Kpi
                label="Active sources"
                value=number(shown.sources_active)
                delta=quiet
                tone=Tone::Medium
                note=format!("of {}", number(shown.sources_active + shown.sources_quiet))
                href=routes::sources(&slug)
            />
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

#[component]
fn TopGroups(groups: Vec<GroupRow>, period: (String, String), slug: String) -> impl IntoView {
    if groups.is_empty() {
        return view! { <p class="muted">"No group had an event in this period."</p> }.into_any();
    }
    let line = move |group| view! { <GroupLine group slug=slug.clone() from=period.0.clone() to=period.1.clone() /> };
    view! {
        <div class="table-scroll">
            <DataTable caption="Groups with most events" columns=columns()>
                {groups.into_iter().map(line).collect_view()}
            </DataTable>
        </div>
    }
    .into_any()
}

/// "+18 %" and its colour: `worse` when it grew. Nothing without a period before.
fn change(now: i64, before: i64, worse: Tone) -> (Option<String>, Tone) {
    if before == 0 {
        return (None, Tone::Neutral);
    }
    let percent = ((now - before) as f64 / before as f64 * 100.0).round() as i64;
    match percent {
        0 => (Some("±0 %".to_owned()), Tone::Neutral),
        1..1_000 => (Some(format!("+{percent} %")), worse),
        1_000.. => (Some(format!("×{}", number(now / before))), worse),
        _ => (Some(format!("{} %", number(percent))), if worse == Tone::Neutral { worse } else { Tone::Ok }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_severe_events_are_worse_and_fewer_are_better() {
        assert_eq!(change(118, 100, Tone::High), (Some("+18 %".to_owned()), Tone::High));
        assert_eq!(change(62, 100, Tone::High), (Some("−38 %".to_owned()), Tone::Ok));
        assert_eq!(change(62, 100, Tone::Neutral), (Some("−38 %".to_owned()), Tone::Neutral));
        assert_eq!(change(2_400, 100, Tone::High), (Some("×24".to_owned()), Tone::High));
        assert_eq!(change(5, 0, Tone::High), (None, Tone::Neutral));
    }
}
