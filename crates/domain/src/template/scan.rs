//! The tokeniser behind templates: finds the variable parts of a message, left to right, without a regular expression.

mod numbers;

use super::words::{
    Marks, colon_address, file, host, is_command, is_constant, is_hyphened_mac, is_mail, is_name, is_path,
    is_qualified, is_time, tells,
};
use std::ops::Range;

use super::Slot;

/// Calls `found` for each variable part, in order, until it returns `false`. Ranges lie on character boundaries.
pub(super) fn walk(text: &str, found: impl FnMut(Range<usize>, Slot) -> bool) {
    let mut scan = Scan { b: text.as_bytes(), found, stopped: false, emitted: 0, closing: None };
    let is_record = scan.is_record();
    let (mut before, mut last) = (0..0, 0..0);
    let mut i = 0;
    while i < scan.b.len() && !scan.stopped {
        let c = scan.b[i];
        if c == b'<'
            && let Some(mark) =
                Slot::ALL.iter().map(|s| s.mark()).find(|m| scan.b[i..].starts_with(m.as_bytes()))
        {
            i += mark.len();
        } else if scan.closing == Some(i) {
            i += 1;
        } else if matches!(c, b'"' | b'\'' | b'`') {
            i = scan.quote(i);
        } else if !c.is_ascii()
            && let Some(end) = scan.typographic_quote(i)
        {
            i = scan.emit(i..end, Slot::Quoted);
        } else if c == b'='
            && let Some(value) = scan.value(i, &last)
        {
            i = scan.emit(value.clone(), Slot::Value);
            (before, last) = (last, value);
        } else if c == b'<' && is_digit(scan.b.get(i + 1)) {
            // `<1 sec` is a number like `00:01`.
            let stop = scan.with_unit(scan.number_end(i + 1));
            i = scan.emit(i..stop, Slot::Number);
        } else if c == b'('
            && let Some(command) = scan.cron_command(i, &last)
        {
            i = scan.emit(command, Slot::Value);
        } else if c == b'\n'
            && let Some(value) = scan.field(i + 1, is_record)
        {
            i = scan.emit(value.clone(), Slot::Value);
            (before, last) = (last, value);
        } else if is_break(c) {
            // `Invalid user  from`: the name is empty, and is a name still.
            if c == b' '
                && last.end + 1 == i
                && scan.b[last.end] == b' '
                && scan.b[last.clone()].eq_ignore_ascii_case(b"user")
            {
                let next = scan.until(i + 1, is_break);
                if next == i + 1 || !scan.is_person(i + 1, next, &before, &last) {
                    scan.emit(i..i, Slot::Id);
                }
            }
            i += 1;
        } else {
            let end = scan.until(i, is_break);
            let next = scan.word(i, end, &before, &last);
            before = last;
            last = i..end;
            i = next;
        }
    }
}

struct Scan<'a, F> {
    b: &'a [u8],
    found: F,
    stopped: bool,
    /// The end of the last part found.
    emitted: usize,
    /// The end of a quotation whose inside is read as text.
    closing: Option<usize>,
}

/// Longest value in brackets, and longest quotation.
const MAX_VALUE: usize = 512;

/// Ends a word.
fn is_break(c: u8) -> bool {
    const BREAKS: [bool; 256] = {
        let mut table = [false; 256];
        let mut c = 0;
        while c <= b' ' as usize {
            table[c] = true;
            c += 1;
        }
        let marks = b"\"'`()[]{}<>,;=|";
        let mut i = 0;
        while i < marks.len() {
            table[marks[i] as usize] = true;
            i += 1;
        }
        table
    };
    BREAKS[c as usize]
}
/// Ends the value after `=`.
fn is_value_break(c: u8) -> bool {
    c <= b' ' || matches!(c, b'"' | b'\'' | b'`' | b')' | b']' | b'}' | b'>' | b',' | b';' | b'|' | b'&')
}
/// Joins the parts of one identifier.
fn is_joint(c: u8) -> bool {
    matches!(c, b'_' | b'-' | b'.' | b':' | b'/' | b'#' | b'+' | b'@' | b'~' | b'$' | b'%')
}
/// Ends a path or URL, which may hold `=`, `(`, `{`, `|` and `,`.
fn is_path_break(c: u8) -> bool {
    c <= b' ' || matches!(c, b'"' | b'\'' | b'`' | b'<' | b'>' | b')' | b']' | b';' | b',' | b'|')
}
fn is_alnum(c: Option<&u8>) -> bool {
    c.is_some_and(u8::is_ascii_alphanumeric)
}
pub(super) fn is_digit(c: Option<&u8>) -> bool {
    c.is_some_and(u8::is_ascii_digit)
}

