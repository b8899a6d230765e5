//! `/o/{organization}/settings/members`; `?member={id}` opens one in a dialog.

use domain::member::{ApprovalLevel, Role};
use domain::permission::Key;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use ui::{
    Actions, Avatar, Badge, Button, Choice, Column, DataTable, Dialog, Empty, Field, Glyph, PasswordInput,
    Row, Section, Select, Shaped, Skeleton, TextInput, Tone, Variant,
};

use super::api::{
    AddMember, ListMembers, Listed, MemberRow, RemoveMember, SwitchMember, UpdateMember, WithdrawInvitation,
};
use crate::fetch::{Load, fetch_after};
use crate::form::{Form, FormError, tell_done, when_done};
use crate::routes::{Link, SettingsPage};
use crate::send::{SendForm, Submission, submit};
use crate::session::{Permitted, use_slug};
use crate::when::AgoOr;

const ADD: &str = "add-member";

#[derive(Clone, Copy)]
struct Changes {
    update: Submission,
    remove: Submission,
    switch: Submission,
    withdraw: Submission,
}

#[component]
pub fn MembersPage() -> impl IntoView {
    let slug = use_slug();
    let add = submit::<AddMember>();
    let changes = Changes {
        update: submit::<UpdateMember>(),
        remove: submit::<RemoveMember>(),
        switch: submit::<SwitchMember>(),
        withdraw: submit::<WithdrawInvitation>(),
    };
    tell_done(changes.update, "Member changed");
    tell_done(changes.remove, "Member removed");
    tell_done(changes.switch, "Account changed");
    tell_done(changes.withdraw, "Invitation withdrawn");
    let version = move || {
        let Changes { update, remove, switch, withdraw } = changes;
        [add, update, remove, switch, withdraw].into_iter().map(Submission::version).sum::<usize>()
    };
    let members = fetch_after(version, move || ListMembers { organization: slug.get() });
    view! {
        {super::tab(SettingsPage::Members)}
        <Section title="Members" hint="The role says what a person may do here; the approval level, what they may approve." actions=add_button>
            <Load resource=members skeleton=|| view! { <Skeleton shaped=Shaped::Rows /> } let:listed>
                {list(listed, slug, changes)}
            </Load>
        </Section>
        <AddDialog slug action=add />
    }
    .into_any()
}

fn add_button() -> AnyView {
    view! {
        <Permitted key=Key::MemberWrite>
            <Button opens=ADD icon=Glyph::Plus variant=Variant::Primary>
                "Invite a member"
            </Button>
        </Permitted>
    }
    .into_any()
}

fn list(Listed { rows, may_change }: Listed<MemberRow>, slug: Memo<String>, changes: Changes) -> AnyView {
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
    let table = rows.iter().map(|row| one(row.clone(), may_change, &slug.get_untracked())).collect_view();
    view! {
        <DataTable caption="Members" columns=columns>
            {table}
        </DataTable>
        {may_change.then(|| view! { <ChangeDialog rows slug changes /> })}
    }
    .into_any()
}

fn href(slug: &str, id: &str) -> String {
    Link::new(SettingsPage::Members.href(slug)).with("member", id).done()
}

fn one(row: MemberRow, may_change: bool, slug: &str) -> AnyView {
    let href = href(slug, &row.id);
    view! {
        <Row done=!row.enabled>
            <td class="message">
                <div class="person">
                    <Avatar name=row.name.clone() />
                    <span>
                        {row.name}
                        {row.me.then(|| view! { " " <Badge>"you"</Badge> })}
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
                {may_change.then(|| view! { <Button href=href variant=Variant::Ghost>"Change"</Button> })}
            </td>
        </Row>
    }
    .into_any()
}

fn roles() -> Vec<Choice> {
    Role::ALL.iter().map(|role| Choice::new(role.as_str(), role.as_str())).collect()
}

fn levels() -> Vec<Choice> {
    ApprovalLevel::ALL.iter().map(|level| Choice::new(level.as_str(), level.as_str())).collect()
}

