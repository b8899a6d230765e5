//! Two nodes compared: what changed, and what only looks as if it had.
//!
//! A difference is noise when the same thing is written in another way: null, "", false and empty; the order of a set (see `sets`); `"80"` and
//! 80; JSON in a text with other blanks; Azure ids and the front of ARNs in other case. Noise is kept with its reason, never dropped in silence.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use domain::drift::ChangeType;
use serde_json::Value;

use crate::node::{NAMES, Node, Sealed, keyed, seal_alike};
use crate::path::{Path, Step};
use crate::{Change, Noise};

mod same;

use same::{canon, same_scalar, same_text};

/// Most changes of one resource that are kept: the heaviest, once the rules have weighed them.
pub const MAX_CHANGES: usize = 500;
/// Most changes of one resource that are weighed.
pub const MAX_WEIGHED: usize = 20_000;
/// Most noise of one resource that is kept.
pub const MAX_NOISE: usize = 200;
/// Below this depth two values are compared as a whole.
const MAX_DEPTH: usize = 60;
/// JSON texts inside JSON texts that are looked into.
const MAX_NESTED_TEXTS: usize = 3;

/// What a format knows of its documents.
pub trait Knowledge {
    /// The field (or fields, the first that both sides have) by which elements of the list at `path` are told apart.
    fn merge_key(&self, _path: &Path) -> &'static [&'static str] {
        &[]
    }
    /// Whether the list at `path` is told as one: the words of a command say nothing apart.
    fn is_sequence(&self, path: &Path) -> bool {
        const SEQUENCES: [&str; 8] = [
            "command",
            "args",
            "entry_point",
            "entrypoint",
            "entryPoint",
            "Command",
            "EntryPoint",
            "ordered_cache_behavior",
        ];
        SEQUENCES.contains(&path.last_key())
    }
    /// Whether the order of the list at `path` means nothing.
    fn is_set(&self, _path: &Path) -> bool {
        false
    }
    /// Whether the tool writes sets sorted: what moved is then a list's, unless it is also written in another way, by which it is sorted.
    fn sorts_sets(&self) -> bool {
        false
    }
    /// Whether absent, false and empty mean the same at `path`.
    fn empty_means_nothing(&self, _path: &Path) -> bool {
        true
    }
    /// Whether an empty block in the place of another empty block is a choice (`Allow: {}` instead of `Block: {}`).
    fn empty_blocks_choose(&self) -> bool {
        true
    }
    /// Why a property that only the real thing has is no drift; `None`: it is.
    fn expected(&self, _path: &Path, _actual: &Node) -> Option<String> {
        None
    }
    /// Why a property that both have, with other values, is no drift.
    fn equivalent(&self, _path: &Path, _declared: &Node, _actual: &Node) -> Option<String> {
        None
    }
    /// Whether what only the real thing has is judged part by part.
    fn by_parts(&self) -> bool {
        false
    }
    /// Who set the property of the real thing.
    fn owner(&self, _path: &Path) -> Option<String> {
        None
    }
}

/// Everything that differs, sorted by path.
#[derive(Debug, Default, PartialEq)]
pub struct Difference {
    pub changes: Vec<Change>,
    pub noise: Vec<Noise>,
    pub omitted: usize,
    /// Elements of a list that were paired by their place alone.
    pub guessed: bool,
}

pub fn diff(declared: &Node, actual: &Node, knowledge: &dyn Knowledge) -> Difference {
    let mut work = Work { knowledge, found: Difference::default(), texts: 0, changed: 0 };
    work.pair(&Path::default(), declared, actual);
    let mut found = work.found;
    found.changes.sort_by(|a, b| a.property_path.cmp(&b.property_path));
    found.noise.sort_by(|a, b| a.property_path.cmp(&b.property_path));
    repeated_tags(&mut found);
    number_doubles(&mut found.changes);
    found
}

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

