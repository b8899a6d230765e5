//! What well-known services give out to be kept secret, told by how it begins, and where it stands in a text.

use std::ops::Range;

use super::{base64, is_variable};

/// A word that is one: by its first byte, so that nearly every word costs one look.
pub(super) fn is_token(text: &str) -> bool {
    let Some(first) = text.bytes().next() else { return false };
    let tail_of = |front: &str| text.strip_prefix(front).map(str::as_bytes);
    let is_word = |(front, rest): &(&str, usize)| {
        tail_of(front).is_some_and(|tail| tail.len() >= *rest && tail.iter().all(|byte| is_of_token(*byte)))
    };
    let is_run = |(front, rest): &(&str, usize)| {
        tail_of(front).is_some_and(|tail| {
            tail.len() >= *rest
                && tail.iter().all(|byte| is_of_token(*byte))
                && tail[..*rest].iter().all(u8::is_ascii_alphanumeric)
        })
    };
    words(first).iter().any(is_word)
        || runs(first).iter().any(is_run)
        // JSON web tokens.
        || (first == b'e' && is_word(&("eyJ", 40)) && text.matches('.').count() == 2)
        || (first == b'S' && is_mail(text))
        // HCP Terraform.
        || (text.len() > 60 && text.get(14..23) == Some(".atlasv1.") && text.bytes().all(is_of_token))
}

/// How they begin, and how much comes at least.
fn words(first: u8) -> &'static [(&'static str, usize)] {
    match first {
        b'A' => &[("AIza", 30), ("ATATT3", 60), ("ATCTT3", 60), ("AGE-SECRET-KEY-1", 50)],
        b'C' => &[("CFPAT-", 40), ("CCIPAT_", 40)],
        b'G' => &[("GOCSPX-", 20), ("GR1348941", 16)],
        b'H' => &[("HRKU-AA", 50)],
        b'd' => &[("dckr_pat_", 20), ("dckr_oat_", 20)],
        b'g' => &[
            ("ghp_", 30),
            ("github_pat_", 30),
            ("glpat-", 16),
            ("gldt-", 16),
            ("glrt-", 16),
            ("glcbt-", 16),
            ("glptt-", 16),
            ("glft-", 16),
            ("glimt-", 16),
            ("glagent-", 30),
            ("gloas-", 40),
        ],
        b'o' => &[("ops_eyJ", 60)],
        b'p' => &[("pypi-AgE", 30), ("pscale_pw_", 30), ("pscale_tkn_", 30), ("pscale_oauth_", 30)],
        b'r' => &[("rk_live_", 16), ("rk_test_", 16)],
        b's' => &[
            ("sk_live_", 16),
            ("sk_test_", 16),
            ("sk-ant-api", 40),
            ("sk-ant-admin", 40),
            ("sk-proj-", 40),
            ("sk-svcacct-", 40),
            ("sq0csp-", 30),
            ("sq0atp-", 20),
            ("sntrys_", 40),
            ("sntryu_", 40),
            ("sb_secret_", 20),
        ],
        b't' => &[("tskey-auth-", 20), ("tskey-api-", 20), ("tskey-client-", 20)],
        b'w' => &[("whsec_", 16)],
        b'x' => &[
            ("xoxb-", 16),
            ("xoxp-", 16),
            ("xoxa-", 16),
            ("xoxe-", 16),
            ("xoxe.", 16),
            ("xoxr-", 16),
            ("xoxs-", 16),
            ("xapp-1-", 30),
        ],
        b'y' => &[("ya29.", 30)],
        _ => &[],
    }
}

/// How they begin, and how many letters and digits come at least: names of things have an underscore or a hyphen earlier.
fn runs(first: u8) -> &'static [(&'static str, usize)] {
    match first {
        b'A' => &[("AKIA", 16), ("ASIA", 16)],
        b'E' => &[("EZAK", 50), ("EZTK", 50)],
        b'L' => &[("LTAI", 16)],
        b'N' => &[("NRAK-", 24), ("NRJS-", 18), ("NRII-", 24)],
        b'P' => &[("PMAK-", 24)],
        b'd' => &[
            ("dop_v1_", 40),
            ("doo_v1_", 40),
            ("dor_v1_", 40),
            ("dp.pt.", 40),
            ("dp.st.", 40),
            ("dp.ct.", 40),
            ("dp.sa.", 40),
            ("dapi", 32),
        ],
        b'g' => &[
            ("gho_", 30),
            ("ghu_", 30),
            ("ghs_", 30),
            ("ghr_", 30),
            ("glsa_", 30),
            ("glc_", 30),
            ("gsk_", 40),
        ],
        b'h' => &[("hvs.", 20), ("hvb.", 40), ("hvr.", 40), ("hf_", 30)],
        b'l' => &[("lin_api_", 30)],
        b'n' => &[("npm_", 30), ("nfp_", 30), ("ntn_", 40)],
        b'p' => &[("pul-", 40), ("pnu_", 30)],
        b'r' => &[("rubygems_", 40), ("r8_", 35), ("rdme_", 60)],
        b's' => &[("shpat_", 30), ("shpca_", 30), ("shppa_", 30), ("shpss_", 30), ("sbp_", 36), ("sgp_", 36)],
        b'x' => &[("xkeysib-", 60)],
        _ => &[],
    }
}

