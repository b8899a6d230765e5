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

/// The candidate that begins with the word, whatever its case; none where several do.
pub fn begun<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let begins = |c: &&str| c.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let mut found = candidates.filter(begins);
    found.next().filter(|_| found.next().is_none())
}

/// Letters to insert, delete, replace or swap with the next one (optimal string alignment).
fn distance(a: &[char], b: &str) -> usize {
    // The rows of the letter before the last and of the last one; `row` begins as the row of no letter.
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=a.len()).collect();
    let mut last = None;
    for (j, cb) in b.chars().enumerate() {
        let mut next = vec![j + 1];
        for (i, ca) in a.iter().enumerate() {
            let at = |row: &[usize], i: usize| row.get(i).copied().unwrap_or(usize::MAX - 1);
            let changed = at(&row, i) + usize::from(*ca != cb);
            let mut best = changed.min(1 + at(&row, i + 1)).min(1 + at(&next, i));
            if let Some(i) = i.checked_sub(1)
                && last == Some(*ca)
                && a.get(i) == Some(&cb)
            {
                best = best.min(1 + at(&before, i));
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
        last = Some(cb);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_stands_for_the_one_word_that_begins_so() {
        let words = ["new", "ongoing", "regressed", "resolved"];
        assert_eq!(begun("n", words.into_iter()), Some("new"));
        assert_eq!(begun("RES", words.into_iter()), Some("resolved"));
        assert_eq!(begun("re", words.into_iter()), None, "two begin so");
        assert_eq!(begun("é", words.into_iter()), None);
        assert_eq!(begun("newer", words.into_iter()), None);
    }

    #[test]
    fn a_swap_of_two_letters_is_one_change() {
        let of = |a: &str, b: &str| distance(&a.chars().collect::<Vec<_>>(), b);
        assert_eq!(of("hgih", "high"), 1);
        assert_eq!(of("lwo", "low"), 1);
        assert_eq!(of("", "ab"), 2);
        assert_eq!(of("abc", ""), 3);
        assert_eq!(of("kitten", "sitting"), 3);
        assert_eq!(of("ca", "abc"), 3);
        let words = ["info", "low", "medium", "high", "critical"];
        assert_eq!(nearest("hgih", words.into_iter()), Some("high"));
        assert_eq!(nearest("Hihg", words.into_iter()), Some("high"));
        assert_eq!(nearest("zzzz", words.into_iter()), None);
    }
}
