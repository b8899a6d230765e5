//! Wildcards: `*` is any run of characters, `?` is one.

/// At least one atom; no two `Any` in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(pub Vec<Atom>);

/// One step of a pattern. A character is a Unicode scalar value, in both databases too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Atom {
    Char(char),
    /// `?`
    One,
    /// `*`
    Any,
}

impl Pattern {
    /// Fits the whole text, case-sensitive.
    pub fn fits(&self, text: &str) -> bool {
        fit(&self.0, text, false, true).is_some()
    }
    /// The first part of `text` that fits, A to Z like a to z: the shortest of those that begin first.
    pub fn find(&self, text: &str) -> Option<std::ops::Range<usize>> {
        // Where some part fits, each start before it fails within the atoms before the first `*`: no quadratic time.
        if !self.within(text) {
            return None;
        }
        text.char_indices()
            .map(|(at, _)| at)
            .chain(std::iter::once(text.len()))
            .find_map(|at| fit(&self.0, text.get(at..)?, true, false).map(|length| at..at + length))
    }
    /// Some part of `text` fits, A to Z like a to z. In one pass, unlike [`Pattern::find`].
    pub fn within(&self, text: &str) -> bool {
        let mut atoms = Vec::with_capacity(self.0.len() + 1);
        atoms.push(Atom::Any);
        atoms.extend_from_slice(&self.0);
        fit(&atoms, text, true, false).is_some()
    }
}

/// How many bytes from the start of `text` fit the atoms; all of them where `whole`. Goes back to the last `*` only,
/// so the time is at most the product of both lengths.
fn fit(atoms: &[Atom], text: &str, fold: bool, whole: bool) -> Option<usize> {
    let (mut i, mut at) = (0, 0);
    // The atom after the last `*` and where the text for it begins.
    let mut back: Option<(usize, usize)> = None;
    loop {
        let next = text.get(at..).and_then(|rest| rest.chars().next());
        match (atoms.get(i), next) {
            (None, None) => return Some(at),
            (None, Some(_)) if !whole => return Some(at),
            (Some(Atom::Any), _) => {
                i += 1;
                back = Some((i, at));
                continue;
            }
            (Some(Atom::One), Some(c)) => {
                i += 1;
                at += c.len_utf8();
                continue;
            }
            (Some(Atom::Char(want)), Some(c)) if *want == c || (fold && want.eq_ignore_ascii_case(&c)) => {
                i += 1;
                at += c.len_utf8();
                continue;
            }
            _ => {}
        }
        let (resume, from) = back?;
        let skipped = text.get(from..)?.chars().next()?;
        back = Some((resume, from + skipped.len_utf8()));
        i = resume;
        at = from + skipped.len_utf8();
    }
}
