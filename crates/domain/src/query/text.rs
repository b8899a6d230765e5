//! Words of a text, and how a text is searched by them.
//!
//! A word is a maximal run of alphanumeric characters (Unicode), lower-cased character by character and cut to its
//! first [`MAX_LETTERS`]. The index of each database is filled with these words, so that all searches agree.

use std::borrow::Cow;
use std::ops::Range;

use super::lex::{Raw, literal};
use super::{Atom, Pattern, TextMatch};

/// Longest word, in characters.
pub const MAX_LETTERS: usize = 64;
/// The words of a text after these are not searched.
pub const MAX_WORDS: usize = 1000;
/// The words of a text before this one word's next occurrence are searched, the rest is not. PostgreSQL holds no more
/// than 255 positions of a word.
pub const MAX_SAME: usize = 200;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    pub text: Cow<'a, str>,
    /// Bytes of the searched text; all of a word that was cut.
    pub span: Range<usize>,
}

/// The searched words of a text: at most [`MAX_WORDS`], and no one word more than [`MAX_SAME`] times.
pub fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    Words { text, at: 0, count: 0, seen: Vec::new() }
}

struct Words<'a> {
    text: &'a str,
    at: usize,
    count: usize,
    /// How often each word came, in [`BUCKETS`]; filled only when there are more than `MAX_SAME` words, which is rare.
    /// A map of the standard library would be 2 kB more to download.
    seen: Vec<Vec<(Cow<'a, str>, usize)>>,
}

impl<'a> Iterator for Words<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        if self.count == MAX_WORDS {
            return None;
        }
        let word = word_at(self.text, self.at)?;
        if self.count == MAX_SAME {
            self.seen.resize(BUCKETS, Vec::new());
            let mut at = 0;
            while let Some(earlier) = word_at(self.text, at).filter(|w| w.span.start < word.span.start) {
                at = earlier.span.end;
                self.saw(earlier.text);
            }
        }
        if self.count >= MAX_SAME && self.saw(word.text.clone()) > MAX_SAME {
            self.count = MAX_WORDS;
            return None;
        }
        self.count += 1;
        self.at = word.span.end;
        Some(word)
    }
}

const BUCKETS: usize = 64;

impl<'a> Words<'a> {
    /// Counts a word; how often it came.
    fn saw(&mut self, word: Cow<'a, str>) -> usize {
        let hash = word.bytes().fold(0usize, |h, b| h.wrapping_mul(31).wrapping_add(usize::from(b)));
        let Some(bucket) = self.seen.get_mut(hash % BUCKETS) else { return 0 };
        if let Some((_, count)) = bucket.iter_mut().find(|(w, _)| *w == word) {
            *count += 1;
            return *count;
        }
        bucket.push((word, 1));
        1
    }
}

/// The first word at or after `from`.
fn word_at(text: &str, from: usize) -> Option<Word<'_>> {
    let rest = text.get(from..)?;
    let start = from + rest.find(char::is_alphanumeric)?;
    let rest = text.get(start..)?;
    let length = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
    let run = rest.get(..length)?;
    let plain = run.len() <= MAX_LETTERS && run.bytes().all(|c| matches!(c, b'a'..=b'z' | b'0'..=b'9'));
    let word = if plain {
        Cow::Borrowed(run)
    } else {
        Cow::Owned(run.chars().flat_map(char::to_lowercase).take(MAX_LETTERS).collect())
    };
    Some(Word { text: word, span: start..start + length })
}

