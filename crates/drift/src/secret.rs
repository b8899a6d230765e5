//! What is a secret: by the name of a value, by what it looks like, and inside of longer texts.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::node::MASK;

mod commands;
mod tokens;

/// By its name, or by what it looks like: providers do not mark everything.
pub(crate) fn looks_secret(key: &str, value: &Value) -> bool {
    match value {
        Value::String(text) => {
            (is_secret_name(key) && !is_reference(key, text)) || is_secret_text(text) || is_said_by(key, text)
        }
        // Ages and lengths of passwords are numbers with a secret's name.
        Value::Number(_) => is_secret_number(key),
        _ => false,
    }
}

/// Names that are those of secrets only with some values: `authorization = "AWS_IAM"` and `cookie = "strict"` say how, not what.
fn is_said_by(key: &str, text: &str) -> bool {
    let is = |word: &str| key.eq_ignore_ascii_case(word);
    match key.len() {
        3 => is("pin") && !text.is_empty(),
        4 | 5 if is("auth") || is("_auth") => tokens::is_login(text),
        6 | 10 if is("cookie") || is("set-cookie") => tokens::is_cookie(text),
        13 | 19 if is("authorization") || is("proxy-authorization") => tokens::credentials(text).is_some(),
        7..=12 => is_pin(key) && !text.is_empty(),
        _ => false,
    }
}

/// `user_pin`, `CardPin`: the last of its words, behind what has one.
fn is_pin(key: &str) -> bool {
    const WHOSE: [&str; 8] = ["user", "card", "admin", "device", "access", "security", "sim", "login"];
    key.get(key.len() - 3..).is_some_and(|end| end.eq_ignore_ascii_case("pin"))
        && matches!(words(key).as_slice(), [.., whose, pin] if pin == "pin" && WHOSE.contains(&whose.as_str()))
}

/// Words that make a name one of a secret, in any case and however they are joined.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    const WORDS: [&str; 21] = [
        "password",
        "passwd",
        "passphrase",
        "secret",
        "privatekey",
        "apikey",
        "accesstoken",
        "authtoken",
        "secretkey",
        "clientsecret",
        "connectionstring",
        "credentials",
        "bearertoken",
        "authorizationheader",
        "accesskey",
        "primarykey",
        "secondarykey",
        "clientkey",
        "kubeconfig",
        "communitystring",
        "snmpcommunity",
    ];
    WORDS.iter().any(|word| plain.contains(word))
        || plain == "token"
        || plain.ends_with("token") && plain != "nexttoken"
        || KEYS.iter().any(|word| plain.ends_with(word))
        || is_pass(name)
}

/// Keys that are no names of something, by the word before: what else is called a key mostly is one (of a map, of a sort, a public one).
const KEYS: [&str; 9] = [
    "signingkey",
    "encryptionkey",
    "decryptionkey",
    "hmackey",
    "masterkey",
    "jwtkey",
    "sharedkey",
    "accountkey",
    "sessionkey",
];

/// `DB_PASS`, `smtpPwd`, `pgpass`: by whole words, so that `bypass` and `compass` are none.
fn is_pass(name: &str) -> bool {
    // What has passes that are no words to pass with.
    const OTHERS: [&str; 9] =
        ["first", "second", "last", "multi", "single", "two", "render", "boarding", "by"];
    const JOINED: [&str; 17] = [
        "db", "database", "user", "admin", "root", "master", "smtp", "mail", "redis", "mysql", "sql", "pg",
        "postgres", "ftp", "ldap", "http", "auth",
    ];
    // Nearly every name is none: told without taking it apart.
    let has = |part: &[u8]| name.as_bytes().windows(part.len()).any(|at| at.eq_ignore_ascii_case(part));
    if !has(b"pass") && !has(b"pwd") {
        return false;
    }
    let words = words(name);
    let Some((last, before)) = words.split_last() else { return false };
    match last.as_str() {
        // `$PWD` is where somebody is.
        "pwd" => name != "PWD" && before.last().is_none_or(|word| word != "old"),
        "pass" | "passcode" => before.last().is_none_or(|word| !OTHERS.contains(&word.as_str())),
        joined => ["pass", "pwd"]
            .iter()
            .any(|end| joined.strip_suffix(end).is_some_and(|front| JOINED.contains(&front))),
    }
}

