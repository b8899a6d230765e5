//! How an organization shows itself: a name, a few letters on a coloured ground. Nothing of it comes from elsewhere: no picture, no address.

use serde::{Deserialize, Serialize};

use crate::Invalid;
use crate::invalid::Problems;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Branding {
    /// In place of the organization's name in the header and on exports; empty for that name.
    pub display_name: String,
    /// One to four letters or digits on the mark; empty for the initials.
    pub logo_text: String,
    /// The ground of the mark, `#rrggbb`; empty for ours.
    pub accent: String,
}

/// Characters of a mark.
pub const MAX_LOGO: usize = 4;
const MAX_NAME: usize = 60;
/// The ground of a mark without a colour of its own.
pub const ACCENT: &str = "#3b63c4";
/// Relative luminance of the grounds that a mark stands on: the pages' in the light scheme and in the dark one.
const GROUNDS: [(&str, f64); 2] = [("light", 1.0), ("dark", 0.012)];
/// Least contrast of a graphical object to what is beside it (WCAG 2.2, 1.4.11).
const LEAST: f64 = 3.0;

impl Branding {
    pub const KEY: &str = "branding";

    #[must_use]
    pub fn tidy(self) -> Self {
        let trimmed = |text: String| text.trim().to_owned();
        Self {
            display_name: trimmed(self.display_name),
            logo_text: trimmed(self.logo_text),
            accent: trimmed(self.accent).to_ascii_lowercase(),
        }
    }

    pub fn check(&self) -> Result<(), Invalid> {
        let mut p = Problems::default();
        let plain = |text: &str| !text.chars().any(char::is_control);
        p.require(
            self.display_name.chars().count() <= MAX_NAME && plain(&self.display_name),
            "display_name",
            "use at most 60 characters on one line",
        );
        p.require(
            self.logo_text.chars().count() <= MAX_LOGO && self.logo_text.chars().all(char::is_alphanumeric),
            "logo_text",
            "use at most 4 letters or digits",
        );
        if !self.accent.is_empty() {
            match luminance(&self.accent) {
                None => p.require(false, "accent", "give a colour as #rrggbb, such as #0b7a75"),
                Some(l) => {
                    for (scheme, ground) in GROUNDS {
                        let n = contrast(l, ground);
                        let said = format!(
                            "too little contrast in the {scheme} scheme: {:.1} to 1, at least {LEAST} to 1 is needed; take a {} tone",
                            (n * 10.0).floor() / 10.0,
                            if ground > 0.5 { "darker" } else { "lighter" },
                        );
                        p.require(n >= LEAST, "accent", &said);
                    }
                }
            }
        }
        p.done()
    }

    /// What it is called, beside the organization's name.
    pub fn name<'a>(&'a self, organization: &'a str) -> &'a str {
        if self.display_name.is_empty() { organization } else { &self.display_name }
    }

    /// Nobody chose how the organization shows itself: there is no mark then.
    pub fn is_plain(&self) -> bool {
        self.logo_text.is_empty() && self.accent.is_empty()
    }

    /// Letters, ground and ink of the mark.
    pub fn mark(&self, organization: &str) -> Mark {
        let initials = || {
            let words = self.name(organization).split_whitespace();
            words.filter_map(|word| word.chars().find(|c| c.is_alphanumeric())).take(2).collect::<String>()
        };
        let letters =
            if self.logo_text.is_empty() { initials().to_uppercase() } else { self.logo_text.clone() };
        let ground = if self.accent.is_empty() { ACCENT } else { &self.accent };
        let l = luminance(ground).unwrap_or_default();
        // One of both always reaches 4.5 to 1.
        let ink = if contrast(l, 1.0) >= contrast(l, 0.0) { "#ffffff" } else { "#000000" };
        Mark { letters, ground: ground.to_owned(), ink }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub letters: String,
    /// `#rrggbb`
    pub ground: String,
    /// Of the letters.
    pub ink: &'static str,
}

/// Relative luminance of `#rrggbb` (WCAG 2.2); `None`: it is no such colour.
fn luminance(colour: &str) -> Option<f64> {
    let digits =
        colour.strip_prefix('#').filter(|d| d.len() == 6 && d.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let channel = |at: usize| {
        let c = f64::from(u8::from_str_radix(&digits[at..at + 2], 16).ok()?) / 255.0;
        Some(if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) })
    };
    Some(0.2126 * channel(0)? + 0.7152 * channel(2)? + 0.0722 * channel(4)?)
}

/// Contrast ratio of two luminances (WCAG 2.2), 1 to 21.
fn contrast(a: f64, b: f64) -> f64 {
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(accent: &str, logo_text: &str) -> Branding {
        Branding { accent: accent.to_owned(), logo_text: logo_text.to_owned(), ..Branding::default() }
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        let l = |colour| luminance(colour).unwrap();
        assert!((contrast(l("#ffffff"), l("#000000")) - 21.0).abs() < 1e-9);
        // <https://www.w3.org/WAI/WCAG22/Techniques/general/G18>: the grey that is just enough on white.
        assert!((contrast(l("#767676"), l("#ffffff")) - 4.54).abs() < 0.01);
        assert!(of(ACCENT, "").check().is_ok(), "ours keeps the rule");
    }

    #[test]
    fn a_colour_is_seen_in_both_schemes_or_refused() {
        for (accent, wrong) in [
            ("#0b7a75", None),
            ("#ffffff", Some("light")),
            ("#ffcc00", Some("light")),
            ("#101010", Some("dark")),
            ("red", Some("#rrggbb")),
            ("#12345", Some("#rrggbb")),
            ("url(//x)", Some("#rrggbb")),
            ("#éaaaa", Some("#rrggbb")),
        ] {
            let said = of(accent, "").check().err().map(|invalid| invalid.0[0].reason.clone());
            match wrong {
                None => assert_eq!(said, None, "{accent}"),
                Some(word) => {
                    assert!(said.as_ref().is_some_and(|said| said.contains(word)), "{accent}: {said:?}");
                }
            }
        }
        for logo in ["ABCDE", "A B", "<b>", "a\n"] {
            assert!(of("", logo).check().is_err(), "{logo}");
        }
    }

    #[test]
    fn a_mark_has_letters_and_an_ink_that_can_be_read() {
        let mark = of("", "").mark("Acme  (rocket) works");
        assert_eq!((mark.letters.as_str(), mark.ground.as_str(), mark.ink), ("AR", ACCENT, "#ffffff"));
        for ground in ["#0b7a75", "#7a7a7a", "#c9541b"] {
            let mark = of(ground, "X1").mark("");
            let ink = luminance(mark.ink).unwrap();
            assert!(contrast(luminance(ground).unwrap(), ink) >= 4.5, "{ground}");
        }
    }
}
