//! What a server function stands on: who asks ([`viewer`]), where ([`scope`]), and errors for the page. Server only.
//!
//! The server gives every page and server function these contexts: [`service::Services`], [`crate::AssetPaths`] (pages),
//! [`Correlation`], [`Origin`]; and puts a [`service::auth::Viewer`] into the extensions of a signed-in request.

use axum::http::header::{ACCEPT, COOKIE, ORIGIN, REFERER, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use domain::organization::Organization;
use domain::permission::{Key, Permission};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use service::auth::Viewer;
use service::{Actor, Cx, Services};

use crate::error::{Answer, AppError, Kind};
use crate::routes::{local_path, second_factor, sign_in};
use crate::when::Zone;

/// The id of the request in the log.
#[derive(Clone, Debug)]
pub struct Correlation(pub String);

/// Scheme and host by which people reach this server, without a slash at the end.
#[derive(Clone, Debug)]
pub struct Origin(pub String);

/// A path of this site as an address that can be passed on.
pub fn absolute(path: &str) -> String {
    use_context::<Origin>().map_or_else(|| path.to_owned(), |Origin(origin)| format!("{origin}{path}"))
}

/// One organization, as the signed-in person sees it. The only source of an organization id.
pub struct Scope {
    pub organization: Organization,
    pub actor: Actor,
    pub services: Services,
    /// The reader's time zone.
    pub zone: Zone,
}

/// The signed-in person in the organization of the URL. Signed out: on to the sign-in. Not theirs to see: not found.
pub async fn scope(slug: &str) -> Answer<Scope> {
    let services = services()?;
    let viewer = viewer().await?;
    let (organization, actor) = service::organizations::enter(&services, &viewer, slug).await?;
    Ok(Scope { organization, actor, services, zone: Zone::named(&viewer.user.time_zone) })
}

/// The signed-in person's own account, in no organization.
pub struct Own {
    pub viewer: Viewer,
    pub actor: Actor,
    pub services: Services,
    pub zone: Zone,
}

pub async fn own() -> Answer<Own> {
    let services = services()?;
    let viewer = viewer().await?;
    let zone = Zone::named(&viewer.user.time_zone);
    Ok(Own { actor: service::auth::account_actor(&viewer), viewer, services, zone })
}

/// [`own`], of who may act on the platform: after a while the password is asked for again ([`service::auth::again`]).
pub async fn own_of_platform() -> Answer<Own> {
    let own = own().await?;
    if own.viewer.user.is_sre && !own.viewer.proved {
        let detail = "It is a while since you gave your password. Load the page again and give it once more.";
        return Err(with_status(StatusCode::FORBIDDEN, AppError::new(Kind::Forbidden, detail)));
    }
    Ok(own)
}

impl Scope {
    pub fn may(&self, key: Key) -> bool {
        self.actor.permissions.has(key)
    }
    /// The proof that the person may do `P` here.
    pub fn admit<P: Permission>(&self) -> Answer<Cx<P>> {
        Ok(self.services.admit(&self.actor)?)
    }
}

impl Own {
    pub fn admit<P: Permission>(&self) -> Answer<Cx<P>> {
        Ok(self.services.admit(&self.actor)?)
    }
}

pub fn services() -> Answer<Services> {
    use_context().ok_or_else(|| service::Error::Internal("no Services in context".to_owned()).into())
}

/// Who is signed in, if anyone.
pub fn viewer_if_any() -> Option<Viewer> {
    use_context::<Parts>().and_then(|parts| parts.extensions.get::<Viewer>().cloned())
}

/// Who is signed in; sends everybody else to the sign-in.
pub async fn viewer() -> Answer<Viewer> {
    if let Some(viewer) = viewer_if_any() {
        return Ok(viewer);
    }
    leptos_axum::redirect(&sign_in(&asked_path().unwrap_or_default()));
    Err(service::Error::Unauthenticated.into())
}

/// The page that a form of it was sent from, with its query.
pub fn came_from() -> Option<String> {
    asked_path().filter(|path| !path.starts_with("/fn/"))
}

/// The page the person wanted: the request's own, or the one a server function was called from.
fn asked_path() -> Option<String> {
    let parts = use_context::<Parts>()?;
    let path = if parts.uri.path().starts_with("/fn/") {
        let referer = parts.headers.get(REFERER)?.to_str().ok()?;
        let rest = referer.split_once("://")?.1;
        rest[rest.find('/')?..].to_owned()
    } else {
        parts.uri.path_and_query()?.to_string()
    };
    local_path(&path).filter(|p| *p != "/").map(str::to_owned)
}

/// The request is a plain form post: nothing can be shown but the page it leads to.
pub fn is_plain_form() -> bool {
    use_context::<Parts>().is_some_and(|parts| {
        parts.method == Method::POST
            && parts
                .headers
                .get(ACCEPT)
                .and_then(|v| v.to_str().ok())
                .is_some_and(|v| v.contains("text/html"))
    })
}

/// The request is for a page, not for a server function.
pub fn is_page() -> bool {
    use_context::<Parts>().is_some_and(|parts| !parts.uri.path().starts_with("/fn/"))
}

pub fn cookie(name: &str) -> Option<String> {
    let parts = use_context::<Parts>()?;
    let cookies = parts.headers.get_all(COOKIE).iter().filter_map(|v| v.to_str().ok());
    cookies
        .flat_map(|v| v.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('=').map(str::to_owned))
}

/// The page that sent the form came by HTTPS, as its browser says.
pub fn came_by_https() -> bool {
    use_context::<Parts>()
        .and_then(|parts| parts.headers.get(ORIGIN).map(|origin| origin.as_bytes().starts_with(b"https://")))
        .unwrap_or(false)
}

/// `attributes` as in `Path=/; SameSite=Lax`. The value must need no quoting.
pub fn set_cookie(name: &str, value: &str, attributes: &str) {
    if let (Some(response), Ok(value)) =
        (use_context::<ResponseOptions>(), HeaderValue::from_str(&format!("{name}={value}; {attributes}")))
    {
        response.append_header(SET_COOKIE, value);
    }
}

impl From<service::Error> for AppError {
    /// Also logs what is our fault and gives a page the status it deserves: this is the edge.
    fn from(error: service::Error) -> Self {
        use service::Error as E;
        let said = error.to_string();
        let (kind, status, detail) = match error {
            E::NotFound => return with_status(StatusCode::NOT_FOUND, Self::not_found()),
            E::Invalid(invalid) => {
                return with_status(
                    StatusCode::BAD_REQUEST,
                    Self { fields: invalid.0, ..Self::new(Kind::Invalid, said) },
                );
            }
            E::Conflict(text) => (Kind::Conflict, StatusCode::CONFLICT, text),
            E::Forbidden => {
                (Kind::Forbidden, StatusCode::FORBIDDEN, "Your role does not allow this here.".to_owned())
            }
            E::Suspended => (
                Kind::Forbidden,
                StatusCode::FORBIDDEN,
                "This organization is suspended. Ask whoever runs this Watchroom.".to_owned(),
            ),
            E::SecondFactor => {
                leptos_axum::redirect(&second_factor(&asked_path().unwrap_or_default()));
                let detail =
                    "This organization asks for a second factor. Set one up under Account, then come back.";
                let error = Self::new(Kind::Forbidden, detail);
                // A page is the redirect.
                return if is_page() { error } else { with_status(StatusCode::FORBIDDEN, error) };
            }
            E::Unauthenticated => {
                (Kind::Unauthenticated, StatusCode::UNAUTHORIZED, "Sign in to go on.".to_owned())
            }
            E::TooLarge { max } => {
                (Kind::Invalid, StatusCode::PAYLOAD_TOO_LARGE, format!("Larger than {max} bytes."))
            }
            E::TooMany { retry_after } => (
                Kind::TooMany,
                StatusCode::TOO_MANY_REQUESTS,
                format!("Try again in {}.", duration(retry_after)),
            ),
            E::Unavailable { .. } => (Kind::Unavailable, StatusCode::SERVICE_UNAVAILABLE, said),
            E::Internal(cause) => {
                tracing::error!(%cause, "a server function failed");
                (
                    Kind::Internal,
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "Try again; if it stays, tell the correlation id to your administrator.".to_owned(),
                )
            }
        };
        with_status(status, Self::new(kind, detail))
    }
}

impl From<domain::Invalid> for AppError {
    fn from(invalid: domain::Invalid) -> Self {
        service::Error::Invalid(invalid).into()
    }
}

/// Pages and server functions carry the status of what they could not do. A plain form's answer is a redirect, and so is
/// a page for somebody who is signed out: they keep theirs.
fn with_status(status: StatusCode, error: AppError) -> AppError {
    let redirects = is_plain_form() || (is_page() && status == StatusCode::UNAUTHORIZED);
    if let (false, Some(response)) = (redirects, use_context::<ResponseOptions>()) {
        response.set_status(status);
    }
    AppError { correlation: use_context::<Correlation>().map(|c| c.0), ..error }
}

/// What could not even be read is the sender's fault.
pub fn bad_request(error: AppError) -> AppError {
    with_status(StatusCode::BAD_REQUEST, error)
}

/// What an address names that cannot be.
pub fn not_found() -> AppError {
    service::Error::NotFound.into()
}

/// Seconds in words: "40 seconds", "3 minutes".
pub fn duration(seconds: u64) -> String {
    match seconds {
        0 | 1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}
