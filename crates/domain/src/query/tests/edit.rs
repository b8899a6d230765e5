//! Facets change a query, and nothing else in it.

use proptest::prelude::*;

use super::super::edit::*;
use super::super::testing::{Choices, event, query};
use super::*;

#[test]
fn a_facet_changes_its_own_field_only() {
    type Edit = fn(&str, &Schema, &str, &str) -> Result<String, Problem>;
    type Table = &'static [(&'static str, &'static str, &'static str)];
    let edits: [(Edit, &str, Table); 4] = [
        (
            include,
            "include",
            &[
                ("", "a", "component:a"),
                ("  ", "a", "component:a"),
                ("component:a", "a", "component:a"),
                ("component:a", "b", "component:[a, b]"),
                ("component=a", "b", "component:[a, b]"),
                ("x  component:[a,b]  -y", "c", "x  component:[a, b, c]  -y"),
                ("Component:a", "b c", "Component:[a, \"b c\"]"),
                ("component:(a OR b) x", "c", "component:[a, b, c] x"),
                ("x OR y", "a", "(x OR y) component:a"),
                ("host:[m, n]", "a", "host:[m, n] component:a"),
                ("component:a OR host:b", "c", "(component:a OR host:b) component:c"),
                ("component:a OR component:b", "c", "component:[a, b, c]"),
                ("x -component:a", "a", "x component:a"),
                ("-component:[a, b] x", "a", "-component:b x component:a"),
                ("component:w*", "a", "component:w* component:a"),
                ("(x component:a)", "b", "x component:[a, b]"),
                ("x ", "say \"hi\" \\", "x component:\"say \\\"hi\\\" \\\\\""),
                ("x\\ ", "*", "x\\  component:\"*\""),
                ("time>-15m \"fail\"", "a", "time>-15m \"fail\" component:a"),
            ],
        ),
        (
            exclude,
            "exclude",
            &[
                ("", "a", "-component:a"),
                ("x -component:a", "b", "x -component:[a, b]"),
                ("component!=a x", "b", "-component:[a, b] x"),
                ("NOT component:a", "b", "-component:[a, b]"),
                ("component:a y", "a", "y -component:a"),
                ("component:a OR component:b", "c", "(component:a OR component:b) -component:c"),
            ],
        ),
        (
            only,
            "only",
            &[
                ("x component:[a, b] -component:c y", "d", "x y component:d"),
                ("component:a", "a", "component:a"),
                ("x", "a", "x component:a"),
            ],
        ),
        (
            remove,
            "remove",
            &[
                ("x AND component:a AND y", "a", "x AND y"),
                ("component:a AND y", "a", "y"),
                ("component:a -component:a  y", "a", "y"),
                ("x AND component:a", "a", "x"),
                ("component:[a, b]", "a", "component:b"),
                ("component:a", "b", "component:a"),
                ("component:a", "a", ""),
                ("component:a OR x", "a", "component:a OR x"),
                ("-component:a x", "a", "x"),
            ],
        ),
    ];
    for (edit, name, table) in edits {
        for (text, value, expected) in table {
            assert_eq!(
                edit(text, &EVENTS, "component", value).as_deref(),
                Ok(*expected),
                "{name} {value} in {text}"
            );
        }
    }
}

#[test]
fn edits_know_aliases_synonyms_and_payloads() {
    let text = |r: Result<String, Problem>| r.unwrap();
    assert_eq!(text(include("host:a", &EVENTS, "system_id", "b")), "host:[a, b]");
    assert_eq!(text(remove("severity:[error, low]", &EVENTS, "severity", "high")), "severity:low");
    assert_eq!(text(include("severity:error", &EVENTS, "severity", "high")), "severity:error");
    assert_eq!(text(include("", &EVENTS, "payload.\"a.b\".c", "5")), "payload.\"a.b\".c:5");
    assert_eq!(text(include("payload.x:5", &EVENTS, "payload.x", "true")), "payload.x:[5, true]");
    assert_eq!(text(clear("a host:x -host:[y, z] b", &EVENTS, "system_id")), "a b");
    assert!(include("", &EVENTS, "nofield", "5").is_err());
    assert!(include("(", &EVENTS, "component", "5").is_err());
    assert!(include("", &EVENTS, "severity", "wrong").is_err());
    assert!(include("", &EVENTS, "message", "word").is_err());
    assert!(include("", &EVENTS, "occurred_at", "2026-11-23").is_err());
}

#[test]
fn what_is_selected_is_what_all_must_have() {
    let query = read("x severity:[error, low] -host:a component:w* (env:p OR env:q) type:a OR b");
    assert_eq!(selected(&query), []);
    let query =
        read("x severity:[error, low] -host:[a, b] host:c component:w* (env:p OR env:q) payload.\"a b\":5");
    let told: Vec<String> = selected(&query)
        .into_iter()
        .map(|s| format!("{} +{} -{}", s.field, s.included.join(","), s.excluded.join(",")))
        .collect();
    assert_eq!(
        told,
        ["severity +high,low -", "system_id +c -a,b", "environment +p,q -", "payload.\"a b\" +5 -"]
    );
}

