//! What stands in the slots of a template: the values of each over a number of messages, counted.

use std::collections::HashMap;

use crate::template::{Slot, parts, values};

/// Values that are told of a slot or a field.
pub const TOLD: usize = 8;
/// Longest value that is told, in characters; longer ones are not counted by value.
const LONGEST: usize = 200;

/// Values with how often each occurs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counted {
    /// The most frequent first, at most [`TOLD`].
    pub values: Vec<(String, i64)>,
    pub distinct: usize,
    /// Of how many.
    pub of: i64,
}

/// What stands in one slot.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution {
    pub slot: Slot,
    pub counted: Counted,
    /// Where every value is a plain number.
    pub numbers: Option<Numbers>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Numbers {
    pub min: f64,
    pub median: f64,
    pub p95: f64,
    pub max: f64,
}

/// Counts texts.
pub fn count<'a>(texts: impl Iterator<Item = &'a str>) -> Counted {
    let mut counts: HashMap<&str, i64> = HashMap::new();
    let mut of = 0;
    for text in texts {
        of += 1;
        *counts.entry(text).or_default() += 1;
    }
    let distinct = counts.len();
    let mut values: Vec<(&str, i64)> = counts.into_iter().collect();
    values.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let told = values.into_iter().filter(|(text, _)| text.chars().nth(LONGEST).is_none()).take(TOLD);
    Counted { values: told.map(|(text, n)| (text.to_owned(), n)).collect(), distinct, of }
}

/// What stands in each slot of a template, in order. Messages whose slots cannot be told apart do not count.
pub fn distribute<'a>(template: &str, messages: impl Iterator<Item = &'a str>) -> Vec<Distribution> {
    let rows: Vec<Vec<&str>> = messages.filter_map(|message| values(template, message)).collect();
    let slots = parts(template).filter_map(|(_, slot)| slot).enumerate();
    slots
        .map(|(i, slot)| {
            let column = || rows.iter().filter_map(move |row| row.get(i).copied());
            Distribution { slot, counted: count(column()), numbers: numbers(column()) }
        })
        .collect()
}

/// By the nearest rank. `None` without values and where one is no plain number.
fn numbers<'a>(texts: impl Iterator<Item = &'a str>) -> Option<Numbers> {
    let plain = |text: &str| {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        let number = digits.starts_with(|c: char| c.is_ascii_digit())
            && digits.bytes().all(|c| c.is_ascii_digit() || c == b'.');
        if number { text.parse::<f64>().ok() } else { None }
    };
    let mut all = texts.map(plain).collect::<Option<Vec<f64>>>()?;
    all.sort_unstable_by(f64::total_cmp);
    let rank = |part: usize| all.get((all.len() * part).div_ceil(100).saturating_sub(1)).copied();
    Some(Numbers { min: *all.first()?, median: rank(50)?, p95: rank(95)?, max: *all.last()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::template;

    #[test]
    fn each_slot_has_its_values_and_a_number_its_figures() {
        let messages: Vec<String> = (1..=100)
            .map(|n| format!("request by user {} took {n} ms", if n % 4 == 0 { "u7" } else { "u8" }))
            .collect();
        let shape = template(&messages[0]);
        let found = distribute(&shape, messages.iter().map(String::as_str).chain(["another thing"]));
        assert_eq!(found.len(), 2, "{shape}");
        assert_eq!(found[0].counted.values, [("u8".to_owned(), 75), ("u7".to_owned(), 25)]);
        assert_eq!((found[0].counted.distinct, found[0].counted.of, found[0].numbers), (2, 100, None));
        let last = &found[1];
        assert_eq!((last.counted.distinct, last.counted.values.len()), (100, TOLD));
        assert!(
            last.numbers.is_none()
                || last.numbers == Some(Numbers { min: 1.0, median: 50.0, p95: 95.0, max: 100.0 })
        );
    }

    #[test]
    fn figures_are_of_plain_numbers_alone() {
        let of = |texts: &[&str]| numbers(texts.iter().copied());
        assert_eq!(of(&["3", "1", "2.5"]), Some(Numbers { min: 1.0, median: 2.5, p95: 3.0, max: 3.0 }));
        assert_eq!(of(&["3", "1ms"]), None);
        assert_eq!(of(&["inf"]), None);
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn long_values_are_counted_but_not_told() {
        let long = "x".repeat(201);
        let found = count([long.as_str(), "a", &long].into_iter());
        assert_eq!((found.values, found.distinct, found.of), (vec![("a".to_owned(), 1)], 2, 3));
    }
}
