//! Columns of the list of cases: which there are, what stands in them, and the menu that chooses them. Server only.

use std::collections::HashMap;

use domain::UserId;
use domain::case::field::{CaseField, FieldKind};
use domain::case::{Case, CaseSort};
use leptos::prelude::*;
use ui::{Column, Glyph, Menu, MenuItem, MenuLabel, MenuLine, Sorted};

use super::parts;
use super::query::CaseQuery;
use crate::columns::line;
use crate::when::{AgoOr, Zone};

/// What can stand behind number, severity and title: as the address says it, and in words.
pub const COLUMNS: [(&str, &str); 13] = [
    ("status", "Status"),
    ("priority", "Priority"),
    ("assignee", "Assignee"),
    ("tasks", "Tasks"),
    ("due", "Due"),
    ("updated", "Changed"),
    ("created", "Opened"),
    ("resolved", "Resolved"),
    ("tlp", "TLP"),
    ("pap", "PAP"),
    ("links", "Links"),
    ("notes", "Notes"),
    ("observables", "Observables"),
];
/// Where the address names none.
pub const USUAL: [&str; 6] = ["status", "priority", "assignee", "tasks", "due", "updated"];
/// Before the key of a field of the organization's own.
const OWN: &str = "field:";

/// What rows are printed with.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    pub query: &'a CaseQuery,
    pub slug: &'a str,
    /// The organization's own fields, and the names of whom they name.
    pub own: &'a [CaseField],
    pub people: &'a HashMap<UserId, String>,
    pub zone: Zone,
    pub now: domain::Timestamp,
}

impl<'a> Shown<'a> {
    fn names(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.query.columns().into_iter().filter_map(move |name| Some((name, words(name, self.own)?)))
    }

    pub fn heads(self) -> Vec<Column> {
        let by = |column: Column, sort: CaseSort| {
            let way = if sort == CaseSort::Due { Sorted::Ascending } else { Sorted::Descending };
            let href = self.query.sorted(sort).link(self.slug).done();
            column.sort(href, (self.query.sort == sort).then_some(way))
        };
        let first = [
            by(Column::new("Case").class("shrink"), CaseSort::Number),
            by(Column::new("Severity").class("shrink"), CaseSort::Severity),
            Column::new("Title").class("message"),
        ];
        let rest = self.names().map(|(name, words)| {
            let column = Column::new(words.to_owned()).class(class(name));
            match name {
                "priority" => by(column, CaseSort::Priority),
                "due" => by(column, CaseSort::Due),
                "updated" => by(column, CaseSort::Updated),
                _ => column,
            }
        });
        first.into_iter().chain(rest).collect()
    }

    /// Behind number, severity and title.
    pub fn cells(self, case: &Case) -> AnyView {
        self.names().map(|(name, _)| self.cell(case, name)).collect_view().into_any()
    }

    fn cell(self, case: &Case, name: &str) -> AnyView {
        let time = |at| view! { <AgoOr when=self.zone.maybe(at) words="–" /> }.into_any();
        let number = |n: i64| (n > 0).then(|| n.to_string()).into_any();
        let text = |text: &str| text.to_owned().into_any();
        let overdue = name == "due" && case.is_overdue(self.now);
        let said = match name {
            "status" => parts::status(case),
            "priority" => parts::priority(case.priority),
            "assignee" => text(case.assignee.as_deref().unwrap_or("–")),
            "tasks" if case.task_count == 0 => ().into_any(),
            "tasks" => format!("{}/{}", case.tasks_done, case.task_count).into_any(),
            "due" => time(case.due_at),
            "updated" => time(Some(case.updated_at)),
            "created" => time(Some(case.created_at)),
            "resolved" => time(case.resolved_at),
            "tlp" => parts::tlp(case.tlp),
            "pap" => parts::pap(case.pap),
            "links" => number(case.link_count),
            "notes" => number(case.note_count),
            "observables" => number(case.observable_count),
            own => self.own_value(case, own.trim_start_matches(OWN)).into_any(),
        };
        let class = if overdue { format!("{} overdue", class(name)) } else { class(name).to_owned() };
        view! { <td class=class>{said}</td> }.into_any()
    }

    /// A member by name; everything else as it was written.
    fn own_value(self, case: &Case, key: &str) -> Option<String> {
        let value = case.fields.get(key)?;
        let of_people = self.own.iter().any(|field| field.key == key && field.kind == FieldKind::User);
        let named = value.parse().ok().filter(|_| of_people).and_then(|user: UserId| self.people.get(&user));
        Some(named.unwrap_or(value).clone())
    }

    /// Which columns there are, in which order, and how high the rows are.
    pub fn menu(self) -> AnyView {
        let href = |query: CaseQuery| query.link(self.slug).done();
        let shown: Vec<_> = self.names().collect();
        let first = shown.first().map(|(name, _)| *name);
        let on = shown.iter().map(|(name, words)| {
            let further_left = (first != Some(name)).then(|| href(self.query.with_column_earlier(name)));
            line((*words).to_owned(), true, href(self.query.with_column(name)), further_left)
        });
        let own = self.own.iter().filter(|field| field.archived_at.is_none());
        let own = own.map(|field| (format!("{OWN}{}", field.key), field.name.clone()));
        let known = COLUMNS.iter().map(|(name, words)| ((*name).to_owned(), (*words).to_owned()));
        let off = known.chain(own).filter(|(name, _)| !shown.iter().any(|(shown, _)| shown == name));
        let off = off.map(|(name, words)| line(words, false, href(self.query.with_column(&name)), None));
        let (on, off) = (on.collect_view(), off.collect_view());
        let compact = self.query.compact;
        let (density, usual) = (href(self.query.compact(!compact)), href(self.query.with_usual_rows()));
        view! {
            <Menu label="Columns" icon=Glyph::Columns icon_only=true end=true>
                <MenuLabel>"Columns"</MenuLabel>
                {on}
                {off}
                <MenuLine />
                <MenuItem href=density current=compact>
                    "Compact rows"
                </MenuItem>
                <MenuItem href=usual>"Usual columns and rows"</MenuItem>
            </Menu>
        }
        .into_any()
    }
}

fn words<'a>(name: &str, own: &'a [CaseField]) -> Option<&'a str> {
    match name.strip_prefix(OWN) {
        Some(key) => own.iter().find(|field| field.key == key).map(|field| field.name.as_str()),
        None => COLUMNS.iter().find(|(known, _)| *known == name).map(|(_, words)| *words),
    }
}

/// Why the address asks for a column that there is not.
pub fn strange(query: &CaseQuery, own: &[CaseField]) -> Option<String> {
    let names = query.columns();
    let name = names.iter().find(|name| words(name, own).is_none())?;
    let known = COLUMNS.map(|(known, _)| known).join(", ");
    let shown = name.chars().take(60).collect::<String>();
    Some(format!("column: '{shown}' is none of {known}, none, or {OWN} and the key of a field of your own"))
}

/// Where there is little room, what is not needed to choose a case goes.
fn class(name: &str) -> &'static str {
    match name {
        "status" => "shrink",
        "updated" => "time",
        "due" | "created" | "resolved" => "time optional",
        "tasks" | "links" | "notes" | "observables" => "num optional",
        "priority" | "tlp" | "pap" => "shrink optional",
        _ => "optional",
    }
}