/// The words of a name in lower case: between other characters than letters and digits, and where a capital begins one.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_lower = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() || (c.is_ascii_uppercase() && before_lower) {
            words.push(String::new());
        }
        before_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        if c.is_ascii_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.push(c.to_ascii_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn is_secret_number(key: &str) -> bool {
    let plain: String =
        key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    matches!(plain.as_str(), "pin" | "password" | "passwd" | "passphrase" | "passcode" | "secret" | "token")
        || ["userpassword", "adminpassword", "dbpassword", "masterpassword", "pincode"]
            .iter()
            .any(|end| plain.ends_with(end))
        || is_pass(key)
}

/// Where a secret is kept is no secret: `secret_arn`, `password_policy`, `secretName`.
fn is_reference(key: &str, text: &str) -> bool {
    let plain: String =
        key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    text.is_empty()
        || [
            "arn", "name", "id", "policy", "version", "type", "ref", "path", "enabled", "wo", "key_id",
            "length", "tokens",
        ]
        .iter()
        .any(|end| plain.ends_with(end))
        || text.starts_with("arn:")
        // Keys of Google and Azure that are kept there, and aliases of AWS.
        || ["projects/", "/subscriptions/", "alias/"].iter().any(|front| text.starts_with(front))
        || (plain.ends_with("pwd") && text.starts_with('/'))
        || matches!(text, "true" | "false")
}

/// Private keys, cloud access keys, tokens of well-known services, JSON web tokens.
fn is_secret_text(text: &str) -> bool {
    if holds_url_password(text) {
        return true;
    }
    if text.len() < 16 {
        return false;
    }
    if text.contains("-----BEGIN ") && text.contains("PRIVATE KEY") {
        return true;
    }
    tokens::is_token(text.trim_start())
}

/// A key of a map that is itself a secret.
pub(crate) fn is_secret_key(key: &str) -> bool {
    key.len() >= 16 && (is_secret_text(key) || (key.contains(['/', '$', ' ']) && masked_text(key).is_some()))
}

/// `postgres://user:password@host`, anywhere in the text.
fn holds_url_password(text: &str) -> bool {
    text.match_indices("://").any(|(at, mark)| {
        let rest = &text[at + mark.len()..];
        let end = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '<' | '>'))
            .unwrap_or(rest.len());
        rest[..end].rsplit_once('@').and_then(|(user, _)| user.split_once(':')).is_some_and(
            |(_, password)| {
                // A variable that is filled in later is no secret.
                !password.is_empty() && !password.starts_with("${") && !password.starts_with("$(")
            },
        )
    })
}

/// A text in which secrets have names (`export DB_PASSWORD=…`, `password: …` in a file, `--password …` of a command) or are tokens of
/// well-known services: each value masked by itself, the rest as it is. `None` where there is none. Where the text is in Base64 (the
/// user data of a machine), what hides something is masked as a whole.
pub(crate) fn masked_text(text: &str) -> Option<String> {
    let find = |text: &str| [named_values(text), tokens::find(text), commands::find(text)].concat();
    let mut found = find(text);
    if found.is_empty() {
        let hides = |inner: String| !find(&inner).is_empty();
        let inner = if text.len() < 16 { None } else { base64(text) };
        return inner.is_some_and(hides).then(|| MASK.to_owned());
    }
    found.sort_by_key(|range| (range.start, range.end));
    let (mut told, mut at) = (String::with_capacity(text.len()), 0);
    for range in found {
        if range.end <= at {
            continue;
        }
        told.push_str(text.get(at..range.start.max(at))?);
        told.push_str(MASK);
        at = range.end;
    }
    told.push_str(text.get(at..)?);
    Some(told)
}

/// Where the values of secret names stand in a text.
fn named_values(text: &str) -> Vec<Range<usize>> {
    let is_file = text.contains('\n');
    if !(text.contains('=') || text.contains("--") || (is_file && text.contains(':'))) {
        return Vec::new();
    }
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    for line in text.split_inclusive('\n') {
        let (start, bare) = (from, line.trim_end_matches(['\n', '\r']));
        from += line.len();
        let mut at = 0;
        while let Some(mark) = bare.get(at..).and_then(|rest| rest.find(['=', ':', ' '])).map(|n| n + at) {
            at = mark + 1;
            let Some(value) = value_of(bare, mark, is_file) else { continue };
            at = value.end.max(at);
            found.push(start + value.start..start + value.end);
        }
    }
    found
}

