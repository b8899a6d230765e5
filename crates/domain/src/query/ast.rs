//! The tree of a query: plain data, which `store` compiles to SQL.

use std::ops::Range;

use uuid::Uuid;

use super::{Field, Pattern, Schema};
use crate::{Severity, Timestamp};

/// A query that was read.
#[derive(Clone, Debug)]
pub struct Query {
    pub expr: Expr,
    pub schema: Schema,
    /// Where the operands of the outermost AND stand in the text: one for each child of an outermost [`Expr::All`],
    /// one for any other expression and where parentheses are around everything, none for the empty query.
    pub conjuncts: Vec<Range<usize>>,
}

/// What [`parse`](super::parse) makes has at least two children in `All` and `Any`, never a `Not` in a `Not`, and
/// `All([])`, which matches everything, only as the whole query.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    All(Vec<Expr>),
    Any(Vec<Expr>),
    Not(Box<Expr>),
    Term(Term),
}

/// One test of one field. Equal terms may stand at different places.
#[derive(Clone, Debug)]
pub struct Term {
    /// Bytes of the text: `field:value`, or in a list or in the parentheses of a field the value alone.
    pub span: Range<usize>,
    pub target: Target,
    pub test: Test,
}

impl PartialEq for Term {
    fn eq(&self, other: &Self) -> bool {
        self.target == other.target && self.test == other.test
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Free words: any of [`Schema::text_fields`].
    Free,
    Field(&'static Field),
    /// The keys of nested objects. An array on the way has no keys; there are no indexes. No key at all: any scalar of the document,
    /// however deep, in arrays too.
    Payload(Vec<String>),
}

/// What is asked of a value. False where there is none.
///
/// Of a payload, a scalar is tested, or each scalar of an array until one fits; an object is only `Present`. Of any scalar of the document,
/// `Present` is one that is not `null`.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// There is a value; in a payload: the path is there and is not JSON `null`.
    Present,
    Equal(Value),
    /// The whole value, case-sensitive; in a payload: strings only.
    Pattern(Pattern),
    /// Only of [`Target::Free`] and of fields of kind `Text` and `Part`; of the latter never [`TextMatch::Words`].
    Text(TextMatch),
    /// Severities by rank, instants, numbers as `f64`, text byte by byte. In a payload [`Value::Number`] is compared
    /// with JSON numbers only, [`Value::Word`] with strings only.
    Compare(Order, Value),
    /// Both ends included, and of one kind. Compared as in `Compare`.
    Between(Value, Value),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// The kind of a value follows from its field; in a payload it is what was written.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Fields of kind `Word` and `Choice`; in a payload: JSON strings only.
    Word(String),
    Severity(Severity),
    Id(Uuid),
    Time(Timestamp),
    /// Finite. In a payload it equals JSON numbers of this value, both as `f64`, and strings equal to `text`.
    Number {
        text: String,
        value: f64,
    },
    /// Payload only: equals the JSON boolean, and the string `true` or `false`.
    Bool(bool),
    /// Payload only: equals JSON `null`, and the string `null`.
    Null,
}

/// How a text is searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextMatch {
    /// These words of [`text::words`](super::text::words) in sequence, at least one; of the last only the beginning
    /// where `prefix`.
    Words { words: Vec<String>, prefix: bool },
    /// Fits some part of the raw text, A to Z like a to z, other letters as they are. Neither begins nor ends with
    /// [`Atom::Any`](super::Atom::Any).
    Glob(Pattern),
    /// Part of the raw text, with the case of [`TextMatch::Glob`]; not empty.
    Substring(String),
}

impl Query {
    /// Matches everything.
    pub fn everything(schema: &Schema) -> Self {
        Self { expr: Expr::All(Vec::new()), schema: *schema, conjuncts: Vec::new() }
    }
}

impl Expr {
    /// The operands of the outermost AND.
    pub fn conjuncts(&self) -> &[Self] {
        match self {
            Self::All(all) => all,
            other => std::slice::from_ref(other),
        }
    }
    /// One term, or several of one field of which any may match, as `field:[a, b]` is written.
    pub fn alternatives(&self) -> Option<(&Target, Vec<&Test>)> {
        match self {
            Self::Term(term) => Some((&term.target, vec![&term.test])),
            Self::Any(any) => {
                let mut tests = Vec::new();
                let mut target = None;
                for one in any {
                    let Self::Term(term) = one else { return None };
                    if *target.get_or_insert(&term.target) != &term.target {
                        return None;
                    }
                    tests.push(&term.test);
                }
                Some((target?, tests))
            }
            _ => None,
        }
    }
    pub(super) fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }
}
