//! JSON with its lines: where in the text a part of the document stands, asked once for all that there is to say of it.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;
use serde_json::value::RawValue;

use crate::path::{Path, Step, parse as path_of};
use crate::{Input, MAX_PROBLEMS, Problem, problem};

/// The document, or the one problem that it is none. Depth is limited to 128 by serde_json.
pub(crate) fn parse(input: Input<'_>) -> Result<Value, Vec<Problem>> {
    serde_json::from_str(input.text).map_err(|error| {
        let reason = match error.classify() {
            serde_json::error::Category::Eof => "the document ends in its middle; was it cut off?".to_owned(),
            // The words of a syntax error name what was expected, never what was there.
            _ => format!("not JSON: {}", words(&error.to_string())),
        };
        let line = (error.line() > 0).then(|| error.line());
        vec![problem(input.file, "", line, reason)]
    })
}

/// Without the place, which is told beside.
fn words(error: &str) -> &str {
    error.split(" at line ").next().unwrap_or(error)
}

/// A problem at a place of a JSON document. Its line is looked for later, by [`lines`].
pub(crate) fn at(input: Input<'_>, path: &Path, reason: impl Into<String>) -> Problem {
    problem(input.file, &path.text(), None, reason.into())
}

/// Gives problems without a line the line of their place: in one walk, and only those that will be told.
pub(crate) fn lines(text: &str, problems: &mut [Problem]) {
    let asked: Vec<(usize, Path)> = problems
        .iter()
        .enumerate()
        .take(MAX_PROBLEMS)
        .filter(|(_, problem)| problem.line.is_none())
        .filter_map(|(at, problem)| Some((at, path_of(&problem.path)?)))
        .collect();
    if asked.is_empty() {
        return;
    }
    let Ok(root) = serde_json::from_str::<&RawValue>(text) else { return };
    let mut offsets = Vec::with_capacity(asked.len());
    descend(text, root.get(), 0, asked.iter().map(|(at, path)| (*at, path)).collect(), &mut offsets);
    offsets.sort_unstable();
    let (mut line, mut before) = (1, 0);
    for (offset, at) in offsets {
        line += text[before..offset].matches('\n').count();
        before = offset;
        problems[at].line = Some(line);
    }
}

/// Where the deepest part of each path that exists begins. Each part of the text is read once, however many paths lead through it.
fn descend<'t>(
    text: &str,
    part: &'t str,
    depth: usize,
    paths: Vec<(usize, &Path)>,
    offsets: &mut Vec<(usize, usize)>,
) {
    let mut inner: BTreeMap<&Step, Vec<(usize, &Path)>> = BTreeMap::new();
    let mut here = |at: usize| {
        let offset = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        offsets.push((offset.min(text.len()), at));
    };
    for (at, path) in paths {
        match path.0.get(depth) {
            Some(step) => inner.entry(step).or_default().push((at, path)),
            None => here(at),
        }
    }
    if inner.is_empty() {
        return;
    }
    let map: Option<HashMap<String, &'t RawValue>> =
        if part.starts_with('{') { serde_json::from_str(part).ok() } else { None };
    let list: Option<Vec<&'t RawValue>> =
        if part.starts_with('[') { serde_json::from_str(part).ok() } else { None };
    let mut deeper = Vec::new();
    for (step, paths) in inner {
        let found = match step {
            Step::Key(key) => map.as_ref().and_then(|map| map.get(key.as_str()).copied()),
            Step::Index(nth) => list.as_ref().and_then(|list| list.get(*nth).copied()),
            _ => None,
        };
        match found {
            Some(found) => deeper.push((found, paths)),
            None => paths.into_iter().for_each(|(at, _)| here(at)),
        }
    }
    for (found, paths) in deeper {
        descend(text, found.get(), depth + 1, paths, offsets);
    }
}

/// A field that must be there and be a text.
pub(crate) fn text<'v>(value: &'v Value, key: &str) -> Result<&'v str, String> {
    match value.get(key) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        Some(Value::String(_)) => Err(format!("\"{key}\" is empty")),
        Some(_) => Err(format!("\"{key}\" should be a text")),
        None => Err(format!("\"{key}\" is missing")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_its_line() {
        let text = "{\n \"a\": [\n  1,\n  {\"b\":\n 2}]}";
        let path = Path::default().key("a").with(Step::Index(1));
        let places = [path.key("b"), path.clone(), path.key("none"), Path::default()];
        let mut problems: Vec<Problem> =
            places.iter().map(|path| at(Input { file: "f", text }, path, "x")).collect();
        lines(text, &mut problems);
        let lines: Vec<_> = problems.iter().map(|problem| problem.line.unwrap()).collect();
        assert_eq!(lines, [5, 4, 4, 1]);
    }

    #[test]
    fn a_text_that_is_no_json_names_its_line_and_no_value() {
        let problems = parse(Input { file: "f", text: "{\n\"a\": hunter2}" }).unwrap_err();
        assert_eq!(problems[0].line, Some(2));
        assert!(!problems[0].reason.contains("hunter2"), "{problems:?}");
    }
}
