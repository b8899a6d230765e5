//! The settings: defaults < TOML file < `WATCHROOM_*` < flags, one table for all of them.
//!
//! To add a setting: one line in `settings!`. Flag, variable, TOML key, `config --check` and `--help` follow from it
//! (docs/OPERATIONS.md lists them for people).

mod outgoing;
mod secret;
pub mod values;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use domain::suggest::nearest;
use figment::providers::{Format, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};

use outgoing::{host, is_bucket, is_this_machine};
pub use secret::{SecretKey, existing_secret_key, secret_key};
use values::{Cidr, LogFormat, SecureCookies, Setting, Size};

macro_rules! settings {
    ($($(#[doc = $doc:literal])* $name:ident: $type:ty = $default:literal;)*) => {
        /// Every setting with its effective value.
        #[derive(Clone)]
        pub struct Config { $($(#[doc = $doc])* pub $name: $type,)* }

        /// The same settings as flags of every subcommand.
        #[derive(Clone, Debug, Default, clap::Args)]
        pub struct Flags {
            /// TOML file with settings; else `watchroom.toml` when there is one [env: WATCHROOM_CONFIG].
            #[arg(long, global = true, value_name = "FILE")]
            pub config: Option<PathBuf>,
            $($(#[doc = $doc])* #[arg(long, global = true, value_name = "VALUE", hide_short_help = true)] pub $name: Option<String>,)*
        }

        /// Name and default of each setting, in the order of the documentation.
        pub const SETTINGS: &[(&str, &str)] = &[$((stringify!($name), $default)),*];

        impl Flags {
            fn given(&self) -> Vec<(&'static str, String)> {
                [$((stringify!($name), self.$name.clone())),*].into_iter().filter_map(|(k, v)| v.map(|v| (k, v))).collect()
            }
        }
        impl Config {
            /// What cannot be read is told and has its default, so that the rest is checked all the same.
            fn read(figment: &Figment, wrong: &mut Wrongs) -> Option<Self> {
                $(let $name = pick::<$type>(figment, stringify!($name), $default, wrong);)*
                Some(Self { $($name: $name?),* })
            }
            fn shown(&self) -> Vec<(&'static str, String)> {
                vec![$((stringify!($name), Setting::show(&self.$name))),*]
            }
        }
    };
}

settings! {
    /// sqlite://PATH or postgres://USER:PASSWORD@HOST/DATABASE; the SQLite default lies in the data folder.
    database_url: String = "sqlite://data/watchroom.db";
    /// Address and port to listen on.
    addr: SocketAddr = "127.0.0.1:3000";
    /// Folder of the database, the secret key, uploads, evidence and import states.
    data_dir: PathBuf = "data";
    /// 32 bytes as hex or base64; made in DATA_DIR/secret.key when absent. Encrypts secrets at rest and signs.
    secret_key: String = "";
    /// The address people type, such as https://watchroom.example; https turns on secure cookies and HSTS.
    public_url: String = "";
    /// What to log, e.g. info or warn,server=debug.
    log: String = "info";
    /// text or json.
    log_format: LogFormat = "text";
    /// Networks whose X-Forwarded-For and X-Forwarded-Proto are believed, e.g. 10.0.0.0/8,127.0.0.1.
    trusted_proxies: Vec<Cidr> = "";
    /// auto, always or never; auto follows public_url.
    secure_cookies: SecureCookies = "auto";
    /// A session ends after this time without a request.
    session_idle: Duration = "12h";
    /// A session ends after this time in any case.
    session_absolute: Duration = "7d";
    /// Database connections that read at the same time (PostgreSQL: the whole pool).
    db_connections: u32 = "8";
    /// How long a request waits for a connection before 503.
    db_acquire_timeout: Duration = "5s";
    /// Largest body of a form or server function.
    max_body: Size = "1 MiB";
    /// Largest body of POST /api/v1/events as it arrives, compressed or not.
    max_ingest_body: Size = "16 MiB";
    /// Largest body of POST /api/v1/events after decompression.
    max_ingest_decoded: Size = "32 MiB";
    /// Largest file uploaded in the browser.
    max_upload: Size = "200 MiB";
    /// Largest file of evidence.
    max_evidence: Size = "100 MiB";
    /// Media types that are refused as evidence, as declared or by their first bytes, e.g. text/html,image/*.
    blocked_evidence: Vec<String> = "";
    /// Keep evidence in this S3-compatible bucket instead of the data folder.
    evidence_bucket: String = "";
    /// The region that the bucket is in.
    evidence_region: String = "us-east-1";
    /// Where the bucket is, such as https://s3.example:9000; else Amazon's address of the region.
    evidence_endpoint: String = "";
    /// The key that may read, write, list and delete in the bucket.
    evidence_key_id: String = "";
    /// The secret that goes with it.
    evidence_secret: String = "";
    /// Batches that are parsed at the same time.
    ingest_concurrency: u32 = "2";
    /// Batches that may wait besides, to be parsed or stored, before 503.
    ingest_queue: u32 = "32";
    /// Requests a second from one address, on average.
    rate_address: u32 = "300";
    /// Requests from one address at once, before the average holds.
    rate_address_burst: u32 = "1500";
    /// Requests a second with one API key, on average.
    rate_key: u32 = "300";
    /// Requests with one API key at once, before the average holds.
    rate_key_burst: u32 = "1500";
    /// Sign-in attempts a minute from one address.
    rate_sign_in: u32 = "30";
    /// Connections at the same time; more wait in the listen queue.
    max_connections: u32 = "4096";
    /// Requests worked on at the same time; more are answered 503.
    max_requests: u32 = "1024";
    /// A request that takes longer is answered 503.
    request_timeout: Duration = "30s";
    /// The head of a request has to arrive within this time.
    header_timeout: Duration = "10s";
    /// How long accepted work may take after SIGTERM.
    shutdown_timeout: Duration = "10s";
    /// Sign-in by a provider (OpenID Connect): its address, as its own discovery document names it.
    oidc_issuer: String = "";
    /// What the provider knows this Watchroom by.
    oidc_client_id: String = "";
    /// The secret that goes with it; without one, PKCE alone.
    oidc_client_secret: String = "";
    /// What is asked for besides openid.
    oidc_scopes: Vec<String> = "email,profile";
    /// The claim that lists a person's groups.
    oidc_group_claim: String = "groups";
    /// The name on the button; else the provider's host.
    oidc_name: String = "";
    /// Networks that webhooks may reach although they are not public, e.g. 10.1.0.0/16.
    webhook_networks: Vec<Cidr> = "";
    /// Whether webhooks may go by http, without TLS.
    webhook_http: bool = "false";
    /// PEM file of the authorities that requests of this server trust, in place of Mozilla's list.
    trusted_authorities: String = "";
    /// Serve /metrics to everyone; otherwise to loopback only.
    metrics_public: bool = "false";
}

/// One thing that is wrong, where it stands, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The key as it was written there: `addr`, `WATCHROOM_ADDR` or `--addr`.
    pub key: String,
    /// File, `environment` or `command line`.
    pub origin: String,
    pub reason: String,
}

/// Everything that is wrong with the settings.
#[derive(Debug, thiserror::Error)]
pub struct Wrong(pub Vec<Complaint>);

/// Reads and checks all settings of this process.
pub fn load(flags: &Flags) -> Result<Config, Wrong> {
    load_from(
        flags,
        std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))),
    )
}

/// As [`load`], with the environment passed in.
pub fn load_from(
    flags: &Flags,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Config, Wrong> {
    let environment: BTreeMap<String, String> = environment.filter(|(k, _)| k.starts_with(PREFIX)).collect();
    let mut wrong = Wrongs::default();
    let figment = figment(flags, &environment, &mut wrong.told);
    let config = Config::read(&figment, &mut wrong).map(|mut config| {
        if origin(&figment, "database_url") == DEFAULT {
            config.database_url = format!("sqlite://{}/watchroom.db", config.data_dir.display());
        }
        config.check(&figment, &mut wrong);
        config
    });
    match config {
        Some(config) if wrong.told.is_empty() => Ok(config),
        _ => Err(Wrong(wrong.told)),
    }
}

/// The variables of our prefix that are no setting, so that a misremembered name is not ignored without a word. Those of the project's own
/// scripts and tests, and of the command line, are none of a server's business.
pub fn strangers(names: impl Iterator<Item = String>) -> Vec<String> {
    const SCRIPTS: [&str; 10] = [
        "config",
        "key",
        "migrate_to",
        "target",
        "toolchain",
        "tools",
        "chosen",
        "shared",
        "bench_python",
        "oidc_mock",
    ];
    // The last are what Kubernetes sets beside a Service that is called watchroom.
    const PARTS: [&str; 5] = ["test_", "e2e_", "postgres_", "service_", "port_"];
    let is_strange = |variable: &String| {
        let Some(name) = variable.strip_prefix(PREFIX).map(str::to_ascii_lowercase) else { return false };
        !SETTINGS.iter().any(|(known, _)| *known == name)
            && !SCRIPTS.contains(&name.as_str())
            && name != "port"
            && !PARTS.iter().any(|own| name.starts_with(own))
    };
    let mut found: Vec<String> = names.filter(is_strange).collect();
    found.sort();
    found
}

impl Config {
    /// The defaults alone, for tests.
    pub fn defaults() -> Result<Self, Wrong> {
        load_from(&Flags::default(), std::iter::empty())
    }
    /// People reach the server over https.
    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
    pub fn cookies_are_secure(&self) -> bool {
        match self.secure_cookies {
            SecureCookies::Always => true,
            SecureCookies::Never => false,
            SecureCookies::Auto => self.is_https(),
        }
    }
    /// What is taken as evidence.
    pub fn evidence_rules(&self) -> service::evidence::Rules {
        service::evidence::Rules {
            max_bytes: self.max_evidence.0 as u64,
            blocked: self.blocked_evidence.clone(),
        }
    }
    /// Every effective value as text, secrets hidden.
    pub fn table(&self) -> Vec<(&'static str, String)> {
        let mut rows = self.shown();
        for (name, value) in &mut rows {
            match *name {
                "secret_key" | "oidc_client_secret" | "evidence_secret" if !value.is_empty() => {
                    "(hidden)".clone_into(value);
                }
                "database_url" => *value = without_password(value),
                _ => {}
            }
        }
        rows
    }
    /// One complaint a setting; none that compares it with another one that is wrong itself.
    fn check(&self, figment: &Figment, wrong: &mut Wrongs) {
        let mut require = |ok: bool, keys: &[&'static str], reason: &str| {
            if !ok && !keys.iter().any(|key| wrong.keys.contains(key)) {
                wrong.add(figment, keys[0], reason.to_owned());
            }
        };
        let url = &self.database_url;
        require(
            ["sqlite:", "postgres://", "postgresql://"].iter().any(|s| url.starts_with(s)),
            &["database_url"],
            "start it with sqlite:// or postgres://",
        );
        let public = &self.public_url;
        require(
            public.is_empty() || public.starts_with("https://") || public.starts_with("http://"),
            &["public_url"],
            "start it with https:// or http://",
        );
        let (_, rest) = public.split_once("://").unwrap_or_default();
        let site = rest.strip_suffix('/').unwrap_or(rest);
        require(
            public.is_empty() || (!site.is_empty() && !site.contains(['/', '?', '#', '@', ' '])),
            &["public_url"],
            "give scheme and host, and a port where it is not the usual one: https://watchroom.example",
        );
        let issuer = &self.oidc_issuer;
        require(
            issuer.is_empty()
                || issuer.starts_with("https://")
                || (issuer.starts_with("http://") && is_this_machine(host(issuer))),
            &["oidc_issuer"],
            "start it with https://; http:// is for a provider on this machine",
        );
        require(
            issuer.is_empty() || !self.oidc_client_id.is_empty(),
            &["oidc_client_id", "oidc_issuer"],
            "give it with oidc_issuer: the name that the provider knows this Watchroom by",
        );
        require(
            issuer.is_empty() || !public.is_empty(),
            &["public_url", "oidc_issuer"],
            "give it with oidc_issuer: people come back from the provider to it",
        );
        let endpoint = &self.evidence_endpoint;
        require(
            endpoint.is_empty()
                || endpoint.starts_with("https://")
                || (endpoint.starts_with("http://") && is_this_machine(host(endpoint))),
            &["evidence_endpoint"],
            "start it with https://; http:// is for a store on this machine",
        );
        let bucket = &self.evidence_bucket;
        require(
            bucket.is_empty() || is_bucket(bucket),
            &["evidence_bucket"],
            "give the name alone: 3 to 63 small letters, digits, dots and hyphens; where it is says evidence_endpoint",
        );
        for (key, value) in
            [("evidence_key_id", &self.evidence_key_id), ("evidence_secret", &self.evidence_secret)]
        {
            require(
                bucket.is_empty() || !value.is_empty(),
                &[key, "evidence_bucket"],
                "give it with evidence_bucket: both halves of the key that may use the bucket",
            );
        }
        require(
            bucket.is_empty() || self.max_evidence.0 as u64 <= MOST_COPIED,
            &["max_evidence", "evidence_bucket"],
            "at most 5 GiB in a bucket, which copies no larger file in one request",
        );
        require(
            bucket.is_empty() || !self.evidence_region.is_empty(),
            &["evidence_region", "evidence_bucket"],
            "give the region of the bucket; stores that know none take us-east-1",
        );
        for (key, value) in [
            ("evidence_endpoint", endpoint),
            ("evidence_key_id", &self.evidence_key_id),
            ("evidence_secret", &self.evidence_secret),
        ] {
            require(
                value.is_empty() || !bucket.is_empty(),
                &["evidence_bucket", key],
                "give it too: without a bucket evidence stays in the data folder",
            );
        }
        require(
            self.log.parse::<tracing_subscriber::EnvFilter>().is_ok(),
            &["log"],
            "not a filter; try info or warn,server=debug",
        );
        require(
            self.secret_key.is_empty() || SecretKey::parse(&self.secret_key).is_some(),
            &["secret_key"],
            "give 32 bytes as 64 hex digits or as base64",
        );
        let most = service::auth::IDLE.unsigned_abs();
        require(self.session_idle.as_secs() <= most, &["session_idle"], "at most 12h");
        let most = service::auth::ABSOLUTE.unsigned_abs();
        require(self.session_absolute.as_secs() <= most, &["session_absolute"], "at most 7d");
        require(
            self.session_idle <= self.session_absolute,
            &["session_idle", "session_absolute"],
            "not longer than session_absolute",
        );
        // Room is made for each before the first is used.
        for (key, value, most) in [
            ("db_connections", self.db_connections, 1000),
            ("ingest_concurrency", self.ingest_concurrency, 1000),
            ("ingest_queue", self.ingest_queue, 100_000),
            ("max_connections", self.max_connections, 1_000_000),
            ("max_requests", self.max_requests, 1_000_000),
        ] {
            require(value <= most, &[key], &format!("at most {most}"));
        }
        require(self.max_upload.0 as u64 <= service::uploads::MAX_FILE, &["max_upload"], "at most 200 MiB");
        require(
            self.max_ingest_decoded.0 >= self.max_ingest_body.0,
            &["max_ingest_decoded", "max_ingest_body"],
            "not smaller than max_ingest_body",
        );
    }
}

/// What is wrong so far.
#[derive(Default)]
struct Wrongs {
    told: Vec<Complaint>,
    /// Settings that have a complaint.
    keys: Vec<&'static str>,
}

impl Wrongs {
    fn add(&mut self, figment: &Figment, key: &'static str, reason: String) {
        self.told.push(complaint(figment, key, reason));
        self.keys.push(key);
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.table()).finish()
    }
}
impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.key, self.origin, self.reason)
    }
}
impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, complaint) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{complaint}")?;
        }
        Ok(())
    }
}

