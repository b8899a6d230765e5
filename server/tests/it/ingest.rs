//! `POST /api/v1/events`: what is taken, what is refused, and that nothing hostile costs more than an answer.

use std::io::Write as _;

use serde_json::{Value, json};
use testkit::for_each_backend;

use crate::app::{Answer, TestApp};

const EVENTS: &str = "/api/v1/events";
const NDJSON: &str = "application/x-ndjson";

fn event(message: &str) -> Value {
    json!({ "occurred_at": "2026-11-23T09:30:00Z", "severity": "high", "message": message, "component": "sshd", "extra": { "n": 1 } })
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

struct Sender {
    app: TestApp,
    key: String,
}

impl Sender {
    async fn new(db: testkit::TestDb) -> Self {
        let app = TestApp::new(db);
        app.organization("acme").await;
        let key = app.key("acme", &["event.write", "event.read"]).await;
        Self { app, key }
    }
    async fn send(&self, kind: &str, body: impl Into<axum::body::Bytes>) -> Answer {
        self.app.post(EVENTS).bearer(&self.key).body(kind, body).send().await
    }
    async fn send_encoded(&self, encoding: &str, body: Vec<u8>) -> Answer {
        self.app
            .post(EVENTS)
            .bearer(&self.key)
            .header("content-encoding", encoding)
            .body(NDJSON, body)
            .send()
            .await
    }
    async fn stored(&self) -> Vec<Value> {
        let answer = self.app.get("/api/v1/events?limit=200").bearer(&self.key).send().await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["items"].as_array().unwrap().clone()
    }
}

fn counts(answer: &Answer) -> (u64, u64) {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let receipt = answer.json();
    (receipt["accepted"].as_u64().unwrap(), receipt["rejected"].as_u64().unwrap())
}

#[tokio::test]
async fn an_object_an_array_and_lines_are_stored_as_sent() {
    for_each_backend(|db| async move {
        let sender = Sender::new(db).await;
        let one = sender.send("application/json", event("one").to_string()).await;
        assert_eq!(one.text, r#"{"accepted":1,"rejected":0,"rejections":[]}"#);
        assert_eq!(
            counts(
                &sender
                    .send(
                        "application/json; charset=utf-8",
                        json!([event("two"), event("three")]).to_string()
                    )
                    .await
            ),
            (2, 0)
        );
        let lines = format!("{}\r\n\r\n{}", event("four"), event("five"));
        assert_eq!(counts(&sender.send(NDJSON, lines).await), (2, 0));
        let stored = sender.stored().await;
        assert_eq!(stored.len(), 5);
        let found = stored.iter().find(|e| e["message"] == "one").unwrap();
        assert_eq!(found["severity"], "high");
        assert_eq!(found["occurred_at"], "2026-11-23T09:30:00.000000Z");
        assert_eq!(found["raw_payload"], event("one"));
        assert_eq!(found["fingerprint"].as_str().unwrap().len(), 32);
        let again = sender
            .app
            .get(&format!("/api/v1/events/{}", found["id"].as_str().unwrap()))
            .bearer(&sender.key)
            .send()
            .await;
        assert_eq!(again.json(), *found);
    })
    .await;
}

#[tokio::test]
async fn bad_rows_are_told_by_position_and_the_good_ones_kept() {
    for_each_backend(|db| async move {
        let sender = Sender::new(db).await;
        let body = format!(
            "{}\nnot json\n{}\n{{\"severity\":\"high\",\"message\":\"when?\"}}\n[1]\n{}\n",
            event("good"),
            event("better"),
            event("worst").to_string().replace("\"high\"", "\"dire\""),
        );
        let answer = sender.send(NDJSON, body).await;
        assert_eq!(counts(&answer), (2, 4));
        let receipt = answer.json();
        let told: Vec<(u64, &str)> = receipt["rejections"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| (r["index"].as_u64().unwrap(), r["field"].as_str().unwrap()))
            .collect();
        assert_eq!(told, [(1, ""), (3, "occurred_at"), (4, ""), (5, "severity")]);
        let reason = receipt["rejections"][3]["reason"].as_str().unwrap();
        assert!(reason.starts_with("'dire' is not a severity"), "{reason}");
        assert_eq!(sender.stored().await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn reasons_are_bounded_and_the_numbers_are_not() {
    for_each_backend(|db| async move {
        let sender = Sender::new(db).await;
        let answer = sender.send(NDJSON, "x\n".repeat(3000)).await;
        assert_eq!(counts(&answer), (0, 3000));
        assert_eq!(answer.json()["rejections"].as_array().unwrap().len(), 1000);
        let many = sender.send(NDJSON, "x\n".repeat(100_001)).await;
        many.assert_problem(400, "invalid");
    })
    .await;
}

#[tokio::test]
async fn compressed_bodies_are_understood() {
    for_each_backend(|db| async move {
        let sender = Sender::new(db).await;
        let body = event("small").to_string();
        assert_eq!(counts(&sender.send_encoded("gzip", gzip(body.as_bytes())).await), (1, 0));
        assert_eq!(
            counts(&sender.send_encoded("zstd", zstd::encode_all(body.as_bytes(), 3).unwrap()).await),
            (1, 0)
        );
        let brotli = sender.send_encoded("br", body.clone().into_bytes()).await;
        brotli.assert_problem(415, "unsupported-media");
        assert_eq!(brotli.json()["detail"], "'br' is not a supported compression; use gzip or zstd.");
        sender
            .send_encoded("gzip, gzip", gzip(&gzip(body.as_bytes())))
            .await
            .assert_problem(415, "unsupported-media");
        sender
            .send_encoded("gzip", gzip(&gzip(body.as_bytes())))
            .await
            .assert_problem(415, "unsupported-media");
        sender.send_encoded("gzip", body.into_bytes()).await.assert_problem(400, "invalid");
    })
    .await;
}

#[tokio::test]
async fn a_bomb_is_refused() {
    for_each_backend(|db| async move {
        let sender = Sender::new(db).await;
        let zeros = vec![0u8; 100 << 20];
        let bombs = [("gzip", gzip(&zeros)), ("zstd", zstd::encode_all(&zeros[..], 19).unwrap())];
        drop(zeros);
        for (encoding, bomb) in bombs {
            assert!(bomb.len() < 1 << 20);
            sender.send_encoded(encoding, bomb).await.assert_problem(413, "too-large");
        }
        assert_eq!(sender.stored().await.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn hostile_rows_are_refused_or_repaired_and_never_an_error_of_ours() {
    for_each_backend(|db| async move {
        let sender = Sender::new(db).await;
        let deep = format!(
            "{{\"occurred_at\":1,\"severity\":\"info\",\"message\":\"a\",\"x\":{}",
            "[".repeat(100_000)
        );
        let keys = (0..10_000).map(|n| format!("\"k{n}\":{n}")).collect::<Vec<_>>().join(",");
        let wide = format!("{{\"occurred_at\":1,\"severity\":\"info\",\"message\":\"wide\",{keys}}}");
        let nul =
            "{\"occurred_at\":1,\"severity\":\"info\",\"message\":\"a\\u0000b\",\"k\\u0000\":\"\\ud800\"}";
        let twice = "{\"occurred_at\":1,\"severity\":\"info\",\"message\":\"first\",\"message\":\"last\"}";
        let huge =
            format!("{{\"occurred_at\":1,\"severity\":\"info\",\"message\":\"{}\"}}", "a".repeat(3 << 20));
        let mut body = [deep.as_str(), &wide, nul, twice, &huge].join("\n").into_bytes();
        body.extend_from_slice(b"\n{\"occurred_at\":1,\"severity\":\"info\",\"message\":\"\xff\xfe\"}\n");
        let answer = sender.send(NDJSON, body).await;
        assert_eq!(counts(&answer), (4, 2), "{}", answer.text);
        let stored = sender.stored().await;
        let messages: Vec<&str> = stored.iter().map(|e| e["message"].as_str().unwrap()).collect();
        for expected in ["wide", "a\u{fffd}b", "last", "\u{fffd}\u{fffd}"] {
            assert!(messages.contains(&expected), "{expected}: {messages:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn of_equal_keys_the_last_one_is_kept_and_no_digit_of_a_number_is_lost() {
    for_each_backend(|db| async move {
        let sender = Sender::new(db).await;
        let sent = r#"{"occurred_at":"2026-11-23T09:30:00Z","severity":"info","message":"m","user":{"id":1,"name":"a","id":2},
            "list":[{"n":1,"n":123456789012345678901234567890.50}],"user2":{"id":0.1000000000000000055511151231257827}}"#;
        assert_eq!(counts(&sender.send("application/json", sent).await), (1, 0));
        let answer = sender.app.get(EVENTS).bearer(&sender.key).send().await;
        for kept in [
            r#""list":[{"n":123456789012345678901234567890.50}]"#,
            r#""user2":{"id":0.1000000000000000055511151231257827}"#,
        ] {
            assert!(answer.text.contains(kept), "{kept}: {}", answer.text);
        }
        let payload = answer.json()["items"][0]["raw_payload"].clone();
        assert_eq!(payload["user"], json!({ "id": 2, "name": "a" }), "{payload}");
        assert_eq!(answer.text.matches("\"id\":1").count(), 0, "{}", answer.text);
        for (q, n) in [("payload.user.id:2", 1), ("payload.user.id:1", 0)] {
            let found = sender.app.get(&format!("{EVENTS}?q={q}")).bearer(&sender.key).send().await;
            assert_eq!(found.json()["items"].as_array().unwrap().len(), n, "{q}: {}", found.text);
        }
    })
    .await;
}

#[tokio::test]
async fn a_body_that_is_not_what_it_says_is_refused_whole() {
    for_each_backend(|db| async move {
        let sender = Sender::new(db).await;
        for nothing in ["", "   \n ", "\u{feff}"] {
            sender.send(NDJSON, nothing.to_owned()).await.assert_problem(400, "invalid");
        }
        sender.send("application/json", "\"text\"").await.assert_problem(400, "invalid");
        sender.send("text/csv", "a,b").await.assert_problem(415, "unsupported-media");
        sender
            .send("application/x-www-form-urlencoded", "a=b")
            .await
            .assert_problem(415, "unsupported-media");
        let untyped =
            sender.app.post(EVENTS).bearer(&sender.key).json("{}").without("content-type").send().await;
        untyped.assert_problem(415, "unsupported-media");
    })
    .await;
}

#[tokio::test]
async fn too_large_a_body_is_refused_whether_it_tells_its_length_or_not() {
    for_each_backend(|db| async move {
        let app = TestApp::with(db, |c| c.max_ingest_body = server::config::values::Size(10_000));
        app.organization("acme").await;
        let key = app.key("acme", &["event.write"]).await;
        let body = format!("{}\n", event(&"x".repeat(1000))).repeat(20);
        app.post(EVENTS)
            .bearer(&key)
            .body(NDJSON, body.clone())
            .send()
            .await
            .assert_problem(413, "too-large");
        let chunks = body.as_bytes().chunks(500).map(|c| c.to_vec().into()).collect();
        app.post(EVENTS).bearer(&key).stream(NDJSON, chunks).send().await.assert_problem(413, "too-large");
        let fits: Vec<_> = body.as_bytes()[..5_000].chunks(500).map(|c| c.to_vec().into()).collect();
        assert_eq!(app.post(EVENTS).bearer(&key).stream(NDJSON, fits).send().await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn only_a_key_that_may_write_events_does() {
    for_each_backend(|db| async move {
        let sender = Sender::new(db).await;
        let reader = sender.app.key("acme", &["event.read", "source.write"]).await;
        let body = event("x").to_string();
        sender.app.post(EVENTS).json(body.clone()).send().await.assert_problem(401, "unauthenticated");
        for nobody in ["", "wr_", &format!("wr_{}", "0".repeat(64)), &sender.key[..20]] {
            sender
                .app
                .post(EVENTS)
                .bearer(nobody)
                .json(body.clone())
                .send()
                .await
                .assert_problem(401, "unauthenticated");
        }
        sender.app.post(EVENTS).bearer(&reader).json(body).send().await.assert_problem(403, "forbidden");
    })
    .await;
}

#[tokio::test]
async fn the_same_request_with_one_key_is_stored_once_and_answered_alike() {
    for_each_backend(|db| async move {
        let sender = Sender::new(db).await;
        let send = |key: &'static str, body: String| {
            sender
                .app
                .post(EVENTS)
                .bearer(&sender.key)
                .header("idempotency-key", key)
                .body(NDJSON, body)
                .send()
        };
        let body = format!("{}\nbad\n", event("once"));
        let first = send("a-1", body.clone()).await;
        assert_eq!(counts(&first), (1, 1));
        assert_eq!(first.header("idempotency-replayed"), "");
        let second = send("a-1", body.clone()).await;
        assert_eq!(second.text, first.text, "the same bytes, not only the same values");
        assert_eq!(second.header("idempotency-replayed"), "true");
        send("a-1", format!("{}\n", event("other"))).await.assert_problem(409, "conflict");
        assert_eq!(counts(&send("a-2", body).await), (1, 1));
        assert_eq!(sender.stored().await.len(), 2);
        send("with space", event("x").to_string()).await.assert_problem(400, "invalid");
    })
    .await;
}

#[tokio::test]
async fn who_tries_again_may_compress_anew() {
    for_each_backend(|db| async move {
        let sender = Sender::new(db).await;
        let send = |body: Vec<u8>| {
            let request = sender.app.post(EVENTS).bearer(&sender.key).header("idempotency-key", "z");
            request.header("content-encoding", "gzip").body(NDJSON, body).send()
        };
        let line = format!("{}\n", event("once"));
        let first = gzip(line.as_bytes());
        // The time of compression is in the header (RFC 1952).
        let mut second = first.clone();
        second[4..8].copy_from_slice(&[9, 8, 7, 6]);
        assert_eq!(counts(&send(first).await), (1, 0));
        let again = send(second).await;
        assert_eq!((counts(&again), again.header("idempotency-replayed")), ((1, 0), "true"));
        send(gzip(event("other").to_string().as_bytes())).await.assert_problem(409, "conflict");
    })
    .await;
}

#[tokio::test]
async fn two_at_once_with_one_key_are_one() {
    for_each_backend(|db| async move {
        let sender = Sender::new(db).await;
        let send = || {
            sender
                .app
                .post(EVENTS)
                .bearer(&sender.key)
                .header("idempotency-key", "k")
                .json(event("once").to_string())
                .send()
        };
        let answers = futures::future::join_all((0..8).map(|_| send())).await;
        for answer in &answers {
            assert_eq!(counts(answer), (1, 0));
        }
        assert_eq!(sender.stored().await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_event_with_the_senders_id_is_stored_once() {
    for_each_backend(|db| async move {
        let sender = Sender::new(db).await;
        let mut mine = event("mine");
        mine["id"] = json!("018bcfe5-6800-7000-8000-000000000001");
        for _ in 0..2 {
            assert_eq!(counts(&sender.send("application/json", mine.to_string()).await), (1, 0));
        }
        assert_eq!(sender.stored().await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_is_over_the_queue_is_told_to_come_back() {
    for_each_backend(|db| async move {
        let app = TestApp::with(db, |c| (c.ingest_concurrency, c.ingest_queue) = (1, 1));
        app.organization("acme").await;
        let key = app.key("acme", &["event.write"]).await;
        let body = format!("{}\n", event("x")).repeat(500);
        let answers = futures::future::join_all(
            (0..12).map(|_| app.post(EVENTS).bearer(&key).body(NDJSON, body.clone()).send()),
        )
        .await;
        let (mut taken, mut refused) = (0, 0);
        for answer in answers {
            if answer.status == 200 {
                taken += 1;
            } else {
                answer.assert_problem(503, "unavailable");
                assert!(!answer.header("retry-after").is_empty());
                refused += 1;
            }
        }
        assert!(taken >= 2 && refused >= 1, "{taken} taken, {refused} refused");
    })
    .await;
}

#[tokio::test]
async fn an_id_sent_again_is_a_duplicate_and_one_that_another_event_has_is_refused() {
    for_each_backend(|db| async move {
        let sender = Sender::new(db).await;
        let with = |message: &str| {
            let mut event = event(message);
            event["id"] = json!("01939f6e-3b7a-7cc2-9f60-0d6c1a5b7e42");
            event
        };
        let first = sender.send(NDJSON, format!("{}\n", with("first"))).await;
        assert_eq!(first.text, r#"{"accepted":1,"rejected":0,"rejections":[]}"#);
        let body = format!("nonsense\n{}\n{}\n", with("first"), with("second"));
        let answer = sender.send(NDJSON, body).await;
        assert_eq!(counts(&answer), (1, 2));
        let receipt = answer.json();
        assert_eq!(receipt["duplicates"], 1);
        assert_eq!(receipt["rejections"][1]["index"], 2);
        assert_eq!(receipt["rejections"][1]["field"], "id");
        assert_eq!(sender.stored().await.len(), 1);
    })
    .await;
}
