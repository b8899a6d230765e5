//! What a written value means for the kind of its field.

use uuid::Uuid;

use super::lex::{Op, Raw};
use super::{Atom, Clock, Field, Kind, Order, Pattern, Problem, Target, Test, TextMatch, Value, time};
use crate::{Severity, suggest};

/// A value as it stands after an operator.
pub(super) enum Item {
    One(Raw),
    /// An end may be left out, not both.
    Range(Option<Raw>, Option<Raw>),
}

/// `searched`: the field that a text is searched in, where the target is one.
pub(super) fn read(
    target: &Target,
    searched: Option<&Field>,
    op: Op,
    item: &Item,
    clock: impl Clock,
) -> Result<Test, Problem> {
    match item {
        Item::One(raw) if !raw.quoted && raw.atoms == [Atom::Any] && op.equality() => Ok(Test::Present),
        Item::One(raw) => {
            if let Some(field) = searched {
                let (found, by) = match field.kind {
                    Kind::Part => (TextMatch::part(raw), "parts"),
                    _ => (TextMatch::read(raw), "words"),
                };
                if !op.equality() {
                    return problem(
                        raw,
                        &["`", field.name, "` is searched by ", by, " and has no order; write `:`"],
                    );
                }
                return match found {
                    Some(found) => Ok(Test::Text(found)),
                    None => problem(raw, &["nothing to search for between the quotes"]),
                };
            }
            if raw.wild() && op.equality() && takes_patterns(target) {
                return Ok(Test::Pattern(Pattern(raw.atoms.clone())));
            }
            match order(op) {
                None => equal(target, raw, clock)
                    .map_err(|problem| several(target, op, raw, clock).unwrap_or(problem)),
                Some(order) => compare(target, order, raw, clock),
            }
        }
        Item::Range(Some(from), None) => compare(target, Order::AtLeast, from, clock),
        Item::Range(None, Some(to)) => compare(target, Order::AtMost, to, clock),
        Item::Range(Some(from), Some(to)) => between(target, from, to, clock),
        Item::Range(None, None) => Ok(Test::Present),
    }
}

fn order(op: Op) -> Option<Order> {
    match op {
        Op::Is | Op::IsNot => None,
        Op::Less => Some(Order::Less),
        Op::AtMost => Some(Order::AtMost),
        Op::Greater => Some(Order::Greater),
        Op::AtLeast => Some(Order::AtLeast),
    }
}

fn takes_patterns(target: &Target) -> bool {
    match target {
        Target::Field(field) => matches!(field.kind, Kind::Word | Kind::Person),
        Target::Payload(_) => true,
        Target::Free => false,
    }
}

fn equal(target: &Target, raw: &Raw, clock: impl Clock) -> Result<Test, Problem> {
    if let Some(Kind::Time) = kind(target) {
        let when = instant(raw, clock)?;
        if when.relative() {
            let text = raw.literal();
            return problem(
                raw,
                &[
                    "`",
                    &text,
                    "` is one instant, which no event hits; write `>=",
                    &text,
                    "` or `",
                    &text,
                    "..`",
                ],
            );
        }
        let (first, last) = (Value::Time(when.first), Value::Time(when.last));
        return Ok(if first == last { Test::Equal(first) } else { Test::Between(first, last) });
    }
    if matches!(target, Target::Payload(_)) && !raw.quoted {
        return Ok(Test::Equal(match raw.literal() {
            text if text == "true" => Value::Bool(true),
            text if text == "false" => Value::Bool(false),
            text if text == "null" => Value::Null,
            text => number(text).unwrap_or_else(Value::Word),
        }));
    }
    scalar(target, raw).map(Test::Equal)
}

fn compare(target: &Target, order: Order, raw: &Raw, clock: impl Clock) -> Result<Test, Problem> {
    if let Some(Kind::Time) = kind(target) {
        let when = instant(raw, clock)?;
        let after = matches!(order, Order::Greater | Order::AtMost);
        return Ok(Test::Compare(order, Value::Time(if after { when.last } else { when.first })));
    }
    has_order(target, raw)?;
    scalar(target, raw).map(|value| Test::Compare(order, value))
}

