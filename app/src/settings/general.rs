//! `/o/{organization}/settings/general`: name, time zone, rate limits.

use domain::organization::Organization;
use domain::permission::{Key, SettingsRead};
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use service::settings::{self, General, RateLimits};
use service::{Cx, organizations};
use ui::{Button, Choice, Definition, DefinitionList, Field, Section, Select, TextArea, TextInput, Variant};

use super::general_api::{
    ORGANIZATION, RATES, SaveOrganization, SaveRateLimits, SaveTimeZone, TIME, organization_form, rates_form,
    time_form,
};
use crate::audit::history;
use crate::error::Answer;
use crate::form::{Form, FormError};
use crate::live;
use crate::page::Page;
use crate::page::print::{Asked, form};
use crate::printed::once;
use crate::routes::SettingsPage;
use crate::server::Scope;
use crate::when::{At, zone_names};
use crate::{stale, told};

pub async fn page(asked: Asked) -> Answer<Page> {
    let scope = asked.scope().await?;
    let since = live::since(&scope).await?;
    let cx = scope.admit::<SettingsRead>()?;
    let now = organizations::get(&cx).await?;
    let (slug, made) = (now.slug.clone(), scope.zone.when(now.created_at));
    let forms = (organization(&scope, &cx, &now).await?, time(&scope, &cx).await?, rates(&scope, &cx).await?);
    let (page, may_audit) = (SettingsPage::General.href(&slug), scope.may(Key::AuditRead));
    let id = now.id.to_string();
    let button = |id: &str, name: &str| once(history::button(may_audit, &page, id, name));
    let buttons = (
        button(&id, &now.name),
        button(General::KEY, "the time zone"),
        button(RateLimits::KEY, "the limits"),
    );
    let names = std::iter::once((id.clone(), now.name.clone()));
    let of_organization = history::dialog(&scope, &asked, "organization", names, &page).await?;
    let names = [(General::KEY, "the time zone"), (RateLimits::KEY, "the limits")];
    let names = names.into_iter().map(|(key, name)| (key.to_owned(), name.to_owned()));
    let of_setting = history::dialog(&scope, &asked, "setting", names, &page).await?;
    let body = view! {
        <Section title="Organization" hint="The short name is part of every address, so it stays." actions=buttons.0>
            <DefinitionList>
                <Definition term="Short name">
                    <code>{slug}</code>
                </Definition>
                <Definition term="Made">
                    <At when=made />
                </Definition>
            </DefinitionList>
            {forms.0}
        </Section>
        <Section title="Time" actions=buttons.1>
            {forms.1}
        </Section>
        <Section title="Rate limits" hint="Beside those of the server. What is over the rate is answered with 429 and Retry-After; nothing is dropped silently." actions=buttons.2>
            {forms.2}
        </Section>
        {of_organization}
        {of_setting}
    };
    Ok(Page::of(SettingsPage::General.title(), body).follows(since, &["organization", "setting"]))
}

/// Only who may write sees the button; the service refuses everybody else.
fn save(scope: &Scope) -> Option<AnyView> {
    scope.may(Key::SettingsWrite).then(|| {
        view! {
            <div class="row-line">
                <Button submit=true variant=Variant::Primary>
                    "Save"
                </Button>
            </div>
        }
        .into_any()
    })
}

async fn organization(scope: &Scope, cx: &Cx<SettingsRead>, now: &Organization) -> Answer<AnyView> {
    let form = Form::printed::<SaveOrganization>();
    let start = stale::start(cx, &ORGANIZATION, now.id.0, form, organization_form(now)).await?;
    let fields = start.fields;
    // The frame shows its name as well.
    let view = view! {
        <form method="post" action=SaveOrganization::PATH class="form" data-session="">
            {told::field("Organization saved")}
            <FormError form fields=&["name", "description", "contact_email"] />
            <input type="hidden" name="organization" value=now.slug.clone() />
            {start.told}
            <Field id="name" label="Name" required=true error=form.reason("name")>
                <TextInput name="name" value=form.typed("name", fields.name) maxlength=255_u32 />
            </Field>
            <Field id="description" label="Description" error=form.reason("description")>
                <TextArea name="description" rows=3_u32 value=form.typed("description", fields.description) />
            </Field>
            <Field id="contact_email" label="Contact" hint="Whom to write to about this organization." error=form.reason("contact_email")>
                <TextInput name="contact_email" kind="email" value=form.typed("contact_email", fields.contact_email) />
            </Field>
            {save(scope)}
        </form>
    };
    Ok(view.into_any())
}

async fn time(scope: &Scope, cx: &Cx<SettingsRead>) -> Answer<AnyView> {
    let state = Form::printed::<SaveTimeZone>();
    let now = time_form(&settings::get(cx, General::KEY).await?);
    let start = stale::start(cx, &TIME, scope.organization.id.0, state, now).await?;
    let zones: Vec<Choice> = zone_names().iter().map(|zone| Choice::new(zone, zone)).collect();
    let fields = view! {
        <FormError form=state fields=&["time_zone"] />
        <input type="hidden" name="organization" value=scope.organization.slug.clone() />
        {start.told}
        <Field id="time_zone" label="Time zone of reports" hint="People have their own in their account." required=true error=state.reason("time_zone")>
            <Select name="time_zone" choices=zones value=state.typed("time_zone", start.fields.time_zone) />
        </Field>
        {save(scope)}
    };
    Ok(form::<SaveTimeZone>("Time zone saved", "form", fields))
}

async fn rates(scope: &Scope, cx: &Cx<SettingsRead>) -> Answer<AnyView> {
    let state = Form::printed::<SaveRateLimits>();
    let now = rates_form(&settings::get(cx, RateLimits::KEY).await?);
    let start = stale::start(cx, &RATES, scope.organization.id.0, state, now).await?;
    let value = start.fields;
    let fields = view! {
        <FormError form=state fields=&["requests_per_minute", "events_per_second"] />
        <input type="hidden" name="organization" value=scope.organization.slug.clone() />
        {start.told}
        <Field id="requests_per_minute" label="Requests a minute, for each API key" hint="Empty: only the server's own limit." error=state.reason("requests_per_minute")>
            <TextInput name="requests_per_minute" kind="number" min="1" max="1000000" value=state.typed("requests_per_minute", value.requests_per_minute) />
        </Field>
        <Field id="events_per_second" label="Events a second, for the organization" hint="Of a rate below 5,000 so many at once. Empty: no limit." error=state.reason("events_per_second")>
            <TextInput name="events_per_second" kind="number" min="1" max="1000000" value=state.typed("events_per_second", value.events_per_second) />
        </Field>
        {save(scope)}
    };
    Ok(form::<SaveRateLimits>("Rate limits saved", "form", fields))
}
