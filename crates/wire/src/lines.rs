//! Lines of bounded length.

use std::io::{self, BufRead};

use domain::event::NewEvent;
use domain::invalid::FieldError;

use crate::{MAX_LINE, Row, refuse};

/// The non-blank lines of a body in memory with their index, without line ends. Blank lines do not count.
pub fn rows(body: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    body.split(|c| *c == b'\n')
        .map(trim)
        .filter(|line| !line.is_empty())
        .zip(0u64..)
        .map(|(line, index)| (index, line))
}

/// One line read.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    /// At most [`MAX_LINE`] bytes.
    pub bytes: Vec<u8>,
    /// Longer than that; the rest was passed over.
    pub cut: bool,
}

/// The non-blank lines of a reader; holds one line at a time, and of that at most [`MAX_LINE`] bytes.
#[derive(Debug)]
pub struct Lines<R> {
    input: R,
    failed: bool,
}

impl<R: BufRead> Lines<R> {
    pub fn new(input: R) -> Self {
        Self { input, failed: false }
    }

    fn line(&mut self) -> io::Result<Option<Line>> {
        let mut line = Line { bytes: Vec::new(), cut: false };
        let mut any = false;
        loop {
            let buffer = match self.input.fill_buf() {
                Ok(buffer) => buffer,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            if buffer.is_empty() {
                return Ok(any.then_some(line));
            }
            any = true;
            let end = buffer.iter().position(|c| *c == b'\n');
            let part = &buffer[..end.unwrap_or(buffer.len())];
            let room = MAX_LINE - line.bytes.len();
            line.cut |= part.len() > room;
            line.bytes.extend_from_slice(&part[..part.len().min(room)]);
            let used = end.map_or(buffer.len(), |n| n + 1);
            self.input.consume(used);
            if end.is_some() {
                return Ok(Some(line));
            }
        }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = io::Result<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.failed {
            match self.line() {
                Ok(None) => return None,
                Ok(Some(mut line)) => {
                    let trimmed = trim(&line.bytes);
                    if trimmed.is_empty() && !line.cut {
                        continue;
                    }
                    if trimmed.len() != line.bytes.len() {
                        line.bytes = trimmed.to_vec();
                    }
                    return Some(Ok(line));
                }
                Err(e) => {
                    self.failed = true;
                    return Some(Err(e));
                }
            }
        }
        None
    }
}

/// Rows out of lines; `parse` sees only lines that fit.
pub(crate) fn read<'a, R: BufRead + 'a>(
    input: R,
    mut parse: impl FnMut(&[u8]) -> Result<NewEvent, Vec<FieldError>> + 'a,
) -> impl Iterator<Item = io::Result<Row>> + 'a {
    Lines::new(input).zip(0u64..).map(move |(line, index)| {
        let line = line?;
        let event = if line.cut { Err(too_long()) } else { parse(&line.bytes) };
        Ok(Row { index, bytes: line.bytes, record: None, event, misfit: false })
    })
}

pub(crate) fn too_long() -> Vec<FieldError> {
    refuse("longer than 1.5 MiB; shorten the event")
}

/// Without blanks and carriage returns at either end, and without a byte order mark.
pub(crate) fn trim(line: &[u8]) -> &[u8] {
    line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line).trim_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_do_not_count() {
        let found: Vec<_> = rows(b"\xef\xbb\xbfa\r\n\r\n  \nb\nc").collect();
        assert_eq!(found, [(0, &b"a"[..]), (1, b"b"), (2, b"c")]);
    }

    #[test]
    fn a_huge_line_is_cut_and_the_next_one_is_read() {
        let input = io::Read::chain(io::Read::take(io::repeat(b'x'), 200_000_000), &b"\nnext\n"[..]);
        let lines: Vec<_> =
            Lines::new(io::BufReader::with_capacity(1 << 16, input)).map(Result::unwrap).collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].cut && lines[0].bytes.len() == MAX_LINE);
        assert_eq!(lines[1], Line { bytes: b"next".to_vec(), cut: false });
    }
}
