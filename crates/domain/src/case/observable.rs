//! Observables: addresses, names, hashes and the like that a case is about. What was pasted is taken apart and told apart by
//! its form; defanged writing (`hxxp`, `[.]`, `[at]`) is read as what it means.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::member::words;
use crate::{ObservableId, Timestamp};

use ObservableKind as Kind;

words! {
    /// What an observable is.
    ObservableKind {
        Ip = "ip", Domain = "domain", Url = "url", Hash = "hash", Email = "email", File = "file", User = "user", Other = "other",
    }
    "not a kind of observable: ip, domain, url, hash, email, file, user or other"
}

/// Most that are pasted at once.
pub const MAX_PASTED: usize = 500;
/// Longest value, in characters.
pub const MAX_VALUE: usize = 2_000;

/// An observable of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observable {
    pub id: ObservableId,
    pub kind: ObservableKind,
    /// As [`read`] writes it.
    pub value: String,
    /// Says that something is wrong where it is seen (an indicator of compromise).
    pub ioc: bool,
    pub added_by: Option<String>,
    pub added_at: Timestamp,
    /// Other cases that have it.
    pub other_cases: i64,
}

/// One line of what was pasted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pasted {
    pub kind: ObservableKind,
    pub value: String,
}

/// Takes a paste apart: a value a line, or several parted by commas, semicolons or bars; addresses, names and hashes also by
/// blanks. Each once.
pub fn paste(text: &str) -> Vec<Pasted> {
    let mut found: Vec<Pasted> = Vec::new();
    let mut add = |one: Pasted| {
        if !found.contains(&one) {
            found.push(one);
        }
    };
    let bare = |part: &str| part.trim().trim_matches(['"', '\'', '<', '>', '(', ')']).to_owned();
    for piece in text.split(['\n', '\r', ',', ';', '|']).map(bare).filter(|piece| !piece.is_empty()) {
        let parts: Vec<Pasted> = piece.split_whitespace().map(|part| read(&bare(part))).collect();
        // Words are a sentence, not a list of names.
        let is_list = |part: &Pasted| !matches!(part.kind, Kind::Other | Kind::User | Kind::File);
        if parts.iter().all(is_list) { parts.into_iter().for_each(&mut add) } else { add(read(&piece)) }
    }
    found
}

/// One value and what it is.
pub fn read(text: &str) -> Pasted {
    let text = refang(text.trim());
    let kind = kind(&text);
    let value = match kind {
        ObservableKind::Ip => text.parse::<IpAddr>().map_or(text, |ip| ip.to_string()),
        ObservableKind::Domain => text.trim_end_matches('.').to_lowercase(),
        ObservableKind::Email | ObservableKind::Hash => text.to_lowercase(),
        _ => text,
    };
    Pasted { kind, value }
}

fn refang(text: &str) -> String {
    let text = text
        .replace("[.]", ".")
        .replace("(.)", ".")
        .replace("[:]", ":")
        .replace("[at]", "@")
        .replace("[@]", "@");
    match text.get(..4) {
        Some(head) if head.eq_ignore_ascii_case("hxxp") => ["http", &text[4..]].concat(),
        _ => text,
    }
}

fn kind(text: &str) -> ObservableKind {
    if text.parse::<IpAddr>().is_ok() {
        ObservableKind::Ip
    } else if is_url(text) {
        ObservableKind::Url
    } else if matches!(text.len(), 32 | 40 | 56 | 64 | 96 | 128)
        && text.bytes().all(|b| b.is_ascii_hexdigit())
    {
        ObservableKind::Hash
    } else if let Some((name, host)) = text.split_once('@') {
        if !name.is_empty() && is_domain(host) { ObservableKind::Email } else { ObservableKind::Other }
    } else if is_file(text) {
        ObservableKind::File
    } else if is_domain(text) {
        ObservableKind::Domain
    } else if is_user(text) {
        ObservableKind::User
    } else {
        ObservableKind::Other
    }
}

fn is_url(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, rest)| {
        !scheme.is_empty()
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
            && !rest.is_empty()
    })
}

/// Labels of letters, digits and hyphens, the last of letters (or an IDNA `xn--`).
fn is_domain(text: &str) -> bool {
    let text = text.trim_end_matches('.');
    let labels: Vec<&str> = text.split('.').collect();
    let sound = |label: &&str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
    };
    let top = labels.last().copied().unwrap_or_default();
    labels.len() > 1
        && text.len() <= 253
        && labels.iter().all(sound)
        && (top.starts_with("xn--") || (top.chars().count() > 1 && top.chars().all(char::is_alphabetic)))
}

/// A path, or a name with an ending that files have.
fn is_file(text: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "exe", "dll", "sys", "bat", "cmd", "ps1", "vbs", "js", "jar", "msi", "scr", "lnk", "sh", "py", "pl",
        "php", "asp", "aspx", "jsp", "doc", "docx", "docm", "xls", "xlsx", "xlsm", "ppt", "pptx", "pdf",
        "rtf", "txt", "log", "zip", "rar", "7z", "gz", "tar", "iso", "img", "bin", "dat", "tmp", "elf", "so",
        "conf", "key", "pem",
    ];
    let drive = text.len() > 2 && text.as_bytes()[0].is_ascii_alphabetic() && text[1..].starts_with(":\\");
    let path = text.starts_with('/') || text.starts_with("\\\\") || text.starts_with("~/") || drive;
    let ending = text
        .rsplit_once('.')
        .is_some_and(|(name, end)| !name.is_empty() && ENDINGS.contains(&end.to_lowercase().as_str()));
    (path && text.len() > 1) || (ending && !text.contains(char::is_whitespace))
}

/// `DOMAIN\name`, or one word of a name.
fn is_user(text: &str) -> bool {
    let word = |text: &str| {
        text.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '$'))
    };
    text.split_once('\\').map_or_else(|| word(text), |(domain, name)| word(domain) && word(name))
        && text.len() <= 64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_is_taken_apart_and_each_part_told_apart() {
        let text = "185.220.101.34, EVIL[.]example.com.\nhxxps://evil[.]example/a?b=c\nroot[at]Evil.example\n\
                    D41D8CD98F00B204E9800998ECF8427E\n2001:DB8::1\nC:\\Temp\\a b.exe\n/etc/passwd\ninvoice.pdf\nsvc-backup\nACME\\mika\n\
                    what the attacker said\n185.220.101.34";
        let found = paste(text);
        let told: Vec<_> = found.iter().map(|one| (one.kind.as_str(), one.value.as_str())).collect();
        assert_eq!(
            told,
            [
                ("ip", "185.220.101.34"),
                ("domain", "evil.example.com"),
                ("url", "https://evil[.]example/a?b=c".replace("[.]", ".").as_str()),
                ("email", "root@evil.example"),
                ("hash", "d41d8cd98f00b204e9800998ecf8427e"),
                ("ip", "2001:db8::1"),
                ("file", "C:\\Temp\\a b.exe"),
                ("file", "/etc/passwd"),
                ("file", "invoice.pdf"),
                ("user", "svc-backup"),
                ("user", "ACME\\mika"),
                ("other", "what the attacker said"),
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_taken(text in ".{0,200}") {
            for one in paste(&text) {
                proptest::prop_assert_eq!(read(&one.value).kind, one.kind, "{:?}", one);
            }
        }
    }
}
