//! The server's half of printed pages: which there are, and what each is printed from.

use std::pin::Pin;

use domain::query::Schema;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::params::ParamsMap;

use super::{Page, Refused};
use crate::error::{Answer, AppError};
use crate::printed::Printed;
use crate::server::{self, Scope};
use crate::{account, audit, cases, drift, oversight, routes, settings, sources, told, uploads};

/// What is asked of a page.
pub struct Asked {
    /// Slug of the organization.
    pub organization: String,
    /// What stands for `{id}` in the page's path; empty where there is none.
    pub id: String,
    pub query: ParamsMap,
}

impl Asked {
    pub async fn scope(&self) -> Answer<Scope> {
        server::scope(&self.organization).await
    }
    /// The address says nothing behind its path.
    pub fn bare(&self) -> bool {
        self.query.clone().into_iter().next().is_none()
    }
    /// Why the address asks for something that its list would pass over: a value that is none of those, or a field of the list's query
    /// language beside the query. `words`: parameters and what they may be.
    pub fn strange(&self, words: &[(&str, &[&str])], fields: &Schema) -> Option<String> {
        let shown = |text: &str| text.chars().take(60).collect::<String>();
        for (name, allowed) in words {
            let value = self.get(name).trim();
            if !value.is_empty() && !allowed.contains(&value) {
                return Some(format!("{name}: '{}' is none of {}", shown(value), allowed.join(", ")));
            }
        }
        let own = |name: &str| words.iter().any(|(own, _)| *own == name);
        let mut pairs = self.query.clone().into_iter().filter(|(name, _)| !own(name));
        let (field, value) = pairs.find_map(|(name, value)| Some((fields.field(&name)?, value)))?;
        let name = field.name;
        Some(format!("{name} is no parameter of this page; write {name}:{} into the query", shown(&value)))
    }
    /// A value of the query; empty when it is not there.
    pub fn get(&self, name: &str) -> &str {
        self.query.get_str(name).unwrap_or_default()
    }
}

type Printing = fn(Asked) -> Pin<Box<dyn Future<Output = Answer<Page>> + Send>>;

/// Below `/o/{organization}/`, `{id}` for any one part.
const PAGES: &[(&str, Printing)] = &[
    ("cases", |asked| Box::pin(cases::list::page(asked))),
    ("cases/add", |asked| Box::pin(cases::add::page(asked))),
    ("cases/tasks", |asked| Box::pin(cases::tasks::page(asked))),
    ("cases/{id}", |asked| Box::pin(cases::detail::page(asked))),
    ("drift", |asked| Box::pin(drift::list::page(asked))),
    ("drift/analytics", |asked| Box::pin(drift::analytics::page(asked))),
    ("drift/repositories", |asked| Box::pin(drift::inventory::repositories(asked))),
    ("drift/resources", |asked| Box::pin(drift::inventory::resources(asked))),
    ("drift/resources/{id}", |asked| Box::pin(drift::resource::page(asked))),
    ("drift/rules", |asked| Box::pin(drift::rules::page(asked))),
    ("drift/ignores", |asked| Box::pin(drift::ignores::page(asked))),
    ("drift/models", |asked| Box::pin(drift::models::page(asked))),
    ("drift/{id}", |asked| Box::pin(drift::detail::page(asked))),
    ("audit", |asked| Box::pin(audit::page(asked))),
    ("sources", |asked| Box::pin(sources::page(asked))),
    ("uploads", |asked| Box::pin(uploads::list_page(asked))),
    ("settings", |asked| Box::pin(settings::general::page(asked))),
    ("settings/general", |asked| Box::pin(settings::general::page(asked))),
    ("settings/members", |asked| Box::pin(settings::members::page(asked))),
    ("settings/branding", |asked| Box::pin(settings::branding::page(asked))),
    ("settings/sign-in", |asked| Box::pin(settings::sign_in::page(asked))),
    ("settings/environments", |asked| Box::pin(settings::environments::page(asked))),
    ("settings/cases", |asked| Box::pin(settings::cases::page(asked))),
    ("settings/tags", |asked| Box::pin(settings::tags::page(asked))),
    ("settings/api-keys", |asked| Box::pin(settings::api_keys::page(asked))),
    ("settings/webhooks", |asked| Box::pin(settings::webhooks::page(asked))),
    ("settings/webhooks/{id}", |asked| Box::pin(settings::webhooks::one(asked))),
    ("settings/sessions", |asked| Box::pin(settings::sessions::page(asked))),
    ("settings/permissions", |asked| Box::pin(settings::permissions::page(asked))),
];

impl Page {
    pub fn of(title: impl Into<String>, body: impl IntoView) -> Self {
        Self { title: title.into(), body: Printed::of(body) }
    }
}

/// The page of an address.
pub async fn page(address: &str, refused: Option<Refused>) -> Answer<Page> {
    if let Some(refused) = refused {
        provide_context(refused);
    }
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    if path.trim_end_matches('/') == routes::ACCOUNT {
        return account::page(form_urlencoded::parse(query.as_bytes()).into_owned().collect()).await;
    }
    if path.trim_end_matches('/') == routes::ORGANIZATIONS {
        return oversight::page(form_urlencoded::parse(query.as_bytes()).into_owned().collect()).await;
    }
    if path.trim_end_matches('/') == routes::ALL_SESSIONS {
        return settings::sessions::everywhere().await;
    }
    let rest = path.strip_prefix("/o/").and_then(|path| path.trim_end_matches('/').split_once('/'));
    let (organization, rest) = rest.ok_or_else(server::not_found)?;
    let (id, print) = PAGES
        .iter()
        .find_map(|(pattern, print)| Some((matched(pattern, rest)?, print)))
        .ok_or_else(server::not_found)?;
    let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    print(Asked { organization: organization.to_owned(), id, query }).await
}

/// What stands for `{id}`, if the path is one of the pattern.
fn matched(pattern: &str, path: &str) -> Option<String> {
    let (mut id, mut parts) = (String::new(), path.split('/'));
    for wanted in pattern.split('/') {
        match (wanted, parts.next()?) {
            ("{id}", part) => part.clone_into(&mut id),
            (wanted, part) if wanted == part => {}
            _ => return None,
        }
    }
    parts.next().is_none().then_some(id)
}

/// A form that posts to the server function `S`; `done`: the words for when that takes it.
pub fn form<S: ServerFn<Error = AppError>>(
    done: &'static str,
    class: &'static str,
    fields: impl IntoView,
) -> AnyView {
    view! {
        <form method="post" action=S::PATH class=class>
            {told::field(done)}
            {fields}
        </form>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::matched;

    #[test]
    fn an_address_is_of_one_page() {
        assert_eq!(matched("settings/members", "settings/members").as_deref(), Some(""));
        assert_eq!(matched("cases/{id}", "cases/7").as_deref(), Some("7"));
        for (pattern, path) in
            [("cases/{id}", "cases"), ("cases", "cases/7"), ("cases/{id}", "cases/7/notes")]
        {
            assert_eq!(matched(pattern, path), None, "{pattern} {path}");
        }
    }
}
