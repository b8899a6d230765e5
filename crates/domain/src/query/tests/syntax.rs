//! How a query is written, what is wrong with it, and what is printed again.

use proptest::prelude::*;

use super::super::testing::{Choices, query};
use super::*;

/// What is written, and its canonical form.
#[test]
fn a_query_has_one_canonical_form() {
    for (text, canonical) in [
        ("", ""),
        ("  \t ", ""),
        ("severity>=error component=auth", "severity>=high component:auth"),
        ("-service:billing \"Failed password\"", "-service:billing \"failed password\""),
        ("NOT service:billing", "-service:billing"),
        ("service!=billing", "-service:billing"),
        ("-service!=billing", "service:billing"),
        ("NOT NOT a", "a"),
        ("-(a b)", "-(a b)"),
        ("a AND b", "a b"),
        ("a b OR c d", "a b OR c d"),
        ("a (b OR c)", "a (b OR c)"),
        ("NOT a b", "-a b"),
        ("or and not", "or and not"),
        ("(a)", "a"),
        ("\"OR\"", "or"),
        ("event_type:(login OR logout)", "event_type:[login, logout]"),
        ("type:(a b)", "event_type:a event_type:b"),
        ("type:(a -b)", "event_type:a -event_type:b"),
        ("component:[a, \"b c\" ,d*]", "component:[a, \"b c\", d*]"),
        ("component!=[a,b]", "-component:[a, b]"),
        ("component:[a]", "component:a"),
        ("system_id:web-*", "system_id:web-*"),
        ("HOST:web-??", "system_id:web-??"),
        ("component:a\\*b", "component:\"a*b\""),
        ("component:\"a*b\"", "component:\"a*b\""),
        ("component:\"a b\"*", "component:a\\ b*"),
        ("component:*", "component:*"),
        ("-component:*", "-component:*"),
        ("component:\"*\"", "component:\"*\""),
        ("component:\"\"", "component:\"\""),
        ("component:OR", "component:\"OR\""),
        ("component:a..b", "component:a..b"),
        ("component:\"a..b\"", "component:\"a..b\""),
        ("component>=a", "component>=a"),
        ("severity:low..", "severity>=low"),
        ("severity:..high", "severity<=high"),
        ("severity:medium..high", "severity:medium..high"),
        ("source:10.0.0.1:443", "source:10.0.0.1:443"),
        ("source:C:\\Windows\\x", "source:\"C:\\\\Windows\\\\x\""),
        ("10.0.0.1", "\"10 0 0 1\""),
        ("10.0.0.1:443", "\"10 0 0 1 443\""),
        ("[error]", "error"),
        ("fail*", "fail*"),
        ("\"failed pass\"*", "\"failed pass\"*"),
        ("fa*led", "fa*led"),
        ("*ailed", "*ailed*"),
        ("a*b*", "a*b"),
        ("/*", "*/*"),
        ("\"--\"", "*\\--*"),
        ("--verbose", "verbose"),
        ("10.0.0.*", "\"10 0 0\""),
        ("message:Failed", "message:failed"),
        ("message:[a, b]", "message:a OR message:b"),
        ("a \"say \\\"hi\\\" \\\\ \\n\"", "a \"say hi n\""),
        ("payload.user:root", "payload.user:root"),
        ("payload.\"odd.key\".x:1", "payload.\"odd.key\".x:1"),
        ("payload.x:\"1\"", "payload.x:\"1\""),
        ("payload.port:1..5", "payload.port:1..5"),
        ("payload.port:5..", "payload.port>=5"),
        ("payload.port:1..x", "payload.port:\"1\"..x"),
        ("payload.x:[null, true, 1e3, -5]", "payload.x:[null, true, 1e3, -5]"),
        ("payload.x>\"5\"", "payload.x>\"5\""),
        ("payload.x:007", "payload.x:007"),
        ("occurred_at:2026-11-22", "occurred_at:2026-11-22T00:00:00.000000Z..2026-11-22T23:59:59.999999Z"),
        (
            "time:2026-11-23T09:30+01:00",
            "occurred_at:2026-11-23T08:30:00.000000Z..2026-11-23T08:30:59.999999Z",
        ),
        ("time:2026-11-23T09:30:00Z", "occurred_at:2026-11-23T09:30:00.000000Z"),
        ("time>2026-11-22", "occurred_at>2026-11-22T23:59:59.999999Z"),
        ("time>=2026-11-22", "occurred_at>=2026-11-22T00:00:00.000000Z"),
        ("time<=today", "occurred_at<=2026-11-23T23:59:59.999999Z"),
        ("time<yesterday", "occurred_at<2026-11-22T00:00:00.000000Z"),
        ("occurred_at>-15m", "occurred_at>2026-11-23T09:15:00.000000Z"),
        ("time:-1d..now", "occurred_at:2026-11-22T09:30:00.000000Z..2026-11-23T09:30:00.000000Z"),
        ("time:-1w..", "occurred_at>=2026-11-16T09:30:00.000000Z"),
        ("time:-99999999999999999999d..", "occurred_at>=1970-01-01T00:00:00.000000Z"),
        (
            "time:(-2h..-1h OR today)",
            "occurred_at:[2026-11-23T07:30:00.000000Z..2026-11-23T08:30:00.000000Z, 2026-11-23T00:00:00.000000Z..2026-11-23T23:59:59.999999Z]",
        ),
        ("time>=\"Jun 14 15:16:01\"", "occurred_at>=2026-06-14T15:16:01.000000Z"),
        ("id:00000000000000000000000000000abc", "id:00000000-0000-0000-0000-000000000abc"),
    ] {
        assert_eq!(read(text).to_string(), canonical, "{text}");
        assert_eq!(read(canonical).expr, read(text).expr, "{text}");
    }
}

