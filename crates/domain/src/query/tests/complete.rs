//! Where the cursor is, and what is offered there.

use super::*;

/// The bar is the cursor; told are the piece to replace, the context and the suggestions.
fn told(marked: &str) -> String {
    told_of(marked, &EVENTS)
}

fn told_of(marked: &str, schema: &Schema) -> String {
    let cursor = marked.find('|').unwrap();
    let text = marked.replace('|', "");
    let found = complete(&text, cursor, schema);
    let context = match &found.context {
        Context::Field { prefix } => format!("field {prefix}"),
        Context::Value { field, prefix } => format!("{field} {prefix}"),
        Context::Phrase { prefix } => format!("phrase {prefix}"),
    };
    let texts: Vec<&str> = found.suggestions.iter().map(|s| s.text.as_str()).collect();
    format!("[{}] {} > {}", &text[found.replace], context.trim(), texts.join(" ")).trim().to_owned()
}

#[test]
fn completion_knows_where_the_cursor_is() {
    for (marked, expected) in [
        ("sev|", "[sev] field sev > severity: severity_text:"),
        ("x SE|v", "[SEv] field SE > severity: severity_text: service:"),
        ("-ho|", "[ho] field ho > host:"),
        ("(comp|", "[comp] field comp > component:"),
        ("a O|", "[O] field O > occurred_at: OR"),
        ("pay|", "[pay] field pay > payload."),
        ("payload.us|", "[payload.us] field payload.us >"),
        ("sev|erity:high", "[severity] field sev > severity severity_text"),
        ("sev|>=high", "[sev] field sev > severity severity_text"),
        ("severity:|", "[] severity > info low medium high critical"),
        ("severity>=h|", "[h] severity h > high"),
        ("severity:[low, m|e]", "[me] severity m > medium"),
        ("severity:(low OR c|", "[c] severity c > critical"),
        ("severity:low..|", "[] severity > info low medium high critical"),
        ("env:pr|od x", "[prod] environment pr >"),
        ("env:\"my pr|", "[\"my pr] environment my pr >"),
        ("time>-1|", "[-1] occurred_at -1 > -15m -1h"),
        ("time:-1d..n|", "[n] occurred_at n > now"),
        ("time:(-1|", "[-1] occurred_at -1 > -15m -1h"),
        ("component:a x|", "[x] field x >"),
        ("component:[a] x|", "[x] field x >"),
        ("type:(a) x|", "[x] field x >"),
        ("payload.user:ro|", "[ro] payload.user ro >"),
        ("\"severity:|", "[\"severity:] phrase severity: >"),
        ("é😀 n|", "[n] field n > NOT"),
    ] {
        assert_eq!(told(marked), expected.trim(), "{marked}");
    }
    assert_eq!(told_of("assigned_to:no|", &CASES), "[no] assignee no > nobody");
    assert_eq!(told_of("assignee:ad|", &GROUPS), "[ad] assignee ad >");
    let all = complete("a ", 2, &EVENTS);
    assert_eq!(all.suggestions.len(), EVENTS.fields.len() + 4);
    assert_eq!(complete("component:w x", 11, &EVENTS).insert("component:w x", "a b"), "component:\"a b\" x");
}