/// Bytes that S3 copies at once.
const MOST_COPIED: u64 = 5 * 1024 * 1024 * 1024;
const PREFIX: &str = "WATCHROOM_";
const DEFAULT: &str = "default";
const ENVIRONMENT: &str = "environment";
const COMMAND_LINE: &str = "command line";

/// Values as plain text under one name. Figment's own `Env` guesses types, and a secret of digits would become a number.
struct Texts(&'static str, Vec<(&'static str, String)>);

impl Provider for Texts {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.0)
    }
    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let dict = self.1.iter().map(|(k, v)| ((*k).to_owned(), Value::from(v.as_str()))).collect::<Dict>();
        Ok(Profile::Default.collect(dict))
    }
}

fn figment(flags: &Flags, environment: &BTreeMap<String, String>, wrong: &mut Vec<Complaint>) -> Figment {
    let defaults = SETTINGS.iter().map(|(k, v)| (*k, (*v).to_owned())).collect();
    let mut figment = Figment::from(Texts(DEFAULT, defaults));
    let asked = flags.config.clone().or_else(|| environment.get("WATCHROOM_CONFIG").map(PathBuf::from));
    let file = match asked {
        Some(file) if !file.is_file() => {
            wrong.push(Complaint {
                key: "config".to_owned(),
                origin: file.display().to_string(),
                reason: "there is no such file".to_owned(),
            });
            None
        }
        Some(file) => Some(file),
        None => Some(PathBuf::from("watchroom.toml")).filter(|f| f.is_file()),
    };
    if let Some(file) = file {
        figment = with_file(figment, &file, wrong);
    }
    let mut texts = Vec::new();
    for (key, value) in environment {
        let name = key[PREFIX.len()..].to_ascii_lowercase();
        match SETTINGS.iter().find(|(k, _)| *k == name) {
            Some((k, _)) => texts.push((*k, value.clone())),
            // Other tools may use the prefix; a near miss is surely meant for us.
            None => {
                if let Some(near) = nearest(&name, names()).filter(|_| name != "config") {
                    let reason = format!("unknown; did you mean {PREFIX}{}?", near.to_ascii_uppercase());
                    wrong.push(Complaint { key: key.clone(), origin: ENVIRONMENT.to_owned(), reason });
                }
            }
        }
    }
    figment.merge(Texts(ENVIRONMENT, texts)).merge(Texts(COMMAND_LINE, flags.given()))
}

