//! Queries and events for property tests, with values that readers disagree about if they can: case, missing values,
//! combining marks, characters beyond U+FFFF, quotes, the wildcards of LIKE, numbers as integers, floats and strings.
//!
//! Both are made from a list of bytes, so any source of randomness does; with proptest's `vec(any::<u8>(), 0..200)`
//! a failure shrinks to the simplest query and event. Values come from one pool, so that queries often match.

use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::lex::Raw;
use super::{
    Atom, EVENTS, Expr, Field, Kind, Order, Pattern, Query, Target, Term, Test, TextMatch, Value, value,
};
use crate::event::Event;
use crate::{EventId, GroupId, Severity, Timestamp};

/// Decisions read from bytes; the first of the choices when they are used up.
pub struct Choices<'a>(pub &'a [u8]);

impl Choices<'_> {
    pub fn below(&mut self, n: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first) % n.max(1)
    }
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        from.get(self.below(from.len())).copied()
    }
    fn text(&mut self) -> String {
        self.pick(&TEXTS).unwrap_or_default().to_owned()
    }
}

pub const TEXTS: [&str; 54] = [
    "auth",
    "Auth",
    "AUTH",
    "",
    "billing",
    "a",
    "b",
    "Z",
    "web-01",
    "web-02",
    "a b",
    "a*b",
    "a?b",
    "axb",
    "50%",
    "50x",
    "a_b",
    "\"q\"",
    "back\\slash",
    "\\",
    "O'Brien",
    "é",
    "e\u{301}",
    "É",
    "ß",
    "İstanbul",
    "ǅ",
    "Σας",
    "日本語",
    "😀",
    "x😀y",
    "\u{ffff}",
    "\u{10000}",
    "null",
    "true",
    "false",
    "5",
    "5.0",
    "-1",
    "0.10",
    "1e3",
    "a.b",
    "a..b",
    "OR",
    "NOT",
    "(x)",
    "[y]",
    "x,y",
    "-x",
    ":x",
    "  ",
    "a\tb",
    "%",
    "*",
];

const MESSAGES: [&str; 14] = [
    "Failed password for root from 10.0.0.1 port 22 ssh2",
    "failed PASSWORD",
    "Failed  passwords, failed-password!",
    "",
    "-- ** --",
    "disk 100% full on /dev/sda_1",
    "C:\\Windows\\System32\\cmd.exe \"quoted\" 'it'",
    "ÉTÉ été e\u{301}te\u{301} STRASSE straße",
    "İstanbul istanbul ISTANBUL ıstanbul",
    "日本語のログ 😀 emoji😀in😀word",
    "ΣΑΣ σας Σας ǅ ǆ",
    "a a a b a a b",
    "x_y x%y x*y xzy",
    "10.0.0.1 10.0.0.11 110.0.0.1",
];

const KEYS: [&str; 9] = ["x", "user", "name", "a.b", "odd key", "é", "0", "", "q\"\\"];

pub const NUMBERS: [&str; 14] = [
    "5",
    "5.0",
    "-1",
    "0",
    "-0",
    "0.10",
    "1e3",
    "1000",
    "9007199254740993",
    "9007199254740992",
    "443",
    "0.1",
    "1E400",
    "007",
];

const MICROS: [i64; 6] = [
    1_795_426_200_000_000,
    1_795_426_200_000_001,
    1_795_426_259_999_999,
    1_795_392_000_000_000,
    0,
    253_402_300_799_999_999,
];

fn time(c: &mut Choices<'_>) -> Timestamp {
    c.pick(&MICROS).and_then(Timestamp::from_micros).unwrap_or(Timestamp::EPOCH)
}

fn id(c: &mut Choices<'_>) -> Uuid {
    Uuid::from_u128(c.below(3) as u128 + 0xabc)
}

fn severity(c: &mut Choices<'_>) -> Severity {
    c.pick(&Severity::ALL).unwrap_or(Severity::Info)
}

/// A word, a message, or several of them.
fn message(c: &mut Choices<'_>) -> String {
    match c.below(4) {
        0 | 1 => c.pick(&MESSAGES).unwrap_or_default().to_owned(),
        2 => c.text(),
        _ => {
            // Long enough for the limits of the search, sometimes.
            let (word, times) = (c.text(), c.below(250));
            [&[word.as_str(), " "].concat().repeat(times), c.pick(&MESSAGES).unwrap_or_default()].concat()
        }
    }
}

