//! A request that carries an `Idempotency-Key` is done once: who says it again gets the first answer.
//!
//! The first transaction of the request that commits takes the key with it ([`store::scope::Once`]), so that two requests at the same
//! time cannot both be done, and one that was done is known even if the server ended before it answered. The answer is
//! kept when it is known: sealed, since some answers hold a secret that is told once. After a day all is forgotten.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::SystemTx;
use store::idempotency::UNDER_WAY;
use store::ingest::Answer;
pub use store::scope::Once;

use crate::events::check_key;
use crate::{Actor, Error, Result, Services};

/// An answer as it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub status: u16,
    /// Those that say something of the body: its type, its tag, where it lies.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Services {
    /// For one request: its first commit takes the key.
    #[must_use]
    pub fn once(&self, once: Once) -> Self {
        Self { once: Some(once), ..self.clone() }
    }
}

/// The answer that was given to this request before; `None` when it is new.
///
/// # Errors
/// `Invalid` where the key is none; `Conflict` where it was used for another request, or what was done under it has no answer (yet).
pub async fn earlier(services: &Services, actor: &Actor, once: &Once) -> Result<Option<Kept>> {
    check_key(&once.key)?;
    let kept = {
        let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
        store::idempotency::kept(&mut tx, actor.organization, &once.key).await?
    };
    let Some(Answer { request_hash, status, response }) = kept else { return Ok(None) };
    if request_hash != once.request_hash {
        return Err(Error::Conflict(
            "this Idempotency-Key was used for another request; use a new key for a new request".to_owned(),
        ));
    }
    let opened = if status == UNDER_WAY { None } else { open(services, actor, &once.key, &response) };
    opened.map(Some).ok_or_else(|| {
        Error::Conflict(
            "this request was done already, but its answer is not kept (yet); read what it made before you send it under a new key"
                .to_owned(),
        )
    })
}

/// Keeps the answer for who asks again.
pub async fn keep(services: &Services, actor: &Actor, once: &Once, kept: &Kept) -> Result<()> {
    let plain = serde_json::to_vec(kept)
        .map_err(|error| Error::Internal(format!("an answer cannot be kept: {error}")))?;
    let sealed = services.secrets.seal(&place(actor, &once.key), &plain)?;
    let answer = Answer {
        request_hash: once.request_hash.clone(),
        status: i64::from(kept.status),
        response: json!({ "sealed": BASE64_STANDARD.encode(sealed) }),
    };
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    store::idempotency::keep(&mut tx, actor.organization, &once.key, &answer, services.clock.now()).await?;
    Ok(tx.commit_unaudited_bookkeeping().await?)
}

fn open(services: &Services, actor: &Actor, key: &str, response: &Value) -> Option<Kept> {
    let sealed = BASE64_STANDARD.decode(response["sealed"].as_str()?).ok()?;
    let plain = services.secrets.open(&place(actor, key), &sealed)?;
    serde_json::from_slice(&plain).ok()
}

fn place(actor: &Actor, key: &str) -> String {
    format!("idempotency/{}/{key}", actor.organization)
}
