//! What somebody typed and could not save, because somebody else was faster: kept for a day, for them alone, so that nothing of it
//! is lost whatever the browser can carry. It is no change of anything yet: nobody audits it.

use domain::permission::Permission;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::SystemTx;
use store::draft::{Draft, Place};
use uuid::Uuid;

use crate::{Cx, Error, Result, Who};

/// A form as it was typed, and the version that it was made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Typed<T> {
    pub version: i64,
    pub fields: T,
}

/// Keeps a form; nothing for who is no person.
pub async fn keep<P: Permission>(
    cx: &Cx<P>,
    kind: &'static str,
    target: Uuid,
    version: i64,
    fields: &impl Serialize,
) -> Result<()> {
    let Some(place) = place(cx, kind, target) else { return Ok(()) };
    let fields = serde_json::to_value(fields).map_err(|e| Error::Internal(e.to_string()))?;
    let mut tx = SystemTx::across_all_organizations(&cx.services.db).await?;
    let draft = Draft { version, fields };
    store::draft::put(&mut tx, cx.actor.organization, place, &draft, cx.now()).await?;
    Ok(tx.commit_unaudited_bookkeeping().await?)
}

/// What was kept last, if it still can be read.
pub async fn kept<P: Permission, T: DeserializeOwned>(
    cx: &Cx<P>,
    kind: &'static str,
    target: Uuid,
) -> Result<Option<Typed<T>>> {
    let Some(place) = place(cx, kind, target) else { return Ok(None) };
    let draft = store::draft::get(&mut cx.read().await?, place).await?;
    let read = |draft: Draft| {
        let fields = serde_json::from_value(draft.fields).ok()?;
        Some(Typed { version: draft.version, fields })
    };
    Ok(draft.and_then(read))
}

/// Forgets it, with the save that made it unnecessary.
pub async fn forget<P: Permission>(cx: &Cx<P>, kind: &'static str, target: Uuid) -> Result<()> {
    let Some(place) = place(cx, kind, target) else { return Ok(()) };
    let mut tx = SystemTx::across_all_organizations(&cx.services.db).await?;
    store::draft::delete(&mut tx.within(cx.actor.organization), place).await?;
    Ok(tx.commit_unaudited_bookkeeping().await?)
}

pub(crate) fn place<P: Permission>(cx: &Cx<P>, kind: &'static str, target: Uuid) -> Option<Place> {
    match &cx.actor.who {
        Who::User(user) => Some(Place { user: user.id, kind, target }),
        Who::ApiKey { .. } | Who::System(_) => None,
    }
}
