//! What changed in a text: its lines with a sign, those between the changes folded.

use leptos::prelude::*;

/// Neighbouring lines of which the same became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stretch {
    Same(Vec<String>),
    Removed(Vec<String>),
    Added(Vec<String>),
}

/// Unchanged lines that are shown before and after a change.
const AROUND: usize = 3;
/// Fewer are not worth folding.
const FOLDED: usize = 2;

/// A text with its changes. Unchanged lines away from them can be unfolded. Long texts cost an element a stretch and not a line.
#[component]
pub fn LineDiff(
    stretches: Vec<Stretch>,
    /// What is compared: the accessible name.
    #[prop(into)]
    caption: String,
) -> impl IntoView {
    let last = stretches.len().saturating_sub(1);
    let parts = stretches
        .into_iter()
        .enumerate()
        .map(|(n, stretch)| match stretch {
            Stretch::Same(lines) => same(&lines, n == 0, n == last),
            Stretch::Removed(lines) => view! {
                <del class="minus">
                    <span class="visually-hidden">"Removed: "</span>
                    {signed(&lines, "−")}
                </del>
            }
            .into_any(),
            Stretch::Added(lines) => view! {
                <ins class="plus">
                    <span class="visually-hidden">"Added: "</span>
                    {signed(&lines, "+")}
                </ins>
            }
            .into_any(),
        })
        .collect_view();
    view! {
        <div class="line-diff" role="group" aria-label=caption>
            {parts}
        </div>
    }
    .into_any()
}

/// `first` and `last`: no change stands before or behind it.
fn same(lines: &[String], first: bool, last: bool) -> AnyView {
    let (head, folded, tail) = fold(lines, first, last);
    let shown = |lines: &[String]| (!lines.is_empty()).then(|| view! { <div>{signed(lines, " ")}</div> });
    let between = (!folded.is_empty()).then(|| {
        let words = format!("{} unchanged lines", folded.len());
        view! {
            <details>
                <summary>{words}</summary>
                <div>{signed(folded, " ")}</div>
            </details>
        }
    });
    view! { {shown(head)} {between} {shown(tail)} }.into_any()
}

/// What is shown before and after the part that is folded.
fn fold(lines: &[String], first: bool, last: bool) -> (&[String], &[String], &[String]) {
    let head = if first { 0 } else { AROUND };
    let tail = if last { 0 } else { AROUND };
    if lines.len() < head + tail + FOLDED {
        return (lines, &[], &[]);
    }
    let (head, rest) = lines.split_at(head);
    let (folded, tail) = rest.split_at(rest.len() - tail);
    (head, folded, tail)
}

fn signed(lines: &[String], sign: &str) -> String {
    lines.iter().map(|line| [sign, " ", line].concat()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_around_a_change_stay_and_a_single_one_is_not_folded() {
        let lines: Vec<String> = (0..20).map(|n| n.to_string()).collect();
        let (head, folded, tail) = fold(&lines, false, false);
        assert_eq!((head.len(), folded.len(), tail.len()), (3, 14, 3));
        let (head, folded, tail) = fold(&lines, true, false);
        assert_eq!((head.len(), folded.len(), tail), (0, 17, &lines[17..]));
        let (head, folded, tail) = fold(&lines, false, true);
        assert_eq!((head, folded.len(), tail.len()), (&lines[..3], 17, 0));
        assert_eq!(fold(&lines[..7], false, false), (&lines[..7], &[][..], &[][..]));
        assert_eq!(fold(&lines[..8], false, false).1.len(), 2);
    }

    #[test]
    fn each_line_has_its_sign() {
        assert_eq!(signed(&["a".to_owned(), String::new()], "+"), "+ a\n+ ");
    }
}