/// The value behind the `=`, the `:` or, of a flag of a command, the blank at `mark`, where the name before it is one of a secret.
fn value_of(line: &str, mark: usize, is_file: bool) -> Option<Range<usize>> {
    let sign = line.as_bytes()[mark];
    let before = if sign == b' ' { &line[..mark] } else { line[..mark].trim_end_matches([' ', '\t']) };
    let unquoted = before.strip_suffix(['"', '\'']).unwrap_or(before);
    let begin = unquoted
        .rfind(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')))
        .map_or(0, |at| at + unquoted[at..].chars().next().map_or(1, char::len_utf8));
    let name = &unquoted[begin..];
    let is_flag = name.starts_with("--");
    if sign == b' ' && !is_flag {
        return None;
    }
    // `\n` and the like, of a text that is written in another, belong to no name.
    if name.is_empty() || !(is_secret_name(name) || name == "_auth") {
        return None;
    }
    let front = line[..begin].trim_matches([' ', '\t', '"', '\'', '-']);
    let is_first = matches!(front, "" | "export" | "set" | "ENV" | "env" | "ARG");
    // A colon is in every sentence; a file says one thing a line.
    if sign == b':' && !(is_file && is_first) {
        return None;
    }
    let mut start = mark + 1;
    if sign == b'=' {
        start += line[start..].len() - line[start..].trim_start_matches(['=', '>']).len();
    }
    start += line[start..].len() - line[start..].trim_start_matches([' ', '\t']).len();
    let rest = &line[start..];
    if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let inner = &rest[1..];
        let end = closing(inner, quote).unwrap_or(inner.len());
        let value = &inner[..end];
        let open = quote == '"' && is_variable(value);
        return (!open && !is_kept_elsewhere(name, value)).then(|| start + 1..start + 1 + end);
    }
    // With blanks in it where a line of a file says nothing else; the value of a command ends at the first.
    let to_end = is_first && front != "export" && sign != b' ';
    let value = if to_end {
        rest.trim_end()
    } else {
        rest.split(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|' | '"' | '\'' | '`' | ')'))
            .next()?
    };
    // A sentence behind a colon, a block of lines, or the next flag.
    let is_other = (sign == b':' && (value.contains(' ') || matches!(value, "|" | ">" | "|-" | ">-")))
        || (sign == b' ' && value.starts_with('-'));
    (!is_other && !is_variable(value) && !is_kept_elsewhere(name, value)).then(|| start..start + value.len())
}

/// `--db-password`: what comes after it in a list of arguments is a secret.
pub(crate) fn is_secret_flag(text: &str) -> bool {
    // `--password-stdin`, `--no-password`: switches, which nothing belongs to.
    const SWITCHES: [&str; 9] =
        ["no", "disable", "enable", "skip", "allow", "require", "generate", "use", "prompt"];
    text.strip_prefix('-').is_some_and(|name| {
        let name = name.trim_start_matches('-');
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
            && is_secret_name(name)
            // Whatever it says, but for a place where a secret is kept.
            && !is_kept_elsewhere(name, "x/y")
            && !words(name).first().is_some_and(|word| SWITCHES.contains(&word.as_str()))
            && words(name).last().is_none_or(|word| word != "stdin")
    })
}

/// An argument that says a value, and not the next flag, a reference or what is filled in later.
pub(crate) fn is_open_argument(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.starts_with("--") && !is_variable(text) && !is_reference("", text),
        // YAML makes numbers of digits.
        Value::Number(_) => true,
        _ => false,
    }
}

/// The quote that ends a value.
fn closing(inner: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    inner.char_indices().find_map(|(at, c)| {
        let ends = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        ends.then_some(at)
    })
}

/// Filled in later: `$NAME`, `${NAME}`, `$(command)`, `{{ template }}`.
fn is_variable(value: &str) -> bool {
    ["${", "$(", "`", "{{", "<%", "%("].iter().any(|front| value.starts_with(front))
        || value.strip_prefix('$').is_some_and(|name| {
            name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        })
}

/// A file or an address where it is kept.
fn is_kept_elsewhere(name: &str, value: &str) -> bool {
    let name = Cow::from(name.trim_start_matches('-'));
    let last = words(&name).pop().unwrap_or_default();
    is_reference(&name, value)
        || matches!(last.as_str(), "file" | "dir" | "url" | "uri" | "endpoint") && value.contains('/')
}

/// The text of Base64, where it is one of words.
fn base64(text: &str) -> Option<String> {
    String::from_utf8(STANDARD.decode(text).ok()?).ok()
}

#[cfg(test)]
mod tests;