#[test]
fn a_range_of_severities_is_a_choice_of_them() {
    let told = |text: &str| {
        let all = selected(&read(text));
        all.into_iter()
            .map(|s| format!("+{} -{}", s.included.join(","), s.excluded.join(",")))
            .collect::<Vec<_>>()
    };
    assert_eq!(told("x severity>=high"), ["+high,critical -"]);
    assert_eq!(told("severity:low..high"), ["+low,medium,high -"]);
    assert_eq!(told("-severity<medium"), ["+ -info,low"]);
    assert_eq!(told("severity>critical"), [""; 0]);
    assert_eq!(told("component:[a, w*]"), [""; 0]);
    let text = |r: Result<String, Problem>| r.unwrap();
    assert_eq!(text(remove("x severity>=high", &EVENTS, "severity", "high")), "x severity:critical");
    assert_eq!(text(include("severity>=high", &EVENTS, "severity", "low")), "severity:[high, critical, low]");
    assert_eq!(text(only("severity>=high y", &EVENTS, "severity", "high")), "y severity:high");
    assert_eq!(text(include("severity>=high", &EVENTS, "severity", "high")), "severity>=high");
}

#[test]
fn words_that_were_meant_as_operators_are_told() {
    let meant = |text: &str| super::super::edit::meant(text, &EVENTS);
    assert_eq!(meant("failed or denied").as_deref(), Some("failed OR denied"));
    assert_eq!(meant("(a and host:b) not c").as_deref(), Some("(a AND host:b) NOT c"));
    assert_eq!(meant("\"or\" and2 message:or"), None);
    assert_eq!(meant("failed OR denied"), None);
    assert_eq!(meant("denied or"), None, "that cannot be read");
    assert_eq!(meant("host:web-1,web-2").as_deref(), Some("host:[web-1, web-2]"));
    assert_eq!(meant("a or -host:(x,y, OR z)").as_deref(), Some("a OR -host:([x, y] OR z)"));
    assert_eq!(meant("payload.port!=22,80").as_deref(), Some("payload.port!=[22, 80]"));
    assert_eq!(meant("host:\"a,b\" host:[\"a,b\", c] host:a\\,b host:a, a,b"), None);
}

/// The target that is printed so.
fn target_of(query: &Query, field: &str) -> Target {
    let of = |e: &Expr| {
        let inner = if let Expr::Not(inner) = e { inner } else { e };
        inner.alternatives().map(|(target, _)| target.clone())
    };
    query.expr.conjuncts().iter().filter_map(of).find(|target| target.to_string() == field).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn without_a_field_is_what_is_left_of_the_text(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut choices = Choices(&bytes);
        let (before, event) = (query(&mut choices), event(&mut choices));
        // An OR becomes one operand of the AND when it is edited: parentheses make that plain beforehand.
        let text = if matches!(before.expr, Expr::Any(_)) { format!("({before})") } else { before.to_string() };
        let Ok(query) = parse(&text, &EVENTS, now()) else { return Ok(()) };
        for chosen in selected(&query) {
            let left = clear(&text, &EVENTS, &chosen.field).unwrap();
            let left = parse(&left, &EVENTS, now()).unwrap();
            let target = target_of(&query, &chosen.field);
            let without = query.without_choices_of(&target);
            prop_assert_eq!(selected(&without), selected(&left), "{} without {}", &text, &chosen.field);
            prop_assert_eq!(without.matches(&event), left.matches(&event), "{} without {}", &text, &chosen.field);
        }
        prop_assert_eq!(&query.without_choices_of(&Target::Free).expr, &query.expr);
    }

    #[test]
    fn edits_keep_everything_else(
        bytes in prop::collection::vec(any::<u8>(), 0..120),
        value in prop::sample::select(super::super::testing::TEXTS.to_vec()),
        gaps in prop::sample::select(vec![" ", "  ", " AND "]),
    ) {
        let before = query(&mut Choices(&bytes));
        // As a person might have spaced it.
        let text = before.expr.conjuncts().iter().map(|e| match e {
            Expr::Any(_) if before.expr.conjuncts().len() > 1 => format!("({e})"),
            e => e.to_string(),
        }).collect::<Vec<_>>().join(gaps);
        let others = |q: &Query| -> Vec<Expr> {
            q.expr.conjuncts().iter().filter(|e| {
                let inner = if let Expr::Not(inner) = e { inner } else { *e };
                !inner.alternatives().is_some_and(|(t, _)| matches!(t, Target::Field(f) if f.name == "component"))
            }).cloned().collect()
        };
        let Ok(query) = parse(&text, &EVENTS, now()) else { return Ok(()) };
        for (edit, included, excluded) in [
            (include as fn(&str, &Schema, &str, &str) -> _, true, false),
            (exclude, false, true),
            (only, true, false),
            (remove, false, false),
        ] {
            let edited: Result<String, Problem> = edit(&text, &EVENTS, "component", value);
            let edited = edited.map_err(|p| TestCaseError::fail(format!("{text}: {p}")))?;
            let after = parse(&edited, &EVENTS, now()).map_err(|p| TestCaseError::fail(format!("{edited}: {p}")))?;
            let chosen = selected(&after).into_iter().find(|s| s.field == "component");
            let has = |list: fn(&Selected) -> &Vec<String>| chosen.as_ref().is_some_and(|s| list(s).iter().any(|v| v == value));
            prop_assert_eq!(has(|s| &s.included), included, "{} to {}", &text, &edited);
            prop_assert_eq!(has(|s| &s.excluded), excluded, "{} to {}", &text, &edited);
            // An OR becomes one operand of the AND.
            let was_all = matches!(query.expr, Expr::All(_));
            if was_all {
                prop_assert_eq!(others(&after), others(&query), "{} to {}", &text, &edited);
            }
        }
    }
}
