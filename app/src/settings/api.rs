//! Server functions of the settings: scope, one service call, back to the page.

#[cfg(feature = "ssr")]
use domain::api_key::{ApiKey, NewApiKey};
#[cfg(feature = "ssr")]
use domain::environment::{Environment, NewEnvironment};
#[cfg(feature = "ssr")]
use domain::invitation::{Invitation, NewInvitation};
#[cfg(feature = "ssr")]
use domain::member::Member;
#[cfg(feature = "ssr")]
use domain::member::NewMember;
use domain::member::{ApprovalLevel, Role};
use domain::{ApiKeyId, EnvironmentId, InvitationId, MembershipId};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::Answer;
#[cfg(feature = "ssr")]
use crate::error::Typed as _;
use crate::page::Done;
#[cfg(feature = "ssr")]
use crate::page::LoadPage;
#[cfg(feature = "ssr")]
use crate::routes::{Link, SettingsPage};
#[cfg(feature = "ssr")]
use crate::server::{self, scope};
#[cfg(feature = "ssr")]
use crate::stale::{Kind, Sent};
#[cfg(feature = "ssr")]
use crate::when::When;

#[cfg(feature = "ssr")]
use domain::permission as p;
#[cfg(feature = "ssr")]
use leptos::server_fn::ServerFn as _;
#[cfg(feature = "ssr")]
use service::{api_keys, environments, invitations, members};

// ---- members ----

#[cfg(feature = "ssr")]
#[derive(Clone, Debug)]
pub struct MemberRow {
    pub id: String,
    pub name: String,
    pub email: String,
    pub role: String,
    pub approval_level: String,
    pub enabled: bool,
    pub last_login: Option<When>,
    /// The reader.
    pub me: bool,
    /// The role follows the groups of the sign-in provider.
    pub by_provider: bool,
    /// Not a member yet: `id` is the invitation's.
    pub invited: bool,
}

/// Invites. With a `first_password`, which takes the platform role, the account is made or added at once.
#[server(name = AddMember, prefix = "/fn", endpoint = "add_member")]
pub async fn add_member(
    organization: String,
    email: String,
    #[server(default)] first_password: String,
    role: Role,
    approval_level: ApprovalLevel,
) -> Answer<()> {
    let cx = scope(&organization).await?.admit::<p::MemberWrite>()?;
    let mut typed =
        vec![("email", email.as_str()), ("role", role.as_str()), ("approval_level", approval_level.as_str())];
    if first_password.is_empty() {
        let invited = invitations::invite(&cx, NewInvitation { email: email.clone(), role, approval_level })
            .await
            .typed(&typed)?;
        leptos_axum::redirect(&members_page(&organization, &invited.id.to_string()));
    } else {
        // That one was typed, and nothing of it.
        typed.push(("first_password", ""));
        members::add(&cx, new_member(&email, first_password, role, approval_level)).await.typed(&typed)?;
    }
    Ok(())
}

/// The page with a member, or an invitation and its link, open.
#[cfg(feature = "ssr")]
pub fn members_page(slug: &str, id: &str) -> String {
    Link::new(SettingsPage::Members.href(slug)).with("member", id).done()
}

#[server(name = WithdrawInvitation, prefix = "/fn", endpoint = "withdraw_invitation")]
pub async fn withdraw_invitation(organization: String, id: InvitationId) -> Answer<()> {
    let cx = scope(&organization).await?.admit::<p::MemberWrite>()?;
    invitations::withdraw(&cx, id).await.typed(&[("id", &id.to_string())])?;
    leptos_axum::redirect(&SettingsPage::Members.href(&organization));
    Ok(())
}

/// `seen`: the fields that the form was made from ([`crate::stale`]).
#[server(name = UpdateMember, prefix = "/fn", endpoint = "update_member")]
pub async fn update_member(
    organization: String,
    id: MembershipId,
    #[server(default)] seen: String,
    role: Role,
    approval_level: ApprovalLevel,
) -> Answer<Done> {
    let cx = scope(&organization).await?.admit::<p::MemberWrite>()?;
    let mut sent = Sent::of(&seen, MemberForm::of(role, approval_level));
    let merged = |now: &Member| sent.onto(&MemberForm::of(now.role, now.approval_level))?.read();
    let saved = members::update_with(&cx, id, merged).await;
    let done = sent.answer(&cx, &MEMBER, id.0, saved, "Member changed").await?;
    leptos_axum::redirect(&SettingsPage::Members.href(&organization));
    Ok(done)
}

/// What is changed of a member.
#[cfg(feature = "ssr")]
#[derive(Serialize, Deserialize)]
pub struct MemberForm {
    pub role: String,
    pub approval_level: String,
}

