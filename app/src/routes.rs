//! Every page's address, typed. A filter type is parser and link builder: the URL is the only filter state.

use std::fmt::Write as _;

use crate::shown::shown;
use leptos_router::params::ParamsMap;
use serde::{Deserialize, Serialize};

/// A path with a query: `Link::new("/o/acme/events").with("text", "ssh").done()`. Empty values are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link(String);

impl Link {
    pub fn new(path: impl Into<String>) -> Self {
        Self(path.into())
    }
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        if !value.is_empty() {
            self.0.push(if self.0.contains('?') { '&' } else { '?' });
            self.0.push_str(name);
            self.0.push('=');
            escape(value, &mut self.0);
        }
        self
    }
    /// One pair a value.
    #[must_use]
    pub fn with_all<'a>(self, name: &str, values: impl IntoIterator<Item = &'a str>) -> Self {
        values.into_iter().fold(self, |link, value| link.with(name, value))
    }
    pub fn done(self) -> String {
        self.0
    }
}

impl From<Link> for String {
    fn from(link: Link) -> Self {
        link.0
    }
}

/// Percent-encodes a query value or path segment (RFC 3986: everything but the unreserved characters).
fn escape(value: &str, out: &mut String) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(byte as char);
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

pub const HOME: &str = "/";
pub const SIGN_IN: &str = "/sign-in";
/// Leads to the sign-in provider.
pub const SIGN_IN_BY_PROVIDER: &str = "/sign-in/oidc";
/// `POST`: a plain form of the server.
pub const SIGN_OUT: &str = "/sign-out";
pub const SETUP: &str = "/setup";
pub const ACCOUNT: &str = "/account";
/// The second step of the sign-in.
pub const SIGN_IN_CODE: &str = "/sign-in/code";
/// For the platform role.
pub const ORGANIZATIONS: &str = "/organizations";
/// For the platform role.
pub const ALL_SESSIONS: &str = "/organizations/sessions";

/// [`ORGANIZATIONS`] with one of them open.
pub fn organization(slug: &str) -> String {
    Link::new(ORGANIZATIONS).with("organization", slug).done()
}

/// Where a second factor is set up, for who needs one to enter; `next` is where they were going.
pub fn second_factor(next: &str) -> String {
    Link::new(ACCOUNT).with("needed", NEEDED_FACTOR).with("next", next).done()
}
pub const NEEDED_FACTOR: &str = "second-factor";

/// The page of an invitation's link.
pub fn invitation(token: &str) -> String {
    format!("/invitation/{token}")
}

fn in_organization(slug: &str, rest: &str) -> String {
    format!("/o/{slug}/{rest}")
}

pub fn overview(slug: &str) -> String {
    in_organization(slug, "overview")
}
pub fn events(slug: &str) -> String {
    in_organization(slug, "events")
}
pub fn event(slug: &str, id: impl std::fmt::Display) -> String {
    format!("/o/{slug}/events/{id}")
}
pub fn groups(slug: &str) -> String {
    in_organization(slug, "groups")
}
pub fn group(slug: &str, id: impl std::fmt::Display) -> String {
    format!("/o/{slug}/groups/{id}")
}
pub fn cases(slug: &str) -> String {
    in_organization(slug, "cases")
}
/// Where events, groups and drifts go into a case.
pub fn add_to_case(slug: &str) -> String {
    in_organization(slug, "cases/add")
}
pub fn case_tasks(slug: &str) -> String {
    in_organization(slug, "cases/tasks")
}
/// `name`: the number, or `CASE-42`.
pub fn case(slug: &str, name: impl std::fmt::Display) -> String {
    format!("/o/{slug}/cases/{name}")
}
/// What a page of the organization hears while it is open.
pub fn live(slug: &str) -> String {
    format!("/o/{slug}/live")
}
/// Where a file of a case goes.
pub fn evidence_of(slug: &str, number: i64) -> String {
    format!("/o/{slug}/cases/{number}/evidence")
}
/// The zip of a case.
pub fn case_export(slug: &str, number: i64) -> String {
    format!("/o/{slug}/cases/{number}/export")
}
pub fn evidence(slug: &str, number: i64, id: impl std::fmt::Display) -> String {
    format!("/o/{slug}/cases/{number}/evidence/{id}")
}
pub fn drift(slug: &str) -> String {
    in_organization(slug, "drift")
}
/// `analytics`, `repositories`, `resources`, `rules` or `ignores`.
pub fn drift_part(slug: &str, part: &str) -> String {
    format!("/o/{slug}/drift/{part}")
}
/// A resource of infrastructure code, or one without any.
pub fn drift_resource(slug: &str, id: domain::IacResourceId) -> String {
    format!("/o/{slug}/drift/resources/{id}")
}