#[component]
fn AddDialog(slug: Memo<String>, action: Submission) -> impl IntoView {
    let form = Form::of(action);
    let node = NodeRef::new();
    when_done(action, node, "Done: the list shows them");
    view! {
        <Dialog id=ADD title="Invite a member" open=form.refused()>
            <SendForm to=action node_ref=node class="form">
                <FormError form fields=&["email", "password"] />
                <p class="hint">"They sign in and accept under Account. Whether the address has an account is not told here."</p>
                <input type="hidden" name="organization" value=move || slug.get() />
                <Field id="add-email" label="E-mail" required=true error=form.reason("email")>
                    <TextInput name="email" kind="email" value=form.typed("email", "") autocomplete="off" />
                </Field>
                <Field id="add-role" label="Role" required=true>
                    <Select name="role" choices=roles() value=form.typed("role", "analyst") />
                </Field>
                <Field id="add-level" label="Approves up to" required=true>
                    <Select name="approval_level" choices=levels() value=form.typed("approval_level", "none") />
                </Field>
                <Permitted key=Key::UserCreate>
                    <Field id="add-password" label="First password" hint="Makes the account, or adds the one there is, without asking. They change it in their account." error=form.reason("password")>
                        <PasswordInput name="first_password" autocomplete="new-password" />
                    </Field>
                </Permitted>
                <Actions>
                    <Button submit=true variant=Variant::Primary busy=form.busy>
                        "Invite"
                    </Button>
                </Actions>
            </SendForm>
        </Dialog>
    }
    .into_any()
}

/// The member of `?member=`, to change or remove.
#[component]
fn ChangeDialog(rows: Vec<MemberRow>, slug: Memo<String>, changes: Changes) -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| query.with(|q| q.get_str("member").unwrap_or_default().to_owned()));
    let shown = move || {
        let id = asked.get();
        rows.iter().find(|row| row.id == id).map(|row| change(row.clone(), slug, changes))
    };
    view! { {move || shown()} }
}

fn change(row: MemberRow, slug: Memo<String>, changes: Changes) -> AnyView {
    let id = row.id;
    if row.invited {
        return view! {
            <Dialog id="change-member" title=row.name open=true close_href=MaybeProp::derive(move || Some(SettingsPage::Members.href(&slug.get())))>
                <p class="muted">{row.email}</p>
                {withdraw(id, slug, changes.withdraw)}
            </Dialog>
        }
        .into_any();
    }
    let hidden = id.clone();
    let form = Form::of(changes.update).only("id", id.clone());
    view! {
        <Dialog id="change-member" title=row.name open=true close_href=MaybeProp::derive(move || Some(SettingsPage::Members.href(&slug.get())))>
            <p class="muted">{row.email}</p>
            <SendForm to=changes.update class="form">
                <FormError form fields=&[] />
                <input type="hidden" name="organization" value=move || slug.get() />
                <input type="hidden" name="id" value=hidden />
                <Field id="change-role" label="Role" required=true>
                    <Select name="role" choices=roles() value=row.role />
                </Field>
                <Field id="change-level" label="Approves up to" required=true>
                    <Select name="approval_level" choices=levels() value=row.approval_level />
                </Field>
                <Actions>
                    <Button submit=true variant=Variant::Primary busy=form.busy>
                        "Save"
                    </Button>
                </Actions>
            </SendForm>
            {switch(id.clone(), row.enabled, slug, changes.switch)}
            {remove(id, slug, changes.remove)}
        </Dialog>
    }
    .into_any()
}

fn switch(id: String, enabled: bool, slug: Memo<String>, action: Submission) -> AnyView {
    let (words, hint) = if enabled {
        ("Disable the account", "They are signed out everywhere and cannot sign in.")
    } else {
        ("Enable the account", "They can sign in again.")
    };
    line(id, (!enabled).to_string(), (hint, words), Variant::Secondary, slug, action)
}

fn withdraw(id: String, slug: Memo<String>, action: Submission) -> AnyView {
    let words = ("It waits to be accepted, and ends by itself after 30 days.", "Withdraw the invitation");
    line(id, String::new(), words, Variant::Danger, slug, action)
}

fn remove(id: String, slug: Memo<String>, action: Submission) -> AnyView {
    let words = ("The account stays; API keys they made here stop working.", "Remove from the organization");
    line(id, String::new(), words, Variant::Danger, slug, action)
}

/// A hint, and the button of a form about one member or invitation.
fn line(
    id: String,
    enabled: String,
    (hint, words): (&'static str, &'static str),
    variant: Variant,
    slug: Memo<String>,
    action: Submission,
) -> AnyView {
    let form = Form::of(action).only("id", id.clone());
    view! {
        <SendForm to=action class="choice-line">
            <input type="hidden" name="organization" value=move || slug.get() />
            <input type="hidden" name="id" value=id />
            <input type="hidden" name="enabled" value=enabled />
            <p class="hint">{hint}</p>
            <Button submit=true variant=variant busy=form.busy>
                {words}
            </Button>
            <FormError form fields=&[] />
        </SendForm>
    }
    .into_any()
}
