//! `POST /api/v1/drift`: what a pipeline's tool printed.

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_ENCODING, HeaderValue};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::drift::{Format, PushReport};
use domain::permission::DriftWrite;
use service::drifts::{self, Once, What};
use sha2::{Digest as _, Sha256};
use utoipa::{IntoParams, ToSchema};
use wire::Encoding;

use super::api::Caller;
use super::cases::word_schema;
use super::ingest;
use super::problem::{Problem, ProblemDocument};
use super::query::Query;
use crate::state::AppState;

word_schema! {
    DriftFormatWord {
        TerraformPlan = "terraform-plan", TerraformState = "terraform-state", Cloudformation = "cloudformation",
        Kubernetes = "kubernetes"
    }
}

/// What a push did.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents domain::drift::PushReport")]
pub struct PushReportItem {
    /// Resources that the push named.
    resources: i64,
    /// Those that differ in something that nobody ignores.
    drifted: i64,
    /// Drifts that were not known before.
    new: i64,
    /// Drifts that were not found any more.
    resolved: i64,
    /// Changes that rules left out.
    ignored: i64,
    /// What could not be read; the rest was taken.
    problems: Vec<PushProblemItem>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "it documents domain::drift::PushProblem")]
pub struct PushProblemItem {
    file: String,
    /// Where in the document.
    path: String,
    #[schema(required = true)]
    line: Option<i64>,
    reason: String,
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it documents the parameters, which Query reads")]
pub struct PushParameters {
    /// Slug; made when there is none.
    environment: String,
    /// Name; made when there is none.
    repository: String,
    #[param(inline)]
    format: DriftFormatWord,
    /// As problems call the text.
    file: Option<String>,
}

/// Takes in what a tool printed.
///
/// Terraform and OpenTofu: `terraform show -json plan.out`, or a state file, alone or as `{"state": …, "actual": …}`. CloudFormation:
/// `describe-stack-resource-drifts`. Kubernetes: `{"declared": …, "live": …}` of manifests, or live objects alone. A drift that is
/// known is seen again; one whose resource was looked at and does not differ any more is resolved.
#[utoipa::path(post, path = "/api/v1/drift", tag = "drift", security(("api_key" = ["drift.write"])),
    params(
        PushParameters,
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters, such as a UUID"),
        ("Content-Encoding" = Option<String>, Header, description = "gzip or zstd"),
    ),
    request_body(content((String = "application/json"), (String = "application/yaml"))),
    responses(
        (status = 200, description = "What became of it", body = PushReportItem),
        (status = 409, description = "The repository is of another tool, or the Idempotency-Key was used for another push", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "Too large, before or after decompression", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = ProblemDocument, content_type = "application/problem+json"),
    )
)]
pub async fn push(
    State(state): State<AppState>,
    caller: Caller,
    request: Request,
) -> Result<Response, Problem> {
    let cx = caller.admit::<DriftWrite>()?;
    let asked = request.uri().query().map(str::to_owned);
    let mut query = Query::new(asked.as_deref());
    let mut wanted = |name: &'static str| {
        let value: Option<String> = query.one(name);
        if value.is_none() {
            query.refuse(name, "say it");
        }
        value.unwrap_or_default()
    };
    let (environment, repository) = (wanted("environment"), wanted("repository"));
    let format: Option<Format> = query.one("format");
    let file: Option<String> = query.one("file");
    if format.is_none() && !asked.as_deref().is_some_and(|text| text.contains("format=")) {
        query.refuse("format", "terraform-plan, terraform-state, cloudformation or kubernetes");
    }
    query.done()?;
    let headers = request.headers().clone();
    let key = ingest::key(&headers)?;
    let (mut place, body) = state.ingest.enter(&caller, &headers, request.into_body()).await?;
    let bytes = state.ingest.read(&mut place, body).await?;
    let turn = ingest::turn(&state.ingest).await?;
    let (encoding, limit) = (encoding(&headers)?, state.config.max_ingest_decoded.0);
    let text = tokio::task::spawn_blocking(move || text_of(encoding, &bytes, limit))
        .await
        .map_err(|e| Problem::internal(format!("reading a push: {e}")))??;
    let once = key.map(|key| {
        let mut hash = Sha256::new();
        hash.update(asked.unwrap_or_default());
        hash.update([0]);
        // Decoded: who tries again may compress anew.
        hash.update(&text);
        Once { key, request_hash: domain::audit::hex(&hash.finalize()) }
    });
    let what = What {
        environment,
        repository,
        format: format.unwrap_or(Format::TerraformPlan),
        file: file.map_or_else(|| "the body".to_owned(), |file| file.chars().take(200).collect()),
        text,
    };
    let pushed = drifts::push(&cx, what, once).await?;
    drop((turn, place));
    let body =
        serde_json::to_string::<PushReport>(&pushed.report).map_err(|e| Problem::internal(e.to_string()))?;
    Ok(if pushed.replayed { ingest::replayed(200, body) } else { ingest::json(StatusCode::OK, body) })
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, Problem> {
    let mut all = headers.get_all(CONTENT_ENCODING).iter();
    let first = all.next().map(|v: &HeaderValue| v.to_str().unwrap_or("?")).unwrap_or_default();
    if all.next().is_some() {
        return Err(Problem::unsupported_media("Compress once: one Content-Encoding."));
    }
    Encoding::of_header(first).map_err(ingest::unreadable)
}

fn text_of(encoding: Encoding, bytes: &[u8], limit: usize) -> Result<String, Problem> {
    let whole = if encoding == Encoding::Identity {
        bytes.to_vec()
    } else {
        wire::decompress(encoding, bytes, limit as u64).map_err(ingest::unreadable)?
    };
    if whole.iter().all(u8::is_ascii_whitespace) {
        return Err(Problem::bad_request("The body is empty; send what the tool printed."));
    }
    String::from_utf8(whole).map_err(|e| {
        let line = e.as_bytes()[..e.utf8_error().valid_up_to()].split(|b| *b == b'\n').count();
        Problem::bad_request(format!("The body is not UTF-8 text (line {line})."))
    })
}
