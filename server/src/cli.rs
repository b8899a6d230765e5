//! The command line. Exit codes: 0 done, 1 failed, 2 wrong usage or settings.
//!
//! Every subcommand brings the database up to date first, but for those on a database as a whole. What a script reads goes to standard output, everything else
//! to standard error. To add a subcommand: a variant of [`Command`], a function below or a file in `cli/`.

mod audit;
mod backup;
mod drift;
mod import;
mod organization;
mod rollup;
mod run;

use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use domain::account::MAX_PASSWORD;
use domain::api_key::{NewApiKey, PLATFORM_SCOPES, SCOPE_OF_SOURCE, SCOPES};
use domain::upload::Format;
use service::secrets::Secrets;
use service::{Clock, Services};
use store::Db;

use crate::config::{self, Config, Flags, SecretKey, Wrong};

/// One room for what happens to your systems.
#[derive(Parser)]
#[command(name = "watchroom", version, about, propagate_version = true, arg_required_else_help = true)]
#[command(
    after_help = "Settings are read from watchroom.toml, WATCHROOM_* and flags, each above the one before; --help lists them all.\n\
                        Exit codes: 0 done, 1 failed, 2 wrong usage or settings."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    flags: Flags,
}

#[derive(Subcommand)]
enum Command {
    /// Start the server. Prints `listening on http://…` when it is ready.
    Serve {
        /// Fill an empty database with the demo story and show its sign-in.
        #[arg(long)]
        demo: bool,
        /// Say everything that is wrong with the settings, then stop.
        #[arg(long)]
        check: bool,
    },
    /// Show the effective settings.
    Config {
        /// Say everything that is wrong with the settings, the database and the data folder.
        #[arg(long)]
        check: bool,
    },
    /// Make or update the database's tables.
    Migrate,
    /// Organizations.
    #[command(subcommand, arg_required_else_help = true)]
    Org(organization::Org),
    /// User accounts.
    #[command(subcommand, arg_required_else_help = true)]
    User(User),
    /// API keys.
    #[command(subcommand, arg_required_else_help = true)]
    Apikey(ApiKey),
    /// Read events from a file. Start it again to go on after a break; nothing counts twice.
    Import {
        #[arg(long, value_name = "SLUG")]
        org: String,
        /// Name of the source, for rows that carry none; the file's name by default.
        #[arg(long, value_name = "NAME")]
        source: Option<String>,
        #[arg(long, default_value = "auto", value_name = "auto|ndjson|json|csv|syslog")]
        format: Format,
        /// End with 1 when a row was refused. Otherwise that is so only when not one was understood: the others are stored, the refused ones
        /// are counted at the end and kept, with the reason, in the file that it names.
        #[arg(long)]
        strict: bool,
        /// The file, or - for standard input. gzip and zstd are recognised.
        file: PathBuf,
    },
    /// The audit log.
    #[command(subcommand, arg_required_else_help = true)]
    Audit(Audit),
    /// Roll-ups, counts, the index of words and the figures of drift.
    #[command(subcommand, arg_required_else_help = true)]
    Rollup(Rollup),
    /// Drift of infrastructure from its code.
    #[command(subcommand, arg_required_else_help = true)]
    Drift(drift::Drift),
    /// Fill an empty database with the demo story.
    Demo,
    /// Make one file of the database and the files beside it, while the server runs.
    Backup(backup::Backup),
    /// Put a backup in its place again. Stop the server first.
    Restore(backup::Restore),
    /// Move everything from SQLite to PostgreSQL: all of it or nothing. Stop the server first.
    MigrateData(backup::MigrateData),
}

