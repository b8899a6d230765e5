//! Lists whose texts are searched by their parts: groups.

use super::*;

fn told(text: &str) -> String {
    match parse(text, &GROUPS, now()) {
        Ok(query) => query.to_string(),
        Err(problem) => problem.placed(text),
    }
}

#[test]
fn words_in_a_row_are_one_part_with_what_is_between_them() {
    for (text, canonical) in [
        ("failed", "*failed*"),
        ("Failed  password for <id>", "*Failed\\ \\ password\\ for\\ \\<id\\>*"),
        ("component:sshd failed password", "component:sshd *failed\\ password*"),
        ("failed component:sshd password", "*failed* component:sshd *password*"),
        ("failed AND password", "*failed* *password*"),
        ("failed \"pass word\"", "*failed* *pass\\ word*"),
        ("failed -password for", "*failed* -*password* *for*"),
        ("a b OR c d", "*a\\ b* OR *c\\ d*"),
        ("fail*word", "fail*word"),
        ("\"a\"*", "*a*"),
        ("template:(failed password)", "template:*failed\\ password*"),
        ("text:failed password", "template:*failed* *password*"),
        ("(failed) password", "*failed* *password*"),
        ("failed (password)", "*failed* *password*"),
        ("template:(a) template:(b)", "template:*a* template:*b*"),
        ("template:[a] template:[b]", "template:*a* template:*b*"),
        ("kernel: Out of memory", "*kernel\\:\\ Out\\ of\\ memory*"),
        ("state:MUTED assigned:*", "status:muted assignee:*"),
        ("assignee:nobody", "-assignee:*"),
        ("assigned:Nobody -assignee:nobody", "-assignee:* assignee:*"),
        ("assignee:[ada@acme.example, nobody]", "assignee:ada@acme.example OR -assignee:*"),
        ("assignee:(ada* OR nobody) door", "(assignee:ada* OR -assignee:*) *door*"),
        ("assignee:nobody*", "assignee:nobody*"),
        ("count>=10 seen>2026-11-22", "event_count>=10 last_seen>2026-11-22T23:59:59.999999Z"),
    ] {
        assert_eq!(told(text), canonical, "{text}");
        let again = parse(canonical, &GROUPS, now()).unwrap();
        assert_eq!(again.expr, parse(text, &GROUPS, now()).unwrap().expr, "{text}");
    }
    let query = parse("component:x failed password -(a b)", &GROUPS, now()).unwrap();
    let text = "component:x failed password -(a b)";
    let conjuncts: Vec<&str> = query.conjuncts.iter().map(|c| &text[c.clone()]).collect();
    assert_eq!(conjuncts, ["component:x", "failed password", "-(a b)"]);
}

#[test]
fn what_is_no_field_of_it_is_told() {
    assert_eq!(told("a componnent:x"), "at character 3: no field `componnent`; did you mean `component`?");
    assert_eq!(told("componnent: x"), "at character 1: no field `componnent`; did you mean `component`?");
    assert_eq!(told("environment:prod"), "at character 1: no field `environment`; text goes in quotes");
    assert_eq!(
        told("status:mutde"),
        "at character 8: `mutde` is not one of new, ongoing, escalating, regressed, muted, resolved; did you mean `muted`?"
    );
    assert_eq!(
        told("status:mu"),
        "at character 8: `mu` is not one of new, ongoing, escalating, regressed, muted, resolved; did you mean `muted`?"
    );
    assert_eq!(
        told("status:re"),
        "at character 8: `re` is not one of new, ongoing, escalating, regressed, muted, resolved"
    );
    assert_eq!(
        told("template>a"),
        "at character 10: `template` is searched by parts and has no order; write `:`"
    );
    assert_eq!(told("component: sshd"), "at character 11: a value is missing after `component:`");
    assert_eq!(told("\"\""), "at character 1: nothing to search for between the quotes");
}

#[test]
fn each_field_of_groups_is_documented() {
    let doc = include_str!("../../../../../docs/QUERY.md");
    let of_groups = doc.split("## Fields of groups").nth(1).unwrap();
    for field in GROUPS.fields.iter().flat_map(Field::names) {
        assert!(of_groups.contains(&format!("`{field}`")), "{field}");
    }
}

#[test]
fn a_status_of_groups_is_one_of_the_words_of_the_field() {
    let Kind::Choice(words) = GROUPS.field("status").unwrap().kind else { panic!() };
    let known: Vec<&str> = crate::group::Status::ALL.iter().map(|status| status.as_str()).collect();
    assert_eq!(words, known);
}
