//! What a query finds: each rule of the language, on one event and on generated ones.

use proptest::prelude::*;
use serde_json::json;

use super::super::testing::{Choices, event, expr, query};
use super::*;
use crate::event::Event;
use crate::{EventId, GroupId, Severity};

fn login() -> Event {
    Event {
        id: EventId(uuid::Uuid::from_u128(0xabc)),
        occurred_at: now(),
        ingested_at: now().plus_seconds(1),
        severity: Severity::High,
        severity_text: "ERROR".into(),
        component: None,
        service: Some("Auth".into()),
        environment: Some(String::new()),
        system_id: Some("web-01".into()),
        event_type: Some("login".into()),
        source_id: None,
        source: Some("10.0.0.1:443".into()),
        message: "Failed password for Root from 10.0.0.1 port 22, 50% of ÉTÉ İs 😀".into(),
        raw_payload: json!({
            "user": {"name": "root", "id": 5, "roles": ["admin", 7, null, {"x": "y"}, ["deep"]]},
            "odd.key": {"x": 1},
            "list": [{"a": 1}],
            "text5": "5", "f": 5.0, "big": 1e3, "yes": true, "yestext": "true", "none": null, "nonetext": "null",
            "empty": [], "": "blank", "é": "\u{10000}", "obj": {}
        })
        .into(),
        fingerprint: "abc".into(),
        group_id: GroupId(uuid::Uuid::from_u128(0xdef)),
    }
}

fn check(event: &Event, table: &[(&str, bool)]) {
    for (text, expected) in table {
        assert_eq!(read(text).matches(event), *expected, "{text}");
        let negated = ["-(", text, ")"].concat();
        if !text.is_empty() {
            assert_eq!(read(&negated).matches(event), !expected, "{negated}");
        }
    }
}

#[test]
fn fields_are_compared_by_their_kind() {
    check(
        &login(),
        &[
            ("", true),
            ("severity:error", true),
            ("severity:high", true),
            ("severity>high", false),
            ("severity>=high", true),
            ("severity<critical", true),
            ("severity:medium..high", true),
            ("severity:..medium", false),
            ("severity:[low, sev2]", true),
            ("severity!=high", false),
            ("service:Auth", true),
            ("service:auth", false),
            ("service:A*", true),
            ("service:a*", false),
            ("service:*t*", true),
            ("service:A?t?", true),
            ("service:A?t", false),
            ("service:A*x", false),
            ("service:\"A*\"", false),
            ("service>AZ", true),
            ("service>Auth", false),
            ("service>=Auth", true),
            ("service<a", true),
            ("service:Au..Av", true),
            ("system_id:web-0?", true),
            ("source:10.0.0.1:443", true),
            ("source:10.*:443", true),
            ("id:00000000-0000-0000-0000-000000000abc", true),
            ("id:00000000-0000-0000-0000-000000000abd", false),
            ("group:00000000000000000000000000000DEF", true),
            ("group:*", true),
            ("fingerprint:abc", true),
            ("severity_text:ERROR", true),
            ("time:2026-11-23", true),
            ("time:2026-11-23T09:30", true),
            ("time:2026-11-23T09:29", false),
            ("time:2026-11-23T09:30:00Z", true),
            ("time:today", true),
            ("time:yesterday", false),
            ("time>-15m", true),
            ("time>=now", true),
            ("time>now", false),
            ("time<=2026-11-23", true),
            ("time<2026-11-23", false),
            ("time>2026-11-23", false),
            ("time:-1d..now", true),
            ("ingested_at>now", true),
            ("type:(login OR logout)", true),
            ("type:(-login)", false),
            ("type:(log* -logout)", true),
        ],
    );
}

#[test]
fn a_field_without_a_value_makes_a_term_false() {
    check(
        &login(),
        &[
            ("component:auth", false),
            ("-component:auth", true),
            ("component!=auth", true),
            ("component<z", false),
            ("component>=z", false),
            ("component:*", false),
            ("component:a*", false),
            ("component:..z", false),
            ("environment:*", true),
            ("environment:\"\"", true),
            ("environment<a", true),
            ("payload.gone:*", false),
            ("-payload.gone:1", true),
        ],
    );
}

