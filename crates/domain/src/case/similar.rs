//! Cases that may be about the same: what they share, and how much that says.

use std::collections::{HashMap, HashSet};

use super::Case;
use crate::CaseId;

/// Cases whose words are compared: those that were changed last.
pub const RECENT: u32 = 1_000;
/// Most cases that are told.
pub const MAX_SIMILAR: usize = 8;
/// Shorter words say nothing.
const SHORTEST: usize = 3;
/// Words that are told of a case.
const TOLD: usize = 6;

/// Words that hold sentences together and say nothing of what they are about; among few cases they are not common enough to be
/// told by that. In their order.
const FILLERS: [&str; 88] = [
    "about", "after", "again", "all", "also", "and", "any", "are", "been", "before", "being", "but", "can",
    "could", "did", "does", "for", "from", "had", "has", "have", "her", "here", "his", "how", "into", "its",
    "just", "more", "most", "new", "not", "now", "off", "once", "one", "only", "other", "our", "out", "over",
    "own", "per", "same", "see", "seen", "she", "should", "since", "some", "still", "such", "than", "that",
    "the", "their", "them", "then", "there", "these", "they", "this", "those", "through", "two", "under",
    "until", "upon", "very", "via", "was", "were", "what", "when", "where", "which", "while", "who", "whom",
    "why", "will", "with", "within", "without", "would", "yet", "you", "your",
];

/// What a case shares with another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shared {
    pub observables: i64,
    pub groups: i64,
    pub drifts: i64,
    /// Of title and description, the rarest first.
    pub words: Vec<String>,
}

/// A case that may be about the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Similar {
    pub case: Case,
    pub shared: Shared,
}

impl Shared {
    /// An observable and a drift say most, a word least: one word alone says nothing.
    pub fn score(&self) -> i64 {
        let words = self.words.len() as i64;
        (self.observables + self.drifts) * 6 + self.groups * 4 + if words > 1 { words } else { 0 }
    }
}

/// The cases with the highest scores, and of equal ones the newest.
pub fn rank(shared: HashMap<CaseId, Shared>) -> Vec<(CaseId, Shared)> {
    let mut all: Vec<_> = shared.into_iter().filter(|(_, shared)| shared.score() > 0).collect();
    all.sort_by_key(|(id, shared)| (std::cmp::Reverse(shared.score()), std::cmp::Reverse(*id)));
    all.truncate(MAX_SIMILAR);
    all
}

/// The words that a case shares with each of others, without those that say nothing: short ones, numbers, fillers, and what stands in
/// more than a tenth of them.
pub fn shared_words<'a>(
    own: &str,
    others: impl IntoIterator<Item = (CaseId, &'a str)>,
) -> HashMap<CaseId, Vec<String>> {
    let tells = |word: &&str| {
        word.chars().count() >= SHORTEST
            && word.chars().any(char::is_alphabetic)
            && FILLERS.binary_search(word).is_err()
    };
    let own: HashSet<&str> = own.split_whitespace().filter(tells).collect();
    let (mut found, mut often, mut all) = (HashMap::new(), HashMap::<&str, usize>::new(), 0_usize);
    for (id, words) in others {
        let shared: HashSet<&str> =
            words.split_whitespace().filter_map(|word| own.get(word).copied()).collect();
        for word in &shared {
            *often.entry(word).or_default() += 1;
        }
        all += 1;
        if !shared.is_empty() {
            found.insert(id, shared);
        }
    }
    let most = (all / 10).max(3);
    found
        .into_iter()
        .map(|(id, shared)| {
            let mut words: Vec<&str> = shared.into_iter().filter(|word| often[word] <= most).collect();
            words.sort_by_key(|word| (often[word], *word));
            words.truncate(TOLD);
            (id, words.into_iter().map(str::to_owned).collect::<Vec<_>>())
        })
        .filter(|(_, words)| !words.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u128) -> CaseId {
        CaseId(uuid::Uuid::from_u128(n))
    }

    #[test]
    fn words_that_many_have_and_short_ones_say_nothing() {
        let common: Vec<(CaseId, &str)> = (10..60).map(|n| (id(n), "the login failed")).collect();
        let others =
            common.iter().copied().chain([(id(1), "payroll phishing at the login"), (id(2), "of 4711")]);
        let found = shared_words("payroll phishing of the login 4711 at noon", others);
        assert_eq!(found, HashMap::from([(id(1), vec!["payroll".to_owned(), "phishing".to_owned()])]));
    }

    #[test]
    fn fillers_say_nothing_however_few_have_them() {
        assert!(FILLERS.is_sorted());
        let found =
            shared_words("this was there after the login", [(id(1), "there was this after the attack")]);
        assert_eq!(found, HashMap::new());
    }

    #[test]
    fn what_says_more_comes_first() {
        let of = |observables, groups, words: &[&str]| Shared {
            observables,
            groups,
            drifts: 0,
            words: words.iter().map(|word| (*word).to_owned()).collect(),
        };
        let all = HashMap::from([
            (id(1), of(0, 0, &["one"])),
            (id(2), of(0, 0, &["one", "two"])),
            (id(3), of(1, 0, &[])),
            (id(4), of(0, 1, &["one", "two", "three"])),
            (id(5), of(1, 0, &[])),
        ]);
        let ranked: Vec<u128> = rank(all).into_iter().map(|(id, _)| id.0.as_u128()).collect();
        assert_eq!(ranked, [4, 5, 3, 2], "one word alone says nothing");
    }
}