/// `severity:high,low`: values that would be a list, where the whole is no value.
fn several(target: &Target, op: Op, raw: &Raw, clock: impl Clock) -> Option<Problem> {
    if raw.quoted || raw.wild() {
        return None;
    }
    let text = raw.literal();
    let parts: Vec<&str> = text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    let good = |part: &&str| {
        let atoms = part.chars().map(Atom::Char).collect();
        equal(target, &Raw { atoms, quoted: false, span: raw.span.clone() }, clock).is_ok()
    };
    if parts.len() < 2 || !parts.iter().all(good) {
        return None;
    }
    let list = ["[", &parts.join(", "), "]"].concat();
    let field = target.to_string();
    let mut problem =
        Problem::new(raw.span.clone(), &["several values go in a list: `", &field, op.text(), &list, "`"]);
    problem.suggestion = Some(list);
    Some(problem)
}

fn between(target: &Target, from: &Raw, to: &Raw, clock: impl Clock) -> Result<Test, Problem> {
    if let Some(Kind::Time) = kind(target) {
        let (first, last) = (instant(from, clock)?, instant(to, clock)?);
        return if first.is_after(last) {
            Err(swapped(from, to))
        } else {
            Ok(Test::Between(Value::Time(first.first), Value::Time(last.last)))
        };
    }
    has_order(target, from)?;
    let (low, high) = match (scalar(target, from)?, scalar(target, to)?) {
        // A number and a text are compared as texts.
        (Value::Number { text, .. }, to @ Value::Word(_)) => (Value::Word(text), to),
        (from @ Value::Word(_), Value::Number { text, .. }) => (from, Value::Word(text)),
        ends => ends,
    };
    let empty = match (&low, &high) {
        (Value::Word(low), Value::Word(high)) => match kind(target) {
            Some(Kind::Scale(words)) => rank(words, low) > rank(words, high),
            _ => low > high,
        },
        (Value::Severity(low), Value::Severity(high)) => low > high,
        (Value::Number { value: low, .. }, Value::Number { value: high, .. }) => low > high,
        _ => false,
    };
    if empty { Err(swapped(from, to)) } else { Ok(Test::Between(low, high)) }
}

/// Where a word stands in a scale.
fn rank(words: &[&str], word: &str) -> Option<usize> {
    words.iter().position(|one| *one == word)
}

/// The words of a scale that fit a comparison; nothing to choose for any other test.
pub(super) fn fitting(target: &Target, test: &Test) -> Option<Vec<&'static str>> {
    let Some(Kind::Scale(words)) = kind(target) else { return None };
    let at = |value: &Value| match value {
        Value::Word(word) => rank(words, word),
        _ => None,
    };
    let fits = |now: usize| match test {
        Test::Compare(order, value) => at(value).is_some_and(|end| match order {
            Order::Less => now < end,
            Order::AtMost => now <= end,
            Order::Greater => now > end,
            Order::AtLeast => now >= end,
        }),
        Test::Between(from, to) => at(from).zip(at(to)).is_some_and(|(from, to)| (from..=to).contains(&now)),
        _ => false,
    };
    matches!(test, Test::Compare(..) | Test::Between(..))
        .then(|| words.iter().enumerate().filter(|(now, _)| fits(*now)).map(|(_, word)| *word).collect())
}

/// A range that nothing can be in.
fn swapped(from: &Raw, to: &Raw) -> Problem {
    let end = |raw: &Raw| match raw.literal() {
        text if raw.quoted => super::print::quoted(&text),
        text => super::print::written(&text),
    };
    let range = [&end(to), "..", &end(from)].concat();
    let mut problem = Problem::new(
        from.span.start..to.span.end,
        &["the ends of this range are swapped, so nothing is in it; write `", &range, "`"],
    );
    problem.suggestion = Some(range);
    problem
}

fn has_order(target: &Target, raw: &Raw) -> Result<(), Problem> {
    match target {
        Target::Field(Field { kind: Kind::Id | Kind::Choice(_), name, .. }) => {
            problem(raw, &["the values of `", name, "` have no order; write `:`"])
        }
        _ => Ok(()),
    }
}

