//! Log text, one event a line: syslog, logfmt, access logs, and lines that begin with a time. What is not recognised
//! stays in the message; the whole line is always in the payload.

use std::borrow::Cow;
use std::io::{self, BufRead};

use domain::event::{self, Cell, Mapping, NewEvent, Target};
use domain::invalid::FieldError;
use domain::{Timestamp, instant};
use serde_json::{Map, Value};

use crate::{Row, lines, refuse, syslog};

pub(crate) fn read<'a, R: BufRead + 'a>(
    input: R,
    mapping: &'a Mapping,
    now: Timestamp,
) -> impl Iterator<Item = io::Result<Row>> + 'a {
    lines::read(input, move |line| parse(line, mapping, now))
}

/// What a line of text says.
#[derive(Debug)]
pub(crate) struct Parts {
    pub at: Timestamp,
    /// False when the line has no time and `at` is when it was received.
    pub dated: bool,
    pub level: String,
    pub component: Option<String>,
    pub system: Option<String>,
    pub event_type: Option<String>,
    pub message: String,
    pub extra: Map<String, Value>,
}

pub(crate) fn parse(line: &[u8], mapping: &Mapping, now: Timestamp) -> Result<NewEvent, Vec<FieldError>> {
    let line = String::from_utf8_lossy(line);
    let line = event::clean(line.trim());
    if line.starts_with('{') {
        return crate::event::parse(line.as_bytes(), mapping, now);
    }
    if let Some(done) = logfmt(&line, mapping, now) {
        return done;
    }
    let parts = recognise(&line, now).ok_or_else(|| {
        vec![FieldError {
            field: Target::OccurredAt.as_str().to_owned(),
            reason: "no time was recognised in this line; is it the continuation of another?".to_owned(),
        }]
    })?;
    finish(&line, parts, mapping, now)
}

fn finish(line: &str, parts: Parts, mapping: &Mapping, now: Timestamp) -> Result<NewEvent, Vec<FieldError>> {
    let Parts { at, dated, level, component, system, event_type, message, mut extra } = parts;
    extra.insert("line".to_owned(), Value::String(line.to_owned()));
    for (name, value) in [("component", &component), ("host", &system), ("msgid", &event_type)] {
        if let Some(value) = value {
            extra.insert(name.to_owned(), Value::String(value.clone()));
        }
    }
    let mut row = event::Row::new(mapping);
    row.set(Target::OccurredAt, Cell::Text(at.iso().into()));
    row.set(
        Target::Severity,
        Cell::Text(if level.is_empty() { "info".into() } else { level.as_str().into() }),
    );
    row.set(Target::Message, Cell::Text(message.into()));
    for (target, value) in
        [(Target::Component, component), (Target::SystemId, system), (Target::EventType, event_type)]
    {
        if let Some(value) = value {
            let short: String = value.chars().take(event::MAX_FIELD).collect();
            row.set(target, Cell::Text(short.into()));
        }
    }
    let mut event = row.finish(mapping, Value::Object(extra).to_string(), now)?;
    event.severity_text = level;
    event.dated = dated;
    Ok(event)
}

fn recognise(line: &str, now: Timestamp) -> Option<Parts> {
    let begins = line.strip_prefix('<').and_then(|l| l.split_once('>')).filter(|(pri, _)| pri.len() <= 3);
    let Some((priority, rest)) = begins else { return recognise_plain(line, now) };
    let mut parts = syslog::parse(line, now).or_else(|| recognise_plain(rest, now))?;
    // Nothing has a priority above 191 (RFC 5424 section 6.2.1): its last three bits say no severity.
    if priority.parse::<u16>().is_ok_and(|priority| priority > 191) {
        parts.level = format!("<{priority}>");
    }
    Some(parts)
}

fn recognise_plain(line: &str, now: Timestamp) -> Option<Parts> {
    if let Some((at, form, rest)) = stamp(line, now) {
        let parts = Parts {
            at,
            dated: true,
            level: String::new(),
            component: None,
            system: None,
            event_type: None,
            message: rest.to_owned(),
            extra: Map::new(),
        };
        return Some(match form {
            Form::Syslog => host_and_tag(parts, rest),
            Form::Other => level_and_component(parts, rest),
        });
    }
    // A file name before the time, as `grep` and log shippers write it.
    if let Some((name, rest)) = line.split_once(' ')
        && name.contains(['.', '/', '_'])
        && let Some((at, _, rest)) = stamp(rest.trim_start(), now)
    {
        let extra = Map::from_iter([("file".to_owned(), Value::String(name.to_owned()))]);
        let parts = Parts {
            at,
            dated: true,
            level: String::new(),
            component: None,
            system: None,
            event_type: None,
            message: rest.to_owned(),
            extra,
        };
        return Some(level_and_component(parts, rest));
    }
    access(line, now)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `Jun 14 15:16:01`, followed by a host.
    Syslog,
    Other,
}

