//! Events over time by severity: the chart, its table and its links.

use charming::{
    Chart as Options,
    component::{Axis, Grid},
    element::{AxisLabel, AxisType, ItemStyle, SplitLine, Tooltip, Trigger},
    series::Bar,
};
use domain::Severity;

use super::parts::{number, severity_word};
use super::shown::Slice;

/// Stacked bars, the hottest on top. `axis` shows the scale at the left.
pub fn severity_bars(slices: &[Slice], axis: bool) -> Options {
    let value = Axis::new().type_(AxisType::Value).split_number(3).min_interval(1);
    let value = if axis { value } else { value.show(false).split_line(SplitLine::new().show(false)) };
    let options = Options::new()
        .grid(
            Grid::new()
                .left("0")
                .right("0")
                .top(if axis { "8" } else { "2" })
                .bottom("0")
                .contain_label(true),
        )
        .tooltip(Tooltip::new().trigger(Trigger::Axis))
        .x_axis(
            Axis::new()
                .type_(AxisType::Category)
                .axis_label(AxisLabel::new().font_size(11))
                .data(slices.iter().map(|slice| slice.label.as_str()).collect::<Vec<_>>()),
        )
        .y_axis(value);
    Severity::ALL.into_iter().fold(options, |options, severity| {
        let style = ItemStyle::new()
            .color(format!("var(--{severity})").as_str())
            .opacity(if severity == Severity::Info { 0.6 } else { 1.0 });
        let counts: Vec<i64> = slices.iter().map(|slice| slice.counts[severity.rank()]).collect();
        options.series(
            Bar::new()
                .name(severity_word(severity))
                .stack("severity")
                .bar_width("84%")
                .item_style(style)
                .data(counts),
        )
    })
}

/// Heads of the table behind it.
pub fn columns() -> Vec<String> {
    std::iter::once("Start").chain(Severity::ALL.map(severity_word)).map(str::to_owned).collect()
}

/// One row a slice, linked as a whole.
pub fn rows(slices: &[Slice], href: impl Fn(&Slice) -> String) -> Vec<ui::ChartRow> {
    slices.iter().map(|slice| ui::ChartRow { cells: cells(slice), links: vec![href(slice)] }).collect()
}

/// One row a slice, every number linked.
pub fn rows_by_severity(slices: &[Slice], href: impl Fn(&Slice, Severity) -> String) -> Vec<ui::ChartRow> {
    slices
        .iter()
        .map(|slice| ui::ChartRow {
            cells: cells(slice),
            links: Severity::ALL.map(|severity| href(slice, severity)).to_vec(),
        })
        .collect()
}

fn cells(slice: &Slice) -> Vec<String> {
    std::iter::once(slice.label.clone()).chain(slice.counts.map(number)).collect()
}