fn names() -> impl Iterator<Item = &'static str> {
    SETTINGS.iter().map(|(name, _)| *name)
}

fn with_file(figment: Figment, file: &Path, wrong: &mut Vec<Complaint>) -> Figment {
    let origin = file.display().to_string();
    match Toml::file_exact(file).data() {
        Ok(data) => {
            for key in
                data.values().flat_map(|d| d.keys()).filter(|k| !SETTINGS.iter().any(|(name, _)| name == k))
            {
                let hint = nearest(key, names())
                    .map_or_else(|| "see docs/OPERATIONS.md".to_owned(), |n| format!("did you mean {n}?"));
                wrong.push(Complaint {
                    key: key.clone(),
                    origin: origin.clone(),
                    reason: format!("unknown; {hint}"),
                });
            }
            figment.merge(Toml::file_exact(file))
        }
        Err(error) => {
            wrong.push(Complaint {
                key: "config".to_owned(),
                origin,
                reason: error.to_string().trim().replace('\n', " "),
            });
            figment
        }
    }
}

fn pick<T: Setting>(figment: &Figment, key: &'static str, default: &str, wrong: &mut Wrongs) -> Option<T> {
    match figment.find_value(key).map_err(|e| e.to_string()).and_then(|value| T::read(&value)) {
        Ok(value) => Some(value),
        Err(reason) => {
            wrong.add(figment, key, reason);
            T::read(&Value::from(default)).ok()
        }
    }
}

fn complaint(figment: &Figment, key: &str, reason: String) -> Complaint {
    let origin = origin(figment, key);
    let key = match origin.as_str() {
        ENVIRONMENT => format!("{PREFIX}{}", key.to_ascii_uppercase()),
        COMMAND_LINE => format!("--{}", key.replace('_', "-")),
        _ => key.to_owned(),
    };
    Complaint { key, origin, reason }
}

fn origin(figment: &Figment, key: &str) -> String {
    match figment.find_metadata(key) {
        Some(metadata) => {
            metadata.source.as_ref().map_or_else(|| metadata.name.to_string(), ToString::to_string)
        }
        None => DEFAULT.to_owned(),
    }
}

/// `postgres://user:secret@host/db` with the secret hidden.
pub fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    match rest.rsplit_once('@') {
        Some((user, host)) => format!("{scheme}://{}:***@{host}", user.split(':').next().unwrap_or_default()),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests;