/// Any value but a time.
fn scalar(target: &Target, raw: &Raw) -> Result<Value, Problem> {
    no_wildcard(raw)?;
    let text = raw.literal();
    let wrong = |what: &str, suggestion: Option<&str>| {
        let mut problem = Problem::new(raw.span.clone(), &["`", &text, "` ", what]);
        if let Some(suggestion) = suggestion {
            problem.message.push_str("; did you mean `");
            problem.message.push_str(suggestion);
            problem.message.push_str("`?");
        }
        problem.suggestion = suggestion.map(str::to_owned);
        Err(problem)
    };
    match kind(target) {
        Some(Kind::Severity) => match Severity::from_vocabulary(&text) {
            Some(severity) => Ok(Value::Severity(severity)),
            None => wrong(
                "is not a severity: info, low, medium, high or critical",
                suggested(&text, Severity::ALL.iter().map(|s| s.as_str())),
            ),
        },
        Some(Kind::Id) => match Uuid::parse_str(&text) {
            Ok(id) => Ok(Value::Id(id)),
            Err(_) => wrong("is not an id; an id has 32 hex digits", None),
        },
        Some(Kind::Number) => match number(numbered(target, &text)) {
            Ok(value) => Ok(value),
            Err(_) => wrong("is not a number, such as 5, -1 or 0.25", None),
        },
        Some(Kind::Choice(words) | Kind::Scale(words)) => {
            match words.iter().find(|w| w.eq_ignore_ascii_case(&text)) {
                Some(word) => Ok(Value::Word((*word).to_owned())),
                None => wrong(
                    &["is not one of ", &words.join(", ")].concat(),
                    suggested(&text, words.iter().copied()),
                ),
            }
        }
        Some(Kind::Word | Kind::Person | Kind::Text | Kind::Part | Kind::Time) => Ok(Value::Word(text)),
        None if raw.quoted => Ok(Value::Word(text)),
        None => Ok(number(text).unwrap_or_else(Value::Word)),
    }
}

/// The word of an enumeration that was probably meant: the one that begins so, else the nearest.
fn suggested<'a>(text: &str, words: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    suggest::begun(text, words.clone()).or_else(|| suggest::nearest(text, words))
}

/// What stands for a number: itself, or the key of what has it.
fn numbered(target: &Target, text: &str) -> String {
    let Target::Field(field) = target else { return text.to_owned() };
    field.number_of(text).unwrap_or(text).to_owned()
}

fn kind(target: &Target) -> Option<Kind> {
    if let Target::Field(field) = target { Some(field.kind) } else { None }
}

fn instant(raw: &Raw, clock: impl Clock) -> Result<time::When, Problem> {
    no_wildcard(raw)?;
    time::read(&raw.literal(), clock).map_err(|reason| {
        Problem::new(
            raw.span.clone(),
            &["`", &raw.literal(), "` is ", reason, ", or relative such as -15m, -2h, -7d"],
        )
    })
}

fn no_wildcard(raw: &Raw) -> Result<(), Problem> {
    if raw.wild() {
        return problem(raw, &["no wildcard can stand here; put a literal `*` or `?` in quotes"]);
    }
    Ok(())
}

/// A number as JSON writes it, finite as `f64`; else the text back.
pub(super) fn number(text: String) -> Result<Value, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && is_json_number(text.as_bytes()) => {
            Ok(Value::Number { text, value })
        }
        _ => Err(text),
    }
}

/// Whether an unquoted value would be something else than this text, in a payload.
pub(super) fn is_json_scalar(text: &str) -> bool {
    matches!(text, "true" | "false" | "null") || is_json_number(text.as_bytes())
}

fn is_json_number(text: &[u8]) -> bool {
    let digits = |t: &[u8]| t.iter().take_while(|c| c.is_ascii_digit()).count();
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let whole = digits(text);
    if whole == 0 || (whole > 1 && text.first() == Some(&b'0')) {
        return false;
    }
    let mut rest = text.get(whole..).unwrap_or_default();
    if let Some(fraction) = rest.strip_prefix(b".") {
        let n = digits(fraction);
        if n == 0 {
            return false;
        }
        rest = fraction.get(n..).unwrap_or_default();
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let exponent = exponent.strip_prefix(b"-").or(exponent.strip_prefix(b"+")).unwrap_or(exponent);
        return digits(exponent) == exponent.len() && !exponent.is_empty();
    }
    rest.is_empty()
}

fn problem<T>(raw: &Raw, message: &[&str]) -> Result<T, Problem> {
    Err(Problem::new(raw.span.clone(), message))
}
