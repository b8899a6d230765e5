//! The binary itself: exit codes, what it prints, that it starts and stops as promised.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

pub fn watchroom(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_watchroom"));
    for (name, _) in std::env::vars_os().filter(|(n, _)| n.to_string_lossy().starts_with("WATCHROOM_")) {
        command.env_remove(name);
    }
    command.current_dir(folder).env("WATCHROOM_DATA_DIR", folder.join("data"));
    command
}

pub fn run(folder: &Path, line: &str, input: &str) -> Output {
    let mut child = watchroom(folder)
        .args(line.split(' '))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // One that does not read its input may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

#[track_caller]
pub fn expect(output: &Output, code: i32) -> (String, String) {
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    );
    assert_eq!(output.status.code(), Some(code), "{out}\n{err}");
    (out, err)
}

pub struct Server {
    child: Child,
    address: String,
}

impl Server {
    pub fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = watchroom(folder)
            .args(["serve", "--addr", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").expect("the one line").to_owned();
        Self { child, address }
    }
    pub fn ask(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
    pub fn address(&self) -> &str {
        &self.address
    }
    pub fn stop(self) -> (Option<i32>, Duration) {
        self.tell_to_end();
        self.ended()
    }
    pub fn tell_to_end(&self) {
        assert!(Command::new("kill").arg(self.child.id().to_string()).status().unwrap().success());
    }
    /// Its exit code, and how long it took from now.
    pub fn ended(mut self) -> (Option<i32>, Duration) {
        let started = Instant::now();
        let status = self.child.wait().unwrap();
        (status.code(), started.elapsed())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_wrong_call_is_2_and_a_failure_1() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for line in [
        "fly",
        "org add",
        "org add Not_A_Slug",
        "serve --addr nowhere",
        "import --org acme nowhere.ndjson --format morse",
    ] {
        expect(&run(folder, line, ""), 2);
    }
    expect(&run(folder, "migrate", ""), 0);
    let (_, err) = expect(&run(folder, "apikey create --org acme --name x --scope event.read", ""), 1);
    assert!(err.contains("no such organization"), "{err}");
    let (_, err) = expect(&run(folder, "migrate --database-url sqlite:///proc/nowhere/x.db", ""), 1);
    assert!(err.contains("/proc/nowhere"), "{err}");
}

#[test]
fn every_wrong_setting_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("watchroom.toml"), "adr = '127.0.0.1:1'\nmax_body = 'lots'\n").unwrap();
    let (_, err) = expect(&run(folder.path(), "serve --check", ""), 2);
    assert!(
        err.contains("did you mean addr?") && err.contains("max_body") && err.contains("watchroom.toml"),
        "{err}"
    );
    std::fs::write(folder.path().join("watchroom.toml"), "addr = '127.0.0.1:0'\n").unwrap();
    let (out, _) = expect(&run(folder.path(), "config --check", ""), 0);
    assert!(out.contains("addr = 127.0.0.1:0"), "{out}");
    let (_, err) = expect(&run(folder.path(), "serve --check --data-dir /proc/nowhere", ""), 1);
    assert!(err.contains("data_dir: cannot write in /proc"), "{err}");
}

#[test]
fn a_check_makes_nothing_and_leaves_the_schema_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("watchroom.toml"), "addr = '127.0.0.1:0'\n").unwrap();
    let here = || std::fs::read_dir(folder.path()).unwrap().count();
    for asked in ["serve --check", "serve --check --database-url sqlite://here.db"] {
        assert!(expect(&run(folder.path(), asked, ""), 0).1.is_empty());
        assert_eq!(here(), 1);
    }
    let url = format!("sqlite://{}/old.db", folder.path().display());
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let db = store::Db::connect(&url, &store::Options::default()).await.unwrap();
        db.migrate_to(60).await.unwrap();
        db.close().await;
    });
    std::fs::write(folder.path().join("broken.db"), "no database".repeat(1000)).unwrap();
    expect(&run(folder.path(), "serve --check --database-url sqlite://broken.db", ""), 1);
    // Taken and let go: nobody listens there.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = format!("serve --check --database-url postgres://u:p@{closed}/d");
    let (_, err) = expect(&run(folder.path(), &nobody, ""), 1);
    assert!(err.contains("efused") && !err.contains("p@"), "{err}");
    let check = format!("serve --check --database-url {url}");
    for _ in 0..2 {
        let (_, err) = expect(&run(folder.path(), &check, ""), 0);
        assert!(err.contains("brings the schema from 60 to"), "{err}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let mut child =
        watchroom(folder.path()).arg("config").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let (_, err) = expect(&child.wait_with_output().unwrap(), 0);
    assert!(err.is_empty(), "{err}");
}

#[test]
fn a_key_is_the_only_thing_on_standard_output() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    expect(&run(folder, "org add acme", ""), 0);
    expect(&run(folder, "org add acme", ""), 1);
    expect(
        &run(
            folder,
            "user add ada@acme.test --org acme --role admin --password-stdin",
            "correct horse battery\n",
        ),
        0,
    );
    expect(
        &run(
            folder,
            "user add bob@acme.test --org acme --role king --password-stdin",
            "correct horse battery\n",
        ),
        2,
    );
    expect(&run(folder, "user add bob@acme.test --org acme --role admin --password-stdin", "short\n"), 2);
    expect(&run(folder, "org add globex", ""), 0);
    let again = "user add ada@acme.test --org globex --role viewer --password-stdin";
    let (_, err) = expect(&run(folder, again, "another horse battery\n"), 0);
    assert!(err.contains("keeps its password"), "{err}");
    let (out, _) =
        expect(&run(folder, "apikey create --org acme --name ci --scope event.write event.read", ""), 0);
    assert!(out.starts_with("wr_") && out.trim().len() == 67 && out.lines().count() == 1, "{out}");
    expect(&run(folder, "apikey create --org acme --name ci --scope everything", ""), 2);
    let of_source = "apikey create --org acme --name edge --source edge";
    let (_, err) = expect(&run(folder, of_source, ""), 2);
    assert!(err.contains("no source of this name"), "{err}");
    let row = r#"{"occurred_at":"2026-11-23T09:30:00Z","severity":"high","message":"up","source":"edge"}"#;
    std::fs::write(folder.join("one.ndjson"), row).unwrap();
    expect(&run(folder, "import --org acme one.ndjson", ""), 0);
    let (out, _) = expect(&run(folder, of_source, ""), 0);
    assert!(out.starts_with("wr_"), "{out}");
    expect(&run(folder, &format!("{of_source} --scope event.read"), ""), 2);
    let (out, _) = expect(&run(folder, "audit verify", ""), 0);
    assert_eq!(out.lines().count(), 3, "the logs of two organizations and the platform's: {out}");
}

