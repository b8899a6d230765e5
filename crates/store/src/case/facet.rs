//! How often each value of a field occurs among the cases of a list.

use std::collections::BTreeMap;

use domain::case::CaseFilter;
use domain::query::CASES;

use super::narrow;
use crate::db::Result;
use crate::facet::{Facets, readings};
use crate::scope::Scoped;

/// Fields that have a facet, in the order in which they are shown. What has its own column comes by one statement, tags by another.
pub const FIELDS: [&str; 6] = ["severity", "priority", "assignee", TAG, "tlp", "resolution"];
const TAG: &str = "tag";

/// Over the `most` cases that changed last, `values` of each field. A case has the tags of those that are merged into it; nobody, and
/// what is not resolved, are no values.
pub async fn list(tx: &mut impl Scoped, filter: &CaseFilter, most: u32, values: usize) -> Result<Facets> {
    let (mut found, chosen) = (Facets::default(), filter.query.as_ref());
    for (query, fields) in readings(filter.query.as_ref(), &CASES, &FIELDS) {
        let filter = CaseFilter { query, ..filter.clone() };
        let (tags, columns): (Vec<&str>, Vec<&str>) = fields.into_iter().partition(|field| *field == TAG);
        if !columns.is_empty() {
            let (counted, all) = by_columns(tx, &filter, most, &columns).await?;
            found.of_the_latest |= all == i64::from(most);
            for field in columns {
                let of = counted.range((field, String::new())..).take_while(|((of, _), _)| *of == field);
                found.put(field, of.map(|((_, value), n)| (value.clone(), *n)), values, chosen);
            }
        }
        if !tags.is_empty() {
            found.put(TAG, by_tag(tx, &filter, most).await?.into_iter(), values, chosen);
        }
    }
    found.sort(&FIELDS);
    Ok(found)
}

type Counted = BTreeMap<(&'static str, String), i64>;

/// The values of each column, and how many cases were looked at.
async fn by_columns(
    tx: &mut impl Scoped,
    filter: &CaseFilter,
    most: u32,
    fields: &[&'static str],
) -> Result<(Counted, i64)> {
    let dialect = tx.conn().dialect();
    let q = tx.sql(
        "SELECT x.severity, x.priority, x.tlp, x.resolution, (SELECT u.email FROM users u WHERE u.id = x.assigned_to_id) AS assignee, x.n
         FROM (SELECT y.severity, y.priority, y.tlp, y.resolution, y.assigned_to_id, CAST(count(*) AS BIGINT) AS n
               FROM (SELECT c.severity, c.priority, c.tlp, c.resolution, c.assigned_to_id
                     FROM cases c
                     WHERE c.organization_id = $1",
    );
    let q = narrow(q, filter, dialect).push(" ORDER BY c.updated_at DESC, c.id DESC LIMIT ").arg(most).push(
        ") AS y
               GROUP BY y.severity, y.priority, y.tlp, y.resolution, y.assigned_to_id) AS x",
    );
    let (mut counted, mut all) = (Counted::new(), 0);
    for row in tx.conn().rows(q).await? {
        let n: i64 = row.get("n")?;
        all += n;
        for field in fields {
            if let Some(value) = row.get::<Option<String>>(field)? {
                *counted.entry((field, value)).or_default() += n;
            }
        }
    }
    Ok((counted, all))
}

/// As the query language finds them: folded. CROSS JOIN keeps SQLite to this order; it looked at all tags of the organization for each
/// case.
async fn by_tag(tx: &mut impl Scoped, filter: &CaseFilter, most: u32) -> Result<Vec<(String, i64)>> {
    let dialect = tx.conn().dialect();
    let q = tx.sql(
        "SELECT t.folded, x.n
         FROM (SELECT ct.tag_id, CAST(count(DISTINCT y.id) AS BIGINT) AS n
               FROM (SELECT c.id
                     FROM cases c
                     WHERE c.organization_id = $1",
    );
    let q = narrow(q, filter, dialect).push(" ORDER BY c.updated_at DESC, c.id DESC LIMIT ").arg(most).push(
        ") AS y
               CROSS JOIN case_family f
               CROSS JOIN case_tags ct
               WHERE f.organization_id = $1 AND f.head_id = y.id AND ct.organization_id = $1 AND ct.case_id = f.member_id
               GROUP BY ct.tag_id) AS x
         CROSS JOIN tags t
         WHERE t.organization_id = $1 AND t.id = x.tag_id",
    );
    tx.conn().rows(q).await?.iter().map(|row| Ok((row.get("folded")?, row.get("n")?))).collect()
}