/// The time at the start of a line, and what follows.
fn stamp(line: &str, now: Timestamp) -> Option<(Timestamp, Form, &str)> {
    if let Some((inside, rest)) = line.strip_prefix('[').and_then(|l| l.split_once(']')) {
        if is_short_number(inside.trim()) {
            return None;
        }
        let (at, rest) = (instant::parse(inside, now).ok()?, rest.trim_start());
        return (!is_half(inside, rest)).then_some((at, Form::Other, rest));
    }
    let first = *line.as_bytes().first()?;
    let alphabetic = first.is_ascii_alphabetic();
    if !alphabetic && !first.is_ascii_digit() {
        return None;
    }
    let least = if alphabetic { 3 } else { 1 };
    for (n, end) in ends(&line[..line.floor_char_boundary(72)]).into_iter().rev() {
        let text = line[..end].trim_end_matches([',', ':', '|']);
        if n < least || (n == 1 && is_short_number(text)) {
            continue;
        }
        if let Ok(at) = instant::parse(text, now) {
            let rest = line[end..].trim_start_matches([' ', '\t', ',', ';', '|']);
            if is_half(text, rest) {
                return None;
            }
            let week = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].iter().any(|w| text.starts_with(w));
            let iso_syslog = n == 1
                && text.contains('T')
                && rest.split(' ').nth(1).is_some_and(|tag| tag.ends_with(':') && tag.len() > 1);
            let form = if (alphabetic && !week) || iso_syslog { Form::Syslog } else { Form::Other };
            return Some((at, form, rest));
        }
    }
    None
}

/// A process, a thread or the seconds since a start: no epoch before 2001.
fn is_short_number(text: &str) -> bool {
    let whole = text.split('.').next().unwrap_or_default();
    whole.len() < 10 && text.bytes().all(|c| c.is_ascii_digit() || c == b'.')
}

/// Where a time at the start of a line may end, and after how many words, at most five: behind a word, or before what divides columns.
fn ends(head: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::with_capacity(8);
    let mut words = 0;
    let mut before = ' ';
    let mut chars = head.char_indices().peekable();
    while let Some((i, c)) = chars.next() {
        // A comma before a digit divides a second: `10:00:01,123`.
        let divides = match c {
            ';' | '|' => true,
            ',' => chars.peek().is_none_or(|(_, next)| !next.is_ascii_digit()),
            _ => false,
        };
        if divides && !before.is_whitespace() {
            found.push((words + 1, i));
        } else if c.is_whitespace() && !before.is_whitespace() {
            words += 1;
            found.push((words, i));
        }
        before = c;
    }
    if !before.is_whitespace() {
        found.push((words + 1, head.len()));
    }
    found.retain(|(words, _)| *words <= 5);
    found
}

/// A day that was understood, before a clock that was not: midnight would be a guess that nobody sees.
fn is_half(time: &str, rest: &str) -> bool {
    !time.contains(':') && time.parse::<f64>().is_err() && is_clock(rest)
}

/// `10:00:03…`, `9:75`, `10.00.03`.
fn is_clock(text: &str) -> bool {
    let word = text.split_whitespace().next().unwrap_or_default();
    let mut parts = word.split([':', '.']);
    let mut digits = |least: usize| {
        parts.next().is_some_and(|p| {
            let n = p.bytes().take_while(u8::is_ascii_digit).count();
            n >= least && n <= 2
        })
    };
    digits(1) && digits(2) && (word.contains(':') || digits(2))
}