impl TextMatch {
    /// A text searched as it is, like a quoted phrase. `None` for an empty one.
    pub fn phrase(text: &str) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        let words: Vec<String> = words(text).map(|w| w.text.into_owned()).collect();
        Some(if words.is_empty() {
            Self::Substring(text.to_owned())
        } else {
            Self::Words { words, prefix: false }
        })
    }
    /// `None` for what is empty; `*` alone is for the caller.
    pub(super) fn read(raw: &Raw) -> Option<Self> {
        let mut inner = raw.atoms.as_slice();
        let mut before = false;
        let mut after = false;
        while let [Atom::Any, rest @ ..] = inner {
            (inner, before) = (rest, true);
        }
        while let [rest @ .., Atom::Any] = inner {
            (inner, after) = (rest, true);
        }
        if inner.iter().any(|a| !matches!(a, Atom::Char(_))) {
            return Some(Self::Glob(Pattern(inner.to_vec())));
        }
        let text = literal(inner);
        if before {
            return (!text.is_empty()).then_some(Self::Substring(text));
        }
        let mut found = Self::phrase(&text)?;
        // Of `10.0.0.*` the last word is whole.
        if let Self::Words { prefix, .. } = &mut found {
            *prefix = after && text.ends_with(char::is_alphanumeric);
        }
        Some(found)
    }
    /// Of a text that is searched by its parts: [`TextMatch::Substring`] or [`TextMatch::Glob`]. `None` for what is empty.
    pub(super) fn part(raw: &Raw) -> Option<Self> {
        let any = |atom: &Atom| *atom == Atom::Any;
        let start = raw.atoms.iter().take_while(|atom| any(atom)).count();
        let inner = raw.atoms.get(start..).unwrap_or_default();
        let end = inner.len() - inner.iter().rev().take_while(|atom| any(atom)).count();
        let inner = inner.get(..end).unwrap_or_default();
        if inner.iter().any(|atom| !matches!(atom, Atom::Char(_))) {
            return Some(Self::Glob(Pattern(inner.to_vec())));
        }
        let text = literal(inner);
        (!text.is_empty()).then_some(Self::Substring(text))
    }
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Self::Words { words, prefix } => match words.as_slice() {
                [word] => self::words(text).any(|w| same(&w, word, *prefix)),
                _ => !find_words(words, *prefix, text, true).is_empty(),
            },
            Self::Glob(pattern) => pattern.within(text),
            Self::Substring(part) => find_part(part, text, 0).is_some(),
        }
    }
    /// The parts of `text` that match, from left to right, not overlapping.
    pub fn find(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut at = 0;
        match self {
            Self::Words { words, prefix } => return find_words(words, *prefix, text, false),
            Self::Glob(pattern) => {
                while let Some(part) = text.get(at..).and_then(|rest| pattern.find(rest)) {
                    let end = at + part.end.max(part.start + 1);
                    found.push(at + part.start..at + part.end);
                    at = end;
                }
            }
            Self::Substring(part) => {
                while let Some(start) = find_part(part, text, at) {
                    at = start + part.len().max(1);
                    found.push(start..at);
                }
            }
        }
        found
    }
}

fn same(word: &Word<'_>, wanted: &str, prefix: bool) -> bool {
    if prefix { word.text.starts_with(wanted) } else { word.text == wanted }
}

fn find_words(wanted: &[String], prefix: bool, text: &str, first: bool) -> Vec<Range<usize>> {
    let all: Vec<Word<'_>> = words(text).collect();
    let mut found = Vec::new();
    let mut rest = all.as_slice();
    while let Some(window) = rest.get(..wanted.len()) {
        let last = wanted.len().saturating_sub(1);
        let fits = window.iter().zip(wanted).enumerate().all(|(i, (w, t))| same(w, t, prefix && i == last));
        let (Some(head), Some(tail), true) = (window.first(), window.last(), fits) else {
            rest = rest.get(1..).unwrap_or_default();
            if wanted.is_empty() {
                break;
            }
            continue;
        };
        found.push(head.span.start..tail.span.end);
        if first {
            break;
        }
        rest = rest.get(wanted.len()..).unwrap_or_default();
    }
    found
}

/// Where `part` begins, A to Z like a to z.
fn find_part(part: &str, text: &str, from: usize) -> Option<usize> {
    let (part, text) = (part.as_bytes(), text.as_bytes());
    let at = text.get(from..)?.windows(part.len().max(1)).position(|w| w.eq_ignore_ascii_case(part))?;
    Some(from + at)
}
