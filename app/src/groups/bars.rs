//! The chart of the groups with most events. Server only.

use charming::Chart;
use charming::component::{Axis, Grid};
use charming::datatype::DataPointItem;
use charming::element::{
    AxisLabel, AxisTick, AxisType, ItemStyle, Label, LabelPosition, SplitLine, Tooltip, Trigger,
};
use charming::series::Bar;
use serde_json::{Value, json};

use super::shown::GroupRow;
use crate::events::parts::number;

/// Horizontal bars in the colour of each group's severity, the largest on top.
pub fn group_bars(groups: &[GroupRow]) -> Value {
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