#[cfg(feature = "ssr")]
pub const MEMBER: Kind<'_> =
    Kind { name: "member", fields: &[("role", "Role"), ("approval_level", "Approves up to")] };

#[cfg(feature = "ssr")]
impl MemberForm {
    pub fn of(role: Role, level: ApprovalLevel) -> Self {
        Self { role: role.as_str().to_owned(), approval_level: level.as_str().to_owned() }
    }
    fn read(&self) -> service::Result<(Role, ApprovalLevel)> {
        let wrong = |field| domain::Invalid::field(field, "choose one of the list");
        let role = self.role.parse().map_err(|_| wrong("role"))?;
        Ok((role, self.approval_level.parse().map_err(|_| wrong("approval_level"))?))
    }
}

#[server(name = RemoveMember, prefix = "/fn", endpoint = "remove_member")]
pub async fn remove_member(organization: String, id: MembershipId) -> Answer<()> {
    let cx = scope(&organization).await?.admit::<p::MemberWrite>()?;
    members::remove(&cx, id).await.typed(&[("id", &id.to_string())])?;
    leptos_axum::redirect(&SettingsPage::Members.href(&organization));
    Ok(())
}

/// For a member who lost the app and the recovery codes.
#[server(name = ResetFactor, prefix = "/fn", endpoint = "reset_factor")]
pub async fn reset_factor(organization: String, id: MembershipId) -> Answer<()> {
    let cx = scope(&organization).await?.admit::<p::MemberWrite>()?;
    service::auth::factor::reset(&cx, id).await.typed(&[("id", &id.to_string())])?;
    leptos_axum::redirect(&SettingsPage::Members.href(&organization));
    Ok(())
}

/// Disables or enables the account of a member.
#[server(name = SwitchMember, prefix = "/fn", endpoint = "switch_member")]
pub async fn switch_member(organization: String, id: MembershipId, enabled: bool) -> Answer<()> {
    let cx = scope(&organization).await?.admit::<p::MemberWrite>()?;
    let switched = if enabled { members::enable(&cx, id).await } else { members::disable(&cx, id).await };
    switched.typed(&[("id", &id.to_string())])?;
    leptos_axum::redirect(&SettingsPage::Members.href(&organization));
    Ok(())
}

#[cfg(feature = "ssr")]
pub fn member_row(scope: &server::Scope, member: Member) -> MemberRow {
    let me = matches!(&scope.actor.who, service::Who::User(user) if user.id == member.user_id);
    MemberRow {
        id: member.id.to_string(),
        name: member.display_name.unwrap_or(member.username),
        email: member.email,
        role: member.role.as_str().to_owned(),
        approval_level: member.approval_level.as_str().to_owned(),
        enabled: member.enabled,
        last_login: scope.zone.maybe(member.last_login_at),
        me,
        by_provider: member.by_provider,
        invited: false,
    }
}

#[cfg(feature = "ssr")]
pub fn invited_row(invitation: Invitation) -> MemberRow {
    MemberRow {
        id: invitation.id.to_string(),
        name: invitation.email.clone(),
        email: format!("invited by {}", invitation.invited_by),
        role: invitation.role.as_str().to_owned(),
        approval_level: invitation.approval_level.as_str().to_owned(),
        enabled: true,
        last_login: None,
        me: false,
        by_provider: false,
        invited: true,
    }
}

#[cfg(feature = "ssr")]
fn new_member(email: &str, password: String, role: Role, approval_level: ApprovalLevel) -> NewMember {
    let password = Some(password).filter(|p| !p.is_empty());
    NewMember { email: email.trim().to_owned(), role, approval_level, display_name: None, password }
}

// ---- environments ----

#[cfg(feature = "ssr")]
#[derive(Clone, Debug)]
pub struct EnvironmentRow {
    pub id: String,
    pub active: bool,
    /// As its form starts.
    pub form: EnvironmentForm,
}

#[cfg(feature = "ssr")]
pub const ENVIRONMENT: Kind<'_> = Kind {
    name: "environment",
    fields: &[
        ("name", "Name"),
        ("slug", "Short name"),
        ("cloud_provider", "Cloud"),
        ("region", "Region"),
        ("account_id", "Account"),
        ("tags", "Tags"),
    ],
};

/// The fields of the form, as typed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EnvironmentForm {
    pub slug: String,
    pub name: String,
    pub cloud_provider: String,
    pub region: String,
    pub account_id: String,
    /// `name=value`, one a line.
    pub tags: String,
}

