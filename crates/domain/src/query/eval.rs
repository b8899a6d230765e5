//! Running a query over a record in memory.

use std::cmp::Ordering;
use std::ops::Range;

use serde_json::Value as Json;
use uuid::Uuid;

use super::{Expr, Field, Order, Query, Schema, Target, Test, Value};
use crate::{Severity, Timestamp};

/// What a query runs over: an event, or a row in the browser.
pub trait Record {
    /// The value of a field of the schema; `None` where there is none. The variant is that of the field's kind.
    fn get(&self, field: &'static Field) -> Option<Datum<'_>>;
    fn payload(&self) -> Option<&Json> {
        None
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Datum<'a> {
    /// Kinds `Word`, `Text` and `Choice`.
    Text(&'a str),
    Severity(Severity),
    Id(Uuid),
    Time(Timestamp),
    /// Finite.
    Number(f64),
}

impl Query {
    pub fn matches(&self, record: &dyn Record) -> bool {
        expr(&self.expr, &self.schema, record)
    }
    /// The parts of a text that the free words and the words of text fields found, unless they are negated. From left
    /// to right, not overlapping.
    pub fn highlights(&self, message: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        collect(&self.expr, message, &mut found);
        found
    }
}

fn collect(e: &Expr, message: &str, found: &mut Vec<Range<usize>>) {
    match e {
        Expr::All(of) | Expr::Any(of) => of.iter().for_each(|e| collect(e, message, found)),
        Expr::Term(term) => {
            if let Test::Text(text) = &term.test {
                *found = united(found, &text.find(message));
            }
        }
        Expr::Not(_) => {}
    }
}

/// Both lists are in order, and so is what they make together.
fn united(a: &[Range<usize>], b: &[Range<usize>]) -> Vec<Range<usize>> {
    let (mut a, mut b) = (a, b);
    let mut all: Vec<Range<usize>> = Vec::with_capacity(a.len() + b.len());
    loop {
        let next = match (a, b) {
            ([], []) => return all,
            ([x, rest @ ..], []) => {
                a = rest;
                x
            }
            ([x, rest @ ..], [y, ..]) if x.start <= y.start => {
                a = rest;
                x
            }
            (_, [y, rest @ ..]) => {
                b = rest;
                y
            }
        };
        match all.last_mut() {
            Some(last) if next.start < last.end => last.end = last.end.max(next.end),
            _ if next.is_empty() => {}
            _ => all.push(next.clone()),
        }
    }
}

fn expr(e: &Expr, schema: &Schema, record: &dyn Record) -> bool {
    match e {
        Expr::All(all) => all.iter().all(|e| expr(e, schema, record)),
        Expr::Any(any) => any.iter().any(|e| expr(e, schema, record)),
        Expr::Not(inner) => !expr(inner, schema, record),
        Expr::Term(term) => match &term.target {
            Target::Field(field) => of_field(&term.test, record.get(field)),
            Target::Free => schema.text_fields().any(|field| of_field(&term.test, record.get(field))),
            Target::Payload(path) if path.is_empty() => {
                record.payload().is_some_and(|document| anywhere(&term.test, document))
            }
            Target::Payload(path) => {
                let value = path.iter().try_fold(record.payload(), |at, key| {
                    // An array has no keys, and no indexes either.
                    Some(Some(at?.as_object()?.get(key)?))
                });
                value.flatten().is_some_and(|value| of_payload(&term.test, value))
            }
        },
    }
}

fn of_field(test: &Test, datum: Option<Datum<'_>>) -> bool {
    let Some(datum) = datum else { return false };
    match test {
        Test::Present => true,
        Test::Equal(value) => order(datum, value) == Some(Ordering::Equal),
        Test::Compare(wanted, value) => fits(*wanted, order(datum, value)),
        Test::Between(from, to) => {
            fits(Order::AtLeast, order(datum, from)) && fits(Order::AtMost, order(datum, to))
        }
        Test::Pattern(pattern) => text(datum, |text| pattern.fits(text)),
        Test::Text(found) => text(datum, |text| found.matches(text)),
    }
}

fn text(datum: Datum<'_>, test: impl Fn(&str) -> bool) -> bool {
    matches!(datum, Datum::Text(text) if test(text))
}

fn order(datum: Datum<'_>, value: &Value) -> Option<Ordering> {
    match (datum, value) {
        (Datum::Text(a), Value::Word(b)) => Some(a.cmp(b.as_str())),
        (Datum::Severity(a), Value::Severity(b)) => Some(a.cmp(b)),
        (Datum::Id(a), Value::Id(b)) => Some(a.cmp(b)),
        (Datum::Time(a), Value::Time(b)) => Some(a.cmp(b)),
        (Datum::Number(a), Value::Number { value, .. }) => a.partial_cmp(value),
        _ => None,
    }
}

fn fits(wanted: Order, found: Option<Ordering>) -> bool {
    found.is_some_and(|found| match wanted {
        Order::Less => found.is_lt(),
        Order::AtMost => found.is_le(),
        Order::Greater => found.is_gt(),
        Order::AtLeast => found.is_ge(),
    })
}

/// Payloads are nested 64 levels at most.
fn anywhere(test: &Test, value: &Json) -> bool {
    match (test, value) {
        (_, Json::Array(all)) => all.iter().any(|one| anywhere(test, one)),
        (_, Json::Object(all)) => all.values().any(|one| anywhere(test, one)),
        (Test::Present, one) => !one.is_null(),
        (_, one) => of_scalar(test, one),
    }
}

fn of_payload(test: &Test, value: &Json) -> bool {
    match (test, value) {
        (Test::Present, value) => !value.is_null(),
        (_, Json::Array(all)) => all.iter().any(|one| of_scalar(test, one)),
        (_, one) => of_scalar(test, one),
    }
}

fn of_scalar(test: &Test, json: &Json) -> bool {
    match test {
        Test::Equal(value) => match (value, json) {
            (Value::Number { text, .. }, Json::String(s)) => s == text,
            (Value::Bool(b), Json::Bool(j)) => b == j,
            (Value::Bool(b), Json::String(s)) => s == if *b { "true" } else { "false" },
            (Value::Null, Json::Null) => true,
            (Value::Null, Json::String(s)) => s == "null",
            _ => payload_order(json, value) == Some(Ordering::Equal),
        },
        Test::Compare(wanted, value) => fits(*wanted, payload_order(json, value)),
        Test::Between(from, to) => {
            fits(Order::AtLeast, payload_order(json, from)) && fits(Order::AtMost, payload_order(json, to))
        }
        Test::Pattern(pattern) => matches!(json, Json::String(s) if pattern.fits(s)),
        Test::Present | Test::Text(_) => false,
    }
}

/// Numbers with numbers, texts with strings.
fn payload_order(json: &Json, value: &Value) -> Option<Ordering> {
    match json {
        Json::String(s) => order(Datum::Text(s), value),
        Json::Number(n) => order(Datum::Number(n.as_f64()?), value),
        _ => None,
    }
}
