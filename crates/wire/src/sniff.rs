//! Guessing a format by the first bytes.

use domain::upload::Format;

use crate::lines::trim;

/// Never `Auto`. An object per line is NDJSON; a first line of short names, of which some are known or which the next lines
/// have as many fields as, is CSV; everything else is read line by line as log text.
pub fn sniff(first: &[u8]) -> Format {
    let text = trim(first);
    let mut lines = text.split(|c| *c == b'\n').map(trim).filter(|l| !l.is_empty());
    let Some(line) = lines.next() else { return Format::Ndjson };
    match line.first() {
        Some(b'{')
            if crate::json::envelope(text).is_some()
                && !(is_json(line) && lines.clone().next().is_some()) =>
        {
            Format::Json
        }
        Some(b'[') if matches!(text[1..].trim_ascii().first(), Some(b'{' | b']')) => Format::Json,
        Some(b'{') if is_json(line) => Format::Ndjson,
        // The only line may be cut off where the buffer ends; then its length decides nothing, and NDJSON reads it whole.
        Some(b'{') if lines.next().is_none() && line.len() > 2 => Format::Ndjson,
        Some(b'{') => Format::Json,
        _ if is_table(first) => Format::Csv,
        _ => Format::Syslog,
    }
}

fn is_json(line: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok()
}

/// Where the table of a CSV file begins, and what parts its fields.
pub struct Table {
    /// Bytes before the header.
    pub start: usize,
    /// Lines before the header.
    pub lines: u64,
    pub delimiter: u8,
    /// The file names its delimiter.
    named: bool,
}

/// Remarks that are looked at for a header: each is compared with a line that can be as long as the buffer.
const MAX_REMARKS: usize = 16;

/// Before the header may stand a byte order mark, the line `sep=;` with which Excel names the delimiter, and remarks: lines that
/// begin with `#`, unless one is as wide as the line below them and so the header itself. Where no delimiter is named, it is the one
/// of comma, semicolon, tab and bar that splits the header most.
pub fn table(first: &[u8]) -> Table {
    let mark = if first.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let begins = |start: usize, delimiter: u8, named: Option<u8>| {
        let lines = first[..start].split(|c| *c == b'\n').count() as u64 - 1;
        Table { start, lines, delimiter, named: named.is_some() }
    };
    let above = above(first, mark);
    let Some((at, line)) = above.below else {
        return begins(mark, above.named.unwrap_or_else(|| splits_most(&first[mark..])), above.named);
    };
    let by = |line: &[u8]| above.named.unwrap_or_else(|| splits_most(line));
    let is_header = |remark: &[u8]| {
        let by = by(remark);
        let (names, below) = (fields(remark, by), fields(line, by));
        names.len() > 1 && names.len() == below.len() && (known(&names) || !known(&below))
    };
    match above.remarks.iter().rev().take(MAX_REMARKS).find(|(_, remark)| is_header(remark)) {
        Some((start, remark)) => begins(*start, by(remark), above.named),
        None => begins(at, by(line), above.named),
    }
}

/// Whether all that is there stands above a table: what follows has to be seen to know where it begins.
pub(crate) fn is_above(first: &[u8]) -> bool {
    let above = above(first, if first.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 });
    let line = above.below.map(|(at, _)| at);
    (above.named.is_some() || !above.remarks.is_empty())
        && line.is_none_or(|at| !first[at..].contains(&b'\n'))
}

