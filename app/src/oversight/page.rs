//! The list, and the organization of `?organization={slug}` in a dialog.

use domain::account::User;
use domain::invitation::Invitation;
use domain::organization::{GRACE_DAYS, Overseen};
use domain::permission::{OrganizationCreate, OrganizationRead};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::params::ParamsMap;
use service::{auth, oversight};
use ui::{
    Actions, Badge, Button, CodeBlock, Column, DataTable, Dialog, Field, Glyph, Notice, PageHead, Row,
    Section, TextInput, Tone, Variant, VisuallyHidden,
};

use super::again;
use super::api::{
    ConfirmAddress, CreateOrganization, DeleteOrganization, KeepOrganization, RenameOrganization,
    ResumeOrganization, SuspendOrganization,
};
use crate::error::{Answer, AppError};
use crate::events::parts::number;
use crate::form::{Form, FormError};
use crate::page::Page;
use crate::page::print::form;
use crate::routes;
use crate::server::{self, absolute};
use crate::when::{Ago, AgoOr, Zone};

const NEW: &str = "new-organization";

pub async fn page(query: ParamsMap) -> Answer<Page> {
    let own = server::own().await?;
    if let Some(page) = again::asks_again(&own, "Organizations") {
        return Ok(page);
    }
    let found = oversight::list(&own.admit::<OrganizationRead>()?).await?;
    let unconfirmed = unconfirmed(auth::unconfirmed(&own.admit::<OrganizationRead>()?).await?, own.zone);
    let chosen = query.get_str("organization").unwrap_or_default();
    let shown = match found.iter().find(|o| o.slug == chosen) {
        None => None,
        Some(one) => {
            let links = oversight::links(&own.admit::<OrganizationCreate>()?, &one.slug).await?;
            Some(detail(one, links, own.zone))
        }
    };
    let note = format!("{} on this Watchroom", found.len());
    let actions = || {
        view! {
            <Button href=routes::ALL_SESSIONS>"Sessions"</Button>
            <Button opens=NEW icon=Glyph::Plus variant=Variant::Primary>
                "New organization"
            </Button>
        }
        .into_any()
    };
    let zone = own.zone;
    let table = table(&found, zone);
    let body = view! {
        <PageHead title="Organizations" note=note actions=actions />
        <div class="page-table"><div class="table-scroll flush">{table}</div></div>
        {unconfirmed}
        {create()}
        {shown}
    };
    Ok(Page::of("Organizations", body))
}

fn table(found: &[Overseen], zone: Zone) -> AnyView {
    let columns = vec![
        Column::new("Organization").class("message"),
        Column::new("Members").class("num optional"),
        Column::new("Sources").class("num optional"),
        Column::new("Open cases").class("num optional"),
        Column::new("Events, 24 h").class("num"),
        Column::new("Events in all").class("num optional"),
        Column::new("Last event").class("time"),
        Column::new("Health"),
        Column::new("Change").class("shrink").hidden_header(),
    ];
    let rows = found.iter().map(|one| row(one, zone)).collect_view();
    view! {
        <DataTable caption="Organizations" columns=columns>
            {rows}
        </DataTable>
    }
    .into_any()
}

fn row(one: &Overseen, zone: Zone) -> AnyView {
    let (name, slug) = (one.name.clone(), one.slug.clone());
    let (enter, change) = (routes::overview(&slug), routes::organization(&slug));
    let of = format!(" {name}");
    let last = zone.maybe(one.last_event_at);
    let (done, badge, health) = (!one.is_active, state(one), health(one));
    let [members, sources, cases, recent, all] =
        [one.members, one.sources, one.open_cases, one.events_recent, one.events].map(number);
    view! {
        <Row done=done>
            <td class="message">
                <a href=enter>{name}</a>
                " "
                {badge}
                <span class="below mono">{slug}</span>
            </td>
            <td class="num optional">{members}</td>
            <td class="num optional">{sources}</td>
            <td class="num optional">{cases}</td>
            <td class="num">{recent}</td>
            <td class="num optional">{all}</td>
            <td class="time">
                <AgoOr when=last words="never" />
            </td>
            <td>{health}</td>
            <td class="shrink">
                <Button href=change variant=Variant::Ghost>
                    "Change" <VisuallyHidden>{of}</VisuallyHidden>
                </Button>
            </td>
        </Row>
    }
    .into_any()
}