#[test]
fn a_problem_says_where_and_what_to_do() {
    // The carets stand below what is wrong.
    for (text, carets, message) in [
        ("a componnent:x", "  ^^^^^^^^^^", "no field `componnent`; did you mean `component`?"),
        ("port:1", "^^^^", "no field `port`; did you mean `payload.port`, or text in quotes?"),
        (
            "user.name:1",
            "^^^^^^^^^",
            "no field `user.name`; did you mean `payload.user.name`, or text in quotes?",
        ),
        ("é \"abc", "  ^", "this quote is not closed"),
        ("component:\"abc", "          ^", "this quote is not closed"),
        ("a (b", "  ^", "this parenthesis is not closed"),
        ("a) b", " ^", "no parenthesis is open here"),
        ("component:[a, b", "          ^", "this list is not closed; it ends with `]`"),
        ("component:[a b]", "             ^", "put `,` between the values of a list, and `]` after the last"),
        ("component:[]", "           ", "a value is missing in this list"),
        ("component:[a,]", "             ", "a value is missing in this list"),
        ("component: a", "          ", "a value is missing after `component:`"),
        ("severity>=", "          ", "a value is missing after `severity>=`"),
        ("severity >= high", "^^^^^^^^^^^", "write `severity>=` and its value without blanks"),
        (
            "component:>5",
            "          ^",
            "one operator is enough; a value that begins with such a character goes in quotes",
        ),
        ("component>[a]", "          ^", "`>` takes one value"),
        ("component:..", "          ^^", "a range needs one end at least, such as `1..5` or `5..`"),
        ("a OR", "    ", "a term is missing after `OR`"),
        ("OR a", "^^", "there is no term before `OR`; as a word it goes in quotes"),
        ("a AND AND b", "      ^^^", "a term is missing after `AND`"),
        ("NOT", "   ", "a term is missing after `NOT`"),
        ("()", " ", "a term is missing after an opening parenthesis"),
        ("\"\"", "^^", "nothing to search for between the quotes"),
        ("severity:loud", "         ^^^^", "`loud` is not a severity: info, low, medium, high or critical"),
        (
            "severity:hgih",
            "         ^^^^",
            "`hgih` is not a severity: info, low, medium, high or critical; did you mean `high`?",
        ),
        (
            "severity:high,critical",
            "         ^^^^^^^^^^^^^",
            "several values go in a list: `severity:[high, critical]`",
        ),
        (
            "severity!=(high,low)",
            "           ^^^^^^^^",
            "several values go in a list: `severity:[high, low]`",
        ),
        (
            "a severity:critical..info",
            "           ^^^^^^^^^^^^^^",
            "the ends of this range are swapped, so nothing is in it; write `info..critical`",
        ),
        (
            "time!=2026-02-03..2026-01-31",
            "      ^^^^^^^^^^^^^^^^^^^^^^",
            "the ends of this range are swapped, so nothing is in it; write `2026-01-31..2026-02-03`",
        ),
        (
            "time:[-1h..-2h]",
            "      ^^^^^^^^",
            "the ends of this range are swapped, so nothing is in it; write `-2h..-1h`",
        ),
        (
            "time:today..yesterday",
            "     ^^^^^^^^^^^^^^^^",
            "the ends of this range are swapped, so nothing is in it; write `yesterday..today`",
        ),
        (
            "payload.port:1023..1",
            "             ^^^^^^^",
            "the ends of this range are swapped, so nothing is in it; write `1..1023`",
        ),
        (
            "component:(\"b c\"..a)",
            "           ^^^^^^^^",
            "the ends of this range are swapped, so nothing is in it; write `a..\"b c\"`",
        ),
        (
            "severity:hig",
            "         ^^^",
            "`hig` is not a severity: info, low, medium, high or critical; did you mean `high`?",
        ),
        (
            "severity:hi",
            "         ^^",
            "`hi` is not a severity: info, low, medium, high or critical; did you mean `high`?",
        ),
        ("severity:hi*", "         ^^^", "no wildcard can stand here; put a literal `*` or `?` in quotes"),
        ("component>a*", "          ^^", "no wildcard can stand here; put a literal `*` or `?` in quotes"),
        ("time:-15m", "     ^^^^", "`-15m` is one instant, which no event hits; write `>=-15m` or `-15m..`"),
        (
            "time>soon",
            "     ^^^^",
            "`soon` is not a time; use RFC 3339 such as 2026-11-23T09:30:00Z, ISO 8601, epoch seconds or milliseconds, or a syslog, Apache or asctime date, or relative such as -15m, -2h, -7d",
        ),
        (
            "time>2026-02-30",
            "     ^^^^^^^^^^",
            "`2026-02-30` is no such day or time; check month, day, hour, minute and second, or relative such as -15m, -2h, -7d",
        ),
        ("id:5", "   ^", "`5` is not an id; an id has 32 hex digits"),
        (
            "id>00000000000000000000000000000abc",
            "   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
            "the values of `id` have no order; write `:`",
        ),
        ("message>a", "        ^", "`message` is searched by words and has no order; write `:`"),
        (
            "payload.:x",
            "^^^^^^^^",
            "name what of the payload, such as `payload.user.name`, or ask all of it: `payload:root`",
        ),
    ] {
        let problem = parse(text, &EVENTS, now()).expect_err(text);
        assert_eq!(problem.message, message, "{text}");
        let column = |at: usize| text[..at].chars().count();
        let drawn =
            [" ".repeat(column(problem.at.start)), "^".repeat(text[problem.at.clone()].chars().count())]
                .concat();
        assert_eq!(drawn, carets, "{text}");
    }
    let suggestion = |text| parse(text, &EVENTS, now()).unwrap_err().suggestion;
    assert_eq!(suggestion("componnent:x").as_deref(), Some("component"));
    assert_eq!(suggestion("severity >= x").as_deref(), Some("severity>="));
    assert_eq!(suggestion("severity:hihg").as_deref(), Some("high"));
    assert_eq!(suggestion("severity:loud").as_deref(), None);
    assert_eq!(suggestion("severity:hi").as_deref(), Some("high"));
    assert_eq!(suggestion("severity:[low, CRITI]").as_deref(), Some("critical"));
    assert_eq!(suggestion("severity:\"\"").as_deref(), None, "all begin so");
    assert_eq!(suggestion("severity:high,low").as_deref(), Some("[high, low]"));
    assert_eq!(suggestion("severity:high..low").as_deref(), Some("low..high"));
}

