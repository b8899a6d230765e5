//! Three-way merge: what two people made of the same text or fields, put together. Pure; nobody's words get lost.
//!
//! Lines are compared as `similar` does (Myers). Where only one side changed something, that is taken; where both changed the
//! same lines, or lines that touch, the merged text has both, theirs first: whoever reads it decides. Texts that differ too much to
//! be compared in [`PATIENCE`] differ as a whole from there on.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};

/// The time grows with the square of the lines that differ: two texts of 25,000 would take half a minute.
const PATIENCE: Duration = Duration::from_millis(200);

/// A stretch of lines, as it was and as each side made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    pub side: Side,
    pub base: Vec<String>,
    pub theirs: Vec<String>,
    pub mine: Vec<String>,
}

/// Who changed a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Nobody,
    Theirs,
    Mine,
    /// Both, to the same.
    Same,
    /// Both, to something else each.
    Clash,
}

/// A text put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    pub text: String,
    pub chunks: Vec<Chunk>,
}

impl Merged {
    /// Both changed the same lines.
    pub fn clashes(&self) -> bool {
        self.chunks.iter().any(|chunk| chunk.side == Side::Clash)
    }
}

/// Puts two versions of a text together, line by line. It can take twice [`PATIENCE`] of the processor: not where others wait.
pub fn text(base: &str, theirs: &str, mine: &str) -> Merged {
    let (old, them, me) = (lines(base), lines(theirs), lines(mine));
    let compared = |other: &[String]| hunks(&old, other, Instant::now() + PATIENCE);
    let (by_them, by_me) = (compared(&them), compared(&me));
    let mut chunks = Vec::new();
    let (mut at, mut i, mut j) = (0, 0, 0);
    // How far each side's lines are from those of the base.
    let (mut t_at, mut m_at) = (0, 0);
    while i < by_them.len() || j < by_me.len() {
        let starts = [by_them.get(i), by_me.get(j)].into_iter().flatten().map(|hunk| hunk.base.start);
        let start = starts.min().unwrap_or(old.len());
        let mut end = start;
        let (first_i, first_j) = (i, j);
        // All that touches belongs together.
        loop {
            let before = (i, j);
            while let Some(hunk) = by_them.get(i).filter(|hunk| hunk.base.start <= end) {
                end = end.max(hunk.base.end);
                i += 1;
            }
            while let Some(hunk) = by_me.get(j).filter(|hunk| hunk.base.start <= end) {
                end = end.max(hunk.base.end);
                j += 1;
            }
            if before == (i, j) {
                break;
            }
        }
        let same = start - at;
        push(&mut chunks, Side::Nobody, [&old[at..start], &them[t_at..t_at + same], &me[m_at..m_at + same]]);
        (t_at, m_at) = (t_at + same, m_at + same);
        let t_end = t_at + grown(end - start, &by_them[first_i..i]);
        let m_end = m_at + grown(end - start, &by_me[first_j..j]);
        let parts = [&old[start..end], &them[t_at..t_end], &me[m_at..m_end]];
        let side = match (i > first_i, j > first_j) {
            (true, true) if parts[1] == parts[2] => Side::Same,
            (true, true) => Side::Clash,
            (true, false) => Side::Theirs,
            (false, _) => Side::Mine,
        };
        push(&mut chunks, side, parts);
        (at, t_at, m_at) = (end, t_end, m_end);
    }
    push(&mut chunks, Side::Nobody, [&old[at..], &them[t_at..], &me[m_at..]]);
    let merged = chunks.iter().flat_map(|chunk| match chunk.side {
        Side::Nobody | Side::Theirs | Side::Same => [chunk.theirs.as_slice(), &[]],
        Side::Mine => [chunk.mine.as_slice(), &[]],
        Side::Clash => [chunk.theirs.as_slice(), chunk.mine.as_slice()],
    });
    let merged: Vec<&str> = merged.flatten().map(String::as_str).collect();
    Merged { text: merged.join("\n"), chunks }
}

