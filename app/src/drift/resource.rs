//! `/o/{organization}/drift/resources/{id}`: what is known of one resource.

use domain::IacResourceId;
use domain::drift::Drift;
use domain::permission::DriftRead;
use leptos::prelude::*;
use service::drifts::{self, KnownResource};
use ui::{Column, DataTable, Definition, DefinitionList, PageHead, Row, Section};

use super::parts;
use crate::error::Answer;
use crate::events::parts::Severe;
use crate::live;
use crate::page::Page;
use crate::page::print::Asked;
use crate::routes::{self, Link};
use crate::server::{Scope, not_found};
use crate::when::{Ago, AgoOr, Zone};

pub async fn page(asked: Asked) -> Answer<Page> {
    let scope = asked.scope().await?;
    let since = live::since(&scope).await?;
    let cx = scope.admit::<DriftRead>()?;
    let id: IacResourceId = asked.id.parse().map_err(|_| not_found())?;
    let found = drifts::resource(&cx, id).await?;
    let slug = scope.organization.slug.as_str();
    let title = found.resource.resource_id.clone();
    let noise = found.noise.as_array().filter(|told| !told.is_empty());
    let noise = match noise {
        Some(told) => parts::noise(told),
        None => view! { <Section title="Noise"><p class="muted">"The last push found nothing that only looked different."</p></Section> }.into_any(),
    };
    let declared = if found.resource.is_declared {
        parts::state("What the code says, as JSON", &found.declared_state)
    } else {
        view! { <p class="muted">"No code declares it."</p> }.into_any()
    };
    let actual = found.actual_state.as_ref().map(|state| parts::state("What is there, as JSON", state)).map(|state| {
        view! {
            <Section title="Actual state" hint="What the last push saw. Secrets are masked.">{state}</Section>
        }
    });
    let (drifts, aside) = (of(slug, &found.drifts, scope.zone), aside(&scope, &found));
    let body = view! {
        <PageHead title=title.clone() note="a resource" />
        <div class="columns">
            <div class="main-column">
                <Section title="Drifts">{drifts}</Section>
                {noise}
                <Section title="Declared state" hint="What the code says. Secrets are masked.">{declared}</Section>
                {actual}
            </div>
            <aside class="side" aria-label="Facts">
                {aside}
            </aside>
        </div>
    };
    Ok(Page::of(format!("{title} · Drift"), body).follows(since, &["repository", "drift", "drift_ignore"]))
}

fn of(slug: &str, drifts: &[Drift], zone: Zone) -> AnyView {
    if drifts.is_empty() {
        return view! { <p class="muted">"No push found a drift of it."</p> }.into_any();
    }
    let rows: Vec<_> = drifts
        .iter()
        .map(|drift| {
            let href = routes::drift_one(slug, drift.number);
            let (severity, status) = (drift.severity(), parts::status(drift));
            let at = zone.when(drift.last_seen_at);
            let cells = view! {
                <td class="shrink"><a data-row-link href=href.clone()>{drift.key()}</a></td>
                <td class="shrink"><Severe severity=severity /></td>
                <td class="message">{parts::happened(drift)}</td>
                <td class="shrink">{status}</td>
                <td class="time"><Ago when=at /></td>
            }
            .into_any();
            view! { <Row href=href>{cells}</Row> }
        })
        .collect();
    let columns = vec![
        Column::new("Drift").class("shrink"),
        Column::new("Severity").class("shrink"),
        Column::new("What happened").class("message"),
        Column::new("Status").class("shrink"),
        Column::new("Seen").class("time"),
    ];
    view! {
        <DataTable caption="Drifts of the resource" columns=columns>
            {rows}
        </DataTable>
    }
    .into_any()
}

fn aside(scope: &Scope, found: &KnownResource) -> AnyView {
    let (slug, zone) = (scope.organization.slug.as_str(), scope.zone);
    let one = &found.resource;
    let verdict = parts::verdict(one);
    let why = one.unchecked_because.clone().map(|why| view! { <p class="muted">{why}</p> });
    let stale = one.is_stale.then(|| {
        view! { <p class="muted">"A later push of its repository did not name it: the verdict is old."</p> }
    });
    let list = Link::new(routes::drift_part(slug, "resources"))
        .with("repository", &one.iac_repository_id.to_string())
        .done();
    let (kind, place) = (one.resource_type.clone(), format!("{} / {}", one.environment, one.repository));
    let id = one.physical_id.clone().map(|id| view! { <Definition term="Id">{id}</Definition> });
    let provider = one.provider.clone().map(|name| view! { <Definition term="Provider">{name}</Definition> });
    let (seen, in_sync) = (zone.when(one.last_sync_at), zone.maybe(found.in_sync_at));
    view! {
        <Section title="Verdict">
            <p>{verdict}</p>
            {why}
            {stale}
        </Section>
        <Section title="Resource">
            <DefinitionList>
                <Definition term="Type">{kind}</Definition>
                <Definition term="Repository"><a class="link" href=list>{place}</a></Definition>
                {provider}
                {id}
            </DefinitionList>
        </Section>
        <Section title="Times">
            <p class="muted">"Named by a push " <Ago when=seen /></p>
            <p class="muted">"Found in order " <AgoOr when=in_sync words="by no push" /></p>
        </Section>
    }
    .into_any()
}
