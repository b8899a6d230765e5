//! Talking to the provider: its discovery document and keys (kept for an hour, read again when a signature names another key), the
//! address of a sign-in, and whom a code stands for.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::Timestamp;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClientAuthMethod, CoreErrorResponseType,
    CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
    CoreProviderMetadata, CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse,
    CoreTokenType,
};
use openidconnect::http::StatusCode;
use openidconnect::{
    AdditionalClaims, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret,
    CsrfToken, EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, IdTokenClaims, IdTokenFields, IssuerUrl, Nonce, OAuth2TokenResponse as _,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope, SignatureVerificationError,
    StandardErrorResponse, StandardTokenResponse, TokenResponse as _, UserInfoClaims,
};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use super::{Provider, Refused, WAIT};
use crate::Services;
use crate::outgoing::{Outgoing, Unanswered};

/// Seconds for which document and keys are taken as they were read.
const FRESH: i64 = 3600;
/// Seconds for which they serve while the provider does not answer.
const STALE: i64 = 86_400;
/// Seconds between two reads that an unknown key causes, and between two that fail.
const PAUSE: i64 = 10;
/// Seconds by which clocks may differ.
const LEEWAY: i64 = 60;
/// Groups that are looked at.
const MOST_GROUPS: usize = 1000;

/// Signatures by a key that only the provider has: no shared secret, no `none`.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Where a browser is sent, and what its answer is checked against.
pub struct Asked {
    pub url: String,
    pub state: String,
    pub nonce: String,
    pub verifier: String,
}

/// Whom the provider says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub subject: String,
    /// Only an address that the provider says is verified.
    pub verified_email: Option<String>,
    pub name: Option<String>,
    pub groups: Vec<String>,
}

/// What was read of the provider, between sign-ins.
#[derive(Default)]
pub(crate) struct Known(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    read: Option<(Arc<CoreProviderMetadata>, Timestamp)>,
    /// The last read that was tried.
    tried: Option<Timestamp>,
}

/// Claims besides the standard ones: groups stand under a name that the operator sets.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Others {
    #[serde(flatten)]
    all: Map<String, Value>,
}
impl AdditionalClaims for Others {}

type Fields = IdTokenFields<
    Others,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type Tokens = StandardTokenResponse<Fields, CoreTokenType>;
type Claims = IdTokenClaims<Others, CoreGenderClaim>;
type Relying = openidconnect::Client<
    Others,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The address of a sign-in.
pub async fn authorize(services: &Services, provider: &Provider) -> Result<Asked, Refused> {
    let relying = relying(provider, &known(services, provider, FRESH).await?)?;
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let mut request = relying.authorize_url(
        CoreAuthenticationFlow::AuthorizationCode,
        || CsrfToken::new_random_len(32),
        || Nonce::new_random_len(32),
    );
    for scope in &provider.scopes {
        request = request.add_scope(Scope::new(scope.clone()));
    }
    let (url, state, nonce) = request.set_pkce_challenge(challenge).url();
    // What the server asks itself its client refuses without TLS; this address the browser asks.
    if provider.issuer.starts_with("https://") && url.scheme() != "https" {
        return Err(misconfigured("its document sends people to an address without https"));
    }
    Ok(Asked {
        url: url.to_string(),
        state: state.into_secret(),
        nonce: nonce.secret().clone(),
        verifier: verifier.into_secret(),
    })
}

/// Whom a code stands for.
pub async fn told(
    services: &Services,
    provider: &Provider,
    code: &str,
    verifier: String,
    nonce: &str,
) -> Result<Told, Refused> {
    let metadata = known(services, provider, FRESH).await?;
    let client = relying(provider, &metadata)?;
    let send = |request: HttpRequest| ask(provider.client.clone(), request);
    let exchange = client.exchange_code(AuthorizationCode::new(code.to_owned())).map_err(misconfigured)?;
    let tokens = exchange.set_pkce_verifier(PkceCodeVerifier::new(verifier)).request_async(&send).await;
    let tokens = tokens.map_err(|error| exchange_failed(&error))?;
    let nonce = Nonce::new(nonce.to_owned());
    let claims = match verified(services, &client, &tokens, &nonce) {
        Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
            // The provider may have changed its keys since they were read.
            let client = relying(provider, &known(services, provider, PAUSE).await?)?;
            verified(services, &client, &tokens, &nonce)
        }
        other => other,
    };
    let claims = claims.map_err(|error| not_trusted(&error))?;
    if claims.authorized_party().is_some_and(|party| party.as_str() != provider.client_id) {
        return Err(Refused::Untrusted);
    }
    let mut told = Told {
        subject: claims.subject().to_string(),
        verified_email: claims
            .email()
            .filter(|_| claims.email_verified() == Some(true))
            .map(|email| email.to_string()),
        name: claims.name().and_then(|name| name.get(None)).map(|name| name.to_string()),
        groups: groups(&claims.additional_claims().all, &provider.group_claim),
    };
    if told.subject.is_empty() || told.subject.chars().count() > 255 {
        return Err(Refused::Untrusted);
    }
    // Some providers say little in the token; what they are asked for must be of the same subject.
    let wanting = told.verified_email.is_none() || told.groups.is_empty();
    if wanting
        && let Ok(request) = client.user_info(tokens.access_token().clone(), Some(claims.subject().clone()))
    {
        let more: UserInfoClaims<Others, CoreGenderClaim> =
            request.request_async(&send).await.map_err(|error| {
                tracing::warn!(error = %chain(&error), "the provider does not tell about a person");
                Refused::Unreachable
            })?;
        if told.verified_email.is_none() && more.email_verified() == Some(true) {
            told.verified_email = more.email().map(|email| email.to_string());
        }
        if told.groups.is_empty() {
            told.groups = groups(&more.additional_claims().all, &provider.group_claim);
        }
        told.name =
            told.name.or_else(|| more.name().and_then(|name| name.get(None)).map(|name| name.to_string()));
    }
    told.name = told.name.map(|name| name.trim().chars().filter(|c| !c.is_control()).take(150).collect());
    Ok(told)
}