impl<F: FnMut(Range<usize>, Slot) -> bool> Scan<'_, F> {
    fn emit(&mut self, at: Range<usize>, slot: Slot) -> usize {
        let end = at.end;
        // What was found first stands.
        if !self.stopped && at.start >= self.emitted {
            self.emitted = end;
            self.stopped = !(self.found)(at, slot);
        }
        end
    }

    fn until(&self, from: usize, stop: impl Fn(u8) -> bool) -> usize {
        self.b[from..].iter().position(|c| stop(*c)).map_or(self.b.len(), |n| from + n)
    }

    /// Without sentence punctuation at the end.
    fn trimmed(&self, from: usize, mut end: usize) -> usize {
        while end > from && matches!(self.b[end - 1], b'.' | b':' | b'!' | b'?' | b',') {
            end -= 1;
        }
        end
    }

    /// A quoted text, except an empty one, a JSON key, an HTTP request line, a text that tells what happened
    /// (`msg="…"`) and an apostrophe. A backquote may be closed by an apostrophe, as GNU tools do.
    fn quote(&mut self, at: usize) -> usize {
        const METHODS: [&[u8]; 7] =
            [b"GET ", b"POST ", b"PUT ", b"DELETE ", b"HEAD ", b"PATCH ", b"OPTIONS "];
        if self.b[at] == b'\'' && at > 0 && is_alnum(self.b.get(at - 1)) {
            return at + 1;
        }
        let Some(close) = self.quote_end(at) else { return at + 1 };
        let inside = &self.b[at + 1..close];
        if inside.is_empty() {
            return close + 1;
        }
        if METHODS.iter().any(|m| inside.starts_with(m)) || at > 0 && self.b[at - 1] == b'=' {
            self.closing = Some(close);
            return at + 1;
        }
        if self.b.get(close + 1) == Some(&b':')
            && inside.iter().all(|c| c.is_ascii_alphabetic() || matches!(c, b'_' | b'-' | b'.'))
        {
            return close + 1;
        }
        self.emit(at..close + 1, Slot::Quoted)
    }

    /// The end of a quotation between marks that differ, as GNU tools write them in UTF-8 (`‘file’`) and people type them.
    fn typographic_quote(&self, at: usize) -> Option<usize> {
        const MARKS: [(&str, &[&str]); 5] =
            [("‘", &["’"]), ("“", &["”"]), ("„", &["“", "”"]), ("«", &["»"]), ("»", &["«"])];
        let rest = &self.b[at..self.b.len().min(at + MAX_VALUE)];
        let (open, closes) = MARKS.iter().find(|(open, _)| rest.starts_with(open.as_bytes()))?;
        // `‘tis … don’t`: what closes stands at the end of a word.
        let closes_at = |n: usize| {
            closes
                .iter()
                .any(|close| rest[n..].starts_with(close.as_bytes()) && !is_alnum(rest.get(n + close.len())))
        };
        let close = (open.len()..rest.len()).find(|n| closes_at(*n))?;
        // The marks that close are as long as those that open.
        (close > open.len()).then_some(at + close + open.len())
    }

    /// Where the quotation that opens at `at` closes.
    fn quote_end(&self, at: usize) -> Option<usize> {
        let mark = self.b[at];
        let rest = &self.b[at + 1..self.b.len().min(at + 1 + MAX_VALUE)];
        let mut n = 0;
        while n < rest.len() && rest[n] != mark && !(mark == b'`' && rest[n] == b'\'') {
            n += 1 + usize::from(rest[n] == b'\\');
        }
        (n < rest.len()).then_some(at + 1 + n)
    }

    /// The value of the assignment at `at`: `key=value`, `key = value`. It runs to a blank or a separator, over whole
    /// quotations and brackets. An empty value is none, and neither is a word after a key that tells what happened.
    fn value(&self, at: usize, key: &Range<usize>) -> Option<Range<usize>> {
        let spaced = key.end + 1 == at && self.b[key.end] == b' ';
        if key.end != at && !spaced || !self.b[key.clone()].iter().any(u8::is_ascii_alphabetic) {
            return None;
        }
        let mut start = at + 1;
        while spaced && start < at + 3 && self.b.get(start) == Some(&b' ') {
            start += 1;
        }
        if matches!(self.b.get(start), None | Some(b'=' | b'>' | b'~')) {
            return None;
        }
        if is_command(&self.b[key.clone()]) && !matches!(self.b.get(start), Some(b'"' | b'\'' | b' ')) {
            let end = self.until(start, |c| c == b';' || c == b'\n');
            return (end > start).then_some(start..end);
        }
        let mut end = start;
        while let Some(c) = self.b.get(end) {
            end = match c {
                b'"' | b'\'' if end == start => self.quote_end(end)? + 1,
                b'(' | b'[' | b'{' | b'<' => match self.bracket_end(end) {
                    Some(close) => close,
                    None => break,
                },
                b'=' if is_alnum(self.b.get(end + 1)) => break,
                c if is_value_break(*c) => break,
                _ => end + 1,
            };
        }
        let end = self.trimmed(start, end);
        let told = tells(&self.b[key.clone()])
            && (self.b[start] == b'"'
                || self.b[start] == b'\''
                || self.b[start..end]
                    .iter()
                    .all(|c| c.is_ascii_alphabetic() || matches!(c, b'_' | b'-' | b'.')));
        (end > start && !told).then(|| start..self.with_address(end))
    }

    /// Whether the lines are mostly fields, `Label: value` each, as Sysmon writes its events. A stack trace has a few at most.
    fn is_record(&self) -> bool {
        const FEW: usize = 3;
        const LOOKED_AT: usize = 4096;
        let lines = self.b.iter().take(LOOKED_AT).enumerate().filter(|(_, c)| **c == b'\n');
        lines.filter(|(at, _)| self.field(at + 1, true).is_some()).take(FEW).count() == FEW
    }

    /// The value of the field that is the line at `at`: to the end of the line, and over further lines of a list. After a tab,
    /// as in the events of Windows (`Account Name:\t\twardog`); after a blank where the text is a record.
    fn field(&self, at: usize, is_record: bool) -> Option<Range<usize>> {
        const LONGEST_LABEL: usize = 48;
        let line = at..self.until(at, |c| matches!(c, b'\r' | b'\n'));
        let label = self.beyond_blanks(line.start, line.end);
        let colon =
            label + self.b[label..line.end.min(label + LONGEST_LABEL)].iter().position(|c| *c == b':')?;
        let name = &self.b[label..colon];
        let fits = |c: &u8| c.is_ascii_alphanumeric() || matches!(c, b' ' | b'-' | b'/' | b'(' | b')');
        let named = name.first().is_some_and(u8::is_ascii_alphabetic) && name.iter().all(fits);
        let separated = match self.b.get(colon + 1) {
            Some(b'\t') => true,
            Some(b' ') => is_record && !name.contains(&b' '),
            _ => false,
        };
        let told = tells(name.rsplit(|c| *c == b' ').next().unwrap_or(name));
        if !named || !separated || told {
            return None;
        }
        let start = self.beyond_blanks(colon + 1, line.end);
        Some(start..self.list_end(line.end).max(start))
    }

    /// After the lines that only go on with the value above them: deep in, and without a label.
    fn list_end(&self, mut end: usize) -> usize {
        while let Some(line) =
            self.b[end..].iter().position(|c| *c == b'\n').filter(|n| *n <= 1).map(|n| end + n + 1)
            && self.b[line..].starts_with(b"\t\t")
        {
            let stop = self.until(line, |c| matches!(c, b'\r' | b'\n'));
            if self.b[line..stop].contains(&b':') {
                break;
            }
            end = stop;
        }
        end
    }

    fn beyond_blanks(&self, from: usize, end: usize) -> usize {
        self.b[from..end].iter().position(|c| !matches!(c, b' ' | b'\t')).map_or(end, |n| from + n)
    }

    /// After the address in square brackets that belongs to the name before it: `relay=mx.acme.example [203.0.113.9]`.
    fn with_address(&self, end: usize) -> usize {
        if !self.b[end..].starts_with(b" [") {
            return end;
        }
        self.ipv4(end + 2).filter(|stop| self.b.get(*stop) == Some(&b']')).map_or(end, |stop| stop + 1)
    }

    /// The command in brackets after cron's `CMD`.
    fn cron_command(&self, at: usize, last: &Range<usize>) -> Option<Range<usize>> {
        (self.b[last.clone()] == *b"CMD" && last.end + 1 == at)
            .then(|| self.bracket_end(at).map(|close| at + 1..close - 1))?
            .filter(|command| !command.is_empty())
    }

    /// After the bracket that closes the one at `at`.
    fn bracket_end(&self, at: usize) -> Option<usize> {
        let mut depth = 0;
        for (n, c) in self.b[at..self.b.len().min(at + MAX_VALUE)].iter().enumerate() {
            match c {
                b'(' | b'[' | b'{' | b'<' => depth += 1,
                b')' | b']' | b'}' | b'>' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Some(at + n + 1);
            }
        }
        None
    }

    /// One word; returns where to go on.
    fn word(&mut self, at: usize, end: usize, before: &Range<usize>, last: &Range<usize>) -> usize {
        let word = &self.b[at..end];
        let has = Marks::of(word);
        if has.any(Marks::SLASH)
            && let Some(n) = word.windows(3).position(|w| w == b"://")
            && word[..n].iter().all(u8::is_ascii_alphanumeric)
            && n > 0
        {
            let stop = self.trimmed(at, self.until(at, is_path_break));
            return self.emit(at..stop.max(at + n + 3), Slot::Url);
        }
        if word.len() == 3
            && let Some(stop) = self.worded_date(at)
        {
            return self.emit(at..stop, Slot::Number);
        }
        let short = self.trimmed(at, end);
        if short > at && self.is_person(at, short, before, last) {
            self.emit(at..short, Slot::Id);
            return end;
        }
        let urn = has.any(Marks::COLON) && (word.starts_with(b"arn:") || word.starts_with(b"urn:"));
        // A Windows package name with its versions.
        let package =
            has.any(Marks::TILDE) && has.any(Marks::DIGIT) && word.split(|c| *c == b'~').count() > 2;
        if package || urn && short > at + 4 {
            return self.emit(at..short, Slot::Id);
        }
        if self.b.get(end) == Some(&b'[')
            && let Some(stop) = self.ipv4(end + 1)
            && self.b.get(stop) == Some(&b']')
        {
            // `mail.acme.example[203.0.113.9]`, and `unknown[203.0.113.9]` when the resolver knows no name.
            return self.emit(at..stop + 1, Slot::Ip);
        }
        if has.any(Marks::SLASH)
            && let Some(stop) = self.java_address(at, end)
        {
            self.emit(at..stop, Slot::Ip);
            return self.inner(stop, end);
        }
        if has.any(Marks::SLASH) && is_path(word) {
            let stop = self.trimmed(at, self.until(at, is_path_break));
            if stop > at + 1 {
                return self.emit(at..stop, Slot::Path);
            }
        }
        let word = &self.b[at..short];
        if is_constant(word) {
            self.emit(at..short, Slot::Value);
            return end;
        }
        if !has.any(Marks::DIGIT | Marks::DOT | Marks::COLON | Marks::AT) {
            return end;
        }
        if has.any(Marks::AT) && is_mail(word) {
            self.emit(at..short, Slot::Mail);
            return end;
        }
        if is_hyphened_mac(word) {
            self.emit(at..short, Slot::Hex);
            return end;
        }
        if has.any(Marks::COLON)
            && let Some(slot) = colon_address(word)
        {
            self.emit(at..short, slot);
            return end;
        }
        if has.any(Marks::DOT)
            && let Some((n, slot)) = host(word).map(|n| (n, Slot::Ip)).or_else(|| file(word))
        {
            self.emit(at..at + n, slot);
            return self.inner(at + n, end);
        }
        if has.any(Marks::DOT | Marks::COLON)
            && let Some(from) = self.qualified_value(at, short, last)
        {
            let label = self.inner(at, from);
            return if label > from { label } else { self.emit(from..short, Slot::Value).max(end) };
        }
        self.inner(at, end)
    }

    /// `/10.0.0.1` and `name/10.0.0.1`, as Java prints an address with the name it was looked up by.
    fn java_address(&self, at: usize, end: usize) -> Option<usize> {
        let slash = self.b[at..end].iter().position(|c| *c == b'/')?;
        let name = &self.b[at..at + slash];
        (name.iter().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b'_')))
            .then(|| self.ipv4(at + slash + 1))?
    }

    /// Where a value begins that is a constant or a qualified name (`action:android.intent.action.VIEW`,
    /// `class org.example.Widget`). The class of an exception is not one: it tells what happened.
    fn qualified_value(&self, at: usize, end: usize, last: &Range<usize>) -> Option<usize> {
        let word = &self.b[at..end];
        if let Some(colon) = word.iter().position(|c| *c == b':') {
            let value = &word[colon + 1..];
            return (colon > 0 && (is_constant(value) || is_qualified(value))).then_some(at + colon + 1);
        }
        let label = &self.b[last.clone()];
        let follows = last.end < at && self.b[last.end..at].iter().all(|c| *c == b' ');
        (follows && (label.ends_with(b":") || label.eq_ignore_ascii_case(b"class")) && is_qualified(word))
            .then_some(at)
    }

    /// A user's name: after `user` or `user:`, or between `password for` and `from`.
    fn is_person(&self, at: usize, end: usize, before: &Range<usize>, last: &Range<usize>) -> bool {
        /// What follows `user` in a sentence and is no name.
        const AFTER_USER: [&[u8]; 41] = [
            b"unknown",
            b"not",
            b"is",
            b"was",
            b"has",
            b"authentication",
            b"name",
            b"names",
            b"session",
            b"agent",
            b"with",
            b"for",
            b"from",
            b"to",
            b"and",
            b"or",
            b"in",
            b"on",
            b"does",
            b"account",
            b"id",
            b"login",
            b"error",
            b"request",
            b"by",
            b"at",
            b"of",
            b"who",
            b"that",
            b"can",
            b"cannot",
            b"must",
            b"may",
            b"already",
            b"defined",
            b"data",
            b"input",
            b"space",
            b"mode",
            b"process",
            b"interface",
        ];
        const AUTHENTICATION: [&[u8]; 11] = [
            b"password",
            b"publickey",
            b"keyboard-interactive",
            b"keyboard-interactive/pam",
            b"hostbased",
            b"gssapi-with-mic",
            b"login",
            b"logon",
            b"authentication",
            b"certificate",
            b"none",
        ];
        let word = &self.b[at..end];
        let label = &self.b[last.clone()];
        let is = |w: &[u8], text: &[u8]| w.eq_ignore_ascii_case(text);
        if at == 0
            || self.b[at - 1] != b' '
            || self.b.get(end) == Some(&b'=')
            || word.iter().any(|c| matches!(c, b'/' | b'\\' | b':' | b'@'))
        {
            return false;
        }
        let follows = self.b[last.end.min(at)..at].iter().all(|c| *c == b' ');
        if is(label, b"user") || is(label, b"username") {
            return follows && !AFTER_USER.iter().any(|w| is(word, w));
        }
        if is(label, b"user:") || is(label, b"username:") || is(label, b"login:") {
            return follows;
        }
        is(label, b"for")
            && AUTHENTICATION.iter().any(|w| is(&self.b[before.clone()], w))
            && self.b[end..].starts_with(b" from ")
    }

    /// Numbers and identifiers inside a word.
    fn inner(&mut self, at: usize, end: usize) -> usize {
        let mut i = at;
        while i < end && !self.stopped {
            let c = self.b[i];
            let fresh = i == 0 || !is_alnum(self.b.get(i - 1));
            i = if !fresh {
                i + 1
            } else if c.is_ascii_alphanumeric() {
                self.token(i)
            } else if matches!(c, b'-' | b'+') && is_digit(self.b.get(i + 1)) && self.ipv4(i + 1).is_none() {
                let stop = self.number_end(i + 1);
                if is_alnum(self.b.get(stop)) { i + 1 } else { self.emit(i..stop, Slot::Number) }
            } else {
                i + 1
            };
        }
        i.max(end)
    }
}
