//! What is read from where, and what is said of what is wrong.

use super::*;

fn environment(pairs: &[(&str, &str)]) -> impl Iterator<Item = (String, String)> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<Vec<_>>().into_iter()
}

#[test]
fn a_variable_that_is_no_setting_is_named_unless_it_is_of_the_scripts() {
    let names = [
        "WATCHROOM_LISTEN",
        "WATCHROOM_ADDR",
        "WATCHROOM_E2E_URL",
        "WATCHROOM_TOOLCHAIN",
        "PATH",
        "WATCHROOM_AIR",
    ];
    assert_eq!(strangers(names.into_iter().map(str::to_owned)), ["WATCHROOM_AIR", "WATCHROOM_LISTEN"]);
}

#[test]
fn the_defaults_are_the_contract() {
    let config = Config::defaults().unwrap();
    assert_eq!(config.database_url, "sqlite://data/watchroom.db");
    assert_eq!(config.addr.to_string(), "127.0.0.1:3000");
    assert_eq!(config.data_dir, Path::new("data"));
    assert!(!config.cookies_are_secure());
}

#[test]
fn flags_win_over_the_environment_over_the_file_over_the_defaults() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(
        file.path(),
        "addr = '127.0.0.1:1'\nlog = 'warn'\nmax_body = 2048\ntrusted_proxies = ['10.0.0.0/8']",
    )
    .unwrap();
    let flags = Flags {
        config: Some(file.path().to_owned()),
        addr: Some("127.0.0.1:3".to_owned()),
        ..Flags::default()
    };
    let config = load_from(
        &flags,
        environment(&[("WATCHROOM_ADDR", "127.0.0.1:2"), ("WATCHROOM_DATA_DIR", "/srv/w")]),
    )
    .unwrap();
    assert_eq!(config.addr.port(), 3);
    assert_eq!(config.log, "warn");
    assert_eq!(config.max_body, Size(2048));
    assert_eq!(config.trusted_proxies.len(), 1);
    assert_eq!(
        config.database_url, "sqlite:///srv/w/watchroom.db",
        "the default database follows the data folder"
    );
}

#[test]
fn everything_wrong_is_said_at_once_with_its_origin() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "adr = '127.0.0.1:1'\nmax_body = 'lots'\n[foo]\na = 1").unwrap();
    let flags = Flags {
        config: Some(file.path().to_owned()),
        session_idle: Some("soon".to_owned()),
        ..Flags::default()
    };
    let wrong = load_from(
        &flags,
        environment(&[("WATCHROOM_ADDR", "here"), ("WATCHROOM_LOGS", "info"), ("WATCHROOM_UNRELATED", "x")]),
    );
    let text = wrong.unwrap_err().to_string().replace(&file.path().display().to_string(), "FILE");
    assert_eq!(
        text,
        "adr (FILE): unknown; did you mean addr?\n\
         foo (FILE): unknown; see docs/OPERATIONS.md\n\
         WATCHROOM_LOGS (environment): unknown; did you mean WATCHROOM_LOG?\n\
         WATCHROOM_ADDR (environment): give an address and a port, such as 127.0.0.1:3000 or [::1]:3000\n\
         --session-idle (command line): give a time, such as 30s, 5m, 12h or 7d\n\
         max_body (FILE): give a size, such as 65536, 512 KiB or 10 MiB"
    );
}

#[test]
fn secrets_are_never_shown() {
    let secret = "00".repeat(32);
    let pairs =
        [("WATCHROOM_SECRET_KEY", secret.as_str()), ("WATCHROOM_DATABASE_URL", "postgres://me:hush@db/w")];
    let shown = format!("{:?}", load_from(&Flags::default(), environment(&pairs)).unwrap());
    assert!(!shown.contains("hush") && !shown.contains(&secret), "{shown}");
}

#[test]
fn values_that_contradict_each_other_are_refused() {
    let wrong = load_from(
        &Flags::default(),
        environment(&[("WATCHROOM_SESSION_IDLE", "30d"), ("WATCHROOM_DATABASE_URL", "mysql://x")]),
    );
    let keys: Vec<String> = wrong.unwrap_err().0.into_iter().map(|c| c.key).collect();
    assert_eq!(keys, ["WATCHROOM_DATABASE_URL", "WATCHROOM_SESSION_IDLE"]);
}

