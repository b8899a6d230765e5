//! Saved views: one's own, and those shared in the organization.

use domain::audit::{Action, AuditEntry};
use domain::permission::{Key, ViewRead, ViewWrite};
use domain::view::{Area, MAX_VIEWS, NewView, View};
use domain::{Invalid, UserId, ViewId};
use serde_json::{Value, json};
use store::WriteTx;

use crate::{Cx, Error, Result, Who};

/// Those that the reader may see, shared ones first, and the one they start with.
pub async fn list(cx: &Cx<ViewRead>, area: Area) -> Result<(Vec<View>, Option<ViewId>)> {
    let (mut tx, user) = (cx.read().await?, user(cx));
    let views = store::view::list(&mut tx, area, user).await?;
    let default = match user {
        Some(user) if !views.is_empty() => store::view::default(&mut tx, area, user).await?,
        _ => None,
    };
    Ok((views, default))
}

pub async fn get(cx: &Cx<ViewRead>, id: ViewId) -> Result<View> {
    store::view::get(&mut cx.read().await?, id, user(cx)).await?.ok_or(Error::NotFound)
}

/// The view that the reader starts with.
pub async fn default(cx: &Cx<ViewRead>, area: Area) -> Result<Option<View>> {
    let Some(user) = user(cx) else { return Ok(None) };
    let mut tx = cx.read().await?;
    let Some(id) = store::view::default(&mut tx, area, user).await? else { return Ok(None) };
    Ok(store::view::get(&mut tx, id, Some(user)).await?)
}

pub async fn create(cx: &Cx<ViewWrite>, area: Area, new: NewView) -> Result<View> {
    check(cx, area, &new)?;
    let owner_id = user(cx);
    if owner_id.is_none() && !new.shared {
        return Err(Invalid::field("shared", "a key has no views of its own; share it").into());
    }
    let mut tx = cx.write().await?;
    room(&mut tx, area, new.shared, owner_id).await?;
    let view = View {
        id: cx.services.clock.id(),
        area,
        name: new.name.trim().to_owned(),
        query: new.query,
        shared: new.shared,
        owner_id,
        owner: None,
        version: 1,
        created_at: tx.now(),
        updated_at: tx.now(),
    };
    store::view::insert(&mut tx, &view).await.map_err(name_taken)?;
    let entry = AuditEntry::new(Action::VIEW_CREATED, "view", view.id).change(None, Some(told(&view)));
    tx.commit(entry).await?;
    Ok(view)
}

/// No longer shared, it is its owner's alone. `version` is the one that the change was made from. Nobody's work is overwritten: another version in between is a conflict.
pub async fn update(cx: &Cx<ViewWrite>, id: ViewId, version: i64, new: NewView) -> Result<View> {
    let (mut tx, old) = changeable(cx, id).await?;
    check(cx, old.area, &new)?;
    if old.shared != new.shared {
        room(&mut tx, old.area, new.shared, old.owner_id).await?;
    }
    let owner_id = old.owner_id.or(if new.shared { None } else { user(cx) });
    if owner_id.is_none() && !new.shared {
        return Err(Invalid::field("shared", "a key has no views of its own; share it").into());
    }
    let view = View {
        name: new.name.trim().to_owned(),
        query: new.query,
        shared: new.shared,
        owner_id,
        version: version.saturating_add(1),
        updated_at: tx.now(),
        ..old.clone()
    };
    if version != old.version || !store::view::update(&mut tx, &view).await.map_err(name_taken)? {
        let with = if old.query.is_empty() { "everything" } else { &old.query };
        let (name, shared) = (&old.name, if old.shared { "shared" } else { "private" });
        return Err(Error::Conflict(format!(
            "somebody changed this view meanwhile; it is “{name}” now, {shared}, with {with}: look at it again before you save"
        )));
    }
    let entry = AuditEntry::new(Action::VIEW_UPDATED, "view", id).change(Some(told(&old)), Some(told(&view)));
    tx.commit(entry).await?;
    Ok(view)
}

pub async fn delete(cx: &Cx<ViewWrite>, id: ViewId) -> Result<View> {
    let (mut tx, old) = changeable(cx, id).await?;
    store::view::delete(&mut tx, id).await?;
    tx.commit(AuditEntry::new(Action::VIEW_DELETED, "view", id).change(Some(told(&old)), None)).await?;
    Ok(old)
}

/// The list opens with this view for the person, or with everything again.
pub async fn set_default(cx: &Cx<ViewWrite>, area: Area, id: Option<ViewId>) -> Result<()> {
    let user =
        user(cx).ok_or_else(|| Invalid::field("view", "only a signed-in person starts with a view"))?;
    let mut tx = cx.write().await?;
    let old = store::view::default(&mut tx, area, user).await?;
    if old == id {
        return Ok(());
    }
    if let Some(id) = id {
        let view = store::view::get(&mut tx, id, Some(user)).await?.ok_or(Error::NotFound)?;
        if view.area != area {
            return Err(Error::NotFound);
        }
    }
    store::view::set_default(&mut tx, area, user, id).await?;
    let value = |id: Option<ViewId>| Some(json!({ "area": area.as_str(), "view": id }));
    let entry = AuditEntry::new(Action::DEFAULT_VIEW_SET, "user", user).change(value(old), value(id));
    Ok(tx.commit(entry).await?)
}

/// One's own, or a shared one where one may share.
async fn changeable(cx: &Cx<ViewWrite>, id: ViewId) -> Result<(WriteTx, View)> {
    let mut tx = cx.write().await?;
    let view = store::view::get(&mut tx, id, user(cx)).await?.ok_or(Error::NotFound)?;
    if view.shared && !cx.actor.permissions.has(Key::ViewShare) {
        return Err(Error::Forbidden);
    }
    Ok((tx, view))
}

fn check(cx: &Cx<ViewWrite>, area: Area, new: &NewView) -> Result<()> {
    let pairs: Vec<_> = form_urlencoded::parse(new.query.as_bytes()).collect();
    new.check(area, pairs.iter().find(|(name, _)| area.is_query(name)).map(|(_, q)| &**q))?;
    if new.shared && !cx.actor.permissions.has(Key::ViewShare) {
        return Err(Invalid::field("shared", "your role does not allow sharing views").into());
    }
    Ok(())
}

async fn room(tx: &mut WriteTx, area: Area, shared: bool, owner: Option<UserId>) -> Result<()> {
    if store::view::count(tx, area, shared, owner).await? >= MAX_VIEWS as i64 {
        return Err(Error::Conflict("there are 50 views already; delete one first".to_owned()));
    }
    Ok(())
}

fn user<P: domain::permission::Permission>(cx: &Cx<P>) -> Option<UserId> {
    match &cx.actor().who {
        Who::User(user) => Some(user.id),
        Who::ApiKey { .. } | Who::System(_) => None,
    }
}

/// What the audit log keeps of a view.
fn told(view: &View) -> Value {
    json!({ "area": view.area.as_str(), "name": view.name, "query": view.query, "shared": view.shared, "owner_id": view.owner_id })
}

fn name_taken(error: store::Error) -> Error {
    match error {
        store::Error::Unique => Error::Conflict("a view with this name exists already".to_owned()),
        other => other.into(),
    }
}
