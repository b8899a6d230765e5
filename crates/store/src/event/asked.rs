//! What a filter asks for, as the roll-ups and the index of words see it. Its query is compiled whole besides; this says where to look.

use domain::filter::EventFilter;
use domain::query::{Expr, Order, Target, Test, TextMatch, Value};
use domain::{GroupId, Severity, SourceId, Timestamp};

use super::{clauses, groups_of};
use crate::db::{Result, sql};
use crate::group;
use crate::query::{fits, words};
use crate::rollup::{self, Clause};
use crate::scope::Scoped;

/// Events that may be read one by one, wherever they lie, instead of hour after hour.
const FEW: i64 = 5000;

pub(super) struct Asked {
    /// Its time range and severities are narrowed by what the query says of them.
    pub filter: EventFilter,
    /// The groups that the filter itself names, see `groups_of`.
    pub groups: Vec<Vec<GroupId>>,
    /// Each must be met.
    pub clauses: Vec<Clause>,
    /// Time range, severities and clauses are all that is asked.
    pub covered: bool,
    /// Nothing can match.
    pub nothing: bool,
    /// Where the matches are found, if not by time.
    pub few: Option<Few>,
}

/// A few events that hold all matches.
pub(super) enum Few {
    /// The query names ids.
    Ids,
    /// What the index of words is asked for.
    Words(String),
}

impl Asked {
    pub(super) async fn of(tx: &mut impl Scoped, filter: &EventFilter) -> Result<Self> {
        let groups = groups_of(tx, filter).await?;
        let mut asked = Self {
            clauses: clauses(filter, &groups),
            groups,
            filter: filter.clone(),
            covered: true,
            nothing: false,
            few: None,
        };
        let Some(query) = &filter.query else { return Ok(asked) };
        for conjunct in query.expr.conjuncts() {
            asked.covered &= asked.add(tx, conjunct).await?;
        }
        let dialect = tx.conn().dialect();
        if !asked.nothing
            && asked.few.is_none()
            && let Some(wanted) = words::implied(&query.expr, dialect)
            && found(tx, &wanted).await? <= FEW
        {
            asked.few = Some(Few::Words(wanted));
        }
        Ok(asked)
    }

    /// Takes what can be taken from an operand of the outermost AND; `true` when that is all of it.
    async fn add(&mut self, tx: &mut impl Scoped, conjunct: &Expr) -> Result<bool> {
        let (inner, negated) = match conjunct {
            Expr::Not(inner) => (&**inner, true),
            other => (other, false),
        };
        let Some((Target::Field(field), tests)) = inner.alternatives() else { return Ok(false) };
        if field.name == "severity" {
            self.severities(|s| tests.iter().any(|test| fits(s, test)) != negated);
            return Ok(true);
        }
        if negated {
            return Ok(false);
        }
        if let ("occurred_at", [test]) = (field.name, tests.as_slice()) {
            return Ok(self.time(test));
        }
        let Some(values) = tests.iter().map(|test| equal(test)).collect::<Option<Vec<&Value>>>() else {
            return Ok(false);
        };
        let word = |value: &Value| match value {
            Value::Word(word) => Some(word.clone()),
            _ => None,
        };
        let clause: Option<Clause> = match field.name {
            "id" => {
                self.few = Some(Few::Ids);
                None
            }
            "group" => {
                let ids: Vec<GroupId> = values
                    .into_iter()
                    .filter_map(|v| if let Value::Id(id) = v { Some(GroupId(*id)) } else { None })
                    .collect();
                Some(of_groups(&group::rules::with_members(tx, &ids).await?.concat()))
            }
            "fingerprint" => {
                let fingerprints: Vec<String> = values.into_iter().filter_map(word).collect();
                Some(of_groups(&group::rules::of_fingerprints(tx, &fingerprints).await?))
            }
            "source" => {
                let names: Vec<String> = values.into_iter().filter_map(word).collect();
                let q = tx
                    .sql("SELECT id FROM sources WHERE organization_id = $1 AND name IN (")
                    .list(names.iter())
                    .push(")");
                let ids: Vec<SourceId> = tx.conn().scalars(q).await?;
                Some(Clause { field: rollup::SOURCE, values: ids.iter().map(ToString::to_string).collect() })
            }
            name => rollup::TEXT_FIELDS
                .into_iter()
                .find(|field| *field == name)
                .map(|field| Clause { field, values: values.into_iter().filter_map(word).collect() }),
        };
        let Some(mut clause) = clause else { return Ok(false) };
        clause.values.sort_unstable();
        clause.values.dedup();
        // Without values a clause would be all of the field.
        self.nothing |= clause.values.is_empty();
        self.clauses.push(clause);
        Ok(true)
    }