#[server(name = AddEnvironment, prefix = "/fn", endpoint = "add_environment")]
pub async fn add_environment(organization: String, environment: EnvironmentForm) -> Answer<()> {
    let cx = scope(&organization).await?.admit::<p::EnvironmentWrite>()?;
    environments::create(&cx, new_environment(&environment)).await.typed(&environment_typed(&environment))?;
    leptos_axum::redirect(&SettingsPage::Environments.href(&organization));
    Ok(())
}

/// `seen`: the fields that the form was made from ([`crate::stale`]).
#[server(name = UpdateEnvironment, prefix = "/fn", endpoint = "update_environment")]
pub async fn update_environment(
    organization: String,
    id: EnvironmentId,
    #[server(default)] seen: String,
    environment: EnvironmentForm,
) -> Answer<Done> {
    let cx = scope(&organization).await?.admit::<p::EnvironmentWrite>()?;
    let mut sent = Sent::of(&seen, environment);
    let merged = |now: &Environment| Ok(new_environment(&sent.onto(&environment_form(now))?));
    let saved = environments::update_with(&cx, id, merged).await;
    let done = sent.answer(&cx, &ENVIRONMENT, id.0, saved, "Environment saved").await?;
    leptos_axum::redirect(&SettingsPage::Environments.href(&organization));
    Ok(done)
}

#[server(name = SwitchEnvironment, prefix = "/fn", endpoint = "switch_environment")]
pub async fn switch_environment(organization: String, id: EnvironmentId, active: bool) -> Answer<()> {
    let cx = scope(&organization).await?.admit::<p::EnvironmentWrite>()?;
    let switched =
        if active { environments::activate(&cx, id).await } else { environments::deactivate(&cx, id).await };
    switched.typed(&[("id", &id.to_string())])?;
    leptos_axum::redirect(&SettingsPage::Environments.href(&organization));
    Ok(())
}

#[server(name = DeleteEnvironment, prefix = "/fn", endpoint = "delete_environment")]
pub async fn delete_environment(organization: String, id: EnvironmentId) -> Answer<()> {
    let cx = scope(&organization).await?.admit::<p::EnvironmentWrite>()?;
    environments::delete(&cx, id).await.typed(&[("id", &id.to_string())])?;
    leptos_axum::redirect(&SettingsPage::Environments.href(&organization));
    Ok(())
}

#[cfg(feature = "ssr")]
pub fn environment_row(environment: Environment) -> EnvironmentRow {
    EnvironmentRow {
        id: environment.id.to_string(),
        active: environment.is_active,
        form: environment_form(&environment),
    }
}

#[cfg(feature = "ssr")]
fn environment_form(environment: &Environment) -> EnvironmentForm {
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let tags = environment.tags.as_object().into_iter().flatten();
    EnvironmentForm {
        slug: environment.slug.clone(),
        name: environment.name.clone(),
        cloud_provider: environment.cloud_provider.clone().unwrap_or_default(),
        region: environment.region.clone().unwrap_or_default(),
        account_id: environment.account_id.clone().unwrap_or_default(),
        tags: tags.map(|(name, value)| format!("{name}={}", text(value))).collect::<Vec<_>>().join("\n"),
    }
}

#[cfg(feature = "ssr")]
fn new_environment(form: &EnvironmentForm) -> NewEnvironment {
    let some = |text: &str| Some(text.trim().to_owned()).filter(|t| !t.is_empty());
    let pair = |line: &str| {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        (name.trim().to_owned(), value.trim().into())
    };
    NewEnvironment {
        slug: form.slug.trim().to_owned(),
        name: form.name.trim().to_owned(),
        cloud_provider: some(&form.cloud_provider),
        region: some(&form.region),
        account_id: some(&form.account_id),
        tags: serde_json::Value::Object(
            form.tags.lines().filter(|l| !l.trim().is_empty()).map(pair).collect(),
        ),
    }
}

#[cfg(feature = "ssr")]
fn environment_typed(form: &EnvironmentForm) -> [(&'static str, &str); 6] {
    [
        ("slug", &form.slug),
        ("name", &form.name),
        ("cloud_provider", &form.cloud_provider),
        ("region", &form.region),
        ("account_id", &form.account_id),
        ("tags", &form.tags),
    ]
}

// ---- API keys ----

#[cfg(feature = "ssr")]
#[derive(Clone, Debug)]
pub struct ApiKeyRow {
    pub id: String,
    pub name: String,
    /// The first characters, to recognise it by.
    pub prefix: String,
    /// Scopes with blanks between.
    pub scopes: String,
    /// The one source that it sends as.
    pub source: Option<String>,
    /// Who made it; nobody of the page where the command line did.
    pub owner: Option<String>,
    pub created: When,
    pub expires: Option<When>,
    pub last_used: Option<When>,
    pub state: KeyState,
}

#[cfg(feature = "ssr")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    Works,
    Expired,
    Revoked,
}

