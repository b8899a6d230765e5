//! Characters to pieces: words, quotes, fields with their operator. What a piece is depends on where it stands, so
//! the parser asks for the piece it wants.

use std::ops::Range;

use super::Atom;

#[derive(Clone)]
pub(super) struct Scan<'a> {
    pub text: &'a str,
    /// Always on a character boundary.
    pub at: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Is,
    IsNot,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl Op {
    pub fn text(self) -> &'static str {
        match self {
            Self::Is => ":",
            Self::IsNot => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
        }
    }
    /// `:`, `=` and `!=` take lists, ranges, wildcards and parentheses.
    pub fn equality(self) -> bool {
        matches!(self, Self::Is | Self::IsNot)
    }
}

/// A field and its operator, before anybody knows whether there is such a field.
pub(super) struct Head {
    pub name: Range<usize>,
    /// The name, or `payload` and the keys after it.
    pub path: Vec<String>,
    /// A dot without a name after it.
    pub hole: bool,
    pub op: Op,
}

/// A value or a free word as it was written.
#[derive(Debug)]
pub(super) struct Raw {
    pub atoms: Vec<Atom>,
    pub quoted: bool,
    pub span: Range<usize>,
}

impl Raw {
    pub fn wild(&self) -> bool {
        self.atoms.iter().any(|a| !matches!(a, Atom::Char(_)))
    }
    pub fn literal(&self) -> String {
        literal(&self.atoms)
    }
}

pub(super) fn literal(atoms: &[Atom]) -> String {
    atoms.iter().filter_map(|a| if let Atom::Char(c) = a { Some(*c) } else { None }).collect()
}

impl<'a> Scan<'a> {
    pub fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }
    pub fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }
    pub fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }
    fn skip(&mut self, mut wanted: impl FnMut(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !wanted(c)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }
    pub fn blanks(&mut self) {
        self.skip(char::is_whitespace);
    }
    /// A separator or the end is next.
    pub fn ends(&self, list: bool) -> bool {
        self.peek().is_none_or(|c| separates(c, list))
    }
    /// `AND`, `OR` or `NOT` is next, and nothing is joined to it.
    pub fn keyword(&self, word: &str) -> bool {
        self.rest().strip_prefix(word).is_some_and(|r| r.chars().next().is_none_or(|c| separates(c, false)))
    }
    pub fn op(&mut self) -> Option<Op> {
        for (token, op) in [
            (":", Op::Is),
            ("=", Op::Is),
            ("!=", Op::IsNot),
            (">=", Op::AtLeast),
            ("<=", Op::AtMost),
            (">", Op::Greater),
            ("<", Op::Less),
        ] {
            if self.eat(token) {
                return Some(op);
            }
        }
        None
    }
    /// The content of a quoted text. `None`, and nothing is passed, where it is not closed.
    pub fn quoted(&mut self) -> Option<String> {
        let mut out = String::new();
        let mut escaped = false;
        for (i, c) in self.rest().char_indices().skip(1) {
            match c {
                '"' if !escaped => {
                    self.at += i + 1;
                    return Some(out);
                }
                '\\' if !escaped => {
                    escaped = true;
                    continue;
                }
                '"' | '\\' => {}
                _ if escaped => out.push('\\'),
                _ => {}
            }
            escaped = false;
            out.push(storable(c));
        }
        None
    }
    /// Up to the next separator; with `range` also up to `..`.
    pub fn bare(&mut self, list: bool, range: bool) -> Vec<Atom> {
        let mut atoms = Vec::new();
        while let Some(c) = self.peek() {
            if separates(c, list) || (range && self.rest().starts_with("..")) {
                break;
            }
            self.at += c.len_utf8();
            let escaped =
                self.peek().filter(|n| c == '\\' && (n.is_ascii_punctuation() || n.is_whitespace()));
            let atom = match (c, escaped) {
                (_, Some(next)) => {
                    self.at += next.len_utf8();
                    Atom::Char(next)
                }
                ('*', _) => Atom::Any,
                ('?', _) => Atom::One,
                _ => Atom::Char(storable(c)),
            };
            if atom != Atom::Any || atoms.last() != Some(&Atom::Any) {
                atoms.push(atom);
            }
        }
        atoms
    }
    /// A quoted text, maybe with `*` right after it, or a bare one. `None` where a quote is not closed.
    pub fn raw(&mut self, list: bool, range: bool) -> Option<Raw> {
        let start = self.at;
        if self.peek() != Some('"') {
            let atoms = self.bare(list, range);
            return Some(Raw { atoms, quoted: false, span: start..self.at });
        }
        let mut atoms: Vec<Atom> = self.quoted()?.chars().map(Atom::Char).collect();
        let mut after = self.clone();
        if after.eat("*") && after.ends(list) && !atoms.is_empty() {
            self.at = after.at;
            atoms.push(Atom::Any);
        }
        Some(Raw { atoms, quoted: true, span: start..self.at })
    }
    /// A field and its operator. `None`, and nothing is passed, where there is none: then it is free text.
    pub fn head(&mut self) -> Option<Head> {
        let start = self.at;
        let head = self.head_inner();
        if head.is_none() {
            self.at = start;
        }
        head
    }
    fn head_inner(&mut self) -> Option<Head> {
        let start = self.at;
        self.peek().filter(|c| c.is_alphabetic() || *c == '_')?;
        let mut path = vec![self.skip(name_char).to_owned()];
        let payload = is_payload(&path);
        let mut hole = false;
        while self.eat(".") {
            if payload && self.peek() == Some('"') {
                path.push(self.quoted()?);
                continue;
            }
            let name = self.skip(|c| name_char(c) || (payload && matches!(c, '@' | '/' | '$')));
            hole |= name.is_empty();
            path.push(name.to_owned());
        }
        let name = start..self.at;
        Some(Head { name, path, hole, op: self.op()? })
    }
}

pub(super) fn is_payload(path: &[String]) -> bool {
    path.first().is_some_and(|p| p.eq_ignore_ascii_case("payload"))
}

pub(super) fn name_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-')
}

fn separates(c: char, list: bool) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')' | '"') || (list && matches!(c, '[' | ']' | ','))
}

/// As `event::clean` does with what is stored.
fn storable(c: char) -> char {
    if c == '\0' { char::REPLACEMENT_CHARACTER } else { c }
}
