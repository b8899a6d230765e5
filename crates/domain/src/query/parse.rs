//! Reading a query: `OR` of `AND` of `NOT` of terms, by recursive descent.

use std::ops::Range;

use super::lex::{Head, Op, Scan, is_payload};
use super::value::{self, Item};
use super::{
    Clock, Expr, Field, Kind, MAX_BYTES, MAX_NESTING, MAX_TERMS, NOBODY, Problem, Query, Schema, Target,
    Term, Test, TextMatch, Value,
};
use crate::suggest;

/// Reads a query over the fields of `schema`. `clock` is what relative times are relative to, and where a time is read that
/// names no offset: a [`Timestamp`](crate::Timestamp) reads it in UTC.
///
/// # Errors
/// The first thing that is wrong.
pub fn parse(text: &str, schema: &Schema, clock: impl Clock) -> Result<Query, Problem> {
    if text.len() > MAX_BYTES {
        let mut end = MAX_BYTES;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        return Err(Problem::new(end..text.len(), &["a query has at most 4096 bytes"]));
    }
    let mut p = Parser {
        scan: Scan { text, at: 0 },
        schema,
        clock,
        terms: 0,
        depth: 0,
        field: None,
        conjuncts: Vec::new(),
    };
    p.scan.blanks();
    if p.scan.rest().is_empty() {
        return Ok(Query::everything(schema));
    }
    let expr = p.any()?;
    if !p.scan.rest().is_empty() {
        return Err(p.problem_here(1, "no parenthesis is open here"));
    }
    Ok(Query { expr, schema: *schema, conjuncts: p.conjuncts })
}

struct Parser<'a, C> {
    scan: Scan<'a>,
    schema: &'a Schema,
    clock: C,
    terms: usize,
    depth: usize,
    /// Within the parentheses of a field.
    field: Option<Target>,
    conjuncts: Vec<Range<usize>>,
}

