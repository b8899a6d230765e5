//! Who is signed in, where they are, and what they may do there: one resource for the shell and every page.

#[cfg(feature = "ssr")]
use domain::account::Reach;
use domain::permission::Key;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use leptos_router::hooks::use_params_map;
use serde::{Deserialize, Serialize};

use crate::error::Answer;
use crate::fetch::{Fetched, after, fetch_first};
use crate::shown::shown;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    pub name: String,
    pub email: String,
    pub time_zone: String,
    /// Platform role.
    pub is_sre: bool,
    /// `light`, `dark`, or empty for the system's.
    pub theme: String,
    pub reach: Vec<Reachable>,
    /// `None`: the person belongs to none.
    pub place: Option<Place>,
}
shown!(Session: name, email, time_zone, is_sre, theme, reach, place);

/// An organization to go to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reachable {
    pub slug: String,
    pub name: String,
    /// "admin", or "platform role".
    pub role: String,
}
shown!(Reachable: slug, name, role);

/// An organization as the person sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub slug: String,
    /// As it shows itself.
    pub name: String,
    /// HTML of its mark; empty without one.
    pub mark: String,
    /// `event.read`, …
    pub permissions: Vec<String>,
}
shown!(Place: slug, name, mark, permissions);

impl Session {
    pub fn may(&self, key: Key) -> bool {
        self.place.as_ref().is_some_and(|place| place.permissions.iter().any(|p| p == key.as_str()))
    }
    /// Slug of the organization the shell stands in; empty without one.
    pub fn slug(&self) -> &str {
        self.place.as_ref().map_or("", |place| &place.slug)
    }
}

pub type SessionResource = Fetched<Session>;

/// The organization of the URL; empty outside of one.
pub fn use_slug() -> Memo<String> {
    let params = use_params_map();
    Memo::new(move |_| params.with(|p| p.get_str("organization").unwrap_or_default().to_owned()))
}

/// Makes the session resource for everything below; once, in the frame.
pub fn provide_session(slug: Memo<String>) -> SessionResource {
    let session = fetch_first(move || LoadSession { organization: slug.get() });
    provide_context(session);
    session
}

/// The session. Read it with [`after`].
pub fn use_session() -> SessionResource {
    expect_context()
}

/// Its children, if the person may do `key` here. Nothing while that is unknown. What the page hides the service refuses as well.
#[component]
pub fn Permitted(key: Key, children: ChildrenFn) -> impl IntoView {
    after(
        use_session(),
        move |session| {
            if session.is_ok_and(|s| s.may(key)) { children() } else { ().into_any() }
        },
    )
}

/// `organization`: its slug, or empty for the first one the person belongs to.
#[server(name = LoadSession, prefix = "/fn", endpoint = "session", input = GetUrl)]
pub async fn load_session(organization: String) -> Answer<Session> {
    let own = crate::server::own().await?;
    let reach = service::organizations::reach(&own.services, &own.viewer).await?;
    let place = place(&own, &reach, &organization).await?;
    Ok(session(own, reach, place))
}

#[cfg(feature = "ssr")]
async fn place(own: &crate::server::Own, reach: &[Reach], slug: &str) -> Answer<Option<Place>> {
    let asked = slug;
    let first = reach.iter().find(|r| r.role.is_some()).map(|r| r.slug.as_str());
    let Some(slug) = (if slug.is_empty() { first } else { Some(slug) }) else { return Ok(None) };
    let entered = service::organizations::enter(&own.services, &own.viewer, slug).await;
    // The account is where one gets what the organization asks for.
    if asked.is_empty() && matches!(entered, Err(service::Error::SecondFactor)) {
        return Ok(None);
    }
    let (organization, actor) = entered?;
    // What the platform role adds goes with the person, not with the organization.
    let held = actor.permissions.union(own.actor.permissions);
    let permissions = held.keys().map(|k| k.as_str().to_owned()).collect();
    let branding = service::settings::branding(&own.services.admit(&actor)?).await?;
    let mark = if branding.is_plain() {
        String::new()
    } else {
        crate::settings::branding::mark(&branding, &organization.name)
    };
    let name = branding.name(&organization.name).to_owned();
    Ok(Some(Place { slug: organization.slug, name, mark, permissions }))
}

#[cfg(feature = "ssr")]
fn session(own: crate::server::Own, reach: Vec<Reach>, place: Option<Place>) -> Session {
    let user = own.viewer.user;
    let theme = crate::server::cookie("theme").unwrap_or_default();
    Session {
        name: user.name().to_owned(),
        email: user.email,
        time_zone: user.time_zone,
        is_sre: user.is_sre,
        theme,
        reach: reach.into_iter().map(reachable).collect(),
        place,
    }
}

#[cfg(feature = "ssr")]
fn reachable(reach: Reach) -> Reachable {
    let role = reach.role.map_or("platform role", domain::member::Role::as_str).to_owned();
    Reachable { slug: reach.slug, name: reach.name, role }
}
