use proptest::prelude::*;

use super::*;

fn now() -> Timestamp {
    "2026-11-24T06:00:00Z".parse().unwrap()
}

/// `time | severity | system | component | message`, absent parts as `-`.
fn read(line: &str) -> String {
    match parse(line.as_bytes(), &Mapping::import(), now()) {
        Ok(e) => format!(
            "{} | {} | {} | {} | {}",
            &e.occurred_at.iso()[..19],
            e.severity,
            e.system_id.as_deref().unwrap_or("-"),
            e.component.as_deref().unwrap_or("-"),
            e.message
        ),
        Err(problems) => format!("refused: {}", problems[0].reason),
    }
}

#[test]
fn lines_of_many_systems_are_understood() {
    for (line, expected) in [
        (
            "<34>1 2003-10-11T22:14:15.003Z mymachine su 12 ID47 - 'su root' failed",
            "2003-10-11T22:14:15 | critical | mymachine | su | 'su root' failed",
        ),
        (
            "<34>1 - mymachine su - ID47 - 'su root' failed",
            "2026-11-24T06:00:00 | critical | mymachine | su | 'su root' failed",
        ),
        ("<14>102 - m su - - - hello", "2026-11-24T06:00:00 | info | m | su | hello"),
        ("<14>1 - - - - - - hello", "2026-11-24T06:00:00 | info | - | - | hello"),
        ("<14>1 - - - - - -", "2026-11-24T06:00:00 | info | - | - | <14>1 - - - - - -"),
        (
            "<165>1 2003-10-11T22:14:15Z - - - - -",
            "2003-10-11T22:14:15 | low | - | - | <165>1 2003-10-11T22:14:15Z - - - - -",
        ),
        ("<192>1 2003-10-11T22:14:15Z m su - - - x", "2003-10-11T22:14:15 | info | m | su | x"),
        (
            "<34>1 yesterday mymachine su - ID47 - x",
            "refused: no time was recognised in this line; is it the continuation of another?",
        ),
        (
            "sshd[1234]: Failed password for root from 1.2.3.4 port 22 ssh2",
            "refused: no time was recognised in this line; is it the continuation of another?",
        ),
        (
            "kernel: [ 1234.567890] usb 1-1: new device",
            "refused: no time was recognised in this line; is it the continuation of another?",
        ),
        (
            "[1234] plain pid first",
            "refused: no time was recognised in this line; is it the continuation of another?",
        ),
        (
            "1234.567890 usb 1-1: new device",
            "refused: no time was recognised in this line; is it the continuation of another?",
        ),
        (
            "caused by handler[512] in pool[7]: boom",
            "refused: no time was recognised in this line; is it the continuation of another?",
        ),
        (
            "<13>hello without a time",
            "refused: no time was recognised in this line; is it the continuation of another?",
        ),
        (
            "<13>Feb  5 17:32:18 10.0.0.99 sshd[7]: Use the BFG!",
            "2026-02-05T17:32:18 | low | 10.0.0.99 | sshd | Use the BFG!",
        ),
        (
            "Jun 14 15:16:01 combo sshd(pam_unix)[19939]: authentication failure",
            "2026-06-14T15:16:01 | info | combo | sshd(pam_unix) | authentication failure",
        ),
        (
            "Dec 10 06:55:46 LabSZ sshd[24200]: error: Received disconnect",
            "2025-12-10T06:55:46 | high | LabSZ | sshd | error: Received disconnect",
        ),
        (
            "2026-11-23T09:30:00.1+01:00 web-1 nginx[1]: started",
            "2026-11-23T08:30:00 | info | web-1 | nginx | started",
        ),
        ("2026-11-20 10:00:03.1234|ERROR|App.Main|boom", "2026-11-20T10:00:03 | high | - | App.Main | boom"),
        (
            "2026-11-20 10:00:03.123 | WARNING  | app.main:run:12 - a | b",
            "2026-11-20T10:00:03 | medium | - | - | app.main:run:12 - a | b",
        ),
        ("2026-11-20 10:00:01,ERROR comma", "2026-11-20T10:00:01 | high | - | - | comma"),
        ("2026-11-20 10:00:01,123;ERROR;x", "2026-11-20T10:00:01 | high | - | - | x"),
        ("2026-11-20 10:00:04;semi", "2026-11-20T10:00:04 | info | - | - | semi"),
        ("2026-11-20T10:00:06Z,ERROR zcomma", "2026-11-20T10:00:06 | high | - | - | zcomma"),
        (
            "2026-11-20 25:00:15 ERROR no such hour",
            "refused: no time was recognised in this line; is it the continuation of another?",
        ),
        (
            "[2026-11-20] 10:00:01 ERROR x",
            "refused: no time was recognised in this line; is it the continuation of another?",
        ),
        (
            "2026-11-20 10.00.03 ERROR x",
            "refused: no time was recognised in this line; is it the continuation of another?",
        ),
        (
            "2026-11-20 9:75:00 x",
            "refused: no time was recognised in this line; is it the continuation of another?",
        ),
        ("2026-11-20 99.5 % used", "2026-11-20T00:00:00 | info | - | - | 99.5 % used"),
        ("2026-11-20 10:00:03|INFO|started|", "2026-11-20T10:00:03 | info | - | - | started"),
        ("2026-11-20 10:00:03 ERROR|", "2026-11-20T10:00:03 | high | - | - | ERROR|"),
        (
            "2026-11-20 10:00:03 error; timeout; retrying",
            "2026-11-20T10:00:03 | high | - | - | timeout; retrying",
        ),
        ("2026-11-20 only a day", "2026-11-20T00:00:00 | info | - | - | only a day"),
        (
            "[Sun Dec 04 04:47:44 2005] [error] mod_jk child in state 6",
            "2005-12-04T04:47:44 | high | - | - | mod_jk child in state 6",
        ),
        (
            "081109 203615 148 INFO dfs.DataNode$PacketResponder: PacketResponder 1",
            "2008-11-09T20:36:15 | info | - | dfs.DataNode$PacketResponder | PacketResponder 1",
        ),
        (
            "2015-10-18 18:01:47,978 WARN [main] org.apache.X: Created",
            "2015-10-18T18:01:47 | medium | - | org.apache.X | Created",
        ),
        (
            "nova-api.log.1.2017-05-16_13:53:08 2017-05-16 00:00:00.008 25746 INFO nova.wsgi.server [req-3] 10.1.1.1 \"GET /\"",
            "2017-05-16T00:00:00 | info | - | nova.wsgi.server | [req-3] 10.1.1.1 \"GET /\"",
        ),
        (
            "[10.30 16:49:06] chrome.exe - proxy:5070 open",
            "2026-10-30T16:49:06 | info | - | chrome.exe | proxy:5070 open",
        ),
        (
            "[10.30 16:49:06] git.exe *64 - a.com:443 error : refused",
            "2026-10-30T16:49:06 | high | - | git.exe | a.com:443 error : refused",
        ),
        (
            "2026-11-23 09:30:00,123 - app.db - ERROR - lost it",
            "2026-11-23T09:30:00 | high | - | app.db | lost it",
        ),
        (
            "2016-09-28 04:30:30, Info                  CBS    Loaded Servicing Stack",
            "2016-09-28T04:30:30 | info | - | CBS | Loaded Servicing Stack",
        ),
        (
            "2026/11/23 09:30:00 [crit] 1234#0: *5 upstream timed out",
            "2026-11-23T09:30:00 | critical | - | - | 1234#0: *5 upstream timed out",
        ),
        (
            "1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.0\" 503 2326",
            "2000-10-10T20:55:36 | high | - | - | 1.2.3.4 \"GET / HTTP/1.0\" 503 2326",
        ),
        (
            "time=2026-11-23T09:30:00Z level=warn msg=\"disk \\\"a\\\" full\" host=db-1 logger=disk",
            "2026-11-23T09:30:00 | medium | db-1 | disk | disk \"a\" full",
        ),
        (
            "{\"time\":\"2026-11-23T09:30:00Z\",\"level\":\"error\",\"msg\":\"x\"}",
            "2026-11-23T09:30:00 | high | - | - | x",
        ),
        ("1795426200.5 something happened", "2026-11-23T09:30:00 | info | - | - | something happened"),
        (
            "    at org.x.Y(Y.java:12)",
            "refused: no time was recognised in this line; is it the continuation of another?",
        ),
        ("12 monkeys", "refused: no time was recognised in this line; is it the continuation of another?"),
    ] {
        assert_eq!(read(line), expected, "{line}");
    }
}