#[test]
fn what_cannot_be_read_hides_nothing_else_that_is_wrong() {
    let wrong = load_from(
        &Flags::default(),
        environment(&[
            ("WATCHROOM_ADDR", "here"),
            ("WATCHROOM_DATABASE_URL", "mysql://x"),
            ("WATCHROOM_DB_CONNECTIONS", "4294967295"),
            ("WATCHROOM_MAX_INGEST_BODY", "lots"),
            ("WATCHROOM_MAX_INGEST_DECODED", "1"),
            ("WATCHROOM_PUBLIC_URL", "example.org"),
            ("WATCHROOM_SECRET_KEY", "abc"),
            ("WATCHROOM_SESSION_ABSOLUTE", "1m"),
            ("WATCHROOM_SESSION_IDLE", "99999999999999d"),
        ]),
    );
    assert_eq!(
        wrong.unwrap_err().to_string(),
        "WATCHROOM_ADDR (environment): give an address and a port, such as 127.0.0.1:3000 or [::1]:3000\n\
         WATCHROOM_MAX_INGEST_BODY (environment): give a size, such as 65536, 512 KiB or 10 MiB\n\
         WATCHROOM_DATABASE_URL (environment): start it with sqlite:// or postgres://\n\
         WATCHROOM_PUBLIC_URL (environment): start it with https:// or http://\n\
         WATCHROOM_SECRET_KEY (environment): give 32 bytes as 64 hex digits or as base64\n\
         WATCHROOM_SESSION_IDLE (environment): at most 12h\n\
         WATCHROOM_DB_CONNECTIONS (environment): at most 1000",
        "one line for each; the two sizes and times are not compared while one of them is wrong"
    );
}

#[test]
fn a_bucket_is_wanted_whole_and_its_secret_is_never_shown() {
    let wrong = load_from(
        &Flags::default(),
        environment(&[
            ("WATCHROOM_EVIDENCE_BUCKET", "s3://Evidence"),
            ("WATCHROOM_EVIDENCE_ENDPOINT", "http://s3.example"),
            ("WATCHROOM_EVIDENCE_KEY_ID", "AK"),
        ]),
    );
    assert_eq!(
        wrong.unwrap_err().to_string(),
        "WATCHROOM_EVIDENCE_ENDPOINT (environment): start it with https://; http:// is for a store on this machine\n\
         WATCHROOM_EVIDENCE_BUCKET (environment): give the name alone: 3 to 63 small letters, digits, dots and hyphens; where it is says evidence_endpoint"
    );
    let wrong = load_from(
        &Flags::default(),
        environment(&[("WATCHROOM_EVIDENCE_BUCKET", "evidence"), ("WATCHROOM_EVIDENCE_KEY_ID", "AK")]),
    );
    assert_eq!(
        wrong.unwrap_err().to_string(),
        "evidence_secret (default): give it with evidence_bucket: both halves of the key that may use the bucket"
    );
    let wrong = load_from(&Flags::default(), environment(&[("WATCHROOM_EVIDENCE_KEY_ID", "AK")]));
    assert_eq!(
        wrong.unwrap_err().to_string(),
        "evidence_bucket (default): give it too: without a bucket evidence stays in the data folder"
    );
    let config = load_from(
        &Flags::default(),
        environment(&[
            ("WATCHROOM_EVIDENCE_BUCKET", "evidence"),
            ("WATCHROOM_EVIDENCE_ENDPOINT", "http://127.0.0.1:9000"),
            ("WATCHROOM_EVIDENCE_KEY_ID", "AK"),
            ("WATCHROOM_EVIDENCE_SECRET", "hush"),
        ]),
    )
    .unwrap();
    assert!(config.bucket().unwrap().is_some() && !format!("{config:?}").contains("hush"));
    assert!(Config::defaults().unwrap().bucket().unwrap().is_none());
}

#[test]
fn the_address_that_people_type_is_a_scheme_and_a_host() {
    let read = |url: &str| load_from(&Flags::default(), environment(&[("WATCHROOM_PUBLIC_URL", url)]));
    for url in ["https://watchroom.example", "https://watchroom.example:8443/", "http://10.0.0.7"] {
        assert!(read(url).is_ok(), "{url}");
    }
    for url in [
        "https://",
        "https://a b",
        "https://ada:x@a.example",
        "https://a.example/path",
        "https://a.example?x",
    ] {
        let wrong = read(url).unwrap_err().to_string();
        assert!(wrong.contains("give scheme and host"), "{url}: {wrong}");
    }
}