/// `combo sshd(pam_unix)[19939]: authentication failure`.
fn host_and_tag(mut parts: Parts, rest: &str) -> Parts {
    let Some((host, rest)) = rest.split_once(' ') else { return parts };
    parts.system = Some(host.to_owned());
    rest.trim().clone_into(&mut parts.message);
    if let Some((tag, message)) =
        rest.split_once(": ").or_else(|| rest.strip_suffix(':').map(|tag| (tag, "")))
        && tag.len() <= 64
        && (!tag.contains(' ') || tag.starts_with("syslogd"))
    {
        let name = match tag.split_once('[') {
            Some((name, pid)) => {
                parts.extra.insert("procid".to_owned(), Value::String(pid.trim_end_matches(']').to_owned()));
                name
            }
            None => tag,
        };
        parts.component = Some(name.to_owned());
        if !message.trim().is_empty() {
            message.trim().clone_into(&mut parts.message);
        }
    }
    // Programs without a priority often say the level first: `error: …`.
    if let Some((word, _)) = parts.message.split_once(':')
        && is_level(word)
    {
        parts.level = word.to_owned();
    }
    if parts.message.is_empty() {
        rest.clone_into(&mut parts.message);
    }
    parts
}

/// `ERROR|App.Main|it broke`, as NLog lays a line out, and `INFO     | app:main - it began`, as loguru does: a level, then perhaps who says it. Behind a
/// semicolon stands what people write: no name is looked for there. `None` where there is no message.
fn columns(rest: &str) -> Option<(&str, Option<&str>, &str)> {
    let by = if rest.contains('|') { '|' } else { ';' };
    let (level, rest) = rest.split_once(by)?;
    if !is_level(level.trim()) {
        return None;
    }
    let (level, rest) = (level.trim(), rest.trim().trim_end_matches(by).trim_end());
    let named =
        rest.split_once(by).filter(|_| by == '|').map(|(logger, message)| (logger.trim(), message.trim()));
    let (component, message) = match named {
        Some((logger, message)) if !logger.is_empty() && !logger.contains(' ') => (Some(logger), message),
        _ => (None, rest),
    };
    (!message.is_empty()).then_some((level, component, message))
}

/// `148 INFO dfs.DataNode$PacketResponder: …`, `INFO [main] org.x.Y: …`, `[notice] …`, `Info   CBS    …`,
/// `chrome.exe - …`.
fn level_and_component(mut parts: Parts, rest: &str) -> Parts {
    let rest = rest.strip_prefix("- ").unwrap_or(rest);
    if let Some((level, component, message)) = columns(rest) {
        return Parts {
            level: level.to_owned(),
            component: component.map(str::to_owned),
            message: message.to_owned(),
            ..parts
        };
    }
    let mut from = 0;
    let mut bracket = false;
    // Where the level stands; before it belong process ids, threads, or a logger and a dash.
    let mut level_at = 0;
    for _ in 0..5 {
        let word = rest[from..].split_whitespace().next().unwrap_or("");
        if word.is_empty() {
            break;
        }
        let start = from + rest[from..].find(word).unwrap_or(0);
        from = start + word.len();
        let bare = word.trim_matches(['[', ']', '(', ')', ':', ',', '|', '<', '>']);
        let bare = bare.rsplit_once(':').map_or(bare, |(_, level)| level);
        if is_level(bare) {
            bare.clone_into(&mut parts.level);
            bracket = word.starts_with('[');
            level_at = start;
            break;
        }
    }
    let before = rest[..level_at].trim();
    let logger = before.strip_suffix(" -").filter(|l| !l.contains(' '));
    let leads = logger.is_some()
        || before
            .split_whitespace()
            .all(|w| w.starts_with('[') || w.bytes().all(|c| c.is_ascii_digit() || c == b'-'));
    if parts.level.is_empty() || !leads {
        if let Some((program, message)) = rest.split_once(" - ")
            && let program = program.trim_end_matches(" *64")
            && !program.contains(' ')
            && !program.is_empty()
        {
            parts.component = Some(program.to_owned());
            message.trim().clone_into(&mut parts.message);
        }
        return parts;
    }
    parts.component = logger.map(str::to_owned);
    let mut after = rest[from..].trim_start();
    if !bracket
        && let Some((thread, more)) = after.strip_prefix('[').and_then(|a| a.split_once("] "))
        && thread.len() <= 64
    {
        parts.extra.insert("thread".to_owned(), Value::String(thread.to_owned()));
        after = more.trim_start();
    }
    if !bracket && let Some((word, more)) = after.split_once(char::is_whitespace) {
        let dotted = word.contains(['.', '$'])
            && !word.contains(['/', '(', '"'])
            && word.starts_with(|c: char| c.is_ascii_alphabetic());
        let column = word.bytes().all(|c| c.is_ascii_uppercase()) && more.starts_with("  ");
        if (word.ends_with(':') && word.len() > 1) || dotted || column {
            parts.component = Some(word.trim_end_matches(':').to_owned());
            after = more.trim_start();
        }
    }
    after.strip_prefix("- ").unwrap_or(after).trim().clone_into(&mut parts.message);
    if parts.message.is_empty() {
        rest.clone_into(&mut parts.message);
    }
    parts
}

