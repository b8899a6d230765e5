//! `/o/{organization}/drift/repositories?repository=` and `/drift/resources?repository=&part=&coverage=`: what is covered.

use domain::IacRepositoryId;
use domain::drift::{Push, Repository, Resource};
use domain::permission::{DriftRead, Key};
use leptos::prelude::*;
use service::Cx;
use service::drifts::{self, Covered, ResourceFilter};
use ui::{
    Actions, Badge, Button, Choice, Column, DataTable, Dialog, Empty, Field, Glyph, PageHead, Pager, Row,
    Section, Select, TextInput, Tone, Variant,
};

use super::api::{ClearCredentials, REPOSITORY, RepositoryForm, SaveRepository};
use super::parts::{self, Part};
use crate::audit::history;
use crate::error::Answer;
use crate::events::parts::number;
use crate::form::{Form, FormError};
use crate::live;
use crate::page::Page;
use crate::page::print::{Asked, form};
use crate::routes::{self, Link};
use crate::stale;
use crate::when::{Ago, AgoOr, Zone};

const LIMIT: u32 = 100;

pub async fn repositories(asked: Asked) -> Answer<Page> {
    let scope = asked.scope().await?;
    let since = live::since(&scope).await?;
    let cx = scope.admit::<DriftRead>()?;
    let found = drifts::repositories(&cx).await?;
    let slug = scope.organization.slug.as_str();
    let may_write = scope.may(Key::DriftWrite);
    let shown = found.iter().find(|one| one.id.to_string() == asked.get("repository"));
    let dialog = match shown {
        Some(one) => {
            let pushes = drifts::pushes(&cx, one.id).await?;
            let edit = if may_write { Some(edit(&cx, slug, one).await?) } else { None };
            let history = history::history(&scope, "repository", &one.id.to_string()).await?;
            Some(dialog(slug, one, &pushes, (edit, history::fold(history)), scope.zone))
        }
        None => None,
    };
    let rows: Vec<_> = found.iter().map(|one| row(slug, one, scope.zone)).collect();
    let body = if rows.is_empty() {
        view! { <Empty title="No repository yet" text="The first push makes one: see Drifts." icon=Glyph::Drift /> }
            .into_any()
    } else {
        let columns = vec![
            Column::new("Repository").class("message"),
            Column::new("Environment").class("shrink"),
            Column::new("Tool").class("shrink optional"),
            Column::new("Declared").class("num"),
            Column::new("Seen").class("num"),
            Column::new("Unmanaged").class("num optional"),
            Column::new("Stale").class("num optional"),
            Column::new("Drifts").class("num"),
            Column::new("Last push").class("time"),
        ];
        view! {
            <DataTable caption="Repositories" columns=columns>
                {rows}
            </DataTable>
        }
        .into_any()
    };
    let body = view! {
        <PageHead title="Drift" note="repositories of infrastructure code, and how much of them pushes looked at" />
        {parts::pages(slug, Part::Repositories)}
        {body}
        {dialog}
    };
    Ok(Page::of("Repositories · Drift", body).follows(since, &["repository", "drift"]))
}

fn resources_of(slug: &str, id: IacRepositoryId, coverage: &str) -> String {
    Link::new(routes::drift_part(slug, "resources"))
        .with("repository", &id.to_string())
        .with("coverage", coverage)
        .done()
}

fn row(slug: &str, one: &Repository, zone: Zone) -> AnyView {
    let here = routes::drift_part(slug, "repositories");
    let href = Link::new(here).with("repository", &one.id.to_string()).done();
    let c = one.coverage;
    let count = |n: i64, coverage: &str| {
        let href = resources_of(slug, one.id, coverage);
        view! { <a class="link" href=href>{number(n)}</a> }
    };
    let drifts = Link::new(routes::drift(slug)).with("q", &format!("repository:\"{}\"", one.name)).done();
    let cells = view! {
        <td class="message">
            <a data-row-link href=href.clone()>{one.name.clone()}</a>
            " "
            <span class="faint">{one.repository_url.clone()} " " {one.branch.clone()}</span>
        </td>
        <td class="shrink">{one.environment.clone()}</td>
        <td class="shrink optional">{one.tool.label()}</td>
        <td class="num">{count(c.declared, "")}</td>
        <td class="num">{count(c.seen, "seen")}</td>
        <td class="num optional">{count(c.unmanaged, "unmanaged")}</td>
        <td class="num optional">{count(c.stale, "stale")}</td>
        <td class="num"><a class="link" href=drifts>{number(c.open)}</a></td>
        <td class="time">
            <AgoOr when=zone.maybe(one.last_sync_at) words="never" />
        </td>
    }
    .into_any();
    view! { <Row href=href>{cells}</Row> }.into_any()
}

