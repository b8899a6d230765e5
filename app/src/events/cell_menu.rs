//! What the menu of a cell holds, printed. Every entry is a link that an address could hold too. Server only.

use domain::event::Event;
use domain::permission::{EventRead, Key};
use domain::query::{EVENTS, edit};
use domain::{EventId, Severity};
use leptos::prelude::*;
use ui::{Glyph, Icon, MenuItem, MenuLabel, MenuLine};

use super::parts::severity_word;
use super::query::{EventQuery, FIELDS};
use super::read::{Column, columns, system};
use super::shown::EventShown;
use crate::Answer;
use crate::groups::GroupQuery;
use crate::printed::Printed;
use crate::routes;
use crate::server::Scope;

/// Longest value, in bytes, that is offered as a condition.
const MAX_CONDITION: usize = 200;
/// Longest value, in bytes, that the head of the menu tells.
const MAX_HEAD: usize = 60;
/// Seconds before and after an event that are "around" it.
const AROUND: i64 = 300;

/// An entry: its words, its picture, where it leads.
type Entry = (String, Glyph, String);

/// An event with the menu of one of the cells of its row in the list of `query`.
pub async fn cell(scope: &Scope, id: EventId, query: &EventQuery, number: usize) -> Answer<EventShown> {
    let event = service::events::get(&scope.admit::<EventRead>()?, id).await?;
    let columns = columns(&query.columns())?;
    let slug = &scope.organization.slug;
    let (name, value, entries) = match number {
        0 => of_field("severity", "Severity", event.severity.to_string(), query, slug),
        1 => of_time(&event, query, slug),
        2 => of_message(&event, query, slug),
        _ => match columns.get(number - 3) {
            Some(column) => of_column(column, &event, query, slug),
            None => return Err(crate::server::not_found()),
        },
    };
    let add = scope.may(Key::CaseWrite).then(|| crate::cases::add::href(slug, &[format!("event:{id}")]));
    let body = menu(name, &value, entries, around(&event, query, slug), add);
    Ok(EventShown {
        id: event.id.to_string(),
        at: scope.zone.when(event.occurred_at),
        severity: event.severity,
        body,
    })
}

fn menu(name: String, value: &str, entries: Vec<Entry>, around: Entry, add: Option<String>) -> Printed {
    let entry = |(words, glyph, href): Entry| view! { <MenuItem href=href icon=glyph>{words}</MenuItem> };
    let head = value.get(..value.floor_char_boundary(MAX_HEAD)).unwrap_or_default();
    let head = if head.len() < value.len() { [head, "…"].concat() } else { head.to_owned() };
    let copy = (!value.is_empty()).then(|| {
        view! {
            <button class="menu-item" type="button" data-copy=value.to_owned()>
                <Icon glyph=Glyph::Copy />
                <span class="words" aria-live="polite">
                    "Copy value"
                </span>
            </button>
        }
    });
    let add = add.map(|href| view! { <MenuItem href=href icon=Glyph::Cases>"Add to a case"</MenuItem> });
    let (words, glyph, href) = around;
    Printed::of(view! {
        <MenuLabel>{name} " " <span class="mono">{head}</span></MenuLabel>
        {entries.into_iter().map(entry).collect_view()}
        <MenuLine />
        {copy}
        <MenuItem href=href icon=glyph key="c">
            {words}
        </MenuItem>
        {add}
    })
}

/// The list for another query; the panel stays open.
fn asking(query: &EventQuery, q: String) -> EventQuery {
    EventQuery { event: query.event.clone(), ..query.asking(q) }
}

/// What narrows the list to a value of a field, and what counts its values. `name` as the address has it.
fn of_field(
    name: &str,
    words: &str,
    value: String,
    query: &EventQuery,
    slug: &str,
) -> (String, String, Vec<Entry>) {
    let known = FIELDS.iter().any(|(field, _)| *field == name);
    let q = query.q.as_str();
    let mut entries = Vec::new();
    let mut entry = |words: &str, glyph, query: EventQuery| {
        entries.push((words.to_owned(), glyph, query.href(slug)));
    };
    if value.is_empty() {
        let any = [name, ":*"].concat();
        entry("Only without a value", Glyph::Filter, query.and(&["-", &any].concat()));
        entry("Only with a value", Glyph::Plus, query.and(&any));
    } else if value.len() <= MAX_CONDITION {
        let only = edit::condition(name, &value);
        let include = edit::include(q, &EVENTS, name, &value).unwrap_or_else(|_| only.clone());
        let exclude = edit::exclude(q, &EVENTS, name, &value).unwrap_or_else(|_| format!("-{only}"));
        entry("Include", Glyph::Plus, asking(query, include));
        entry("Exclude", Glyph::Minus, asking(query, exclude));
        entry(
            "Only this value",
            Glyph::Filter,
            EventQuery { event: query.event.clone(), ..query.only(only) },
        );
    }
    // The facet with all of its values is the list by this field.
    let mut counted = query.clone();
    if !known && !query.facet.iter().any(|path| path == name) {
        counted.facet.push(name.to_owned());
    }
    name.clone_into(&mut counted.more);
    counted.within = String::new();
    entry(&["Count by ", words].concat(), Glyph::Columns, counted);
    let mut groups = GroupQuery { status: "all".to_owned(), ..GroupQuery::default() };
    match name {
        "component" => groups.component = vec![value.clone()],
        "severity" => groups.severity = vec![value.clone()],
        _ => groups.status.clear(),
    }
    if !groups.status.is_empty() && !value.is_empty() {
        entries.push(("Groups with it".to_owned(), Glyph::Groups, groups.href(slug)));
    }
    let value = match value.parse::<Severity>() {
        Ok(severity) if name == "severity" => severity_word(severity).to_owned(),
        _ => value,
    };
    (words.to_owned(), value, entries)
}

