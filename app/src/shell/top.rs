//! The top bar: organization, search, theme, the person.

use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use ui::{
    Avatar, Glyph, HELP, Icon, IconButton, Kbd, Logo, Menu, MenuItem, MenuLabel, MenuLine, PALETTE,
    ThemeToggle,
};

use super::SetTheme;
use crate::ask::AskForm;
use crate::fetch::after;
use crate::routes;
use crate::session::{Session, use_session};

#[component]
pub fn Top() -> impl IntoView {
    let session = use_session();
    view! {
        <header class="top">
            {after(session, |session| {
                session.map_or_else(|_| view! { <a href=routes::HOME><Logo /></a> }.into_any(), bar)
            })}
        </header>
    }
    .into_any()
}

fn bar(session: Session) -> AnyView {
    view! {
        {switcher(session.clone())}
        {search(&session)}
        <span class="grow"></span>
        <span class="hide">
            <ThemeToggle action=SetTheme::url() theme=session.theme.clone() />
        </span>
        <span class="hide">
            <IconButton glyph=Glyph::Keyboard label="Commands (Ctrl K)" opens=PALETTE />
        </span>
        <span class="hide">
            <IconButton glyph=Glyph::Help label="Keys (?)" opens=HELP />
        </span>
        {person(session)}
    }
    .into_any()
}

/// Leads to the same area of another organization.
fn switcher(session: Session) -> AnyView {
    let here = session.slug().to_owned();
    let label = session.place.as_ref().map_or_else(|| "No organization".to_owned(), |p| p.name.clone());
    let mark = session.place.as_ref().map(|place| place.mark.clone()).filter(|mark| !mark.is_empty());
    let items = session
        .reach
        .into_iter()
        .map(|reach| {
            let current = Signal::stored(reach.slug == here);
            view! {
                <MenuItem href=routes::overview(&reach.slug) current=current>
                    {reach.name}
                    <small class="faint">" " {reach.role}</small>
                </MenuItem>
            }
        })
        .collect_view();
    view! {
        {mark.map(|mark| view! { <span class="brand-mark" inner_html=mark></span> })}
        <Menu label=label ghost=true>
            <MenuLabel>"Organizations"</MenuLabel>
            {items}
        </Menu>
    }
    .into_any()
}

/// Searches the events; `/` focuses it.
fn search(session: &Session) -> AnyView {
    if session.place.is_none() {
        return ().into_any();
    }
    let action = routes::events(session.slug());
    view! {
        <AskForm page=action class="search" role="search" label="All events">
            <Icon glyph=Glyph::Search />
            <input type="search" name="q" aria-label="Search events" placeholder="Search events" autocomplete="off" spellcheck="false" data-search="" />
            <Kbd keys="/" />
        </AskForm>
    }
    .into_any()
}

fn person(session: Session) -> AnyView {
    let name = session.name.clone();
    let face = ViewFn::from(move || view! { <Avatar name=name.clone() /> });
    let label = format!("Account of {}", session.name);
    view! {
        <Menu label=label face=face end=true>
            <MenuLabel>
                <strong>{session.name}</strong>
                <br />
                {session.email}
            </MenuLabel>
            <MenuLine />
            <MenuItem href=routes::ACCOUNT icon=Glyph::User>
                "Account and devices"
            </MenuItem>
            {session.is_sre.then(|| view! { <MenuItem href=routes::ORGANIZATIONS icon=Glyph::Settings>"Organizations"</MenuItem> })}
            <MenuItem href="/api/docs" icon=Glyph::File external=true>
                "API documentation"
            </MenuItem>
            <MenuItem icon=Glyph::Search on_click=|_| ui::browser::show_modal(PALETTE)>
                "Commands " <Kbd keys="Ctrl K" />
            </MenuItem>
            <MenuItem icon=Glyph::Keyboard key="?" on_click=|_| ui::browser::show_modal(HELP)>
                "Keys"
            </MenuItem>
            <MenuLine />
            <form method="post" action=routes::SIGN_OUT>
                <MenuItem submit=true icon=Glyph::Logout>
                    "Sign out"
                </MenuItem>
            </form>
        </Menu>
    }
    .into_any()
}
