//! Ctrl/Cmd+K: every page and organization the person can reach.

use leptos::prelude::*;
use ui::{Command, CommandPalette, Glyph};

use super::areas::{AREAS, may_see};
use crate::fetch::after;
use crate::routes::{self, SettingsPage};
use crate::session::{Session, use_session};

#[component]
pub fn Palette() -> impl IntoView {
    after(use_session(), |session| {
        let commands = session.map(|s| commands(&s)).unwrap_or_default();
        view! { <CommandPalette commands=commands /> }.into_any()
    })
}

fn commands(session: &Session) -> Vec<Command> {
    let areas = AREAS
        .iter()
        .filter(|area| area.is_open_to(session))
        .map(|area| Command::new("Go to", area.label, area.href(session)).glyph(area.glyph).keys(area.keys));
    let settings = SettingsPage::ALL
        .into_iter()
        .filter(|page| may_see(session, *page))
        .map(|page| Command::new("Settings", page.label(), page.href(session.slug())).glyph(Glyph::Settings));
    let own = [Command::new("Go to", "Account and devices", routes::ACCOUNT).glyph(Glyph::User)];
    let organizations = session.reach.iter().map(|reach| {
        Command::new("Organizations", &reach.name, routes::overview(&reach.slug)).glyph(Glyph::Tag)
    });
    areas.chain(own).chain(settings).chain(organizations).collect()
}