#[test]
fn a_file_is_imported_once_and_refused_rows_are_kept_with_their_reasons() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    expect(&run(folder, "org add acme", ""), 0);
    let line = |n: u32| {
        format!(
            "{{\"occurred_at\":\"2026-11-23T09:30:00Z\",\"severity\":\"high\",\"message\":\"event {n}\"}}\n"
        )
    };
    let text: String = (0..100).map(line).chain(["nonsense\n".to_owned(), line(0)]).collect();
    std::fs::write(folder.join("events.ndjson"), &text).unwrap();
    let (out, err) = expect(&run(folder, "import --org acme --source web events.ndjson", ""), 0);
    let summary = "101 rows accepted, 1 refused; they are, with why, in events.ndjson.rejected.ndjson";
    assert!(out.is_empty() && err.contains(summary), "{out}{err}");
    let (_, err) = expect(&run(folder, "import --org acme --source web --strict events.ndjson", ""), 1);
    assert!(err.contains("1 row refused, and --strict asks for none"), "{err}");
    let refused = std::fs::read_to_string(folder.join("events.ndjson.rejected.ndjson")).unwrap();
    assert!(refused.contains("\"index\":100") && refused.contains("nonsense"), "{refused}");
    let (_, err) = expect(&run(folder, "import --org acme --source web events.ndjson", ""), 0);
    assert!(err.contains("101 rows accepted (101 of them known already)"), "{err}");
    let (_, err) = expect(&run(folder, "import --org acme --source web --format ndjson -", &text), 0);
    assert!(err.contains("(101 of them known already)"), "the same rows through a pipe: {err}");
    let dire = line(200).replace("high", "dire");
    let (_, err) = expect(&run(folder, "import --org acme --source web --format ndjson -", &dire), 0);
    let sentence = "1 row had a severity that was not understood and became info: 'dire' (1); the words are kept in severity_text";
    assert!(err.contains("1 row accepted, 0 refused") && err.contains(sentence), "{err}");
    expect(&run(folder, "import --org nobody events.ndjson", ""), 1);
    let (_, err) = expect(&run(folder, "import --org acme .", ""), 2);
    assert!(err.contains("is a folder"), "{err}");
    std::fs::write(folder.join("b.csv"), "time;level;message\r\nnever;high;\"a;\r\n\"\"b\"\"\"\r\n").unwrap();
    expect(&run(folder, "import --org acme b.csv", ""), 1);
    let refused = std::fs::read_to_string(folder.join("b.csv.rejected.ndjson")).unwrap();
    let line: serde_json::Value = serde_json::from_str(refused.trim()).unwrap();
    assert_eq!(
        line["row"], "never;high;\"a;\r\n\"\"b\"\"\"",
        "as it stood in the file, to be mended and sent again"
    );
    std::fs::write(folder.join("b.csv"), "time;level;message\r\n2026-11-23T09:30:00Z;high;mended\r\n")
        .unwrap();
    expect(&run(folder, "import --org acme b.csv", ""), 0);
    assert!(!folder.join("b.csv.rejected.ndjson").exists(), "what was refused before is mended");
    let (_, err) = expect(&run(folder, "import --org acme --format ndjson -", "{\"message\":\"x\"}\n"), 1);
    assert!(err.contains("stdin.rejected.ndjson"), "{err}");
    let refused = std::fs::read_to_string(folder.join("stdin.rejected.ndjson")).unwrap();
    assert!(refused.contains("call the key or column") && !refused.contains("choose"), "{refused}");
    expect(&run(folder, "import --org acme --format ndjson -", "{\"message\":\"y\"}\n"), 1);
    let both = std::fs::read_to_string(folder.join("stdin.rejected.ndjson")).unwrap();
    assert!(both.starts_with(&refused) && both.lines().count() == 2, "a stream is kept nowhere else: {both}");
    let wide: Vec<u8> = "\u{feff}time,message\r\n2026-11-23T09:30:00Z,gr\u{fc}n\r\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    std::fs::write(folder.join("wide.csv"), wide).unwrap();
    let (_, err) = expect(&run(folder, "import --org acme wide.csv", ""), 0);
    assert!(err.contains("1 row accepted, 0 refused"), "UTF-16, as Windows writes it: {err}");
    let pipe = folder.join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let writer = std::thread::spawn({
        let text = text.clone();
        move || std::fs::write(pipe, text)
    });
    let (_, err) = expect(&run(folder, "import --org acme --source web --format ndjson pipe", ""), 0);
    assert!(err.contains("(101 of them known already), 1 refused"), "a named pipe is read once: {err}");
    writer.join().unwrap().unwrap();
    let locked = folder.join("locked");
    std::fs::create_dir(&locked).unwrap();
    std::fs::write(locked.join("c.ndjson"), &text).unwrap();
    std::fs::create_dir(locked.join("c.ndjson.rejected.ndjson")).unwrap();
    let (_, err) = expect(&run(folder, "import --org acme --source web locked/c.ndjson", ""), 0);
    let first = err.lines().next().unwrap();
    assert!(first.contains("cannot be written (") && first.contains("-c.ndjson.rejected.ndjson"), "{err}");
    let spare = |err: &str| {
        let told = err.lines().find_map(|line| line.split_once("refused; they are, with why, in "));
        std::path::PathBuf::from(told.unwrap_or_else(|| panic!("its place cannot be written: {err}")).1)
    };
    let first = spare(&err);
    assert_eq!(first.parent(), Some(folder.join("data/imports").as_path()));
    let other = folder.join("other");
    std::fs::create_dir_all(other.join("c.ndjson.rejected.ndjson")).unwrap();
    std::fs::write(other.join("c.ndjson"), &text).unwrap();
    let (_, err) = expect(&run(folder, "import --org acme --source web other/c.ndjson", ""), 0);
    let second = spare(&err);
    assert!(first != second && first.exists() && second.exists(), "files of one name share none: {err}");
    std::fs::remove_file(&first).unwrap();
    std::fs::create_dir(&first).unwrap();
    let (_, err) = expect(&run(folder, "import --org acme --source d locked/c.ndjson", ""), 1);
    assert!(err.contains("neither to locked/c.ndjson") && err.contains("nothing was imported"), "{err}");
    std::fs::remove_dir(first).unwrap();
    std::fs::remove_file(second).unwrap();
    assert_eq!(expect(&run(folder, "rollup check", ""), 0).0, "acme: as the events say\n");
    let (out, _) = expect(&run(folder, "rollup rebuild --org acme", ""), 0);
    assert!(out.starts_with("acme: ") && out.ends_with(" roll-up rows\n"), "{out}");
    assert_eq!(
        std::fs::read_dir(folder.join("data/imports")).unwrap().count(),
        0,
        "nothing is left to resume"
    );
}