pub fn event(c: &mut Choices<'_>) -> Event {
    let word = |c: &mut Choices<'_>| if c.below(4) == 3 { None } else { Some(c.text()) };
    Event {
        id: EventId(id(c)),
        occurred_at: time(c),
        ingested_at: time(c),
        severity: severity(c),
        severity_text: c.text(),
        component: word(c),
        service: word(c),
        environment: word(c),
        system_id: word(c),
        event_type: word(c),
        source_id: None,
        source: word(c),
        message: message(c),
        raw_payload: object(c, 3).into(),
        fingerprint: c.text(),
        group_id: GroupId(id(c)),
    }
}

fn object(c: &mut Choices<'_>, depth: usize) -> Json {
    let mut object = Map::new();
    for _ in 0..=c.below(5) {
        let key = c.pick(&KEYS).unwrap_or_default().to_owned();
        object.insert(key, node(c, depth));
    }
    Json::Object(object)
}

fn node(c: &mut Choices<'_>, depth: usize) -> Json {
    match c.below(8) {
        6 if depth > 0 => (0..c.below(4)).map(|_| node(c, depth - 1)).collect(),
        5 | 7 if depth > 0 => object(c, depth - 1),
        _ => scalar(c),
    }
}

fn scalar(c: &mut Choices<'_>) -> Json {
    match c.below(6) {
        0 => json!(5),
        1 => c.pick(&NUMBERS).and_then(|n| serde_json::from_str(n).ok()).unwrap_or(Json::Null),
        2 => json!(c.below(2) == 1),
        3 => Json::Null,
        4 => json!(c.pick(&NUMBERS)),
        _ => json!(c.text()),
    }
}

/// A query over events, as it could have been read.
pub fn query(c: &mut Choices<'_>) -> Query {
    let expr = if c.below(20) == 19 { Expr::All(Vec::new()) } else { expr(c, 3) };
    Query { expr, ..Query::everything(&EVENTS) }
}

pub fn expr(c: &mut Choices<'_>, depth: usize) -> Expr {
    if depth == 0 {
        return Expr::Term(term(c));
    }
    match c.below(9) {
        6 => Expr::All((0..2 + c.below(2)).map(|_| expr(c, depth - 1)).collect()),
        7 => Expr::Any((0..2 + c.below(2)).map(|_| expr(c, depth - 1)).collect()),
        5 => list(c),
        4 | 8 => expr(c, depth - 1).negated(),
        _ => Expr::Term(term(c)),
    }
}

/// Terms of one field.
fn list(c: &mut Choices<'_>) -> Expr {
    let target = target(c);
    Expr::Any((0..2 + c.below(3)).map(|_| Expr::Term(term_of(c, target.clone()))).collect())
}

pub fn term(c: &mut Choices<'_>) -> Term {
    let target = target(c);
    term_of(c, target)
}

fn target(c: &mut Choices<'_>) -> Target {
    match c.below(4) {
        0 | 1 => EVENTS.fields.get(c.below(EVENTS.fields.len())).map_or(Target::Free, Target::Field),
        2 => Target::Free,
        _ => {
            let keys = (0..c.below(5)).map(|_| c.pick(&KEYS).unwrap_or_default().to_owned()).collect();
            Target::Payload(keys)
        }
    }
}

fn term_of(c: &mut Choices<'_>, target: Target) -> Term {
    let test = match &target {
        Target::Free => Test::Text(text_match(c)),
        Target::Field(Field { kind: Kind::Text, .. }) if c.below(9) < 8 => Test::Text(text_match(c)),
        Target::Field(Field { kind: Kind::Text, .. }) => Test::Present,
        target => test(c, target),
    };
    Term { span: 0..0, target, test }
}

