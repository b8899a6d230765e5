//! A JSON document: one object, an array of objects, `{"Records": [...]}` as AWS CloudTrail writes it, or values one after
//! another. Elements are cut out by a scanner that counts brackets, so nothing recurses and one element is held at a time.

use std::io::{self, BufRead};

use domain::Timestamp;
use domain::event::Mapping;

use crate::lines::{too_long, trim};
use crate::{MAX_LINE, Row, event, refuse};

/// The elements of a body in memory: of the array, or the one object. A cut-off element at the end is yielded too, and
/// refused by the parser.
pub fn elements(body: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    cut(trim(body), 0)
}

/// As [`elements`], of the start of a file: what AWS CloudTrail writes is its records.
pub fn file_elements(first: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    let first = trim(first);
    cut(first, envelope(first).unwrap_or_default())
}

/// `begin`: as [`Scanner::behind`].
fn cut(body: &[u8], begin: usize) -> impl Iterator<Item = (u64, &[u8])> {
    let mut at = begin;
    let mut scanner = Scanner::behind(begin);
    let mut start = None;
    std::iter::from_fn(move || {
        while at < body.len() {
            match scanner.step(body[at]) {
                Step::Skip => {}
                Step::Keep => {
                    start.get_or_insert(at);
                }
                Step::Last => {
                    at += 1;
                    return Some(&body[start.take().unwrap_or(at - 1)..at]);
                }
                // A bare value ends before its comma or bracket.
                Step::Before => {
                    let from = start.take();
                    at += 1;
                    if let Some(from) = from {
                        return Some(&body[from..at - 1]);
                    }
                    continue;
                }
            }
            at += 1;
        }
        start.take().map(|from| &body[from..])
    })
    .map(<[u8]>::trim_ascii)
    .filter(|e| !e.is_empty())
    .zip(0u64..)
    .map(|(element, index)| (index, element))
}

/// Where the array of an object begins whose first member is `Records`: the first of its elements may stand there.
pub(crate) fn envelope(body: &[u8]) -> Option<usize> {
    let mut rest = trim(body);
    for part in [&b"{"[..], b"\"Records\"", b":", b"["] {
        rest = rest.strip_prefix(part)?.trim_ascii_start();
    }
    Some(body.trim_ascii_end().len() - rest.len())
}

pub(crate) fn read<'a, R: BufRead + 'a>(
    mut input: R,
    mapping: &'a Mapping,
    now: Timestamp,
) -> io::Result<impl Iterator<Item = io::Result<Row>> + 'a> {
    let begin = envelope(input.fill_buf()?).unwrap_or_default();
    input.consume(begin);
    let mut bytes = input.bytes();
    let mut scanner = Scanner::behind(begin);
    let mut next = move || -> io::Result<Option<(Vec<u8>, bool)>> {
        let mut element = Vec::new();
        let mut cut = false;
        let mut keep =
            |element: &mut Vec<u8>, c| if element.len() < MAX_LINE { element.push(c) } else { cut = true };
        for c in bytes.by_ref() {
            let c = c?;
            match scanner.step(c) {
                // Blanks inside what is no JSON are of it.
                Step::Skip if element.is_empty() || scanner.others => {}
                Step::Skip | Step::Keep => keep(&mut element, c),
                Step::Last => {
                    keep(&mut element, c);
                    return Ok(Some((element, cut)));
                }
                Step::Before if element.trim_ascii().is_empty() => {}
                Step::Before => {
                    element.truncate(element.trim_ascii_end().len());
                    return Ok(Some((element, cut)));
                }
            }
        }
        element.truncate(element.trim_ascii_end().len());
        if !element.is_empty() {
            return Ok(Some((element, cut)));
        }
        if scanner.is_open() {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the JSON ends before its list does; the file was cut off",
            ));
        }
        Ok(None)
    };
    let mut failed = false;
    Ok(std::iter::from_fn(move || {
        if failed {
            return None;
        }
        let element = next();
        failed = element.is_err();
        element.transpose()
    })
    .zip(0u64..)
    .map(move |(element, index)| {
        let (bytes, cut) = element?;
        let event = match std::str::from_utf8(&bytes) {
            _ if cut => Err(too_long()),
            Ok(text) if text.trim().is_empty() => Err(refuse("empty")),
            _ => event::parse(&bytes, mapping, now),
        };
        Ok(Row { index, bytes, record: None, event, misfit: false })
    }))
}

/// What to do with a byte.
enum Step {
    /// Between elements.
    Skip,
    /// Of the element.
    Keep,
    /// The last byte of the element.
    Last,
    /// The element, if any, ended before this byte.
    Before,
}

/// Cuts a byte stream into elements. The outer array, commas and blanks are dropped.
#[derive(Default)]
struct Scanner {
    started: bool,
    /// Inside the outer array.
    array: bool,
    /// The array is a member of an object.
    member: bool,
    /// Behind that array: the other members of the object are no elements.
    others: bool,
    depth: usize,
    text: bool,
    escaped: bool,
}

impl Scanner {
    /// `begin`: bytes before the first element, where an object is around the array.
    fn behind(begin: usize) -> Self {
        let member = begin > 0;
        Self { started: member, array: member, member, ..Self::default() }
    }

