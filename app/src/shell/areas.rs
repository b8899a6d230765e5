//! The areas of the rail. An area appears when it works and the person may see it.

use domain::permission::Key;
use ui::Glyph;

use crate::routes::{self, SettingsPage};
use crate::session::Session;

/// Where in the rail an area stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Watch,
    Configure,
}

#[derive(Clone, Copy, Debug)]
pub struct Area {
    pub label: &'static str,
    pub glyph: Glyph,
    pub part: Part,
    /// `g e`: what `scripts/keys.mjs` follows and the help sheet tells.
    pub keys: &'static str,
    /// First part of the path below the organization.
    pub path: &'static str,
    permission: Key,
    href: fn(&str) -> String,
}

pub const AREAS: &[Area] = &[
    area("Overview", Glyph::Overview, Part::Watch, "g o", "overview", Key::EventRead, routes::overview),
    area("Events", Glyph::Events, Part::Watch, "g e", "events", Key::EventRead, routes::events),
    area("Groups", Glyph::Groups, Part::Watch, "g g", "groups", Key::GroupRead, routes::groups),
    area("Cases", Glyph::Cases, Part::Watch, "g c", "cases", Key::CaseRead, routes::cases),
    area("Drift", Glyph::Drift, Part::Watch, "g d", "drift", Key::DriftRead, routes::drift),
    area("Sources", Glyph::Sources, Part::Configure, "g s", "sources", Key::SourceRead, routes::sources),
    area("Uploads", Glyph::Upload, Part::Configure, "g u", "uploads", Key::EventWrite, routes::uploads),
    area("Audit", Glyph::Audit, Part::Configure, "g a", "audit", Key::AuditRead, routes::audit),
    area("Settings", Glyph::Settings, Part::Configure, "g t", "settings", Key::EnvironmentRead, settings),
];

const fn area(
    label: &'static str,
    glyph: Glyph,
    part: Part,
    keys: &'static str,
    path: &'static str,
    permission: Key,
    href: fn(&str) -> String,
) -> Area {
    Area { label, glyph, part, keys, path, permission, href }
}

fn settings(slug: &str) -> String {
    SettingsPage::Environments.href(slug)
}

impl Area {
    pub fn is_open_to(&self, session: &Session) -> bool {
        session.may(self.permission)
    }
    pub fn href(&self, session: &Session) -> String {
        match self.path {
            "settings" => first_settings_page(session).href(session.slug()),
            _ => (self.href)(session.slug()),
        }
    }
    /// The letter after `g`.
    pub fn letter(&self) -> &'static str {
        self.keys.rsplit(' ').next().unwrap_or_default()
    }
}

/// Who may see a settings page; everybody may read what the roles may do.
pub fn may_see(session: &Session, page: SettingsPage) -> bool {
    match page {
        SettingsPage::General | SettingsPage::Branding | SettingsPage::Retention | SettingsPage::Webhooks => {
            session.may(Key::SettingsRead)
        }
        SettingsPage::Members | SettingsPage::SignIn => session.may(Key::MemberRead),
        SettingsPage::Environments => session.may(Key::EnvironmentRead),
        SettingsPage::Cases => session.may(Key::CaseRead),
        SettingsPage::Tags => session.may(Key::TagRead),
        SettingsPage::ApiKeys => session.may(Key::ApiKeyRead),
        SettingsPage::Sessions => session.may(Key::SessionRead),
        SettingsPage::Permissions => session.place.is_some(),
    }
}

pub fn first_settings_page(session: &Session) -> SettingsPage {
    SettingsPage::ALL.into_iter().find(|page| may_see(session, *page)).unwrap_or(SettingsPage::Permissions)
}
