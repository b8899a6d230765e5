//! Changing a query from outside its text box: a facet adds and removes values of a field, and everything else the
//! user wrote stays as it is, to the blank.

use std::ops::Range;

use super::lex::Scan;
use super::{Expr, Order, Problem, Query, Schema, Target, Term, Test, Value, parse, print};
use crate::{Severity, Timestamp};

/// The values of one field that the outermost AND of a query names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selected {
    /// As it is written in a query, e.g. `component` or `payload.user.name`.
    pub field: String,
    pub included: Vec<String>,
    pub excluded: Vec<String>,
}

/// What facets show as chosen. Wildcards, ranges but those of severities, and whatever stands below an OR are no choice of
/// values.
pub fn selected(query: &Query) -> Vec<Selected> {
    let mut all: Vec<Selected> = Vec::new();
    for e in query.expr.conjuncts() {
        let Some(choice) = choice(e) else { continue };
        let field = choice.target.to_string();
        let at = all.iter().position(|s| s.field == field).unwrap_or_else(|| {
            all.push(Selected { field, included: Vec::new(), excluded: Vec::new() });
            all.len() - 1
        });
        if let Some(one) = all.get_mut(at) {
            let list = if choice.negated { &mut one.excluded } else { &mut one.included };
            for value in choice.values {
                if !list.contains(&value) {
                    list.push(value);
                }
            }
        }
    }
    all
}

/// Also shows what has this value: a second value of a field makes a list. No longer excludes it.
///
/// # Errors
/// As [`parse`]: of the text, of the field or the value, or because the result would be too long.
pub fn include(text: &str, schema: &Schema, field: &str, value: &str) -> Result<String, Problem> {
    add(text, schema, field, value, false)
}

/// Hides what has this value, and no longer includes it.
///
/// # Errors
/// As [`include`].
pub fn exclude(text: &str, schema: &Schema, field: &str, value: &str) -> Result<String, Problem> {
    add(text, schema, field, value, true)
}

/// Shows only what has this value: every other choice of the field goes.
///
/// # Errors
/// As [`include`].
pub fn only(text: &str, schema: &Schema, field: &str, value: &str) -> Result<String, Problem> {
    include(&clear(text, schema, field)?, schema, field, value)
}

/// Neither includes nor excludes the value.
///
/// # Errors
/// As [`include`].
pub fn remove(text: &str, schema: &Schema, field: &str, value: &str) -> Result<String, Problem> {
    let mut draft = Draft::new(text, schema, field)?;
    draft.value = draft.canonical(value)?;
    draft.drop_value(None);
    draft.done()
}

/// Neither includes nor excludes any value of the field.
///
/// # Errors
/// As [`include`].
pub fn clear(text: &str, schema: &Schema, field: &str) -> Result<String, Problem> {
    let mut draft = Draft::new(text, schema, field)?;
    draft.parts.iter_mut().for_each(|part| part.values.clear());
    draft.done()
}

fn add(text: &str, schema: &Schema, field: &str, value: &str, negated: bool) -> Result<String, Problem> {
    let mut draft = Draft::new(text, schema, field)?;
    draft.value = draft.canonical(value)?;
    draft.drop_value(Some(!negated));
    let value = draft.value.clone();
    let mine = |part: &&mut Part| part.negated == negated;
    let has = draft.parts.iter().any(|p| p.negated == negated && p.values.contains(&value));
    if !has {
        match draft.parts.iter_mut().find(mine) {
            Some(part) => part.values.push(value),
            None => draft.appended = Some(negated),
        }
    }
    draft.done()
}

/// A value as a query writes it, quoted where that is needed.
pub fn written(value: &str) -> String {
    print::written(value)
}

/// The condition that a field has a value: `component:sshd`.
pub fn condition(field: &str, value: &str) -> String {
    [field, ":", &print::written(value)].concat()
}

/// A text anywhere in the words of a record.
pub fn phrase(text: &str) -> String {
    ["\"", &text.replace('\\', "\\\\").replace('"', "\\\""), "\""].concat()
}

impl Query {
    /// The query without what it chooses of one field, as [`selected`] tells it.
    #[must_use]
    pub fn without_choices_of(&self, target: &Target) -> Self {
        let chosen = |e: &&Expr| choice(e).is_some_and(|choice| choice.target == target);
        let mut rest: Vec<Expr> = self.expr.conjuncts().iter().filter(|e| !chosen(e)).cloned().collect();
        let expr = match (rest.len(), rest.pop()) {
            (1, Some(one)) => one,
            (_, last) => Expr::All(rest.into_iter().chain(last).collect()),
        };
        // Where the rest stood in the text does not matter to who counts it.
        Self { expr, schema: self.schema, conjuncts: Vec::new() }
    }

