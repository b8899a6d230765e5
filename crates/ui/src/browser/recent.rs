//! What was typed before, kept in this browser alone: lines under a key of the local storage, the latest first.

use super::theme::storage;

/// Lines that are kept.
const KEPT: usize = 10;

pub(crate) fn remembered(key: &str) -> Vec<String> {
    let text = storage().and_then(|storage| storage.get_item(key).ok()?).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

pub(crate) fn remember(key: &str, line: &str) {
    let line = line.trim();
    if line.is_empty() {
        return;
    }
    let mut lines = remembered(key);
    lines.retain(|known| known != line);
    lines.insert(0, line.to_owned());
    lines.truncate(KEPT);
    if let Some(storage) = storage() {
        // A full or a closed store forgets; nothing depends on it.
        let _ = storage.set_item(key, &lines.join("\n"));
    }
}
