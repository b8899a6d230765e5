//! How often each value of a field occurs among groups.

use std::collections::BTreeMap;

use crate::db::Result;
use crate::facet::Facets;
use crate::scope::Scoped;

const FIELDS: [&str; 3] = ["component", "event_type", "assignee"];

/// Of the `most` groups that stand for themselves and were first seen last; nobody is no value.
pub async fn list(tx: &mut impl Scoped, most: u32) -> Result<Facets> {
    let q = tx.sql(
        "SELECT x.component, x.event_type, (SELECT u.email FROM users u WHERE u.id = x.assigned_to) AS assignee, x.n
         FROM (SELECT y.component, y.event_type, y.assigned_to, CAST(count(*) AS BIGINT) AS n
               FROM (SELECT g.component, g.event_type, g.assigned_to
                     FROM groups g
                     WHERE g.organization_id = $1 AND g.merged_into IS NULL
                     ORDER BY g.first_seen DESC, g.id DESC
                     LIMIT $2) AS y
               GROUP BY y.component, y.event_type, y.assigned_to) AS x",
    );
    let (mut counted, mut all) = (FIELDS.map(|_| BTreeMap::<String, i64>::new()), 0);
    for row in tx.conn().rows(q.bind(most)).await? {
        let n: i64 = row.get("n")?;
        all += n;
        for (field, counted) in FIELDS.iter().zip(&mut counted) {
            if let Some(value) = row.get::<Option<String>>(field)? {
                *counted.entry(value).or_default() += n;
            }
        }
    }
    let mut found = Facets { of_the_latest: all == i64::from(most), ..Facets::default() };
    for (field, counted) in FIELDS.into_iter().zip(counted) {
        found.put(field, counted.into_iter(), usize::MAX, None);
    }
    Ok(found)
}
