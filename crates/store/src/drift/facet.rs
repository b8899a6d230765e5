//! How often each value of a field occurs among the drifts of a list.

use std::collections::BTreeMap;

use domain::drift::DriftFilter;
use domain::query::DRIFTS;

use super::{TABLES, each_status, narrow};
use crate::db::{Result, Sql};
use crate::facet::{Facets, readings};
use crate::scope::Scoped;

/// Fields that have a facet, in the order in which they are shown.
pub const FIELDS: [&str; 7] = ["severity", "cause", "assignee", "environment", "repository", "type", "kind"];

/// Nobody is no value. Each field is counted without what the query chooses of it, so that its other values can be chosen too, over the `most` latest drifts
/// by onset of each status, `values` of each.
pub async fn list(tx: &mut impl Scoped, filter: &DriftFilter, most: u32, values: usize) -> Result<Facets> {
    let (mut found, chosen) = (Facets::default(), filter.query.as_ref());
    for (query, fields) in readings(filter.query.as_ref(), &DRIFTS, &FIELDS) {
        let filter = DriftFilter { query, ..filter.clone() };
        let mut counted: BTreeMap<(&'static str, String), i64> = BTreeMap::new();
        for filter in each_status(&filter) {
            let q = latest(tx, &filter, most);
            let mut all = 0;
            for row in tx.conn().rows(q).await? {
                let n: i64 = row.get("n")?;
                all += n;
                for field in &fields {
                    if let Some(value) = row.get::<Option<String>>(field)? {
                        *counted.entry((field, value)).or_default() += n;
                    }
                }
            }
            found.of_the_latest |= all == i64::from(most);
        }
        for field in fields {
            let of = counted.range((field, String::new())..).take_while(|((of, _), _)| *of == field);
            found.put(field, of.map(|((_, value), n)| (value.clone(), *n)), values, chosen);
        }
    }
    found.sort(&FIELDS);
    Ok(found)
}

/// The latest drifts of a filter, by all fields at once.
fn latest(tx: &mut impl Scoped, filter: &DriftFilter, most: u32) -> Sql {
    let dialect = tx.conn().dialect();
    // Names are looked up for each line: joined, SQLite may begin with every environment, repository and resource there is.
    // Grown below.
    let q = tx
        .sql(
            "SELECT (SELECT e.slug FROM environments e WHERE e.organization_id = $1 AND e.id = x.environment_id) AS environment,
                    (SELECT p.name FROM iac_repositories p WHERE p.organization_id = $1 AND p.id = x.iac_repository_id) AS repository,
                    (SELECT r.resource_type FROM iac_resources r WHERE r.organization_id = $1 AND r.id = x.iac_resource_id) AS type,
                    (SELECT u.email FROM users u WHERE u.id = x.assigned_to_id) AS assignee, x.kind, x.severity, x.cause,
                    CAST(x.n AS BIGINT) AS n
             FROM (SELECT y.environment_id, y.iac_repository_id, y.iac_resource_id, y.assigned_to_id, y.kind, y.severity, y.cause,
                          count(*) AS n
                   FROM (SELECT d.environment_id, d.iac_repository_id, d.iac_resource_id, d.assigned_to_id, d.drift_type AS kind,
                                (CASE WHEN d.severity_score >= 0.85 THEN 'critical' WHEN d.severity_score >= 0.65 THEN 'high'
                                      WHEN d.severity_score >= 0.4 THEN 'medium' WHEN d.severity_score >= 0.15 THEN 'low'
                                      ELSE 'info' END) AS severity,
                                COALESCE((SELECT COALESCE(a.labelled_category, a.cause_category) FROM drift_cause_analysis a
                                          WHERE a.organization_id = d.organization_id AND a.drift_event_id = d.id),
                                         'unknown') AS cause",
        )
        .push(TABLES);
    narrow(q, filter, dialect).push(" ORDER BY d.detected_at DESC, d.id DESC LIMIT ").arg(most).push(
        ") AS y
                   GROUP BY y.environment_id, y.iac_repository_id, y.iac_resource_id, y.assigned_to_id, y.kind, y.severity, y.cause) AS x",
    )
}
