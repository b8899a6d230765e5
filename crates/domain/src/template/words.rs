//! What a word of a message is: a path, an address, a host, a time, a name.

use super::Slot;
use super::scan::is_digit;

/// What a word holds that decides what it can be.
#[derive(Clone, Copy)]
pub(super) struct Marks(u8);

impl Marks {
    pub const DIGIT: u8 = 1;
    pub const DOT: u8 = 2;
    pub const COLON: u8 = 4;
    pub const SLASH: u8 = 8;
    pub const AT: u8 = 16;
    pub const TILDE: u8 = 32;

    pub fn of(word: &[u8]) -> Self {
        Self(word.iter().fold(0, |marks, c| {
            marks
                | match c {
                    b'0'..=b'9' => Self::DIGIT,
                    b'.' => Self::DOT,
                    b':' => Self::COLON,
                    b'/' | b'\\' => Self::SLASH,
                    b'@' => Self::AT,
                    b'~' => Self::TILDE,
                    _ => 0,
                }
        }))
    }
    pub fn any(self, marks: u8) -> bool {
        self.0 & marks != 0
    }
}

/// A key whose value says what happened rather than to whom: its words stay in the template.
pub(super) fn tells(key: &[u8]) -> bool {
    const KEYS: [&[u8]; 18] = [
        b"msg",
        b"message",
        b"event",
        b"action",
        b"type",
        b"result",
        b"outcome",
        b"status",
        b"reason",
        b"error",
        b"err",
        b"level",
        b"severity",
        b"exception",
        b"op",
        b"operation",
        b"category",
        b"verdict",
    ];
    KEYS.iter().any(|k| key.eq_ignore_ascii_case(k))
}

/// A key whose value is a command with its arguments.
pub(super) fn is_command(key: &[u8]) -> bool {
    const KEYS: [&[u8]; 5] = [b"command", b"cmd", b"cmdline", b"commandline", b"proctitle"];
    KEYS.iter().any(|k| key.eq_ignore_ascii_case(k))
}

/// A value that is written as a word in most languages.
pub(super) fn is_constant(word: &[u8]) -> bool {
    matches!(
        word,
        b"true"
            | b"false"
            | b"True"
            | b"False"
            | b"TRUE"
            | b"FALSE"
            | b"null"
            | b"NULL"
            | b"nil"
            | b"None"
            | b"NaN"
            | b"undefined"
    )
}

/// A dotted name of three labels or more, but not the class of an exception.
pub(super) fn is_qualified(word: &[u8]) -> bool {
    const EXCEPTIONS: [&[u8]; 4] = [b"Exception", b"Error", b"Failure", b"Throwable"];
    word.split(|c| *c == b'.').count() >= 3
        && word.split(|c| *c == b'.').all(|label| {
            label.first().is_some_and(u8::is_ascii_alphabetic)
                && label.iter().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'$' | b'-'))
        })
        && !EXCEPTIONS.iter().any(|e| word.ends_with(e))
}

pub(super) fn is_path(word: &[u8]) -> bool {
    let letter = |i: usize| {
        word.get(i).is_some_and(|c| {
            c.is_ascii_alphanumeric() || matches!(c, b'_' | b'.' | b'-' | b'%' | b'$' | b'~')
        })
    };
    match word {
        // `/10.251.42.84:50010` is Java's way to print an address.
        [b'/', rest @ ..] => {
            letter(1) && !rest.iter().all(|c| c.is_ascii_digit() || matches!(c, b'.' | b':'))
        }
        [drive, b':', b'\\' | b'/', ..] => drive.is_ascii_alphabetic(),
        [b'\\', b'\\', ..] => letter(2),
        [b'~' | b'.', b'/' | b'\\', ..] | [b'.', b'.', b'/' | b'\\', ..] => letter(word.len() - 1),
        _ => {
            let slashes = word.iter().filter(|c| matches!(c, b'/' | b'\\')).count();
            let activity = slashes == 1
                && word.split(|c| *c == b'/').all(|side| is_qualified(side) || side.starts_with(b"."));
            activity
                || slashes >= 2
                    && !word
                        .iter()
                        .all(|c| c.is_ascii_digit() || matches!(c, b'/' | b':' | b'.' | b'@' | b'-'))
        }
    }
}

