//! The OpenAPI 3.1 document, from the code. The page that shows it is in `docs`.

use std::sync::OnceLock;

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{
    access, api, case_aids, case_jobs, case_merges, case_notes, case_parts, case_reviews, case_tasks,
    case_templates, cases, cases_bulk, causes, changes, drift_metrics, drift_push, drift_rules, drifts,
    entries, environments, evidence, export, grouping, groups, iac, ingest, members, models, organizations,
    provider_roles, recommendations, sources, tags, tail, views, webhooks,
};
use crate::web::once;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Watchroom",
        description = "Send events, read what became of them, and act on groups of them. Every call carries an API key: `Authorization: Bearer <key>`. \
                       Lists answer `{\"items\": […], \"next_cursor\": …}`; an unknown query parameter is 400; what is out of the key's \
                       reach is 404. Errors are problem documents (RFC 9457)."
    ),
    paths(
        ingest::events, api::events, api::event, tail::events, groups::list, groups::one, groups::history, grouping::grouping, groups::act,
        views::list, views::create, views::one, views::change, views::delete,
        cases::list, cases::create, cases::one, cases::change, cases::act, cases::events, cases::link, case_aids::similar, case_aids::handover, case_notes::list, case_notes::add, case_notes::change, case_notes::delete, case_notes::revisions, case_notes::mentions, case_parts::observables, case_parts::observe, case_parts::unobserve, case_parts::sightings, case_parts::links, case_parts::add_links, case_parts::unlink, case_parts::history, cases_bulk::change,
        case_tasks::open, case_tasks::list, case_tasks::one, case_tasks::add, case_tasks::change, case_tasks::complete, case_tasks::place, case_tasks::delete,
        case_merges::list, case_merges::merge, case_merges::unmerge, case_reviews::list, cases::fields, case_templates::list, case_jobs::list, case_jobs::start, case_jobs::cancel, case_jobs::take_back,
        evidence::list, evidence::add, evidence::fetch, evidence::verify, evidence::remove, evidence::custody,
        entries::list, entries::add, entries::delete, export::case::api,
        api::sources, sources::create, sources::one, sources::change, sources::delete,
        drift_push::push, drifts::list, drifts::one, drifts::act, drifts::accept, drifts::preview, drifts::escalate, drift_metrics::list, drift_rules::list, drift_rules::change, drift_rules::reset, recommendations::rules, recommendations::steps, recommendations::implement, recommendations::dismiss, iac::ignores, iac::lift,
        iac::repositories, iac::one_repository, iac::change_repository, iac::resources, iac::one_resource,
        causes::label, causes::unlabel, causes::tell, causes::told, models::list, models::trainings, models::train, models::training, models::activate, models::shadow,
        models::roll_back,
        environments::list, environments::create, environments::one, environments::change, environments::activate, environments::delete,
        tags::list, tags::create, tags::rename, tags::merge, tags::delete,
        members::list, members::one, members::change, members::remove, members::roles, provider_roles::list, provider_roles::replace, members::invited, members::invite, members::withdraw,
        webhooks::list, webhooks::create, webhooks::one, webhooks::change, webhooks::delete, webhooks::rotate, webhooks::test, webhooks::deliveries, webhooks::again,
        access::keys, access::revoke, access::active, access::sign_out,
        organizations::own, organizations::change, organizations::list, organizations::create, organizations::rename, organizations::mark,
        organizations::suspend, organizations::resume, organizations::keep,
        api::audit, changes::list, export::audit::bundle, export::audit::api_key
    ),
    modifiers(&Key)
)]
struct Api;

struct Key;

impl Modify for Key {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API key, made under Settings, API keys."))
            .build();
        let components = openapi.components.get_or_insert_with(Default::default);
        components.add_security_scheme("api_key", SecurityScheme::Http(scheme));
    }
}

/// The document, made once.
pub fn specification() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let mut document = serde_json::to_value(Api::openapi()).unwrap_or_default();
        once_everywhere(&mut document);
        document
    })
}

/// What `web::once` does for every POST whose answer it keeps.
fn once_everywhere(document: &mut Value) {
    for (path, methods) in document["paths"].as_object_mut().into_iter().flatten() {
        let Some(operation) = methods.get_mut("post").filter(|_| once::is_kept(path)) else { continue };
        let parameter = json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "1 to 255 visible ASCII characters, such as a UUID: sent again within 24 hours, the request is answered as the first time and not done again",
            "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" },
        });
        match operation.get_mut("parameters").and_then(Value::as_array_mut) {
            Some(parameters) => parameters.push(parameter),
            None => operation["parameters"] = json!([parameter]),
        }
    }
}

/// `GET /api/v1/openapi.json`
pub async fn document() -> Response {
    Json(specification()).into_response()
}
