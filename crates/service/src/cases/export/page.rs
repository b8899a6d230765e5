//! The page of a bundle: plain HTML without scripts, pictures or anything from elsewhere. Descriptions, notes and entries are rendered
//! as the page of a case renders them, all else is shown as it was written.

use std::fmt::Write as _;

use domain::Timestamp;
use domain::case::story::words;
use domain::case::{Case, CaseLink, CaseNote, Change, Step};
use domain::event::Event;

use super::{Whole, place};
use crate::markdown::{escape, to_html_elsewhere};

const STYLE: &str = "body{font:14px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}\
 h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}\
 th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #d5d9de;overflow-wrap:anywhere}\
 pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f5f7;padding:.75rem}code{font-size:.85em}\
 .alarm{border:3px solid #b3261e;padding:0 1rem;overflow-wrap:anywhere}td p{margin:0 0 .5rem}\
 .head{border-bottom:3px solid #d5d9de;padding-bottom:.5rem;font-weight:600}.head b{padding:.15em .5em;border-radius:.25em;margin-right:.4em}";

/// What stands in a cell.
enum Cell {
    /// Escaped when it is written.
    Text(String),
    /// Rendered and safe.
    Html(String),
}

impl Cell {
    fn markdown(text: &str) -> Self {
        Self::Html(to_html_elsewhere(text))
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// Cells are escaped here; nothing else writes into the table.
fn table<C: Into<Cell>>(html: &mut String, title: &str, heads: &[&str], rows: impl Iterator<Item = Vec<C>>) {
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
            let _ = match cell.into() {
                Cell::Text(text) => write!(html, "<td>{}</td>", escape(&text)),
                Cell::Html(safe) => write!(html, "<td>{safe}</td>"),
            };
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table>\n");
}

pub(super) fn page(whole: &Whole, events: &[(CaseLink, Event)], count: usize, head: &str) -> String {
    let case = &whole.case;
    let title = escape(&format!("{} {}", case.key(), case.title));
    let letterhead = letterhead(whole);
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>{title}</title><style>{STYLE}</style></head><body><main>{letterhead}<h1>{title}</h1>\n<p>{}. \
         <code>sha256sum -c SHA256SUMS</code> in this folder checks every file; of evidence the hash is the one it arrived with. \
         <a href=\"case.json\">case.json</a> has everything on this page, <a href=\"events.ndjson\">events.ndjson</a> the events, \
         <a href=\"links.ndjson\">links.ndjson</a> who linked what, <a href=\"notes.md\">notes.md</a> the notes. Times are \
         UTC.</p>\n",
        escape(head)
    );
    alarm(&mut html, whole);
    facts(&mut html, whole);
    let _ = writeln!(html, "<h2>Description</h2>{}", to_html_elsewhere(&case.description));
    merged(&mut html, whole);
    files(&mut html, whole);
    custody(&mut html, whole);
    history(&mut html, whole);
    reviews(&mut html, whole);
    written(&mut html, whole);
    work(&mut html, whole);
    linked(&mut html, whole);
    let title = if count > events.len() {
        format!("The first {} of {count} events", events.len())
    } else {
        "Events".to_owned()
    };
    table(
        &mut html,
        &title,
        &["Time", "Severity", "Message", "System", "Linked by", "Linked"],
        events.iter().map(|(link, event)| {
            vec![
                event.occurred_at.iso(),
                event.severity.to_string(),
                event.message.clone(),
                text(event.system_id.as_deref()),
                text(link.linked_by.as_deref()),
                link.linked_at.iso(),
            ]
        }),
    );
    html.push_str("</main></body></html>\n");
    html
}

fn text(value: Option<&str>) -> String {
    value.unwrap_or_default().to_owned()
}

/// Files that are not what arrived, before anything else.
fn alarm(html: &mut String, whole: &Whole) {
    if whole.altered.is_empty() && whole.missing.is_empty() {
        return;
    }
    html.push_str("<section class=\"alarm\"><h2>Not all evidence is what arrived</h2><ul>");
    for file in &whole.files {
        let (path, hash) = (escape(&place(whole, file)), escape(&file.sha256));
        if let Some((_, found)) = whole.altered.iter().find(|(id, _)| *id == file.id) {
            let _ = write!(
                html,
                "<li><b>{path} was altered.</b> It arrived with the hash <code>{hash}</code>; the bytes here have \
                 <code>{}</code>.</li>",
                escape(found)
            );
        }
        if whole.missing.contains(&file.id) {
            let _ = write!(
                html,
                "<li><b>{path} is missing.</b> It arrived with the hash <code>{hash}</code>; its bytes were not there.</li>"
            );
        }
    }
    html.push_str("</ul><p><code>sha256sum -c SHA256SUMS</code> fails for each of them.</p></section>\n");
}

fn facts(html: &mut String, whole: &Whole) {
    let case = &whole.case;
    let none = || "none".to_owned();
    let mut facts = vec![
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
    if !case.merged_tags.is_empty() {
        facts.push(("Tags of merged cases", case.merged_tags.join(", ")));
    }
    let own = whole.fields.iter().filter_map(|(field, value)| Some(vec![field.name.clone(), value.clone()?]));
    let facts = facts.into_iter().map(|(name, value)| vec![name.to_owned(), value]).chain(own);
    table(html, "Facts", &["What", "Value"], facts);
}

fn merged(html: &mut String, whole: &Whole) {
    table(
        html,
        "Merged cases",
        &["Case", "Description", "Tags", "Merged by", "When", "Note"],
        whole.merged.iter().map(|(merge, case)| {
            vec![
                Cell::Text(format!("{} {}", case.key(), case.title)),
                Cell::markdown(&case.description),
                case.tags.join(", ").into(),
                merge.merged_by.clone().into(),
                merge.merged_at.iso().into(),
                text(merge.note.as_deref()).into(),
            ]
        }),
    );
}

fn files(html: &mut String, whole: &Whole) {
    if !whole.files.iter().any(|file| file.removed_at.is_none()) {
        return;
    }
    html.push_str("<h2>Files</h2><ul>");
    for file in whole.files.iter().filter(|file| file.removed_at.is_none()) {
        let (path, hash) = (escape(&place(whole, file)), escape(&file.sha256));
        let name = if whole.missing.contains(&file.id) {
            format!("{path} (missing)")
        } else {
            let href: String = place(whole, file).bytes().fold(String::new(), |mut href, byte| {
                if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
                    href.push(char::from(byte));
                } else {
                    let _ = write!(href, "%{byte:02X}");
                }
                href
            });
            format!("<a href=\"{href}\" download>{path}</a>")
        };
        let altered = if whole.altered.iter().any(|(id, _)| *id == file.id) { " <b>altered</b>" } else { "" };
        let _ = write!(
            html,
            "<li>{name}{altered} {} bytes, {}<br><code>{hash}</code></li>",
            file.size,
            escape(&file.description)
        );
    }
    html.push_str("</ul>\n");
}

fn custody(html: &mut String, whole: &Whole) {
    table(
        html,
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
                text(line.address.as_deref()),
                text(line.detail.as_deref()),
            ]
        }),
    );
}