    /// What one of these finds, over the schema of the first; `None` of none.
    pub fn any_of(queries: &[Self]) -> Option<Self> {
        let mut any: Vec<Expr> = queries.iter().map(|query| query.expr.clone()).collect();
        let expr = if any.len() > 1 { Expr::Any(any) } else { any.pop()? };
        Some(Self { expr, schema: queries.first()?.schema, conjuncts: Vec::new() })
    }

    /// What the query finds that has the field or the part of the payload.
    #[must_use]
    pub fn and_present(&self, target: &Target) -> Self {
        let has = Expr::Term(Term { span: 0..0, target: target.clone(), test: Test::Present });
        let expr = match self.expr.conjuncts() {
            [] => has,
            all => Expr::All(all.iter().cloned().chain([has]).collect()),
        };
        Self { expr, schema: self.schema, conjuncts: Vec::new() }
    }
}

struct Choice<'a> {
    target: &'a Target,
    negated: bool,
    values: Vec<String>,
}

fn choice(e: &Expr) -> Option<Choice<'_>> {
    let (e, negated) = if let Expr::Not(inner) = e { (&**inner, true) } else { (e, false) };
    let (target, tests) = e.alternatives()?;
    let mut values = Vec::new();
    for test in tests {
        let before = values.len();
        if let Test::Equal(value) = test {
            values.push(value.to_string());
        } else {
            // Of five there are so few that a range of them is a choice.
            let within = Severity::ALL.into_iter().filter(|severity| is_within(*severity, test));
            values.extend(within.map(|severity| severity.to_string()));
        }
        if values.len() == before {
            return None;
        }
    }
    Some(Choice { target, negated, values })
}

fn is_within(severity: Severity, test: &Test) -> bool {
    match test {
        Test::Compare(order, Value::Severity(than)) => match order {
            Order::Less => severity < *than,
            Order::AtMost => severity <= *than,
            Order::Greater => severity > *than,
            Order::AtLeast => severity >= *than,
        },
        Test::Between(Value::Severity(from), Value::Severity(to)) => (*from..=*to).contains(&severity),
        _ => false,
    }
}

/// The query that was probably meant where `or`, `and` or `not` stand as words between others: with them as operators; and where
/// commas stand in a value without quotes: with a list of what is between them.
pub fn meant(text: &str, schema: &Schema) -> Option<String> {
    let query = parse(text, schema, any_time()).ok()?;
    let mut terms = Vec::new();
    all_terms(&query.expr, &mut terms);
    let mut out = text.to_owned();
    // From the right, so that what is left of a change stays where it is.
    terms.sort_by_key(|term| std::cmp::Reverse(term.span.start));
    for term in terms {
        let written = text.get(term.span.clone()).unwrap_or_default();
        let instead = match (&term.target, &term.test) {
            (Target::Free, _) => {
                ["or", "and", "not"].contains(&written).then(|| written.to_ascii_uppercase())
            }
            (_, Test::Equal(Value::Word(word))) => as_list(written, word),
            _ => None,
        };
        if let Some(instead) = instead {
            out.replace_range(term.span.clone(), &instead);
        }
    }
    (out != text && parse(&out, schema, any_time()).is_ok()).then_some(out)
}

/// `host:[a, b]` for `host:a,b`; a value in quotes, in a list or with a backslash is meant as it stands.
fn as_list(written: &str, word: &str) -> Option<String> {
    let before = written.strip_suffix(word)?;
    let parts: Vec<String> = word.split(',').filter(|part| !part.is_empty()).map(print::written).collect();
    (parts.len() > 1).then(|| [before, "[", &parts.join(", "), "]"].concat())
}

fn all_terms<'e>(expr: &'e Expr, found: &mut Vec<&'e Term>) {
    match expr {
        Expr::All(of) | Expr::Any(of) => of.iter().for_each(|e| all_terms(e, found)),
        Expr::Not(inner) => all_terms(inner, found),
        Expr::Term(term) => found.push(term),
    }
}

/// A conjunct that chooses values of the field.
struct Part {
    index: usize,
    negated: bool,
    before: usize,
    values: Vec<String>,
}

/// A text with the choices of one field taken apart.
struct Draft<'a> {
    text: &'a str,
    schema: &'a Schema,
    field: &'a str,
    spans: Vec<Range<usize>>,
    parts: Vec<Part>,
    value: String,
    /// A new conjunct, and whether it is negated.
    appended: Option<bool>,
}

