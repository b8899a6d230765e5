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

/// The delimiter of a table: of comma, semicolon, tab and bar the one that splits its header line most.
pub fn delimiter(first: &[u8]) -> u8 {
    let header = header(first);
    let count = |d: u8| header.split(|c| *c == d).count();
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
    let header = String::from_utf8_lossy(header(first)).to_ascii_lowercase();
    let names: Vec<&str> =
        header.trim().split(char::from(delimiter(first))).map(|n| n.trim().trim_matches('"')).collect();
    let plain = names.iter().all(|n| {
        n.len() <= 64 && !n.contains(['[', '{', '<', '=']) && !n.starts_with(|c: char| c.is_ascii_digit())
    });
    let known = names.iter().filter(|n| KNOWN.iter().any(|k| n.contains(k))).count();
    names.len() >= 2 && plain && (known >= 2 || (names_of_columns(&names) && as_wide_below(first)))
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
fn as_wide_below(first: &[u8]) -> bool {
    let by = delimiter(first);
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
        ] {
            assert_eq!(sniff(text.as_bytes()), format, "{text}");
        }
    }
}
