//! Secrets in the words of commands and files that say them without an `=`: user data, start scripts, `.netrc`, XML.

use std::ops::Range;

use super::{is_kept_elsewhere, is_secret_name, is_variable, tokens};

/// Words of a line that belong to one command at most: a line of a megabyte is read once.
const WORDS: usize = 32;

/// Where they stand in a text.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if text.contains('<') {
        elements(text, &mut found);
    }
    if text.contains("\"auth\"") {
        logins(text, &mut found);
    }
    if text.contains([' ', '\t']) {
        let mut from = 0;
        for line in text.split_inclusive('\n') {
            let words = words(line);
            of_line(&words, |word| found.push(from + word.start..from + word.end));
            from += line.len();
        }
    }
    found
}

/// A word of a line, without its quotes, and where it stands.
#[derive(Clone, Copy)]
struct Word<'t> {
    text: &'t str,
    start: usize,
}

impl<'t> Word<'t> {
    fn from(self, at: usize) -> Self {
        Self { text: self.text.get(at..).unwrap_or_default(), start: self.start + at }
    }
    fn after(self, front: &str) -> Option<Self> {
        self.text.starts_with(front).then(|| self.from(front.len()))
    }
    fn behind(self, mark: char) -> Option<Self> {
        self.text.find(mark).map(|at| self.from(at + mark.len_utf8()))
    }
    /// The program of a path.
    fn program(self) -> &'t str {
        self.text.rsplit('/').next().unwrap_or(self.text)
    }
    fn range(self) -> Option<Range<usize>> {
        let open = self.text.is_empty() || is_variable(self.text) || self.text.starts_with('-');
        (!open).then(|| self.start..self.start + self.text.len())
    }
}

/// The words of a line as a shell parts them; `|`, `;` and `&` are words of their own.
fn words(line: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut begun: Option<usize> = None;
    let mut quote: Option<char> = None;
    let put = |words: &mut Vec<_>, start: usize, end: usize| {
        let text = &line[start..end];
        let bare = text.trim_matches(['"', '\'']);
        let at = text.len() - text.trim_start_matches(['"', '\'']).len();
        if !bare.is_empty() {
            words.push(Word { text: bare, start: start + at });
        }
    };
    for (at, c) in line.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') => {
                quote = Some(c);
                begun.get_or_insert(at);
            }
            None if c.is_whitespace() || matches!(c, '|' | ';' | '&') => {
                if let Some(start) = begun.take() {
                    put(&mut words, start, at);
                }
                if !c.is_whitespace() {
                    words.push(Word { text: &line[at..=at], start: at });
                }
            }
            None => {
                begun.get_or_insert(at);
            }
        }
    }
    if let Some(start) = begun {
        put(&mut words, start, line.trim_end().len().max(start));
    }
    words
}