#[test]
fn a_cut_audit_log_is_found_with_a_head_kept_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    expect(&run(folder, "org add acme", ""), 0);
    let copy = folder.join("before");
    std::fs::create_dir(&copy).unwrap();
    for name in ["watchroom.db", "secret.key"] {
        std::fs::copy(folder.join("data").join(name), copy.join(name)).unwrap();
    }
    expect(&run(folder, "apikey create --org acme --name ci --scope event.read", ""), 0);
    expect(&run(folder, "audit verify --org acme --save-head head.json", ""), 0);
    expect(&run(folder, "audit verify --org acme --head head.json", ""), 0);
    for name in ["watchroom.db-wal", "watchroom.db-shm"] {
        let _ = std::fs::remove_file(folder.join("data").join(name));
    }
    std::fs::copy(copy.join("watchroom.db"), folder.join("data/watchroom.db")).unwrap();
    let (out, _) = expect(&run(folder, "audit verify --org acme --head head.json", ""), 1);
    assert!(out.contains("acme: BROKEN at 2"), "{out}");
    expect(&run(folder, "audit verify --org acme", ""), 0);
    std::fs::write(folder.join("empty.json"), "[]").unwrap();
    let (_, err) = expect(&run(folder, "audit verify --org acme --head empty.json", ""), 2);
    assert!(err.contains("there is no head in it"), "{err}");
}