#[test]
fn a_priority_that_cannot_be_is_a_severity_that_nobody_knows() {
    let event = parse(b"<192>1 2003-10-11T22:14:15Z m su - - - x", &Mapping::import(), now()).unwrap();
    assert_eq!((event.severity_text.as_str(), event.severity_known), ("<192>", false));
}

#[test]
fn the_whole_line_is_in_the_payload() {
    let line = "<34>1 2003-10-11T22:14:15.003Z m su 12 ID47 [ex@1 a=\"b\"] text";
    let event = parse(line.as_bytes(), &Mapping::import(), now()).unwrap();
    let payload: Value = serde_json::from_str(&event.raw_payload).unwrap();
    assert_eq!(payload["line"], line);
    assert_eq!(payload["structured_data"]["ex@1"]["a"], "b");
    assert_eq!(event.event_type.as_deref(), Some("ID47"));
}

proptest! {
    #[test]
    fn never_panics(line in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&line, &Mapping::import(), now());
    }
    #[test]
    fn near_syslog_never_panics(line in "<[0-9]{1,4}>1? ?[A-Za-z0-9: \\[\\]\"=\\-ü.]{0,80}") {
        let _ = parse(line.as_bytes(), &Mapping::import(), now());
    }
    #[test]
    fn near_logs_never_panic(line in "(\\[|Jun |2026-11-23 |time=)?[A-Za-z0-9: \\[\\]\"=\\-ü.,]{0,80}") {
        let _ = parse(line.as_bytes(), &Mapping::import(), now());
    }
}

#[test]
fn a_nil_value_is_no_value_and_the_row_knows_that_it_has_no_time() {
    let event = parse(b"<34>1 - - - - - -", &Mapping::import(), now()).unwrap();
    assert_eq!((event.component, event.system_id, event.event_type), (None, None, None));
    assert!(!event.dated && event.occurred_at == now());
    let payload: Value = serde_json::from_str(&event.raw_payload).unwrap();
    assert_eq!(payload.as_object().unwrap().keys().collect::<Vec<_>>(), ["facility", "line"]);
    assert!(parse(b"Jun 14 15:16:01 combo su: x", &Mapping::import(), now()).unwrap().dated);
}
