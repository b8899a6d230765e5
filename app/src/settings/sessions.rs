//! `/o/{organization}/settings/sessions`, where its members are signed in; and `/organizations/sessions`, where anybody is, for the
//! platform role.

use domain::account::ActiveSession;
use domain::permission::{Key, SessionRead, SettingsRead};
use leptos::prelude::*;
use service::sessions;
use service::settings::Security;
use ui::{
    Badge, Button, Column, DataTable, Empty, Glyph, PageHead, Row, Section, Tone, Variant, VisuallyHidden,
};

use super::session_api::{FACTOR, FactorForm, RequireFactor, RevokeSession, RevokeSessions};
use crate::account::device_name;
use crate::audit::history;
use crate::error::Answer;
use crate::form::{Form, FormError};
use crate::live;
use crate::page::Page;
use crate::page::print::{Asked, form};
use crate::printed::once;
use crate::routes::SettingsPage;
use crate::server::{self, Scope};
use crate::stale;
use crate::when::{Ago, Zone};

const HINT: &str =
    "Signing somebody out takes them out of every organization they were in with that browser.";

pub async fn page(asked: Asked) -> Answer<Page> {
    let scope = asked.scope().await?;
    let since = live::since(&scope).await?;
    let found = sessions::active(&scope.admit::<SessionRead>()?).await?;
    let me = scope.actor.session.map(|id| id.to_string()).unwrap_or_default();
    let slug = scope.organization.slug.clone();
    let listed = listed(found, &slug, scope.may(Key::SessionWrite), &me, scope.zone);
    let factor = if scope.may(Key::SettingsWrite) { Some(factor(&scope, &asked).await?) } else { None };
    let body = view! {
        {factor}
        <Section title="Sessions" hint=HINT>
            {listed}
        </Section>
    };
    Ok(Page::of(SettingsPage::Sessions.title(), body).follows(since, &["session"]))
}

/// Whether one is asked for, and the button that changes it.
async fn factor(scope: &Scope, asked: &Asked) -> Answer<AnyView> {
    let cx = scope.admit::<SettingsRead>()?;
    let value = service::settings::get(&cx, Security::KEY).await?;
    let required = value["second_factor"].as_bool() == Some(true);
    let state = Form::printed::<RequireFactor>();
    let start = stale::start(&cx, &FACTOR, scope.organization.id.0, state, FactorForm::of(required)).await?;
    let (hint, words) = if required {
        ("Who enters must have one. Who has none is led to their account to set it up.", "Ask for it no more")
    } else {
        (
            "Members may have one. If you ask for it nobody enters without, you neither. API keys are not asked.",
            "Ask everybody for it",
        )
    };
    let slug = scope.organization.slug.clone();
    let fields = view! {
        <input type="hidden" name="organization" value=slug />
        <input type="hidden" name="required" value=(!required).to_string() />
        {start.told}
        <p class="hint">{hint}</p>
        <Button submit=true>{words}</Button>
        <FormError form=state fields=&[] />
    };
    let page = SettingsPage::Sessions.href(&scope.organization.slug);
    let told = history::button(scope.may(Key::AuditRead), &page, Security::KEY, "the second factor");
    let names = std::iter::once((Security::KEY.to_owned(), "the second factor".to_owned()));
    let history = history::dialog(scope, asked, "setting", names, &page).await?;
    let view = view! {
        <Section title="Second factor" actions=once(told)>
            {form::<RequireFactor>("Saved", "choice-line", fields)}
        </Section>
        {history}
    };
    Ok(view.into_any())
}

/// All people, in no organization.
pub async fn everywhere() -> Answer<Page> {
    let own = server::own().await?;
    if let Some(page) = crate::oversight::asks_again(&own, "Sessions") {
        return Ok(page);
    }
    let found = sessions::active(&own.admit::<SessionRead>()?).await?;
    let me = own.viewer.session.to_string();
    let listed = listed(found, "", true, &me, own.zone);
    let body = view! {
        <PageHead title="Sessions" note="Of everybody on this Watchroom" />
        <div class="page stack">
            <p class="hint">{HINT}</p>
            {listed}
        </div>
    };
    Ok(Page::of("Sessions", body))
}

fn listed(found: Vec<ActiveSession>, slug: &str, may_change: bool, me: &str, zone: Zone) -> AnyView {
    let (one, all) = (Form::printed::<RevokeSession>(), Form::printed::<RevokeSessions>());
    if found.is_empty() {
        return view! { <Empty title="Nobody is signed in" text="Who signs in stands here." icon=Glyph::User /> }.into_any();
    }
    let columns = vec![
        Column::new("Person").class("message"),
        Column::new("Browser"),
        Column::new("Address").class("optional"),
        Column::new("Works in").class("optional"),
        Column::new("Last seen").class("time"),
        Column::new("Since").class("optional time"),
        Column::new("Sign out").class("shrink").hidden_header(),
    ];
    let rows = found.into_iter().map(|session| row(session, slug, may_change, me, zone)).collect_view();
    view! {
        <FormError form=one fields=&[] />
        <FormError form=all fields=&[] />
        <div class="table-scroll">
            <DataTable caption="Sessions" columns=columns>{rows}</DataTable>
        </div>
    }
    .into_any()
}

fn row(session: ActiveSession, slug: &str, may_change: bool, me: &str, zone: Zone) -> AnyView {
    let id = session.id.to_string();
    let is_mine = id == me;
    let user_agent = session.user_agent.unwrap_or_default();
    let browser = device_name(&user_agent);
    let (seen, since) = (zone.when(session.last_seen_at), zone.when(session.created_at));
    let address = session.ip_address.unwrap_or_default();
    let actions = may_change.then(|| {
        let (of, name) = (slug.to_owned(), session.email.clone());
        let person = session.user_id.to_string();
        let (here, everywhere) = (format!(" {name} here"), format!(" {name} everywhere"));
        let one = view! {
            <input type="hidden" name="organization" value=of.clone() />
            <input type="hidden" name="id" value=id />
            <Button submit=true variant=Variant::Ghost>
                "Sign out" <VisuallyHidden>{here}</VisuallyHidden>
            </Button>
        };
        let all = view! {
            <input type="hidden" name="organization" value=of />
            <input type="hidden" name="person" value=person />
            <Button submit=true variant=Variant::Ghost>
                "All of them" <VisuallyHidden>{everywhere}</VisuallyHidden>
            </Button>
        };
        view! {
            <div class="row-line">
                {form::<RevokeSession>("Signed out", "", one)}
                {form::<RevokeSessions>("Signed out everywhere", "", all)}
            </div>
        }
    });
    view! {
        <Row>
            <td class="message">
                {session.name} {is_mine.then(|| view! { " " <Badge tone=Tone::Ok>"this one"</Badge> })}
                <span class="below">{session.email}</span>
            </td>
            <td title=user_agent>{browser}</td>
            <td class="optional mono">{address}</td>
            <td class="optional">{session.organization}</td>
            <td class="time">
                <Ago when=seen />
            </td>
            <td class="optional time">
                <Ago when=since />
            </td>
            <td class="shrink">{actions}</td>
        </Row>
    }
    .into_any()
}
