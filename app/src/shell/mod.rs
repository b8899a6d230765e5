//! The frame of every signed-in page: rail, top bar, main, command palette, help sheet. Also what stands where a page is missing.

mod areas;
mod missing;
mod palette;
mod rail;
mod theme;
mod top;

pub use areas::{AREAS, Area, may_see};
pub use missing::{NotFound, NotFoundPage};
pub use theme::{SetTheme, set_theme};

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::NavigateOptions;
use leptos_router::components::Outlet;
use leptos_router::hooks::{use_location, use_navigate};
use ui::{HelpSheet, KeyGroup, SkipLink};

use crate::error::{Answer, Kind};
use crate::fetch::after;
use crate::session::{Session, provide_session, use_slug};
use crate::told::Told;

/// The frame around the pages of an organization and around one's own account.
#[component]
pub fn Frame() -> impl IntoView {
    let slug = use_slug();
    let session = provide_session(slug);
    forget_refusal();
    view! {
        <SkipLink />
        <div class="shell">
            <rail::Rail />
            <top::Top />
            <main class="main" id="main" tabindex="-1">
                <Told />
                <Outlet />
            </main>
        </div>
        {after(session, nowhere)}
        <palette::Palette />
        <HelpSheet groups=keys() />
    }
    .into_any()
}

/// In an organization that is not there, or not the reader's, the page is called so whatever it would be.
fn nowhere(session: Answer<Session>) -> AnyView {
    match session {
        Err(error) if error.kind == Kind::NotFound => view! { <Title text="Not found" /> }.into_any(),
        _ => ().into_any(),
    }
}

/// A form sent without WASM comes back with its error in the URL. Once it is shown, the URL is the page's again.
fn forget_refusal() {
    let location = use_location();
    let navigate = use_navigate();
    Effect::new(move |_| {
        let mut query = location.query.get_untracked();
        if query.remove("__err").is_some() {
            query.remove("__path");
            query.remove("__mark");
            let href = format!("{}{}", location.pathname.get_untracked(), query.to_query_string());
            navigate(&href, NavigateOptions { replace: true, scroll: false, ..Default::default() });
        }
    });
}

fn keys() -> Vec<KeyGroup> {
    let areas =
        AREAS.iter().map(|area| (area.keys, format!("Go to {}", area.label.to_lowercase()))).collect();
    let events = KeyGroup::new(
        "Events",
        &[("m", "Menu of the cell"), ("c", "Surrounding events"), ("l", "Live on, off")],
    );
    let groups =
        KeyGroup::new("Groups", &[("r", "Resolve, reopen"), ("s", "Mute"), ("a", "Assign"), ("c", "Note")]);
    vec![
        KeyGroup::everywhere(),
        KeyGroup::lists(),
        events,
        groups,
        KeyGroup { title: "Go to".to_owned(), keys: areas },
    ]
}
