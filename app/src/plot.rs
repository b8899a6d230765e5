//! Charts of printed pages: SVG with a link on every mark, and the table behind it. They need no script, and print as they stand.
//! Server only.
//!
//! Places across are told in percent and places upward in pixels, so that words and lines are as thick on a phone as on a desk. Eyes
//! and mice use the marks; keys and readers use the table, which says the same.

use leptos::prelude::*;

/// Height of what is drawn, in pixels.
const HEIGHT: f64 = 168.0;
/// That of a strip above a list.
const STRIP: f64 = 44.0;

/// What a mark shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mark {
    pub value: f64,
    /// CSS class of its colour.
    pub class: &'static str,
    pub href: String,
    /// Told when pointed at.
    pub title: String,
}

/// One place across: a day, a week.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Slot {
    pub label: String,
    pub marks: Vec<Mark>,
}

/// What stands under the drawing: heads, and rows of cells with their links.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Behind {
    pub columns: Vec<&'static str>,
    /// The first cell of a row is its head.
    pub rows: Vec<Vec<(String, Option<String>)>>,
}

/// Marks of a slot side by side.
pub fn beside(slots: &[Slot], scale: fn(f64) -> String) -> AnyView {
    let most = slots.iter().flat_map(|slot| &slot.marks).map(|mark| mark.value).fold(0.0, f64::max);
    let top = nice(most);
    let width = 100.0 / slots.len().max(1) as f64;
    let mut drawn = Vec::new();
    for (at, slot) in slots.iter().enumerate() {
        let each = width * 0.72 / slot.marks.len().max(1) as f64;
        for (n, mark) in slot.marks.iter().enumerate() {
            let x = width * (at as f64 + 0.14) + each * n as f64;
            drawn.push(bar(mark, (x, each * 0.92), (0.0, mark.value / top * HEIGHT), HEIGHT));
        }
    }
    framed(drawn, slots, top, scale, HEIGHT)
}

/// Marks of a slot on top of one another, the first at the bottom.
pub fn stacked(slots: &[Slot], scale: fn(f64) -> String) -> AnyView {
    piled(slots, scale, HEIGHT)
}

/// As [`stacked`], as low as goes above a list.
pub fn strip(slots: &[Slot], scale: fn(f64) -> String) -> AnyView {
    piled(slots, scale, STRIP)
}

fn piled(slots: &[Slot], scale: fn(f64) -> String, all: f64) -> AnyView {
    let most = slots.iter().map(|slot| slot.marks.iter().map(|mark| mark.value).sum()).fold(0.0, f64::max);
    let top = nice(most);
    let width = 100.0 / slots.len().max(1) as f64;
    let mut drawn = Vec::new();
    for (at, slot) in slots.iter().enumerate() {
        let mut below = 0.0;
        for mark in &slot.marks {
            let height = mark.value / top * all;
            drawn.push(bar(mark, (width * (at as f64 + 0.14), width * 0.72), (below, height), all));
            below += height;
        }
    }
    framed(drawn, slots, top, scale, all)
}

/// A line for each mark of the slots, in their order; a slot without marks is passed over.
pub fn lines(slots: &[Slot], scale: fn(f64) -> String) -> AnyView {
    let most = slots.iter().flat_map(|slot| &slot.marks).map(|mark| mark.value).fold(0.0, f64::max);
    let top = nice(most);
    let width = 100.0 / slots.len().max(1) as f64;
    let series = slots.iter().map(|slot| slot.marks.len()).max().unwrap_or(0);
    let mut drawn = Vec::new();
    for n in 0..series {
        let points: Vec<(f64, f64, &Mark)> = slots
            .iter()
            .enumerate()
            .filter_map(|(at, slot)| {
                let mark = slot.marks.get(n)?;
                Some((width * (at as f64 + 0.5), HEIGHT - mark.value / top * HEIGHT, mark))
            })
            .collect();
        for pair in points.windows(2) {
            let [(x1, y1, mark), (x2, y2, _)] = pair else { continue };
            let class = format!("line {}", mark.class);
            drawn.push(
                view! { <line class=class x1=percent(*x1) y1=pixels(*y1) x2=percent(*x2) y2=pixels(*y2)></line> }
                    .into_any(),
            );
        }
        for (x, y, mark) in points {
            let class = format!("dot {}", mark.class);
            let (href, title) = (mark.href.clone(), mark.title.clone());
            drawn.push(
                view! {
                    <a href=href tabindex="-1">
                        <circle class=class cx=percent(x) cy=pixels(y) r="4"><title>{title}</title></circle>
                    </a>
                }
                .into_any(),
            );
        }
    }
    framed(drawn, slots, top, scale, HEIGHT)
}

/// A chart under its name, with what its colours mean and the table behind it.
pub fn figure(
    name: impl Into<String>,
    legend: &[(&'static str, &'static str)],
    drawing: AnyView,
    behind: Behind,
) -> AnyView {
    let legend: Vec<_> = legend
        .iter()
        .map(|(class, words)| {
            let class = format!("swatch {class}");
            view! { <span><span class=class aria-hidden="true"></span>{*words}</span> }
        })
        .collect();
    let legend = (!legend.is_empty()).then(|| view! { <div class="legend">{legend}</div> });
    let name = name.into();
    let (label, caption) = (format!("{name}: data"), name.clone());
    view! {
        <figure class="plot" aria-label=name>
            {legend}
            {drawing}
            <details class="data">
                <summary>"Data table"</summary>
                <div class="scroll" tabindex="0" role="region" aria-label=label>
                    {table(caption, behind)}
                </div>
            </details>
        </figure>
    }
    .into_any()
}