#[tokio::test]
async fn an_organization_that_is_gone_with_its_log_is_named_by_a_head_kept_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    expect(&run(folder, "org add acme", ""), 0);
    expect(&run(folder, "org add globex", ""), 0);
    expect(&run(folder, "audit verify --save-head heads.json", ""), 0);
    let url = format!("sqlite://{}", folder.join("data/watchroom.db").display());
    let db = store::Db::connect(&url, &store::Options::default()).await.unwrap();
    let mut tx = store::SystemTx::across_all_organizations(&db).await.unwrap();
    for text in [
        "DROP TRIGGER audit_log_no_delete",
        "DELETE FROM audit_log WHERE organization_id = (SELECT o.id FROM organizations o WHERE o.slug = 'globex')",
        "DELETE FROM audit_heads WHERE organization_id = (SELECT o.id FROM organizations o WHERE o.slug = 'globex')",
        "DELETE FROM organizations WHERE slug = 'globex'",
    ] {
        tx.conn().exec(store::db::sql(text)).await.unwrap();
    }
    tx.commit_unaudited_bookkeeping().await.unwrap();
    db.close().await;
    expect(&run(folder, "audit verify", ""), 0);
    for line in ["audit verify --head heads.json", "audit verify --org globex --head heads.json"] {
        let (out, err) = expect(&run(folder, line, ""), 1);
        assert!(out.contains("globex: BROKEN at 1: the organization is gone"), "{line}: {out}{err}");
    }
    expect(&run(folder, "audit verify --org acme --head heads.json", ""), 0);
    expect(&run(folder, "audit verify --org nobody --head heads.json", ""), 1);
}