#[derive(Subcommand)]
enum User {
    /// Add a member to an organization, making the account when there is none.
    Add {
        email: String,
        #[arg(long, value_name = "SLUG")]
        org: String,
        #[arg(long, value_name = "viewer|analyst|admin|sre")]
        role: String,
        /// Read the password from standard input (one line).
        #[arg(long, required = true)]
        password_stdin: bool,
    },
    /// Remove the second factor of an account that lost it, and sign it out everywhere.
    ResetSecondFactor { email: String },
    /// Forget who an account is at the sign-in provider, so that its address can be linked anew, and sign it out everywhere.
    Unlink { email: String },
    /// Say that the address of an account that an invitation's link made is the person's.
    Confirm { email: String },
}

#[derive(Subcommand)]
enum ApiKey {
    /// Make a key and print it, once and only it, on standard output.
    Create {
        #[arg(long, value_name = "SLUG")]
        org: String,
        #[arg(long)]
        name: String,
        #[arg(long, required_unless_present = "source", num_args = 1.., value_name = "SCOPE", help = help_of_scopes())]
        scope: Vec<String>,
        /// Bind it to a source that is there: what it sends is filed under that name, and it can do nothing but send.
        #[arg(long, value_name = "NAME")]
        source: Option<String>,
    },
}

fn help_of_scopes() -> String {
    let platform = PLATFORM_SCOPES.join(", ");
    format!("One of {}; all for these; of the platform: {platform}. Repeat for more", SCOPES.join(", "))
}

#[derive(Subcommand)]
enum Audit {
    /// Check that no entry was edited, removed, reordered or cut off. Exit code 1 when one was.
    Verify {
        /// One organization; all of them (and the platform's own log) by default.
        #[arg(long, value_name = "SLUG")]
        org: Option<String>,
        /// A file that --save-head wrote, or an exported JSON log: also finds a log cut together with its head.
        #[arg(long, value_name = "FILE")]
        head: Option<PathBuf>,
        /// Write the last entries' sequence and hash, to be kept elsewhere.
        #[arg(long, value_name = "FILE")]
        save_head: Option<PathBuf>,
    },
    /// Check a signed bundle offline: its signature, each entry's hash, and the chain to its end. Needs no database.
    VerifyBundle {
        file: PathBuf,
        /// The public key of the installation, got from it earlier; without it the key in the bundle is used and shown.
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
    },
}

#[derive(Subcommand)]
enum Rollup {
    /// Compute them again from what they count.
    Rebuild {
        /// One organization; all of them by default.
        #[arg(long, value_name = "SLUG")]
        org: Option<String>,
    },
    /// Compare them with what they count. Exit code 1 when they differ.
    Check {
        /// One organization; all of them by default.
        #[arg(long, value_name = "SLUG")]
        org: Option<String>,
    },
}

