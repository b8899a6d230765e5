//! The page of a bundle: plain HTML without scripts, pictures or anything from elsewhere. Texts are shown as they were written.

use std::fmt::Write as _;

use domain::Timestamp;
use domain::event::Event;

use super::{Whole, place};

const STYLE: &str = "body{font:14px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}\
 h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}\
 th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #d5d9de;overflow-wrap:anywhere}\
 pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f5f7;padding:.75rem}code{font-size:.85em}\
 .head{border-bottom:3px solid #d5d9de;padding-bottom:.5rem;font-weight:600}.head b{padding:.15em .5em;border-radius:.25em;margin-right:.4em}";

/// A text inside an element or a quoted attribute.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// Cells are escaped here; nothing else writes into the table.
fn table(html: &mut String, title: &str, heads: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return;
    }
    let _ = write!(html, "<h2>{}</h2><table><thead><tr>", escape(title));
    for head in heads {
        let _ = write!(html, "<th scope=\"col\">{}</th>", escape(head));
    }
    html.push_str("</tr></thead><tbody>");
    for row in rows {
        html.push_str("<tr>");
        for cell in row {
            let _ = write!(html, "<td>{}</td>", escape(&cell));
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table>\n");
}

pub(super) fn page(whole: &Whole, events: &[Event], count: usize, head: &str) -> String {
    let case = &whole.case;
    let title = escape(&format!("{} {}", case.key(), case.title));
    let letterhead = letterhead(whole);
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>{title}</title><style>{STYLE}</style></head><body><main>{letterhead}<h1>{title}</h1>\n<p>{}. \
         <code>sha256sum -c SHA256SUMS</code> in this folder checks every file. <a href=\"case.json\">case.json</a> has \
         everything on this page, <a href=\"events.ndjson\">events.ndjson</a> the events, <a href=\"notes.md\">notes.md</a> \
         the notes. Times are UTC.</p>\n",
        escape(head)
    );
    let none = || "none".to_owned();
    let facts = [
        ("Status", case.status.label().to_owned()),
        ("Resolution", case.resolution.map_or_else(none, |word| word.to_string())),
        ("Severity", case.severity.to_string()),
        ("Priority", case.priority.to_string()),
        ("TLP", case.tlp.to_string()),
        ("PAP", case.pap.to_string()),
        ("Assignee", case.assignee.clone().unwrap_or_else(none)),
        ("Due", case.due_at.map_or_else(none, Timestamp::iso)),
        ("Opened", case.created_at.iso()),
        ("Resolved", case.resolved_at.map_or_else(none, Timestamp::iso)),
        ("Tags", case.tags.join(", ")),
    ];
    let own = whole.fields.iter().filter_map(|(field, value)| Some(vec![field.name.clone(), value.clone()?]));
    let facts = facts.into_iter().map(|(name, value)| vec![name.to_owned(), value]).chain(own);
    table(&mut html, "Facts", &["What", "Value"], facts);
    let _ = writeln!(html, "<h2>Description</h2><pre>{}</pre>", escape(&case.description));
    if whole.files.iter().any(|file| file.removed_at.is_none()) {
        html.push_str("<h2>Files</h2><ul>");
        for file in whole.files.iter().filter(|file| file.removed_at.is_none()) {
            let (path, hash) = (escape(&place(whole, file)), escape(&file.sha256));
            let href: String = place(whole, file).bytes().fold(String::new(), |mut href, byte| {
                if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
                    href.push(char::from(byte));
                } else {
                    let _ = write!(href, "%{byte:02X}");
                }
                href
            });
            let _ = write!(
                html,
                "<li><a href=\"{href}\" download>{path}</a> {} bytes, {}<br><code>{hash}</code></li>",
                file.size,
                escape(&file.description)
            );
        }
        html.push_str("</ul>\n");
    }
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    table(
        &mut html,
        "Custody",
        &["Time", "What", "File", "Who", "From", "Detail"],
        whole.custody.iter().rev().map(|line| {
            let file = whole.files.iter().find(|file| file.id == line.evidence_id);
            let name = file.map(|file| file.filename.clone()).unwrap_or_default();
            vec![
                line.at.iso(),
                line.step.to_string(),
                name,
                line.actor.clone(),
                text(&line.address),
                text(&line.detail),
            ]
        }),
    );
    table(
        &mut html,
        "History",
        &["Time", "Who", "What", "Why"],
        whole.history.iter().rev().map(|change| {
            vec![change.at.iso(), change.actor.clone(), change.step.to_string(), text(&change.reason)]
        }),
    );
    table(
        &mut html,
        "Timeline entries",
        &["Time", "System", "What happened", "Who wrote it"],
        whole.entries.iter().map(|entry| {
            vec![entry.at.iso(), text(&entry.system), entry.content.clone(), entry.author.clone()]
        }),
    );
    table(
        &mut html,
        "Notes",
        &["Time", "Who", "Note"],
        whole.notes.iter().map(|note| vec![note.created_at.iso(), note.author.clone(), note.content.clone()]),
    );
    table(
        &mut html,
        "Tasks",
        &["Task", "Assignee", "Done"],
        whole.tasks.iter().map(|task| {
            vec![
                task.title.clone(),
                text(&task.assignee),
                task.completed_at.map(Timestamp::iso).unwrap_or_default(),
            ]
        }),
    );
    table(
        &mut html,
        "Observables",
        &["Kind", "Value", "Indicator"],
        whole.observables.iter().map(|one| {
            vec![one.kind.to_string(), one.value.clone(), if one.ioc { "yes" } else { "" }.to_owned()]
        }),
    );
    let title = if count > events.len() {
        format!("The first {} of {count} events", events.len())
    } else {
        "Events".to_owned()
    };
    table(
        &mut html,
        &title,
        &["Time", "Severity", "Message", "System"],
        events.iter().map(|event| {
            vec![
                event.occurred_at.iso(),
                event.severity.to_string(),
                event.message.clone(),
                text(&event.system_id),
            ]
        }),
    );
    html.push_str("</main></body></html>\n");
    html
}

/// Whose it is: the mark, where there is one, and the name.
fn letterhead(whole: &Whole) -> String {
    let name = escape(&whole.organization);
    if whole.branding.is_plain() {
        return format!("<p class=\"head\">{name}</p>");
    }
    let mark = whole.branding.mark(&whole.organization);
    let (ground, ink, letters) = (escape(&mark.ground), mark.ink, escape(&mark.letters));
    format!(
        "<p class=\"head\" style=\"border-color:{ground}\"><b style=\"background:{ground};color:{ink}\">{letters}</b> {name}</p>"
    )
}

/// All notes as one Markdown file.
pub(super) fn notes(whole: &Whole) -> String {
    let mut text = format!("# Notes of {} {}\n", whole.case.key(), whole.case.title);
    for note in &whole.notes {
        let _ = write!(text, "\n## {} {}\n\n", note.created_at.iso(), note.author);
        text.push_str(if note.deleted_at.is_some() { "(deleted)" } else { &note.content });
        text.push('\n');
    }
    text
}
