//! Between the service's views and the pages. Server only.

use domain::ViewId;
use domain::drift::DriftFilter;
use domain::permission::{CaseRead, DriftRead, EventRead, GroupRead, Key, ViewRead, ViewWrite};
use domain::view::{Area, NewView, View};
use leptos::server_fn::ServerFn as _;
use leptos_router::params::ParamsMap;
use service::Who;

use super::api::{SaveView, ViewForm};
use super::shown::{ViewShown, Views};
use crate::Answer;
use crate::cases::query::CaseQuery;
use crate::drift::list::DriftQuery;
use crate::error::Typed as _;
use crate::events::EventQuery;
use crate::events::parts::compact;
use crate::groups::GroupQuery;
use crate::page::{Done, Undo};
use crate::routes::{self, AuditQuery, Link};
use crate::server::{Scope, came_from, is_plain_form, not_found};

/// Views whose events are counted, in the order of the tabs.
const COUNTED: usize = 20;

pub async fn list(scope: &Scope, area: &str, bare: bool) -> Answer<Views> {
    let area = read_area(area)?;
    let (views, default) = service::views::list(&scope.admit::<ViewRead>()?, area).await?;
    let may_share = scope.actor.permissions.has(Key::ViewShare);
    let may_audit = scope.may(Key::AuditRead);
    let mut start = String::new();
    let mut tabs = Vec::with_capacity(views.len());
    for (at, view) in views.into_iter().enumerate() {
        let href = href(&scope.organization.slug, &view);
        let default = default == Some(view.id);
        if default {
            start.clone_from(&href);
        }
        let own = view.owner_id.is_some() && view.owner_id == me(scope);
        tabs.push(ViewShown {
            count: if at < COUNTED { count(scope, &view).await } else { String::new() },
            whose: match (&view.owner, view.shared) {
                (_, true) if own => "You shared it with everybody here".to_owned(),
                (Some(owner), true) => format!("Shared by {owner}"),
                (None, true) => "Shared".to_owned(),
                (_, false) => "Only you see it".to_owned(),
            },
            may_change: !view.shared || may_share,
            history: if may_audit { history(&scope.organization.slug, &view) } else { String::new() },
            id: view.id.to_string(),
            name: view.name,
            query: written(view.area, &view.query),
            version: view.version,
            shared: view.shared,
            default,
            href,
        });
    }
    if bare && !start.is_empty() {
        leptos_axum::redirect(&start);
    }
    Ok(Views { tabs, may_share, start })
}

/// Saves it, and makes it the one to start with or no longer. A printed page is led to it, with scripts and without.
pub async fn save(scope: &Scope, area: &str, form: ViewForm) -> Answer<String> {
    let area = read_area(area)?;
    let cx = scope.admit::<ViewWrite>()?;
    let ViewForm { id, version, name, query, shared, default } = form;
    let (typed_id, typed_name) = (id.clone(), name.clone());
    let typed = [("id", typed_id.as_str()), ("name", &typed_name)];
    let new = NewView { name, query, shared };
    let view = if id.is_empty() {
        service::views::create(&cx, area, new).await.typed(&typed)?
    } else {
        let id = id.parse().map_err(|_| not_found())?;
        let old = service::views::get(&scope.admit()?, id).await?;
        // Who may not change it still chooses whether to start with it.
        let same = (&new.name, &new.query, new.shared) == (&old.name, &old.query, old.shared);
        if same || (old.shared && !scope.actor.permissions.has(Key::ViewShare)) {
            old
        } else {
            service::views::update(&cx, id, version, new).await.typed(&typed)?
        }
    };
    let (_, was) = service::views::list(&scope.admit::<ViewRead>()?, area).await?;
    if default {
        service::views::set_default(&cx, area, Some(view.id)).await?;
    } else if was == Some(view.id) {
        service::views::set_default(&cx, area, None).await?;
    }
    let href = href(&scope.organization.slug, &view);
    if is_plain_form() || is_printed(view.area) {
        leptos_axum::redirect(&href);
    }
    Ok(href)
}

pub async fn delete(scope: &Scope, id: ViewId) -> Answer<Done> {
    let view = service::views::delete(&scope.admit::<ViewWrite>()?, id).await?;
    if is_printed(view.area) || is_plain_form() && came_from().is_some() {
        leptos_axum::redirect(&everything(&scope.organization.slug, view.area));
    }
    let again = Link::new("")
        .with("organization", &scope.organization.slug)
        .with("area", view.area.as_str())
        .with("view[name]", &view.name)
        .with("view[query]", &view.query)
        .with("view[shared]", if view.shared { "true" } else { "" });
    let fields = again.done().trim_start_matches('?').to_owned();
    let undo = Some(Undo { path: SaveView::PATH.to_owned(), fields });
    Ok(Done { words: format!("View {} deleted", view.name), undo })
}

