//! Every route and what stands in front of it. `API` is the table that the OpenAPI document and the permission matrix are
//! checked against.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};

use crate::http::problem::Problem;
use crate::http::{
    access, api, assets, auth, case_aids, case_jobs, case_merges, case_notes, case_parts, case_reviews,
    case_tasks, case_templates, cases, cases_bulk, causes, changes, docs, drift_metrics, drift_push,
    drift_rules, drifts, entries, environments as places, evidence, export, grouping, groups, health, iac,
    ingest, invitations, live, members, models, oidc, openapi, organizations, pages, provider_roles,
    recommendations, sources, tags, tail, uploads, views, webhooks,
};
use crate::sessions;
use crate::state::AppState;
use crate::web::{
    body, client, compress, csrf, head, headers, limits, observe, once, person, problems, refused, shed, told,
};

/// Where the sign-in provider sends people back; the provider has to know it.
pub const OIDC_CALLBACK: &str = "/sign-in/oidc/callback";

/// Method and path of every route that is neither a page nor a server function.
pub const ROUTES: &[(&str, &str)] = &[
    ("POST", "/api/v1/events"),
    ("GET", "/api/v1/events"),
    ("GET", "/api/v1/events/tail"),
    ("GET", "/api/v1/events/{id}"),
    ("GET", "/api/v1/groups"),
    ("GET", "/api/v1/groups/{id}"),
    ("GET", "/api/v1/groups/{id}/history"),
    ("GET", "/api/v1/groups/{id}/grouping"),
    ("POST", "/api/v1/groups/actions"),
    ("GET", "/api/v1/views"),
    ("POST", "/api/v1/views"),
    ("GET", "/api/v1/views/{id}"),
    ("PUT", "/api/v1/views/{id}"),
    ("DELETE", "/api/v1/views/{id}"),
    ("GET", "/api/v1/case-fields"),
    ("GET", "/api/v1/case-templates"),
    ("GET", "/api/v1/cases"),
    ("POST", "/api/v1/cases"),
    ("POST", "/api/v1/cases/bulk"),
    ("GET", "/api/v1/cases/{id}"),
    ("PUT", "/api/v1/cases/{id}"),
    ("POST", "/api/v1/cases/{id}/actions"),
    ("GET", "/api/v1/cases/{id}/events"),
    ("POST", "/api/v1/cases/{id}/events"),
    ("GET", "/api/v1/cases/{id}/jobs"),
    ("GET", "/api/v1/cases/{id}/reviews"),
    ("GET", "/api/v1/tasks"),
    ("GET", "/api/v1/mentions"),
    ("GET", "/api/v1/cases/{id}/tasks"),
    ("POST", "/api/v1/cases/{id}/tasks"),
    ("GET", "/api/v1/cases/{id}/tasks/{task}"),
    ("PUT", "/api/v1/cases/{id}/tasks/{task}"),
    ("DELETE", "/api/v1/cases/{id}/tasks/{task}"),
    ("POST", "/api/v1/cases/{id}/tasks/{task}/complete"),
    ("POST", "/api/v1/cases/{id}/tasks/{task}/move"),
    ("GET", "/api/v1/cases/{id}/merges"),
    ("POST", "/api/v1/cases/{id}/merges"),
    ("POST", "/api/v1/cases/{id}/unmerge"),
    ("POST", "/api/v1/cases/{id}/jobs"),
    ("POST", "/api/v1/cases/{id}/jobs/{job}/cancel"),
    ("DELETE", "/api/v1/cases/{id}/jobs/{job}"),
    ("GET", "/api/v1/cases/{id}/similar"),
    ("GET", "/api/v1/cases/{id}/handover"),
    ("GET", "/api/v1/cases/{id}/notes"),
    ("POST", "/api/v1/cases/{id}/notes"),
    ("PUT", "/api/v1/cases/{id}/notes/{note}"),
    ("DELETE", "/api/v1/cases/{id}/notes/{note}"),
    ("GET", "/api/v1/cases/{id}/notes/{note}/revisions"),
    ("GET", "/api/v1/cases/{id}/observables"),
    ("POST", "/api/v1/cases/{id}/observables"),
    ("DELETE", "/api/v1/cases/{id}/observables/{observable}"),
    ("GET", "/api/v1/cases/{id}/observables/{observable}/sightings"),
    ("GET", "/api/v1/cases/{id}/links"),
    ("POST", "/api/v1/cases/{id}/links"),
    ("DELETE", "/api/v1/cases/{id}/links/{link}"),
    ("GET", "/api/v1/cases/{id}/history"),
    ("GET", "/api/v1/cases/{id}/evidence"),
    ("POST", "/api/v1/cases/{id}/evidence"),
    ("GET", "/api/v1/cases/{id}/evidence/{evidence}"),
    ("DELETE", "/api/v1/cases/{id}/evidence/{evidence}"),
    ("POST", "/api/v1/cases/{id}/evidence/{evidence}/verify"),
    ("GET", "/api/v1/cases/{id}/custody"),
    ("GET", "/api/v1/cases/{id}/export"),
    ("GET", "/api/v1/cases/{id}/entries"),
    ("POST", "/api/v1/cases/{id}/entries"),
    ("DELETE", "/api/v1/cases/{id}/entries/{entry}"),
    ("GET", "/api/v1/sources"),
    ("POST", "/api/v1/sources"),
    ("GET", "/api/v1/sources/{id}"),
    ("PUT", "/api/v1/sources/{id}"),
    ("DELETE", "/api/v1/sources/{id}"),
    ("POST", "/api/v1/drift"),
    ("GET", "/api/v1/drifts"),
    ("POST", "/api/v1/drifts/actions"),
    ("GET", "/api/v1/drifts/{id}"),
    ("POST", "/api/v1/drifts/{id}/accept"),
    ("GET", "/api/v1/drifts/{id}/accept/preview"),
    ("POST", "/api/v1/drifts/{id}/escalate"),
    ("PUT", "/api/v1/drifts/{id}/cause"),
    ("DELETE", "/api/v1/drifts/{id}/cause"),
    ("POST", "/api/v1/external-events"),
    ("GET", "/api/v1/external-events"),
    ("GET", "/api/v1/ml-models"),
    ("POST", "/api/v1/ml-models/roll-back"),
    ("POST", "/api/v1/ml-models/{id}/activate"),
    ("POST", "/api/v1/ml-models/{id}/shadow"),
    ("GET", "/api/v1/ml-trainings"),
    ("POST", "/api/v1/ml-trainings"),
    ("GET", "/api/v1/ml-trainings/{id}"),
    ("GET", "/api/v1/drift-metrics"),
    ("GET", "/api/v1/drift-rules"),
    ("PUT", "/api/v1/drift-rules/{id}"),
    ("DELETE", "/api/v1/drift-rules/{id}"),
    ("GET", "/api/v1/recommendation-rules"),
    ("POST", "/api/v1/recommendations/{id}/steps"),
    ("POST", "/api/v1/recommendations/{id}/implement"),
    ("POST", "/api/v1/recommendations/{id}/dismiss"),
    ("GET", "/api/v1/drift-ignores"),
    ("DELETE", "/api/v1/drift-ignores/{id}"),
    ("GET", "/api/v1/iac-repositories"),
    ("GET", "/api/v1/iac-repositories/{id}"),
    ("PUT", "/api/v1/iac-repositories/{id}"),
    ("GET", "/api/v1/iac-resources"),
    ("GET", "/api/v1/iac-resources/{id}"),
    ("GET", "/api/v1/environments"),
    ("POST", "/api/v1/environments"),
    ("GET", "/api/v1/environments/{id}"),
    ("PUT", "/api/v1/environments/{id}"),
    ("DELETE", "/api/v1/environments/{id}"),
    ("POST", "/api/v1/environments/{id}/active"),
    ("GET", "/api/v1/tags"),
    ("POST", "/api/v1/tags"),
    ("PUT", "/api/v1/tags/{id}"),
    ("DELETE", "/api/v1/tags/{id}"),
    ("POST", "/api/v1/tags/{id}/merge"),
    ("GET", "/api/v1/members"),
    ("GET", "/api/v1/members/{id}"),
    ("PUT", "/api/v1/members/{id}"),
    ("DELETE", "/api/v1/members/{id}"),
    ("GET", "/api/v1/roles"),
    ("GET", "/api/v1/provider-roles"),
    ("PUT", "/api/v1/provider-roles"),
    ("GET", "/api/v1/invitations"),
    ("POST", "/api/v1/invitations"),
    ("DELETE", "/api/v1/invitations/{id}"),
    ("GET", "/api/v1/api-keys"),
    ("DELETE", "/api/v1/api-keys/{id}"),
    ("GET", "/api/v1/webhooks"),
    ("POST", "/api/v1/webhooks"),
    ("GET", "/api/v1/webhooks/{id}"),
    ("PUT", "/api/v1/webhooks/{id}"),
    ("DELETE", "/api/v1/webhooks/{id}"),
    ("POST", "/api/v1/webhooks/{id}/secret"),
    ("POST", "/api/v1/webhooks/{id}/test"),
    ("GET", "/api/v1/webhooks/{id}/deliveries"),
    ("POST", "/api/v1/webhooks/{id}/deliveries/{delivery}/again"),
    ("GET", "/api/v1/sessions"),
    ("DELETE", "/api/v1/sessions/{id}"),
    ("GET", "/api/v1/organization"),
    ("PUT", "/api/v1/organization"),
    ("GET", "/api/v1/organizations"),
    ("POST", "/api/v1/organizations"),
    ("PUT", "/api/v1/organizations/{organization}"),
    ("DELETE", "/api/v1/organizations/{organization}"),
    ("POST", "/api/v1/organizations/{organization}/suspend"),
    ("POST", "/api/v1/organizations/{organization}/resume"),
    ("POST", "/api/v1/organizations/{organization}/keep"),
    ("GET", "/api/v1/audit"),
    ("GET", "/api/v1/audit/bundle"),
    ("GET", "/api/v1/audit/key"),
    ("GET", "/api/v1/changes"),
    ("GET", "/api/v1/openapi.json"),
    ("GET", "/api/docs"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/metrics"),
    ("GET", "/pkg/{*name}"),
    ("POST", "/sign-in"),
    ("GET", "/sign-in/code"),
    ("POST", "/sign-in/code"),
    ("GET", "/sign-in/oidc"),
    ("GET", "/sign-in/oidc/callback"),
    ("POST", "/sign-out"),
    ("POST", "/setup"),
    ("GET", "/invitation/{token}"),
    ("POST", "/invitation/{token}"),
    ("POST", "/o/{organization}/uploads"),
    ("GET", "/o/{organization}/uploads/{id}/rejections.csv"),
    ("GET", "/o/{organization}/cases/{id}/export"),
    ("POST", "/o/{organization}/cases/{id}/evidence"),
    ("GET", "/o/{organization}/cases/{id}/evidence/{evidence}"),
    ("GET", "/o/{organization}/live"),
    ("GET", "/o/{organization}/events/tail"),
    ("GET", "/o/{organization}/drift/metrics.csv"),
    ("GET", "/o/{organization}/events/export.csv"),
    ("GET", "/o/{organization}/events/export.ndjson"),
    ("GET", "/o/{organization}/events/export.parquet"),
    ("GET", "/o/{organization}/audit/export.csv"),
    ("GET", "/o/{organization}/audit/export.json"),
    ("GET", "/o/{organization}/audit/export.zip"),
    ("GET", "/o/{organization}/audit/key.pem"),
];

pub fn router(state: AppState) -> Router {
    let api = Router::new()
        .route("/api/v1/events", get(api::events).post(ingest::events))
        .route("/api/v1/events/tail", get(tail::events))
        .route("/api/v1/events/{id}", get(api::event))
        .route("/api/v1/groups", get(groups::list))
        .route("/api/v1/groups/actions", post(groups::act))
        .route("/api/v1/groups/{id}", get(groups::one))
        .route("/api/v1/groups/{id}/history", get(groups::history))
        .route("/api/v1/views", get(views::list).post(views::create))
        .route("/api/v1/views/{id}", get(views::one).put(views::change).delete(views::delete))
        .route("/api/v1/groups/{id}/grouping", get(grouping::grouping))
        .route("/api/v1/case-templates", get(case_templates::list))
        .route("/api/v1/case-fields", get(cases::fields))
        .route("/api/v1/cases", get(cases::list).post(cases::create))
        .route("/api/v1/cases/bulk", post(cases_bulk::change))
        .route("/api/v1/cases/{id}", get(cases::one).put(cases::change))
        .route("/api/v1/cases/{id}/actions", post(cases::act))
        .route("/api/v1/cases/{id}/events", get(cases::events).post(cases::link))
        .route("/api/v1/cases/{id}/reviews", get(case_reviews::list))
        .route("/api/v1/tasks", get(case_tasks::open))
        .route("/api/v1/mentions", get(case_notes::mentions))
        .route("/api/v1/cases/{id}/tasks", get(case_tasks::list).post(case_tasks::add))
        .route("/api/v1/cases/{id}/tasks/{task}", get(case_tasks::one))
        .route("/api/v1/cases/{id}/tasks/{task}", put(case_tasks::change).delete(case_tasks::delete))
        .route("/api/v1/cases/{id}/tasks/{task}/complete", post(case_tasks::complete))
        .route("/api/v1/cases/{id}/tasks/{task}/move", post(case_tasks::place))
        .route("/api/v1/cases/{id}/merges", get(case_merges::list).post(case_merges::merge))
        .route("/api/v1/cases/{id}/unmerge", post(case_merges::unmerge))
        .route("/api/v1/cases/{id}/jobs", get(case_jobs::list).post(case_jobs::start))
        .route("/api/v1/cases/{id}/jobs/{job}/cancel", post(case_jobs::cancel))
        .route("/api/v1/cases/{id}/jobs/{job}", axum::routing::delete(case_jobs::take_back))
        .route("/api/v1/cases/{id}/handover", get(case_aids::handover))
        .route("/api/v1/cases/{id}/similar", get(case_aids::similar))
        .route("/api/v1/cases/{id}/notes", get(case_notes::list).post(case_notes::add))
        .route("/api/v1/cases/{id}/notes/{note}", put(case_notes::change).delete(case_notes::delete))
        .route("/api/v1/cases/{id}/notes/{note}/revisions", get(case_notes::revisions))
        .route("/api/v1/cases/{id}/observables", get(case_parts::observables).post(case_parts::observe))
        .route("/api/v1/cases/{id}/observables/{observable}", axum::routing::delete(case_parts::unobserve))
        .route("/api/v1/cases/{id}/observables/{observable}/sightings", get(case_parts::sightings))
        .route("/api/v1/cases/{id}/links", get(case_parts::links).post(case_parts::add_links))
        .route("/api/v1/cases/{id}/links/{link}", axum::routing::delete(case_parts::unlink))
        .route("/api/v1/cases/{id}/history", get(case_parts::history))
        .route("/api/v1/cases/{id}/evidence", get(evidence::list).post(evidence::add))
        .route("/api/v1/cases/{id}/evidence/{evidence}", get(evidence::fetch).delete(evidence::remove))
        .route("/api/v1/cases/{id}/evidence/{evidence}/verify", post(evidence::verify))
        .route("/api/v1/cases/{id}/export", get(export::case::api))
        .route("/api/v1/cases/{id}/custody", get(evidence::custody))
        .route("/api/v1/cases/{id}/entries", get(entries::list).post(entries::add))
        .route("/api/v1/cases/{id}/entries/{entry}", axum::routing::delete(entries::delete))
        .route("/api/v1/sources", get(api::sources).post(sources::create))
        .route("/api/v1/sources/{id}", get(sources::one).put(sources::change).delete(sources::delete))
        .route("/api/v1/drift", post(drift_push::push))
        .route("/api/v1/drifts", get(drifts::list))
        .route("/api/v1/drifts/actions", post(drifts::act))
        .route("/api/v1/drifts/{id}", get(drifts::one))
        .route("/api/v1/drifts/{id}/accept", post(drifts::accept))
        .route("/api/v1/drifts/{id}/accept/preview", get(drifts::preview))
        .route("/api/v1/drifts/{id}/escalate", post(drifts::escalate))
        .route("/api/v1/drifts/{id}/cause", put(causes::label).delete(causes::unlabel))
        .route("/api/v1/external-events", get(causes::told).post(causes::tell))
        .route("/api/v1/ml-models", get(models::list))
        .route("/api/v1/ml-models/roll-back", post(models::roll_back))
        .route("/api/v1/ml-models/{id}/activate", post(models::activate))
        .route("/api/v1/ml-models/{id}/shadow", post(models::shadow))
        .route("/api/v1/ml-trainings", get(models::trainings).post(models::train))
        .route("/api/v1/ml-trainings/{id}", get(models::training))
        .route("/api/v1/drift-metrics", get(drift_metrics::list))
        .route("/api/v1/drift-rules", get(drift_rules::list))
        .route("/api/v1/drift-rules/{id}", put(drift_rules::change).delete(drift_rules::reset))
        .route("/api/v1/recommendation-rules", get(recommendations::rules))
        .route("/api/v1/recommendations/{id}/steps", post(recommendations::steps))
        .route("/api/v1/recommendations/{id}/implement", post(recommendations::implement))
        .route("/api/v1/recommendations/{id}/dismiss", post(recommendations::dismiss))
        .route("/api/v1/drift-ignores", get(iac::ignores))
        .route("/api/v1/drift-ignores/{id}", delete(iac::lift))
        .route("/api/v1/iac-repositories", get(iac::repositories))
        .route("/api/v1/iac-repositories/{id}", get(iac::one_repository).put(iac::change_repository))
        .route("/api/v1/iac-resources", get(iac::resources))
        .route("/api/v1/iac-resources/{id}", get(iac::one_resource))
        .route("/api/v1/environments", get(places::list).post(places::create))
        .route("/api/v1/environments/{id}/active", post(places::activate))
        .route("/api/v1/environments/{id}", get(places::one).put(places::change).delete(places::delete))
        .route("/api/v1/tags", get(tags::list).post(tags::create))
        .route("/api/v1/tags/{id}", put(tags::rename).delete(tags::delete))
        .route("/api/v1/tags/{id}/merge", post(tags::merge))
        .route("/api/v1/members", get(members::list))
        .route("/api/v1/members/{id}", get(members::one).put(members::change).delete(members::remove))
        .route("/api/v1/roles", get(members::roles))
        .route("/api/v1/provider-roles", get(provider_roles::list).put(provider_roles::replace))
        .route("/api/v1/invitations", get(members::invited).post(members::invite))
        .route("/api/v1/invitations/{id}", delete(members::withdraw))
        .route("/api/v1/api-keys", get(access::keys))
        .route("/api/v1/api-keys/{id}", delete(access::revoke))
        .route("/api/v1/webhooks", get(webhooks::list).post(webhooks::create))
        .route("/api/v1/webhooks/{id}", get(webhooks::one).put(webhooks::change).delete(webhooks::delete))
        .route("/api/v1/webhooks/{id}/secret", post(webhooks::rotate))
        .route("/api/v1/webhooks/{id}/test", post(webhooks::test))
        .route("/api/v1/webhooks/{id}/deliveries", get(webhooks::deliveries))
        .route("/api/v1/webhooks/{id}/deliveries/{delivery}/again", post(webhooks::again))
        .route("/api/v1/sessions", get(access::active))
        .route("/api/v1/sessions/{id}", delete(access::sign_out))
        .route("/api/v1/organization", get(organizations::own).put(organizations::change))
        .route("/api/v1/organizations", get(organizations::list).post(organizations::create))
        .route("/api/v1/organizations/{organization}", put(organizations::rename).delete(organizations::mark))
        .route("/api/v1/organizations/{organization}/suspend", post(organizations::suspend))
        .route("/api/v1/organizations/{organization}/resume", post(organizations::resume))
        .route("/api/v1/organizations/{organization}/keep", post(organizations::keep))
        .route("/api/v1/audit", get(api::audit))
        .route("/api/v1/audit/bundle", get(export::audit::bundle))
        .route("/api/v1/audit/key", get(export::audit::api_key))
        .route("/api/v1/changes", get(changes::list))
        .route("/api/v1/openapi.json", get(openapi::document))
        .route("/api/v1", axum::routing::any(nowhere))
        .route("/api/v1/", axum::routing::any(nowhere))
        .route("/api/v1/{*rest}", axum::routing::any(nowhere))
        .route("/api/docs", get(docs::page))
        .layer(from_fn_with_state(state.clone(), once::keep));
    let machine = Router::new()
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/pkg/{*name}", get(assets::pkg));
    // A file has a limit of its own.
    let streams = DefaultBodyLimit::disable();
    let people = Router::new()
        .route("/sign-in", post(auth::sign_in))
        .route("/sign-in/code", get(auth::code).post(auth::second))
        .route("/sign-in/oidc", get(oidc::begin))
        .route("/sign-in/oidc/callback", get(oidc::finish))
        .route("/sign-out", post(auth::sign_out))
        .route("/setup", post(auth::setup))
        .route("/invitation/{token}", get(invitations::page).post(invitations::accept))
        .route("/o/{organization}/uploads", post(uploads::receive).layer(DefaultBodyLimit::disable()))
        .route("/o/{organization}/uploads/{id}/rejections.csv", get(uploads::rejections))
        .route("/o/{organization}/cases/{id}/export", get(export::case::page))
        .route("/o/{organization}/cases/{id}/evidence", post(evidence::receive).layer(streams))
        .route("/o/{organization}/cases/{id}/evidence/{evidence}", get(evidence::download))
        .route("/o/{organization}/live", get(live::page))
        .route("/o/{organization}/events/tail", get(tail::page))
        .route("/o/{organization}/drift/metrics.csv", get(drift_metrics::csv))
        .route("/o/{organization}/events/export.csv", get(export::events::csv))
        .route("/o/{organization}/events/export.ndjson", get(export::events::ndjson))
        .route("/o/{organization}/events/export.parquet", get(export::events::parquet))
        .route("/o/{organization}/audit/export.csv", get(export::audit::csv))
        .route("/o/{organization}/audit/export.json", get(export::audit::json))
        .route("/o/{organization}/audit/export.zip", get(export::audit::zip))
        .route("/o/{organization}/audit/key.pem", get(export::audit::key));
    let people = pages::mount(people, &state)
        .fallback(pages::otherwise)
        .layer(from_fn(pages::redirect))
        .layer(from_fn_with_state(state.clone(), told::once))
        .layer(from_fn_with_state(state.clone(), refused::guard))
        .layer(from_fn_with_state(state.clone(), sessions::find_viewer))
        .layer(sessions::layer(&state.services, &state.config))
        .layer(from_fn_with_state(state.clone(), sessions::leave_cookie))
        .layer(from_fn_with_state(state.clone(), body::buffer));

    // The last added is the outermost.
    api.merge(machine)
        .merge(people)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn(body::pace))
        .layer(from_fn_with_state(state.clone(), csrf::refuse_cross_site))
        .layer(from_fn(head::check))
        .layer(from_fn_with_state(state.clone(), limits::by_address))
        .layer(from_fn_with_state(state.clone(), shed::bound))
        .layer(from_fn(problems::tell))
        .layer(from_fn_with_state(state.clone(), person::tell))
        .layer(from_fn(compress::spare))
        .layer(compress::layer())
        .layer(from_fn_with_state(state.clone(), headers::secure))
        .layer(from_fn_with_state(state.clone(), client::identify))
        .layer(from_fn(observe::observe))
        .with_state(state)
}

async fn nowhere(_request: Request) -> Response {
    Problem::not_found().into_response()
}

async fn wrong_method() -> Response {
    Problem::method_not_allowed().into_response()
}
