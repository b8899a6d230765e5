//! CSV with a header line, which [`table`] finds.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use domain::Timestamp;
use domain::event::{self, Cell, Mapping};
use serde_json::{Map, Value};

use crate::sniff::{Table, table};
use crate::{MAX_LINE, Row, refuse};

/// Each row's payload is an object of header name and text. Its `bytes` are the fields joined by U+001F, whatever the
/// quoting and the delimiter; a refused row has its `record` too.
pub(crate) fn read<'a, R: BufRead + 'a>(
    mut input: R,
    mapping: &'a Mapping,
    now: Timestamp,
) -> io::Result<impl Iterator<Item = io::Result<Row>> + 'a> {
    let Table { start, lines: above, delimiter: by, .. } = table(input.fill_buf()?);
    input.consume(start);
    let tail = Rc::new(RefCell::new(Tail::default()));
    let guard = Guard { input, tail: Rc::clone(&tail) };
    let mut reader = ::csv::ReaderBuilder::new().delimiter(by).flexible(true).from_reader(guard);
    let names = match reader.byte_headers() {
        Ok(headers) => names(headers),
        Err(e) => return Err(io::Error::other(format!("the header line cannot be read: {e}"))),
    };
    if tail.borrow().ended
        && let Some(line) = tail.borrow().open_quote(by, above + 1)
    {
        let said = format!("the quote that opens in line {line}, the header, is not closed");
        return Err(io::Error::new(io::ErrorKind::InvalidData, said));
    }
    let mut record = ::csv::ByteRecord::new();
    let mut index = 0;
    let mut over = false;
    Ok(std::iter::from_fn(move || {
        if over {
            return None;
        }
        let (from, line) = (reader.position().byte(), above + reader.position().line());
        tail.borrow_mut().begin(from);
        let row = match reader.read_byte_record(&mut record) {
            Ok(false) => return None,
            Ok(true) => {
                let bytes = record.iter().collect::<Vec<_>>().join(&0x1f);
                // A record that the end of the file closes has all that follows its quote in it.
                let ended = tail.borrow().ended;
                let open = if ended { tail.borrow().open_quote(by, line) } else { None };
                let event = match open {
                    Some(line) => Err(refuse(never_closed(line))),
                    None if bytes.len() > MAX_LINE => Err(crate::lines::too_long()),
                    None => parse(&names, &record, mapping, now),
                };
                let (tail, to) = (tail.borrow(), reader.position().byte());
                let misfit = has_more(&names, &record) || misquoted(tail.between(from, to), by);
                let record = match &event {
                    Ok(_) => None,
                    Err(_) => Some(tail.record(from, to)),
                };
                Row { index, bytes, record, event, misfit }
            }
            Err(e) => {
                over = true;
                if tail.borrow().spent <= MAX_LINE
                    && let ::csv::ErrorKind::Io(_) = e.kind()
                {
                    return Some(Err(io::Error::other(e)));
                }
                let reason = match tail.borrow().open_quote(by, line) {
                    Some(line) => never_closed(line) + "; the rest of the file was not read",
                    None => "longer than 1.5 MiB; the rest of the file was not read".to_owned(),
                };
                Row { index, bytes: Vec::new(), record: None, event: Err(refuse(reason)), misfit: false }
            }
        };
        index += 1;
        Some(Ok(row))
    }))
}

fn never_closed(line: u64) -> String {
    format!("the quote that opens in line {line} is not closed, so all that follows belongs to this row")
}

/// The names of the columns, each another one: of two with the same name the second is `name (2)`, so that neither is lost;
/// one without a name is `column 3`.
pub fn names(header: &::csv::ByteRecord) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(header.len());
    let mut taken = HashSet::new();
    // Where counting goes on: a header of half a million equal names takes no longer than one of different ones.
    let mut next: HashMap<String, usize> = HashMap::new();
    for (i, name) in header.iter().enumerate() {
        let name = String::from_utf8_lossy(name).trim().to_owned();
        let name = if name.is_empty() { nameless(i) } else { name };
        let mut own = name.clone();
        if !taken.insert(own.clone()) {
            let n = next.entry(name.clone()).or_insert(2);
            while {
                own = format!("{name} ({n})");
                *n += 1;
                !taken.insert(own.clone())
            } {}
        }
        names.push(own);
    }
    names
}