/// What stands above the first line of a table, and that line; each remark with where it begins.
#[derive(Default)]
struct Above<'a> {
    named: Option<u8>,
    remarks: Vec<(usize, &'a [u8])>,
    below: Option<(usize, &'a [u8])>,
}

fn above(first: &[u8], mark: usize) -> Above<'_> {
    let mut found = Above::default();
    let mut at = mark;
    for whole in first[mark..].split_inclusive(|c| *c == b'\n') {
        let line = trim(whole);
        // A tab is a delimiter too, and no blank to be trimmed.
        let kept = whole.strip_suffix(b"\n").unwrap_or(whole);
        let kept = kept.strip_suffix(b"\r").unwrap_or(kept);
        match (found.named, kept) {
            (None, [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', by]) => found.named = Some(*by),
            _ if line.starts_with(b"#") => found.remarks.push((at, line)),
            _ if line.is_empty() => {}
            _ => {
                found.below = Some((at, line));
                break;
            }
        }
        at += whole.len();
    }
    found
}

/// The fields of one line, quotes taken off.
fn fields(line: &[u8], by: u8) -> Vec<String> {
    let line = &line[..line.len().min(65_536)];
    let mut reader =
        ::csv::ReaderBuilder::new().delimiter(by).flexible(true).has_headers(false).from_reader(line);
    let first = reader.byte_records().next().and_then(Result::ok).unwrap_or_default();
    first.iter().map(|field| String::from_utf8_lossy(field).trim().to_ascii_lowercase()).collect()
}

fn splits_most(line: &[u8]) -> u8 {
    let line = &line[..line.len().min(65_536)];
    let count = |d: u8| line.split(|c| *c == d).count();
    [b'|', b'\t', b';', b','].into_iter().max_by_key(|d| count(*d)).unwrap_or(b',')
}

/// Whether the first line looks like the header of a table: several short names, of which two are columns of events, or
/// which are words as names are, with lines of as many fields below.
fn is_table(first: &[u8]) -> bool {
    let table = table(first);
    if table.named {
        return true;
    }
    let below = &first[table.start..];
    let header = String::from_utf8_lossy(header(below)).to_ascii_lowercase();
    let names: Vec<String> = header
        .trim()
        .split(char::from(table.delimiter))
        .map(|n| n.trim().trim_matches('"').to_owned())
        .collect();
    names.len() >= 2
        && plain(&names)
        && (known(&names) || (names_of_columns(&names) && as_wide_below(below, table.delimiter)))
}

/// Short, and what neither log lines nor values begin with.
fn plain(names: &[String]) -> bool {
    names.iter().all(|n| {
        n.len() <= 64 && !n.contains(['[', '{', '<', '=']) && !n.starts_with(|c: char| c.is_ascii_digit())
    })
}

/// Whether two of these are columns of events.
fn known(names: &[String]) -> bool {
    const KNOWN: [&str; 16] = [
        "time",
        "date",
        "timestamp",
        "occurred",
        "message",
        "msg",
        "severity",
        "level",
        "content",
        "event",
        "source",
        "host",
        "text",
        "component",
        "type",
        "description",
    ];
    plain(names) && names.iter().filter(|n| KNOWN.iter().any(|k| n.contains(k))).count() >= 2
}

/// At least three, different, of letters, digits and a little between them.
fn names_of_columns(names: &[String]) -> bool {
    let word = |n: &String| {
        n.starts_with(char::is_alphabetic)
            && n.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ' | '/' | '(' | ')'))
            && n.split_whitespace().count() <= 3
    };
    let different = names.iter().enumerate().all(|(i, n)| !names[..i].contains(n));
    names.len() >= 3 && names.len() <= 500 && different && names.iter().all(word)
}

/// Whether there are lines below the first one, and the next ones have as many fields.
fn as_wide_below(first: &[u8], by: u8) -> bool {
    let mut reader =
        ::csv::ReaderBuilder::new().delimiter(by).flexible(true).has_headers(false).from_reader(trim(first));
    let mut widths = reader.byte_records().take(6).map_while(|r| r.ok().map(|r| r.len())).collect::<Vec<_>>();
    // The last line may be cut off where the buffer ends.
    if widths.len() > 2 {
        widths.pop();
    }
    widths.len() >= 2 && widths.iter().all(|w| *w == widths[0])
}

fn header(first: &[u8]) -> &[u8] {
    let line = trim(first).split(|c| *c == b'\n').next().unwrap_or(&[]);
    &line[..line.len().min(65_536)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_begins_below_the_named_delimiter_and_remarks() {
        for (text, start, by) in [
            ("time,message\n", 0, b','),
            ("\u{feff}sep=;\r\ntime;a,b,c\r\n", 10, b';'),
            ("sep=\t\ntime\tmessage\n", 6, b'\t'),
            ("SEP=,\n\n# said, by whom, when\n\ntime,message\n", 30, b','),
            ("# one\n#time;message\n1;2\n", 6, b';'),
            ("#time,level,message\n2026-11-23T09:30:00Z,info,\"disk a, b full\"\n", 0, b','),
            ("#time,message\n# made today\n2026-11-23T09:30:00Z,a|b|c|d\n", 0, b','),
            ("# exported by mail, today\ntime,message\n2026-11-23T09:30:00Z,a\n", 26, b','),
            ("# made today\nsep=;\ntime;message\n", 19, b';'),
            ("# only remarks, cut of", 0, b','),
            ("sep=;", 0, b';'),
            ("sep=wide;message\n1;2\n", 0, b';'),
            ("", 0, b','),
        ] {
            let table = table(text.as_bytes());
            assert_eq!((table.start, table.delimiter), (start, by), "{text}");
        }
    }

    #[test]
    fn what_stands_above_a_table_is_not_all_of_it() {
        for text in ["sep=;\n", "# a\n# b", "\u{feff}sep=;\n# a\n", "# a\ntime,mess"] {
            assert!(is_above(text.as_bytes()), "{text}");
        }
        for text in ["", "time,message", "# a\ntime,message\n", "<34> x", "sep=;\nx\n"] {
            assert!(!is_above(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn formats_are_told_by_their_first_bytes() {
        for (text, format) in [
            ("{\"a\":1}\n{\"b\":2}\n", Format::Ndjson),
            ("{\"a\":1}", Format::Ndjson),
            ("{\"a\":1, \"b\": \"cut o", Format::Ndjson),
            ("[{\"a\":1},\n{\"b\":2}]", Format::Json),
            ("{\"Records\":[{\"a\":1}]}", Format::Json),
            ("{\"Records\":[{\"a\":1}]}\n{\"b\":2}\n", Format::Ndjson),
            (" [ ]", Format::Json),
            ("{\n  \"a\": 1\n}", Format::Json),
            ("timestamp,level,message\n1,2,3", Format::Csv),
            ("\u{feff}Time;Level;Message\r\n", Format::Csv),
            ("time\tmsg\n", Format::Csv),
            ("Wann;Wer;Was;Wie schlimm\n2026-11-23;root;\"a;b\";hoch\n2026-11-24;root;c;tief\n", Format::Csv),
            ("user,action,path\nroot,read,/etc\n", Format::Csv),
            ("disk full, retrying, again\n", Format::Syslog),
            ("first, second, third\nno, more\nat all\n", Format::Syslog),
            ("<34>1 2003-10-11T22:14:15.003Z host su - - - x", Format::Syslog),
            ("[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok", Format::Syslog),
            ("2016-09-28 04:30:30, Info                  CBS    event source, x", Format::Syslog),
            ("Dec 10 06:55:46 LabSZ sshd[24200]: time, event, message", Format::Syslog),
            ("", Format::Ndjson),
            ("sep=;\r\nWann;Was\r\n", Format::Csv),
            ("# exported by mail, today\n#\ntime,level,message\n1,2,3\n", Format::Csv),
            ("#time,level,message\n1,2,3\n", Format::Csv),
            ("# the log of today\nDec 10 06:55:46 LabSZ sshd[24200]: time, event, message", Format::Syslog),
        ] {
            assert_eq!(sniff(text.as_bytes()), format, "{text}");
        }
    }
}
