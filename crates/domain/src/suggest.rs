//! The nearest word to one that is wrong.

/// The candidate with the fewest changed letters, if these are at most a third of the word (and at least one may be).
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().take(64).map(|c| c.to_ascii_lowercase()).collect();
    let limit = (word.len() / 3).clamp(1, 3);
    candidates
        .map(|c| (distance(&word, c), c))
        .filter(|(d, _)| *d <= limit)
        .min_by_key(|(d, _)| *d)
        .map(|(_, c)| c)
}

/// Letters to insert, delete or replace (Levenshtein).
fn distance(a: &[char], b: &str) -> usize {
    let mut row: Vec<usize> = (0..=a.len()).collect();
    for (j, cb) in b.chars().enumerate() {
        let mut corner = j;
        let mut left = j + 1;
        for (ca, cell) in a.iter().zip(row.iter_mut().skip(1)) {
            let best = if *ca == cb { corner } else { 1 + corner.min(left).min(*cell) };
            corner = std::mem::replace(cell, best);
            left = best;
        }
        if let Some(first) = row.first_mut() {
            *first = j + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}
