//! Key figures and the table of groups. Server only.

use domain::overview::Overview;
use leptos::prelude::*;
use ui::{DataTable, Kpi, Tone};

use crate::drift::analytics::duration;
use crate::events::EventQuery;
use crate::events::parts::{compact, number};
use crate::groups::GroupQuery;
use crate::groups::parts::{GroupLine, columns};
use crate::groups::shown::GroupRow;
use crate::printed::Printed;
use crate::routes::{self, Link};

/// What the Overview tells of drift. Times are in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DriftTiles {
    /// Nobody resolved them; `severe` of them are high or critical.
    pub open: i64,
    pub severe: i64,
    /// Mean time to resolve, of 30 days and of those before.
    pub mean: Option<i64>,
    pub mean_before: Option<i64>,
}

/// Nothing where no drift ever was.
fn drift_tiles(drift: &DriftTiles, slug: &str) -> Option<AnyView> {
    if drift.open == 0 && drift.mean.is_none() {
        return None;
    }
    let open = Link::new(routes::drift(slug)).with("show", "all").with("q", "-status:resolved").done();
    let severe = (drift.severe > 0).then(|| format!("{} high or critical", number(drift.severe)));
    let (delta, tone) = change(drift.mean.unwrap_or(0), drift.mean_before.unwrap_or(0), Tone::High);
    let delta = delta.filter(|_| drift.mean.is_some());
    let mean = drift.mean.map_or_else(|| "–".to_owned(), duration);
    let analytics = routes::drift_part(slug, "analytics");
    Some(
        view! {
            <Kpi label="Open drifts" value=number(drift.open) delta=severe tone=Tone::High href=open />
            <Kpi label="Time to resolve drift" value=mean delta=delta tone=tone note="mean of 30 days" href=analytics />
        }
        .into_any(),
    )
}

/// The key figures, each a link to what it counts.
pub fn figures(shown: &Overview, from: &str, to: &str, slug: &str, drift: Option<&DriftTiles>) -> Printed {
    let period = EventQuery::default().range(from, to);
    let severe = period.asking("severity>=high".to_owned());
    let groups = GroupQuery { from: from.to_owned(), status: "all".to_owned(), ..GroupQuery::default() };
    let (events, events_tone) = change(shown.events, shown.events_before, Tone::Neutral);
    let (hot, hot_tone) = change(shown.severe, shown.severe_before, Tone::High);
    let new = (shown.groups_new > 0).then(|| format!("{} new", number(shown.groups_new)));
    let quiet = (shown.sources_quiet > 0).then(|| format!("{} quiet", number(shown.sources_quiet)));
    let (period, severe) = (period.href(slug), severe.href(slug));
    let (groups, sources) = (groups.sorted("first_seen").href(slug), routes::sources(slug));
    let [all, before, hot_now, hot_before] = [
        number(shown.events),
        compact(shown.events_before),
        number(shown.severe),
        compact(shown.severe_before),
    ];
    let (active, sending) = (number(shown.groups_active), number(shown.sources_active));
    let of = number(shown.sources_active + shown.sources_quiet);
    let drift = drift.and_then(|drift| drift_tiles(drift, slug));
    Printed::of(view! {
        <div class="kpis" role="group" aria-label="Key figures">
            <Kpi
                label="Events"
                value=all
                delta=events
                tone=events_tone
                note=format!("{before} before")
                href=period
            />
            <Kpi
                label="High and critical"
                value=hot_now
                delta=hot
                tone=hot_tone
                note=format!("{hot_before} before")
                href=severe
            />
            <Kpi
                label="Active groups"
                value=active
                delta=new
                tone=Tone::Accent
                note="in this period"
                href=groups
            />
            <Kpi
                label="Active sources"
                value=sending
                delta=quiet
                tone=Tone::Medium
                note=format!("of {of}")
                href=sources
            />
            {drift}
        </div>
    })
}

/// The groups with most events, each with where it stands.
pub fn top(groups: &[GroupRow], from: &str, to: &str, slug: &str) -> Printed {
    if groups.is_empty() {
        return Printed::of(view! { <p class="muted">"No group had an event in this period."</p> });
    }
    let line = |group: &GroupRow| {
        view! { <GroupLine group=group.clone() slug=slug.to_owned() from=from.to_owned() to=to.to_owned() /> }
    };
    let lines = groups.iter().map(line).collect_view();
    Printed::of(view! {
        <div class="table-scroll">
            <DataTable caption="Groups with most events" columns=columns()>
                {lines}
            </DataTable>
        </div>
    })
}

/// "+18 %" and its colour: `worse` when it grew. Nothing without a period before.
pub fn change(now: i64, before: i64, worse: Tone) -> (Option<String>, Tone) {
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
