//! How often each value of a field occurs among the drifts of a list.

use domain::drift::DriftFilter;
use domain::query::DRIFTS;
use domain::query::edit::target;

use super::{TABLES, narrow};
use crate::db::{Result, Sql};
use crate::scope::Scoped;

/// The values of one field, the most frequent first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    /// As the query language calls it.
    pub field: &'static str,
    pub values: Vec<(String, i64)>,
}

/// Fields that have a facet, in the order in which they are shown.
pub const FIELDS: [&str; 6] = ["severity", "cause", "environment", "repository", "type", "kind"];

/// Each field is counted without what the query chooses of it, so that its other values can be chosen too.
pub async fn list(tx: &mut impl Scoped, filter: &DriftFilter, limit: u32) -> Result<Vec<Facet>> {
    let dialect = tx.conn().dialect();
    let mut found = Vec::with_capacity(FIELDS.len());
    for field in FIELDS {
        let mut filter = filter.clone();
        if let (Some(query), Ok(target)) = (&filter.query, target(field, &DRIFTS)) {
            filter.query = Some(query.without_choices_of(&target));
        }
        let q = narrow(select(tx, field).push(TABLES), &filter, dialect);
        let q = q.push(" GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT ").arg(limit);
        let rows = tx.conn().rows(q).await?;
        let values = rows.iter().map(|row| Ok((row.get("value")?, row.get("n")?))).collect::<Result<_>>()?;
        found.push(Facet { field, values });
    }
    Ok(found)
}

fn select(tx: &impl Scoped, field: &str) -> Sql {
    match field {
        // Grown below.
        "cause" => tx.sql(
            "SELECT COALESCE((SELECT COALESCE(a.labelled_category, a.cause_category) FROM drift_cause_analysis a
                              WHERE a.organization_id = d.organization_id AND a.drift_event_id = d.id), 'unknown') AS value,
                    count(*) AS n",
        ),
        // Grown below.
        "environment" => tx.sql("SELECT e.slug AS value, count(*) AS n"),
        // Grown below.
        "repository" => tx.sql("SELECT p.name AS value, count(*) AS n"),
        // Grown below.
        "type" => tx.sql("SELECT r.resource_type AS value, count(*) AS n"),
        // Grown below.
        "kind" => tx.sql("SELECT d.drift_type AS value, count(*) AS n"),
        // Grown below.
        _ => tx.sql(
            "SELECT (CASE WHEN d.severity_score >= 0.85 THEN 'critical' WHEN d.severity_score >= 0.65 THEN 'high'
                          WHEN d.severity_score >= 0.4 THEN 'medium' WHEN d.severity_score >= 0.15 THEN 'low' ELSE 'info' END) AS value,
                    count(*) AS n",
        ),
    }
}