pub fn drift_one(slug: &str, number: i64) -> String {
    format!("/o/{slug}/drift/{number}")
}
/// What answers with what can stand at the cursor of the query of a list.
pub fn completing(slug: &str, list: &str) -> String {
    Link::new(["/fn/", list, "/complete"].concat()).with("organization", slug).done()
}
pub fn sources(slug: &str) -> String {
    in_organization(slug, "sources")
}
pub fn uploads(slug: &str) -> String {
    in_organization(slug, "uploads")
}
pub fn upload(slug: &str, id: impl std::fmt::Display) -> String {
    format!("/o/{slug}/uploads/{id}")
}
pub fn webhook(slug: &str, id: impl std::fmt::Display) -> String {
    format!("/o/{slug}/settings/webhooks/{id}")
}
pub fn audit(slug: &str) -> String {
    in_organization(slug, "audit")
}

/// A page of the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingsPage {
    General,
    Branding,
    Retention,
    Members,
    SignIn,
    Environments,
    Cases,
    Tags,
    ApiKeys,
    Webhooks,
    Sessions,
    Permissions,
}

impl SettingsPage {
    pub const ALL: [Self; 12] = [
        Self::General,
        Self::Branding,
        Self::Retention,
        Self::Members,
        Self::SignIn,
        Self::Environments,
        Self::Cases,
        Self::Tags,
        Self::ApiKeys,
        Self::Webhooks,
        Self::Sessions,
        Self::Permissions,
    ];
    pub fn word(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Branding => "branding",
            Self::Retention => "retention",
            Self::Members => "members",
            Self::SignIn => "sign-in",
            Self::Environments => "environments",
            Self::Cases => "cases",
            Self::Tags => "tags",
            Self::ApiKeys => "api-keys",
            Self::Webhooks => "webhooks",
            Self::Sessions => "sessions",
            Self::Permissions => "permissions",
        }
    }
    pub fn label(self) -> &'static str {
        match self {
            Self::General => "General",
            Self::Branding => "Branding",
            Self::Retention => "Retention",
            Self::Members => "Members",
            Self::SignIn => "Sign-in",
            Self::Environments => "Environments",
            Self::Cases => "Cases",
            Self::Tags => "Tags",
            Self::ApiKeys => "API keys",
            Self::Webhooks => "Webhooks",
            Self::Sessions => "Sessions",
            Self::Permissions => "Permissions",
        }
    }
    /// Of the document.
    pub fn title(self) -> String {
        format!("{} · Settings", self.label())
    }
    pub fn href(self, slug: &str) -> String {
        format!("/o/{slug}/settings/{}", self.word())
    }
}

/// Why a plain form post came back: `error=<code>`, and `field` with `reason` once a problem.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// `credentials`, `locked`, `invalid`, `conflict`, `unavailable`; empty when nothing was refused.
    pub code: String,
    pub fields: Vec<(String, String)>,
    /// Seconds until the next attempt is looked at.
    pub retry_after: Option<u64>,
}

impl Refusal {
    pub fn read(query: &ParamsMap) -> Self {
        let all = |name| query.get_all(name).unwrap_or_default();
        Self {
            code: query.get("error").unwrap_or_default(),
            fields: all("field").into_iter().zip(all("reason")).collect(),
            retry_after: query.get_str("retry_after").and_then(|s| s.parse().ok()),
        }
    }
    pub fn reason(&self, field: &str) -> Option<String> {
        self.fields.iter().find(|(name, _)| name == field).map(|(_, reason)| reason.clone())
    }
    /// The sentence above the form.
    pub fn sentence(&self) -> Option<String> {
        let words = match self.code.as_str() {
            // Those of the provider are told beside its button.
            code if code.is_empty() || code.starts_with("provider-") => return None,
            "credentials" => "E-mail and password do not fit together, or the account is disabled.",
            "code" => "The code does not fit. Codes change every 30 seconds, and each works once.",
            "changed" => "The account was changed after you gave the password. Sign in again.",
            "locked" => return Some(locked(self.retry_after)),
            "invalid" => "Some of it does not fit; see below.",
            "conflict" => "An account exists already. Sign in instead.",
            "unavailable" => "The database cannot answer now. Nothing was lost; try again in a moment.",
            _ => "That did not work. Try again.",
        };
        Some(words.to_owned())
    }
}