fn history(html: &mut String, whole: &Whole) {
    // What happened to a case that is in this one is said so, as the page's timeline does.
    let of = |change: &Change| {
        let other = whole.merged.iter().find(|(_, case)| case.id == change.case_id);
        other.map(|(_, case): &(_, Case)| format!(" in {}", case.key())).unwrap_or_default()
    };
    // That it went into this one, this one's own history says.
    let told = |change: &&Change| {
        !(matches!(change.step, Step::Merged | Step::Unmerged) && change.case_id != whole.case.id)
    };
    table(
        html,
        "History",
        &["Time", "Who", "What", "Why"],
        whole.history.iter().rev().filter(told).map(|change| {
            let what = format!("{}{}", words(change), of(change));
            vec![change.at.iso(), change.actor.clone(), what, text(change.reason.as_deref())]
        }),
    );
}

fn reviews(html: &mut String, whole: &Whole) {
    table(
        html,
        "Reviews",
        &["Asked", "By", "To close it as", "Because", "What became of it", "By", "When", "Said"],
        whole.reviews.iter().rev().map(|review| {
            vec![
                review.requested_at.iso(),
                review.requested_by.clone(),
                review.resolution.to_string(),
                review.reason.clone(),
                review.state.to_string(),
                text(review.decided_by.as_deref()),
                review.decided_at.map(Timestamp::iso).unwrap_or_default(),
                text(review.decision.as_deref()),
            ]
        }),
    );
}