impl<'a> Draft<'a> {
    fn new(text: &'a str, schema: &'a Schema, field: &'a str) -> Result<Self, Problem> {
        let mut text = text;
        let mut query = parse(text, schema, any_time())?;
        // Parentheses around everything say nothing.
        while query.conjuncts.len() != query.expr.conjuncts().len() {
            let Some(inner) = text.trim().strip_prefix('(').and_then(|t| t.strip_suffix(')')) else { break };
            text = inner;
            query = parse(text, schema, any_time())?;
        }
        let target = target(field, schema)?;
        let known = query.conjuncts.len() == query.expr.conjuncts().len();
        let mut parts = Vec::new();
        for (index, e) in query.expr.conjuncts().iter().enumerate().filter(|_| known) {
            if let Some(Choice { negated, values, .. }) = choice(e).filter(|c| *c.target == target) {
                parts.push(Part { index, negated, before: values.len(), values });
            }
        }
        let spans = query.conjuncts;
        Ok(Self { text, schema, field, spans, parts, value: String::new(), appended: None })
    }

    /// The value as [`selected`] tells it: `error` is `high`.
    fn canonical(&self, value: &str) -> Result<String, Problem> {
        let written = [self.field, ":", &print::written(value)].concat();
        let query = parse(&written, self.schema, any_time())?;
        let one = choice(&query.expr).and_then(|c| c.values.into_iter().next());
        one.ok_or_else(|| Problem::new(0..0, &["the values of `", self.field, "` are not chosen one by one"]))
    }

    fn drop_value(&mut self, negated: Option<bool>) {
        for part in &mut self.parts {
            if negated.is_none_or(|n| n == part.negated) {
                part.values.retain(|v| *v != self.value);
            }
        }
    }

    fn done(self) -> Result<String, Problem> {
        let mut out = String::new();
        let mut at = 0;
        for (i, span) in self.spans.iter().enumerate() {
            let part = self.parts.iter().find(|p| p.index == i && p.values.len() != p.before);
            let Some(part) = part else { continue };
            let gone = part.values.is_empty();
            // The first goes with what follows it, another with what comes before it: blanks and `AND`.
            let first = !self.spans.iter().take(i).enumerate().any(|(j, _)| !self.is_gone(j));
            let from = match i.checked_sub(1).and_then(|p| self.spans.get(p)) {
                Some(previous) if gone && !first => previous.end,
                _ => span.start,
            };
            let to = match self.spans.get(i + 1) {
                Some(next) if gone && first => next.start,
                _ => span.end,
            };
            out.push_str(self.text.get(at..from.max(at)).unwrap_or_default());
            if !gone {
                write(part.negated, self.name(span), &part.values, &mut out);
            }
            at = to.max(at);
        }
        out.push_str(self.text.get(at..).unwrap_or_default());
        if let Some(negated) = self.appended {
            if out.trim_start().is_empty() {
                out.clear();
            }
            let gap = match out.chars().next_back() {
                None => "",
                Some(last) if last.is_whitespace() && !out.ends_with("\\ ") => "",
                Some(_) => " ",
            };
            let mut new = String::new();
            write(negated, self.field, std::slice::from_ref(&self.value), &mut new);
            let joined = [out.as_str(), gap, &new].concat();
            // What was an OR would hold the new term in its last branch only.
            let or = matches!(parse(&joined, self.schema, any_time())?.expr, Expr::Any(_));
            out = if or && !out.is_empty() { ["(", &out, ") ", &new].concat() } else { joined };
        }
        parse(&out, self.schema, any_time())?;
        Ok(out)
    }

    fn is_gone(&self, index: usize) -> bool {
        self.parts.iter().any(|p| p.index == index && p.values.is_empty())
    }

    /// The name as the user wrote it, maybe an alias.
    fn name(&self, span: &Range<usize>) -> &'a str {
        let text = self.text.get(span.clone()).unwrap_or_default();
        let mut scan = Scan { text, at: text.len() - text.trim_start_matches('-').len() };
        match scan.head() {
            Some(head) => text.get(head.name).unwrap_or(self.field),
            None => self.field,
        }
    }
}

/// Spans and chosen values do not depend on the clock; late, so that dates without a year are understood.
fn any_time() -> Timestamp {
    Timestamp::far_future()
}

/// The field or the path in the payload that is written so.
///
/// # Errors
/// There is no such field.
pub fn target(field: &str, schema: &Schema) -> Result<Target, Problem> {
    let query = parse(&[field, ":*"].concat(), schema, any_time())?;
    match query.expr {
        Expr::Term(term) => Ok(term.target),
        _ => Err(Problem::new(0..0, &["`", field, "` is not a field"])),
    }
}

fn write(negated: bool, name: &str, values: &[String], out: &mut String) {
    if negated {
        out.push('-');
    }
    out.push_str(name);
    out.push(':');
    let list = values.len() > 1;
    if list {
        out.push('[');
    }
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        out.push_str(&print::written(value));
    }
    if list {
        out.push(']');
    }
}
