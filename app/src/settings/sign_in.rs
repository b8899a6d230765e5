//! `/o/{organization}/settings/sign-in`: which roles groups of the sign-in provider give.

use domain::member::Role;
use domain::permission as p;
use domain::provider_role::ProviderRole;
use leptos::prelude::*;
use service::auth::oidc;
use service::provider_roles;
use ui::{
    Button, Choice, Column, DataTable, Empty, Field, Glyph, Notice, NoticeKind, Row, Section, Select,
    TextInput, Variant,
};

use super::provider_api::{GiveProviderRole, TakeProviderRole};
use crate::audit::history;
use crate::error::Answer;
use crate::form::{Form, FormError};
use crate::page::Page;
use crate::page::print::{Asked, form};
use crate::printed::once;
use crate::routes::SettingsPage;
use crate::server;

/// Of their history.
const GROUPS: &str = "groups that give a role";

pub async fn page(asked: Asked) -> Answer<Page> {
    let scope = asked.scope().await?;
    let rows = provider_roles::list(&scope.admit::<p::MemberRead>()?).await?;
    let may_change = scope.may(p::Key::MemberWrite);
    let may_give = may_change && provider_roles::may_map(&scope.admit::<p::MemberRead>()?).await?;
    let slug = scope.organization.slug.as_str();
    let provider = oidc::name(&server::services()?).map(str::to_owned);
    let table = list(&rows, may_change, slug);
    let give = may_give.then(|| give(slug));
    let (page, id) = (SettingsPage::SignIn.href(slug), scope.organization.id.to_string());
    let told = history::button(scope.may(p::Key::AuditRead), &page, &id, GROUPS);
    let names = std::iter::once((id, GROUPS.to_owned()));
    let history = history::dialog(&scope, &asked, "provider_roles", names, &page).await?;
    let whose = (may_change && !may_give).then_some(
        " The groups are of the whole Watchroom, so the platform role gives them; you can take them away.",
    );
    let body = view! {
        <Section title="Sign-in" hint="The provider is set for the whole Watchroom by whoever runs it; its groups give roles here.">
            {standing(provider)}
        </Section>
        <Section
            title="Groups that give a role"
            hint="At each sign-in by the provider a person has here what their groups give, the most of it; without such a group they are no member any more. Members whom a person added keep their role, and the last admin stays one."
            actions=once(told)
        >
            {table}
            {give}
            <p class="hint">{whose}</p>
        </Section>
        {history}
    };
    Ok(Page::of(SettingsPage::SignIn.title(), body))
}

fn standing(provider: Option<String>) -> AnyView {
    match provider {
        Some(name) => view! {
            <Notice kind=NoticeKind::Ok>
                "People may sign in with "
                {name}
                ", or with a password."
            </Notice>
        }
        .into_any(),
        None => view! {
            <Notice>
                "No provider is set, so people sign in with a password. What stands below counts once there is one (WATCHROOM_OIDC_ISSUER)."
            </Notice>
        }
        .into_any(),
    }
}

fn list(rows: &[ProviderRole], may_change: bool, slug: &str) -> AnyView {
    if rows.is_empty() {
        return view! { <Empty title="No group gives a role" text="Members are those whom somebody added or invited." icon=Glyph::User /> }
            .into_any();
    }
    let columns = vec![
        Column::new("Group").class("message"),
        Column::new("Role"),
        Column::new("Remove").class("shrink").hidden_header(),
    ];
    let table = rows.iter().map(|row| one(row, may_change, slug)).collect_view();
    view! {
        <DataTable caption="Groups that give a role" columns=columns>
            {table}
        </DataTable>
    }
    .into_any()
}

fn one(row: &ProviderRole, may_change: bool, slug: &str) -> AnyView {
    let take = may_change.then(|| {
        let group = row.group.clone();
        let (slug, named) = (slug.to_owned(), row.group.clone());
        let fields = view! {
            <input type="hidden" name="organization" value=slug />
            <input type="hidden" name="group" value=named />
            <Button submit=true variant=Variant::Ghost>
                "Remove"
                <span class="visually-hidden">" " {group}</span>
            </Button>
        };
        form::<TakeProviderRole>("The group gives nothing any more", "", fields)
    });
    let (group, role) = (row.group.clone(), row.role.as_str());
    view! {
        <Row>
            <td class="message">
                <code>{group}</code>
            </td>
            <td>{role}</td>
            <td class="shrink">{take}</td>
        </Row>
    }
    .into_any()
}

fn give(slug: &str) -> AnyView {
    let state = Form::printed::<GiveProviderRole>();
    let roles = Role::ALL.iter().map(|role| Choice::new(role.as_str(), role.as_str())).collect::<Vec<_>>();
    let fields = view! {
        <FormError form=state fields=&["group"] />
        <input type="hidden" name="organization" value=slug.to_owned() />
        <Field id="provider-group" label="Group" hint="Exactly as the provider names it." required=true error=state.reason("group")>
            <TextInput name="group" value=state.typed("group", "") autocomplete="off" mono=true maxlength=255_u32 />
        </Field>
        <Field id="provider-role" label="Role" required=true>
            <Select name="role" choices=roles value=state.typed("role", "viewer") />
        </Field>
        <div class="row-line">
            <Button submit=true variant=Variant::Primary>
                "Give the role"
            </Button>
        </div>
    };
    form::<GiveProviderRole>("The group gives the role at the next sign-in", "form", fields)
}
