//! The database as a whole on the command line: backup, restore, and the move from SQLite to PostgreSQL.

use std::path::Path;
use std::process::{Output, Stdio};

use domain::audit::AuditFilter;
use service::secrets::Secrets;
use service::{Clock, Services, moving};
use store::{Db, Options};
use testkit::TestDb;

use crate::app::TestApp;
use crate::command_line::{Server, expect, run, watchroom};

/// With the environment of a database of PostgreSQL.
fn on(url: &str, folder: &Path, line: &str) -> Output {
    let command = &mut watchroom(folder);
    command.args(line.split(' ')).env("WATCHROOM_DATABASE_URL", url).stdin(Stdio::null());
    command.output().unwrap()
}

#[test]
fn a_backup_is_made_while_the_server_runs_and_restored_when_it_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (_, err) = expect(&run(folder, "backup b.zip", ""), 1);
    assert!(err.contains("there is no database at"), "{err}");
    assert!(!folder.join("data").exists(), "a backup makes nothing but itself");
    expect(&run(folder, "org add acme", ""), 0);
    let server = Server::start(folder, &[]);
    let (out, err) = expect(&run(folder, "backup b.zip", ""), 0);
    assert!(out == "b.zip\n" && err.contains("the secret key is not in it"), "{out}{err}");
    let (_, err) = expect(&run(folder, "backup b.zip", ""), 1);
    assert!(err.contains("there already"), "{err}");
    expect(&run(folder, "org add later", ""), 0);
    let (_, err) = expect(&run(folder, "restore b.zip --replace", ""), 1);
    assert!(err.contains("stop it first"), "{err}");
    server.stop();
    let (_, err) = expect(&run(folder, "restore b.zip", ""), 1);
    assert!(err.contains("--replace"), "{err}");
    let (out, _) = expect(&run(folder, "restore b.zip --check", ""), 0);
    assert_eq!(out, "every hash is right\n");
    let (out, err) = expect(&run(folder, "restore b.zip --replace", ""), 0);
    assert!(out.contains("acme: 1 entries, unbroken") && err.contains("kept as"), "{out}{err}");
    let (out, _) = expect(&run(folder, "org list", ""), 0);
    assert!(out.starts_with("acme\t") && !out.contains("later"), "{out}");
    expect(&run(folder, "audit verify", ""), 0);
    expect(&run(folder, "restore nowhere.zip --check", ""), 1);
    expect(&run(folder, "restore b.zip --check --replace", ""), 2);
}

#[tokio::test]
async fn postgres_is_backed_up_by_its_own_programs_and_their_absence_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let url =
        testkit::bare_postgres().await.replacen("postgres://watchroom@", "postgres://watchroom:hush@", 1);
    expect(&on(&url, folder, "org add acme"), 0);
    std::fs::create_dir(folder.join("old")).unwrap();
    let (_, err) = expect(&on(&url, folder, "backup b.zip --pg-programs old"), 1);
    assert!(err.contains("there is no pg_dump in old"), "{err}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let program = folder.join("old/pg_dump");
        std::fs::write(&program, "#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n").unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let old = folder.join("old").display().to_string();
        let (_, err) = expect(&on(&url, folder, &format!("backup b.zip --pg-programs {old}")), 1);
        assert!(err.contains("pg_dump 9 is older than the server") && !err.contains("hush"), "{err}");
    }
    assert!(!folder.join("b.zip").exists());
    let (out, _) = expect(&on(&url, folder, "backup b.zip --with-secret-key"), 0);
    assert_eq!(out, "b.zip\n");
    expect(&on(&url, folder, "org add later"), 0);
    expect(&on(&url, folder, "restore b.zip"), 1);
    let (out, _) = expect(&on(&url, folder, "restore b.zip --replace"), 0);
    assert!(out.contains("acme: 1 entries, unbroken"), "{out}");
    let (out, _) = expect(&on(&url, folder, "org list"), 0);
    assert!(out.contains("acme\t") && !out.contains("later"), "{out}");
}

