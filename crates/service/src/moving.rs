//! All data moved from SQLite to PostgreSQL, in one transaction that proves itself before it commits.

use std::path::Path;

use domain::OrganizationId;
use domain::audit::{Action, AuditEntry, Verdict};
use serde_json::json;
use store::whole::{self, Contents};
use store::{Db, Options, SystemTx};

use crate::backup::{no, one_connection, tell};
use crate::{Clock, Result};

/// What was moved.
#[derive(Debug)]
pub struct Moved {
    /// The same in both.
    pub contents: Contents,
    /// One for each audit log, read entry by entry from PostgreSQL and compared with its end in SQLite.
    pub logs: Vec<Verdict>,
}

/// Copies everything from `from` (SQLite) to `to` (PostgreSQL, which nobody uses yet). `told` hears the table and its rows so far.
/// Files beside the database stay where they are. `from` is of today's schema. Nobody may write to it meanwhile: then nothing is moved.
pub async fn migrate(
    from: &str,
    to: &str,
    clock: &Clock,
    told: &mut (dyn FnMut(&str, u64) + Send),
) -> Result<Moved> {
    let Some(file) = store::sqlite_file(from) else {
        return Err(no(
            "migrate-data moves from SQLite to PostgreSQL, and the settings name no database of SQLite",
        ));
    };
    if store::sqlite_file(to).is_some() {
        return Err(no("migrate-data moves from SQLite to PostgreSQL: --to begins with postgres://"));
    }
    if !Path::new(file).is_file() {
        return Err(no(format!("there is no database at {}", file.display())));
    }
    let source = Db::connect(from, &one_connection()).await?;
    let target = Db::connect(to, &Options { connections: 2, ..Options::default() }).await?;
    let moved = all(&source, &target, clock, told).await;
    source.close().await;
    if moved.is_ok() {
        // The index of words is PostgreSQL's own and is filled from the messages.
        target.migrate().await?;
    }
    target.close().await;
    moved
}

async fn all(
    source: &Db,
    target: &Db,
    clock: &Clock,
    told: &mut (dyn FnMut(&str, u64) + Send),
) -> Result<Moved> {
    // Both are refused before anything is changed in either.
    let mut from = SystemTx::read_across_all_organizations(source).await?;
    refuse_old(whole::schema(&mut from).await?)?;
    refuse_used(target).await?;
    target.migrate().await?;
    whole::prepare_months(&mut from, target).await?;
    target.prepare_audit_months(clock.now()).await?;
    let mut into = SystemTx::across_all_organizations(target).await?;
    store::account::lock_first(&mut into).await?;
    let contents = whole::move_all(&mut from, &mut into, told).await.map_err(|error| match error {
        store::Error::Unique => no(USED),
        store::Error::Check(reason) => no(format!("nothing was moved: {reason}")),
        other => other.into(),
    })?;
    drop(from);
    // What was written while the copy was made would be missing without a word. A transaction that writes keeps others from it
    // until all of it is committed.
    let mut held = SystemTx::across_all_organizations(source).await?;
    if whole::contents(&mut held).await?.heads != contents.heads {
        return Err(no(
            "nothing was moved: somebody wrote to SQLite meanwhile; stop the server and try again",
        ));
    }
    let logs = verified(&mut into, &contents).await?;
    if let Some(broken) = logs.iter().find(|log| log.breaks > 0) {
        let reason = broken.broken.first().map(|(_, reason)| reason.clone()).unwrap_or_default();
        return Err(no(format!(
            "nothing was moved: the audit log of {} does not hold: {reason}",
            broken.organization
        )));
    }
    let entry = AuditEntry::new(Action::DATABASE_MOVED, "platform", "database").metadata(json!({
        "from": "sqlite", "to": "postgres", "tables": contents.rows.len(), "rows": contents.rows.values().sum::<i64>(),
    }));
    tell(into, clock, entry).await?;
    drop(held);
    Ok(Moved { contents, logs })
}

const USED: &str = "the database of PostgreSQL holds accounts or organizations already; give it an empty one";

/// The move leaves SQLite as it is, so it does not bring it to today's schema either.
fn refuse_old(schema: i64) -> Result<()> {
    let ours = store::schema_version();
    if schema == 0 {
        return Err(no("the database of SQLite holds no tables of Watchroom; there is nothing to move"));
    }
    if schema < ours {
        return Err(no(format!(
            "the database of SQLite is of an older Watchroom (schema {schema}, today's is {ours}): `watchroom migrate` first"
        )));
    }
    if schema > ours {
        return Err(no(format!(
            "the database of SQLite is of a newer Watchroom (schema {schema}; this one knows {ours}): move it with that version"
        )));
    }
    Ok(())
}

/// Before tables are made in it.
async fn refuse_used(target: &Db) -> Result<()> {
    let mut tx = SystemTx::read_across_all_organizations(target).await?;
    let contents = whole::contents(&mut tx).await?;
    if contents.schema == 0 && !contents.rows.is_empty() {
        return Err(no(
            "the database of PostgreSQL holds tables that are not Watchroom's; give it one of its own",
        ));
    }
    if !contents.is_unused() {
        return Err(no(USED));
    }
    Ok(())
}

async fn verified(tx: &mut SystemTx, contents: &Contents) -> Result<Vec<Verdict>> {
    let names: std::collections::BTreeMap<OrganizationId, String> =
        store::organization::all(tx).await?.into_iter().map(|o| (o.id, o.slug)).collect();
    let mut logs = Vec::with_capacity(contents.heads.len());
    for (id, (seq, hash)) in &contents.heads {
        let label = match names.get(id) {
            Some(slug) => slug.clone(),
            None if *id == domain::PLATFORM => "platform".to_owned(),
            None => id.to_string(),
        };
        logs.push(crate::audit::verify_in(tx, *id, &label, Some((*seq, hash))).await?);
    }
    Ok(logs)
}