fn of_line(words: &[Word<'_>], mut found: impl FnMut(Range<usize>)) {
    let mut tell = |word: Option<Word<'_>>| {
        if let Some(range) = word.and_then(Word::range) {
            found(range);
        }
    };
    for (at, word) in words.iter().enumerate() {
        let next = |n: usize| words.get(at + n).copied();
        let is = |n: usize, text: &str| next(n).is_some_and(|word| word.text == text);
        // The words of this command alone, and those before it.
        let rest =
            words[at + 1..].iter().take(WORDS).take_while(|word| !matches!(word.text, "|" | ";" | "&"));
        let before = &words[at.saturating_sub(WORDS)..at];
        let flag = |names: &[&str]| {
            let mut ahead = rest.clone();
            let long = rest.clone().find_map(|word| {
                names
                    .iter()
                    .filter(|name| name.starts_with("--"))
                    .find_map(|name| word.after(name)?.after("="))
            });
            let apart = ahead
                .by_ref()
                .any(|word| names.contains(&word.text))
                .then(|| ahead.next().copied())
                .flatten();
            let joined = || {
                let short = names.iter().filter(|name| name.len() == 2);
                rest.clone().find_map(|word| short.clone().find_map(|name| word.after(name)))
            };
            long.or(apart).or_else(joined)
        };
        match word.program() {
            "curl" | "wget" => {
                for names in [&["-u", "--user"][..], &["-U", "--proxy-user"]] {
                    tell(flag(names).and_then(|word| word.behind(':')));
                }
            }
            "login"
                if at > 0
                    && matches!(
                        words[at - 1].program(),
                        "docker" | "podman" | "nerdctl" | "oras" | "registry" | "buildah"
                    ) =>
            {
                tell(flag(&["-p", "--password"]));
            }
            "login" if at > 0 && words[at - 1].program() == "vault" => {
                tell(next(1).filter(|word| !word.text.contains('=')));
            }
            "mysql" | "mysqldump" | "mysqladmin" | "mariadb" | "mariadb-dump" => {
                tell(rest.clone().find_map(|word| word.after("-p")).filter(|word| !word.text.is_empty()));
            }
            "sshpass" => tell(flag(&["-p"])),
            "redis-cli" => tell(flag(&["-a", "--pass"])),
            "chpasswd" => {
                for word in before.iter().filter(|word| word.text.contains(':')) {
                    tell(word.behind(':'));
                }
            }
            "passwd" if rest.clone().any(|word| word.text == "--stdin") => {
                let said = before.iter().rposition(|word| matches!(word.text, "echo" | "printf"));
                let said = said.and_then(|said| before.get(said + 1..));
                tell(
                    said.and_then(|said| said.iter().find(|word| !matches!(word.text, "-n" | "|"))).copied(),
                );
            }
            "configure" if is(1, "set") && next(2).is_some_and(|name| is_secret_name(name.text)) => {
                tell(next(3));
            }
            "set" | "setx" if at == 0 => {
                let name = words[1..].iter().position(|word| !word.text.starts_with('-')).map(|n| n + 1);
                let name =
                    name.filter(|name| is_secret_name(words[*name].text) && !words[*name].text.contains('='));
                tell(name.and_then(|name| words.get(name + 1)).copied());
            }
            // .netrc
            "password" | "passwd" if before.iter().any(|word| matches!(word.text, "login" | "machine")) => {
                tell(next(1));
            }
            "password" if at == 0 && words.len() == 2 => tell(next(1)),
            _ => {}
        }
        if let Some(pair) =
            word.after("--from-literal=").or_else(|| next(1).filter(|_| word.text == "--from-literal"))
        {
            tell(pair.behind('='));
        }
    }
}

/// `<password>x</password>`, and `<add key="DbPassword" value="x"/>`.
fn elements(text: &str, found: &mut Vec<Range<usize>>) {
    for (at, _) in text.match_indices('<') {
        let inside = &text[at + 1..];
        let end = inside.find(['<', '>']).filter(|end| inside[*end..].starts_with('>'));
        let Some(end) = end else { continue };
        let tag = &inside[..end];
        let name = tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default();
        let start = at + 1 + end + 1;
        if is_secret_name(name) && !tag.ends_with('/') {
            let value = text[start..].split('<').next().unwrap_or_default();
            put(name, value, start, found);
        }
        let called = ["key=", "name=", "Key=", "Name="].iter().find_map(|key| attribute(tag, key));
        let value = ["value=", "Value="].iter().find_map(|key| attribute(tag, key));
        if let Some(((_, called), (from, value))) = called.zip(value)
            && is_secret_name(called)
        {
            put(called, value, at + 1 + from, found);
        }
    }
}

/// The quoted value of an attribute, and where it begins in the tag.
fn attribute<'t>(tag: &'t str, key: &str) -> Option<(usize, &'t str)> {
    let (at, _) = tag.match_indices(key).find(|(at, _)| tag[..*at].ends_with(char::is_whitespace))?;
    let quote = tag[at + key.len()..].chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let from = at + key.len() + 1;
    Some((from, tag[from..].split(quote).next().unwrap_or_default()))
}

/// `"auth": "dXNlcjpwYXNz"`, as registries keep a user and a password.
fn logins(text: &str, found: &mut Vec<Range<usize>>) {
    for (at, key) in text.match_indices("\"auth\"") {
        let rest = &text[at + key.len()..];
        let Some(value) =
            rest.trim_start().strip_prefix(':').and_then(|rest| rest.trim_start().strip_prefix('"'))
        else {
            continue;
        };
        let value = value.split('"').next().unwrap_or_default();
        if tokens::is_login(value) {
            let start = value.as_ptr() as usize - text.as_ptr() as usize;
            found.push(start..start + value.len());
        }
    }
}

fn put(name: &str, value: &str, start: usize, found: &mut Vec<Range<usize>>) {
    if !value.trim().is_empty() && !is_variable(value) && !is_kept_elsewhere(name, value) {
        found.push(start..start + value.len());
    }
}
