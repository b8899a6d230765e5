//! Message templates and fingerprints.
//!
//! A template is the message with its variable parts as slots: `Failed password for <id> from <ip> port <n> ssh2`.
//! It depends on the one message only (no learning), so every server, every rebuild and the browser agree on it.
//! **Stable**: a changed rule moves events to other groups, so [`fingerprint`] and the examples in the tests change
//! only with a new major version and a rebuild of the groups.

mod fold;
mod scan;
mod words;

use std::ops::Range;

use sha2::{Digest, Sha256};

/// What stands in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Slot {
    /// A number with its unit, version, size, clock time or date.
    Number,
    /// `0x…`, a digest, a MAC address. A short hexadecimal number without `0x` is a [`Slot::Number`].
    Hex,
    Uuid,
    /// An IPv4 or IPv6 address or a fully qualified host name (a sender logs either, depending on its resolver).
    Ip,
    /// A file or URL path.
    Path,
    Quoted,
    Mail,
    Url,
    /// An opaque identifier, or the name of a user.
    Id,
    /// A value of whatever form: after `key=`, or a constant such as `true` and `null`.
    Value,
}

impl Slot {
    pub const ALL: [Self; 10] = [
        Self::Number,
        Self::Hex,
        Self::Uuid,
        Self::Ip,
        Self::Path,
        Self::Quoted,
        Self::Mail,
        Self::Url,
        Self::Id,
        Self::Value,
    ];
    /// As it is written in a template.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Number => "<n>",
            Self::Hex => "<hex>",
            Self::Uuid => "<uuid>",
            Self::Ip => "<ip>",
            Self::Path => "<path>",
            Self::Quoted => "<quoted>",
            Self::Mail => "<mail>",
            Self::Url => "<url>",
            Self::Id => "<id>",
            Self::Value => "<*>",
        }
    }
}

/// Longest template in bytes; what follows is cut and shown as `…`.
pub const MAX_TEMPLATE: usize = 1024;
/// [`slots`] looks at this much of a message.
const MAX_SLOTS_TEXT: usize = 65_536;

/// The template of a message: one pass, blanks collapsed, lists folded, at most [`MAX_TEMPLATE`] bytes.
pub fn template(message: &str) -> String {
    let mut out = String::with_capacity(message.len().min(MAX_TEMPLATE) + 16);
    let mut from = 0;
    let mut cut = false;
    scan::walk(message, |at, slot| {
        literal(&mut out, &message[from..at.start]);
        out.push_str(slot.mark());
        from = at.end;
        if out.len() >= MAX_TEMPLATE {
            // A list makes much room when it is folded; any other text is long. So no text is folded often.
            fold::fold(&mut out);
            cut = out.len() >= MAX_TEMPLATE / 2;
        }
        !cut
    });
    if !cut {
        literal(&mut out, &message[from..]);
    }
    fold::fold(&mut out);
    if cut || out.len() > MAX_TEMPLATE {
        out.truncate(out.floor_char_boundary(MAX_TEMPLATE - '…'.len_utf8()));
        out.push('…');
    }
    out.truncate(out.trim_end().len());
    out
}

/// Where the variable parts of a message are, in order and without overlap, for highlighting. Byte ranges.
pub fn slots(message: &str) -> Vec<(Range<usize>, Slot)> {
    let message = &message[..message.floor_char_boundary(MAX_SLOTS_TEXT)];
    let mut found = Vec::new();
    scan::walk(message, |at, slot| {
        if !at.is_empty() {
            found.push((at, slot));
        }
        true
    });
    found
}

/// What stands in the slots of a message, in order; `template` is the message's own. `None` where the slots cannot be told
/// apart: in a list, which the template folds, and in a message longer than its template.
pub fn values<'a>(template: &str, message: &'a str) -> Option<Vec<&'a str>> {
    let wanted = parts(template).filter(|(_, slot)| slot.is_some()).count();
    let mut found = Vec::with_capacity(wanted);
    scan::walk(message, |at, _| {
        found.push(&message[at]);
        found.len() <= wanted
    });
    (found.len() == wanted && !template.ends_with('…')).then_some(found)
}

/// A template in its parts: text, and slots as they are marked.
pub fn parts(template: &str) -> impl Iterator<Item = (&str, Option<Slot>)> {
    let mark = |text: &str| Slot::ALL.into_iter().find(|slot| text.starts_with(slot.mark()));
    let mut rest = template;
    std::iter::from_fn(move || {
        if let Some(slot) = mark(rest) {
            let (part, after) = rest.split_at(slot.mark().len());
            rest = after;
            return Some((part, Some(slot)));
        }
        let end = rest.match_indices('<').map(|(at, _)| at).find(|at| mark(&rest[*at..]).is_some());
        let (part, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        (!part.is_empty()).then_some((part, None))
    })
}

/// A template as pages show it: the names of its slots without brackets, `number n done`.
pub fn shown(template: &str) -> String {
    parts(template)
        .map(|(part, slot)| if slot.is_some() { part.trim_matches(['<', '>']) } else { part })
        .collect()
}

/// The first 16 bytes of SHA-256 over template, component and event type (each followed by a zero byte; an absent
/// field is empty), as 32 hex digits. This never changes: stored groups are found by it.
pub fn fingerprint(template: &str, component: Option<&str>, event_type: Option<&str>) -> String {
    let mut hash = Sha256::new();
    for part in [template, component.unwrap_or(""), event_type.unwrap_or("")] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    crate::audit::hex(&hash.finalize()[..16])
}

/// Appends text with every run of blanks as one blank, and none at the start. Stops at the longest template.
fn literal(out: &mut String, text: &str) {
    let text = &text[..text.floor_char_boundary(MAX_TEMPLATE * 4)];
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_whitespace() || c.is_control()) {
        out.push_str(&rest[..at]);
        if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
        rest = rest[at..].trim_start_matches(|c: char| c.is_whitespace() || c.is_control());
        if out.len() > MAX_TEMPLATE {
            return;
        }
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests;