fn written(html: &mut String, whole: &Whole) {
    table(
        html,
        "Timeline entries",
        &["Time", "System", "What happened", "Who wrote it"],
        whole.entries.iter().map(|entry| {
            let content = match entry.deleted_at {
                Some(at) => Cell::Text(format!("(deleted {})", at.iso())),
                None => Cell::markdown(&entry.content),
            };
            vec![
                entry.at.iso().into(),
                text(entry.system.as_deref()).into(),
                content,
                entry.author.clone().into(),
            ]
        }),
    );
    table(
        html,
        "Notes",
        &["Time", "Who", "Note"],
        whole.notes.iter().map(|note| {
            vec![note.created_at.iso().into(), note.author.clone().into(), Cell::Html(said(whole, note))]
        }),
    );
}

/// What a note says, and below it what it said before.
fn said(whole: &Whole, note: &CaseNote) -> String {
    let mut html = match note.deleted_at {
        Some(at) => format!("<p>(deleted {})</p>", at.iso()),
        None => to_html_elsewhere(&note.content),
    };
    let earlier = whole.revisions.get(&note.id).into_iter().flatten();
    for revision in earlier.filter(|r| note.deleted_at.is_some() || r.revision < note.revision) {
        let _ = write!(
            html,
            "<details><summary>Revision {}, {} by {}</summary>{}</details>",
            revision.revision,
            revision.created_at.iso(),
            escape(&revision.author),
            to_html_elsewhere(&revision.content)
        );
    }
    html
}

fn work(html: &mut String, whole: &Whole) {
    table(
        html,
        "Tasks",
        &["Task", "Assignee", "Due", "Done"],
        whole.tasks.iter().map(|task| {
            vec![
                task.title.clone(),
                text(task.assignee.as_deref()),
                task.due_at.map(Timestamp::iso).unwrap_or_default(),
                task.completed_at.map(Timestamp::iso).unwrap_or_default(),
            ]
        }),
    );
    table(
        html,
        "Observables",
        &["Kind", "Value", "Indicator", "Added by", "Added"],
        whole.observables.iter().map(|one| {
            vec![
                one.kind.to_string(),
                one.value.clone(),
                if one.ioc { "yes" } else { "" }.to_owned(),
                text(one.added_by.as_deref()),
                one.added_at.iso(),
            ]
        }),
    );
}

fn linked(html: &mut String, whole: &Whole) {
    table(
        html,
        "Groups",
        &["Group", "Severity", "Events", "First seen", "Last seen", "Linked by", "Linked"],
        whole.groups.iter().map(|(link, group)| {
            let of =
                |value: fn(&domain::group::Group) -> String| group.as_ref().map(value).unwrap_or_default();
            let name = group.as_ref().map_or_else(
                || format!("a group that is gone ({})", link.target_id),
                |group| group.template.clone(),
            );
            vec![
                name,
                of(|group| group.severity.to_string()),
                of(|group| group.event_count.to_string()),
                of(|group| group.first_seen.iso()),
                of(|group| group.last_seen.iso()),
                text(link.linked_by.as_deref()),
                link.linked_at.iso(),
            ]
        }),
    );
    table(
        html,
        "Drifts",
        &["Drift", "Resource", "Type", "Severity", "Environment", "Status", "Onset", "Linked by", "Linked"],
        whole.drifts.iter().map(|(link, drift)| {
            let of =
                |value: fn(&domain::drift::Drift) -> String| drift.as_ref().map(value).unwrap_or_default();
            vec![
                of(domain::drift::Drift::key),
                of(|drift| drift.resource_id.clone()),
                of(|drift| drift.drift_type.to_string()),
                of(|drift| drift.severity().to_string()),
                of(|drift| drift.environment.clone()),
                of(|drift| drift.state.status.to_string()),
                of(|drift| drift.detected_at.iso()),
                text(link.linked_by.as_deref()),
                link.linked_at.iso(),
            ]
        }),
    );
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
