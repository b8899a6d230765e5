//! Drift by the day: one job computes the rows again from the first day that something changed, and managers read them.

use domain::audit::{Action, AuditEntry};
use domain::drift::metrics::{Analytics, MAX_DAYS, Period, Row, day};
use domain::permission::{DriftExport, DriftRead, Permission};
use domain::{Invalid, OrganizationId, PLATFORM, Timestamp};
use serde_json::json;
use store::drift::metrics;
use store::{Scoped, SystemTx};

use crate::{Actor, Cx, Result, Services};

const DAY: i64 = 86_400;
/// A step is stamped when its transaction begins, and seen when that ends.
const MARGIN: i64 = 300;

/// Brings the rows of every organization up to date; says how many days were computed. One that fails does not keep the others waiting.
///
/// # Errors
/// The last failure, after all were tried.
pub async fn refresh_all(services: &Services) -> Result<i64> {
    let organizations = {
        let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
        store::organization::all(&mut tx).await?
    };
    let (mut days, mut failed) = (0, None);
    for organization in organizations.into_iter().filter(|o| o.is_active && o.id != PLATFORM) {
        match refresh(services, organization.id).await {
            Ok(n) => days += n,
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(days), Err)
}

/// Computes the organization's rows from the first day on that something happened to since the last run. Any number of runs leaves the
/// same rows.
pub async fn refresh(services: &Services, organization: OrganizationId) -> Result<i64> {
    let cx = services.admit::<DriftRead>(&Actor::system("drift metrics", organization))?;
    let since = due_since(&mut cx.read().await?).await?;
    refresh_since(services, organization, since).await
}

/// What happened since then is not in the rows yet, or not for certain.
async fn due_since(tx: &mut impl Scoped) -> Result<Timestamp> {
    let last = metrics::last_run(tx).await?;
    Ok(last.map_or(Timestamp::EPOCH, |last| last.plus_seconds(-MARGIN)))
}

/// As [`refresh`], of what happened at or after `since`.
pub(crate) async fn refresh_since(
    services: &Services,
    organization: OrganizationId,
    since: Timestamp,
) -> Result<i64> {
    let cx = services.admit::<DriftRead>(&Actor::system("drift metrics", organization))?;
    let now = cx.now();
    let from = metrics::first_changed(&mut cx.read().await?, since).await?;
    let Some(from) = from else { return Ok(0) };
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    let rows = {
        let mut within = tx.within(organization);
        let rows = metrics::computed(&mut within, from).await?;
        metrics::put(&mut within, from, &rows, now).await?;
        rows
    };
    tx.commit_unaudited_bookkeeping().await?;
    let mut dates: Vec<Timestamp> = rows.keys().map(|place| place.date).collect();
    dates.dedup();
    Ok(dates.len() as i64)
}

/// Computes every row again from the beginning, in the transaction of the roll-ups' rebuild.
pub(crate) async fn rebuild(tx: &mut store::WriteTx) -> Result<i64> {
    let now = tx.now();
    let rows = metrics::computed(tx, Timestamp::EPOCH).await?;
    metrics::put(tx, Timestamp::EPOCH, &rows, now).await?;
    Ok(rows.len() as i64)
}

/// One sentence for each row that differs from history and recommendations. Days that the next run computes again are not wrong yet.
pub(crate) async fn check(tx: &mut impl Scoped) -> Result<Vec<String>> {
    let since = due_since(tx).await?;
    let until = metrics::first_changed(tx, since).await?;
    Ok(metrics::check(tx, until).await?)
}

/// The figures of a period of whole days that ends with today, and of the one before.
pub async fn analytics(cx: &Cx<DriftRead>, asked: &Period) -> Result<Analytics> {
    let (rows, days) = read(cx, asked).await?;
    Ok(domain::drift::metrics::analytics(&rows, days))
}

/// The rows of the period itself, by day, environment and repository.
pub async fn rows(cx: &Cx<DriftRead>, asked: &Period) -> Result<Vec<Row>> {
    Ok(own(read(cx, asked).await?))
}

/// [`rows`] for a file, which is on record before its first byte.
pub async fn export(cx: &Cx<DriftExport>, asked: &Period) -> Result<Vec<Row>> {
    let rows = own(read(cx, asked).await?);
    let Period { days, environment, repository } = asked;
    let filter = json!({ "days": days, "environment": environment, "repository": repository });
    let entry = AuditEntry::new(Action::EXPORT_REQUESTED, "drift_metrics", "metrics")
        .metadata(json!({ "format": "csv", "filter": filter, "rows": rows.len() }));
    cx.write().await?.commit(entry).await?;
    Ok(rows)
}

type Days = (Timestamp, Timestamp, Timestamp);

/// Without those of the period before.
fn own((mut rows, (_, from, _)): (Vec<Row>, Days)) -> Vec<Row> {
    rows.retain(|row| row.place.date >= from);
    rows
}

async fn read<P: Permission>(cx: &Cx<P>, asked: &Period) -> Result<(Vec<Row>, Days)> {
    if !(1..=MAX_DAYS).contains(&asked.days) {
        return Err(Invalid::field("days", "between 1 and 366 days").into());
    }
    let to = day(cx.now()).plus_seconds(DAY);
    let from = to.plus_seconds(-asked.days * DAY);
    let before = from.plus_seconds(-asked.days * DAY);
    let (environment, repository) = (asked.environment.as_deref(), asked.repository.as_deref());
    let rows = metrics::list(&mut cx.read().await?, (before, to), environment, repository).await?;
    Ok((rows, (before, from, to)))
}

/// The drifts that nobody resolved, and how many of them are high or critical.
pub async fn open(cx: &Cx<DriftRead>) -> Result<(i64, i64)> {
    Ok(metrics::open(&mut cx.read().await?).await?)
}