struct Work<'k> {
    knowledge: &'k dyn Knowledge,
    found: Difference,
    texts: usize,
    /// Changes, those that were not kept too.
    changed: usize,
}

const NOTHING: Node = Node::Null;
const EMPTY: &str = "absent, null, false and empty mean the same";

impl Work<'_> {
    fn pair(&mut self, path: &Path, declared: &Node, actual: &Node) {
        if declared == actual {
            return;
        }
        if path.0.len() >= MAX_DEPTH {
            return if canon(declared) == canon(actual) {
                self.noise(path, "the same in another order or spelling", declared, actual);
            } else {
                self.change(path, declared, actual);
            };
        }
        match (declared, actual) {
            (Node::Secret(a), Node::Secret(b)) if a.same(b) => self.noise(path, EMPTY, declared, actual),
            (Node::Secret(a), other) | (other, Node::Secret(a)) if opened(a, other) => {
                self.noise(path, "the same value; one side marks it sensitive", declared, actual);
            }
            (Node::Unknown, _) | (_, Node::Unknown) => {
                self.noise(path, "not known before the next apply", declared, actual);
            }
            _ if self.both_empty(path, declared, actual) => {
                self.noise(path, EMPTY, declared, actual);
            }
            (Node::Map(a), Node::Map(b)) => self.maps(path, a, b),
            (Node::List(a), Node::List(b)) => self.lists(path, a, b),
            // One block or a list of one: providers changed between the two.
            (Node::List(list), other) if self.is_lone(path, list, other) => {
                self.noise(path, "one value and a list of one mean the same", declared, actual);
            }
            (other, Node::List(list)) if self.is_lone(path, list, other) => {
                self.noise(path, "one value and a list of one mean the same", declared, actual);
            }
            (Node::Text(a), Node::Text(b)) => self.texts(path, a, b),
            (Node::Text(text), Node::Map(_) | Node::List(_)) => match self.parsed(text) {
                Some(inner) => self.inside(path, &inner, actual, (declared, actual)),
                None => self.change(path, declared, actual),
            },
            (Node::Map(_) | Node::List(_), Node::Text(text)) => match self.parsed(text) {
                Some(inner) => self.inside(path, declared, &inner, (declared, actual)),
                None => self.change(path, declared, actual),
            },
            _ => match same_scalar(declared, actual) {
                Some(EMPTY) if !self.knowledge.empty_means_nothing(path) => {
                    self.scalar(path, declared, actual);
                }
                Some(reason) => self.noise(path, reason, declared, actual),
                None => self.scalar(path, declared, actual),
            },
        }
    }

    /// A list of nothing but what the other side has without a list.
    fn is_lone(&self, path: &Path, list: &[Node], other: &Node) -> bool {
        let [one] = list else { return false };
        !other.is_empty() && {
            let mut apart = Work {
                knowledge: self.knowledge,
                found: Difference::default(),
                texts: self.texts,
                changed: 0,
            };
            apart.pair(path, one, other);
            apart.changed == 0
        }
    }

    fn both_empty(&self, path: &Path, declared: &Node, actual: &Node) -> bool {
        declared.is_empty() && actual.is_empty() && self.nothing(path, declared, actual)
    }

    /// Whether two empty values differ nowhere in a way that means something.
    fn nothing(&self, path: &Path, declared: &Node, actual: &Node) -> bool {
        static NONE: BTreeMap<String, Node> = BTreeMap::new();
        let both = match (declared, actual) {
            _ if declared == actual => return true,
            (Node::Map(a), Node::Map(b)) => (a, b),
            // An empty list and an absent one are the same everywhere.
            (Node::Null | Node::List(_), Node::Null | Node::List(_)) => return true,
            _ if !self.knowledge.empty_means_nothing(path) => return false,
            (Node::Map(a), _) => (a, &NONE),
            (_, Node::Map(b)) => (&NONE, b),
            _ => return true,
        };
        let (a, b) = both;
        if self.chooses(path, a, b) {
            return false;
        }
        a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))).all(|key| {
            self.nothing(&path.key(key), a.get(key).unwrap_or(&NOTHING), b.get(key).unwrap_or(&NOTHING))
        })
    }

    fn scalar(&mut self, path: &Path, declared: &Node, actual: &Node) {
        if let Some(reason) = self.knowledge.equivalent(path, declared, actual) {
            return self.noise(path, &reason, declared, actual);
        }
        if matches!(declared, Node::Null)
            && let Some(reason) = self.knowledge.expected(path, actual)
        {
            return self.noise(path, &reason, declared, actual);
        }
        match (declared, actual) {
            // Parts of which each means nothing may mean something together: `namespaceSelector: {}` is every namespace.
            (Node::Null, Node::Map(map))
                if self.knowledge.by_parts()
                    && !map.is_empty()
                    && (!actual.is_empty() || self.knowledge.empty_means_nothing(path)) =>
            {
                for (key, value) in map {
                    self.pair(&path.key(key), &NOTHING, value);
                }
            }
            _ => self.change(path, declared, actual),
        }
    }

    /// Of maps with nothing but empty values: one has an empty block where the other has another one, as `Action: {Count: {}}` beside
    /// `Action: {Block: {}}`. Which of them is there is what they say.
    fn chooses(&self, path: &Path, a: &BTreeMap<String, Node>, b: &BTreeMap<String, Node>) -> bool {
        let all_empty = |map: &BTreeMap<String, Node>| map.values().all(Node::is_empty);
        !path.0.is_empty()
            && self.knowledge.empty_blocks_choose()
            && a.keys().any(|key| has_alone(key, a, b))
            && b.keys().any(|key| has_alone(key, b, a))
            && all_empty(a)
            && all_empty(b)
    }

    fn maps(&mut self, path: &Path, declared: &BTreeMap<String, Node>, actual: &BTreeMap<String, Node>) {
        if self.chooses(path, declared, actual) {
            for (one, other) in [(declared, actual), (actual, declared)] {
                for (key, block) in one.iter().filter(|(key, _)| has_alone(key, one, other)) {
                    let (a, b) =
                        if std::ptr::eq(one, declared) { (block, &NOTHING) } else { (&NOTHING, block) };
                    self.change(&path.key(key), a, b);
                }
            }
            return;
        }
        for (key, value) in declared {
            self.pair(&path.key(key), value, actual.get(key).unwrap_or(&NOTHING));
        }
        for (key, value) in actual.iter().filter(|(key, _)| !declared.contains_key(*key)) {
            self.pair(&path.key(key), &NOTHING, value);
        }
    }

    fn texts(&mut self, path: &Path, declared: &str, actual: &str) {
        let (a, b) = (Node::Text(declared.to_owned()), Node::Text(actual.to_owned()));
        if let (Some(inner_a), Some(inner_b)) = (self.parsed(declared), self.parsed(actual)) {
            return self.inside(path, &inner_a, &inner_b, (&a, &b));
        }
        match same_text(declared, actual) {
            Some(reason) => self.noise(path, reason, &a, &b),
            None => self.scalar(path, &a, &b),
        }
    }

    fn parsed(&self, text: &str) -> Option<Node> {
        if self.texts >= MAX_NESTED_TEXTS { None } else { Node::from_json_text(text) }
    }

    /// The parts of a JSON text. If nothing of them differs, it is the text that is written in another way.
    fn inside(&mut self, path: &Path, declared: &Node, actual: &Node, whole: (&Node, &Node)) {
        let before = self.changed;
        let noise = self.found.noise.len();
        self.texts += 1;
        self.pair(path, declared, actual);
        self.texts -= 1;
        if self.changed == before {
            self.found.noise.truncate(noise);
            self.noise(path, "the same JSON, written in another way", whole.0, whole.1);
        }
    }

    fn lists(&mut self, path: &Path, declared: &[Node], actual: &[Node]) {
        if self.knowledge.is_sequence(path) {
            return self.change(path, &Node::List(declared.to_vec()), &Node::List(actual.to_vec()));
        }
        for field in self.knowledge.merge_key(path) {
            if let (Some(a), Some(b)) = (keyed(declared, field), keyed(actual, field)) {
                if self.keyed(path, field, (declared, &a), (actual, &b)) {
                    self.reordered(path, declared, actual, true);
                }
                return;
            }
        }
        if let ([a], [b]) = (declared, actual) {
            return self.pair(&path.with(Step::Index(0)), a, b);
        }
        // What both have, wherever it stands.
        let mut places: HashMap<String, VecDeque<usize>> = HashMap::new();
        for (at, node) in actual.iter().enumerate() {
            places.entry(canon(node)).or_default().push_back(at);
        }
        let mut taken = vec![false; actual.len()];
        let (mut left, mut moved) = (Vec::new(), false);
        // Where they went that tell of an order.
        let mut order = Vec::new();
        let sorts_sets = self.knowledge.sorts_sets();
        for (at, node) in declared.iter().enumerate() {
            let same = places.get_mut(&canon(node)).and_then(|places| {
                // The very same first: two that are both empty may be empty in another way.
                let nearest = places.iter().take(64).position(|to| actual[*to] == *node).unwrap_or(0);
                places.remove(nearest)
            });
            match same {
                Some(to) => {
                    taken[to] = true;
                    moved |= to != at;
                    let is_same = node == &actual[to];
                    if is_same || !sorts_sets {
                        order.push(to);
                    }
                    if is_same {
                        continue;
                    }
                    let path = path.with(Step::Index(at));
                    // A block instead of nothing is a block that came.
                    if matches!(node, Node::Null) || matches!(actual[to], Node::Null) {
                        self.whole(&path, node, &actual[to]);
                    } else {
                        self.pair(&path, node, &actual[to]);
                    }
                }
                None => left.push(at),
            }
        }
        let right: Vec<usize> = (0..actual.len()).filter(|at| !taken[*at]).collect();
        let is_all = left.is_empty() && right.is_empty();
        let is_meant = !order.is_sorted() && !self.knowledge.is_set(path);
        if is_meant || (is_all && moved) {
            self.reordered(path, declared, actual, is_meant);
        }
        if is_all {
            return;
        }
        let names = || left.iter().map(|at| &declared[*at]).chain(right.iter().map(|at| &actual[*at]));
        if names().all(is_scalar) {
            let sealed = declared.iter().chain(actual).any(Node::hides);
            for at in left {
                self.pair(&element(path, &declared[at], at, sealed), &declared[at], &NOTHING);
            }
            for at in right {
                self.pair(&element(path, &actual[at], at, sealed), &NOTHING, &actual[at]);
            }
            return;
        }
        // Blocks: by a field that names each of them, else by place among those that are left.
        let rest_a: Vec<Node> = left.iter().map(|at| declared[*at].clone()).collect();
        let rest_b: Vec<Node> = right.iter().map(|at| actual[*at].clone()).collect();
        for field in NAMES {
            if let (Some(a), Some(b)) = (keyed(&rest_a, field), keyed(&rest_b, field)) {
                if self.keyed(path, field, (&rest_a, &a), (&rest_b, &b)) && !is_meant {
                    self.reordered(path, declared, actual, !sorts_sets);
                }
                return;
            }
        }
        if left.len().min(right.len()) > 1 {
            self.found.guessed = true;
        }
        for step in 0..left.len().max(right.len()) {
            let a = left.get(step).map_or(&NOTHING, |at| &declared[*at]);
            let b = right.get(step).map_or(&NOTHING, |at| &actual[*at]);
            let at = left.get(step).or_else(|| right.get(step)).copied().unwrap_or_default();
            let path = path.with(Step::Index(at));
            if matches!(a, Node::Null) || matches!(b, Node::Null) {
                self.whole(&path, a, b);
            } else {
                self.pair(&path, a, b);
            }
        }
    }

    /// The elements that both have stand in another order.
    fn reordered(&mut self, path: &Path, declared: &[Node], actual: &[Node], is_meant: bool) {
        let (a, b) = (Node::List(declared.to_vec()), Node::List(actual.to_vec()));
        if is_meant && !self.knowledge.is_set(path) {
            self.change(path, &a, &b);
        } else {
            self.noise(path, "the same elements in another order", &a, &b);
        }
    }

    /// Elements by what names them; whether those that both have stand in another order.
    fn keyed(
        &mut self,
        path: &Path,
        field: &'static str,
        (declared, names): (&[Node], &[String]),
        (actual, others): (&[Node], &[String]),
    ) -> bool {
        let places: HashMap<&str, usize> =
            others.iter().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
        let mut order = Vec::new();
        for (node, name) in declared.iter().zip(names) {
            let path = path.with(Step::Where(field, name.clone()));
            match places.get(name.as_str()) {
                Some(at) => {
                    order.push(*at);
                    self.pair(&path, node, &actual[*at]);
                }
                None => self.whole(&path, node, &NOTHING),
            }
        }
        let known: HashSet<&String> = names.iter().collect();
        for (node, name) in actual.iter().zip(others).filter(|(_, name)| !known.contains(name)) {
            self.whole(&path.with(Step::Where(field, name.clone())), &NOTHING, node);
        }
        !order.is_sorted()
    }

    /// An element that is on one side only: one change, not one for each of its parts.
    fn whole(&mut self, path: &Path, declared: &Node, actual: &Node) {
        // A block says something by being there, though all in it may be empty: `allow {}` instead of `block {}` lets everybody in.
        let is_block = matches!(declared, Node::Map(_)) || matches!(actual, Node::Map(_));
        if !is_block && self.both_empty(path, declared, actual) {
            return self.noise(path, EMPTY, declared, actual);
        }
        if matches!(declared, Node::Null)
            && let Some(reason) = self.knowledge.expected(path, actual)
        {
            return self.noise(path, &reason, declared, actual);
        }
        self.change(path, declared, actual);
    }

    fn change(&mut self, path: &Path, declared: &Node, actual: &Node) {
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

    fn noise(&mut self, path: &Path, reason: &str, declared: &Node, actual: &Node) {
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

/// An empty block that only one of two maps has.
fn has_alone(key: &str, one: &BTreeMap<String, Node>, other: &BTreeMap<String, Node>) -> bool {
    matches!(one.get(key), Some(Node::Map(_))) && matches!(other.get(key), None | Some(Node::Null))
}

/// Whether an open value is the one that is sealed.
fn opened(sealed: &Sealed, other: &Node) -> bool {
    match other {
        Node::Secret(_) | Node::Unknown => false,
        other => sealed.same_as(other) || (sealed.is_empty() && other.is_empty()),
    }
}

/// `tags_all` repeats `tags` (AWS), `labels` come back in `effective_labels` (Google): one change, told once.
fn repeated_tags(found: &mut Difference) {
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

fn is_scalar(node: &Node) -> bool {
    !matches!(node, Node::List(_) | Node::Map(_))
}

/// The place of an element of a set: its value, unless that is long or a secret.
fn element(path: &Path, node: &Node, at: usize, sealed: bool) -> Path {
    let step = match node {
        Node::Text(text)
            if !sealed && text.len() <= 120 && !text.contains('\n') && !text.starts_with(['{', '[']) =>
        {
            Step::Element(text.clone())
        }
        Node::Number(number) if !sealed => Step::Element(number.to_string()),
        Node::Bool(yes) if !sealed => Step::Element(yes.to_string()),
        _ => Step::Index(at),
    };
    path.with(step)
}

#[cfg(test)]
mod tests;