#[test]
fn operators_bind_as_they_are_documented() {
    check(
        &login(),
        &[
            ("failed nothing OR password", true),
            ("failed (nothing OR password)", true),
            ("NOT failed OR password", true),
            ("NOT (failed OR password)", false),
            ("-nothing failed", true),
            ("nothing OR nothing OR root", true),
            ("failed or password", false),
        ],
    );
}

#[test]
fn messages_are_searched_by_words() {
    check(
        &login(),
        &[
            ("failed", true),
            ("FAILED", true),
            ("fail", false),
            ("fail*", true),
            ("message:fail*", true),
            ("\"failed password\"", true),
            ("\"password failed\"", false),
            ("\"failed for\"", false),
            ("failed-password", true),
            ("\"failed pass\"*", true),
            ("\"failed pass\"", false),
            ("10.0.0.1", true),
            ("10.0.0", true),
            ("10.0.0.*", true),
            ("10.0.1", false),
            ("0.0.0.1", false),
            ("*ailed", true),
            ("*AILED*", true),
            ("f?iled", true),
            ("p*d f*r", true),
            ("pass*22", true),
            ("f?led", false),
            ("\"%\"", true),
            ("\"50% of\"", true),
            ("*0%*", true),
            ("*0_*", false),
            ("été", true),
            ("*été*", false),
            ("*ÉtÉ*", true),
            ("İs", true),
            ("is", false),
            ("😀", true),
            ("\"🙂\"", false),
            ("*", true),
            ("message:*", true),
        ],
    );
}

#[test]
fn all_of_a_payload_is_asked_without_a_key() {
    check(
        &login(),
        &[
            ("payload:root", true),
            ("payload:Root", false),
            ("payload:r*t", true),
            ("payload:deep", true),
            ("payload:y", true),
            ("payload:x", false),
            ("payload:blank", true),
            ("payload:1", true),
            ("payload:7", true),
            ("payload:\"7\"", false),
            ("payload:999..1001", true),
            ("payload>1000", false),
            ("payload:true", true),
            ("payload:false", false),
            ("payload:null", true),
            ("payload:*", true),
            ("payload:[nobody, admin]", true),
        ],
    );
    let mut bare = login();
    bare.raw_payload = json!({ "a": null, "b": [], "c": {} }).into();
    check(&bare, &[("payload:*", false), ("payload:null", true)]);
    assert_eq!(read("payload:root").expr.to_string(), "payload:root");
}

#[test]
fn payloads_are_walked_by_keys() {
    check(
        &login(),
        &[
            ("payload.user.name:root", true),
            ("payload.user.name:Root", false),
            ("payload.user.name:r*t", true),
            ("payload.user:*", true),
            ("payload.user:root", false),
            ("payload.user.name.x:*", false),
            ("payload.\"odd.key\".x:1", true),
            ("payload.odd.key.x:1", false),
            ("payload.list.a:1", false),
            ("payload.list.0.a:1", false),
            ("payload.list:*", true),
            ("payload.list:1", false),
            ("payload.empty:*", true),
            ("payload.obj:*", true),
            ("payload.none:*", false),
            ("payload.none:null", true),
            ("payload.nonetext:null", true),
            ("payload.nonetext:\"null\"", true),
            ("payload.none:\"null\"", false),
            ("payload.user.roles:admin", true),
            ("payload.user.roles:adm*", true),
            ("payload.user.roles:7", true),
            ("payload.user.roles:null", true),
            ("payload.user.roles:y", false),
            ("payload.user.roles:deep", false),
            ("payload.user.roles:nobody", false),
            ("payload.user.roles>6", true),
            ("payload.user.roles:8..", false),
            ("payload.user.id:5", true),
            ("payload.user.id:5.0", true),
            ("payload.user.id:\"5\"", false),
            ("payload.f:5", true),
            ("payload.text5:5", true),
            ("payload.text5:5.0", false),
            ("payload.text5:\"5\"", true),
            ("payload.text5:?", true),
            ("payload.user.id:?", false),
            ("payload.text5>4", false),
            ("payload.text5>\"4\"", true),
            ("payload.user.id>\"4\"", false),
            ("payload.user.id>4", true),
            ("payload.user.id:4..5", true),
            ("payload.user.id:4..x", false),
            ("payload.text5:4..x", true),
            ("payload.big:1000", true),
            ("payload.yes:true", true),
            ("payload.yestext:true", true),
            ("payload.yes:false", false),
            ("payload.yes:\"true\"", false),
            ("payload.yes:t*", false),
            ("payload.\"\":blank", true),
            ("payload.é>\"\u{ffff}\"", true),
        ],
    );
}