/// What was kept to be asked later goes on to be a query: whether ends are swapped is told only where no clock decides it.
#[test]
fn whether_a_range_can_be_read_does_not_depend_on_the_clock() {
    for text in [
        "time:-1d..2026-01-01",
        "time:2027-01-01..now",
        "time:today..2026-01-01",
        "time:\"Dec 20 10:00:00\"..\"Jan 3 10:00:00\"",
        "time:2026-11-23T10:00:00Z..2026-11-23T09:00:00",
        "time:2026-11-23..2026-11-23",
        "payload.x:5..5.0",
        "component:high,low",
    ] {
        // The last is Christmas: then December comes after January.
        for clock in [now(), now().plus_seconds(366 * 86_400), now().plus_seconds(32 * 86_400)] {
            assert!(parse(text, &EVENTS, clock).is_ok(), "{text} at {clock}");
        }
    }
}

static NUMBERED: Schema = Schema {
    payload: false,
    fields: &[
        Field { name: "count", aliases: &[], kind: Kind::Number, doc: "", key: "" },
        Field { name: "state", aliases: &[], kind: Kind::Choice(&["open", "closed"]), doc: "", key: "" },
    ],
};

#[test]
fn another_schema_has_other_fields() {
    let told = |text| match parse(text, &NUMBERED, now()) {
        Ok(query) => query.to_string(),
        Err(problem) => problem.message,
    };
    assert_eq!(told("count>5 state:OPEN"), "count>5 state:open");
    assert_eq!(told("count:(-5 OR 1..2) -state:*"), "count:[-5, 1..2] -state:*");
    assert_eq!(told("count:many"), "`many` is not a number, such as 5, -1 or 0.25");
    assert_eq!(told("count:5..1"), "the ends of this range are swapped, so nothing is in it; write `1..5`");
    assert_eq!(told("state:open,closed"), "several values go in a list: `state:[open, closed]`");
    assert_eq!(told("state:opne"), "`opne` is not one of open, closed; did you mean `open`?");
    assert_eq!(told("count:1e999"), "`1e999` is not a number, such as 5, -1 or 0.25");
    assert_eq!(told("state:opn"), "`opn` is not one of open, closed; did you mean `open`?");
    assert_eq!(told("state>open"), "the values of `state` have no order; write `:`");
    assert_eq!(told("word"), "free words are not searched here; name a field");
    assert_eq!(told("zzz:1"), "no field `zzz`; text goes in quotes");
    assert_eq!(told("payload.x:1"), "no field `payload.x`; text goes in quotes");
}

