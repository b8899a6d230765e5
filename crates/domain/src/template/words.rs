//! What a word of a message is: a path, an address, a host, a time, a name.

use super::Slot;
use super::scan::is_digit;

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

/// The length of a fully qualified host name at the start: known last label, before the end or a port. A last label
/// that is a word too counts only where the rest looks like a host: `mapred.tip.id` is the name of a setting.
pub(super) fn host(word: &[u8]) -> Option<usize> {
    const LAST: &str = " com net org edu gov mil int biz io dev cloud local internal lan example invalid arpa xyz eu cn \
        hk tw jp kr sg th vn ph de fr uk ie nl be es pt pl cz sk hu ro bg gr tr ua ru se dk fi ch br ar cl mx ca us au nz \
        za il sa ae om ir tv cc co im ";
    const WORDS: &str = " info name app test top site online in id my it no at me to ";
    const BEFORE: &str = " co com net org edu ac gov go or ne ";
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
    const FILES: &str = " bin c cc cfg conf cpp cs css csv dat db dll exe gz h hpp htm html ini jar java jpg js json log md \
        mjs msi pdf php pid png py rpm rs sh so sock sql sqlite sys tar tgz tmp ts txt war xml yaml yml zip ";
    const UNITS: &str = " automount device mount path scope service slice socket swap target timer ";
    const REVERSED: &str = " com edu io net org ";
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
    (reversed || is_among(UNITS, last) && name.iter().filter(|c| **c == b'.').count() == 1)
        .then_some((n, Slot::Id))
}

/// `list` holds lower-case words between blanks.
fn is_among(list: &str, word: &[u8]) -> bool {
    word.len() < 10 && list.split(' ').any(|w| !w.is_empty() && w.as_bytes().eq_ignore_ascii_case(word))
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
