//! Two nodes compared: what changed, and what only looks as if it had.
//!
//! A difference is noise when the same thing is written in another way: null, "", false and empty; the order of a set (see `sets`); `"80"` and
//! 80; JSON in a text with other blanks; Azure ids and the front of ARNs in other case. Noise is kept with its reason, never dropped in silence.

use std::collections::BTreeMap;

use crate::node::{Node, Sealed};
use crate::path::Path;
use crate::{Change, Noise};

mod list;
mod same;
mod told;

use same::{canon, same_scalar, same_text};
pub(crate) use told::number_doubles;
use told::repeated_tags;

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

#[cfg(test)]
mod tests;