#[test]
fn limits_are_errors() {
    let told = |text: &str| parse(text, &EVENTS, now()).map_err(|p| p.message).err();
    assert_eq!(told(&"é".repeat(2049)).as_deref(), Some("a query has at most 4096 bytes"));
    assert_eq!(told(&"a ".repeat(200)), None);
    assert_eq!(
        told(&"a ".repeat(201)).as_deref(),
        Some("a query has at most 200 terms; each value of a list is one")
    );
    let nested = |n: usize| ["(".repeat(n), "a".to_owned(), ")".repeat(n)].concat();
    assert_eq!(told(&nested(50)), None);
    assert_eq!(told(&nested(51)).as_deref(), Some("nested deeper than 50 levels"));
    assert_eq!(
        told(&["NOT ".repeat(51).as_str(), "a"].concat()).as_deref(),
        Some("nested deeper than 50 levels")
    );
    assert_eq!(told(&"(".repeat(4096)).as_deref(), Some("nested deeper than 50 levels"));
}

#[test]
fn a_term_knows_its_place() {
    let query = read("a component:[x, \"y z\"] -(time>now)");
    let text = "a component:[x, \"y z\"] -(time>now)";
    assert_eq!(
        query.conjuncts.iter().map(|c| &text[c.clone()]).collect::<Vec<_>>(),
        ["a", "component:[x, \"y z\"]", "-(time>now)"]
    );
    let Expr::All(all) = &query.expr else { panic!() };
    let Expr::Any(list) = &all[1] else { panic!() };
    let Expr::Term(second) = &list[1] else { panic!() };
    assert_eq!(&text[second.span.clone()], "\"y z\"");
}

