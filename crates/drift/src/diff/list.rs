//! Two lists compared: elements by the field that names them, by their value, else by their place.

use std::collections::{HashMap, HashSet, VecDeque};

use super::same::canon;
use super::{EMPTY, NOTHING, Work};
use crate::node::{NAMES, Node, keyed};
use crate::path::{Path, Step};

impl Work<'_> {
    pub(super) fn lists(&mut self, path: &Path, declared: &[Node], actual: &[Node]) {
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