fn read_area(word: &str) -> Answer<Area> {
    Ok(word.parse::<Area>()?)
}

fn me(scope: &Scope) -> Option<domain::UserId> {
    match &scope.actor.who {
        Who::User(user) => Some(user.id),
        Who::ApiKey { .. } | Who::System(_) => None,
    }
}

fn page(slug: &str, area: Area) -> String {
    match area {
        Area::Events => routes::events(slug),
        Area::Groups => routes::groups(slug),
        Area::Cases => routes::cases(slug),
        Area::Drift => routes::drift(slug),
    }
}

/// The server prints the list whole.
fn is_printed(area: Area) -> bool {
    matches!(area, Area::Cases | Area::Drift)
}

/// The list without a view, and not the one to start with either.
fn everything(slug: &str, area: Area) -> String {
    Link::new(page(slug, area)).with("view", "all").done()
}

/// Where a view leads.
pub fn href(slug: &str, view: &View) -> String {
    let id = view.id.to_string();
    match (page(slug, view.area), view.query.as_str()) {
        (page, "") => Link::new(page).with("view", &id).done(),
        (page, query) => Link::new(format!("{page}?{query}")).with("view", &id).done(),
    }
}

fn history(slug: &str, view: &View) -> String {
    let of = AuditQuery {
        target_type: "view".to_owned(),
        target_id: view.id.to_string(),
        ..AuditQuery::default()
    };
    of.href(slug)
}

/// How many match now. A view that cannot be read any more says nothing; its page says why.
async fn count(scope: &Scope, view: &View) -> String {
    let map = map(&view.query);
    let counted = async {
        Answer::Ok(match view.area {
            Area::Events => {
                let filter = crate::events::read::filter(scope, &EventQuery::read(&map))?;
                let count = service::events::count(&scope.admit::<EventRead>()?, &filter).await?;
                format!("{}{}", if count.exact { "" } else { "~" }, compact(count.n))
            }
            Area::Groups => {
                let query = GroupQuery::read(&map);
                let filter = crate::groups::read::filter(scope, &query)?;
                let counts = service::groups::counts(&scope.admit::<GroupRead>()?, &filter).await?;
                crate::groups::read::matching(counts, &query.status)
            }
            Area::Cases => {
                let cx = scope.admit::<CaseRead>()?;
                let asked = CaseQuery::read(&map);
                let Ok(query) = asked.parsed(scope, cx.now()) else { return Ok(String::new()) };
                let counts = service::cases::counts(&cx, &asked.on_all_tabs(query)).await?;
                compact(crate::cases::query::count(&counts, asked.show))
            }
            Area::Drift => {
                let cx = scope.admit::<DriftRead>()?;
                let asked = DriftQuery::read(&map);
                let Ok(query) = asked.parsed(scope, cx.now()) else { return Ok(String::new()) };
                let filter = DriftFilter { query, ..DriftFilter::default() };
                let counts = service::drifts::counts(&cx, &filter).await?;
                crate::drift::list::counted_compact(crate::drift::list::count(&counts, asked.show))
            }
        })
    };
    counted.await.unwrap_or_default()
}

/// As the list itself would write it: a view that came over the API is not a changed one.
fn written(area: Area, query: &str) -> String {
    let map = map(query);
    match area {
        Area::Events => EventQuery::read(&map).saved(),
        Area::Groups => GroupQuery::read(&map).saved(),
        Area::Cases => CaseQuery::read(&map).saved(),
        Area::Drift => DriftQuery::read(&map).saved(),
    }
}

/// The pairs as the router reads them from an address: it decodes each value as it takes it.
fn map(query: &str) -> ParamsMap {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.replace('+', "%20"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_read_as_its_address_is() {
        let query = EventQuery::read(&map("from=7d&q=a%20b%26c+%25&facet=x&facet=payload.y"));
        assert_eq!((query.from.as_str(), query.q.as_str()), ("7d", "a b&c %"));
        assert_eq!(query.facet, ["x", "payload.y"]);
        assert_eq!(query.saved(), "from=7d&q=a%20b%26c%20%25&facet=x&facet=payload.y");
        assert_eq!(written(Area::Groups, "severity=high&text=a+b"), "q=a%20b&severity=high");
        assert_eq!(written(Area::Drift, "q=a&show=open"), written(Area::Drift, "show=open&q=a"));
    }
}