/// Puts two versions of a list without order together: what either added is there, what either took out is not.
pub fn set(base: &[String], theirs: &[String], mine: &[String], key: impl Fn(&str) -> String) -> Vec<String> {
    let has = |list: &[String], one: &str| list.iter().any(|other| key(other) == key(one));
    let kept = theirs.iter().filter(|one| has(mine, one) || !has(base, one));
    let added = mine.iter().filter(|one| !has(theirs, one) && !has(base, one));
    kept.chain(added).cloned().collect()
}

/// A value that only one side changed is that side's; `None`: both did, to something else each.
pub fn value<'a, T: PartialEq>(base: &T, theirs: &'a T, mine: &'a T) -> Option<&'a T> {
    if mine == base || mine == theirs {
        Some(theirs)
    } else if theirs == base {
        Some(mine)
    } else {
        None
    }
}

/// The texts of a form, by the names of its fields.
pub type Fields = BTreeMap<String, String>;

/// Two forms of one record, put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Together {
    /// Each field as the side that changed it has it, as mine has it where both did.
    pub fields: Fields,
    /// Names of those that others changed and mine did not.
    pub kept: Vec<String>,
    /// Names of those that both changed, to something else each.
    pub both: Vec<String>,
}

/// Puts `mine`, which was made from `base`, together with what is stored. How lines end and blanks around a text are no change.
/// Without a `base` all that differs counts as changed by both. A field that one of them does not know is empty there; what `mine`
/// does not know at all is as it is stored.
pub fn fields(base: Option<&Fields>, theirs: &Fields, mine: &Fields) -> Together {
    let mut together = Together { fields: Fields::new(), kept: Vec::new(), both: Vec::new() };
    let of = |side: &Fields, name: &str| {
        side.get(name).map(|text| plain(text).trim().to_owned()).unwrap_or_default()
    };
    for (name, text) in mine {
        let [now, new] = [theirs, mine].map(|side| of(side, name));
        let old = base.map(|base| of(base, name));
        let untouched = new == now || old.as_ref() == Some(&new);
        if untouched && new != now {
            together.kept.push(name.clone());
        } else if !untouched && old.as_ref() != Some(&now) {
            together.both.push(name.clone());
        }
        let text = if untouched { theirs.get(name).cloned().unwrap_or_default() } else { text.clone() };
        together.fields.insert(name.clone(), text);
    }
    for (name, text) in theirs {
        together.fields.entry(name.clone()).or_insert_with(|| text.clone());
    }
    together
}

/// Browsers end lines with CR LF.
pub fn plain(text: &str) -> String {
    text.replace("\r\n", "\n")
}

pub(crate) fn lines(text: &str) -> Vec<String> {
    plain(text).split('\n').map(str::to_owned).collect()
}

/// Lines of the base, and how many stand there instead.
pub(crate) struct Hunk {
    pub base: Range<usize>,
    pub becomes: usize,
}

/// What stands between the lines that are the same. Only these are taken from `similar`: after it has moved an insertion over
/// equal lines, where that insertion stands in the base is no longer true (2.7.0). What is not compared by `until` differs as a whole.
pub(crate) fn hunks(base: &[String], other: &[String], until: Instant) -> Vec<Hunk> {
    let (mut hunks, mut at) = (Vec::new(), (0, 0));
    let mut gap = |to: (usize, usize), same: usize| {
        if at != to {
            hunks.push(Hunk { base: at.0..to.0, becomes: to.1 - at.1 });
        }
        at = (to.0 + same, to.1 + same);
    };
    for op in capture_diff_slices_deadline(Algorithm::Myers, base, other, Some(until)) {
        if let DiffOp::Equal { old_index, new_index, len } = op {
            gap((old_index, new_index), len);
        }
    }
    gap((base.len(), other.len()), 0);
    hunks
}

/// How many lines a side has where the base has so many.
fn grown(lines: usize, hunks: &[Hunk]) -> usize {
    hunks.iter().fold(lines, |n, hunk| n - hunk.base.len() + hunk.becomes)
}

