//! `watchroom backup`, `watchroom restore` and `watchroom migrate-data`: the database as a whole.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::Args;
use indicatif::HumanBytes;
use service::Clock;
use service::backup::{self, Manifest, Place};

use super::{Done, Stop, tell};
use crate::config::{self, Config, SecretKey};

#[derive(Args)]
pub struct Backup {
    /// The zip to make; a file that is there is never replaced.
    file: PathBuf,
    /// Put the secret key into it, too. Whoever has the file then reads what is encrypted in the database.
    #[arg(long)]
    with_secret_key: bool,
    /// Folder of pg_dump, when it is not found by itself (PostgreSQL).
    #[arg(long, value_name = "FOLDER")]
    pg_programs: Option<PathBuf>,
}

#[derive(Args)]
pub struct Restore {
    /// A file that `watchroom backup` made.
    file: PathBuf,
    /// Take the place of the data that is there. SQLite's old file, even a damaged one, is kept under another name.
    #[arg(long)]
    replace: bool,
    /// Only read the file and compare every hash.
    #[arg(long, conflicts_with = "replace")]
    check: bool,
    /// Folder of pg_dump, pg_restore and psql, when they are not found by themselves (PostgreSQL).
    #[arg(long, value_name = "FOLDER")]
    pg_programs: Option<PathBuf>,
}

#[derive(Args)]
pub struct MigrateData {
    /// The database of PostgreSQL, empty; better in the environment, where the list of processes does not show its password.
    #[arg(long, value_name = "URL", env = "WATCHROOM_MIGRATE_TO", hide_env_values = true)]
    to: String,
}

pub async fn back_up(config: &Config, asked: Backup) -> Done {
    let place = place(config, asked.pg_programs)?;
    if asked.with_secret_key && place.key.is_none() {
        return Err(Stop::Usage("there is no secret key yet; leave --with-secret-key away".to_owned()));
    }
    let made = backup::make(&place, &Clock::System, &asked.file, asked.with_secret_key).await?;
    describe(&made);
    eprintln!(
        "{}",
        if made.has_key {
            "the secret key is in it: keep the file where nobody else reads it"
        } else {
            "the secret key is not in it: keep DATA_DIR/secret.key (or the secret_key of the settings) somewhere else; settings, such as \
             watchroom.toml, are not in it either"
        }
    );
    if !made.in_bucket.is_empty() {
        eprintln!(
            "{} files of evidence are not in it either: they stay in the bucket, which needs a backup of its own (versions, a second place)",
            made.in_bucket.len()
        );
    }
    for name in &made.missing {
        eprintln!("warning: not in the backup, because the file is not there or is another: {name}");
    }
    tell(&asked.file.display().to_string())?;
    Ok(())
}

pub async fn restore(config: &Config, asked: Restore) -> Done {
    if asked.check {
        describe(&backup::check(&asked.file).await?);
        tell("every hash is right")?;
        return Ok(());
    }
    let place = place(config, asked.pg_programs)?;
    let restored = backup::restore(&place, &Clock::System, &asked.file, asked.replace).await?;
    describe(&restored.manifest);
    let mut broken = 0;
    for log in &restored.logs {
        if log.breaks == 0 {
            tell(&format!("{}: {} entries, unbroken", log.organization, log.entries))?;
        } else {
            broken += 1;
            for (seq, reason) in &log.broken {
                tell(&format!("{}: BROKEN at {seq}: {reason}", log.organization))?;
            }
        }
    }
    for note in &restored.notes {
        eprintln!("note: {note}");
    }
    if broken > 0 {
        return Err(Stop::Failed(anyhow::anyhow!(
            "everything was restored, and {broken} audit logs were broken already when the backup was made"
        )));
    }
    eprintln!("restored; start the server");
    Ok(())
}

pub async fn migrate_data(config: &Config, asked: MigrateData) -> Done {
    let shown = std::io::stderr().is_terminal();
    let mut last = String::new();
    let mut told = |table: &str, rows: u64| {
        if shown {
            eprint!("\r\x1b[K{table}: {rows} rows");
        } else if last != table {
            eprintln!("{table} …");
        }
        table.clone_into(&mut last);
    };
    let moved = service::moving::migrate(&config.database_url, &asked.to, &Clock::System, &mut told).await;
    if shown {
        eprint!("\r\x1b[K");
    }
    let moved = moved?;
    for (table, rows) in &moved.contents.rows {
        tell(&format!("{table}\t{rows}"))?;
    }
    for log in &moved.logs {
        eprintln!("{}: {} audit entries, unbroken, the same end in both", log.organization, log.entries);
    }
    eprintln!(
        "everything was moved; set database_url to {} and keep the data folder: evidence and the secret key stay in it",
        config::without_password(&asked.to)
    );
    Ok(())
}

fn place(config: &Config, programs: Option<PathBuf>) -> Result<Place, Stop> {
    let key = config::existing_secret_key(config)
        .map_err(|e| anyhow::anyhow!("the secret key in {}: {e}", config.data_dir.display()))?;
    Ok(Place {
        url: config.database_url.clone(),
        data_dir: config.data_dir.clone(),
        key: key.map(|SecretKey(key)| key),
        bucket: config.bucket().map_err(anyhow::Error::msg)?,
        programs,
    })
}

fn describe(manifest: &Manifest) {
    let bytes: u64 = manifest.files.values().map(|file| file.bytes).sum();
    let evidence = manifest.files.keys().filter(|name| name.starts_with("evidence/")).count();
    eprintln!(
        "Watchroom {}, schema {}, {}: {} rows in {} tables, {evidence} files of evidence, {} unpacked",
        manifest.watchroom,
        manifest.schema,
        manifest.made_at,
        manifest.rows.values().sum::<i64>(),
        manifest.rows.len(),
        HumanBytes(bytes)
    );
}