fn of_column(column: &Column, event: &Event, query: &EventQuery, slug: &str) -> (String, String, Vec<Entry>) {
    let value = column.value(event);
    match column {
        Column::Field(name, words) => of_field(name, words, value, query, slug),
        Column::Part(target) => {
            let path = target.to_string();
            if value.starts_with(['{', '[']) {
                return (path, value, Vec::new());
            }
            of_field(&path, &path, value, query, slug)
        }
    }
}

fn of_time(event: &Event, query: &EventQuery, slug: &str) -> (String, String, Vec<Entry>) {
    let at = event.occurred_at;
    let here =
        |from: &str, to: &str| EventQuery { event: query.event.clone(), ..query.range(from, to) }.href(slug);
    // The end of a range is not in it.
    let until = at.plus_seconds(1).iso();
    let from = if query.from.is_empty() { super::DEFAULT_RANGE } else { &query.from };
    let entries = vec![
        ("From this time on".to_owned(), Glyph::ArrowUp, here(&at.iso(), &query.to)),
        ("Up to this time".to_owned(), Glyph::ArrowDown, here(from, &until)),
    ];
    ("Time".to_owned(), at.iso(), entries)
}

/// A message is told from others by its group.
fn of_message(event: &Event, query: &EventQuery, slug: &str) -> (String, String, Vec<Entry>) {
    let group = ["group:", &event.group_id.to_string()].concat();
    let kept = |query: EventQuery| EventQuery { event: String::new(), ..query }.href(slug);
    let entries = vec![
        ("Include its group".to_owned(), Glyph::Plus, kept(query.and(&group))),
        ("Exclude its group".to_owned(), Glyph::Minus, kept(query.and(&["-", &group].concat()))),
        ("Only its group".to_owned(), Glyph::Filter, kept(query.only(group))),
        ("Open its group".to_owned(), Glyph::Groups, routes::group(slug, event.group_id)),
    ];
    ("Message".to_owned(), event.message.clone(), entries)
}

/// What happened around an event on its system, with it in the panel.
fn around(event: &Event, query: &EventQuery, slug: &str) -> Entry {
    let (q, place) = system(event);
    let (from, to) = (event.occurred_at.plus_seconds(-AROUND), event.occurred_at.plus_seconds(AROUND));
    let list = query.range(&from.iso(), &to.iso());
    let href = EventQuery { q, event: event.id.to_string(), ..list }.href(slug);
    (format!("±5 minutes{place}"), Glyph::Clock, href)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(entries: &[Entry]) -> Vec<(&str, &str)> {
        entries.iter().map(|(words, _, href)| (words.as_str(), href.as_str())).collect()
    }

    #[test]
    fn a_value_is_taken_in_left_out_alone_or_counted() {
        let query =
            EventQuery { q: "severity:high".to_owned(), event: "e1".to_owned(), ..EventQuery::default() };
        let (_, value, entries) = of_field("component", "Component", "sshd".to_owned(), &query, "acme");
        assert_eq!(value, "sshd");
        assert_eq!(
            words(&entries),
            [
                ("Include", "/o/acme/events?q=severity%3Ahigh%20component%3Asshd&event=e1"),
                ("Exclude", "/o/acme/events?q=severity%3Ahigh%20-component%3Asshd&event=e1"),
                ("Only this value", "/o/acme/events?q=component%3Asshd&event=e1"),
                ("Count by Component", "/o/acme/events?q=severity%3Ahigh&more=component&event=e1"),
                ("Groups with it", "/o/acme/groups?status=all&component=sshd"),
            ]
        );
    }

    #[test]
    fn an_empty_cell_asks_for_what_has_no_value() {
        let (_, _, entries) = of_field("service", "Service", String::new(), &EventQuery::default(), "acme");
        let all = words(&entries);
        assert_eq!(all[0], ("Only without a value", "/o/acme/events?q=-service%3A%2A"));
        assert_eq!(all[1], ("Only with a value", "/o/acme/events?q=service%3A%2A"));
        assert_eq!(all.len(), 3, "there are no groups of it");
    }

    #[test]
    fn a_part_of_the_payload_gets_its_facet_once() {
        let column = columns(&["payload.user"]).unwrap().remove(0);
        let name = "payload.user";
        let (_, _, entries) = of_field(name, name, "root".to_owned(), &EventQuery::default(), "acme");
        let counted = &entries[3].2;
        assert_eq!(counted, "/o/acme/events?facet=payload.user&more=payload.user");
        let with = EventQuery { facet: vec![name.to_owned()], ..EventQuery::default() };
        assert_eq!(&of_field(name, name, "root".to_owned(), &with, "acme").2[3].2, counted);
        assert!(matches!(column, Column::Part(_)));
    }
}
