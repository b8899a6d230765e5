//! Numbers, dates, identifiers and addresses: what begins with a digit or holds some.

use std::ops::Range;

use super::{Scan, Slot, host, is_alnum, is_digit, is_joint, is_name, is_time};

impl<F: FnMut(Range<usize>, Slot) -> bool> Scan<'_, F> {
    /// `Fri Jun 17 07:07:00 CEST 2005`, with or without the day of the week, the zone and the year.
    pub(super) fn worded_date(&self, at: usize) -> Option<usize> {
        const WEEK: [&[u8]; 7] = [b"Mon ", b"Tue ", b"Wed ", b"Thu ", b"Fri ", b"Sat ", b"Sun "];
        const MONTHS: [&[u8]; 12] = [
            b"Jan ", b"Feb ", b"Mar ", b"Apr ", b"May ", b"Jun ", b"Jul ", b"Aug ", b"Sep ", b"Oct ",
            b"Nov ", b"Dec ",
        ];
        let start = self.b.get(at..at + 4)?;
        if start[3] != b' ' {
            return None;
        }
        let month = if WEEK.contains(&start) { at + 4 } else { at };
        let b = self.b.get(month..month + 15)?;
        let clock = MONTHS.contains(&&b[..4])
            && b[5].is_ascii_digit()
            && b[6] == b' '
            && [7, 8, 10, 11, 13, 14].iter().all(|i| b[*i].is_ascii_digit())
            && b[9] == b':'
            && b[12] == b':';
        if !clock || is_digit(self.b.get(month + 15)) {
            return None;
        }
        let end = month + 15;
        let year = |from: usize| {
            self.b.get(from) == Some(&b' ')
                && (1..5).all(|i| is_digit(self.b.get(from + i)))
                && !is_alnum(self.b.get(from + 5))
        };
        let zone = self.b[end..].iter().skip(1).take_while(|c| c.is_ascii_uppercase()).count();
        if year(end) {
            Some(end + 5)
        } else if (3..=4).contains(&zone) && self.b[end] == b' ' && year(end + 1 + zone) {
            Some(end + 1 + zone + 5)
        } else {
            Some(end)
        }
    }

    /// An address with its reverse name in brackets, which may be empty, is one address: `24.54.76.216 (a.b.net)`.
    pub(super) fn with_name(&self, end: usize) -> usize {
        let rest = &self.b[end..self.b.len().min(end + 260)];
        let Some(inside) = rest.strip_prefix(b" (") else { return end };
        let Some(close) = inside.iter().position(|c| *c == b')') else { return end };
        let name = &inside[..close];
        let named =
            name.is_empty() || host(name) == Some(close) || self.ipv4(end + 2) == Some(end + 2 + close);
        if named { end + 2 + close + 1 } else { end }
    }

    /// A number with the word of its unit is one number, since the unit changes with the number: `1 second`,
    /// `5.2 KB`, and a repetition in brackets that only large sizes have (`18846 bytes (18.4 KB)`).
    pub(super) fn with_unit(&self, end: usize) -> usize {
        const UNITS: [&[u8]; 31] = [
            b"B", b"KB", b"MB", b"GB", b"TB", b"kB", b"KiB", b"MiB", b"GiB", b"TiB", b"byte", b"bytes",
            b"Byte", b"Bytes", b"sec", b"secs", b"second", b"seconds", b"Sec", b"Second", b"Seconds", b"min",
            b"mins", b"minute", b"minutes", b"hour", b"hours", b"day", b"days", b"hr", b"hrs",
        ];
        if self.b.get(end) != Some(&b' ') {
            return end;
        }
        let stop = self.until(end + 1, |c| !c.is_ascii_alphabetic());
        if is_digit(self.b.get(stop)) || !UNITS.contains(&&self.b[end + 1..stop]) {
            return end;
        }
        let rest = &self.b[stop..self.b.len().min(stop + 24)];
        let close =
            rest.iter().position(|c| *c == b')').filter(|_| rest.starts_with(b" (") && is_digit(rest.get(2)));
        let size = close.filter(|n| {
            rest[2..*n].iter().all(|c| {
                c.is_ascii_digit() || matches!(c, b'.' | b' ' | b'K' | b'M' | b'G' | b'T' | b'B' | b'i')
            })
        });
        stop + size.map_or(0, |n| n + 1)
    }

    /// A run of letters and digits that starts at `at`.
    pub(super) fn token(&mut self, at: usize) -> usize {
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
        let end = self.until(at, |c| !c.is_ascii_alphanumeric());
        let token = &self.b[at..end];
        let hex = token.iter().all(u8::is_ascii_hexdigit);
        let Some(first) = token.iter().position(u8::is_ascii_digit) else {
            // The identity of an object: `Widget@cafebabe`.
            let identity = hex && token.len() >= 4 && at > 0 && self.b[at - 1] == b'@';
            return if identity { self.emit(at..end, Slot::Number) } else { end };
        };
        let first = at + first;
        if token.len() > 2
            && matches!(token, [b'0', b'x' | b'X', ..])
            && token[2..].iter().all(u8::is_ascii_hexdigit)
        {
            return self.emit(at..end, Slot::Hex);
        }
        if is_name(token) {
            return end;
        }
        let number = self.number_end(first);
        if let Some(stop) = self.compound_id(first, number) {
            // `8.24.0-52.el7` is a version, with or without what follows the numbers.
            let version = self.b[first..number].contains(&b'.');
            return self.emit(first..stop, if version { Slot::Number } else { Slot::Id });
        }
        if token.len() < 6 && self.is_fused(at, end, first) {
            return self.emit(at..end, Slot::Id);
        }
        let letters = token.iter().any(u8::is_ascii_alphabetic);
        if hex && letters && token.len() >= 4 {
            // Some hexadecimal numbers happen to have no letter, so a short one is a number like them.
            return self.emit(at..end, if token.len() >= 16 { Slot::Hex } else { Slot::Number });
        }
        if is_time(token) {
            return self.emit(at..number.max(end), Slot::Number);
        }
        if first == at {
            // `30s`, `5KB`, `1h30m`: a number with its unit; anything else is opaque.
            let unit = self.until(number, |c| !c.is_ascii_alphanumeric());
            let tail = &self.b[number..unit];
            let measured = tail.len() <= 4 && !tail.iter().any(u8::is_ascii_digit) || is_duration(token);
            let stop = if tail.is_empty() { self.with_unit(number) } else { unit };
            return self.emit(at..stop, if measured { Slot::Number } else { Slot::Id });
        }
        let longest = token.split(u8::is_ascii_digit).map(<[u8]>::len).max().unwrap_or(0);
        if changes(token) >= 3 || changes(token) == 2 && longest <= 3 {
            return self.emit(at..end, Slot::Id);
        }
        if self.is_fused(at, end, first) {
            return self.emit(at..end, Slot::Id);
        }
        self.digit_runs(at, end)
    }

    /// Letters of one case and then a number: the name of a machine or a device (`eth0`, `an672`), one of several that
    /// begin differently. Not a version (`v2`) and not a part of a dotted name.
    pub(super) fn is_fused(&self, at: usize, end: usize, first: usize) -> bool {
        let (letters, digits) = (&self.b[at..first], &self.b[first..end]);
        let dotted = at > 0 && self.b[at - 1] == b'.'
            || self.b.get(end) == Some(&b'.') && is_alnum(self.b.get(end + 1));
        letters.len() >= 2
            && !dotted
            && digits.iter().all(u8::is_ascii_digit)
            && (letters.iter().all(u8::is_ascii_lowercase) || letters.iter().all(u8::is_ascii_uppercase))
    }

    pub(super) fn digit_runs(&mut self, at: usize, end: usize) -> usize {
        let mut i = at;
        while i < end {
            if self.b[i].is_ascii_digit() {
                let run = self.until(i, |c| !c.is_ascii_digit());
                let stop = if run < end { run } else { self.number_end(i) };
                i = self.emit(i..stop, Slot::Number);
            } else {
                i += 1;
            }
        }
        i
    }

    /// Digits joined by `.` `:` `/` `,` `-`, the `T` of a timestamp or an exponent: one number, version, date or time.
    pub(super) fn number_end(&self, at: usize) -> usize {
        let mut i = at;
        loop {
            while is_digit(self.b.get(i)) {
                i += 1;
            }
            match self.b.get(i) {
                Some(b'.' | b':' | b'/' | b',' | b'-' | b'T') if is_digit(self.b.get(i + 1)) => i += 1,
                Some(b'+') if i > at + 14 && is_digit(self.b.get(i + 1)) => i += 1,
                Some(b'e' | b'E')
                    if matches!(self.b.get(i + 1), Some(b'+' | b'-')) && is_digit(self.b.get(i + 2)) =>
                {
                    i += 2;
                }
                Some(b'Z') if i > at + 14 && !is_alnum(self.b.get(i + 1)) => return i + 1,
                _ => return i,
            }
        }
    }

    pub(super) fn is_uuid(&self, at: usize) -> bool {
        self.b.get(at..at + 36).is_some_and(|u| {
            u.iter()
                .enumerate()
                .all(|(i, c)| if matches!(i, 8 | 13 | 18 | 23) { *c == b'-' } else { c.is_ascii_hexdigit() })
        }) && !is_alnum(self.b.get(at + 36))
    }

    /// Four numbers up to 255, and nothing that makes it a longer version or name.
    pub(super) fn ipv4(&self, at: usize) -> Option<usize> {
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

    /// The end of an identifier that joins three numbers or more, or an opaque part with others
    /// (`web-7d4b9c6f5-kzxqv`), and is no plain number up to `number`: `attempt_1445144423722_0020_m_000000_0`, `R02-M1-N0-C:J12-U11`. What stands before the first number stays.
    pub(super) fn compound_id(&self, first: usize, number: usize) -> Option<usize> {
        if !self.b.get(number).is_some_and(|c| c.is_ascii_alphanumeric() || is_joint(*c)) {
            return None;
        }
        let stop = self.trimmed(first, self.until(first, |c| !c.is_ascii_alphanumeric() && !is_joint(c)));
        let mut parts = self.b[first..stop].split(|c| is_joint(*c)).filter(|part| !part.is_empty());
        let opaque = parts.clone().next().is_some_and(|part| part.len() >= 6 && changes(part) >= 3);
        let numbers = parts.clone().filter(|part| part.iter().any(u8::is_ascii_digit)).count();
        (stop > number && (numbers >= 3 || opaque && parts.nth(1).is_some())).then_some(stop)
    }
}

/// How often letters and digits change in a token.
fn changes(token: &[u8]) -> usize {
    token.windows(2).filter(|w| w[0].is_ascii_digit() != w[1].is_ascii_digit()).count()
}

/// `1h30m`, `2d4h`.
fn is_duration(token: &[u8]) -> bool {
    token.split(u8::is_ascii_digit).filter(|unit| !unit.is_empty()).all(|unit| {
        matches!(unit, b"d" | b"h" | b"m" | b"s" | b"ms" | b"us" | b"ns" | b"w" | b"H" | b"M" | b"S")
    })
}
