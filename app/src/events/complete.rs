//! What is offered while a query is typed: what the language knows, and the values and paths that were seen. Server only.

use domain::permission::{EventRead, SourceRead};
use domain::query::{Context, EVENTS, edit};

use super::query::EventQuery;
use super::read::filter;
use super::shown::Completed;
use crate::Answer;
use crate::complete::{Cursor, OFFERED, events};
use crate::server::Scope;

/// `at`: UTF-16 units before the cursor.
pub async fn complete(scope: &Scope, query: &EventQuery, at: u32) -> Answer<Completed> {
    let cursor = Cursor::new(&query.q, at, &EVENTS);
    // While a query is typed it need not be one: the range alone narrows what is offered.
    let range = filter(scope, &EventQuery { q: String::new(), ..query.clone() }).unwrap_or_default();
    let cx = scope.admit::<EventRead>()?;
    let mut choices = cursor.known();
    let seen = match &cursor.found.context {
        Context::Value { field, prefix } if field == "source" => {
            let sources =
                service::sources::list(&scope.admit::<SourceRead>()?, prefix, OFFERED as u32, None).await?;
            sources.items.into_iter().map(|source| (source.name, None)).collect()
        }
        Context::Value { field, prefix } => match edit::target(field, &EVENTS) {
            Ok(target) => {
                let (values, all) = service::events::values(&cx, &range, &target, prefix).await?;
                values.into_iter().map(|(value, n)| (value, Some(events(n, all)))).collect()
            }
            Err(_) => Vec::new(),
        },
        Context::Field { prefix } if prefix.to_lowercase().starts_with("payload.") => {
            let within = prefix.get("payload.".len()..).unwrap_or_default();
            let (paths, all) = service::events::paths(&cx, &range, within).await?;
            let path =
                |(path, n): &(String, i64)| cursor.put(&[path, ":"].concat(), path, events(*n, all), true);
            choices.extend(paths.iter().map(path));
            Vec::new()
        }
        _ => Vec::new(),
    };
    choices.extend(seen.into_iter().map(|(value, note)| cursor.value(&value, note.unwrap_or_default())));
    Ok(cursor.done(choices))
}
