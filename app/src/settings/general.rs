//! `/o/{organization}/settings/general`

use domain::permission::Key;
use leptos::prelude::*;
use ui::{Button, Choice, Definition, DefinitionList, Field, Section, Select, TextArea, TextInput, Variant};

use super::api::{General, LoadGeneral, SaveOrganization, SaveRateLimits, SaveTimeZone};
use crate::fetch::{Load, fetch_after};
use crate::form::{Form, FormError, tell_done};
use crate::routes::SettingsPage;
use crate::send::{SendForm, Submission, submit};
use crate::session::{Permitted, use_slug};
use crate::when::At;

const ORGANIZATION_SAVED: &str = "Organization saved";
const TIME_SAVED: &str = "Time zone saved";
const RATES_SAVED: &str = "Rate limits saved";

#[derive(Clone, Copy)]
struct Actions {
    organization: Submission,
    time: Submission,
    rates: Submission,
}

#[component]
pub fn GeneralPage() -> impl IntoView {
    let slug = use_slug();
    let actions = Actions {
        organization: submit::<SaveOrganization>(),
        time: submit::<SaveTimeZone>(),
        rates: submit::<SaveRateLimits>(),
    };
    tell_done(actions.organization, ORGANIZATION_SAVED);
    tell_done(actions.time, TIME_SAVED);
    tell_done(actions.rates, RATES_SAVED);
    let saved = move || actions.organization.version() + actions.time.version() + actions.rates.version();
    let general = fetch_after(saved, move || LoadGeneral { organization: slug.get() });
    view! {
        {super::tab(SettingsPage::General)}
        <Load resource=general let:general>
            {sections(general, actions)}
        </Load>
    }
    .into_any()
}

fn sections(general: General, actions: Actions) -> AnyView {
    let (slug, created) = (general.slug.clone(), general.created.clone());
    let forms = (
        organization(general.clone(), actions.organization),
        time(general.clone(), actions.time),
        rates(general, actions.rates),
    );
    view! {
        <Section title="Organization" hint="The short name is part of every address, so it stays.">
            <DefinitionList>
                <Definition term="Short name">
                    <code>{slug}</code>
                </Definition>
                <Definition term="Made">
                    <At when=created />
                </Definition>
            </DefinitionList>
            {forms.0}
        </Section>
        <Section title="Time">
            {forms.1}
        </Section>
        <Section title="Rate limits" hint="Beside those of the server. What is over the rate is answered with 429 and Retry-After; nothing is dropped silently.">
            {forms.2}
        </Section>
    }
    .into_any()
}

/// Only who may write sees the button; the service refuses everybody else.
#[component]
fn Save(form: Form) -> impl IntoView {
    view! {
        <Permitted key=Key::SettingsWrite>
            <div class="row-line">
                <Button submit=true variant=Variant::Primary busy=form.busy>
                    "Save"
                </Button>
            </div>
        </Permitted>
    }
}

fn organization(general: General, action: Submission) -> AnyView {
    let form = Form::of(action);
    view! {
        <SendForm to=action done=ORGANIZATION_SAVED class="form">
            <FormError form fields=&["name", "description", "contact_email"] />
            <input type="hidden" name="organization" value=general.slug.clone() />
            <Field id="name" label="Name" required=true error=form.reason("name")>
                <TextInput name="name" value=form.typed("name", &general.name) maxlength=255_u32 />
            </Field>
            <Field id="description" label="Description" error=form.reason("description")>
                <TextArea name="description" rows=3_u32 value=form.typed("description", &general.description) />
            </Field>
            <Field id="contact_email" label="Contact" hint="Whom to write to about this organization." error=form.reason("contact_email")>
                <TextInput name="contact_email" kind="email" value=form.typed("contact_email", &general.contact_email) />
            </Field>
            <Save form />
        </SendForm>
    }
    .into_any()
}

fn time(general: General, action: Submission) -> AnyView {
    let form = Form::of(action);
    let zones: Vec<Choice> = general.time_zones.iter().map(|zone| Choice::new(zone, zone)).collect();
    view! {
        <SendForm to=action done=TIME_SAVED class="form">
            <FormError form fields=&["time_zone"] />
            <input type="hidden" name="organization" value=general.slug.clone() />
            <Field id="time_zone" label="Time zone of reports" hint="People have their own in their account." required=true error=form.reason("time_zone")>
                <Select name="time_zone" choices=zones value=form.typed("time_zone", &general.time_zone) />
            </Field>
            <Save form />
        </SendForm>
    }
    .into_any()
}

fn limit(chosen: Option<i64>) -> String {
    chosen.map(|n| n.to_string()).unwrap_or_default()
}

fn rates(general: General, action: Submission) -> AnyView {
    let form = Form::of(action);
    view! {
        <SendForm to=action done=RATES_SAVED class="form">
            <FormError form fields=&["requests_per_minute", "events_per_second"] />
            <input type="hidden" name="organization" value=general.slug.clone() />
            <Field id="requests_per_minute" label="Requests a minute, for each API key" hint="Empty: only the server's own limit." error=form.reason("requests_per_minute")>
                <TextInput name="requests_per_minute" kind="number" min="1" max="1000000" value=form.typed("requests_per_minute", limit(general.requests_per_minute)) />
            </Field>
            <Field id="events_per_second" label="Events a second, for the organization" hint="Of a rate below 5,000 so many at once. Empty: no limit." error=form.reason("events_per_second")>
                <TextInput name="events_per_second" kind="number" min="1" max="1000000" value=form.typed("events_per_second", limit(general.events_per_second)) />
            </Field>
            <Save form />
        </SendForm>
    }
    .into_any()
}