/// The words of one text.
fn words(text: &str) -> Vec<String> {
    text::words(text).map(|w| w.text.into_owned()).collect()
}

#[test]
fn words_are_runs_of_letters_and_digits() {
    assert_eq!(words("Failed-PASSWORD_for 10.0.0.1"), ["failed", "password", "for", "10", "0", "0", "1"]);
    assert_eq!(words("ÉTÉ straße ΣΑΣ 日本語のログ x😀y"), ["été", "straße", "σασ", "日本語のログ", "x", "y"]);
    assert_eq!(words("e\u{301}t"), ["e", "t"]);
    assert_eq!(words(" \t--"), [""; 0]);
    assert_eq!(words(&"x".repeat(100)), ["x".repeat(64)]);
    assert_eq!(words(&"É".repeat(65)), ["é".repeat(64)]);
    // The letter whose lower case has two characters.
    assert_eq!(words(&["x".repeat(63), "İ".into()].concat()), [["x".repeat(63), "i".into()].concat()]);
    assert_eq!(words("İs"), ["i\u{307}s"]);
}

#[test]
fn lower_case_letters_stay_as_they_are() {
    // What printing and reading a word again relies on, for every character.
    for c in (0..=0x10_ffff).filter_map(char::from_u32).filter(|c| c.is_alphanumeric() && *c != 'İ') {
        let lower: Vec<char> = c.to_lowercase().collect();
        assert!(lower.len() == 1 && lower[0].is_alphanumeric(), "{c}");
        assert_eq!(lower[0].to_lowercase().collect::<Vec<_>>(), lower, "{c}");
    }
}

#[test]
fn only_the_first_words_are_searched() {
    let many = (0..1200).map(|n| format!("w{n}")).collect::<Vec<_>>().join(" ");
    assert_eq!(words(&many).len(), 1000);
    let check = |text: &str, message: &str| read(text).matches(&Event { message: message.into(), ..login() });
    assert!(check("w999", &many) && !check("w1000", &many) && check("*w1000*", &many));
    let same = ["a ".repeat(200), "end".into()].concat();
    assert!(check("end", &same));
    let more = ["x ".into(), "a ".repeat(100), "mid ".into(), "A ".repeat(101), "end".into()].concat();
    assert_eq!(words(&more).len(), 202);
    assert!(check("mid", &more) && !check("end", &more) && check("\"a mid a\"", &more));
}

