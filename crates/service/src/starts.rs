//! Where one lands after signing in: a page or a saved view of an organization one belongs to.

use domain::account::Reach;
use domain::audit::{Action, AuditEntry};
use domain::permission::{AccountRead, AccountWrite};
use domain::start::{Start, StartPage};
use domain::view::{Area, View};
use domain::{Invalid, ViewId};
use serde_json::{Value, json};
use store::SystemTx;

use crate::auth::{Viewer, end, factor, own};
use crate::{Cx, Result, Services, organizations};

/// What was chosen, where it leads now.
#[derive(Clone, Debug, PartialEq)]
pub struct Landing {
    pub slug: String,
    pub page: StartPage,
    pub view: Option<View>,
}

/// Where this person lands; `None` when they did not choose, or what they chose is out of their reach by now.
pub async fn landing(services: &Services, viewer: &Viewer) -> Result<Option<Landing>> {
    let user = viewer.user.id;
    let start = {
        let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
        store::start::of_user(&mut tx, user).await?
    };
    let Some(start) = start else { return Ok(None) };
    let reach = organizations::reach(services, viewer).await?;
    let Some(there) = reach.into_iter().find(|r| r.organization_id == start.organization_id) else {
        return Ok(None);
    };
    let view = match start.view_id {
        None => None,
        Some(id) => {
            let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
            let view = store::view::get(&mut tx.within(start.organization_id), id, Some(user)).await?;
            // Of somebody who shares it no more.
            let Some(view) = view else { return Ok(None) };
            Some(view)
        }
    };
    Ok(Some(Landing { slug: there.slug, page: start.page, view }))
}

/// The organizations one belongs to, each with the saved views one may see there. Of one that wants a second factor which one does
/// not have, views are not told.
pub async fn choices(cx: &Cx<AccountRead>, viewer: &Viewer) -> Result<Vec<(Reach, Vec<View>)>> {
    let reach = organizations::reach(&cx.services, viewer).await?;
    let mut tx = SystemTx::read_across_all_organizations(&cx.services.db).await?;
    let mut found = Vec::new();
    for there in reach.into_iter().filter(|r| r.role.is_some()) {
        let mut views = Vec::new();
        if !factor::is_missing(&mut tx, there.organization_id, viewer.user.id).await? {
            for area in Area::ALL {
                let mut within = tx.within(there.organization_id);
                views.extend(store::view::list(&mut within, area, Some(viewer.user.id)).await?);
            }
        }
        found.push((there, views));
    }
    Ok(found)
}

/// Lands on a page of an organization one belongs to.
pub async fn set_page(cx: &Cx<AccountWrite>, viewer: &Viewer, slug: &str, page: StartPage) -> Result<()> {
    let there = reached(cx, viewer, slug).await?;
    set(cx, Some(Start { organization_id: there.organization_id, page, view_id: None })).await
}

/// Lands on a saved view that one may see.
pub async fn set_view(cx: &Cx<AccountWrite>, viewer: &Viewer, slug: &str, view: ViewId) -> Result<()> {
    let there = reached(cx, viewer, slug).await?;
    let found = {
        let mut tx = SystemTx::read_across_all_organizations(&cx.services.db).await?;
        let missing = factor::is_missing(&mut tx, there.organization_id, viewer.user.id).await?;
        let mut within = tx.within(there.organization_id);
        let found = store::view::get(&mut within, view, Some(viewer.user.id)).await?;
        found.filter(|_| !missing).ok_or_else(unknown)?
    };
    let start = Start {
        organization_id: there.organization_id,
        page: StartPage::of(found.area),
        view_id: Some(found.id),
    };
    set(cx, Some(start)).await
}

/// Lands where everybody does who did not choose.
pub async fn forget(cx: &Cx<AccountWrite>) -> Result<()> {
    set(cx, None).await
}

async fn reached(cx: &Cx<AccountWrite>, viewer: &Viewer, slug: &str) -> Result<Reach> {
    let reach = organizations::reach(&cx.services, viewer).await?;
    Ok(reach.into_iter().find(|r| r.slug == slug && r.role.is_some()).ok_or_else(unknown)?)
}

fn unknown() -> Invalid {
    Invalid::field("start", "choose one of the list")
}

async fn set(cx: &Cx<AccountWrite>, start: Option<Start>) -> Result<()> {
    let user = own(&cx.actor)?.id;
    let stamp = cx.services.stamp();
    let mut tx = SystemTx::across_all_organizations(&cx.services.db).await?;
    let old = store::start::of_user(&mut tx, user).await?;
    if old == start {
        return Ok(());
    }
    store::start::set(&mut tx, user, start.as_ref(), stamp.now).await?;
    let entry = AuditEntry::new(Action::USER_UPDATED, "user", user)
        .change(Some(told(old.as_ref())), Some(told(start.as_ref())));
    end(&cx.services, tx, user, &cx.actor.audit(), stamp, entry).await
}

/// The log of each of the account's organizations has it; in which of them it is is not told to the others.
fn told(start: Option<&Start>) -> Value {
    json!({ "start_page": start.map(|start| start.page) })
}