/// A provider that is in trouble says nothing about us, whatever it says.
async fn ask(client: Outgoing, request: HttpRequest) -> Result<HttpResponse, Unanswered> {
    let answer = client.send(request).await?;
    let status = answer.status();
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return Err(Unanswered::Ended(format!("it answered {status}")));
    }
    Ok(answer)
}

/// What the provider says of itself, read at most `age` seconds ago.
async fn known(
    services: &Services,
    provider: &Provider,
    age: i64,
) -> Result<Arc<CoreProviderMetadata>, Refused> {
    let now = services.clock.now();
    // Only a clock that was set back is before what it said.
    let within = |at: Timestamp, seconds: i64| at <= now && now < at.plus_seconds(seconds);
    let mut kept = services.memory.provider.0.lock().await;
    if let Some((read, at)) = &kept.read
        && within(*at, age)
    {
        return Ok(Arc::clone(read));
    }
    let may_serve = |kept: &Kept| {
        let serves = kept.read.as_ref().filter(|(_, at)| within(*at, STALE));
        serves.map(|(read, _)| Arc::clone(read)).ok_or(Refused::Unreachable)
    };
    if kept.tried.is_some_and(|at| within(at, PAUSE)) {
        return may_serve(&kept);
    }
    kept.tried = Some(now);
    let send = |request: HttpRequest| ask(provider.client.clone(), request);
    let issuer = IssuerUrl::new(provider.issuer.clone()).map_err(misconfigured)?;
    match CoreProviderMetadata::discover_async(issuer, &send).await {
        Ok(read) => {
            let read = Arc::new(read);
            kept.read = Some((Arc::clone(&read), now));
            Ok(read)
        }
        Err(error) => {
            tracing::error!(error = %chain(&error), issuer = %provider.issuer, "the provider cannot be read");
            may_serve(&kept)
        }
    }
}

fn relying(provider: &Provider, metadata: &Arc<CoreProviderMetadata>) -> Result<Relying, Refused> {
    let secret = provider.client_secret.as_ref().map(|s| ClientSecret::new(s.expose_secret().to_owned()));
    let client = Relying::from_provider_metadata(
        CoreProviderMetadata::clone(metadata),
        ClientId::new(provider.client_id.clone()),
        secret,
    )
    .set_redirect_uri(RedirectUrl::new(provider.callback.clone()).map_err(misconfigured)?);
    let by_form = metadata.token_endpoint_auth_methods_supported().is_some_and(|methods| {
        methods.contains(&CoreClientAuthMethod::ClientSecretPost)
            && !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
    });
    Ok(if by_form { client.set_auth_type(AuthType::RequestBody) } else { client })
}

fn verified(
    services: &Services,
    client: &Relying,
    tokens: &Tokens,
    nonce: &Nonce,
) -> Result<Claims, ClaimsVerificationError> {
    let now = services.clock.now();
    let token = tokens.id_token().ok_or_else(|| ClaimsVerificationError::Other("no ID token".to_owned()))?;
    let verifier = client
        .id_token_verifier()
        .set_allowed_algs(ALGORITHMS)
        .set_time_fn(move || now.plus_seconds(-LEEWAY).utc())
        .set_issue_time_verifier_fn(move |at: DateTime<Utc>| {
            let at = at.timestamp_micros();
            let fits =
                (now.plus_seconds(-WAIT - LEEWAY).micros()..=now.plus_seconds(LEEWAY).micros()).contains(&at);
            if fits { Ok(()) } else { Err("issued at another time than now".to_owned()) }
        });
    token.claims(&verifier, nonce).cloned()
}

/// A list of names, or one name.
fn groups(claims: &Map<String, Value>, name: &str) -> Vec<String> {
    match claims.get(name) {
        Some(Value::Array(all)) => {
            all.iter().filter_map(Value::as_str).take(MOST_GROUPS).map(str::to_owned).collect()
        }
        Some(Value::String(one)) => vec![one.clone()],
        _ => Vec::new(),
    }
}

fn exchange_failed<E: std::error::Error + 'static>(
    error: &RequestTokenError<E, StandardErrorResponse<CoreErrorResponseType>>,
) -> Refused {
    match error {
        RequestTokenError::ServerResponse(answer)
            if *answer.error() == CoreErrorResponseType::InvalidGrant =>
        {
            tracing::info!(%answer, "the provider does not take a code");
            Refused::Code
        }
        RequestTokenError::ServerResponse(answer) => {
            tracing::error!(%answer, "the provider does not accept this installation");
            Refused::Misconfigured
        }
        other => {
            tracing::error!(error = %chain(other), "the provider gives nothing for a code");
            Refused::Unreachable
        }
    }
}

fn not_trusted(error: &ClaimsVerificationError) -> Refused {
    tracing::warn!(%error, "an ID token is not taken");
    match error {
        ClaimsVerificationError::Expired(_) => Refused::Clock,
        ClaimsVerificationError::InvalidNonce(_) => Refused::Nonce,
        _ => Refused::Untrusted,
    }
}

fn misconfigured(error: impl std::fmt::Display) -> Refused {
    tracing::error!(%error, "the sign-in provider is not set right");
    Refused::Misconfigured
}

/// An error with what caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        source = inner.source();
    }
    text
}
