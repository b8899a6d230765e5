//! Text of others as it can be shown: characters that are not seen themselves, or turn what stands around them, are named.
//!
//! A message with U+202E shows `exe.png` where `gnp.exe` was logged (Trojan Source, CVE-2021-42574). What is stored keeps them.

use std::fmt::Write as _;

/// Turns the text after it: embeddings, overrides and isolates of the bidirectional algorithm (UAX #9). The two marks that
/// only hint (U+200E, U+200F) stay, since Arabic and Hebrew are written with them.
pub fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Control characters as their pictures, what turns text by its number. Line breaks and tabs stay.
pub fn visible(text: String) -> String {
    let hidden = |c: char| turns(c) || (c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
    if !text.contains(hidden) {
        return text;
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\u{0}'..='\u{1f}' if hidden(c) => {
                shown.extend(char::from_u32(0x2400 + u32::from(c)));
            }
            '\u{7f}' => shown.push('\u{2421}'),
            c if hidden(c) => {
                // Writing to a text does not fail.
                let _ = write!(shown, "‹U+{:04X}›", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_named() {
        assert_eq!(visible("user \u{202e}gnp.exe\u{202c} ok".into()), "user ‹U+202E›gnp.exe‹U+202C› ok");
        assert_eq!(visible("\u{1b}[31mred\u{7}\u{7f}\u{85}".into()), "␛[31mred␇␡‹U+0085›");
        for plain in ["", "one\n\ttwo\r\n", "שלום\u{200f} ü 日本"] {
            assert_eq!(visible(plain.into()), plain);
        }
    }
}
