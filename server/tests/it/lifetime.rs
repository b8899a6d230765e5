//! The program as a process: told to end in the middle of something, killed in the middle of something, its database taken away.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::command_line::{Server, expect, run, watchroom};

fn with_acme(folder: &Path) {
    expect(&run(folder, "migrate", ""), 0);
    expect(&run(folder, "org add acme", ""), 0);
}

#[test]
fn a_request_that_was_begun_is_answered_before_the_server_ends() {
    let folder = tempfile::tempdir().unwrap();
    with_acme(folder.path());
    let line = "apikey create --org acme --name x --scope event.write";
    let key = expect(&run(folder.path(), line, ""), 0).0;
    let server = Server::start(folder.path(), &[]);
    let event = r#"{"occurred_at":"2026-11-23T09:30:00Z","severity":"high","message":"sent while it ends"}"#;
    let head = format!(
        "POST /api/v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        key.trim(),
        event.len()
    );
    let (begin, rest) = event.split_at(20);
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(begin.as_bytes()).unwrap();
    stream.flush().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    server.tell_to_end();
    std::thread::sleep(Duration::from_millis(300));
    stream.write_all(rest.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"accepted\":1"), "{answer}");
    assert_eq!(server.ended().0, Some(0));
    let stored = expect(&run(folder.path(), "rollup check", ""), 0);
    assert!(!stored.0.is_empty(), "{stored:?}");
}

#[test]
fn a_database_that_is_taken_away_makes_the_server_not_ready() {
    let folder = tempfile::tempdir().unwrap();
    with_acme(folder.path());
    let server = Server::start(folder.path(), &[]);
    let ready = || server.ask("GET /health/ready HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    assert!(ready().starts_with("HTTP/1.1 200"));
    let file = folder.path().join("data/watchroom.db");
    let elsewhere = folder.path().join("elsewhere.db");
    std::fs::rename(&file, &elsewhere).unwrap();
    let answer = ready();
    assert!(
        answer.starts_with("HTTP/1.1 503") && answer.contains("The database does not answer"),
        "{answer}"
    );
    assert!(
        server
            .ask("GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            .starts_with("HTTP/1.1 200")
    );
    std::fs::rename(&elsewhere, &file).unwrap();
    assert!(ready().starts_with("HTTP/1.1 200"));
}

#[test]
fn an_import_that_was_killed_goes_on_and_tells_each_refused_row_once() {
    const ROWS: usize = 40_000;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    with_acme(folder);
    let row = |n: usize| match n % 100 {
        0 => format!("{{\"timestamp\":\"never\",\"level\":\"warn\",\"msg\":\"bad {n}\"}}\n"),
        _ => format!("{{\"timestamp\":{},\"level\":\"warn\",\"msg\":\"line {n}\"}}\n", 1_795_000_000 + n),
    };
    std::fs::write(folder.join("app.log"), (0..ROWS).map(row).collect::<String>()).unwrap();
    let mut first = watchroom(folder)
        .args(["import", "--org", "acme", "app.log"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let states = folder.join("data/imports");
    let begun = || {
        let files = std::fs::read_dir(&states).into_iter().flatten().flatten();
        files.into_iter().any(|file| file.path().extension().is_some_and(|kind| kind == "json"))
    };
    let started = Instant::now();
    while !begun() {
        assert!(started.elapsed() < Duration::from_mins(1), "no batch was stored");
        assert!(first.try_wait().unwrap().is_none(), "it ended before it could be killed");
        std::thread::sleep(Duration::from_millis(2));
    }
    first.kill().unwrap();
    first.wait().unwrap();
    let (_, err) = expect(&run(folder, "import --org acme app.log", ""), 0);
    assert!(err.contains("going on after row "), "{err}");
    let all = format!("{} rows accepted", ROWS - ROWS / 100);
    assert!(err.contains(&all) && err.contains(&format!("{} refused", ROWS / 100)), "{err}");
    let refused = std::fs::read_to_string(folder.join("app.log.rejected.ndjson")).unwrap();
    let rows: Vec<u64> = refused
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["index"].as_u64().unwrap())
        .collect();
    assert_eq!(rows, (0..ROWS as u64).step_by(100).collect::<Vec<_>>());
    // Whole once more: everything is there already.
    let (_, err) = expect(&run(folder, "import --org acme app.log", ""), 0);
    assert!(err.contains(&format!("({} of them known already)", ROWS - ROWS / 100)), "{err}");
}