fn is_level(word: &str) -> bool {
    const LEVELS: [&str; 19] = [
        "trace",
        "debug",
        "info",
        "information",
        "notice",
        "warn",
        "warning",
        "error",
        "err",
        "crit",
        "critical",
        "alert",
        "emerg",
        "fatal",
        "severe",
        "panic",
        "verbose",
        "emergency",
        "dbg",
    ];
    LEVELS.iter().any(|l| l.eq_ignore_ascii_case(word))
}

/// `1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 2326`: the client stays in the message.
fn access(line: &str, now: Timestamp) -> Option<Parts> {
    let head = &line[..line.floor_char_boundary(256)];
    let (before, rest) = head.split_once('[')?;
    let (inside, _) = rest.split_once(']')?;
    // Who asked stands first; a line that begins with its time is another.
    if before.trim().is_empty() {
        return None;
    }
    // A process or a place in an array stands in brackets too: of a time in them the year, the month and the clock are there.
    if inside.len() < "10/Oct/2000:13:55:36".len() || !inside.contains(':') {
        return None;
    }
    let at = instant::parse(inside, now).ok()?;
    let after = line[before.len() + inside.len() + 2..].trim_start();
    let client = before.split(' ').next().unwrap_or("");
    let status = after
        .rsplit_once("\" ")
        .or_else(|| after.split_once("\" "))
        .and_then(|(_, s)| s.split(' ').next())
        .unwrap_or("");
    let level = if status.len() == 3 && status.starts_with('5') { "err" } else { "" };
    let extra = Map::from_iter([("client".to_owned(), Value::String(client.to_owned()))]);
    Some(Parts {
        at,
        dated: true,
        level: level.to_owned(),
        component: None,
        system: None,
        event_type: None,
        message: format!("{client} {after}"),
        extra,
    })
}

/// `time=2026-11-23T09:30:00Z level=info msg="it works"`. `None` when the line is not of that form.
fn logfmt(line: &str, mapping: &Mapping, now: Timestamp) -> Option<Result<NewEvent, Vec<FieldError>>> {
    if !["time=", "ts=", "timestamp=", "level=", "t=", "at="].iter().any(|p| line.starts_with(p)) {
        return None;
    }
    let mut object = Map::new();
    let mut rest = line;
    while let Some((key, after)) = rest.split_once('=') {
        let key = key.trim();
        if key.is_empty() || key.contains(char::is_whitespace) {
            break;
        }
        let (value, more) = match after.strip_prefix('"') {
            Some(quoted) => {
                let mut escaped = false;
                let end = quoted.find(|c| {
                    let close = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    close
                });
                let end = end.unwrap_or(quoted.len());
                (
                    Cow::Owned(quoted[..end].replace("\\\"", "\"").replace("\\n", "\n")),
                    quoted.get(end + 1..).unwrap_or(""),
                )
            }
            None => {
                after.split_once(' ').map_or((Cow::Borrowed(after), ""), |(v, more)| (Cow::Borrowed(v), more))
            }
        };
        object.insert(key.to_owned(), Value::String(value.into_owned()));
        rest = more;
    }
    let mut row = event::Row::new(mapping);
    for (name, value) in &object {
        if let Value::String(text) = value {
            row.put(mapping, name, Cell::Text(Cow::Borrowed(text)));
        }
    }
    if object.get("msg").or_else(|| object.get("message")).is_none() {
        row.set(Target::Message, Cell::Text(Cow::Borrowed(line)));
    }
    let mut payload = object.clone();
    payload.insert("line".to_owned(), Value::String(line.to_owned()));
    Some(
        event::sound(&Value::Object(payload).to_string())
            .map_err(refuse)
            .and_then(|p| row.finish(mapping, p.into_owned(), now)),
    )
}

#[cfg(test)]
mod tests;
