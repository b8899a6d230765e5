//! Small pieces that every data page prints alike.

use domain::Severity;
use leptos::prelude::*;
use ui::{Definition, Glyph, Icon, Menu, MenuItem, SeverityMark, Shape};

use super::shown::{Mark, MarkKind, Marked};

/// CSS class, shape and word of a severity.
pub fn mark(severity: Severity) -> (&'static str, Shape, &'static str) {
    let shape = match severity {
        Severity::Critical => Shape::Diamond,
        Severity::High => Shape::Triangle,
        Severity::Medium => Shape::Square,
        Severity::Low => Shape::Circle,
        Severity::Info => Shape::Ring,
    };
    (severity.as_str(), shape, severity_word(severity))
}

pub fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical",
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
        Severity::Info => "Info",
    }
}

/// The mark of a severity; `bare` without its word.
#[component]
pub fn Severe(severity: Severity, #[prop(optional)] bare: bool) -> impl IntoView {
    let (level, shape, word) = mark(severity);
    view! { <SeverityMark level shape word bare /> }
}

/// A message or template: variable parts and search hits marked.
#[component]
pub fn Message(marked: Marked) -> impl IntoView {
    pieces(&marked)
        .into_iter()
        .map(|(text, kind)| {
            let text = text.to_owned();
            match kind {
                None => text.into_any(),
                Some(MarkKind::Slot) => view! { <span class="slot">{text}</span> }.into_any(),
                Some(MarkKind::Found) => view! { <mark>{text}</mark> }.into_any(),
            }
        })
        .collect_view()
}

/// The text cut at its marks; nothing is empty.
fn pieces(marked: &Marked) -> Vec<(&str, Option<MarkKind>)> {
    let text = marked.text.as_str();
    let mut all = Vec::with_capacity(marked.marks.len() * 2 + 1);
    let mut from = 0;
    for Mark(start, end, kind) in &marked.marks {
        all.push((text.get(from..*start as usize).unwrap_or_default(), None));
        all.push((text.get(*start as usize..*end as usize).unwrap_or_default(), Some(*kind)));
        from = *end as usize;
    }
    all.push((text.get(from..).unwrap_or_default(), None));
    all.retain(|(text, _)| !text.is_empty());
    all
}

/// One choice of a [`RangeMenu`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RangeChoice {
    pub label: &'static str,
    pub href: String,
    pub current: bool,
}

/// Pairs of a query as hidden inputs, for a GET form.
pub fn hidden(pairs: Vec<(&'static str, String)>) -> AnyView {
    let input = |(name, value)| view! { <input type="hidden" name=name value=value /> };
    pairs.into_iter().map(input).collect_view().into_any()
}

/// The time range as a menu of links; children stand under them (a range of one's own).
#[component]
pub fn RangeMenu(
    #[prop(into)] label: Signal<String>,
    #[prop(into)] choices: Signal<Vec<RangeChoice>>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let items = move || {
        choices.get().into_iter().map(|choice| view! { <MenuItem href=choice.href current=choice.current>{choice.label}</MenuItem> }).collect_view()
    };
    view! {
        <Menu label icon=Glyph::Clock end=true>
            {move || items()}
            {children.map(|children| view! { <div class="menu-form">{children()}</div> })}
        </Menu>
    }
    .into_any()
}

/// The pages of a keyset list: two links, named for what they lead to, and what stands between.
#[component]
pub fn Pages(
    label: &'static str,
    /// Words of the link back, and of the link on.
    words: (&'static str, &'static str),
    previous: Option<String>,
    next: Option<String>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let (back, on) = words;
    view! {
        <nav class="pager" aria-label=label>
            <div class="summary muted">{children.map(|children| children())}</div>
            <a class="button secondary" rel="prev" aria-disabled=previous.is_none().then_some("true") href=previous>
                <Icon glyph=Glyph::ChevronLeft />
                <span class="words">{back}</span>
            </a>
            <a class="button secondary" rel="next" aria-disabled=next.is_none().then_some("true") href=next>
                <span class="words">{on}</span>
                <Icon glyph=Glyph::ChevronRight />
            </a>
        </nav>
    }
    .into_any()
}

/// A field's value, how common it is, and links that narrow a list to it: word, picture, address.
#[component]
pub fn FieldLine(
    #[prop(into)] name: String,
    shown: String,
    #[prop(optional_no_strip)] seen: Option<(String, String)>,
    tools: Vec<(&'static str, Glyph, String)>,
) -> impl IntoView {
    let tool = |(word, glyph, href): (&str, Glyph, String)| {
        let label = [word, " ", &name, " ", &shown].concat();
        view! {
            <a class="tool" href=href aria-label=label.clone() title=label>
                <Icon glyph />
            </a>
        }
    };
    let tools = tools.into_iter().map(tool).collect_view();
    let seen = seen.map(|(count, words)| view! { <span class="seen" title=words>{count}</span> });
    view! {
        <Definition term=name>
            <span class="value-line">
                <span class="value">{shown}</span>
                {seen}
                <span class="tools">{tools}</span>
            </span>
        </Definition>
    }
    .into_any()
}

/// "48,213".
pub fn number(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if n < 0 {
        text.push('−');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// "988", "4.3k", "48k", "1.3M": rounded, half up; a whole number without its ".0".
pub fn compact(n: i64) -> String {
    // In tenths of the unit; from ten units on, whole ones.
    let scaled = |unit: i64, suffix: &str| {
        let tenths = (n + unit / 20) / (unit / 10);
        match (tenths / 10, tenths % 10) {
            (10.., _) => format!("{}{suffix}", (n + unit / 2) / unit),
            (whole, 0) => format!("{whole}{suffix}"),
            (whole, tenth) => format!("{whole}.{tenth}{suffix}"),
        }
    };
    match n {
        ..1_000 => n.to_string(),
        1_000..999_500 => scaled(1_000, "k"),
        _ => scaled(1_000_000, "M"),
    }
}

/// "1 event", "48,213 events".
pub fn counted(n: i64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_threes() {
        assert_eq!(
            [0, 999, 1_000, 1_284_902, -12_345].map(number),
            ["0", "999", "1,000", "1,284,902", "−12,345"]
        );
    }

    #[test]
    fn a_short_number_is_rounded() {
        for (n, short) in [
            (0, "0"),
            (988, "988"),
            (999, "999"),
            (1_000, "1k"),
            (1_049, "1k"),
            (1_050, "1.1k"),
            (4_051, "4.1k"),
            (4_310, "4.3k"),
            (9_949, "9.9k"),
            (9_950, "10k"),
            (10_499, "10k"),
            (10_500, "11k"),
            (48_213, "48k"),
            (999_499, "999k"),
            (999_500, "1M"),
            (999_950, "1M"),
            (1_049_999, "1M"),
            (1_050_000, "1.1M"),
            (1_284_902, "1.3M"),
            (9_950_000, "10M"),
            (12_500_000, "13M"),
        ] {
            assert_eq!(compact(n), short, "{n}");
        }
    }

    #[test]
    fn a_message_is_cut_at_its_marks() {
        let marked = Marked { text: "from 10.0.0.1".into(), marks: vec![Mark(5, 13, MarkKind::Slot)] };
        assert_eq!(pieces(&marked), [("from ", None), ("10.0.0.1", Some(MarkKind::Slot))]);
    }
}