/// The page tells the secret, once. `expires_in_days`: empty for never; `of_source`: name of the source it is bound to, or empty.
#[server(name = CreateApiKey, prefix = "/fn", endpoint = "create_api_key")]
pub async fn create_api_key(
    organization: String,
    name: String,
    #[server(default)] scopes: Vec<String>,
    expires_in_days: String,
    #[server(default)] of_source: String,
) -> Answer<()> {
    let scope = scope(&organization).await?;
    let typed = [
        ("name", name.clone()),
        ("scopes", scopes.join(" ")),
        ("expires_in_days", expires_in_days.clone()),
        ("source", of_source.clone()),
    ];
    let typed = typed.each_ref().map(|(k, v)| (*k, v.as_str()));
    let cx = scope.admit::<p::ApiKeyWrite>()?;
    let new = new_api_key(&scope, name, scopes, &expires_in_days, of_source).typed(&typed)?;
    if new.is_of_platform() {
        server::own_of_platform().await?;
    }
    let (_, secret) = api_keys::create(&cx, new).await.typed(&typed)?;
    tell_made(&scope.organization.slug, &secret);
    Ok(())
}

#[server(name = RevokeApiKey, prefix = "/fn", endpoint = "revoke_api_key")]
pub async fn revoke_api_key(organization: String, id: ApiKeyId) -> Answer<()> {
    let cx = scope(&organization).await?.admit::<p::ApiKeyWrite>()?;
    api_keys::revoke(&cx, id).await.typed(&[("id", &id.to_string())])?;
    leptos_axum::redirect(&SettingsPage::ApiKeys.href(&organization));
    Ok(())
}

#[cfg(feature = "ssr")]
pub fn api_key_row(scope: &server::Scope, key: ApiKey) -> ApiKeyRow {
    let state = if key.revoked_at.is_some() {
        KeyState::Revoked
    } else if key.expires_at.is_some_and(|at| at <= scope.services.clock.now()) {
        KeyState::Expired
    } else {
        KeyState::Works
    };
    let zone = scope.zone;
    ApiKeyRow {
        created: zone.when(key.created_at),
        expires: zone.maybe(key.expires_at),
        last_used: zone.maybe(key.last_used_at),
        state,
        id: key.id.to_string(),
        name: key.name,
        prefix: key.key_prefix,
        scopes: key.scopes.join(" "),
        source: key.source,
        owner: key.owner.or(key.user_id.map(|_| "somebody who left".to_owned())),
    }
}

#[cfg(feature = "ssr")]
fn new_api_key(
    scope: &server::Scope,
    name: String,
    scopes: Vec<String>,
    expires_in_days: &str,
    source: String,
) -> Result<NewApiKey, domain::Invalid> {
    let expires_at = match expires_in_days.trim() {
        "" => None,
        text => {
            let days = text.parse().ok().filter(|days| (1..=3650).contains(days));
            let days: i64 = days.ok_or_else(|| {
                domain::Invalid::field("expires_in_days", "use 1 to 3650 days, or nothing for never")
            })?;
            Some(scope.services.clock.now().plus_seconds(days * 86_400))
        }
    };
    let source = Some(source).filter(|name| !name.is_empty());
    Ok(NewApiKey { name: name.trim().to_owned(), scopes, expires_at, source })
}

/// What made a key answers nothing; the page that is printed next tells the secret. It travels there in a cookie, for a
/// minute: of the page itself for a plain form, else of the server function that prints pages.
#[cfg(feature = "ssr")]
fn tell_made(slug: &str, secret: &str) {
    server::set_cookie(&made(slug), secret, &made_cookie(&printed_at(slug, server::is_plain_form()), 60));
}

#[cfg(feature = "ssr")]
pub fn take_made(slug: &str) -> Option<String> {
    let secret = server::cookie(&made(slug))?;
    server::set_cookie(&made(slug), "", &made_cookie(&printed_at(slug, server::is_page()), 0));
    Some(secret)
}

/// One organization's is not another's: both pages are printed at one address.
#[cfg(feature = "ssr")]
fn made(slug: &str) -> String {
    format!("made_api_key_{slug}")
}

#[cfg(feature = "ssr")]
fn printed_at(slug: &str, whole: bool) -> String {
    if whole { SettingsPage::ApiKeys.href(slug) } else { LoadPage::PATH.to_owned() }
}

#[cfg(feature = "ssr")]
fn made_cookie(path: &str, seconds: u32) -> String {
    let secure = if server::came_by_https() { "; Secure" } else { "" };
    format!("Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}