#[tokio::test]
async fn the_command_moves_everything_and_says_how_much() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    expect(&run(folder, "org add acme", ""), 0);
    let to = testkit::bare_postgres().await;
    let (out, err) = expect(&run(folder, &format!("migrate-data --to {to}"), ""), 0);
    assert!(out.contains("organizations\t2\n") && err.contains("acme: 1 audit entries"), "{out}{err}");
    let (out, _) = expect(&on(&to, folder, "audit verify"), 0);
    assert_eq!(out.lines().count(), 2);
    let (_, err) = expect(&run(folder, &format!("migrate-data --to {to}"), ""), 1);
    assert!(err.contains("give it an empty one"), "{err}");
    expect(&run(folder, "migrate-data", ""), 2);
}

/// What a page or list says, without what is new in every answer.
async fn told(app: &TestApp, cookie: &str, path: &str) -> String {
    let answer = app.get(path).cookie(cookie).send().await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    let mut parts = answer.text.split("nonce=\"");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(part.split_once('"').map_or(part, |(_, rest)| rest));
    }
    text
}

#[tokio::test]
async fn the_demo_moved_to_postgres_answers_the_same() {
    let sqlite = testkit::sqlite().await;
    let secrets = || Secrets::new([7; 32]);
    let services = Services::new(sqlite.db.clone(), Clock::System, secrets(), true);
    assert!(service::demo::fill(&services, |_| ()).await.unwrap());
    let to = testkit::bare_postgres().await;
    let moved = moving::migrate(&sqlite.url, &to, &Clock::System, &mut |_, _| ()).await.unwrap();
    assert!(moved.contents.rows["events"] > 1000 && moved.logs.iter().all(|log| log.breaks == 0));
    let db = Db::connect(&to, &Options { connections: 4, ..Options::default() }).await.unwrap();
    let copy = TestApp::new(TestDb { db, url: to, folder: sqlite.folder.clone() });
    let here = TestApp::new(sqlite);
    let keys = (here.key("acme", &["all"]).await, copy.key("acme", &["all"]).await);
    for path in [
        "/api/v1/events?limit=200",
        "/api/v1/events?limit=200&q=failed",
        "/api/v1/events?limit=200&q=severity>=high",
        "/api/v1/groups?limit=200",
        "/api/v1/sources",
        "/api/v1/cases",
        "/api/v1/views",
    ] {
        let path = path.replace(">=", "%3E%3D");
        let answers = (
            here.get(&path).bearer(&keys.0).send().await.json(),
            copy.get(&path).bearer(&keys.1).send().await.json(),
        );
        assert_eq!(answers.0, answers.1, "{path}");
    }
    let filter = AuditFilter::default();
    let log = async |app: &TestApp| {
        let acme = service::organizations::by_slug(&app.services, "acme").await.unwrap();
        let cx = app.services.admit(&service::Actor::system("test", acme.id)).unwrap();
        let mut found = service::audit::list(&cx, &filter, 1000, None).await.unwrap().items;
        found.retain(|entry| entry.action != "API_KEY_CREATED");
        found
    };
    assert_eq!(log(&here).await, log(&copy).await);
    let password = service::demo::credentials()[0].password;
    let cookies = (
        here.sign_in_with("ada@acme.example", password).await,
        copy.sign_in_with("ada@acme.example", password).await,
    );
    for path in ["groups?status=all", "sources", "cases", "settings/general", "settings/environments"] {
        let path = format!("/o/acme/{path}");
        // A minute may end between the two.
        let mut pages = (String::new(), String::from("x"));
        for _ in 0..3 {
            pages = (told(&here, &cookies.0, &path).await, told(&copy, &cookies.1, &path).await);
            if pages.0 == pages.1 {
                break;
            }
        }
        assert!(pages.0 == pages.1, "{path} differs: {}", difference(&pages.0, &pages.1));
    }
}

/// Where two texts part.
fn difference(a: &str, b: &str) -> String {
    let at = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    let around = |text: &str| text.chars().skip(at.saturating_sub(80)).take(200).collect::<String>();
    format!("\n{}\n--\n{}", around(a), around(b))
}
