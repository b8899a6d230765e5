//! Between the domain and what is shown. Server only.

use domain::Invalid;
use domain::permission::SourceWrite;
use domain::source::{NewSource, Source};

use super::shown::SourceForm;
use crate::Answer;
use crate::error::{AppError, Typed as _};
use crate::server::Scope;
use crate::when::{When, Zone};

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
    let told = source.notifications();
    SourceShown {
        id: source.id.to_string(),
        form: SourceForm {
            name: source.name,
            source_type: source.source_type,
            ip: source.ip.unwrap_or_default(),
            port: source.port.map(|port| port.to_string()).unwrap_or_default(),
            protocol: source.protocol.unwrap_or_default(),
            status: source.status,
            silent_after_minutes: told.silent_after_minutes.map(|n| n.to_string()).unwrap_or_default(),
        },
        silent: zone.maybe(told.silent_since),
        last_activity: zone.maybe(source.last_activity),
        event_count: source.event_count,
        created: zone.when(source.created_at),
    }
}

/// # Errors
/// A port or a time that is no number.
fn new_source(form: &SourceForm) -> Answer<NewSource> {
    let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let number = |text: &str, field: &str, why: &str| {
        let number = some(text).map(|text| text.parse()).transpose();
        number.map_err(|_| keep(AppError::from(Invalid::field(field, why)), form))
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

pub async fn save(scope: &Scope, organization: &str, id: &str, form: &SourceForm) -> Answer<()> {
    let (cx, new) = (scope.admit::<SourceWrite>()?, new_source(form)?);
    if id.is_empty() {
        return answer(service::sources::create(&cx, new).await, organization, form);
    }
    let id = id.parse().map_err(|_| crate::server::not_found())?;
    answer(service::sources::update(&cx, id, new).await, organization, form)
}

/// Keeps what was typed when the answer is no, and leads back to the list when it is yes.
pub fn answer<T>(result: service::Result<T>, organization: &str, form: &SourceForm) -> Answer<()> {
    result.typed(&typed(form))?;
    leptos_axum::redirect(&crate::routes::sources(organization));
    Ok(())
}

fn keep(error: AppError, form: &SourceForm) -> AppError {
    error.typed(&typed(form))
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
