//! Ctrl/Cmd+K: every page and organization the person can reach, and the case whose number is typed.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};
use ui::{Command, CommandPalette, Glyph};

use super::areas::{AREAS, may_see};
use crate::error::Answer;
use crate::fetch::{after, fetch_if};
use crate::routes::{self, SettingsPage};
use crate::session::{Session, use_session, use_slug};
use crate::shown::shown;

/// A case that a number was typed of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseFound {
    pub number: String,
    /// Empty where there is no such case for whoever asks.
    pub title: String,
}
shown!(CaseFound: number, title);

/// `number`: in digits. What is not there, or not to be seen, is no error here: people type on.
#[server(name = FindCase, prefix = "/fn", endpoint = "find_case", input = GetUrl)]
pub async fn find_case(organization: String, number: String) -> Answer<CaseFound> {
    let scope = crate::server::scope(&organization).await?;
    let found = match scope.admit::<domain::permission::CaseRead>() {
        Ok(cx) if number.parse::<i64>().is_ok() => service::cases::find(&cx, &number).await,
        _ => Err(service::Error::NotFound),
    };
    match found {
        Ok(case) => Ok(CaseFound { number, title: case.title }),
        Err(service::Error::NotFound) => Ok(CaseFound { number, title: String::new() }),
        Err(other) => Err(other.into()),
    }
}

#[component]
pub fn Palette() -> impl IntoView {
    let slug = use_slug();
    // Digits, or empty.
    let asked = RwSignal::new(String::new());
    let found = fetch_if(move || {
        let (organization, number) = (slug.get(), asked.get());
        (!organization.is_empty() && !number.is_empty()).then_some(FindCase { organization, number })
    });
    let case = move || {
        let found = found.get().and_then(Result::ok)?;
        // An answer to what was typed before may still be here.
        let found = found.as_ref().as_ref().filter(|found| asked.with(|asked| *asked == found.number))?;
        let label = ["CASE-", &found.number, " ", &found.title].concat();
        let href = routes::case(&slug.get(), &found.number);
        (!found.title.is_empty()).then(|| Command::new("Cases", label, href).glyph(Glyph::Cases))
    };
    let typed = Callback::new(move |text: String| asked.set(digits(&text).to_owned()));
    after(use_session(), move |session| {
        let fixed = session.map(|s| commands(&s)).unwrap_or_default();
        // Who types a number means the case before all whose names have it in them.
        let commands = Signal::derive(move || case().into_iter().chain(fixed.clone()).collect::<Vec<_>>());
        view! {
            <Transition>
                <CommandPalette commands=commands on_query=typed />
            </Transition>
        }
        .into_any()
    })
}

/// The digits of `CASE-2`, `case-2`, `#2` or `2`; empty of anything else.
fn digits(text: &str) -> &str {
    let text = text.trim();
    let behind_key = text.get(..5).filter(|head| head.eq_ignore_ascii_case("CASE-")).map(|_| &text[5..]);
    let digits = behind_key.or_else(|| text.strip_prefix('#')).unwrap_or(text);
    // Nobody writes a number with zeros before it, and the list would not take it for what was typed.
    let fits =
        digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.len() < 19 && !digits.starts_with('0');
    if fits { digits } else { "" }
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

#[cfg(test)]
mod tests {
    use super::digits;

    #[test]
    fn a_case_is_meant_by_its_key_or_its_number() {
        for text in ["CASE-2", "case-2", " Case-2 ", "#2", "2"] {
            assert_eq!(digits(text), "2", "{text}");
        }
        for text in
            ["", "CASE-", "#", "case 2", "2a", "-2", "0", "02", "overview", "éCASE-2", "99999999999999999999"]
        {
            assert_eq!(digits(text), "", "{text}");
        }
    }
}
