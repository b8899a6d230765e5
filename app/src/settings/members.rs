//! `/o/{organization}/settings/members`; `?member={id}` opens one in a dialog.

use domain::member::{ApprovalLevel, Role};
use domain::permission as p;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use service::{invitations, members};
use ui::{
    Actions, Avatar, Badge, Button, Choice, CodeBlock, Column, DataTable, Dialog, Empty, Field, Glyph,
    PasswordInput, Row, Section, Select, TextInput, Tone, Variant,
};

use super::api::{
    AddMember, MEMBER, MemberForm, MemberRow, RemoveMember, ResetFactor, SwitchMember, UpdateMember,
    WithdrawInvitation, invited_row, member_row, members_page,
};
use crate::audit::history;
use crate::error::{Answer, AppError};
use crate::form::{Form, FormError};
use crate::live;
use crate::page::Page;
use crate::page::print::{Asked, form};
use crate::routes::{self, SettingsPage};
use crate::server::{Scope, absolute};
use crate::stale;
use crate::when::AgoOr;

const ADD: &str = "add-member";

pub async fn page(asked: Asked) -> Answer<Page> {
    let scope = asked.scope().await?;
    let since = live::since(&scope).await?;
    let cx = scope.admit::<p::MemberRead>()?;
    let found = members::list(&cx).await?.into_iter().map(|member| member_row(&scope, member));
    let rows: Vec<MemberRow> =
        found.chain(invitations::list(&cx).await?.into_iter().map(invited_row)).collect();
    let may_change = scope.may(p::Key::MemberWrite);
    let shown = rows.iter().find(|row| may_change && row.id == asked.get("member"));
    let slug = scope.organization.slug.as_str();
    let link = match shown {
        Some(row) if row.invited => Some(link(&scope, &row.id)?),
        _ => None,
    };
    let change = match shown {
        Some(row) => Some(change(&scope, row.clone(), link).await?),
        None => None,
    };
    let may_audit = scope.may(p::Key::AuditRead);
    let table = list(&rows, (may_change, may_audit), slug);
    let names = |invited: bool| {
        let rows = rows.iter().filter(move |row| row.invited == invited);
        rows.map(|row| (row.id.clone(), row.name.clone()))
    };
    let page = SettingsPage::Members.href(slug);
    let history = history::dialog(&scope, &asked, "member", names(false), &page).await?;
    let of_invitation = history::dialog(&scope, &asked, "invitation", names(true), &page).await?;
    let body = view! {
        <Section title="Members" hint="The role says what a person may do here; the approval level, what they may approve." actions=move || may_change.then(add_button).into_any()>
            {table}
        </Section>
        {may_change.then(|| add_dialog(&scope))}
        {change}
        {history}
        {of_invitation}
    };
    Ok(Page::of(SettingsPage::Members.title(), body).follows(since, &["member", "invitation"]))
}

fn add_button() -> AnyView {
    view! {
        <Button opens=ADD icon=Glyph::Plus variant=Variant::Primary>
            "Invite a member"
        </Button>
    }
    .into_any()
}

fn list(rows: &[MemberRow], rights: (bool, bool), slug: &str) -> AnyView {
    if rows.is_empty() {
        return view! { <Empty title="Nobody belongs to this organization" text="People with the platform role may enter it; add its first member." icon=Glyph::User /> }
            .into_any();
    }
    let columns = vec![
        Column::new("Member").class("message"),
        Column::new("Role"),
        Column::new("Approves").class("optional"),
        Column::new("Last sign-in").class("optional time"),
        Column::new("Change").class("shrink").hidden_header(),
    ];
    let table = rows.iter().map(|row| one(row.clone(), rights, slug)).collect_view();
    view! {
        <DataTable caption="Members" columns=columns>
            {table}
        </DataTable>
    }
    .into_any()
}

fn one(row: MemberRow, (may_change, may_audit): (bool, bool), slug: &str) -> AnyView {
    let told = history::button(may_audit, &SettingsPage::Members.href(slug), &row.id, &row.name);
    let href = members_page(slug, &row.id);
    view! {
        <Row done=!row.enabled>
            <td class="message">
                <div class="person">
                    <Avatar name=row.name.clone() />
                    <span>
                        {row.name}
                        {row.me.then(|| view! { " " <Badge>"you"</Badge> })}
                        {row.by_provider.then(|| view! { " " <Badge>"by group"</Badge> })}
                        {row.invited.then(|| view! { " " <Badge tone=Tone::Accent>"invited"</Badge> })}
                        {(!row.enabled).then(|| view! { " " <Badge tone=Tone::Medium>"disabled"</Badge> })}
                        <small class="faint">{row.email}</small>
                    </span>
                </div>
            </td>
            <td>{row.role}</td>
            <td class="optional">{row.approval_level}</td>
            <td class="optional time">
                <AgoOr when=row.last_login words="never" />
            </td>
            <td class="shrink">
                {told}
                {may_change.then(|| view! { <Button href=href variant=Variant::Ghost>"Change"</Button> })}
            </td>
        </Row>
    }
    .into_any()
}