fn locked(seconds: Option<u64>) -> String {
    let wait = seconds.map_or_else(|| "a while".to_owned(), domain::wait::words);
    format!("Too many attempts. Try again in {wait}.")
}

/// The sign-in page, to go on to `next` afterwards.
pub fn sign_in(next: &str) -> String {
    Link::new(SIGN_IN).with("next", next).done()
}

/// A path of this site to go on to, or nothing: no other site, no loop through the sign-in.
pub fn local_path(next: &str) -> Option<&str> {
    let ours = next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n', '\t']);
    (ours && !next.starts_with(SIGN_IN) && !next.starts_with("/fn/")).then_some(next)
}

/// The audit page's query.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditQuery {
    /// A part of anything that an entry says.
    pub q: String,
    /// E-mail, `api key <prefix>` or `system (<name>)`.
    pub actor: String,
    pub action: String,
    pub target_type: String,
    pub target_id: String,
    /// `2026-11-23T14:31` in the reader's zone, or RFC 3339.
    pub from: String,
    /// Exclusive.
    pub to: String,
    pub cursor: String,
    /// Sequence of the entry in the panel.
    pub entry: String,
}
shown!(AuditQuery: q, actor, action, target_type, target_id, from, to, cursor, entry);

impl AuditQuery {
    pub fn read(query: &ParamsMap) -> Self {
        let get = |name| query.get_str(name).unwrap_or_default().trim().to_owned();
        Self {
            q: get("q"),
            actor: get("actor"),
            action: get("action"),
            target_type: get("target_type"),
            target_id: get("target_id"),
            from: get("from"),
            to: get("to"),
            cursor: get("cursor"),
            entry: get("entry"),
        }
    }
    pub fn href(&self, slug: &str) -> String {
        self.filter(Link::new(audit(slug))).with("cursor", &self.cursor).with("entry", &self.entry).done()
    }
    /// `format` is `csv`, `json` or `zip`; times must be RFC 3339 here.
    pub fn export_href(&self, slug: &str, format: &str) -> String {
        self.filter(Link::new(format!("/o/{slug}/audit/export.{format}"))).done()
    }
    /// The same list with one entry in the panel.
    #[must_use]
    pub fn open(&self, seq: i64) -> Self {
        Self { entry: seq.to_string(), ..self.clone() }
    }
    /// The same list without the panel.
    #[must_use]
    pub fn closed(&self) -> Self {
        Self { entry: String::new(), ..self.clone() }
    }
    /// How many filters are on.
    pub fn filters(&self) -> usize {
        [&self.q, &self.actor, &self.action, &self.target_type, &self.target_id, &self.from, &self.to]
            .iter()
            .filter(|v| !v.is_empty())
            .count()
    }
    fn filter(&self, link: Link) -> Link {
        link.with("q", &self.q)
            .with("actor", &self.actor)
            .with("action", &self.action)
            .with("target_type", &self.target_type)
            .with("target_id", &self.target_id)
            .with("from", &self.from)
            .with("to", &self.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_back_as_it_was_written() {
        let query = AuditQuery {
            actor: "a b@x.de".into(),
            action: "SIGNED_IN".into(),
            from: "2026-11-23T14:31".into(),
            entry: "7".into(),
            ..Default::default()
        };
        let href = query.href("acme");
        assert_eq!(href, "/o/acme/audit?actor=a%20b%40x.de&action=SIGNED_IN&from=2026-11-23T14%3A31&entry=7");
        let map: ParamsMap =
            [("actor", "a b@x.de"), ("action", "SIGNED_IN"), ("from", "2026-11-23T14:31"), ("entry", "7")]
                .into_iter()
                .collect();
        assert_eq!(AuditQuery::read(&map), query);
        assert_eq!(query.closed().entry, "");
        assert_eq!(query.filters(), 3);
    }

    #[test]
    fn the_way_back_stays_on_this_site() {
        assert_eq!(local_path("/o/acme/events?x=1"), Some("/o/acme/events?x=1"));
        for bad in ["", "https://evil.test", "//evil.test", "/\\evil.test", "/sign-in?next=/", "/fn/session"]
        {
            assert_eq!(local_path(bad), None, "{bad}");
        }
    }
}
