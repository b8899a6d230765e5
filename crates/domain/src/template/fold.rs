//! Lists in a template: `<n>, <n>, <n>` is `<n>`, however long the list was.

use std::ops::Range;

/// Longest item of a list in words: `node-<n> <hex> up node-<n> <hex> up`.
const MAX_ITEM: usize = 3;

/// Ends a word of a template. Brackets stay apart from the list inside them.
fn is_end(c: u8) -> bool {
    matches!(c, b' ' | b',' | b';' | b'|' | b'[' | b']' | b'(' | b')' | b'{' | b'}')
}

/// Between two items of one list.
fn is_separator(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|c| matches!(c, b' ' | b',' | b';' | b'|'))
}

/// A word and the text between it and the word before.
#[derive(Clone)]
struct Word {
    before: Range<usize>,
    at: Range<usize>,
}

/// Removes every item that the next one repeats and that holds a slot.
pub(super) fn fold(template: &mut String) {
    if template.bytes().filter(|c| *c == b'<').take(2).count() < 2 {
        return;
    }
    let bytes = template.as_bytes();
    let mut words: Vec<Word> = Vec::with_capacity(24);
    let mut folded = false;
    let mut i = 0;
    while i < bytes.len() {
        let from = i;
        while i < bytes.len() && is_end(bytes[i]) {
            i += 1;
        }
        let start = i;
        while i < bytes.len() && !is_end(bytes[i]) {
            i += 1;
        }
        words.push(Word { before: from..start, at: start..i });
        if let Some(item) = (1..=MAX_ITEM).find(|item| repeats(template, &words, *item)) {
            let n = words.len();
            words[n - item].before = words[n - 2 * item].before.clone();
            words.drain(n - 2 * item..n - item);
            folded = true;
        }
    }
    if folded {
        *template =
            words.iter().flat_map(|w| [&template[w.before.clone()], &template[w.at.clone()]]).collect();
    }
}

/// The last `item` words are those before them but for the punctuation at the end, and a slot is among them.
fn repeats(template: &str, words: &[Word], item: usize) -> bool {
    let n = words.len();
    if n < 2 * item {
        return false;
    }
    let (first, second) = (&words[n - 2 * item..n - item], &words[n - item..]);
    let text = |w: &Word| &template[w.at.clone()];
    let last = text(&second[item - 1]).trim_end_matches(['.', ':', '!', '?']);
    text(&first[item - 1]) == last
        && !last.is_empty()
        && first[..item - 1].iter().zip(second).all(|(a, b)| text(a) == text(b))
        && second.iter().all(|w| is_separator(&template[w.before.clone()]))
        && second.iter().any(|w| text(w).contains('<'))
}
