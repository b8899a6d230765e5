//! How long to wait, in words.

/// `a second`, `40 seconds`, `3 minutes`.
pub fn words(seconds: u64) -> String {
    match seconds {
        0 | 1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn one_is_no_plural() {
        let said: Vec<_> = [0, 1, 2, 90, 91, 600].into_iter().map(words).collect();
        assert_eq!(said, ["a second", "a second", "2 seconds", "90 seconds", "2 minutes", "10 minutes"]);
    }
}
