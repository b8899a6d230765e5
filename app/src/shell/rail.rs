//! The rail at the left, a bar at the foot where the page is narrow.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use ui::{Logo, RailLink};

use super::areas::{AREAS, Area, Part};
use crate::fetch::after;
use crate::routes;
use crate::session::{Session, use_session};

#[component]
pub fn Rail() -> impl IntoView {
    let session = use_session();
    view! {
        <nav class="rail" aria-label="Areas">
            <a class="brand" href=routes::HOME>
                <Logo />
            </a>
            {after(session, |session| session.map_or_else(|_| ().into_any(), |session| links(&session)))}
        </nav>
    }
    .into_any()
}

fn links(session: &Session) -> AnyView {
    let part = |part| {
        AREAS
            .iter()
            .filter(|a| a.part == part && a.is_open_to(session))
            .map(|a| link(a, session))
            .collect_view()
    };
    view! {
        {part(Part::Watch)}
        <p class="rail-label">"Configure"</p>
        {part(Part::Configure)}
    }
    .into_any()
}

fn link(area: &Area, session: &Session) -> AnyView {
    let path = use_location().pathname;
    let under = format!("/o/{}/{}", session.slug(), area.path);
    let current = Signal::derive(move || {
        path.with(|p| {
            p.strip_prefix(under.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    });
    view! { <RailLink href=area.href(session) glyph=area.glyph label=area.label current=current key=area.letter() /> }.into_any()
}