#[test]
fn a_server_says_when_it_is_ready_answers_and_ends_when_told() {
    let folder = tempfile::tempdir().unwrap();
    expect(&run(folder.path(), "migrate", ""), 0);
    let started = Instant::now();
    let server = Server::start(folder.path(), &[]);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    let answer = server.ask("GET /health/ready HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    let (code, took) = server.stop();
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(9), "{took:?}");
}

#[test]
fn a_head_that_does_not_come_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &["--header-timeout", "1s"]);
    let mut slow = TcpStream::connect(&server.address).unwrap();
    slow.set_read_timeout(Some(Duration::from_secs(8))).unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n").unwrap();
    let started = Instant::now();
    let mut rest = Vec::new();
    let _ = slow.read_to_end(&mut rest);
    assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
}

#[test]
fn the_secret_key_is_made_once_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    expect(&run(folder.path(), "migrate", ""), 0);
    let file = folder.path().join("data/secret.key");
    let first = std::fs::read(&file).unwrap();
    expect(&run(folder.path(), "migrate", ""), 0);
    assert_eq!(std::fs::read(&file).unwrap(), first);
}

#[tokio::test]
async fn a_check_warns_of_a_role_that_no_wall_stops() {
    // The tests' own role is a superuser.
    let url = testkit::bare_postgres().await;
    let (out, err) = tokio::task::spawn_blocking(move || {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("watchroom.toml"), "addr = '127.0.0.1:0'\n").unwrap();
        let checked = run(folder.path(), &format!("serve --check --database-url {url}"), "");
        expect(&run(folder.path(), "serve --check", ""), 0).1.is_empty().then_some(()).unwrap();
        expect(&checked, 0)
    })
    .await
    .unwrap();
    assert!(err.starts_with("warning: the database's user is a superuser"), "{err}");
    assert!(out.contains("addr = 127.0.0.1:0"), "{out}");
}

#[tokio::test]
async fn a_check_says_what_the_role_may_not_do() {
    let url = testkit::bare_postgres().await;
    let role = format!("narrow_{}", url.rsplit('/').next().unwrap());
    let admin = async |statement: String| store::db::admin(&url, &statement).await.unwrap();
    let (rest, user) = (url.split_once('@').unwrap().1, format!("{role}:secret"));
    let check = format!("serve --check --addr 127.0.0.1:0 --database-url postgres://{user}@{rest}");
    let checked = async |code| {
        let check = check.clone();
        let run = tokio::task::spawn_blocking(move || {
            let folder = tempfile::tempdir().unwrap();
            expect(&run(folder.path(), &check, ""), code)
        });
        run.await.unwrap().1
    };
    admin(format!("CREATE ROLE {role} LOGIN PASSWORD 'secret' CREATEROLE")).await;
    let told = checked(1).await;
    assert!(told.contains(&format!("GRANT USAGE, CREATE ON SCHEMA public TO {role}")), "{told}");
    assert!(!told.contains("watchroom_app") && !told.contains("secret"), "{told}");
    admin(format!("GRANT CREATE ON SCHEMA public TO {role}")).await;
    assert_eq!(checked(0).await, "");
    admin("CREATE TABLE of_another (id int)".to_owned()).await;
    let told = checked(1).await;
    assert!(told.contains("tables in it belong to"), "{told}");
}