    fn severities(&mut self, wanted: impl Fn(Severity) -> bool) {
        let before = &self.filter.severity;
        let left: Vec<Severity> = Severity::ALL
            .into_iter()
            .filter(|s| (before.is_empty() || before.contains(s)) && wanted(*s))
            .collect();
        self.nothing |= left.is_empty();
        self.filter.severity = if left.len() == Severity::ALL.len() { Vec::new() } else { left };
    }

    /// Narrows the time range; instants are whole microseconds.
    fn time(&mut self, test: &Test) -> bool {
        let (from, to) = match test {
            Test::Equal(Value::Time(at)) => (Some(*at), Some(*at)),
            Test::Between(Value::Time(from), Value::Time(to)) => (Some(*from), Some(*to)),
            Test::Compare(Order::AtLeast, Value::Time(at)) => (Some(*at), None),
            Test::Compare(Order::AtMost, Value::Time(at)) => (None, Some(*at)),
            Test::Compare(Order::Greater, Value::Time(at)) => {
                self.nothing |= *at == Timestamp::far_future();
                (Some(at.plus_micros(1)), None)
            }
            Test::Compare(Order::Less, Value::Time(at)) => {
                self.nothing |= *at == Timestamp::EPOCH;
                (None, Some(at.plus_micros(-1)))
            }
            _ => return false,
        };
        if let Some(from) = from {
            self.filter.from = Some(self.filter.from.map_or(from, |f| f.max(from)));
        }
        if let Some(last) = to.filter(|last| *last < Timestamp::far_future()) {
            let to = last.plus_micros(1);
            self.filter.to = Some(self.filter.to.map_or(to, |t| t.min(to)));
        }
        true
    }
}

pub(super) fn of_groups(ids: &[GroupId]) -> Clause {
    Clause { field: rollup::GROUP, values: ids.iter().map(ToString::to_string).collect() }
}

fn equal(test: &Test) -> Option<&Value> {
    match test {
        Test::Equal(value) => Some(value),
        _ => None,
    }
}

/// How many events hold the words, but not counted further than it matters. SQLite's index is that of all organizations.
async fn found(tx: &mut impl Scoped, wanted: &str) -> Result<i64> {
    let q = match tx.conn().dialect() {
        crate::db::Dialect::Sqlite => {
            // SQLite only.
            sql("SELECT count(*) FROM (SELECT rowid FROM event_words WHERE event_words MATCH $1 LIMIT $2)")
        }
        crate::db::Dialect::Postgres => {
            // PostgreSQL only.
            sql("SELECT count(*) FROM events_with($1::text::tsquery, $2)")
        }
    };
    Ok(tx.conn().scalar(q.bind(wanted).bind(FEW + 1)).await?.unwrap_or(0))
}

/// Whether the index of words answers all of the condition.
pub(super) fn is_of_words(expr: &Expr) -> bool {
    match expr {
        Expr::Term(term) => matches!(&term.test, Test::Text(TextMatch::Words { .. })),
        Expr::All(of) | Expr::Any(of) => !of.is_empty() && of.iter().all(is_of_words),
        Expr::Not(_) => false,
    }
}

/// Whether a condition asks the index of words at all.
pub(super) fn asks_words(expr: &Expr) -> bool {
    match expr {
        Expr::Term(_) => is_of_words(expr),
        Expr::All(of) | Expr::Any(of) => of.iter().any(asks_words),
        Expr::Not(inner) => asks_words(inner),
    }
}
