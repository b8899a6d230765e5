//! From the domain to what is shown. Server only.

use domain::drift::metrics::Period;
use domain::filter::EventFilter;
use domain::permission::{DriftRead, EventRead, Key};
use service::Cx;
use service::drifts::metrics;

use ui::Glyph;

use super::sections;
use super::shown::OverviewShown;
use crate::Answer;
use crate::events::chart::Size;
use crate::events::{first_event, on_server, over_time};
use crate::groups::bars::group_bars;
use crate::groups::read::row;
use crate::groups::shown::GroupRow;
use crate::server::Scope;

pub async fn get(scope: &Scope, range: &str) -> Answer<OverviewShown> {
    let cx = scope.admit::<EventRead>()?;
    let now = scope.services.clock.now();
    let (from, _) = on_server::range(range, "", now, |_| None)?;
    let overview = service::overview::get(&cx, from.unwrap_or(now.plus_seconds(-86_400)), now).await?;
    let any = overview.events > 0 || service::events::count(&cx, &EventFilter::default()).await?.n > 0;
    let text = "Send a first event with an API key, or upload a file: figures, trends and groups appear by themselves.";
    let nothing = (!any).then(|| first_event(scope, "Nothing has come in yet", text, Glyph::Overview));
    let filter = EventFilter { from: Some(overview.from), to: Some(overview.to), ..EventFilter::default() };
    let histogram = over_time::histogram(&overview.buckets, &[], &filter, now, scope.zone, Size::Medium);
    let slug = scope.organization.slug.as_str();
    // Asked before it is proven: a proof that is refused makes the whole answer a 403.
    let drift =
        if scope.may(Key::DriftRead) { Some(drift(&scope.admit::<DriftRead>()?).await?) } else { None };
    let figures = sections::figures(&overview, &histogram.from, &histogram.to, slug, drift.as_ref());
    let top_groups: Vec<GroupRow> =
        overview.top_groups.into_iter().map(|group| row(group, scope.zone)).collect();
    Ok(OverviewShown {
        figures,
        top: sections::top(&top_groups, &histogram.from, &histogram.to, slug),
        from: histogram.from,
        to: histogram.to,
        step: histogram.step,
        slices: histogram.slices,
        over_time: histogram.chart,
        recurring: group_bars(&top_groups),
        top_groups,
        nothing,
    })
}

/// What is open, and how long it took to resolve what was resolved in the last 30 days and in those before.
async fn drift(cx: &Cx<DriftRead>) -> Answer<sections::DriftTiles> {
    let (open, severe) = metrics::open(cx).await?;
    let told = metrics::analytics(cx, &Period { days: 30, ..Period::default() }).await?;
    Ok(sections::DriftTiles {
        open,
        severe,
        mean: told.now.times.mean(),
        mean_before: told.before.times.mean(),
    })
}