fn table(name: String, behind: Behind) -> AnyView {
    let heads: Vec<_> = behind.columns.iter().map(|head| view! { <th scope="col">{*head}</th> }).collect();
    let cell = |(text, href): (String, Option<String>)| match href {
        Some(href) => view! { <a class="link" href=href>{text}</a> }.into_any(),
        None => text.into_any(),
    };
    let rows: Vec<_> = behind
        .rows
        .into_iter()
        .map(|row| {
            let cells: Vec<_> = row
                .into_iter()
                .enumerate()
                .map(|(at, one)| match at {
                    0 => view! { <th scope="row">{cell(one)}</th> }.into_any(),
                    _ => view! { <td class="num">{cell(one)}</td> }.into_any(),
                })
                .collect();
            view! { <tr>{cells}</tr> }
        })
        .collect();
    view! {
        <table class="data-table compact">
            <caption class="visually-hidden">{name}</caption>
            <thead><tr>{heads}</tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn bar(mark: &Mark, (x, width): (f64, f64), (below, height): (f64, f64), all: f64) -> AnyView {
    if height <= 0.0 {
        return ().into_any();
    }
    // What is there can be seen, however little it is.
    let height = height.max(2.0);
    let class = format!("bar {}", mark.class);
    let (href, title) = (mark.href.clone(), mark.title.clone());
    view! {
        <a href=href tabindex="-1">
            <rect class=class x=percent(x) y=pixels(all - below - height) width=percent(width) height=pixels(height)>
                <title>{title}</title>
            </rect>
        </a>
    }
    .into_any()
}

/// The scale at the left, the drawing, and the first, middle and last label under it.
fn framed(drawn: Vec<AnyView>, slots: &[Slot], top: f64, scale: fn(f64) -> String, all: f64) -> AnyView {
    let label = |at: usize| slots.get(at).map(|slot| slot.label.clone()).unwrap_or_default();
    let under: Vec<String> = match slots.len() {
        0 => Vec::new(),
        1 => vec![label(0)],
        2 => vec![label(0), label(1)],
        n => vec![label(0), label(n / 2), label(n - 1)],
    };
    let under: Vec<_> = under.into_iter().map(|words| view! { <span>{words}</span> }).collect();
    let heights = [0.0, 0.5, 1.0];
    let grid: Vec<_> = heights
        .iter()
        .map(|share| {
            let y = pixels((all * share).clamp(0.5, all - 0.5));
            view! { <line class="grid" x1="0" x2="100%" y1=y.clone() y2=y></line> }
        })
        .collect();
    let [high, middle, low] = [top, top / 2.0, 0.0].map(scale);
    view! {
        <div class="plot-body" aria-hidden="true">
            <div class="scale"><span>{high}</span><span>{middle}</span><span>{low}</span></div>
            <svg class="drawn" width="100%" height=pixels(all) focusable="false">
                {grid}
                {drawn}
            </svg>
            <div class="under">{under}</div>
        </div>
    }
    .into_any()
}

/// The next number that is 1, 2, 4, 5, 6 or 8 times a power of ten; at least 2, so that half of it is whole.
fn nice(most: f64) -> f64 {
    let most = most.max(2.0);
    let power = 10_f64.powf(most.log10().floor());
    [1.0, 2.0, 4.0, 5.0, 6.0, 8.0, 10.0].into_iter().map(|n| n * power).find(|n| *n >= most).unwrap_or(most)
}

fn percent(value: f64) -> String {
    format!("{value:.3}%")
}

fn pixels(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printed::Printed;

    #[test]
    fn a_scale_ends_at_a_round_number() {
        let ends = [0.0, 1.0, 2.0, 3.0, 7.0, 41.0, 100.0, 130.0].map(|most| format!("{}", nice(most)));
        assert_eq!(ends, ["2", "2", "2", "4", "8", "50", "100", "200"]);
    }

    #[test]
    fn every_mark_leads_to_its_list_and_the_table_says_the_same() {
        let mark = |value, href: &str| Mark {
            value,
            class: "came",
            href: href.to_owned(),
            title: format!("{value}"),
        };
        let slots = [Slot { label: "1 Nov".into(), marks: vec![mark(3.0, "/a"), mark(0.0, "/b")] }];
        let behind = Behind {
            columns: vec!["Day", "Came"],
            rows: vec![vec![("1 Nov".into(), None), ("3".into(), Some("/a".into()))]],
        };
        let html = Owner::new().with(|| {
            let drawing = beside(&slots, |n| format!("{n:.0}"));
            Printed::of(figure("Drifts by day", &[("came", "Came")], drawing, behind)).html().to_owned()
        });
        assert_eq!(html.matches("<rect").count(), 1, "nothing is drawn of nothing: {html}");
        assert_eq!(html.matches("href=\"/a\"").count(), 2, "{html}");
        assert!(html.contains("aria-hidden=\"true\"") && html.contains("<title>3<"), "{html}");
    }
}