fn dialog(
    slug: &str,
    one: &Repository,
    pushes: &[Push],
    (edit, history): (Option<AnyView>, Option<AnyView>),
    zone: Zone,
) -> AnyView {
    let rows: Vec<_> = pushes
        .iter()
        .map(|push| {
            let at = zone.when(push.pushed_at);
            let problems = push.problems.as_array().map_or(0, Vec::len);
            let told: Vec<_> = push
                .problems
                .as_array()
                .into_iter()
                .flatten()
                .take(5)
                .map(|problem| {
                    let word = |key: &str| problem[key].as_str().unwrap_or_default().to_owned();
                    let line = problem["line"].as_i64().map(|n| format!(":{n}")).unwrap_or_default();
                    view! { <li class="faint">{format!("{}{line} {} {}", word("file"), word("path"), word("reason"))}</li> }
                })
                .collect();
            let problems = (problems > 0).then(|| {
                view! { " " <Badge tone=Tone::Medium>{format!("{problems} problems")}</Badge> <ul class="plain-list">{told}</ul> }
            });
            view! {
                <li>
                    <Ago when=at />
                    {format!(
                        " {}: {} resources, {} drifted ({} new), {} resolved, {} ignored",
                        push.format, push.resources, push.drifted, push.new_drifts, push.resolved, push.ignored
                    )}
                    " "
                    <small class="faint">{push.actor.clone()}</small>
                    {problems}
                </li>
            }
        })
        .collect();
    let title = format!("{} in {}", one.name, one.environment);
    view! {
        <Dialog id="repository" title=title wide=true open=true close_href=routes::drift_part(slug, "repositories")>
            {edit}
            <Section title="Pushes">
                <ul class="plain-list">{rows}</ul>
            </Section>
            {history}
        </Dialog>
    }
    .into_any()
}

async fn edit(cx: &Cx<DriftRead>, slug: &str, one: &Repository) -> Answer<AnyView> {
    let state = Form::printed::<SaveRepository>().only("id", one.id.to_string());
    let hidden = || {
        view! {
            <input type="hidden" name="organization" value=slug.to_owned() />
            <input type="hidden" name="id" value=one.id.to_string() />
        }
    };
    let kept = if state.has_typed("credentials") {
        "What you typed was not saved: type it again."
    } else if one.has_credentials {
        "Something is kept; leave it empty to keep that."
    } else {
        "Nothing is kept."
    };
    let start = stale::start(cx, &REPOSITORY, one.id.0, state, RepositoryForm::of(one)).await?;
    let name = state.typed("name", start.fields.name);
    let branch = state.typed("branch", start.fields.branch);
    let address = state.typed("repository_url", start.fields.repository_url);
    let fields = view! {
        {hidden()}
        <FormError form=state fields=&["name", "repository_url", "branch", "credentials"] />
        {start.told}
        <Field id="repository-name" label="Name" required=true error=state.reason("name")>
            <TextInput name="name" value=name required=true />
        </Field>
        <Field id="repository-url" label="Address" error=state.reason("repository_url")>
            <TextInput name="repository_url" mono=true value=address />
        </Field>
        <Field id="repository-branch" label="Branch" required=true error=state.reason("branch")>
            <TextInput name="branch" mono=true value=branch required=true />
        </Field>
        <Field id="repository-credentials" label="Credentials" hint=format!("Sealed, and never shown again. {kept}") error=state.reason("credentials")>
            <TextInput name="credentials" kind="password" autocomplete="off" value="" />
        </Field>
        <Actions>
            <Button submit=true variant=Variant::Primary>"Save"</Button>
        </Actions>
    };
    let clear = one.has_credentials.then(|| {
        let fields = view! {
            {hidden()}
            <Button submit=true variant=Variant::Danger>"Remove the credentials"</Button>
        };
        form::<ClearCredentials>("Removed", "inline-form", fields)
    });
    Ok(view! { {form::<SaveRepository>("Saved", "form", fields)} {clear} }.into_any())
}