    fn step(&mut self, c: u8) -> Step {
        if self.others {
            self.pass(c);
            return Step::Skip;
        }
        if self.text {
            self.spell(c);
            return Step::Keep;
        }
        if self.depth == 0 {
            match c {
                b' ' | b'\t' | b'\r' | b'\n' | 0xef | 0xbb | 0xbf => return Step::Skip,
                b'[' if !self.started => {
                    self.started = true;
                    self.array = true;
                    return Step::Skip;
                }
                b',' | b']' if self.array => {
                    if c == b']' {
                        let depth = usize::from(self.member);
                        *self = Self { started: true, others: self.member, depth, ..Self::default() };
                    }
                    return Step::Before;
                }
                _ => self.started = true,
            }
        }
        match c {
            b'"' => self.text = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    return Step::Last;
                }
            }
            _ => {}
        }
        Step::Keep
    }

    /// The list, or the object around it, was not closed.
    fn is_open(&self) -> bool {
        self.array || self.others
    }

    /// A byte inside quotes.
    fn spell(&mut self, c: u8) {
        match c {
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = true,
            b'"' => self.text = false,
            _ => {}
        }
    }

    /// A byte of an object to its end; what stands behind that is read on.
    fn pass(&mut self, c: u8) {
        match c {
            _ if self.text => self.spell(c),
            b'"' => self.text = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        if self.depth == 0 {
            *self = Self { started: true, ..Self::default() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<String> {
        let whole: Vec<_> =
            file_elements(text.as_bytes()).map(|(_, e)| String::from_utf8_lossy(e).into_owned()).collect();
        let mapping = Mapping::contract();
        let now = Timestamp::EPOCH;
        let streamed: Vec<_> = read(text.as_bytes(), &mapping, now)
            .unwrap()
            .map_while(Result::ok)
            .map(|r| String::from_utf8_lossy(r.bytes.trim_ascii()).into_owned())
            .collect();
        assert_eq!(whole, streamed, "{text}");
        whole
    }

    #[test]
    fn arrays_and_objects_are_cut_into_elements() {
        assert_eq!(pieces(r#"{"a":[1,2]}"#), [r#"{"a":[1,2]}"#]);
        assert_eq!(pieces(r#" [ {"a":"}]\""} , {"b":{}} ] "#), [r#"{"a":"}]\""}"#, r#"{"b":{}}"#]);
        assert_eq!(pieces("[1, [2,3],\"x,y\"]"), ["1", "[2,3]", "\"x,y\""]);
        assert_eq!(pieces("{\"a\":1}\n{\"b\":2}"), ["{\"a\":1}", "{\"b\":2}"]);
        assert_eq!(pieces("[]"), Vec::<String>::new());
        let inside = "\u{feff}\n{ \"Records\" :\n[ {\"a\":1} , {\"b\":[2]} ], \"Owner\": {\"c\": 3} } \n";
        assert_eq!(pieces(inside), [r#"{"a":1}"#, r#"{"b":[2]}"#]);
        let more = "{\"Records\":[{\"a\":1}],\"x\":\"]}\\\"\"}\n{\"Records\":[{\"b\":2}]}\n";
        assert_eq!(pieces(more), [r#"{"a":1}"#, r#"{"Records":[{"b":2}]}"#], "nothing is lost");
        assert_eq!(elements(br#"{"Records":[]}"#).count(), 1, "a body is taken as it is");
        assert_eq!(pieces(r#"{"Records":[]}"#), Vec::<String>::new());
        assert_eq!(pieces(r#"{"Records":[{"a":1},{"b"#), [r#"{"a":1}"#, r#"{"b"#]);
        assert_eq!(pieces(r#"{"Records":{"a":[1]}}"#), [r#"{"Records":{"a":[1]}}"#]);
        assert_eq!(pieces(""), Vec::<String>::new());
        assert_eq!(pieces(r#"[{"a":1},{"b"#), [r#"{"a":1}"#, r#"{"b"#]);
    }

    #[test]
    fn a_file_that_was_cut_off_says_so_after_its_last_row() {
        let mapping = Mapping::contract();
        for (text, rows) in [
            ("[{\"a\":1}, ", 1),
            ("[{\"a\":1}", 1),
            ("[", 0),
            ("{\"Records\": [", 0),
            ("{\"Records\": [{\"a\":1}], \"x\": ", 1),
        ] {
            let read: Vec<_> = read(text.as_bytes(), &mapping, Timestamp::EPOCH).unwrap().collect();
            assert_eq!(read.len(), rows + 1, "{text}");
            assert_eq!(read[rows].as_ref().unwrap_err().kind(), io::ErrorKind::UnexpectedEof, "{text}");
        }
        for whole in ["", "[]", "[{\"a\":1}]", "{\"Records\": []}", "{\"a\":1}", "[1]\n\n"] {
            let read: Vec<_> = read(whole.as_bytes(), &mapping, Timestamp::EPOCH).unwrap().collect();
            assert!(read.iter().all(Result::is_ok), "{whole}");
        }
    }

    #[test]
    fn what_is_no_json_is_told_as_it_stood() {
        let mapping = Mapping::contract();
        let text = "[{\"a\":1},  this   is \"not  a\" row  , {\"b\":2}]";
        let rows: Vec<_> =
            read(text.as_bytes(), &mapping, Timestamp::EPOCH).unwrap().map(Result::unwrap).collect();
        assert_eq!(String::from_utf8_lossy(rows[1].as_sent()), "this   is \"not  a\" row");
    }

    #[test]
    fn a_deep_document_does_not_recurse() {
        let deep = "[".repeat(2_000_000);
        let mapping = Mapping::contract();
        let rows: Vec<_> = read(deep.as_bytes(), &mapping, Timestamp::EPOCH).unwrap().collect();
        assert!(rows[0].as_ref().unwrap().event.is_err());
        assert!(rows.len() == 2 && rows[1].is_err(), "and it is not closed");
    }
}
