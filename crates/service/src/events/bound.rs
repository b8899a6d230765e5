//! Events of a key that is bound to one source: filed under it, or refused.

use domain::event::NewEvent;
use domain::invalid::FieldError;
use domain::permission::EventWrite;
use domain::{Invalid, SourceId};

use super::PreparedEvent;
use crate::{Cx, Error, Result, Who};

/// The source that a key sends as, by the name that it had when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Bound {
    pub id: SourceId,
    pub name: String,
}

impl Bound {
    /// # Errors
    /// The row names another source. One that names none was given this one by the mapping.
    pub fn check(&self, event: &NewEvent) -> Result<(), FieldError> {
        if event.source.as_deref() == Some(self.name.as_str()) {
            return Ok(());
        }
        let reason = format!(
            "this API key sends as the source '{}' alone; leave the field out, or use another key",
            self.name
        );
        Err(FieldError { field: "source".to_owned(), reason })
    }
}

/// What the sender is bound to; `None`: it may name any source.
///
/// # Errors
/// `Unauthenticated` when the source was deleted a moment ago, and the key revoked with it.
pub async fn bound(cx: &Cx<EventWrite>) -> Result<Option<Bound>> {
    let Who::ApiKey { source: Some(id), .. } = cx.actor.who else { return Ok(None) };
    let source = store::source::get(&mut cx.read().await?, id).await?.ok_or(Error::Unauthenticated)?;
    Ok(Some(Bound { id, name: source.name }))
}

/// As [`bound`], of rows that were all given its name; the transaction looks whether it is still called so.
///
/// # Errors
/// They name several sources, or none.
pub(super) fn bound_rows(cx: &Cx<EventWrite>, rows: &[PreparedEvent]) -> Result<Option<Bound>> {
    let Who::ApiKey { source: Some(id), .. } = cx.actor.who else { return Ok(None) };
    let Some(first) = rows.first() else { return Ok(None) };
    let bound = Bound { id, name: first.event.source.clone().unwrap_or_default() };
    for row in rows {
        bound.check(&row.event).map_err(|error| Invalid(vec![error]))?;
    }
    Ok(Some(bound))
}
