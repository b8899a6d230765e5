//! `/o/{organization}/settings/branding`: how the organization shows itself.

use domain::branding::{ACCENT, Branding};
use domain::permission::{Key, OrganizationEnter, SettingsRead};
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use service::settings;
use ui::{Button, Field, Section, TextInput, Variant};

use super::branding_api::{BRANDING, SaveBranding};
use crate::audit::history;
use crate::error::Answer;
use crate::form::{Form, FormError};
use crate::live;
use crate::page::Page;
use crate::page::print::Asked;
use crate::printed::once;
use crate::routes::SettingsPage;
use crate::server::Scope;
use crate::{stale, told};

pub async fn page(asked: Asked) -> Answer<Page> {
    let scope = asked.scope().await?;
    let since = live::since(&scope).await?;
    let branding = settings::branding(&scope.admit::<OrganizationEnter>()?).await?;
    let name = scope.organization.name.as_str();
    let shown = preview(&branding, name);
    let form = form(&scope, branding, name).await?;
    let page = SettingsPage::Branding.href(&scope.organization.slug);
    let told = history::button(scope.may(Key::AuditRead), &page, Branding::KEY, "branding");
    let names = std::iter::once((Branding::KEY.to_owned(), "branding".to_owned()));
    let history = history::dialog(&scope, &asked, "setting", names, &page).await?;
    let body = view! {
        <Section title="Branding" hint="In the header of every page of this organization, and on what is exported from it." actions=once(told)>
            {shown}
            {form}
        </Section>
        {history}
    };
    Ok(Page::of(SettingsPage::Branding.title(), body).follows(since, &["setting"]))
}

/// The mark on both grounds, whichever scheme the reader has.
fn preview(branding: &Branding, organization: &str) -> AnyView {
    let on = |scheme: &'static str, label: &'static str| {
        let (mark, name) = (mark(branding, organization), branding.name(organization).to_owned());
        view! {
            <figure class=["brand-preview ", scheme].concat()>
                <div class="person"><span class="brand-mark" inner_html=mark></span> {name}</div>
                <figcaption>{label}</figcaption>
            </figure>
        }
    };
    view! { <div class="brand-previews">{on("light", "Light scheme")} {on("dark", "Dark scheme")}</div> }
        .into_any()
}

/// A picture of letters: drawn here, so that nothing is asked of another place.
pub fn mark(branding: &Branding, organization: &str) -> String {
    let mark = branding.mark(organization);
    let width = match mark.letters.chars().count() {
        0..=2 => 28,
        3 => 36,
        _ => 44,
    };
    let (view_box, middle) = (format!("0 0 {width} 22"), (width / 2).to_string());
    view! {
        <svg width=width.to_string() height="22" viewBox=view_box aria-hidden="true">
            <rect width=width.to_string() height="22" rx="5" fill=mark.ground></rect>
            <text x=middle y="15.5" text-anchor="middle" fill=mark.ink>{mark.letters}</text>
        </svg>
    }
    .to_html()
}

async fn form(scope: &Scope, now: Branding, organization: &str) -> Answer<AnyView> {
    let state = Form::printed::<SaveBranding>();
    let cx = scope.admit::<SettingsRead>()?;
    let start = stale::start(&cx, &BRANDING, scope.organization.id.0, state, now).await?;
    let save = scope.may(Key::SettingsWrite).then(|| {
        view! {
            <div class="row-line">
                <Button submit=true variant=Variant::Primary>"Save"</Button>
            </div>
        }
    });
    let name_hint = format!("Empty: {organization}.");
    let accent_hint = format!(
        "As #rrggbb; dark and light enough to be seen in both schemes. Empty: {ACCENT}, where there are letters."
    );
    let Branding { display_name, logo_text, accent } = start.fields;
    // The frame shows it as well.
    let view = view! {
        <form method="post" action=SaveBranding::PATH class="form" data-session="">
            {told::field("Branding saved")}
            <FormError form=state fields=&["display_name", "logo_text", "accent"] />
            <input type="hidden" name="organization" value=scope.organization.slug.clone() />
            {start.told}
            <Field id="brand-name" label="Name shown" hint=name_hint error=state.reason("display_name")>
                <TextInput name="display_name" value=state.typed("display_name", &display_name) maxlength=60_u32 />
            </Field>
            <Field id="brand-letters" label="Letters of the mark" hint="Up to four letters or digits. Empty: the initials, where there is a colour." error=state.reason("logo_text")>
                <TextInput name="logo_text" value=state.typed("logo_text", &logo_text) maxlength=4_u32 autocomplete="off" />
            </Field>
            <Field id="brand-accent" label="Colour of the mark" hint=accent_hint error=state.reason("accent")>
                <TextInput name="accent" value=state.typed("accent", &accent) maxlength=7_u32 mono=true autocomplete="off" placeholder="#0b7a75" />
            </Field>
            {save}
        </form>
    };
    Ok(view.into_any())
}
