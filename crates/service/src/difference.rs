//! What changed from one version of a text to the next, line by line. Pure. Two versions beside each other are put together by
//! [`crate::merge`], which compares lines in the same way.

use std::time::{Duration, Instant};

use crate::merge;

/// A page shows many texts; all of them together.
const MOST: Duration = Duration::from_millis(100);

/// How long a page compares: what is not done by then is told as changed as a whole.
#[derive(Clone, Copy, Debug)]
pub struct Patience(Instant);

impl Patience {
    pub fn begin() -> Self {
        Self(Instant::now() + MOST)
    }
}

/// What became of a stretch of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Same,
    Removed,
    Added,
}

/// Neighbouring lines of which the same became. None is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub sign: Sign,
    pub lines: Vec<String>,
}

/// The text from its beginning to its end; where lines were replaced, those that went come first.
pub fn lines(old: &str, new: &str, patience: Patience) -> Vec<Stretch> {
    let (old, new) = (of(old), of(new));
    let mut told = Vec::new();
    let mut push = |sign, lines: &[String]| {
        if !lines.is_empty() {
            told.push(Stretch { sign, lines: lines.to_vec() });
        }
    };
    let (mut at, mut at_new) = (0, 0);
    for hunk in merge::hunks(&old, &new, patience.0) {
        push(Sign::Same, &old[at..hunk.base.start]);
        at_new += hunk.base.start - at;
        push(Sign::Removed, &old[hunk.base.clone()]);
        push(Sign::Added, &new[at_new..at_new + hunk.becomes]);
        (at, at_new) = (hunk.base.end, at_new + hunk.becomes);
    }
    push(Sign::Same, &old[at..]);
    told
}

/// Nothing has no line.
fn of(text: &str) -> Vec<String> {
    if text.is_empty() { Vec::new() } else { merge::lines(text) }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn told(old: &str, new: &str) -> Vec<(Sign, String)> {
        let joined = |stretch: Stretch| (stretch.sign, stretch.lines.join("\n"));
        lines(old, new, Patience::begin()).into_iter().map(joined).collect()
    }

    #[test]
    fn what_went_stands_before_what_came_and_the_rest_around_it() {
        let found = told("one\ntwo\nthree\nfour", "one\nTWO\nthree\nfour\nfive");
        let expected = [
            (Sign::Same, "one"),
            (Sign::Removed, "two"),
            (Sign::Added, "TWO"),
            (Sign::Same, "three\nfour"),
            (Sign::Added, "five"),
        ];
        assert_eq!(found, expected.map(|(sign, text)| (sign, text.to_owned())));
    }

    #[test]
    fn a_first_text_is_added_and_a_last_one_removed_whole() {
        assert_eq!(told("", "a\nb"), [(Sign::Added, "a\nb".to_owned())]);
        assert_eq!(told("a\nb", ""), [(Sign::Removed, "a\nb".to_owned())]);
        assert_eq!(told("", ""), []);
    }

    #[test]
    fn how_browsers_end_lines_is_no_change() {
        assert_eq!(told("a\nb", "a\r\nb"), [(Sign::Same, "a\nb".to_owned())]);
    }

    /// As [`crate::merge`]: without an end to it each comparison takes half a minute.
    #[test]
    fn texts_that_have_nothing_in_common_are_told_as_a_whole() {
        let of = |first: u32| -> String {
            let lines = (first..).filter_map(char::from_u32).take(25_000).map(String::from);
            lines.collect::<Vec<_>>().join("\n")
        };
        let (old, new) = (of(0x4E00), of(0x1_0000));
        assert!(told(&old, &new) == [(Sign::Removed, old.clone()), (Sign::Added, new.clone())]);
    }

    proptest! {
        #[test]
        fn both_versions_can_be_read_in_it(old in vec("[ab]", 0..12), new in vec("[abc]", 0..12)) {
            let (old, new) = (old.join("\n"), new.join("\n"));
            let stretches = lines(&old, &new, Patience::begin());
            let version = |other: Sign| {
                let kept = stretches.iter().filter(|stretch| stretch.sign != other);
                kept.flat_map(|stretch| stretch.lines.clone()).collect::<Vec<_>>().join("\n")
            };
            prop_assert_eq!(version(Sign::Added), old);
            prop_assert_eq!(version(Sign::Removed), new);
            let turns = stretches.windows(2).all(|pair| pair[0].sign != pair[1].sign);
            prop_assert!(turns && stretches.iter().all(|stretch| !stretch.lines.is_empty()));
        }
    }
}