impl<C: Clock> Parser<'_, C> {
    fn any(&mut self) -> Result<Expr, Problem> {
        let start = self.scan.at;
        let mut any = vec![self.all("an opening parenthesis")?];
        while self.scan.keyword("OR") {
            self.scan.at += 2;
            any.push(self.all("`OR`")?);
        }
        let alone = any.len() == 1;
        if self.depth == 0 && !alone {
            let end = self.conjuncts.last().map_or(start, |c| c.end);
            self.conjuncts.clear();
            self.conjuncts.push(start..end);
        }
        match any.pop() {
            Some(expr) if alone => Ok(expr),
            Some(expr) => {
                any.push(expr);
                Ok(Expr::Any(any))
            }
            None => Ok(Expr::Any(any)),
        }
    }

    /// Up to `OR`, `)` or the end. `after` is what stands before it.
    fn all(&mut self, mut after: &str) -> Result<Expr, Problem> {
        let mut all = Vec::new();
        // An operand must follow.
        let mut wanted = true;
        loop {
            self.scan.blanks();
            let (or, and) = (self.scan.keyword("OR"), self.scan.keyword("AND"));
            let ends = or || self.scan.peek().is_none_or(|c| c == ')');
            if wanted && (ends || and) {
                let at = if or || and { if or { 2 } else { 3 } } else { 0 };
                if at > 0 && all.is_empty() && after == "an opening parenthesis" {
                    after = if or { "`OR`" } else { "`AND`" };
                    return Err(self.problem_here(
                        at,
                        &["there is no term before ", after, "; as a word it goes in quotes"].concat(),
                    ));
                }
                return Err(self.problem_here(at, &["a term is missing after ", after].concat()));
            }
            if ends {
                break;
            }
            if and {
                self.scan.at += 3;
                (after, wanted) = ("`AND`", true);
                continue;
            }
            let start = self.scan.at;
            let next = self.not()?;
            let before = all.last_mut().filter(|_| !wanted);
            let joined = before.is_some_and(|before| self.joins(before, &next));
            wanted = false;
            if joined {
                self.terms -= 1;
            } else {
                all.push(next);
            }
            if self.depth == 0 {
                match self.conjuncts.last_mut().filter(|_| joined) {
                    Some(conjunct) => conjunct.end = self.scan.at,
                    None => self.conjuncts.push(start..self.scan.at),
                }
            }
        }
        Ok(match all.pop() {
            Some(expr) if all.is_empty() => expr,
            Some(expr) => {
                all.push(expr);
                Expr::All(all)
            }
            None => Expr::All(all),
        })
    }

    /// Bare words in a row of what is searched by its parts are one part, with what is between them.
    fn joins(&self, last: &mut Expr, next: &Expr) -> bool {
        let (Expr::Term(last), Expr::Term(next)) = (last, next) else { return false };
        if !self.searched(&next.target).is_some_and(|field| field.kind == Kind::Part) {
            return false;
        }
        let bare = |term: &Term| {
            matches!(&term.test, Test::Text(TextMatch::Substring(part))
                if self.scan.text.get(term.span.clone()) == Some(part.as_str()))
        };
        let between = self.scan.text.get(last.span.end..next.span.start);
        let in_a_row = between.is_some_and(|between| between.chars().all(char::is_whitespace));
        let both = last.target == next.target && in_a_row && bare(last) && bare(next);
        if both {
            last.span.end = next.span.end;
            let part = self.scan.text.get(last.span.clone()).unwrap_or_default();
            last.test = Test::Text(TextMatch::Substring(part.to_owned()));
        }
        both
    }

    fn not(&mut self) -> Result<Expr, Problem> {
        if self.scan.keyword("NOT") {
            self.enter()?;
            self.scan.at += 3;
            self.scan.blanks();
            let missing = self.scan.keyword("OR") || self.scan.keyword("AND");
            if missing || self.scan.peek().is_none_or(|c| c == ')') {
                return Err(self.problem_here(0, "a term is missing after `NOT`"));
            }
            let expr = self.not()?;
            self.depth -= 1;
            return Ok(expr.negated());
        }
        if self.minus() {
            self.scan.at += 1;
            return Ok(self.primary()?.negated());
        }
        self.primary()
    }

    /// A `-` that negates: directly before a term or a parenthesis, and not the sign of a number or of a time.
    fn minus(&self) -> bool {
        let Some(next) = self.scan.rest().strip_prefix('-').and_then(|r| r.chars().next()) else {
            return false;
        };
        let signed =
            matches!(&self.field, Some(Target::Field(f)) if matches!(f.kind, Kind::Time | Kind::Number));
        !(next == '-' || next == ')' || next.is_whitespace() || (signed && next.is_ascii_digit()))
    }

    fn primary(&mut self) -> Result<Expr, Problem> {
        if self.scan.peek() == Some('(') {
            return self.parenthesis();
        }
        let start = self.scan.at;
        if let Some(target) = self.field.clone() {
            return self.value(&target, Op::Is, start);
        }
        if let Some(head) = self.scan.head()
            && !self.reads_on(&head, start)
        {
            let target = self.target(&head)?;
            return self.value(&target, head.op, start);
        }
        let rest = self.scan.rest();
        let word = rest.split(|c: char| c.is_whitespace() || c == ')').next().unwrap_or_default();
        if let Some(field) = self.schema.keyed(word) {
            return self.value(&Target::Field(field), Op::Is, start);
        }
        self.apart()?;
        if self.schema.text_fields().next().is_none() {
            return Err(self.problem_here(0, "free words are not searched here; name a field"));
        }
        let item = self.item(&Target::Free, Op::Is, false)?;
        self.term(&Target::Free, Op::Is, &item, start)
    }

    /// A word and its colon before a blank, as messages have them, is text where parts are searched, unless it looks like a field.
    fn reads_on(&mut self, head: &Head, start: usize) -> bool {
        let name = self.scan.text.get(head.name.clone()).unwrap_or_default();
        let names = self.schema.fields.iter().flat_map(Field::names);
        let text = self.searched(&Target::Free).is_some_and(|field| field.kind == Kind::Part)
            && self.scan.peek().is_none_or(char::is_whitespace)
            && self.schema.field(name).is_none()
            && suggest::nearest(name, names).is_none();
        if text {
            self.scan.at = start;
        }
        text
    }

    /// The field that a text is searched in.
    fn searched(&self, target: &Target) -> Option<&'static Field> {
        match target {
            Target::Free => self.schema.text_fields().next(),
            Target::Field(field) if field.kind.is_text() => Some(*field),
            Target::Field(_) | Target::Payload(_) => None,
        }
    }

    fn parenthesis(&mut self) -> Result<Expr, Problem> {
        let open = self.scan.at;
        self.enter()?;
        self.scan.at += 1;
        let expr = self.any()?;
        if !self.scan.eat(")") {
            return Err(Problem::new(open..open + 1, &["this parenthesis is not closed"]));
        }
        self.depth -= 1;
        Ok(expr)
    }

    fn enter(&mut self) -> Result<(), Problem> {
        self.depth += 1;
        if self.depth > MAX_NESTING {
            return Err(self.problem_here(1, "nested deeper than 50 levels"));
        }
        Ok(())
    }

    /// What stands after an operator.
    fn value(&mut self, target: &Target, op: Op, start: usize) -> Result<Expr, Problem> {
        let next = self.scan.peek();
        let several = matches!(next, Some('(' | '['));
        if several && !op.equality() {
            return Err(self.problem_here(1, &["`", op.text(), "` takes one value"].concat()));
        }
        let expr = if next == Some('(') {
            let outer = self.field.replace(target.clone());
            let expr = self.parenthesis();
            self.field = outer;
            expr?
        } else if next == Some('[') {
            self.list(target, op)?
        } else {
            let item = self.item(target, op, false)?;
            self.term(target, op, &item, start)?
        };
        Ok(if op == Op::IsNot { expr.negated() } else { expr })
    }

    fn list(&mut self, target: &Target, op: Op) -> Result<Expr, Problem> {
        let open = self.scan.at;
        self.scan.at += 1;
        let mut any = Vec::new();
        loop {
            self.scan.blanks();
            let start = self.scan.at;
            let item = self.item(target, op, true)?;
            any.push(self.term(target, op, &item, start)?);
            self.scan.blanks();
            if self.scan.eat("]") {
                break;
            }
            if !self.scan.eat(",") {
                return Err(if self.scan.rest().is_empty() {
                    Problem::new(open..open + 1, &["this list is not closed; it ends with `]`"])
                } else {
                    self.problem_here(1, "put `,` between the values of a list, and `]` after the last")
                });
            }
        }
        Ok(match any.pop() {
            Some(expr) if any.is_empty() => expr,
            last => {
                any.extend(last);
                Expr::Any(any)
            }
        })
    }

    /// One value or a range of values.
    fn item(&mut self, target: &Target, op: Op, list: bool) -> Result<Item, Problem> {
        let ranges = op.equality() && self.searched(target).is_none();
        let start = self.scan.at;
        if *target != Target::Free && matches!(self.scan.peek(), Some(':' | '=' | '<' | '>')) {
            return Err(self.problem_here(
                1,
                "one operator is enough; a value that begins with such a character goes in quotes",
            ));
        }
        let from = if ranges && self.scan.rest().starts_with("..") {
            None
        } else if self.scan.ends(list) && self.scan.peek() != Some('"') {
            return Err(self.missing(target, op, list));
        } else {
            Some(self.raw(list, ranges)?)
        };
        if !(ranges && self.scan.eat("..")) {
            return match from {
                Some(raw) => Ok(Item::One(raw)),
                None => Err(self.missing(target, op, list)),
            };
        }
        let to = if self.scan.ends(list) && self.scan.peek() != Some('"') {
            None
        } else {
            Some(self.raw(list, false)?)
        };
        if from.is_none() && to.is_none() {
            return Err(Problem::new(
                start..self.scan.at,
                &["a range needs one end at least, such as `1..5` or `5..`"],
            ));
        }
        Ok(Item::Range(from, to))
    }

    fn raw(&mut self, list: bool, range: bool) -> Result<super::lex::Raw, Problem> {
        match self.scan.raw(list, range) {
            Some(raw) => Ok(raw),
            None => Err(self.problem_here(1, "this quote is not closed")),
        }
    }

    fn missing(&self, target: &Target, op: Op, list: bool) -> Problem {
        if list {
            return self.problem_here(0, "a value is missing in this list");
        }
        self.problem_here(0, &["a value is missing after `", &target.to_string(), op.text(), "`"].concat())
    }

    fn term(&mut self, target: &Target, op: Op, item: &Item, start: usize) -> Result<Expr, Problem> {
        let span = start..self.scan.at;
        self.terms += 1;
        if self.terms > MAX_TERMS {
            return Err(Problem::new(span, &["a query has at most 200 terms; each value of a list is one"]));
        }
        let mut test = value::read(target, self.searched(target), op, item, self.clock)?;
        if let Some(words) = value::fitting(target, &test) {
            if words.is_empty() {
                return Err(Problem::new(
                    span,
                    &["no value of `", &target.to_string(), "` is beyond this one"],
                ));
            }
            let one = |word: &str| {
                let test = Test::Equal(Value::Word(word.to_owned()));
                Expr::Term(Term { span: span.clone(), target: target.clone(), test })
            };
            let mut any: Vec<Expr> = words.into_iter().map(one).collect();
            return Ok(if any.len() == 1 { any.remove(0) } else { Expr::Any(any) });
        }
        let nobody = is_nobody(target, &test);
        if nobody {
            test = Test::Present;
        }
        let term = Expr::Term(Term { span, target: target.clone(), test });
        Ok(if nobody { term.negated() } else { term })
    }

    fn target(&self, head: &Head) -> Result<Target, Problem> {
        let at = head.name.clone();
        let written = self.scan.text.get(at.clone()).unwrap_or_default();
        if head.path.len() == 1
            && let Some(field) = self.schema.field(written)
        {
            return Ok(Target::Field(field));
        }
        if self.schema.payload && is_payload(&head.path) {
            let keys = head.path.get(1..).unwrap_or_default();
            return if head.hole {
                Err(Problem::new(
                    at,
                    &[
                        "name what of the payload, such as `payload.user.name`, or ask all of it: `payload:root`",
                    ],
                ))
            } else if keys.len() > crate::event::MAX_DEPTH {
                Err(Problem::new(at, &["no payload is nested deeper than 64 levels"]))
            } else {
                Ok(Target::Payload(keys.to_vec()))
            };
        }
        let names = self.schema.fields.iter().flat_map(Field::names);
        let (suggestion, end) = match suggest::nearest(written, names) {
            Some(near) => (near.to_owned(), "`?"),
            None if self.schema.payload && !head.hole => {
                (["payload.", written].concat(), "`, or text in quotes?")
            }
            None => return Err(Problem::new(at, &["no field `", written, "`; text goes in quotes"])),
        };
        let mut problem = Problem::new(at, &["no field `", written, "`; did you mean `", &suggestion, end]);
        problem.suggestion = Some(suggestion);
        Err(problem)
    }

    /// `severity >= high` would be three words that nothing has.
    fn apart(&self) -> Result<(), Problem> {
        let mut scan = self.scan.clone();
        let word = scan.bare(false, false);
        let name = self.scan.text.get(self.scan.at..scan.at).unwrap_or_default();
        let after = scan.at;
        scan.blanks();
        if word.is_empty() || scan.at == after || self.schema.field(name).is_none() {
            return Ok(());
        }
        let Some(op) = scan.op() else { return Ok(()) };
        let joined = [name, op.text()].concat();
        let mut problem =
            Problem::new(self.scan.at..scan.at, &["write `", &joined, "` and its value without blanks"]);
        problem.suggestion = Some(joined);
        Err(problem)
    }

    /// A problem of the next `length` bytes, which are ASCII, or fewer at the end.
    fn problem_here(&self, length: usize, message: &str) -> Problem {
        let length = length.min(self.scan.rest().len());
        Problem::new(self.scan.at..self.scan.at + length, &[message])
    }
}

/// `assignee:nobody`.
fn is_nobody(target: &Target, test: &Test) -> bool {
    matches!(target, Target::Field(field) if field.kind == Kind::Person)
        && matches!(test, Test::Equal(Value::Word(word)) if word.eq_ignore_ascii_case(NOBODY))
}
