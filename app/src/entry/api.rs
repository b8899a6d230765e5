//! What the pages before the sign-in know.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};
#[cfg(feature = "ssr")]
use service::auth::oidc;

use crate::error::Answer;
#[cfg(feature = "ssr")]
use crate::routes;
#[cfg(feature = "ssr")]
use crate::server::{services, viewer_if_any};
use crate::shown::shown;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// Nobody has an account yet.
    pub setup_needed: bool,
    /// Somebody is signed in in this browser.
    pub signed_in: bool,
    /// In demo mode: whom one can sign in as.
    pub demo: Vec<DemoAccount>,
    /// The name of the sign-in provider; empty where there is none.
    pub provider: String,
    /// Why the provider's way did not lead in; empty when it did, or was not gone.
    pub refusal: String,
}
shown!(Gate: setup_needed, signed_in, demo, provider, refusal);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemoAccount {
    pub email: String,
    pub password: String,
    /// "admin of acme"
    pub role: String,
}
shown!(DemoAccount: email, password, role);

#[server(name = LoadGate, prefix = "/fn", endpoint = "gate", input = GetUrl)]
pub async fn load_gate(#[server(default)] refused: String) -> Answer<Gate> {
    let services = services()?;
    let setup_needed = service::auth::setup_needed(&services).await?;
    Ok(Gate {
        setup_needed,
        signed_in: viewer_if_any().is_some(),
        demo: demo_accounts(&services),
        provider: oidc::name(&services).unwrap_or_default().to_owned(),
        refusal: oidc::Refused::named(&refused).map(|why| why.words().to_owned()).unwrap_or_default(),
    })
}

/// Redirects to where the start page leads; `None` for who belongs nowhere.
#[server(name = GoHome, prefix = "/fn", endpoint = "home", input = GetUrl)]
pub async fn go_home() -> Answer<Option<String>> {
    let way = way_home().await?;
    if let Some(href) = &way {
        leptos_axum::redirect(href);
    }
    Ok(way)
}

#[cfg(feature = "ssr")]
async fn way_home() -> Answer<Option<String>> {
    let services = services()?;
    let Some(viewer) = viewer_if_any() else {
        let setup = service::auth::setup_needed(&services).await?;
        return Ok(Some((if setup { routes::SETUP } else { routes::SIGN_IN }).to_owned()));
    };
    if let Some(landing) = service::starts::landing(&services, &viewer).await? {
        return Ok(Some(landing_href(&landing)));
    }
    let reach = service::organizations::reach(&services, &viewer).await?;
    let first = reach.iter().find(|r| r.role.is_some()).or(reach.first());
    Ok(first.map(|r| routes::overview(&r.slug)))
}

#[cfg(feature = "ssr")]
fn landing_href(landing: &service::starts::Landing) -> String {
    use domain::start::StartPage;
    let slug = landing.slug.as_str();
    if let Some(view) = &landing.view {
        return crate::views::read::href(slug, view);
    }
    match landing.page {
        StartPage::Overview => routes::overview(slug),
        StartPage::Events => routes::events(slug),
        StartPage::Groups => routes::groups(slug),
        StartPage::Cases => routes::cases(slug),
        StartPage::Tasks => routes::case_tasks(slug),
        StartPage::Drift => routes::drift(slug),
    }
}

#[cfg(feature = "ssr")]
fn demo_accounts(services: &service::Services) -> Vec<DemoAccount> {
    if !services.demo {
        return Vec::new();
    }
    let account = |c: service::demo::Credential| DemoAccount {
        email: c.email.to_owned(),
        password: c.password.to_owned(),
        role: c.role,
    };
    service::demo::credentials().into_iter().map(account).collect()
}