pub(super) fn is_mail(word: &[u8]) -> bool {
    let Some(at) = word.iter().position(|c| *c == b'@') else { return false };
    let (local, host) = (&word[..at], &word[at + 1..]);
    let fits =
        |t: &[u8]| t.iter().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b'_' | b'+'));
    !local.is_empty()
        && fits(local)
        && fits(host)
        && host.iter().any(u8::is_ascii_alphabetic)
        && host.contains(&b'.')
}

/// IPv6, also with its zone (`fe80::1%eth0`), or MAC: hex groups between colons.
pub(super) fn colon_address(word: &[u8]) -> Option<Slot> {
    let zone = word.iter().position(|c| *c == b'%').filter(|at| {
        at + 1 < word.len()
            && word[at + 1..].iter().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b'_'))
    });
    let word = zone.map_or(word, |at| &word[..at]);
    let colons = word.split(|c| *c == b':').count() - 1;
    if colons < 2 || !word.iter().all(|c| c.is_ascii_hexdigit() || matches!(c, b':' | b'.')) {
        return None;
    }
    if colons == 5 && word.len() == 17 {
        return Some(Slot::Hex);
    }
    let double = word.windows(2).any(|w| w == b"::");
    (std::str::from_utf8(word).ok()?.parse::<std::net::Ipv6Addr>().is_ok() && (double || colons == 7))
        .then_some(Slot::Ip)
}

/// A MAC address as IEEE 802 and Windows write it: six pairs between hyphens.
pub(super) fn is_hyphened_mac(word: &[u8]) -> bool {
    word.len() == 17
        && word.iter().enumerate().all(|(i, c)| if i % 3 == 2 { *c == b'-' } else { c.is_ascii_hexdigit() })
}

/// Longest label in the lists of endings.
const MAX_LABEL: usize = 9;

/// The length of a fully qualified host name at the start: known last label, before the end or a port. A last label
/// that is a word too counts only where the rest looks like a host: `mapred.tip.id` is the name of a setting.
pub(super) fn host(word: &[u8]) -> Option<usize> {
    const LAST: &[&[u8]] = &[
        b"com",
        b"net",
        b"org",
        b"edu",
        b"gov",
        b"mil",
        b"int",
        b"biz",
        b"io",
        b"dev",
        b"cloud",
        b"local",
        b"internal",
        b"lan",
        b"example",
        b"invalid",
        b"arpa",
        b"xyz",
        b"eu",
        b"cn",
        b"hk",
        b"tw",
        b"jp",
        b"kr",
        b"sg",
        b"th",
        b"vn",
        b"ph",
        b"de",
        b"fr",
        b"uk",
        b"ie",
        b"nl",
        b"be",
        b"es",
        b"pt",
        b"pl",
        b"cz",
        b"sk",
        b"hu",
        b"ro",
        b"bg",
        b"gr",
        b"tr",
        b"ua",
        b"ru",
        b"se",
        b"dk",
        b"fi",
        b"ch",
        b"br",
        b"ar",
        b"cl",
        b"mx",
        b"ca",
        b"us",
        b"au",
        b"nz",
        b"za",
        b"il",
        b"sa",
        b"ae",
        b"om",
        b"ir",
        b"tv",
        b"cc",
        b"co",
        b"im",
    ];
    const WORDS: &[&[u8]] = &[
        b"info", b"name", b"app", b"test", b"top", b"site", b"online", b"in", b"id", b"my", b"it", b"no",
        b"at", b"me", b"to",
    ];
    const BEFORE: &[&[u8]] = &[b"co", b"com", b"net", b"org", b"edu", b"ac", b"gov", b"go", b"or", b"ne"];
    let n = word
        .iter()
        .position(|c| !c.is_ascii_alphanumeric() && !matches!(c, b'.' | b'-' | b'_'))
        .unwrap_or(word.len());
    if !matches!(word.get(n), None | Some(b':' | b'/')) {
        return None;
    }
    let name = &word[..n];
    let mut labels = name.rsplit(|c| *c == b'.');
    let (last, second) = (labels.next()?, labels.next()?);
    if name.starts_with(b".") || last.is_empty() || name.windows(2).any(|w| w == b"..") {
        return None;
    }
    let marked = |name: &[u8]| name.iter().any(|c| c.is_ascii_digit() || *c == b'-');
    let port = labels.next().is_some()
        && word.get(n) == Some(&b':')
        && is_digit(word.get(n + 1))
        && last.iter().all(u8::is_ascii_lowercase)
        && !name.iter().any(u8::is_ascii_uppercase);
    let fits = port
        || is_among(LAST, last)
        || is_among(WORDS, last) && (is_among(BEFORE, second) || marked(&name[..n - last.len()]));
    fits.then_some(n)
}