/// Whether there is something in fields that the header does not name.
fn has_more(names: &[String], record: &::csv::ByteRecord) -> bool {
    record.iter().skip(names.len()).any(|field| !field.trim_ascii().is_empty())
}

/// Whether a quote stands where it quotes nothing: behind a blank that begins a field, or closing with more of the field behind it.
fn misquoted(record: &[u8], delimiter: u8) -> bool {
    if !record.contains(&b'"') {
        return false;
    }
    let mut field = Field::Begins;
    let mut blank = false;
    for c in record {
        let next = field.step(*c, delimiter);
        if (field == Field::Closed && next == Field::Plain) || (blank && *c == b'"') {
            return true;
        }
        blank = next == Field::Plain && *c == b' ' && (blank || field == Field::Begins);
        field = next;
    }
    false
}

fn nameless(i: usize) -> String {
    format!("column {}", i + 1)
}

fn parse(
    names: &[String],
    record: &::csv::ByteRecord,
    mapping: &Mapping,
    now: Timestamp,
) -> Result<event::NewEvent, Vec<domain::invalid::FieldError>> {
    let fields: Vec<Cow<'_, str>> = record.iter().map(String::from_utf8_lossy).collect();
    let mut row = event::Row::new(mapping);
    let mut object = Map::new();
    for (i, field) in fields.iter().enumerate() {
        let name = names.get(i).cloned().unwrap_or_else(|| nameless(i));
        let cell = if field.trim().is_empty() { Cell::Null } else { Cell::Text(Cow::Borrowed(field)) };
        row.put(mapping, &name, cell);
        object.insert(name, Value::String(event::clean(field).into_owned()));
    }
    let payload = Value::Object(object).to_string();
    row.finish(mapping, event::sound(&payload).map_err(refuse)?.into_owned(), now)
}

/// What was read of the input, from the record that is being read on.
#[derive(Default)]
struct Tail {
    bytes: Vec<u8>,
    /// Where in the input `bytes` begins, and where the record does.
    start: u64,
    record: u64,
    /// Bytes read since the record began.
    spent: usize,
    /// The input is at its end.
    ended: bool,
}

impl Tail {
    fn begin(&mut self, record: u64) {
        self.record = record;
        self.spent = 0;
    }

    /// Takes in what was read, and forgets what lies before the record: once a read, not once a record.
    fn take(&mut self, read: &[u8]) {
        let gone = usize::try_from(self.record - self.start).unwrap_or(usize::MAX).min(self.bytes.len());
        self.bytes.drain(..gone);
        self.start += gone as u64;
        self.bytes.extend_from_slice(read);
        self.spent += read.len();
    }

    /// The line in which a quote opens that the bytes from the record on do not close; the record is read on from `line`.
    fn open_quote(&self, delimiter: u8, line: u64) -> Option<u64> {
        let from = usize::try_from(self.record.saturating_sub(self.start)).unwrap_or(usize::MAX);
        let bytes = self.bytes.get(from..)?;
        let mut field = Field::Begins;
        let mut opened = 0;
        for (i, c) in bytes.iter().enumerate() {
            if field == Field::Begins && *c == b'"' {
                opened = i;
            }
            field = field.step(*c, delimiter);
        }
        let lines = bytes.get(..opened)?.split(|c| *c == b'\n').count();
        (field == Field::Quoted).then_some(line + lines as u64 - 1)
    }

    /// A record without line ends around it, at most [`MAX_LINE`] bytes.
    fn record(&self, from: u64, to: u64) -> Vec<u8> {
        let part = self.between(from, to);
        part[..part.len().min(MAX_LINE)].to_vec()
    }

    /// A part of the input without line ends around it.
    fn between(&self, from: u64, to: u64) -> &[u8] {
        let at = |place: u64| {
            usize::try_from(place.saturating_sub(self.start)).unwrap_or(usize::MAX).min(self.bytes.len())
        };
        let mut part = &self.bytes[at(from)..at(to)];
        while let [b'\r' | b'\n', rest @ ..] = part {
            part = rest;
        }
        while let [rest @ .., b'\r' | b'\n'] = part {
            part = rest;
        }
        part
    }
}