fn add_dialog(scope: &Scope) -> AnyView {
    let state = Form::printed::<AddMember>();
    let first_password = scope.may(p::Key::UserCreate).then(|| {
        let hint = if state.has_typed("first_password") {
            "What you typed is not printed again: type it again, or they are invited by a link."
        } else {
            "Makes the account, or adds the one there is, without asking. They change it in their account."
        };
        view! {
            <Field id="add-password" label="First password" hint=hint error=state.reason("password")>
                <PasswordInput name="first_password" autocomplete="new-password" />
            </Field>
        }
    });
    let fields = view! {
        <FormError form=state fields=&["email", "password"] />
        <p class="hint">"You get a link to send to them. Whether the address has an account is not told here."</p>
        <input type="hidden" name="organization" value=scope.organization.slug.clone() />
        <Field id="add-email" label="E-mail" required=true error=state.reason("email")>
            <TextInput name="email" kind="email" value=state.typed("email", "") autocomplete="off" />
        </Field>
        <Field id="add-role" label="Role" required=true>
            <Select name="role" choices=roles() value=state.typed("role", "analyst") />
        </Field>
        <Field id="add-level" label="Approves up to" required=true>
            <Select name="approval_level" choices=levels() value=state.typed("approval_level", "none") />
        </Field>
        {first_password}
        <Actions>
            <Button submit=true variant=Variant::Primary>
                "Invite"
            </Button>
        </Actions>
    };
    view! {
        <Dialog id=ADD title="Invite a member" open=state.refused()>
            {form::<AddMember>("Done: the list shows them", "form", fields)}
        </Dialog>
    }
    .into_any()
}

/// The address of an invitation that waits.
fn link(scope: &Scope, id: &str) -> Answer<String> {
    let id = id.parse().map_err(|_| AppError::not_found())?;
    let cx = scope.admit::<p::MemberWrite>()?;
    Ok(absolute(&routes::invitation(&invitations::token(&cx, id))))
}

fn told(link: String) -> AnyView {
    view! {
        <p class="hint">
            "Send this link to them, over a way you trust. It works once: they choose name and password, or sign in and accept."
        </p>
        <CodeBlock code=link label="Link of the invitation" />
    }
    .into_any()
}

/// The member of `?member=`, to change or remove.
async fn change(scope: &Scope, row: MemberRow, link: Option<String>) -> Answer<AnyView> {
    let slug = scope.organization.slug.as_str();
    let close = SettingsPage::Members.href(slug);
    let id = row.id.clone();
    let id = id.as_str();
    if row.invited {
        let words = ("It waits to be accepted, and ends by itself after 30 days.", "Withdraw the invitation");
        let withdraw =
            line::<WithdrawInvitation>(id, slug, None, words, Variant::Danger, "Invitation withdrawn");
        let dialog = view! {
            <Dialog id="change-member" title=row.name open=true close_href=close>
                <p class="muted">{row.email}</p>
                {link.map(told)}
                {withdraw}
            </Dialog>
        };
        return Ok(dialog.into_any());
    }
    let state = Form::printed::<UpdateMember>().only("id", row.id.clone());
    let now = MemberForm { role: row.role, approval_level: row.approval_level };
    let (cx, target) = (scope.admit::<p::MemberRead>()?, id.parse().map_err(|_| AppError::not_found())?);
    let start = stale::start(&cx, &MEMBER, target, state, now).await?;
    let fields = view! {
        <FormError form=state fields=&[] />
        {hidden(id, slug)}
        {start.told}
        {row.by_provider.then(|| view! { <p class="hint">"The role follows the groups of the sign-in provider: what you choose lasts until the next sign-in. The approval level stays."</p> })}
        <Field id="change-role" label="Role" required=true>
            <Select name="role" choices=roles() value=start.fields.role />
        </Field>
        <Field id="change-level" label="Approves up to" required=true>
            <Select name="approval_level" choices=levels() value=start.fields.approval_level />
        </Field>
        <Actions>
            <Button submit=true variant=Variant::Primary>
                "Save"
            </Button>
        </Actions>
    };
    let switch = if row.enabled {
        ("They are signed out everywhere and cannot sign in.", "Disable the account")
    } else {
        ("They can sign in again.", "Enable the account")
    };
    let remove = ("The account stays; API keys they made here stop working.", "Remove from the organization");
    let factor = (
        "For who lost it: they are signed out and sign in with the password alone.",
        "Reset the second factor",
    );
    let lines = [
        line::<ResetFactor>(id, slug, None, factor, Variant::Secondary, "Second factor reset"),
        line::<SwitchMember>(id, slug, Some(!row.enabled), switch, Variant::Secondary, "Account changed"),
        line::<RemoveMember>(id, slug, None, remove, Variant::Danger, "Member removed"),
    ];
    let dialog = view! {
        <Dialog id="change-member" title=row.name open=true close_href=close>
            <p class="muted">{row.email}</p>
            {form::<UpdateMember>("Member changed", "form", fields)}
            {lines}
        </Dialog>
    };
    Ok(dialog.into_any())
}

fn hidden(id: &str, slug: &str) -> impl IntoView + use<> {
    view! {
        <input type="hidden" name="organization" value=slug.to_owned() />
        <input type="hidden" name="id" value=id.to_owned() />
    }
}

/// A hint, and the button of a form about one member or invitation.
fn line<S: ServerFn<Error = AppError>>(
    id: &str,
    slug: &str,
    enabled: Option<bool>,
    (hint, words): (&'static str, &'static str),
    variant: Variant,
    done: &'static str,
) -> AnyView {
    let state = Form::printed::<S>().only("id", id.to_owned());
    let fields = view! {
        {hidden(id, slug)}
        {enabled.map(|on| view! { <input type="hidden" name="enabled" value=on.to_string() /> })}
        <p class="hint">{hint}</p>
        <Button submit=true variant=variant>
            {words}
        </Button>
        <FormError form=state fields=&[] />
    };
    form::<S>(done, "choice-line", fields)
}

fn roles() -> Vec<Choice> {
    Role::ALL.iter().map(|role| Choice::new(role.as_str(), role.as_str())).collect()
}

fn levels() -> Vec<Choice> {
    ApprovalLevel::ALL.iter().map(|level| Choice::new(level.as_str(), level.as_str())).collect()
}
