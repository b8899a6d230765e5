//! `watchroom serve`, `--check` and `demo`.

use std::io::Write as _;
use std::path::Path;

use service::Services;
use tokio::net::TcpListener;

use super::{Done, Open, Stop, open};
use crate::config::{self, Config};
use crate::state::AppState;
use crate::{jobs, router, serve as listener, telemetry};

const OVERPRIVILEGED: &str = "the database's user is a superuser or bypasses row-level security: give Watchroom a role of its own (docs/OPERATIONS.md)";

pub async fn serve(config: Config, demo: bool) -> Done {
    telemetry::start_logs(&config.log, config.log_format);
    // The address is taken first: a second server must not touch the database.
    let socket = TcpListener::bind(config.addr)
        .await
        .map_err(|e| anyhow::anyhow!("cannot listen on {}: {e}", config.addr))?;
    let Open { services, db } = open(&config, demo).await?;
    if demo {
        fill_demo(&services).await?;
    }
    let address = socket.local_addr()?;
    let state = AppState::new(config.clone(), services);
    if !config.cookies_are_secure() && !address.ip().is_loopback() {
        tracing::warn!(
            "cookies are not secure: put a TLS proxy in front and set public_url to its https address"
        );
    }
    if db.is_overprivileged().await? {
        tracing::warn!("{OVERPRIVILEGED}");
    }
    let unfinished = service::uploads::recover(&state.services).await?;
    if unfinished > 0 {
        tracing::info!(unfinished, "uploads go on where they were");
    }
    let jobs = jobs::start(&state);
    let services = state.services.clone();
    let router = router::router(state);
    println!("listening on http://{address}");
    std::io::stdout().flush()?;
    listener::serve(socket, router, &config, &services, listener::signal()).await;
    for job in jobs {
        job.abort();
    }
    service::auth::settled(&services).await;
    db.close().await;
    Ok(())
}

/// Settings were read, so they are right; the rest is whether this machine can do what they say. Nothing is made and no schema is
/// changed: a new version is tried on the database of the one that runs.
pub async fn check(config: &Config) -> Done {
    let mut wrong = Vec::new();
    if let Err(error) = TcpListener::bind(config.addr).await {
        wrong.push(format!("addr: cannot listen on {}: {error}", config.addr));
    }
    if let Err(error) = room(&config.data_dir) {
        wrong.push(format!("data_dir: {error}"));
    }
    if let Err(error) = config::existing_secret_key(config) {
        wrong.push(format!("the secret key in {}: {error}", config.data_dir.display()));
    }
    wrong.extend(config.provider().err().into_iter().chain(config.webhooks().err()));
    if let Err(error) = database(config).await {
        wrong.push(format!("{}: {error}", config::without_password(&config.database_url)));
    }
    match config.bucket() {
        Ok(Some(bucket)) => {
            let failed = service::evidence::probe(&bucket).await.err();
            wrong.extend(failed.map(|error| format!("evidence_bucket: {error}")));
        }
        Ok(None) => {}
        Err(error) => wrong.push(error),
    }
    // One setting can be wrong for more than one of them.
    wrong.dedup();
    if wrong.is_empty() {
        for (name, value) in config.table() {
            super::tell(&format!("{name} = {value}"))?;
        }
        return Ok(());
    }
    Err(Stop::Failed(anyhow::anyhow!("{}", wrong.join("\n"))))
}

/// Whether a file can be written in a folder, or in the one that it would be made in.
fn room(folder: &Path) -> Result<(), String> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let folder = std::path::absolute(folder).map_err(|error| error.to_string())?;
    let nearest = folder.ancestors().find(|at| at.exists()).unwrap_or(&folder);
    let at = std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos();
    let file = nearest.join(format!(".watchroom-check-{}-{at}", std::process::id()));
    std::fs::File::create_new(&file)
        .and_then(|_| std::fs::remove_file(&file))
        .map_err(|error| format!("cannot write in {}: {error}", nearest.display()))
}

/// Connects as the server would, and looks at the schema. A file that is not there yet needs a place only.
async fn database(config: &Config) -> Result<(), String> {
    if let Some(file) = store::sqlite_file(&config.database_url)
        && !file.exists()
    {
        return room(file.parent().unwrap_or(file));
    }
    let db = super::connect(config).await.map_err(|error| error.to_string())?;
    let looked = match schema(&db).await {
        Ok(()) => rights(&db).await,
        wrong => wrong,
    };
    db.close().await;
    looked
}

async fn rights(db: &store::Db) -> Result<(), String> {
    let missing = db.missing_rights().await.map_err(|error| error.to_string())?;
    if missing.is_empty() { Ok(()) } else { Err(missing.join("; ")) }
}

async fn schema(db: &store::Db) -> Result<(), String> {
    // What works is a warning.
    if db.is_overprivileged().await.map_err(|error| error.to_string())? {
        eprintln!("warning: {OVERPRIVILEGED}");
    }
    let known = store::schema_version();
    match db.schema_version().await.map_err(|error| error.to_string())? {
        Some(found) if found > known => {
            Err(format!("its schema {found} is of a newer version of Watchroom; this one knows {known}"))
        }
        Some(found) if found < known => {
            eprintln!("warning: the start brings the schema from {found} to {known}; take a backup before");
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Does nothing to a database that holds an organization already.
pub async fn fill_demo(services: &Services) -> Done {
    if service::demo::fill(services, |_| ()).await? {
        eprintln!("the demo story is told; sign in as:");
    } else {
        eprintln!(
            "the database is not empty, so the demo is not filled in; its accounts, if they are there:"
        );
    }
    for account in service::demo::credentials() {
        eprintln!("  {}  {}  ({})", account.email, account.password, account.role);
    }
    Ok(())
}
