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
        Some(b'[') if matches!(text[1..].trim_ascii().first(), Some(b'{' | b']')) => Format::Json,
        Some(b'{') if serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok() => Format::Ndjson,
        // The only line may be cut off where the buffer ends; then its length decides nothing, and NDJSON reads it whole.
        Some(b'{') if lines.next().is_none() && line.len() > 2 => Format::Ndjson,
        Some(b'{') => Format::Json,
        _ if is_table(first) => Format::Csv,
        _ => Format::Syslog,
    }
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

/// Before the header may stand a byte order mark, the line `sep=;` with which Excel names the delimiter, and remarks: lines that
/// begin with `#`, unless the last of them is as wide as the line below and so the header itself. Where no delimiter is named, it is the one
/// of comma, semicolon, tab and bar that splits the header most.
pub fn table(first: &[u8]) -> Table {
    let mark = if first.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let (mut at, mut named, mut remark) = (mark, None, None);
    let begins = |start: usize, delimiter: u8, named: Option<u8>| {
        let lines = first[..start].split(|c| *c == b'\n').count() as u64 - 1;
        Table { start, lines, delimiter, named: named.is_some() }
    };
    for whole in first[mark..].split_inclusive(|c| *c == b'\n') {
        let line = trim(whole);
        // A tab is a delimiter too, and no blank to be trimmed.
        let kept = whole.strip_suffix(b"\n").unwrap_or(whole);
        let kept = kept.strip_suffix(b"\r").unwrap_or(kept);
        if let (None, None, [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', by]) = (named, remark, kept) {
            named = Some(*by);
        } else if line.starts_with(b"#") {
            remark = Some((at, line));
        } else if !line.is_empty() {
            let delimiter = named.unwrap_or_else(|| splits_most(line));
            let fields = |line: &[u8]| line.split(|c| *c == delimiter).count();
            let start = match remark {
                Some((start, remark)) if fields(remark) > 1 && fields(remark) == fields(line) => start,
                _ => at,
            };
            return begins(start, delimiter, named);
        }
        at += whole.len();
    }
    begins(mark, named.unwrap_or_else(|| splits_most(&first[mark..])), named)
}

fn splits_most(line: &[u8]) -> u8 {
    let line = &line[..line.len().min(65_536)];
    let count = |d: u8| line.split(|c| *c == d).count();
    [b'|', b'\t', b';', b','].into_iter().max_by_key(|d| count(*d)).unwrap_or(b',')
}

/// Whether the first line looks like the header of a table: several short names, of which two are columns of events, or
/// which are words as names are, with lines of as many fields below.
fn is_table(first: &[u8]) -> bool {
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
    let table = table(first);
    if table.named {
        return true;
    }
    let below = &first[table.start..];
    let header = String::from_utf8_lossy(header(below)).to_ascii_lowercase();
    let names: Vec<&str> =
        header.trim().split(char::from(table.delimiter)).map(|n| n.trim().trim_matches('"')).collect();
    let plain = names.iter().all(|n| {
        n.len() <= 64 && !n.contains(['[', '{', '<', '=']) && !n.starts_with(|c: char| c.is_ascii_digit())
    });
    let known = names.iter().filter(|n| KNOWN.iter().any(|k| n.contains(k))).count();
    names.len() >= 2
        && plain
        && (known >= 2 || (names_of_columns(&names) && as_wide_below(below, table.delimiter)))
}

/// At least three, different, of letters, digits and a little between them.
fn names_of_columns(names: &[&str]) -> bool {
    let word = |n: &&str| {
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
    fn formats_are_told_by_their_first_bytes() {
        for (text, format) in [
            ("{\"a\":1}\n{\"b\":2}\n", Format::Ndjson),
            ("{\"a\":1}", Format::Ndjson),
            ("{\"a\":1, \"b\": \"cut o", Format::Ndjson),
            ("[{\"a\":1},\n{\"b\":2}]", Format::Json),
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
