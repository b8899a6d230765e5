//! `/o/{organization}/drift/ignores`: what is left out of drifts, and until when.

use domain::Timestamp;
use domain::drift::{Ignore, IgnoreScope};
use domain::permission::{DriftRead, Key};
use leptos::prelude::*;
use service::drifts;
use ui::{Badge, Button, Column, DataTable, Empty, Glyph, PageHead, Row, Tone};

use super::api::LiftIgnore;
use super::parts::{self, Part};
use crate::audit::history;
use crate::error::Answer;
use crate::events::parts::number;
use crate::live;
use crate::page::Page;
use crate::page::print::{Asked, form};
use crate::routes;
use crate::when::{Ago, AgoOr, Zone};

pub async fn page(asked: Asked) -> Answer<Page> {
    let scope = asked.scope().await?;
    let since = live::since(&scope).await?;
    let cx = scope.admit::<DriftRead>()?;
    let slug = scope.organization.slug.as_str();
    let now = cx.now();
    let found = drifts::ignores(&cx).await?;
    let may = May { write: scope.may(Key::DriftWrite), audit: scope.may(Key::AuditRead) };
    let rows: Vec<_> = found.iter().map(|rule| row(slug, rule, may, now, scope.zone)).collect();
    let names = found.iter().map(|rule| (rule.id.to_string(), rule.property_path.clone()));
    let page = routes::drift_part(slug, "ignores");
    let history = history::dialog(&scope, &asked, "drift_ignore", names, &page).await?;
    let body = if rows.is_empty() {
        view! { <Empty title="Nothing is left out" text="Accept a drift, or ignore one property from its line." icon=Glyph::EyeOff /> }
            .into_any()
    } else {
        let columns = vec![
            Column::new("Property").class("message"),
            Column::new("Where").class("optional"),
            Column::new("Why"),
            Column::new("Left out").class("num"),
            Column::new("By").class("optional"),
            Column::new("Ends").class("time"),
            Column::new("Lift and history").class("shrink").hidden_header(),
        ];
        view! {
            <DataTable caption="Ignore rules" columns=columns>
                {rows}
            </DataTable>
        }
        .into_any()
    };
    let body = view! {
        <PageHead title="Drift" note="what pushes leave out, how often, and until when" />
        {parts::pages(slug, Part::Ignores)}
        {body}
        {history}
    };
    Ok(Page::of("Ignore rules · Drift", body).follows(since, &["drift", "drift_ignore", "repository"]))
}

#[derive(Clone, Copy)]
struct May {
    write: bool,
    audit: bool,
}

fn row(slug: &str, rule: &Ignore, may: May, now: Timestamp, zone: Zone) -> AnyView {
    let place = match rule.scope {
        IgnoreScope::Resource => rule.resource_id.clone().unwrap_or_default(),
        IgnoreScope::Type => format!("every {}", rule.resource_type.as_deref().unwrap_or_default()),
        IgnoreScope::Environment => {
            format!("everything in {}", rule.environment.as_deref().unwrap_or_default())
        }
    };
    let in_force = rule.is_in_force(now);
    let (tone, ended) = match (rule.lifted_at, in_force) {
        (Some(_), _) => {
            (Tone::Neutral, Some(format!("lifted by {}", rule.lifted_by.as_deref().unwrap_or("somebody"))))
        }
        (None, false) => (Tone::Neutral, Some("expired".to_owned())),
        (None, true) => (Tone::Ok, None),
    };
    let ended = ended.map(|words| view! { " " <Badge tone=tone>{words}</Badge> });
    let lift = (may.write && in_force).then(|| {
        let fields = view! {
            <input type="hidden" name="organization" value=slug.to_owned() />
            <input type="hidden" name="id" value=rule.id.to_string() />
            <Button submit=true>"Lift"</Button>
        };
        form::<LiftIgnore>("Lifted", "inline-form", fields)
    });
    let last = rule.last_hit_at.map(|at| {
        let at = zone.when(at);
        view! { " " <small class="faint"><Ago when=at /></small> }
    });
    let told = history::button(
        may.audit,
        &routes::drift_part(slug, "ignores"),
        &rule.id.to_string(),
        &format!("the rule for {}", rule.property_path),
    );
    let made = zone.when(rule.created_at);
    let cells = view! {
        <td class="message"><span class="mono">{rule.property_path.clone()}</span> {ended}</td>
        <td class="optional mono">{place}</td>
        <td>{rule.reason.clone()}</td>
        <td class="num">{number(rule.hits)} {last}</td>
        <td class="optional">{rule.created_by.clone()} " " <small class="faint"><Ago when=made /></small></td>
        <td class="time">
            <AgoOr when=zone.maybe(rule.expires_at) words="when lifted" />
        </td>
        <td class="shrink"><span class="row-line">{lift} {told}</span></td>
    }
    .into_any();
    view! { <Row done=!in_force>{cells}</Row> }.into_any()
}