/// What is not as it should be, in words.
fn health(one: &Overseen) -> AnyView {
    if !one.is_active {
        return view! { <span class="muted">"–"</span> }.into_any();
    }
    let concerns = one.health.concerns();
    if concerns.is_empty() {
        return view! { <Badge tone=Tone::Ok>"well"</Badge> }.into_any();
    }
    let tone = if one.health.fails() { Tone::High } else { Tone::Medium };
    let concerns =
        concerns.into_iter().map(|words| view! { <Badge tone=tone>{words}</Badge> }).collect_view();
    view! { <span class="row-line">{concerns}</span> }.into_any()
}

/// Nothing where it is like most.
fn state(one: &Overseen) -> AnyView {
    if one.delete_after.is_some() {
        return view! { <Badge tone=Tone::Critical>"to be deleted"</Badge> }.into_any();
    }
    if !one.is_active {
        return view! { <Badge tone=Tone::Medium>"suspended"</Badge> }.into_any();
    }
    if one.sources > 0 && one.events_recent == 0 {
        return view! { <Badge tone=Tone::Medium>"quiet"</Badge> }.into_any();
    }
    ().into_any()
}

/// The accounts that a link made and nobody vouched for; nothing where there is none.
fn unconfirmed(found: Vec<User>, zone: Zone) -> Option<AnyView> {
    const HINT: &str = "These accounts were made by an invitation's link, which does not show that the address is the person's. \
         What other organizations offer to an address is theirs once you confirmed it.";
    let rows = found.into_iter().map(|user| unconfirmed_row(user, zone)).collect::<Vec<_>>();
    if rows.is_empty() {
        return None;
    }
    let columns = vec![
        Column::new("Account").class("message"),
        Column::new("Made").class("time"),
        Column::new("Last sign-in").class("optional time"),
        Column::new("Confirm").class("shrink").hidden_header(),
    ];
    let state = Form::printed::<ConfirmAddress>();
    let view = view! {
        <div class="page stack">
            <Section title="Addresses to confirm" hint=HINT>
                <FormError form=state fields=&[] />
                <div class="table-scroll">
                    <DataTable caption="Addresses to confirm" columns=columns>
                        {rows}
                    </DataTable>
                </div>
            </Section>
        </div>
    };
    Some(view.into_any())
}

fn unconfirmed_row(user: User, zone: Zone) -> AnyView {
    let (made, last) = (zone.when(user.created_at), zone.maybe(user.last_login_at));
    let (id, of, name) = (user.id.to_string(), format!(" {}", user.email), user.name().to_owned());
    let fields = view! {
        <input type="hidden" name="person" value=id />
        <Button submit=true variant=Variant::Ghost>
            "Confirm address" <VisuallyHidden>{of}</VisuallyHidden>
        </Button>
    };
    let confirm = form::<ConfirmAddress>("Address confirmed", "", fields);
    view! {
        <Row>
            <td class="message">
                {name} <span class="below">{user.email}</span>
            </td>
            <td class="time">
                <Ago when=made />
            </td>
            <td class="optional time">
                <AgoOr when=last words="never" />
            </td>
            <td class="shrink">{confirm}</td>
        </Row>
    }
    .into_any()
}

fn create() -> AnyView {
    let state = Form::printed::<CreateOrganization>();
    let fields = view! {
        <FormError form=state fields=&["slug", "name", "email"] />
        <Field id="new-name" label="Name" required=true error=state.reason("name")>
            <TextInput name="name" value=state.typed("name", "") maxlength=255_u32 autocomplete="off" />
        </Field>
        <Field id="new-slug" label="Short name" hint="In addresses, such as acme. It cannot be changed later." required=true error=state.reason("slug")>
            <TextInput name="slug" value=state.typed("slug", "") mono=true autocomplete="off" />
        </Field>
        <Field id="new-admin" label="E-mail of the first admin" hint="You get a link to send to them." required=true error=state.reason("email")>
            <TextInput name="first_admin" kind="email" value=state.typed("first_admin", "") autocomplete="off" />
        </Field>
        <Actions>
            <Button submit=true variant=Variant::Primary>
                "Create the organization"
            </Button>
        </Actions>
    };
    view! {
        <Dialog id=NEW title="New organization" open=state.refused()>
            {form::<CreateOrganization>("Organization created", "form", fields)}
        </Dialog>
    }
    .into_any()
}

