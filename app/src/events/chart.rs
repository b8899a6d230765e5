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

const GROUPS: &str = "Groups first seen";

/// [`columns`], and the groups that were first seen.
pub fn columns_with_groups() -> Vec<String> {
    [columns(), vec![GROUPS.to_owned()]].concat()
}

/// [`rows`], and the groups that were first seen.
pub fn rows_with_groups(slices: &[Slice], href: impl Fn(&Slice) -> String) -> Vec<ui::ChartRow> {
    let mut rows = rows(slices, href);
    for (row, slice) in rows.iter_mut().zip(slices) {
        row.cells.push(number(slice.groups));
    }
    rows
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
    use charming::element::{AxisLabel, AxisType, ItemStyle, LineStyle, SplitLine, Symbol, Tooltip, Trigger};
    use charming::series::{Bar, Line};
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
            Size::Small => (scale.show(false).split_line(SplitLine::new().show(false)), "6"),
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
        let marked = slices.iter().any(|slice| slice.groups > 0);
        let chart = if marked { groups(chart, slices) } else { chart };
        let mut options = serde_json::to_value(chart).unwrap_or_default();
        // charming has no words for what follows. Marks are not thinned out where room is short.
        if let Some(marks) = options.pointer_mut("/series/5") {
            marks["showAllSymbol"] = Value::Bool(true);
            // What is told where there is no mark.
            for item in marks["data"].as_array_mut().into_iter().flatten().filter(|item| item.is_null()) {
                *item = Value::from("-");
            }
        }
        if size == Size::Small {
            // Drawn within the chart, whose 68 pixels hold two of the lines that ECharts makes 22 high.
            let severities = Severity::ALL.into_iter().rev();
            let severities = severities.map(|s| format!("{} {{c{}}}", severity_word(s), s.rank()));
            let head =
                if marked { format!("{{b0}}  ·  {} {{c5}}", super::GROUPS) } else { "{b0}".to_owned() };
            let lines = [head, severities.collect::<Vec<_>>().join("  ·  ")];
            options["tooltip"]["formatter"] = Value::from(lines.join("\n"));
            options["tooltip"]["padding"] = Value::from(vec![4, 8]);
        }
        options
    }

    /// Marks over the bars where groups were first seen, higher where there were more.
    fn groups(chart: Chart, slices: &[Slice]) -> Chart {
        let none_or = |n: i64| (n > 0).then_some(n);
        let marks = Line::new()
            .name(super::GROUPS)
            .y_axis_index(1)
            .symbol(Symbol::Diamond)
            .symbol_size(7)
            .show_symbol(true)
            .line_style(LineStyle::new().opacity(0))
            .item_style(ItemStyle::new().color("var(--accent)"))
            .data(slices.iter().map(|slice| none_or(slice.groups)).collect::<Vec<_>>());
        let scale = Axis::new().type_(AxisType::Value).show(false).min(0).max("dataMax");
        chart.y_axis(scale.split_line(SplitLine::new().show(false))).series(marks)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn groups_first_seen_are_marks_over_the_bars() {
            let slice = |groups| Slice {
                label: String::new(),
                from: String::new(),
                to: String::new(),
                counts: [1, 0, 0, 0, 0],
                groups,
            };
            let options = severity_bars(&[slice(0), slice(3)], Size::Small);
            let marks = &options["series"][5];
            assert_eq!(marks["data"], serde_json::json!(["-", 3]));
            assert_eq!((&marks["showSymbol"], &marks["showAllSymbol"]), (&true.into(), &true.into()));
            assert_eq!(options["yAxis"].as_array().map(Vec::len), Some(2));
            assert_eq!(severity_bars(&[slice(0)], Size::Small)["series"].as_array().map(Vec::len), Some(5));
        }

        #[test]
        fn what_a_bar_of_the_strip_has_is_told_in_two_lines() {
            let slice = Slice {
                label: String::new(),
                from: String::new(),
                to: String::new(),
                counts: [5, 4, 3, 2, 1],
                groups: 1,
            };
            let told =
                |size| severity_bars(std::slice::from_ref(&slice), size)["tooltip"]["formatter"].clone();
            let lines = "{b0}  ·  Groups first seen {c5}\nCritical {c4}  ·  High {c3}  ·  Medium {c2}  ·  Low {c1}  ·  Info {c0}";
            assert_eq!(told(Size::Small), lines);
            assert_eq!(told(Size::Medium), Value::Null);
        }
    }
}