/// The length of the name of a file or a systemd unit, or of a reverse domain name (`com.example.mail`), at the start;
/// a line number may follow. The class of a program has capitals, and stays.
pub(super) fn file(word: &[u8]) -> Option<(usize, Slot)> {
    const FILES: &[&[u8]] = &[
        b"bin", b"c", b"cc", b"cfg", b"conf", b"cpp", b"cs", b"css", b"csv", b"dat", b"db", b"dll", b"exe",
        b"gz", b"h", b"hpp", b"htm", b"html", b"ini", b"jar", b"java", b"jpg", b"js", b"json", b"log", b"md",
        b"mjs", b"msi", b"pdf", b"php", b"pid", b"png", b"py", b"rpm", b"rs", b"sh", b"so", b"sock", b"sql",
        b"sqlite", b"sys", b"tar", b"tgz", b"tmp", b"ts", b"txt", b"war", b"xml", b"yaml", b"yml", b"zip",
    ];
    const UNITS: &[&[u8]] = &[
        b"automount",
        b"device",
        b"mount",
        b"path",
        b"scope",
        b"service",
        b"slice",
        b"socket",
        b"swap",
        b"target",
        b"timer",
    ];
    const REVERSED: &[&[u8]] = &[b"com", b"edu", b"io", b"net", b"org"];
    if !word.contains(&b'.') {
        return None;
    }
    let n = word
        .iter()
        .position(|c| !c.is_ascii_alphanumeric() && !matches!(c, b'.' | b'-' | b'_' | b'@' | b'$' | b'\\'))
        .unwrap_or(word.len());
    if !matches!(word.get(n), None | Some(b':')) {
        return None;
    }
    let name = &word[..n];
    let (last, first) = (name.rsplit(|c| *c == b'.').next()?, name.split(|c| *c == b'.').next()?);
    if first.is_empty() || last.is_empty() {
        return None;
    }
    if is_among(FILES, last) {
        return Some((n, Slot::Path));
    }
    let reversed =
        is_among(REVERSED, first) && is_qualified(name) && !name.iter().any(u8::is_ascii_uppercase);
    (reversed || is_among(UNITS, last) && name.split(|c| *c == b'.').count() == 2).then_some((n, Slot::Id))
}

/// A label in lower case, when it is short enough for the lists here.
fn lowered(label: &[u8]) -> [u8; MAX_LABEL] {
    let mut out = [0; MAX_LABEL];
    if label.len() <= MAX_LABEL {
        out[..label.len()].copy_from_slice(label);
        out.make_ascii_lowercase();
    }
    out
}

/// `list` has the label, ignoring case.
fn is_among(list: &[&[u8]], label: &[u8]) -> bool {
    let lower = lowered(label);
    label.len() <= MAX_LABEL && list.contains(&&lower[..label.len()])
}

/// A compact timestamp, `20261123T093000Z`.
pub(super) fn is_time(token: &[u8]) -> bool {
    token.len() >= 15 && token[8] == b'T' && token[..8].iter().all(u8::is_ascii_digit)
}

/// Words whose digits are part of the name.
pub(super) fn is_name(token: &[u8]) -> bool {
    const NAMES: [&[u8]; 30] = [
        b"ssh2", b"ipv4", b"ipv6", b"utf8", b"utf16", b"x86", b"x64", b"amd64", b"arm64", b"sha1", b"sha256",
        b"sha512", b"md5", b"s3", b"ec2", b"http2", b"h2", b"base64", b"log4j", b"i386", b"k8s", b"oauth2",
        b"ext4", b"int32", b"int64", b"win32", b"jk2", b"route53", b"socks5", b"oauth1",
    ];
    token.len() <= 7 && NAMES.iter().any(|n| token.eq_ignore_ascii_case(n))
}