/// SendGrid: `SG.22.43`.
fn is_mail(text: &str) -> bool {
    let parts = text.strip_prefix("SG.").and_then(|rest| rest.split_once('.'));
    parts.is_some_and(|(id, rest)| {
        (16..=24).contains(&id.len())
            && rest.len() >= 36
            && text.bytes().all(is_of_token)
            && !rest.contains('.')
    })
}

fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)
}

/// Where something stands in a text that is secret by itself, whatever its name.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if text.len() < 8 {
        return found;
    }
    // What each of them needs is looked for once before it is looked at closely.
    if text.len() >= 16 {
        words_of(text, &mut found);
    }
    if text.contains('$') {
        hashes(text, &mut found);
    }
    let has = |small: &str, capital: &str| text.contains(small) || text.contains(capital);
    if has("earer ", "EARER ") {
        schemes(text, "bearer ", is_opaque, &mut found);
    }
    if has("asic ", "ASIC ") {
        schemes(text, "basic ", is_login, &mut found);
    }
    if has("uthorization", "UTHORIZATION") {
        authorizations(text, &mut found);
    }
    if has("ookie:", "OOKIE:") {
        cookies(text, &mut found);
    }
    if text.contains('/') && (text.contains("hook") || text.contains("api.telegram.org/bot")) {
        hooks(text, &mut found);
    }
    if text.contains('=') && text.contains("ig") {
        signatures(text, &mut found);
    }
    found
}

fn words_of(text: &str, found: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let begin = at;
        while bytes.get(at).is_some_and(|byte| is_of_token(*byte)) {
            at += 1;
        }
        if at - begin >= 16 {
            let word = text[begin..at].trim_end_matches('.');
            if is_token(word) {
                found.push(begin..begin + word.len());
            }
        }
        at += 1;
    }
}

/// `$2y$10$…`, `$6$salt$…`: passwords as files and devices keep them.
fn hashes(text: &str, found: &mut Vec<Range<usize>>) {
    const FRONTS: [&str; 13] = [
        "$2a$", "$2b$", "$2x$", "$2y$", "$1$", "$5$", "$6$", "$y$", "$gy$", "$apr1$", "$argon2", "$pbkdf2",
        "$scrypt$",
    ];
    let mut from = 0;
    while let Some(at) = text[from..].find('$').map(|at| at + from) {
        from = at + 1;
        let Some(front) = FRONTS.iter().find(|front| text[at..].starts_with(**front)) else { continue };
        let tail = &text[at + front.len()..];
        let end = tail
            .find(|c: char| {
                !(c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '$' | '=' | ',' | '+' | '-'))
            })
            .unwrap_or(tail.len());
        let hash = tail[..end].rsplit_once('$').map_or("", |(_, hash)| hash);
        // Whatever begins within ends with the same hash.
        from = at + front.len() + end;
        if hash.len() >= 20 {
            found.push(at..from);
        }
    }
}

/// Where `word` stands in a text, in any case of its letters.
fn places<'t>(text: &'t str, word: &'static str) -> impl Iterator<Item = usize> + 't {
    let (bytes, first) = (text.as_bytes(), word.as_bytes()[0]);
    let last = bytes.len().checked_sub(word.len()).map_or(0, |last| last + 1);
    (0..last).filter(move |at| {
        bytes[*at].eq_ignore_ascii_case(&first)
            && bytes[*at..*at + word.len()].eq_ignore_ascii_case(word.as_bytes())
    })
}

/// What ends a value: a quote or a blank.
fn is_word_end(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '\\' | ',' | ';' | '<' | '>' | ')' | '}')
}

fn word_end(text: &str) -> usize {
    text.find(is_word_end).unwrap_or(text.len())
}

/// What is looked at of a value to tell whether it is one, in bytes: a text of nothing but beginnings is not read to its end for each.
const LOOKED_AT: usize = 4096;

fn ahead(text: &str) -> &str {
    &text[..text.floor_char_boundary(LOOKED_AT)]
}

/// Where the value that a text begins with ends, if it is one.
fn value_end(text: &str, ends: impl Fn(char) -> bool + Copy, is_one: impl Fn(&str) -> bool) -> Option<usize> {
    let near = ahead(text);
    let end = near.find(ends);
    is_one(&near[..end.unwrap_or(near.len())]).then(|| end.or_else(|| text.find(ends)).unwrap_or(text.len()))
}

/// `Bearer …` and `Basic …` with what looks like a token behind it, wherever it stands.
fn schemes(text: &str, scheme: &'static str, is_one: fn(&str) -> bool, found: &mut Vec<Range<usize>>) {
    let mut done = 0;
    for at in places(text, scheme) {
        let start = at + scheme.len();
        if start < done {
            continue;
        }
        if let Some(end) = value_end(&text[start..], is_word_end, is_one) {
            done = start + end;
            found.push(start..done);
        }
    }
}