fn test(c: &mut Choices<'_>, target: &Target) -> Test {
    let ordered =
        !matches!(target, Target::Field(Field { kind: Kind::Id | Kind::Choice(_) | Kind::Scale(_), .. }));
    let wild = matches!(target, Target::Payload(_) | Target::Field(Field { kind: Kind::Word, .. }));
    match c.below(7) {
        3 if wild => Test::Pattern(pattern(c)),
        4 => Test::Present,
        5 if ordered => {
            let order = c.pick(&[Order::Less, Order::AtMost, Order::Greater, Order::AtLeast]);
            Test::Compare(order.unwrap_or(Order::Less), bound(c, target, None))
        }
        6 if ordered => {
            let from = bound(c, target, None);
            let number = matches!(from, Value::Number { .. });
            in_order(from, bound(c, target, Some(number)))
        }
        _ if matches!(target, Target::Payload(_)) => Test::Equal(match c.below(6) {
            1 => Value::Bool(c.below(2) == 1),
            2 => Value::Null,
            _ => bound(c, target, None),
        }),
        _ => Test::Equal(bound(c, target, None)),
    }
}

/// A range with its lower end first, as each is that was read.
fn in_order(from: Value, to: Value) -> Test {
    let swapped = match (&from, &to) {
        (Value::Word(from), Value::Word(to)) => from > to,
        (Value::Severity(from), Value::Severity(to)) => from > to,
        (Value::Time(from), Value::Time(to)) => from > to,
        (Value::Number { value: from, .. }, Value::Number { value: to, .. }) => from > to,
        _ => false,
    };
    if swapped { Test::Between(to, from) } else { Test::Between(from, to) }
}

/// A value that can be compared; in a payload a number where `number`.
fn bound(c: &mut Choices<'_>, target: &Target, number: Option<bool>) -> Value {
    let number = number.unwrap_or_else(|| c.below(2) == 1);
    match target {
        Target::Field(Field { kind: Kind::Severity, .. }) => Value::Severity(severity(c)),
        Target::Field(Field { kind: Kind::Id, .. }) => Value::Id(id(c)),
        Target::Field(Field { kind: Kind::Time, .. }) => Value::Time(time(c)),
        Target::Field(Field { kind: Kind::Choice(words) | Kind::Scale(words), .. }) => {
            Value::Word(c.pick(words).unwrap_or_default().to_owned())
        }
        Target::Field(Field { kind: Kind::Number, .. }) => a_number(c),
        Target::Payload(_) if number => a_number(c),
        _ => Value::Word(c.text()),
    }
}

fn a_number(c: &mut Choices<'_>) -> Value {
    let text = c.pick(&NUMBERS).unwrap_or("5").to_owned();
    value::number(text).unwrap_or(Value::Number { text: "5".to_owned(), value: 5.0 })
}

/// A part of a text, with wildcards in it.
fn atoms(c: &mut Choices<'_>, text: &str) -> Vec<Atom> {
    let mut atoms = Vec::new();
    for letter in text.chars() {
        let atom = match c.below(8) {
            6 => Atom::Any,
            7 => Atom::One,
            _ => Atom::Char(letter),
        };
        if atom != Atom::Any || atoms.last() != Some(&Atom::Any) {
            atoms.push(atom);
        }
    }
    atoms
}

fn pattern(c: &mut Choices<'_>) -> Pattern {
    let text = c.text();
    let mut atoms = atoms(c, &text);
    if atoms.iter().all(|a| matches!(a, Atom::Char(_))) {
        atoms.push(Atom::Any);
    }
    // `*` alone is `Present`.
    if atoms == [Atom::Any] {
        atoms.push(Atom::One);
    }
    Pattern(atoms)
}

fn text_match(c: &mut Choices<'_>) -> TextMatch {
    let source = if c.below(2) == 0 { c.pick(&MESSAGES).unwrap_or_default().to_owned() } else { c.text() };
    // Some of its words: what is searched for is often there.
    let from = c.below(3);
    let part: Vec<&str> = source.split(' ').skip(from).take(1 + c.below(3)).collect();
    let part = part.join(" ");
    let mut atoms: Vec<Atom> = match c.below(3) {
        0 | 1 => part.chars().map(Atom::Char).collect(),
        _ => atoms(c, &part),
    };
    match c.below(6) {
        4 => atoms.push(Atom::Any),
        5 => atoms.insert(0, Atom::Any),
        _ => {}
    }
    let raw = Raw { atoms, quoted: false, span: 0..0 };
    TextMatch::read(&raw)
        .or_else(|| TextMatch::phrase("failed"))
        .unwrap_or(TextMatch::Substring("failed".to_owned()))
}