fn detail(one: &Overseen, links: Vec<(Invitation, String)>, zone: Zone) -> AnyView {
    let slug = one.slug.as_str();
    let state = Form::printed::<RenameOrganization>().only("slug", one.slug.clone());
    let links = links.into_iter().map(link).collect_view();
    let name = state.typed("name", one.name.clone());
    let hidden = slug.to_owned();
    let rename = view! {
        <FormError form=state fields=&["name"] />
        <input type="hidden" name="slug" value=hidden />
        <input type="hidden" name="seen" value=one.name.clone() />
        <Field id="rename" label="Name" required=true error=state.reason("name")>
            <TextInput name="name" value=name maxlength=255_u32 />
        </Field>
        <Actions>
            <Button submit=true variant=Variant::Primary>
                "Rename"
            </Button>
        </Actions>
    };
    let standing = match one.delete_after {
        Some(after) => {
            let when = zone.when(after);
            view! {
                <Notice title="Marked to be deleted.">
                    "Everything but the audit log goes " <Ago when=when /> ". Until then it can be taken back."
                </Notice>
                {line::<KeepOrganization>(slug, "It stays, suspended until it is resumed.", "Keep the organization", Variant::Primary)}
            }
            .into_any()
        }
        None if one.is_active => view! {
            {line::<SuspendOrganization>(slug, "Nobody but the platform role enters, keys are refused, nothing is taken in. Nothing is deleted.", "Suspend", Variant::Secondary)}
            {delete(slug)}
        }
        .into_any(),
        None => view! {
            {line::<ResumeOrganization>(slug, "Members enter again and keys work again.", "Resume", Variant::Primary)}
            {delete(slug)}
        }
        .into_any(),
    };
    let title = one.name.clone();
    view! {
        <Dialog id="change-organization" title=title open=true close_href=routes::ORGANIZATIONS>
            {links}
            {form::<RenameOrganization>("Organization renamed", "form", rename)}
            {standing}
        </Dialog>
    }
    .into_any()
}

fn link((invitation, token): (Invitation, String)) -> AnyView {
    let words = format!(
        "{} is invited as {}. Send them this link; it works once.",
        invitation.email, invitation.role
    );
    let code = absolute(&routes::invitation(&token));
    let label = format!("Link for {}", invitation.email);
    view! {
        <p class="hint">{words}</p>
        <CodeBlock code=code label=label />
    }
    .into_any()
}

fn delete(slug: &str) -> AnyView {
    let state = Form::printed::<DeleteOrganization>().only("slug", slug.to_owned());
    let hint = format!(
        "It is suspended now and deleted after {GRACE_DAYS} days, but for its audit log. Type {slug} to mark it."
    );
    let (hidden, typed) = (slug.to_owned(), state.typed("again", ""));
    let fields = view! {
        <FormError form=state fields=&["again"] />
        <input type="hidden" name="slug" value=hidden />
        <Field id="again" label="Short name, to delete it" hint=hint required=true error=state.reason("again")>
            <TextInput name="again" value=typed mono=true autocomplete="off" />
        </Field>
        <Actions>
            <Button submit=true variant=Variant::Danger>
                "Delete the organization"
            </Button>
        </Actions>
    };
    form::<DeleteOrganization>("Marked to be deleted", "form", fields)
}

/// A hint and a button that does one thing to an organization.
fn line<S: ServerFn<Error = AppError>>(
    slug: &str,
    hint: &'static str,
    words: &'static str,
    variant: Variant,
) -> AnyView {
    let state = Form::printed::<S>().only("slug", slug.to_owned());
    let hidden = slug.to_owned();
    let fields = view! {
        <input type="hidden" name="slug" value=hidden />
        <p class="hint">{hint}</p>
        <Button submit=true variant=variant>
            {words}
        </Button>
        <FormError form=state fields=&[] />
    };
    form::<S>("Done", "choice-line", fields)
}
