//! What a word of a message is: a path, an address, a host, a time, a name.

use super::Slot;
use super::scan::is_digit;

/// `text` ends with `key=`.
pub(super) fn adjacent(text: &[u8], key: &[u8]) -> bool {
    text.len() > key.len() && text[..text.len() - 1].ends_with(key)
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
            slashes >= 2
                && !word.iter().all(|c| c.is_ascii_digit() || matches!(c, b'/' | b':' | b'.' | b'@' | b'-'))
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

/// IPv6 or MAC: hex groups between colons.
pub(super) fn colon_address(word: &[u8]) -> Option<Slot> {
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

/// The length of a fully qualified host name at the start: known last label, before the end or a port.
pub(super) fn host(word: &[u8]) -> Option<usize> {
    const LAST: &[&[u8]] = &[
        b"com",
        b"net",
        b"org",
        b"edu",
        b"gov",
        b"mil",
        b"int",
        b"info",
        b"biz",
        b"name",
        b"io",
        b"dev",
        b"app",
        b"cloud",
        b"local",
        b"internal",
        b"lan",
        b"example",
        b"invalid",
        b"test",
        b"arpa",
        b"xyz",
        b"top",
        b"site",
        b"online",
        b"eu",
        b"cn",
        b"hk",
        b"tw",
        b"jp",
        b"kr",
        b"in",
        b"sg",
        b"my",
        b"th",
        b"vn",
        b"id",
        b"ph",
        b"de",
        b"fr",
        b"uk",
        b"ie",
        b"nl",
        b"be",
        b"it",
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
        b"no",
        b"dk",
        b"fi",
        b"at",
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
        b"me",
        b"tv",
        b"cc",
        b"co",
        b"im",
        b"to",
    ];
    let n = word
        .iter()
        .position(|c| !c.is_ascii_alphanumeric() && !matches!(c, b'.' | b'-' | b'_'))
        .unwrap_or(word.len());
    if !matches!(word.get(n), None | Some(b':' | b'/')) {
        return None;
    }
    let name = &word[..n];
    let last = name.rsplit(|c| *c == b'.').next()?;
    let labels = name.split(|c| *c == b'.').count();
    let port = labels >= 3
        && word.get(n) == Some(&b':')
        && is_digit(word.get(n + 1))
        && last.iter().all(u8::is_ascii_lowercase)
        && !name.iter().any(u8::is_ascii_uppercase);
    let fits = labels >= 2
        && !name.starts_with(b".")
        && name.split(|c| *c == b'.').all(|l| !l.is_empty())
        && (port || LAST.iter().any(|l| last.eq_ignore_ascii_case(l)));
    fits.then_some(n)
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