/// Long, and with a digit, which words of sentences do not have.
fn is_opaque(word: &str) -> bool {
    word.len() >= 16 && word.bytes().any(|byte| byte.is_ascii_digit()) && !is_variable(word)
}

/// Name and password in Base64.
pub(super) fn is_login(word: &str) -> bool {
    word.len() >= 8 && base64(word).is_some_and(|inner| inner.contains(':'))
}

/// `Authorization: Bearer …`, `"Authorization" = "…"`.
fn authorizations(text: &str, found: &mut Vec<Range<usize>>) {
    let mut done = 0;
    for at in places(text, "authorization") {
        if at < done {
            continue;
        }
        let Some(start) = value_start(text, at + "authorization".len()) else { continue };
        let near = ahead(&text[start..]);
        if let Some((from, to)) = credentials(near) {
            let from = start + from;
            done = if start + to < start + near.len() { start + to } else { from + word_end(&text[from..]) };
            found.push(from..done);
        }
    }
}

/// `Cookie: session=…`, whole.
fn cookies(text: &str, found: &mut Vec<Range<usize>>) {
    let mut done = 0;
    for at in places(text, "cookie:") {
        if at < done {
            continue;
        }
        let Some(start) = value_start(text, at + "cookie".len()) else { continue };
        let ends = |c: char| matches!(c, '"' | '\'' | '\n' | '\r' | '`' | '\\');
        if let Some(end) = value_end(&text[start..], ends, is_cookie) {
            done = start + end;
            found.push(start..done);
        }
    }
}

/// Behind the sign that stands between a name and its value.
fn value_start(text: &str, from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    let value = rest.trim_start_matches([' ', '\t', '"', '\'', ':', '=', '>', '\\']);
    let start = rest.len() - value.len();
    rest[..start].contains([':', '=']).then_some(from + start)
}

/// Where in the value of a header the part is that is to be kept secret.
pub(super) fn credentials(value: &str) -> Option<(usize, usize)> {
    const SCHEMES: [&str; 8] = ["bearer", "basic", "token", "digest", "apikey", "negotiate", "splunk", "bot"];
    let first = word_end(value);
    let word = &value[..first];
    if SCHEMES.iter().any(|scheme| scheme.eq_ignore_ascii_case(word)) && value[first..].starts_with(' ') {
        let start = first + value[first..].len() - value[first..].trim_start_matches(' ').len();
        let end = start + word_end(&value[start..]);
        let credential = &value[start..end];
        // What is filled in later, or a word of a sentence (`Bearer token`).
        let is_word = credential.len() < 12 && credential.bytes().all(|byte| byte.is_ascii_lowercase());
        let is_one =
            credential.len() >= 4 && !is_word && !is_variable(credential) && !credential.starts_with('%');
        return is_one.then_some((start, end));
    }
    is_opaque(word).then_some((0, first))
}

/// `session=…`.
pub(super) fn is_cookie(value: &str) -> bool {
    value.split_once('=').is_some_and(|(name, rest)| {
        !name.trim().is_empty() && !name.trim().contains(' ') && !rest.is_empty() && !is_variable(rest)
    })
}

/// Addresses that whoever knows them may post to.
fn hooks(text: &str, found: &mut Vec<Range<usize>>) {
    const FRONTS: [&str; 10] = [
        "hooks.slack.com/services/",
        "hooks.slack.com/workflows/",
        "hooks.slack.com/triggers/",
        ".webhook.office.com/webhookb2/",
        "outlook.office.com/webhook/",
        "discord.com/api/webhooks/",
        "discordapp.com/api/webhooks/",
        "hooks.zapier.com/hooks/catch/",
        "maker.ifttt.com/trigger/",
        "api.telegram.org/bot",
    ];
    for front in FRONTS {
        // A bot's token is one part of the path.
        let is_bot = front.ends_with("/bot");
        let ends = |c: char| is_word_end(c) || matches!(c, '?' | '#' | '|') || (is_bot && c == '/');
        let mut done = 0;
        for (at, _) in text.match_indices(front) {
            let start = at + front.len();
            if start < done {
                continue;
            }
            let is_one = |path: &str| !path.is_empty() && !is_variable(path);
            if let Some(end) = value_end(&text[start..], ends, is_one) {
                done = start + end;
                found.push(start..done);
            }
        }
    }
}

/// What signs an address: `&sig=…` (Azure), `&X-Amz-Signature=…`.
fn signatures(text: &str, found: &mut Vec<Range<usize>>) {
    for name in ["sig=", "X-Amz-Signature=", "X-Goog-Signature=", "Signature="] {
        for (at, _) in text.match_indices(name) {
            let start = at + name.len();
            if !matches!(text[..at].bytes().last(), Some(b'?' | b'&')) {
                continue;
            }
            let ends = |c: char| is_word_end(c) || matches!(c, '&' | '#' | '|');
            let is_one = |value: &str| value.len() >= 8 && !is_variable(value);
            if let Some(end) = value_end(&text[start..], ends, is_one) {
                found.push(start..start + end);
            }
        }
    }
}
