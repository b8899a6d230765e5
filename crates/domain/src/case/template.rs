//! Templates of cases: what a new case of a kind starts with, and what there is to do in it.

use serde::{Deserialize, Serialize};

use super::field::FieldValues;
use super::{MAX_TASKS, MAX_TEXT, MAX_TITLE, NewTask, Pap, Priority, Tlp, check_tags, tidy_tags};
use crate::invalid::Problems;
use crate::{CaseTemplateId, Invalid, Severity, Timestamp};

/// Most templates in use of an organization.
pub const MAX_TEMPLATES: usize = 100;
/// Longest name, in characters.
pub const MAX_NAME: usize = 60;
/// Latest a task of a template can be due, in seconds: a year.
pub const MAX_DUE: i64 = 366 * 86_400;

/// Something to do in each case of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateTask {
    pub title: String,
    /// Seconds after the case is opened.
    pub due_after: Option<i64>,
}

/// What a template brings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewTemplate {
    pub name: String,
    /// When to take it.
    pub about: String,
    /// Markdown that the description of the case starts with.
    pub description: String,
    pub severity: Severity,
    pub priority: Priority,
    pub tlp: Tlp,
    pub pap: Pap,
    pub tags: Vec<String>,
    /// Of the organization's own fields.
    pub fields: FieldValues,
    /// In their order.
    pub tasks: Vec<TemplateTask>,
}

/// A template as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseTemplate {
    pub id: CaseTemplateId,
    pub brings: NewTemplate,
    pub created_at: Timestamp,
    /// It is offered no more.
    pub archived_at: Option<Timestamp>,
    /// Counts the changes.
    pub version: i64,
}

impl NewTemplate {
    /// Without blanks at the ends; each tag once.
    #[must_use]
    pub fn tidy(self) -> Self {
        let task = |task: &TemplateTask| TemplateTask {
            title: task.title.trim().to_owned(),
            due_after: task.due_after,
        };
        Self {
            name: self.name.trim().to_owned(),
            about: self.about.trim().to_owned(),
            tags: tidy_tags(&self.tags),
            tasks: self.tasks.iter().map(task).collect(),
            ..self
        }
    }
    pub fn check(&self) -> Result<(), Invalid> {
        let mut problems = Problems::default();
        let name = self.name.chars().count();
        problems.require(
            (1..=MAX_NAME).contains(&name) && !self.name.chars().any(char::is_control),
            "name",
            "give a name of at most 60 characters",
        );
        problems.require(self.about.chars().count() <= MAX_TITLE, "about", "use at most 200 characters");
        problems.require(
            self.description.chars().count() <= MAX_TEXT,
            "description",
            "use at most 50,000 characters",
        );
        check_tags(&mut problems, &self.tags);
        problems.require(self.tasks.len() <= MAX_TASKS, "tasks", "at most 200 tasks");
        for task in &self.tasks {
            let new = NewTask { title: task.title.clone(), ..NewTask::default() };
            problems.require(
                new.check().is_ok(),
                "tasks",
                "say what is to be done in at most 200 characters a line",
            );
            problems.require(
                task.due_after.is_none_or(|after| (0..=MAX_DUE).contains(&after)),
                "tasks",
                "a task is due within a year",
            );
        }
        problems.done()
    }
}

/// The tasks of a text: one a line, the time it has behind a bar: `Ask the user | 4h` (`30m`, `4h`, `2d`, `1w`).
///
/// # Errors
/// `Invalid` at `tasks`, with the line.
pub fn read_tasks(text: &str) -> Result<Vec<TemplateTask>, Invalid> {
    let mut tasks = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (title, due_after) = match line.rsplit_once('|') {
            None => (line, None),
            Some((title, time)) => {
                let seconds = seconds(time.trim()).ok_or_else(|| {
                    Invalid::field("tasks", format!("“{line}”: write the time as 30m, 4h, 2d or 1w"))
                })?;
                (title.trim(), Some(seconds))
            }
        };
        tasks.push(TemplateTask { title: title.to_owned(), due_after });
    }
    Ok(tasks)
}

/// The text of tasks, as [`read_tasks`] reads it.
pub fn write_tasks(tasks: &[TemplateTask]) -> String {
    let line = |task: &TemplateTask| match task.due_after {
        None => task.title.clone(),
        Some(after) => format!("{} | {}", task.title, span(after)),
    };
    tasks.iter().map(line).collect::<Vec<_>>().join("\n")
}

const UNITS: [(char, i64); 4] = [('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60)];

fn seconds(text: &str) -> Option<i64> {
    let unit = text.chars().next_back()?;
    let (_, size) = UNITS.iter().find(|(of, _)| *of == unit)?;
    let number: i64 = text.get(..text.len() - 1)?.trim().parse::<u32>().ok()?.into();
    number.checked_mul(*size)
}

/// `2d`, in the largest unit that tells it exactly.
pub fn span(seconds: i64) -> String {
    let (unit, size) =
        UNITS.into_iter().find(|(_, size)| seconds % size == 0 && seconds > 0).unwrap_or(('m', 60));
    format!("{}{unit}", seconds / size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_are_written_one_a_line_with_the_time_they_have() {
        let text = "Ask the user | 4h\n\n  Block the sender|2d\nWrite it down\n";
        let tasks = read_tasks(text).unwrap();
        assert_eq!(
            tasks.iter().map(|task| (task.title.as_str(), task.due_after)).collect::<Vec<_>>(),
            [("Ask the user", Some(14_400)), ("Block the sender", Some(172_800)), ("Write it down", None)]
        );
        assert_eq!(read_tasks(&write_tasks(&tasks)).unwrap(), tasks);
        for wrong in ["Ask | soon", "Ask | 4", "Ask | -1h", "Ask |"] {
            assert!(read_tasks(wrong).is_err(), "{wrong}");
        }
        assert_eq!([60, 5_400, 86_400, 604_800].map(span), ["1m", "90m", "1d", "1w"]);
    }
}