#[test]
fn highlights_are_what_was_found() {
    let message = "Failed password, failed-PASSWORD; 10.0.0.1 İs 😀";
    for (text, expected) in [
        ("", vec![]),
        ("failed", vec!["Failed", "failed"]),
        ("pass*", vec!["password", "PASSWORD"]),
        ("\"failed password\"", vec!["Failed password", "failed-PASSWORD"]),
        ("failed password", vec!["Failed", "password", "failed", "PASSWORD"]),
        ("failed-password OR \"password failed\"", vec!["Failed password, failed-PASSWORD"]),
        ("-failed 10.0.0.1", vec!["10.0.0.1"]),
        ("*ASS*", vec!["ass", "ASS"]),
        ("p?s*rd", vec!["password", "PASSWORD"]),
        ("message:is component:failed", vec![]),
        ("message:İS", vec!["İs"]),
        ("*😀*", vec!["😀"]),
        ("*", vec![]),
    ] {
        let found = read(text).highlights(message);
        let found: Vec<&str> = found.into_iter().map(|r| &message[r]).collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn generated_queries_match_sometimes() {
    // Else the property tests here and in `store` would prove nothing.
    let mut seed = 1u64;
    let mut byte = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 56) as u8
    };
    let mut hits = [0, 0];
    for _ in 0..4000 {
        let bytes: Vec<u8> = (0..400).map(|_| byte()).collect();
        let (one, two) = bytes.split_at(200);
        let term = Query { expr: expr(&mut Choices(one), 0), ..Query::everything(&EVENTS) };
        hits[usize::from(term.matches(&event(&mut Choices(two))))] += 1;
    }
    assert!(hits[1] > 400 && hits[0] > 400, "{hits:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn logic_has_two_values(
        a in prop::collection::vec(any::<u8>(), 0..100),
        b in prop::collection::vec(any::<u8>(), 0..100),
        e in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let event = event(&mut Choices(&e));
        let (a, b) = (query(&mut Choices(&a)).expr, query(&mut Choices(&b)).expr);
        let run = |expr: Expr| Query { expr, ..Query::everything(&EVENTS) }.matches(&event);
        let not = |e: &Expr| Expr::Not(Box::new(e.clone()));
        let (x, y) = (run(a.clone()), run(b.clone()));
        prop_assert_eq!(run(not(&a)), !x);
        prop_assert_eq!(run(Expr::All(vec![a.clone(), b.clone()])), x && y);
        prop_assert_eq!(run(Expr::Any(vec![a.clone(), b.clone()])), x || y);
        prop_assert_eq!(
            run(not(&Expr::All(vec![a.clone(), b.clone()]))),
            run(Expr::Any(vec![not(&a), not(&b)]))
        );
    }

    #[test]
    fn there_is_something_to_highlight_where_words_match(
        q in prop::collection::vec(any::<u8>(), 0..50),
        e in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let event = event(&mut Choices(&e));
        let query = query(&mut Choices(&q));
        let found = query.highlights(&event.message);
        prop_assert!(found.windows(2).all(|w| w[0].end <= w[1].start));
        prop_assert!(found.iter().all(|r| event.message.get(r.clone()).is_some()));
        if let Expr::Term(Term { test: Test::Text(text), .. }) = &query.expr {
            prop_assert_eq!(query.matches(&event), text.matches(&event.message));
            prop_assert_eq!(text.matches(&event.message), !text.find(&event.message).is_empty());
        }
    }
}

#[test]
fn a_long_message_is_searched_in_linear_time() {
    // Quadratic, this would take minutes.
    let message = ["a".repeat(200_000), " a".repeat(100_000)].concat();
    let event = Event { message, ..login() };
    for text in ["a*zzz", "a?a*aaz", "*aaaz*", "a*z*a", "\"a a a a z\"", "z*"] {
        let query = read(text);
        assert!(!query.matches(&event) && query.highlights(&event.message).is_empty(), "{text}");
    }
    assert_eq!(read("a*a").highlights(&event.message).len(), 150_000);
}

#[test]
fn a_key_is_the_number_of_what_has_it() {
    let of = |text: &str, schema: &'static Schema| parse(text, schema, now()).unwrap().expr;
    for text in ["CASE-42", "case-42", "number:CASE-42"] {
        assert_eq!(of(text, &CASES), of("number:42", &CASES), "{text}");
    }
    assert_eq!(of("(CASE-42) -tag:noise", &CASES), of("number:42 -tag:noise", &CASES));
    assert_eq!(of("number:[CASE-1, 2]", &CASES), of("number:[1, 2]", &CASES));
    assert_eq!(of("DRIFT-9", &DRIFTS), of("number:9", &DRIFTS));
    for text in ["\"CASE-42\"", "DRIFT-42", "CASE-42a"] {
        assert_ne!(of(text, &CASES), of("number:42", &CASES), "{text} is a word");
    }
    assert!(parse("number:DRIFT-42", &CASES, now()).is_err());
}

#[test]
fn words_of_a_scale_are_compared_by_their_places() {
    let told = |text: &str| parse(text, &CASES, now()).unwrap().to_string();
    for (text, same) in [
        ("priority>=high", "priority:[high, urgent]"),
        ("-priority>low", "-priority:[normal, high, urgent]"),
        ("priority<normal", "priority:low"),
        ("tlp:amber..", "tlp:[amber, amber+strict, red]"),
        ("pap:green..AMBER", "pap:[green, amber]"),
        ("priority:*", "priority:*"),
    ] {
        assert_eq!(told(text), told(same), "{text}");
    }
    for (text, why) in [
        ("priority>urgent", "no value of `priority` is beyond this one"),
        ("priority:urgent..low", "write `low..urgent`"),
        ("priority>=hgih", "did you mean `high`?"),
        ("resolution>=benign", "have no order"),
    ] {
        let problem = parse(text, &CASES, now()).unwrap_err();
        assert!(problem.message.contains(why), "{text}: {}", problem.message);
    }
}
