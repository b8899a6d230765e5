//! From the domain to what is shown. Server only.

use charming::Chart;
use charming::component::{Axis, Grid};
use charming::datatype::DataPointItem;
use charming::element::{
    AxisLabel, AxisTick, AxisType, ItemStyle, Label, LabelPosition, SplitLine, Tooltip, Trigger,
};
use charming::series::Bar;
use domain::filter::EventFilter;
use domain::permission::EventRead;
use serde_json::{Value, json};

use super::shown::OverviewShown;
use crate::Answer;
use crate::events::chart::Size;
use crate::events::parts::number;
use crate::events::{on_server, read as events};
use crate::groups::read::row;
use crate::groups::shown::GroupRow;
use crate::server::Scope;

pub async fn get(scope: &Scope, range: &str) -> Answer<OverviewShown> {
    let cx = scope.admit::<EventRead>()?;
    let now = scope.services.clock.now();
    let (from, _) = on_server::range(range, "", now, |_| None)?;
    let overview = service::overview::get(&cx, from.unwrap_or(now.plus_seconds(-86_400)), now).await?;
    let any = overview.events > 0 || service::events::count(&cx, &EventFilter::default()).await?.n > 0;
    let filter = EventFilter { from: Some(overview.from), to: Some(overview.to), ..EventFilter::default() };
    let histogram = events::histogram(&overview.buckets, &[], &filter, now, scope.zone, Size::Medium);
    let top_groups: Vec<GroupRow> =
        overview.top_groups.into_iter().map(|group| row(group, scope.zone)).collect();
    Ok(OverviewShown {
        from: histogram.from,
        to: histogram.to,
        step: histogram.step,
        events: overview.events,
        events_before: overview.events_before,
        severe: overview.severe,
        severe_before: overview.severe_before,
        groups_active: overview.groups_active,
        groups_new: overview.groups_new,
        sources_active: overview.sources_active,
        sources_quiet: overview.sources_quiet,
        slices: histogram.slices,
        over_time: histogram.chart,
        recurring: group_bars(&top_groups),
        top_groups,
        origin: events::origin(),
        any,
    })
}

/// Horizontal bars in the colour of each group's severity, the largest on top.
fn group_bars(groups: &[GroupRow]) -> Value {
    let bars = groups
        .iter()
        .map(|group| {
            let style = ItemStyle::new().color(format!("var(--{})", group.severity).as_str());
            DataPointItem::new(group.event_count).name(group.template.text.as_str()).item_style(style)
        })
        .collect::<Vec<_>>();
    let names = groups.iter().map(|group| short(&group.template.text)).collect::<Vec<_>>();
    let chart = Chart::new()
        .grid(Grid::new().left("0").right("52").top("0").bottom("0").contain_label(true))
        .tooltip(Tooltip::new().trigger(Trigger::Item))
        .x_axis(Axis::new().type_(AxisType::Value).show(false).split_line(SplitLine::new().show(false)))
        .y_axis(
            Axis::new()
                .type_(AxisType::Category)
                .inverse(true)
                .axis_tick(AxisTick::new().show(false))
                .axis_label(AxisLabel::new().font_size(11))
                .data(names),
        )
        .series(
            Bar::new()
                .name("Events")
                .bar_width("58%")
                .label(Label::new().show(true).position(LabelPosition::Right).color("var(--muted)"))
                .data(bars),
        );
    let mut options = serde_json::to_value(chart).unwrap_or_default();
    // charming's points carry no label of their own, and a formatter would be a function: the number is written out here.
    if let Some(points) = options.pointer_mut("/series/0/data").and_then(Value::as_array_mut) {
        for (point, group) in points.iter_mut().zip(groups) {
            point["label"] = json!({ "formatter": number(group.event_count) });
        }
    }
    options
}

/// What fits beside a bar.
fn short(template: &str) -> String {
    let mut text: String = template.chars().take(30).collect();
    if text.len() < template.len() {
        text.push('…');
    }
    text
}
