//! How what differs is told: each path once, and no value that is secret on either side.

use std::collections::{HashMap, HashSet};

use domain::drift::ChangeType;
use serde_json::Value;

use super::{Difference, MAX_NOISE, MAX_WEIGHED, Work};
use crate::node::{Node, seal_alike};
use crate::path::Path;
use crate::{Change, Noise};

/// A path is what a change is known by. The same element twice in a list, or one that went beside another that came in its place, have one
/// path: the second gets a number, `x["a"]#2`.
pub(crate) fn number_doubles(changes: &mut [Change]) {
    let mut taken: HashSet<String> = HashSet::with_capacity(changes.len());
    let mut next: HashMap<String, usize> = HashMap::new();
    let mut doubled = false;
    for change in &mut *changes {
        if taken.insert(change.property_path.clone()) {
            continue;
        }
        let number = next.entry(change.property_path.clone()).or_insert(1);
        loop {
            *number += 1;
            let path = format!("{}#{number}", change.property_path);
            if taken.insert(path.clone()) {
                change.property_path = path;
                break;
            }
        }
        doubled = true;
    }
    if doubled {
        changes.sort_by(|a, b| a.property_path.cmp(&b.property_path));
    }
}

impl Work<'_> {
    pub(super) fn change(&mut self, path: &Path, declared: &Node, actual: &Node) {
        self.changed += 1;
        if self.found.changes.len() >= MAX_WEIGHED {
            self.found.omitted += 1;
            return;
        }
        let change_type = match (declared, actual) {
            (Node::Null, _) => ChangeType::Added,
            (_, Node::Null) => ChangeType::Removed,
            _ => ChangeType::Modified,
        };
        let (declared_value, actual_value) = told_both(declared, actual);
        self.found.changes.push(Change {
            property_path: path.text(),
            change_type,
            declared_value,
            actual_value,
            is_security_critical: false,
            is_sensitive: declared.hides() || actual.hides(),
            rules: Vec::new(),
            is_relevant: None,
            owner: self.knowledge.owner(path),
        });
    }

    pub(super) fn noise(&mut self, path: &Path, reason: &str, declared: &Node, actual: &Node) {
        if self.found.noise.len() >= MAX_NOISE {
            self.found.omitted += 1;
            return;
        }
        let (declared_value, actual_value) = told_both(declared, actual);
        self.found.noise.push(Noise {
            property_path: path.text(),
            reason: reason.to_owned(),
            declared_value,
            actual_value,
        });
    }
}

/// `tags_all` repeats `tags` (AWS), `labels` come back in `effective_labels` (Google): one change, told once.
pub(super) fn repeated_tags(found: &mut Difference) {
    for (copy, original) in
        [("tags_all", "tags"), ("effective_labels", "labels"), ("terraform_labels", "labels")]
    {
        let twin = |path: &str| path.strip_prefix(copy).map(|rest| format!("{original}{rest}"));
        let (repeated, kept): (Vec<Change>, Vec<Change>) =
            std::mem::take(&mut found.changes).into_iter().partition(|change| {
                twin(&change.property_path).is_some_and(|path| {
                    path.strip_prefix(original)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
                })
            });
        found.changes = kept;
        for change in repeated {
            let said = twin(&change.property_path).is_some_and(|path| {
                found.changes.iter().any(|other| {
                    other.property_path == path
                        && other.declared_value == change.declared_value
                        && other.actual_value == change.actual_value
                })
            });
            if said {
                found.noise.push(Noise {
                    reason: format!("repeats what {original} says"),
                    property_path: change.property_path,
                    declared_value: change.declared_value,
                    actual_value: change.actual_value,
                });
            } else {
                found.changes.push(change);
            }
        }
    }
    found.changes.sort_by(|a, b| a.property_path.cmp(&b.property_path));
    found.noise.sort_by(|a, b| a.property_path.cmp(&b.property_path));
}

/// What is sealed on one side is told on neither.
fn told_both(declared: &Node, actual: &Node) -> (Option<Value>, Option<Value>) {
    if declared.holds_secret() || actual.holds_secret() {
        let (mut declared, mut actual) = (declared.clone(), actual.clone());
        seal_alike(&mut declared, &mut actual);
        return (told(&declared), told(&actual));
    }
    (told(declared), told(actual))
}

fn told(node: &Node) -> Option<Value> {
    (!matches!(node, Node::Null)).then(|| node.told())
}
