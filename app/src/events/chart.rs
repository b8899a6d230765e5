//! Events over time by severity: the chart, its table and its links.

use domain::Severity;

use super::parts::{number, severity_word};
use super::shown::Slice;

#[cfg(feature = "ssr")]
pub use options::{Size, severity_bars};

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

/// The options, made with charming on the server.
#[cfg(feature = "ssr")]
mod options {
    use charming::Chart;
    use charming::component::{Axis, Grid};
    use charming::element::{AxisLabel, AxisType, ItemStyle, SplitLine, Tooltip, Trigger};
    use charming::series::Bar;
    use domain::Severity;
    use serde_json::Value;

    use super::super::parts::severity_word;
    use super::super::shown::Slice;

    /// How much room there is.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Size {
        /// A strip above a list: no scale.
        Small,
        Medium,
    }

    /// Stacked bars, the hottest on top.
    pub fn severity_bars(slices: &[Slice], size: Size) -> Value {
        let scale = Axis::new().type_(AxisType::Value).split_number(3).min_interval(1);
        let (scale, top) = match size {
            Size::Small => (scale.show(false).split_line(SplitLine::new().show(false)), "2"),
            Size::Medium => (scale, "8"),
        };
        let labels = slices.iter().map(|slice| slice.label.as_str()).collect::<Vec<_>>();
        let start = Chart::new()
            .grid(Grid::new().left("0").right("24").top(top).bottom("0").contain_label(true))
            .tooltip(Tooltip::new().trigger(Trigger::Axis))
            .x_axis(
                Axis::new().type_(AxisType::Category).axis_label(AxisLabel::new().font_size(11)).data(labels),
            )
            .y_axis(scale);
        let chart = Severity::ALL.into_iter().fold(start, |chart, severity| {
            let style = ItemStyle::new()
                .color(format!("var(--{severity})").as_str())
                .opacity(if severity == Severity::Info { 0.6 } else { 1.0 });
            let counts: Vec<i64> = slices.iter().map(|slice| slice.counts[severity.rank()]).collect();
            let bar = Bar::new().name(severity_word(severity)).stack("severity").bar_width("84%");
            chart.series(bar.item_style(style).data(counts))
        });
        serde_json::to_value(chart).unwrap_or_default()
    }
}