/// Why a command ended early.
enum Stop {
    Settings(Wrong),
    Usage(String),
    Failed(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

type Done = Result<(), Stop>;

/// The use-cases, and the connection under them to be closed at the end.
struct Open {
    services: Services,
    db: Db,
}

pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    // The database, uploads and backups are for its owner alone.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    match start(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::Settings(wrong)) => {
            eprintln!("error: the settings are wrong:\n{wrong}");
            ExitCode::from(2)
        }
        Err(Stop::Usage(text)) => {
            eprintln!("error: {text}");
            ExitCode::from(2)
        }
        Err(Stop::Failed(error)) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(cli: Cli) -> Done {
    let config = config::load(&cli.flags).map_err(Stop::Settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(dispatch(cli.command, config));
    // A reader that hangs (standard input) must not keep the process.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    done
}

async fn dispatch(command: Command, config: Config) -> Done {
    let quiet = !matches!(command, Command::Serve { check: false, .. });
    if quiet {
        crate::telemetry::start_logs("warn", config.log_format);
    }
    if matches!(command, Command::Serve { .. } | Command::Config { .. }) {
        let set = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        for name in config::strangers(set) {
            eprintln!(
                "warning: {name} is set and is no setting, so nothing follows from it; `watchroom config` lists them"
            );
        }
    }
    let command = match command {
        Command::Serve { check: true, .. } | Command::Config { check: true } => {
            return run::check(&config).await;
        }
        Command::Serve { demo, check: false } => return run::serve(config, demo).await,
        Command::Config { check: false } => {
            for (name, value) in config.table() {
                tell(&format!("{name} = {value}"))?;
            }
            return Ok(());
        }
        Command::Audit(Audit::VerifyBundle { file, key }) => {
            return audit::verify_bundle(&file, key.as_deref());
        }
        // They decide themselves what is made and migrated.
        Command::Backup(asked) => return backup::back_up(&config, asked).await,
        Command::Restore(asked) => return backup::restore(&config, asked).await,
        Command::MigrateData(asked) => return backup::migrate_data(&config, asked).await,
        other => other,
    };
    let Open { services, db } = open(&config, matches!(command, Command::Demo)).await?;
    let done = on_database(command, &config, &services).await;
    // SQLite puts the write-ahead log into the file when the last connection closes.
    db.close().await;
    done
}

async fn on_database(command: Command, config: &Config, services: &Services) -> Done {
    match command {
        Command::Serve { .. }
        | Command::Config { .. }
        | Command::Backup(_)
        | Command::Restore(_)
        | Command::MigrateData(_) => Ok(()),
        Command::Migrate => {
            eprintln!("the database is up to date");
            Ok(())
        }
        Command::Org(command) => organization::run(services, command).await,
        Command::User(User::Add { email, org, role, password_stdin: _ }) => {
            let password = password_from_stdin()?;
            let (user, existed) =
                usage(service::members::add_user(services, &email, &org, &role, &password).await)?;
            eprintln!("{} is {role} of {org}", user.email);
            if existed {
                eprintln!(
                    "the account was there already and keeps its password; the one given here was not used"
                );
            }
            Ok(())
        }
        Command::User(User::ResetSecondFactor { email }) => {
            match service::auth::factor::reset_of(services, &email).await {
                Err(service::Error::NotFound) => {
                    return Err(Stop::Failed(anyhow::anyhow!("there is no such account")));
                }
                done => usage(done)?,
            }
            eprintln!("{email} signs in with the password alone");
            Ok(())
        }
        Command::User(User::Unlink { email }) => {
            match service::auth::oidc::unlink(services, &email).await {
                Err(service::Error::NotFound) => {
                    return Err(Stop::Failed(anyhow::anyhow!("there is no such account")));
                }
                done => usage(done)?,
            }
            eprintln!("{email} is linked to nobody at the provider");
            Ok(())
        }
        Command::User(User::Confirm { email }) => {
            match service::auth::confirm_address_of(services, &email).await {
                Err(service::Error::NotFound) => {
                    return Err(Stop::Failed(anyhow::anyhow!("there is no such account")));
                }
                done => usage(done)?,
            };
            eprintln!("the address {email} is confirmed");
            Ok(())
        }
        Command::Apikey(ApiKey::Create { org, name, mut scope, source }) => {
            if scope.is_empty() {
                scope.push(SCOPE_OF_SOURCE.to_owned());
            }
            let new = NewApiKey { name, scopes: scope, expires_at: None, source };
            let (key, secret) = usage(service::api_keys::create_for_organization(services, &org, new).await)?;
            eprintln!("key {}… for {org}; it is shown this once", key.key_prefix);
            tell(&secret)?;
            Ok(())
        }
        Command::Import { org, source, format, strict, file } => {
            import::run(services, config, import::Job { org, source, format, file, strict }).await
        }
        Command::Audit(Audit::Verify { org, head, save_head }) => {
            audit::verify(services, org.as_deref(), head.as_deref(), save_head.as_deref()).await
        }
        Command::Audit(Audit::VerifyBundle { file, key }) => audit::verify_bundle(&file, key.as_deref()),
        Command::Rollup(Rollup::Rebuild { org }) => rollup::rebuild(services, org.as_deref()).await,
        Command::Rollup(Rollup::Check { org }) => rollup::check(services, org.as_deref()).await,
        Command::Drift(drift::Drift::Push(asked)) => drift::push(services, asked).await,
        Command::Demo => run::fill_demo(services).await,
    }
}

async fn connect(config: &Config) -> store::Result<Db> {
    let options =
        store::Options { connections: config.db_connections, acquire_timeout: config.db_acquire_timeout };
    Db::connect(&config.database_url, &options).await
}

/// Connects, migrates, and reads or makes the secret key.
async fn open(config: &Config, demo: bool) -> Result<Open, anyhow::Error> {
    let SecretKey(key) = config::secret_key(config)
        .map_err(|e| anyhow::anyhow!("the secret key in {}: {e}", config.data_dir.display()))?;
    let provider = config.provider().map_err(anyhow::Error::msg)?;
    let webhooks = config.webhooks().map_err(anyhow::Error::msg)?;
    let url = config::without_password(&config.database_url);
    let db = connect(config).await.map_err(|e| anyhow::anyhow!("{url}: {e}"))?;
    db.migrate().await.map_err(|e| anyhow::anyhow!("{url}: {e}"))?;
    Ok(Open {
        services: Services::new(db.clone(), Clock::System, Secrets::new(key), demo)
            .with_data_dir(&config.data_dir)
            .with_evidence_rules(config.evidence_rules())
            .with_max_upload(config.max_upload.0 as u64)
            .with_bucket(config.bucket().map_err(anyhow::Error::msg)?)
            .with_provider(provider)
            .with_webhooks(webhooks),
        db,
    })
}

/// A line on standard output. A reader that has seen enough (`| head`) is no failure.
fn tell(line: &str) -> io::Result<()> {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        told => told,
    }
}

/// What the person typed wrong is usage, the rest a failure.
fn usage<T>(result: service::Result<T>) -> Result<T, Stop> {
    result.map_err(|error| match error {
        service::Error::Invalid(invalid) => Stop::Usage(invalid.to_string()),
        service::Error::NotFound => Stop::Failed(anyhow::anyhow!(
            "there is no such organization; `watchroom org list` shows the short names"
        )),
        other => Stop::Failed(other.into()),
    })
}

/// One line, without its line end.
fn password_from_stdin() -> Result<String, Stop> {
    let mut text = String::new();
    io::stdin().take((MAX_PASSWORD * 4 + 2) as u64).read_to_string(&mut text)?;
    let line = text.lines().next().unwrap_or_default().to_owned();
    if line.is_empty() {
        Err(Stop::Usage("give the password on standard input".to_owned()))
    } else {
        Ok(line)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_contract_parses() {
        for line in [
            "serve --demo",
            "serve --check",
            "migrate",
            "org add acme",
            "org list",
            "org rename acme Acme",
            "org suspend acme",
            "org resume acme",
            "org delete acme",
            "org keep acme",
            "user reset-second-factor a@b.c",
            "user confirm a@b.c",
            "user unlink a@b.c",
            "user add a@b.c --org acme --role admin --password-stdin",
            "apikey create --org acme --name ci --scope event.write --scope event.read",
            "apikey create --org acme --name edge --source edge",
            "import --org acme --source web --format ndjson events.ndjson",
            "import --org acme -",
            "audit verify",
            "audit verify --org acme --head head.json",
            "audit verify-bundle audit.zip --key key.pem",
            "rollup rebuild",
            "rollup check --org acme",
            "demo",
            "backup b.zip --with-secret-key",
            "restore b.zip --replace",
            "restore b.zip --check",
            "migrate-data --to postgres://db/w",
            "serve --addr 127.0.0.1:0 --database-url sqlite://x.db --data-dir d",
            "--data-dir d migrate",
        ] {
            assert!(Cli::try_parse_from(["watchroom"].into_iter().chain(line.split(' '))).is_ok(), "{line}");
        }
        assert!(Cli::try_parse_from(["watchroom", "apikey", "create", "--org", "a", "--name", "b"]).is_err());
    }
}
