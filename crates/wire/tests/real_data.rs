//! Readers against real logs. They lie outside the repository; set `WATCHROOM_SHARED` where they are not found.

#![expect(clippy::unwrap_used, reason = "helpers of a test")]

use std::fs;
use std::io::BufReader;
use std::path::PathBuf;

use domain::event::{Mapping, NewEvent};
use domain::upload::Format;
use domain::{Severity, Timestamp};

fn data(path: &str) -> PathBuf {
    let root = std::env::var_os("WATCHROOM_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let path = root.join("data").join(path);
    assert!(
        path.exists(),
        "{} is missing; set WATCHROOM_SHARED to the folder that holds data/",
        path.display()
    );
    path
}

fn now() -> Timestamp {
    "2026-11-24T06:00:00Z".parse().unwrap()
}

fn import(path: &str) -> Vec<NewEvent> {
    let mapping = Mapping::import().with_source("test");
    let input = BufReader::new(fs::File::open(data(path)).unwrap());
    let rows: Vec<_> =
        wire::read(Format::Auto, input, &mapping, now()).unwrap().map(Result::unwrap).collect();
    rows.into_iter().map(|r| r.event.unwrap_or_else(|e| panic!("{path} row {}: {e:?}", r.index))).collect()
}

#[test]
fn every_log_gives_two_thousand_events_with_their_times() {
    for (set, first, severe) in [
        ("Apache", "2005-12-04T04:47:44.000000Z", 595),
        ("HDFS", "2008-11-09T20:36:15.000000Z", 0),
        ("Hadoop", "2015-10-18T18:01:47.978000Z", 0),
        ("Linux", "2026-06-14T15:16:01.000000Z", 0),
        ("OpenSSH", "2025-12-10T06:55:46.000000Z", 0),
        ("OpenStack", "2017-05-16T00:00:00.008000Z", 0),
        ("Proxifier", "2026-10-30T16:49:06.000000Z", 0),
        ("Windows", "2016-09-28T04:30:30.000000Z", 0),
    ] {
        for kind in ["log", "log_structured.csv"] {
            let events = import(&format!("loghub/{set}_2k.{kind}"));
            assert_eq!(events.len(), 2000, "{set}.{kind}");
            assert_eq!(events[0].occurred_at.iso(), first, "{set}.{kind}");
            let high = events.iter().filter(|e| e.severity >= Severity::High).count();
            assert!(high >= severe, "{set}.{kind}: {high} severe");
            assert!(events.iter().all(|e| serde_json::from_str::<serde_json::Value>(&e.raw_payload).is_ok()));
        }
    }
}

#[test]
fn the_log_and_its_table_agree() {
    for set in ["Apache", "HDFS", "Hadoop", "Linux", "OpenSSH", "Proxifier", "Windows"] {
        let log = import(&format!("loghub/{set}_2k.log"));
        let table = import(&format!("loghub/{set}_2k.log_structured.csv"));
        let same_time = log.iter().zip(&table).filter(|(a, b)| a.occurred_at == b.occurred_at).count();
        let same_level = log.iter().zip(&table).filter(|(a, b)| a.severity == b.severity).count();
        let same_text = log.iter().zip(&table).filter(|(a, b)| a.message.trim() == b.message.trim()).count();
        assert_eq!(same_time, 2000, "{set}");
        assert!(same_level >= 1850, "{set}: {same_level} levels");
        assert!(same_text >= 1950, "{set}: {same_text} messages");
    }
}

#[test]
fn security_datasets_give_one_event_a_line() {
    for (set, lines, first) in [
        ("aws_ec2_proxy_s3_exfiltration", 103, "2020-09-14T00:44:23.000000Z"),
        ("win_logonscript", 122, "2020-10-19T10:46:42.027000Z"),
        ("win_lsass_comsvcs", 184, "2020-10-18T07:50:06.220000Z"),
        ("win_sc_query", 629, "2020-08-05T07:48:20.606000Z"),
    ] {
        let events = import(&format!("security-datasets/{set}.ndjson"));
        assert_eq!(events.len(), lines, "{set}");
        assert_eq!(events[0].occurred_at.iso(), first, "{set}");
        assert!(
            events.iter().all(|e| e.event_type.is_some() && e.component.is_some() && e.system_id.is_some()),
            "{set}"
        );
    }
    let trail = import("security-datasets/aws_ec2_proxy_s3_exfiltration.ndjson");
    assert!(
        trail[0].message.starts_with("DescribeInstanceTypes on ec2.amazonaws.com by pedro from 1.2.3.4"),
        "{}",
        trail[0].message
    );
}

#[test]
fn syslog_cases_never_panic_nor_lose_text() {
    let mapping = Mapping::import();
    let mut understood = 0;
    for line in fs::read_to_string(data("syslog/rfc5424_cases.ndjson")).unwrap().lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = case["message"].as_str().unwrap();
        for row in wire::read(Format::Syslog, text.as_bytes(), &mapping, now()).unwrap() {
            let row = row.unwrap();
            assert!(text.contains(String::from_utf8_lossy(&row.bytes).trim()));
            if let Ok(event) = row.event {
                if case["valid"] == true {
                    understood += 1;
                    let priority = text[..=text.find('>').unwrap()].to_owned();
                    assert_eq!(Some(event.severity), Severity::from_vocabulary(&priority), "{text}");
                    if let Ok(at) = text.split(' ').nth(1).unwrap().parse::<Timestamp>() {
                        assert_eq!(event.occurred_at, at, "{text}");
                    }
                }
                let payload: serde_json::Value = serde_json::from_str(&event.raw_payload).unwrap();
                assert_eq!(
                    payload["line"].as_str().unwrap().replace('\u{fffd}', ""),
                    String::from_utf8_lossy(&row.bytes).replace(['\u{fffd}', '\0'], "")
                );
            }
        }
    }
    assert_eq!(understood, 29, "of the valid messages");
}

/// Prints events a second; run with `--release -- --nocapture fast` for figures that mean something.
#[test]
fn the_fast_path_is_fast_enough_even_unoptimised() {
    let line = br#"{"occurred_at":"2026-11-23T09:30:00.123456Z","severity":"high","message":"Failed password for root from 173.234.31.186 port 38926 ssh2","component":"sshd","service":"bastion","environment":"prod","system_id":"bastion-1","event_type":"auth","pid":24200}"#;
    let mapping = Mapping::contract();
    let start = std::time::Instant::now();
    let n: u32 = 20_000;
    for _ in 0..n {
        let event = wire::parse(line, &mapping, now()).unwrap();
        std::hint::black_box(domain::template::template(&event.message));
    }
    let rate = f64::from(n) / start.elapsed().as_secs_f64();
    println!("{rate:.0} events/s parsed and templated");
    assert!(rate > 2_000.0, "{rate:.0} events/s");
}