/// Where in a field one is.
#[derive(Clone, Copy, PartialEq)]
enum Field {
    Begins,
    Plain,
    Quoted,
    /// Behind a quote inside quotes: its end, or the first of two.
    Closed,
}

impl Field {
    fn step(self, c: u8, delimiter: u8) -> Self {
        match (self, c) {
            (Self::Quoted, b'"') => Self::Closed,
            (Self::Begins | Self::Closed, b'"') | (Self::Quoted, _) => Self::Quoted,
            (_, b'\n' | b'\r') => Self::Begins,
            (_, c) if c == delimiter => Self::Begins,
            _ => Self::Plain,
        }
    }
}

/// Keeps the tail, and fails when one record has taken much more than [`MAX_LINE`], so that an open quote does not fill the
/// memory.
struct Guard<R> {
    input: R,
    tail: Rc<RefCell<Tail>>,
}

impl<R: Read> Read for Guard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.tail.borrow().spent > MAX_LINE + 65_536 {
            return Err(io::Error::other("a record is too long"));
        }
        let n = self.input.read(buffer)?;
        let mut tail = self.tail.borrow_mut();
        tail.take(&buffer[..n]);
        tail.ended |= n == 0 && !buffer.is_empty();
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Row> {
        let mapping = Mapping::import();
        read(text.as_bytes(), &mapping, "2026-11-24T06:00:00Z".parse().unwrap())
            .unwrap()
            .map(Result::unwrap)
            .collect()
    }

    #[test]
    fn quoted_fields_and_other_delimiters_are_read() {
        let rows =
            rows("\u{feff}Time;Level;Message;Extra\n2026-11-23 09:30:00;error;\"a;\n\"\"b\"\"\";7\n;;;\nx");
        let event = rows[0].event.as_ref().unwrap();
        assert_eq!(event.message, "a;\n\"b\"");
        assert_eq!(event.severity, domain::Severity::High);
        assert!(event.raw_payload.contains("\"Extra\":\"7\""));
        assert!(rows[1].event.is_err() && rows[2].event.is_err());
        assert_eq!(rows.len(), 3);
    }

    #[test]
    fn what_stands_above_the_header_is_no_row_and_counts_as_lines() {
        let found = rows(
            "sep=;\r\n# from the firewall\r\nTime;Message\r\n2026-11-23T09:30:00Z;a, b\r\n2026-11-23T09:31:00Z;\"open\r\n",
        );
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].event.as_ref().unwrap().message, "a, b");
        let reason = &found[1].event.as_ref().expect_err("refused")[0].reason;
        assert!(reason.contains("opens in line 5 "), "{reason}");
    }

    #[test]
    fn columns_of_one_name_are_all_kept() {
        let rows = rows("time,message,message,,message,message (2)\n2026-11-23T09:30:00Z,a,b,c,d,e,f");
        let event = rows[0].event.as_ref().unwrap();
        assert_eq!(event.message, "a");
        let payload: serde_json::Value = serde_json::from_str(&event.raw_payload).unwrap();
        let values: Vec<_> = payload.as_object().unwrap().values().filter_map(|v| v.as_str()).collect();
        assert_eq!(values.len(), 7);
        assert_eq!(payload["message (2)"], "b");
        assert_eq!(payload["message (3)"], "d");
        assert_eq!(payload["message (2) (2)"], "e");
    }

    #[test]
    fn a_header_of_many_equal_names_is_read() {
        let header = ::csv::ByteRecord::from(vec!["a"; 300_000]);
        let names = names(&header);
        assert_eq!((names[0].as_str(), names[299_999].as_str()), ("a", "a (300000)"));
    }

    #[test]
    fn a_refused_record_is_told_as_it_stood_in_the_file() {
        let rows = rows(
            "\u{feff}Time;Level;Message\r\nnever;high;\"a \"\"b\"\";\r\nc\"\r\n\r\n2026-11-23T09:30:00Z;low;fine\r\n\"never\" ;;é | x",
        );
        let sent: Vec<_> = rows.iter().map(|r| String::from_utf8_lossy(r.as_sent())).collect();
        assert_eq!(sent[0], "never;high;\"a \"\"b\"\";\r\nc\"");
        assert!(rows[1].event.is_ok() && rows[1].record.is_none());
        assert_eq!(sent[2], "\"never\" ;;é | x");
    }

    #[test]
    fn records_are_told_apart_however_the_input_is_cut() {
        let lines: Vec<String> = (0..3000).map(|n| format!("never,{n},{}", "y".repeat(n % 97))).collect();
        let rows = rows(&format!("time,n,message\n{}\n", lines.join("\n")));
        let sent: Vec<_> = rows.iter().map(|r| String::from_utf8_lossy(r.as_sent()).into_owned()).collect();
        assert_eq!(sent, lines);
    }

    #[test]
    fn rows_that_may_not_say_what_was_meant_are_told() {
        for (row, misfit) in [
            ("2026-11-23T09:30:00Z,\"a, b\",x", false),
            ("2026-11-23T09:30:00Z,\"a \"\"b\"\"\",x", false),
            ("2026-11-23T09:30:00Z,5\" disk, \"\"", true),
            ("2026-11-23T09:30:00Z,5\" disk,x", false),
            ("2026-11-23T09:30:00Z,a,x,", false),
            ("2026-11-23T09:30:00Z,a, b,x", true),
            ("2026-11-23T09:30:00Z, \"a\",x", true),
            ("2026-11-23T09:30:00Z,\"a \\\"b\\\" c\",x", true),
            ("2026-11-23T09:30:00Z,'a, b',x", true),
            ("2026-11-23T09:30:00Z,\"a\"", false),
        ] {
            assert_eq!(rows(&format!("time,message,x\n{row}\n"))[0].misfit, misfit, "{row}");
        }
    }

    #[test]
    fn an_open_quote_ends_in_a_refusal_not_in_memory() {
        let rows = rows(&format!("time,message\n1,good\n2,\"{}", "x".repeat(5_000_000)));
        assert_eq!(rows.len(), 2);
        assert!(rows[0].event.is_ok());
        let reason = &rows[1].event.as_ref().expect_err("refused")[0].reason;
        assert!(reason.contains("opens in line 3 is not closed") && reason.contains("not read"), "{reason}");
        let long = self::rows(&format!("time,message\n2,{}", "x".repeat(5_000_000)));
        let reason = &long[0].event.as_ref().expect_err("refused")[0].reason;
        assert!(reason.contains("longer than") && !reason.contains("quote"), "{reason}");
    }

    #[test]
    fn a_quote_that_the_file_does_not_close_is_named_by_its_line() {
        let text = "time,message\r\n2026-11-23T09:30:00Z,good\r\n2026-11-23T09:31:00Z,\"two\r\nlines\"\r\n\r\n2026-11-23T09:32:00Z,\"open\r\n2026-11-23T09:33:00Z,lost\r\n";
        let found = rows(text);
        assert_eq!(found.len(), 3);
        assert!(found[0].event.is_ok() && found[1].event.is_ok());
        let reason = &found[2].event.as_ref().expect_err("refused")[0].reason;
        assert!(reason.contains("opens in line 6 "), "{reason}");
        let kept = String::from_utf8_lossy(found[2].as_sent()).into_owned();
        assert!(kept.starts_with("2026-11-23T09:32:00Z") && kept.ends_with("lost"), "{kept}");
        // Quotes that do not begin a field, and those that are closed at the end, are none of that.
        for fine in ["5\" disk", "\"a \"\"b\"\"\"", "\"a\" b", "\"\""] {
            let found = rows(&format!("time,message,x\n2026-11-23T09:30:00Z,m,{fine}"));
            assert!(found[0].event.is_ok(), "{fine}: {:?}", found[0].event);
        }
        let mapping = Mapping::import();
        let header = read(&b"time,\"message\n1,2\n"[..], &mapping, domain::Timestamp::EPOCH);
        assert!(header.err().expect("refused").to_string().contains("opens in line 1"));
    }
}
