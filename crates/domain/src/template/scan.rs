//! The tokeniser behind templates: finds the variable parts of a message, left to right, without a regular expression.

use super::words::{adjacent, colon_address, host, is_mail, is_name, is_path, is_time};
use std::ops::Range;

use super::Slot;

/// Calls `found` for each variable part, in order, until it returns `false`. Ranges lie on character boundaries.
pub(super) fn walk(text: &str, found: impl FnMut(Range<usize>, Slot) -> bool) {
    let mut scan = Scan { b: text.as_bytes(), found, stopped: false };
    let (mut before, mut last) = (0..0, 0..0);
    let mut i = 0;
    while i < scan.b.len() && !scan.stopped {
        let c = scan.b[i];
        if c == b'<'
            && let Some(mark) =
                Slot::ALL.iter().map(|s| s.mark()).find(|m| scan.b[i..].starts_with(m.as_bytes()))
        {
            i += mark.len();
        } else if matches!(c, b'"' | b'\'') {
            i = scan.quote(i);
        } else if c == b'<' && is_digit(scan.b.get(i + 1)) {
            // `<1 sec` is a number like `00:01`.
            let stop = scan.with_unit(scan.number_end(i + 1));
            i = scan.emit(i..stop, Slot::Number);
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
}

/// Ends a word.
fn is_break(c: u8) -> bool {
    c <= b' '
        || matches!(
            c,
            b'"' | b'\''
                | b'`'
                | b'('
                | b')'
                | b'['
                | b']'
                | b'{'
                | b'}'
                | b'<'
                | b'>'
                | b','
                | b';'
                | b'='
                | b'|'
        )
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
        if !self.stopped {
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

    /// A quoted text, except an empty one, a JSON key, an HTTP request line and an apostrophe.
    fn quote(&mut self, at: usize) -> usize {
        const METHODS: [&[u8]; 7] =
            [b"GET ", b"POST ", b"PUT ", b"DELETE ", b"HEAD ", b"PATCH ", b"OPTIONS "];
        let mark = self.b[at];
        if mark == b'\'' && at > 0 && is_alnum(self.b.get(at - 1)) {
            return at + 1;
        }
        let rest = &self.b[at + 1..self.b.len().min(at + 513)];
        let mut n = 0;
        while n < rest.len() && rest[n] != mark {
            n += 1 + usize::from(rest[n] == b'\\');
        }
        if n == 0 || n >= rest.len() || METHODS.iter().any(|m| rest.starts_with(m)) {
            return at + 1 + usize::from(n == 0);
        }
        let end = at + n + 2;
        if self.b.get(end) == Some(&b':')
            && rest[..n].iter().all(|c| c.is_ascii_alphabetic() || matches!(c, b'_' | b'-' | b'.'))
        {
            return end;
        }
        self.emit(at..end, Slot::Quoted)
    }

    /// One word; returns where to go on.
    fn word(&mut self, at: usize, end: usize, before: &Range<usize>, last: &Range<usize>) -> usize {
        let word = &self.b[at..end];
        if let Some(n) = word.windows(3).position(|w| w == b"://")
            && word[..n].iter().all(u8::is_ascii_alphanumeric)
            && n > 0
        {
            let stop = self.trimmed(at, self.until(at, is_path_break));
            return self.emit(at..stop.max(at + n + 3), Slot::Url);
        }
        if let Some(stop) = self.worded_date(at) {
            return self.emit(at..stop, Slot::Number);
        }
        let short = self.trimmed(at, end);
        if short > at && self.is_person(at, short, before, last) {
            self.emit(at..short, Slot::Id);
            return end;
        }
        if word.split(|c| *c == b'~').count() > 2 && word.iter().any(u8::is_ascii_digit) {
            // A Windows package name with its versions.
            return self.emit(at..short, Slot::Id);
        }
        if is_path(word) {
            let stop = self.trimmed(at, self.until(at, is_path_break));
            if stop > at + 1 {
                return self.emit(at..stop, Slot::Path);
            }
        }
        let word = &self.b[at..short];
        if is_mail(word) {
            self.emit(at..short, Slot::Mail);
            return end;
        }
        if let Some(slot) = colon_address(word) {
            self.emit(at..short, slot);
            return end;
        }
        if let Some(n) = host(word) {
            self.emit(at..at + n, Slot::Ip);
            return self.inner(at + n, end);
        }
        self.inner(at, end)
    }

    /// A user's name: after `user`, `user=`, `account=`, or between `password for` and `from`.
    fn is_person(&self, at: usize, end: usize, before: &Range<usize>, last: &Range<usize>) -> bool {
        const AFTER_USER: [&[u8]; 25] = [
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
        ];
        let word = &self.b[at..end];
        let last = &self.b[last.clone()];
        let joint = &self.b[..at];
        let is = |w: &[u8], text: &[u8]| w.eq_ignore_ascii_case(text);
        if word.iter().any(|c| matches!(c, b'/' | b'\\' | b':' | b'@')) {
            return false;
        }
        match joint.last() {
            Some(b'=') => {
                [b"user".as_slice(), b"ruser", b"username", b"account", b"logname"]
                    .iter()
                    .any(|k| is(last, k))
                    && adjacent(joint, last)
            }
            Some(b' ') if is(last, b"user") => {
                joint.len() > 4
                    && joint.trim_ascii_end().ends_with(last)
                    && !AFTER_USER.iter().any(|w| is(word, w))
            }
            Some(b' ') if is(last, b"for") => {
                let how = &self.b[before.clone()];
                (is(how, b"password") || is(how, b"publickey")) && self.b[end..].starts_with(b" from ")
            }
            _ => false,
        }
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

    /// `Fri Jun 17 07:07:00 2005`, with or without the year.
    fn worded_date(&self, at: usize) -> Option<usize> {
        const WEEK: [&[u8]; 7] = [b"Mon ", b"Tue ", b"Wed ", b"Thu ", b"Fri ", b"Sat ", b"Sun "];
        let b = self.b.get(at..self.b.len().min(at + 24))?;
        let clock = b.len() >= 19
            && WEEK.iter().any(|w| b.starts_with(w))
            && b[4..7].iter().all(u8::is_ascii_alphabetic)
            && b[9].is_ascii_digit()
            && b[10] == b' '
            && [11, 12, 14, 15, 17, 18].iter().all(|i| b[*i].is_ascii_digit())
            && b[13] == b':'
            && b[16] == b':';
        let year = b.len() == 24 && b[19] == b' ' && b[20..].iter().all(u8::is_ascii_digit);
        clock.then_some(at + if year { 24 } else { 19 })
    }

    /// An address with its reverse name in brackets, which may be empty, is one address: `24.54.76.216 (a.b.net)`.
    fn with_name(&self, end: usize) -> usize {
        let rest = &self.b[end..self.b.len().min(end + 260)];
        let Some(inside) = rest.strip_prefix(b" (") else { return end };
        let Some(close) = inside.iter().position(|c| *c == b')') else { return end };
        let name = &inside[..close];
        let named =
            name.is_empty() || host(name) == Some(close) || self.ipv4(end + 2) == Some(end + 2 + close);
        if named { end + 2 + close + 1 } else { end }
    }

    /// A number with its unit is one number: ` sec`, ` bytes`, and the repetition in brackets that only large sizes have
    /// (`18846 bytes (18.4 KB)`).
    fn with_unit(&self, end: usize) -> usize {
        let rest = &self.b[end..self.b.len().min(end + 32)];
        if rest.starts_with(b" sec") && !is_alnum(rest.get(4)) {
            return end + 4;
        }
        if !rest.starts_with(b" bytes") || is_alnum(rest.get(6)) {
            return end;
        }
        let bracket = &rest[6..];
        let close = bracket
            .iter()
            .position(|c| *c == b')')
            .filter(|_| bracket.starts_with(b" (") && is_digit(bracket.get(2)));
        let size = close.filter(|n| {
            bracket[2..*n]
                .iter()
                .all(|c| c.is_ascii_digit() || matches!(c, b'.' | b' ' | b'K' | b'M' | b'G' | b'T' | b'B'))
        });
        end + 6 + size.map_or(0, |n| n + 1)
    }

    /// A run of letters and digits that starts at `at`.
    fn token(&mut self, at: usize) -> usize {
        if self.is_uuid(at) {
            return self.emit(at..at + 36, Slot::Uuid);
        }
        if let Some(stop) = self.ipv4(at) {
            let mut stop = self.with_name(stop);
            // `X-Forwarded-For` lists.
            while self.b.get(stop) == Some(&b',') {
                let next = stop + 1 + usize::from(self.b.get(stop + 1) == Some(&b' '));
                let Some(more) = self.ipv4(next) else { break };
                stop = more;
            }
            return self.emit(at..stop, Slot::Ip);
        }
        if let Some(range) = self.compound_id(at) {
            return self.emit(range, Slot::Id);
        }
        let end = self.until(at, |c| !c.is_ascii_alphanumeric());
        let token = &self.b[at..end];
        let digits = token.iter().filter(|c| c.is_ascii_digit()).count();
        if digits == 0 {
            return end;
        }
        let hex = |t: &[u8]| t.iter().all(u8::is_ascii_hexdigit);
        if token.len() > 2 && token[0] == b'0' && matches!(token[1], b'x' | b'X') && hex(&token[2..]) {
            return self.emit(at..end, Slot::Hex);
        }
        if digits < token.len() && token.len() >= 8 && hex(token) {
            return self.emit(at..end, Slot::Hex);
        }
        let changes = token.windows(2).filter(|w| w[0].is_ascii_digit() != w[1].is_ascii_digit()).count();
        if token.len() >= 10 && changes >= 3 && !is_time(token) {
            return self.emit(at..end, Slot::Id);
        }
        if is_name(token) {
            return end;
        }
        if token[0].is_ascii_digit() {
            let stop = self.with_unit(self.number_end(at));
            self.emit(at..stop, Slot::Number);
            return self.digit_runs(stop, end.max(stop));
        }
        self.digit_runs(at, end)
    }

    fn digit_runs(&mut self, at: usize, end: usize) -> usize {
        let mut i = at;
        while i < end {
            if self.b[i].is_ascii_digit() {
                let stop =
                    if i + 1 < end { self.until(i, |c| !c.is_ascii_digit()) } else { self.number_end(i) };
                i = self.emit(i..stop, Slot::Number);
            } else {
                i += 1;
            }
        }
        i
    }

    /// Digits joined by `.` `:` `/` `,` `-` or the `T` of a timestamp: one number, version, date or time.
    fn number_end(&self, at: usize) -> usize {
        let mut i = at;
        loop {
            while is_digit(self.b.get(i)) {
                i += 1;
            }
            match self.b.get(i) {
                Some(b'.' | b':' | b'/' | b',' | b'-' | b'T') if is_digit(self.b.get(i + 1)) => i += 1,
                Some(b'Z') if i > at + 14 && !is_alnum(self.b.get(i + 1)) => return i + 1,
                _ => return i,
            }
        }
    }

    fn is_uuid(&self, at: usize) -> bool {
        self.b.get(at..at + 36).is_some_and(|u| {
            u.iter()
                .enumerate()
                .all(|(i, c)| if matches!(i, 8 | 13 | 18 | 23) { *c == b'-' } else { c.is_ascii_hexdigit() })
        }) && !is_alnum(self.b.get(at + 36))
    }

    /// Four numbers up to 255, and nothing that makes it a longer version or name.
    fn ipv4(&self, at: usize) -> Option<usize> {
        let mut i = at;
        for part in 0..4 {
            if part > 0 {
                if self.b.get(i) != Some(&b'.') {
                    return None;
                }
                i += 1;
            }
            let start = i;
            let mut value = 0u32;
            while i - start < 4 && is_digit(self.b.get(i)) {
                value = value * 10 + u32::from(self.b[i] - b'0');
                i += 1;
            }
            if i == start || value > 255 {
                return None;
            }
        }
        let longer = is_alnum(self.b.get(i)) || (self.b.get(i) == Some(&b'.') && is_alnum(self.b.get(i + 1)));
        (!longer).then_some(i)
    }

    /// `attempt_1445144423722_0020_m_000000_0`: from the first number on, where three or more are joined by `_`.
    fn compound_id(&self, at: usize) -> Option<Range<usize>> {
        let end = self.until(at, |c| !c.is_ascii_alphanumeric() && c != b'_');
        let compound = &self.b[at..end];
        if !compound.contains(&b'_') {
            return None;
        }
        let mut from = at;
        let mut first = None;
        let mut numbers = 0;
        for part in compound.split(|c| *c == b'_') {
            if !part.is_empty() && part.iter().all(u8::is_ascii_digit) {
                numbers += 1;
                first.get_or_insert(from);
            }
            from += part.len() + 1;
        }
        // Only when the walk stands at the number or at the words before it.
        first.filter(|_| numbers >= 3).map(|first| first..end)
    }
}
