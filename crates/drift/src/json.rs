//! JSON with its lines: where in the text a part of the document stands, asked only when there is something to say of it.

use std::collections::HashMap;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::path::{Path, Step};
use crate::{Input, Problem, problem};

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

/// A problem at a place of a JSON document.
pub(crate) fn at(input: Input<'_>, path: &Path, reason: impl Into<String>) -> Problem {
    problem(input.file, &path.text(), line_of(input.text, path), reason.into())
}

/// The line (from 1) where the deepest part of `path` that exists begins.
pub(crate) fn line_of(text: &str, path: &Path) -> Option<usize> {
    let mut part: &str = serde_json::from_str::<&RawValue>(text).ok()?.get();
    for step in &path.0 {
        let inner: Option<&RawValue> = match step {
            Step::Key(key) => serde_json::from_str::<HashMap<String, &RawValue>>(part)
                .ok()
                .and_then(|map| map.get(key.as_str()).copied()),
            Step::Index(at) => {
                serde_json::from_str::<Vec<&RawValue>>(part).ok().and_then(|list| list.get(*at).copied())
            }
            _ => None,
        };
        let Some(inner) = inner else { break };
        part = inner.get();
    }
    let offset = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    Some(text.get(..offset)?.matches('\n').count() + 1)
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
        assert_eq!(line_of(text, &path), Some(4));
        assert_eq!(line_of(text, &path.key("b")), Some(5));
        assert_eq!(line_of(text, &path.key("none")), Some(4));
    }

    #[test]
    fn a_text_that_is_no_json_names_its_line_and_no_value() {
        let problems = parse(Input { file: "f", text: "{\n\"a\": hunter2}" }).unwrap_err();
        assert_eq!(problems[0].line, Some(2));
        assert!(!problems[0].reason.contains("hunter2"), "{problems:?}");
    }
}
