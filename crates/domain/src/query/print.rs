//! A tree back to text: the canonical form, which reads as an equal tree.

use std::fmt;

use super::value::is_json_scalar;
use super::{Atom, Expr, Order, Pattern, Query, Target, Term, Test, TextMatch, Value};

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expr.fmt(f)
    }
}

/// As a query writes it before the colon.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        target(self, &mut out);
        f.write_str(&out)
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        expr(self, Inside::Nothing, &mut out);
        f.write_str(&out)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Inside {
    Nothing,
    Any,
    All,
    Not,
}

fn expr(e: &Expr, inside: Inside, out: &mut String) {
    let (children, joint, own) = match e {
        Expr::Term(t) => return term(t, out),
        Expr::Not(inner) => {
            // Only a tree that was not read has a `Not` in a `Not`.
            out.push_str(if matches!(**inner, Expr::Not(_)) { "NOT " } else { "-" });
            return expr(inner, Inside::Not, out);
        }
        Expr::Any(any) if is_list(any) => return list(any, out),
        Expr::Any(any) => (any, " OR ", Inside::Any),
        Expr::All(all) => (all, " ", Inside::All),
    };
    let open = match inside {
        Inside::Nothing => false,
        Inside::Any => own == Inside::Any,
        Inside::All | Inside::Not => true,
    };
    if open {
        out.push('(');
    }
    for (i, child) in children.iter().enumerate() {
        if i > 0 {
            out.push_str(joint);
        }
        expr(child, own, out);
    }
    if open {
        out.push(')');
    }
}

/// What can be written as `field:[a, b]`.
fn is_list(any: &[Expr]) -> bool {
    let Some(Expr::Term(first)) = any.first() else { return false };
    any.len() > 1
        && any.iter().all(|e| {
            matches!(e, Expr::Term(t) if t.target == first.target
                && matches!(t.test, Test::Equal(_) | Test::Pattern(_) | Test::Between(..)))
        })
}

fn list(any: &[Expr], out: &mut String) {
    for (i, e) in any.iter().enumerate() {
        let Expr::Term(t) = e else { continue };
        if i == 0 {
            target(&t.target, out);
            out.push_str(":[");
        } else {
            out.push_str(", ");
        }
        test(t, out);
    }
    out.push(']');
}

fn term(t: &Term, out: &mut String) {
    let free = t.target == Target::Free;
    match &t.test {
        Test::Text(found) if free => return text(found, out),
        Test::Present if free => {
            out.push('*');
            return;
        }
        _ => {}
    }
    target(&t.target, out);
    out.push_str(match t.test {
        Test::Compare(Order::Less, _) => "<",
        Test::Compare(Order::AtMost, _) => "<=",
        Test::Compare(Order::Greater, _) => ">",
        Test::Compare(Order::AtLeast, _) => ">=",
        _ => ":",
    });
    test(t, out);
}

/// The name of a field as it is written.
fn target(t: &Target, out: &mut String) {
    match t {
        Target::Free => {}
        Target::Field(field) => out.push_str(field.name),
        Target::Payload(path) => {
            out.push_str("payload");
            for key in path {
                out.push('.');
                if !key.is_empty() && key.chars().all(super::lex::name_char) {
                    out.push_str(key);
                } else {
                    quote(key, out);
                }
            }
        }
    }
}

fn test(t: &Term, out: &mut String) {
    match &t.test {
        Test::Present => out.push('*'),
        Test::Equal(v) | Test::Compare(_, v) => value(&t.target, v, out),
        Test::Pattern(p) => pattern(p, out),
        Test::Text(found) => text(found, out),
        Test::Between(from, to) => {
            value(&t.target, from, out);
            out.push_str("..");
            value(&t.target, to, out);
        }
    }
}

fn value(of: &Target, v: &Value, out: &mut String) {
    match v {
        Value::Word(w) if matches!(of, Target::Payload(_)) && is_json_scalar(w) => quote(w, out),
        Value::Word(w) => word(w, out),
        other => out.push_str(&other.to_string()),
    }
}

/// A text of a `Word` field: bare where that is possible.
pub(super) fn word(w: &str, out: &mut String) {
    let plain = !w.is_empty()
        && w.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '/' | '@' | ':' | '.'))
        && !w.starts_with([':', '.'])
        && !w.ends_with('.')
        && !w.as_bytes().windows(2).any(|two| two == b"..");
    if plain && !matches!(w, "AND" | "OR" | "NOT") {
        out.push_str(w);
    } else {
        quote(w, out);
    }
}

fn quote(w: &str, out: &mut String) {
    out.push('"');
    for c in w.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}

fn pattern(p: &Pattern, out: &mut String) {
    // What the first character may not be, nor one after a dot, is escaped there.
    let mut before = '.';
    for atom in &p.0 {
        before = match *atom {
            Atom::Any => '*',
            Atom::One => '?',
            Atom::Char(c) => {
                let plain = matches!(c, '_' | '/' | '@') || (before != '.' && matches!(c, '-' | '.'));
                if c.is_whitespace() || (c.is_ascii_punctuation() && !plain) {
                    out.push('\\');
                }
                c
            }
        };
        out.push(before);
    }
}

fn text(found: &TextMatch, out: &mut String) {
    match found {
        TextMatch::Glob(p) => pattern(p, out),
        TextMatch::Substring(part) => {
            out.push('*');
            pattern(&Pattern(part.chars().map(Atom::Char).collect()), out);
            out.push('*');
        }
        TextMatch::Words { words, prefix } => {
            let mut joined = String::new();
            for (i, c) in words.iter().flat_map(|w| std::iter::once(' ').chain(w.chars())).enumerate() {
                match c {
                    ' ' if i == 0 => {}
                    // The one letter whose lower case has two characters, `i` and this.
                    '\u{307}' => {
                        joined.pop();
                        joined.push('\u{130}');
                    }
                    _ => joined.push(c),
                }
            }
            if words.len() > 1 {
                quote(&joined, out);
            } else {
                out.push_str(&joined);
            }
            if *prefix {
                out.push('*');
            }
        }
    }
}

impl fmt::Display for Value {
    /// The value without quotes, as a list of values shows it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(text) | Self::Number { text, .. } => f.write_str(text),
            Self::Severity(s) => f.write_str(s.as_str()),
            Self::Id(id) => id.hyphenated().fmt(f),
            Self::Time(at) => at.fmt(f),
            Self::Bool(b) => f.write_str(if *b { "true" } else { "false" }),
            Self::Null => f.write_str("null"),
        }
    }
}

/// A value as it is written after the operator of a field. In a payload bare, so that `5` means the number too.
pub(super) fn written(v: &str) -> String {
    let mut out = String::new();
    word(v, &mut out);
    out
}

/// A text in quotes.
pub(super) fn quoted(v: &str) -> String {
    let mut out = String::new();
    quote(v, &mut out);
    out
}