pub async fn resources(asked: Asked) -> Answer<Page> {
    let scope = asked.scope().await?;
    let cx = scope.admit::<DriftRead>()?;
    let slug = scope.organization.slug.as_str();
    let (repository, part, coverage) = (asked.get("repository"), asked.get("part"), asked.get("coverage"));
    let filter = ResourceFilter {
        repository_id: repository.parse().ok(),
        part: part.trim().to_owned(),
        coverage: Covered::parse(coverage),
    };
    let cursor = Some(asked.get("cursor")).filter(|cursor| !cursor.is_empty());
    let found = drifts::resources(&cx, &filter, LIMIT, cursor).await?;
    let link = || {
        Link::new(routes::drift_part(slug, "resources"))
            .with("repository", repository)
            .with("part", part)
            .with("coverage", coverage)
    };
    let next = found.next_cursor.as_deref().map(|cursor| link().with("cursor", cursor).done());
    let first = cursor.is_some().then(|| link().done());
    let summary = format!("{} resources", found.items.len());
    let mut places = vec![Choice::new("", "every repository")];
    places.extend(
        drifts::repositories(&cx)
            .await?
            .into_iter()
            .map(|one| Choice::new(one.id.to_string(), format!("{} / {}", one.environment, one.name))),
    );
    let covers = vec![
        Choice::new("", "everything"),
        Choice::new("seen", "seen by the last push"),
        Choice::new("drifted", "drifted"),
        Choice::new("unmanaged", "not in any code"),
        Choice::new("stale", "not in the last push"),
        Choice::new("unchecked", "not checked"),
    ];
    let rows: Vec<_> = found.items.iter().map(|one| resource(slug, one, scope.zone)).collect();
    let body = if rows.is_empty() {
        view! { <Empty title="No resource is like that" text="Another filter, or a push, may show it." icon=Glyph::Drift /> }
            .into_any()
    } else {
        let columns = vec![
            Column::new("Resource").class("message"),
            Column::new("Verdict").class("shrink"),
            Column::new("Repository").class("optional"),
            Column::new("Id").class("optional"),
            Column::new("Drifts").class("num"),
            Column::new("Last push").class("time"),
        ];
        view! {
            <DataTable caption="Resources" columns=columns>
                {rows}
            </DataTable>
        }
        .into_any()
    };
    let body = view! {
        <PageHead title="Drift" note="resources: declared, seen, unmanaged, stale" />
        {parts::pages(slug, Part::Resources)}
        <form method="get" action=routes::drift_part(slug, "resources") class="row-line search-line" role="search">
            <TextInput name="part" kind="search" label="Part of the address" placeholder="part of the address" value=part.to_owned() search=true mono=true />
            <Select name="repository" label="Repository" choices=places value=repository.to_owned() />
            <Select name="coverage" label="Coverage" choices=covers value=coverage.to_owned() />
            <Button submit=true>"Show"</Button>
        </form>
        {body}
        <Pager label="Pages of resources" previous=first next=next summary=summary />
    };
    Ok(Page::of("Resources · Drift", body))
}

fn resource(slug: &str, one: &Resource, zone: Zone) -> AnyView {
    let href = routes::drift_resource(slug, one.id);
    let verdict = parts::verdict(one);
    let why = one.unchecked_because.clone().map(|why| view! { " " <span class="faint">{why}</span> });
    let drifts = Link::new(routes::drift(slug))
        .with("show", "all")
        .with("q", &format!("resource:{}", serde_json::Value::from(one.resource_id.as_str())))
        .done();
    let count = if one.open_drifts > 0 {
        view! { <a class="link" href=drifts>{number(one.open_drifts)}</a> }.into_any()
    } else {
        view! { <span class="faint">"0"</span> }.into_any()
    };
    let at = zone.when(one.last_sync_at);
    let cells = view! {
        <td class="message">
            <a class="mono" data-row-link href=href.clone()>{one.resource_id.clone()}</a>
            " "
            <span class="faint">{one.resource_type.clone()} " " {one.provider.clone()}</span>
            {why}
        </td>
        <td class="shrink">{verdict}</td>
        <td class="optional">{format!("{} / {}", one.environment, one.repository)}</td>
        <td class="optional mono">{one.physical_id.clone()}</td>
        <td class="num">{count}</td>
        <td class="time">
            <Ago when=at />
        </td>
    }
    .into_any();
    view! { <Row href=href>{cells}</Row> }.into_any()
}
