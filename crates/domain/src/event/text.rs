//! Making text storable: no U+0000, no lone surrogates, bounded nesting, numbers that every database can hold.

use std::borrow::Cow;

use super::MAX_DEPTH;

/// Replaces U+0000, which PostgreSQL cannot store, by U+FFFD.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.as_bytes().contains(&0) {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Checks the text of one JSON value without parsing it, and repairs what can be repaired: `\u0000`, lone surrogate
/// escapes and raw NUL characters become U+FFFD. One pass, no recursion; malformed JSON is left for the parser to name.
///
/// # Errors
/// Nesting beyond [`MAX_DEPTH`], or a number outside the range of `f64`.
pub fn sound(json: &str) -> Result<Cow<'_, str>, &'static str> {
    let b = json.as_bytes();
    let mut depth = 0usize;
    // Where the six bytes of an escape are to become `\ufffd`.
    let mut repairs: Vec<usize> = Vec::new();
    let mut nul = false;
    let mut i = 0;
    while i < b.len() {
        match b[i] {
            b'"' => {
                i += 1;
                while i < b.len() && b[i] != b'"' {
                    if b[i] == b'\\' {
                        i = escape(b, i, &mut repairs);
                    } else {
                        nul |= b[i] == 0;
                        i += 1;
                    }
                }
            }
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err("nested deeper than 64 levels; flatten the event");
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'-' | b'0'..=b'9' => {
                let start = i;
                while i < b.len() && matches!(b[i], b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E') {
                    i += 1;
                }
                if !storable(&json[start..i]) {
                    return Err("a number is too large or too long to store; send it as text");
                }
                continue;
            }
            _ => {}
        }
        i += 1;
    }
    if repairs.is_empty() && !nul {
        return Ok(Cow::Borrowed(json));
    }
    let mut fixed = String::with_capacity(json.len());
    let mut from = 0;
    for at in repairs {
        fixed.push_str(&json[from..at]);
        fixed.push_str("\\ufffd");
        from = at + 6;
    }
    fixed.push_str(&json[from..]);
    Ok(Cow::Owned(if nul { clean(&fixed).into_owned() } else { fixed }))
}

/// One escape at `at`; returns the position after it. A surrogate pair is one escape of twelve bytes.
fn escape(b: &[u8], at: usize, repairs: &mut Vec<usize>) -> usize {
    if b.get(at + 1) != Some(&b'u') {
        // `\` and the following byte; if that starts a longer character the rest is no quote or backslash.
        return (at + 2).min(b.len());
    }
    let Some(unit) = hex4(b, at + 2) else { return at + 2 };
    match unit {
        0xd800..=0xdbff => {
            let pair = b.get(at + 6) == Some(&b'\\')
                && b.get(at + 7) == Some(&b'u')
                && hex4(b, at + 8).is_some_and(|low| (0xdc00..=0xdfff).contains(&low));
            if pair {
                return at + 12;
            }
            repairs.push(at);
        }
        0 | 0xdc00..=0xdfff => repairs.push(at),
        _ => {}
    }
    at + 6
}

fn hex4(b: &[u8], at: usize) -> Option<u32> {
    b.get(at..at + 4)?.iter().try_fold(0, |n, c| Some(n * 16 + char::from(*c).to_digit(16)?))
}

/// Short plain numbers are; others must be finite as `f64` and have an exponent that PostgreSQL's numeric takes.
fn storable(number: &str) -> bool {
    if number.len() < 300 && !number.bytes().any(|c| matches!(c, b'e' | b'E')) {
        return true;
    }
    let exponent = number.split(['e', 'E']).nth(1).unwrap_or("0");
    number.len() < 1000
        && exponent.parse::<i32>().is_ok_and(|e| (-308..=308).contains(&e))
        && number.parse::<f64>().is_ok_and(f64::is_finite)
}
