//! What means the same, though it is written in another way.

use std::fmt::Write as _;

use serde_json::Value;

use super::EMPTY;
use crate::node::Node;

pub(super) fn same_scalar(a: &Node, b: &Node) -> Option<&'static str> {
    let numeric = |node: &Node| match node {
        Node::Number(number) => number.as_f64(),
        Node::Text(text) => plain_number(text),
        _ => None,
    };
    match (a, b) {
        (Node::Number(_), Node::Number(_) | Node::Text(_)) | (Node::Text(_), Node::Number(_)) => {
            let (x, y) = (numeric(a)?, numeric(b)?);
            (x.total_cmp(&y).is_eq() && !exact_differ(a, b))
                .then_some("the same number, written in another way")
        }
        (Node::Bool(yes), Node::Text(text)) | (Node::Text(text), Node::Bool(yes)) => {
            (text == if *yes { "true" } else { "false" }).then_some("the same yes or no, written as text")
        }
        // Absent and "false" (a text) mean the same, as absent and false do.
        (Node::Text(text), other) | (other, Node::Text(text)) if text == "false" && other.is_empty() => {
            Some(EMPTY)
        }
        _ => None,
    }
}

/// Whole numbers of 64 bits are compared exactly, not as doubles.
fn exact_differ(a: &Node, b: &Node) -> bool {
    let whole = |node: &Node| match node {
        Node::Number(number) => number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from)),
        Node::Text(text) => text.parse::<i128>().ok(),
        _ => None,
    };
    matches!((whole(a), whole(b)), (Some(x), Some(y)) if x != y)
}

/// A decimal number as people write one: no exponent, no leading zero that an account id or a mode would have.
fn plain_number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let fits = !digits.is_empty()
        && digits.len() <= 20
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && digits.starts_with(|c: char| c.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0') || digits.starts_with("0."));
    fits.then(|| text.parse().ok()).flatten()
}

pub(super) fn same_text(a: &str, b: &str) -> Option<&'static str> {
    if a.eq_ignore_ascii_case(b)
        && let (Some(x), Some(y)) = (folded(a), folded(b))
        && x == y
    {
        return Some("Azure ids, and ARNs before the resource, mean the same in any case");
    }
    let lines = |text: &str| text.replace("\r\n", "\n").trim_end_matches('\n').to_owned();
    if !a.is_empty() && !b.is_empty() && lines(a) == lines(b) {
        return Some("only line endings differ");
    }
    None
}

/// Azure ids mean the same in any case; ARNs up to their resource, whose case matters (`s3:::bucket/Key`).
fn folded(text: &str) -> Option<String> {
    let starts =
        |prefix: &str| text.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
    if starts("/subscriptions/") {
        return Some(text.to_ascii_lowercase());
    }
    starts("arn:").then(|| {
        let end = text.match_indices(':').nth(4).map_or(text.len(), |(at, _)| at);
        text[..end].to_ascii_lowercase() + &text[end..]
    })
}

/// One text for all that means the same, to find equal elements of lists. Two nodes with one text are the same; that some which mean
/// the same have two texts only makes a list's elements be paired in another way.
pub(super) fn canon(node: &Node) -> String {
    let mut text = String::new();
    write_canon(node, &mut text, 0);
    text
}

fn write_canon(node: &Node, text: &mut String, depth: usize) {
    if node.is_empty() {
        text.push('~');
        return;
    }
    match node {
        Node::Null | Node::Bool(false) => text.push('~'),
        Node::Bool(true) => text.push_str("true"),
        Node::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e15 => {
                let _ = write!(text, "{float:.0}");
            }
            _ => text.push_str(&number.to_string()),
        },
        Node::Text(words) if depth < 8 && Node::from_json_text(words).is_some() => {
            if let Some(inner) = Node::from_json_text(words) {
                write_canon(&inner, text, depth + 4);
            }
        }
        Node::Text(words) if words == "true" || plain_number(words).is_some() && !words.contains('.') => {
            text.push_str(words);
        }
        Node::Text(words) => {
            text.push_str(&Value::from(folded(words).unwrap_or_else(|| words.clone())).to_string());
        }
        Node::List(items) => {
            let mut parts: Vec<String> = items.iter().map(canon).collect();
            parts.sort_unstable();
            text.push('[');
            text.push_str(&parts.join(","));
            text.push(']');
        }
        Node::Map(map) => {
            text.push('{');
            for (key, value) in map.iter().filter(|(_, value)| !value.is_empty()) {
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                write_canon(value, text, depth + 1);
                text.push(',');
            }
            text.push('}');
        }
        Node::Secret(sealed) => sealed.write_canon(text),
        Node::Unknown => text.push('?'),
    }
}