#[test]
fn nul_is_read_as_events_store_it() {
    assert_eq!(read("component:a\0b").expr, read("component:a\u{fffd}b").expr);
    assert_eq!(read("component:\"a\0\"").expr, read("component:\"a\u{fffd}\"").expr);
}

#[test]
fn the_readme_of_the_language_holds() {
    // Each indented line of the examples is a query.
    let doc = include_str!("../../../../../docs/QUERY.md");
    let examples = doc.split("```").nth(1).unwrap();
    let lines: Vec<&str> = examples.lines().filter(|l| !l.is_empty() && *l != "text").collect();
    assert!(lines.len() > 5);
    for line in lines {
        read(line.split("  #").next().unwrap());
    }
    for field in EVENTS.fields.iter().flat_map(Field::names) {
        assert!(doc.contains(&format!("`{field}`")), "{field} is not documented");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_is_printed_reads_as_the_same_tree(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let query = query(&mut Choices(&bytes));
        let text = query.to_string();
        let again = parse(&text, &EVENTS, now()).map_err(|p| TestCaseError::fail(format!("{text}: {p}")))?;
        prop_assert_eq!(&again.expr, &query.expr, "{}", text);
        prop_assert_eq!(again.to_string(), text);
    }

    #[test]
    fn any_text_is_a_query_or_a_problem_within_it(text in any_text()) {
        match parse(&text, &EVENTS, now()) {
            Ok(query) => {
                let printed = query.to_string();
                if printed.len() <= MAX_BYTES {
                    let again = parse(&printed, &EVENTS, now()).map_err(|p| TestCaseError::fail(format!("{text}\n{printed}: {p}")))?;
                    prop_assert_eq!(again.expr, query.expr, "{}\n{}", text, printed);
                }
                for at in query.conjuncts {
                    prop_assert!(text.get(at).is_some());
                }
            }
            Err(problem) => {
                prop_assert!(text.get(problem.at).is_some());
                prop_assert!(!problem.message.is_empty());
            }
        }
    }

    #[test]
    fn completion_never_panics(text in any_text(), cursor in 0usize..200) {
        let completion = complete(&text, cursor, &EVENTS);
        prop_assert!(text.get(completion.replace).is_some());
    }
}

/// Arbitrary characters, and pieces of the language in any order.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "component",
        "severity",
        "time",
        "payload",
        "message",
        "id",
        ":",
        "=",
        "!=",
        ">",
        ">=",
        "<",
        "(",
        ")",
        "[",
        "]",
        ",",
        "\"",
        "\\",
        "*",
        "?",
        "-",
        "..",
        ".",
        " ",
        " ",
        "OR",
        "AND",
        "NOT",
        "a",
        "é",
        "😀",
        "İ",
        "5",
        "-1d",
        "2026-11-23",
        "high",
        "\0",
        "e\u{301}",
    ]);
    prop_oneof![any::<String>(), prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat()),]
}