fn push(chunks: &mut Vec<Chunk>, side: Side, [base, theirs, mine]: [&[String]; 3]) {
    if base.len() + theirs.len() + mine.len() > 0 {
        chunks.push(Chunk { side, base: base.to_vec(), theirs: theirs.to_vec(), mine: mine.to_vec() });
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_only_one_side_changed_is_taken() {
        let base = "one\ntwo\nthree\nfour\nfive";
        let merged = text(base, "ONE\ntwo\nthree\nfour\nfive", "one\ntwo\nthree\nfour\nFIVE\nsix");
        assert_eq!(merged.text, "ONE\ntwo\nthree\nfour\nFIVE\nsix");
        assert!(!merged.clashes());
        let sides: Vec<Side> = merged.chunks.iter().map(|chunk| chunk.side).collect();
        assert_eq!(sides, [Side::Theirs, Side::Nobody, Side::Mine]);
    }

    /// As many lines as a description can have, all of them others: without an end to it each comparison takes minutes.
    #[test]
    fn texts_that_have_nothing_in_common_are_not_compared_to_the_end() {
        let of = |first: u32| -> String {
            let lines = (first..).filter_map(char::from_u32).take(25_000).map(String::from);
            lines.collect::<Vec<_>>().join("\n")
        };
        let (base, theirs, mine) = (of(0x4E00), of(0x1_0000), of(0x2_0000));
        let merged = text(&base, &theirs, &mine);
        assert!(merged.clashes());
        assert!(merged.text == format!("{theirs}\n{mine}"), "both are whole in it");
    }

    #[test]
    fn where_both_changed_the_same_lines_both_stand() {
        let merged = text("one\ntwo\nthree", "one\nTWO\nthree", "one\nzwei\nthree");
        assert!(merged.clashes());
        assert_eq!(merged.text, "one\nTWO\nzwei\nthree");
        assert_eq!(text("", "theirs", "mine").text, "theirs\nmine");
        let same = text("one\r\ntwo", "one\nTWO", "one\r\nTWO");
        assert_eq!(
            (same.text.as_str(), same.clashes()),
            ("one\nTWO", false),
            "the same by both, however lines end"
        );
    }

    #[test]
    fn an_insertion_behind_lines_that_moved_is_where_it_was_made() {
        assert_eq!(text("c\n", "c\n", "\n\na").text, "\n\na");
        assert_eq!(text("c\n", "", "\n\na").text, "\n\na");
    }

    #[test]
    fn of_a_list_each_addition_and_each_removal_holds() {
        let of = |words: &str| -> Vec<String> { words.split_whitespace().map(str::to_owned).collect() };
        let merged = set(&of("a b c"), &of("a c new"), &of("b c mine NEW"), str::to_lowercase);
        assert_eq!(merged, of("c new mine"));
    }

    #[test]
    fn a_value_that_both_changed_is_nobodys() {
        assert_eq!(value(&1, &1, &2), Some(&2));
        assert_eq!(value(&1, &2, &1), Some(&2));
        assert_eq!(value(&1, &2, &2), Some(&2));
        assert_eq!(value(&1, &2, &3), None);
    }

    fn form(pairs: &[(&str, &str)]) -> Fields {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn of_two_forms_each_field_is_as_the_side_that_changed_it_has_it() {
        let base = form(&[("name", "a"), ("region", "eu"), ("tags", "x\ny"), ("note", "n")]);
        let theirs = form(&[("name", "a"), ("region", "us"), ("tags", "x\ny"), ("note", "theirs")]);
        let mine = form(&[("name", "b"), ("region", "eu"), ("tags", "x\r\ny\r\n"), ("note", "mine")]);
        let together = fields(Some(&base), &theirs, &mine);
        let expected = form(&[("name", "b"), ("region", "us"), ("tags", "x\ny"), ("note", "mine")]);
        assert_eq!(
            together,
            Together { fields: expected, kept: vec!["region".into()], both: vec!["note".into()] }
        );
        // The same by both, and nothing known of the beginning.
        assert_eq!(fields(Some(&base), &mine, &mine).both, Vec::<String>::new());
        let blind = fields(None, &theirs, &mine);
        assert_eq!((blind.both, blind.kept.len()), (vec!["name".into(), "note".into(), "region".into()], 0));
        assert_eq!(blind.fields["region"], "eu");
    }

    #[test]
    fn a_field_that_one_of_two_forms_does_not_know_is_empty_there() {
        // Others filled one in, emptied one, and made another that the form has no place for.
        let base = form(&[("name", "a"), ("gone", "x")]);
        let theirs = form(&[("name", "a"), ("unit", "theirs"), ("new", "x")]);
        let mine = form(&[("name", "b"), ("unit", ""), ("gone", "x")]);
        let together = fields(Some(&base), &theirs, &mine);
        let expected = form(&[("name", "b"), ("unit", "theirs"), ("gone", ""), ("new", "x")]);
        assert_eq!(
            together,
            Together { fields: expected, kept: vec!["gone".into(), "unit".into()], both: Vec::new() }
        );
    }

    /// An edit of some lines: those that go, and those that come instead.
    fn apply(base: &[String], at: usize, gone: usize, new: &[String]) -> Vec<String> {
        [&base[..at], new, &base[at + gone..]].concat()
    }

    proptest! {
        #[test]
        fn edits_of_lines_apart_merge_to_both(
            top in 0..6_usize, gap in 1..5_usize, bottom in 0..6_usize,
            (gone_a, gone_b) in (0..4_usize, 0..4_usize),
            new_a in vec("[a-c]{1,3}", 0..4), new_b in vec("[a-c]{1,3}", 0..4), swap: bool,
        ) {
            // Each line of the base is another, and none is one of the new ones.
            let count = top + gone_a + gap + gone_b + bottom;
            let base: Vec<String> = (0..count).map(|n| format!("line {n}")).collect();
            let at_b = top + gone_a + gap;
            let a = apply(&base, top, gone_a, &new_a);
            let b = apply(&base, at_b, gone_b, &new_b);
            let both = apply(&apply(&base, at_b, gone_b, &new_b), top, gone_a, &new_a);
            let (theirs, mine) = if swap { (b, a) } else { (a, b) };
            let merged = text(&base.join("\n"), &theirs.join("\n"), &mine.join("\n"));
            // No line at all and one empty line are the same text.
            if !base.is_empty() && !theirs.is_empty() && !mine.is_empty() && !both.is_empty() {
                prop_assert!(!merged.clashes());
                prop_assert_eq!(merged.text, both.join("\n"));
            }
        }

        #[test]
        fn no_line_that_either_wrote_is_lost_and_one_sides_alone_is_what_it_wrote(
            base in vec("[a-d]?", 1..8), theirs in vec("[a-d]?", 1..8), mine in vec("[a-d]?", 1..8),
        ) {
            let (b, t, m) = (base.join("\n"), theirs.join("\n"), mine.join("\n"));
            let merged = text(&b, &t, &m);
            for chunk in &merged.chunks {
                for line in chunk.theirs.iter().filter(|_| matches!(chunk.side, Side::Theirs | Side::Clash)) {
                    prop_assert!(merged.text.split('\n').any(|other| other == line));
                }
                for line in chunk.mine.iter().filter(|_| matches!(chunk.side, Side::Mine | Side::Clash)) {
                    prop_assert!(merged.text.split('\n').any(|other| other == line));
                }
            }
            let glued = |side: fn(&Chunk) -> &Vec<String>| -> String {
                merged.chunks.iter().flat_map(side).cloned().collect::<Vec<_>>().join("\n")
            };
            prop_assert_eq!(glued(|chunk| &chunk.base), b.clone());
            prop_assert_eq!(glued(|chunk| &chunk.theirs), t.clone());
            prop_assert_eq!(glued(|chunk| &chunk.mine), m.clone());
            prop_assert_eq!(text(&b, &t, &b).text, t.clone());
            prop_assert_eq!(text(&b, &b, &m).text, m.clone());
            prop_assert_eq!(text(&b, &t, &t).text, t);
        }
    }
}
