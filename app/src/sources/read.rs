//! Between the domain and what is shown. Server only.

use domain::permission::SourceWrite;
use domain::source::{NewSource, Source};
use domain::{Invalid, SourceId};
use service::{Cx, sources};

use super::shown::SourceForm;
use crate::Answer;
use crate::error::Typed as _;
use crate::page::Done;
use crate::server::Scope;
use crate::stale::{Kind, Sent};
use crate::when::{When, Zone};

const SAVED: &str = "Source saved";

/// A source ready to print.
#[derive(Clone, Debug)]
pub struct SourceShown {
    pub id: String,
    pub form: SourceForm,
    pub last_activity: Option<When>,
    pub event_count: i64,
    pub created: When,
    /// It was told to be silent then.
    pub silent: Option<When>,
}

pub fn source(source: Source, zone: Zone) -> SourceShown {
    SourceShown {
        id: source.id.to_string(),
        form: form(&source),
        silent: zone.maybe(source.notifications().silent_since),
        last_activity: zone.maybe(source.last_activity),
        event_count: source.event_count,
        created: zone.when(source.created_at),
    }
}

fn form(source: &Source) -> SourceForm {
    let number = |number: Option<i64>| number.map(|n| n.to_string()).unwrap_or_default();
    SourceForm {
        name: source.name.clone(),
        source_type: source.source_type.clone(),
        ip: source.ip.clone().unwrap_or_default(),
        port: number(source.port),
        protocol: source.protocol.clone().unwrap_or_default(),
        status: source.status.clone(),
        silent_after_minutes: number(source.notifications().silent_after_minutes),
    }
}

/// # Errors
/// A port or a time that is no number.
fn new_source(form: &SourceForm) -> Result<NewSource, Invalid> {
    let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let number = |text: &str, field: &str, why: &str| {
        let number = some(text).map(|text| text.parse()).transpose();
        number.map_err(|_| Invalid::field(field, why))
    };
    let port = number(&form.port, "port", "write a number between 1 and 65535")?;
    let minutes = number(&form.silent_after_minutes, "silent_after_minutes", "write a number of minutes")?;
    Ok(NewSource {
        name: form.name.trim().to_owned(),
        source_type: form.source_type.clone(),
        ip: some(&form.ip),
        port,
        protocol: some(&form.protocol),
        status: form.status.clone(),
        silent_after_minutes: minutes,
    })
}

pub const SOURCE: Kind<'_> = Kind {
    name: "source",
    fields: &[
        ("name", "Name"),
        ("source_type", "Type"),
        ("status", "Status"),
        ("ip", "IP address"),
        ("port", "Port"),
        ("protocol", "Protocol"),
        ("silent_after_minutes", "Silent after minutes"),
    ],
};

pub async fn save(scope: &Scope, id: &str, seen: &str, form: SourceForm) -> Answer<Done> {
    let cx = scope.admit::<SourceWrite>()?;
    let done = if id.is_empty() { create(&cx, &form).await? } else { change(&cx, id, seen, form).await? };
    leptos_axum::redirect(&crate::routes::sources(&scope.organization.slug));
    Ok(done)
}

async fn create(cx: &Cx<SourceWrite>, form: &SourceForm) -> Answer<Done> {
    let new = new_source(form).typed(&typed(form))?;
    sources::create(cx, new).await.typed(&typed(form))?;
    Ok(Done::new(SAVED))
}

async fn change(cx: &Cx<SourceWrite>, id: &str, seen: &str, typed: SourceForm) -> Answer<Done> {
    let id: SourceId = id.parse().map_err(|_| crate::server::not_found())?;
    let mut sent = Sent::of(seen, typed);
    let saved = sources::update_with(cx, id, |now| Ok(new_source(&sent.onto(&form(now))?)?)).await;
    sent.answer(cx, &SOURCE, id.0, saved, SAVED).await
}

fn typed(form: &SourceForm) -> [(&'static str, &str); 7] {
    [
        ("name", &form.name),
        ("source_type", &form.source_type),
        ("ip", &form.ip),
        ("port", &form.port),
        ("protocol", &form.protocol),
        ("status", &form.status),
        ("silent_after_minutes", &form.silent_after_minutes),
    ]
}
