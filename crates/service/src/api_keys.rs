//! API keys: made once, shown once, kept as SHA-256; never more than their maker may do now.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::api_key::{self, ApiKey, NewApiKey};
use domain::audit::{Action, AuditEntry, hex};
use domain::permission::{ApiKeyRead, ApiKeyWrite, Holder, Key, PermissionSet, SourceWrite};
use domain::source::Source;
use domain::{ApiKeyId, Invalid, OrganizationId, SourceId, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::{SystemTx, WriteTx};
use subtle::ConstantTimeEq as _;

use crate::secrets::random;
use crate::{Actor, Client, Cx, Error, Result, Services, Who, organizations};

/// What every secret begins with, so that scanners for leaked secrets know it.
pub const PREFIX: &str = "wr_";

/// Newest first, revoked ones too; never a secret.
pub async fn list(cx: &Cx<ApiKeyRead>) -> Result<Vec<ApiKey>> {
    Ok(store::api_key::list(&mut cx.read().await?).await?)
}

/// The keys that are bound to a source, newest first, revoked ones too.
pub async fn of_source(cx: &Cx<ApiKeyRead>, source: SourceId) -> Result<Vec<ApiKey>> {
    Ok(store::api_key::of_source(&mut cx.read().await?, source).await?)
}

/// Makes a key. The text is its secret; nobody can read it again.
pub async fn create(cx: &Cx<ApiKeyWrite>, new: NewApiKey) -> Result<(ApiKey, String)> {
    new.check()?;
    let now = cx.now();
    if new.expires_at.is_some_and(|at| at <= now) {
        return Err(Invalid::field("expires_at", "choose a time in the future, or leave it empty").into());
    }
    let (user_id, owner) = match &cx.actor.who {
        Who::User(user) => (Some(user.id), Some(user.email.clone())),
        Who::System(_) => (None, None),
        // It would outlive its own revocation.
        Who::ApiKey { .. } => return Err(Error::Forbidden),
    };
    let of_platform = match &cx.actor.who {
        Who::User(user) => user.is_sre,
        Who::System(_) => true,
        Who::ApiKey { .. } => false,
    };
    if new.is_of_platform() && !of_platform {
        return Err(
            Invalid::field("scopes", "only the platform role gives scopes over all organizations").into()
        );
    }
    let mut tx = cx.write().await?;
    let source = match &new.source {
        Some(name) => Some(source_to_bind(&mut tx, name).await?),
        None => None,
    };
    let secret = format!("{PREFIX}{}", hex(&random::<32>()?));
    let key = ApiKey {
        id: cx.services.clock.id(),
        user_id,
        owner,
        name: new.name.trim().to_owned(),
        key_prefix: secret.chars().take(8).collect(),
        scopes: new.scopes,
        source_id: source.as_ref().map(|source| source.id),
        source: source.map(|source| source.name),
        expires_at: new.expires_at,
        last_used_at: None,
        revoked_at: None,
        created_at: now,
    };
    store::api_key::insert(&mut tx, &key, &hash_of(&secret)).await?;
    tx.commit(AuditEntry::new(Action::API_KEY_CREATED, "api_key", key.id).change(None, Some(told(&key))))
        .await?;
    Ok((key, secret))
}

/// The source stays until the key is there: whoever deletes it takes the same lock.
async fn source_to_bind(tx: &mut WriteTx, name: &str) -> Result<Source> {
    store::organization::lock(tx).await?;
    store::source::by_name(tx, name).await?.ok_or_else(|| {
        let reason = "there is no source of this name; add it under Sources, or send one event as it";
        Invalid::field("source", reason).into()
    })
}

/// It works no more, at once in this process and within five seconds in others.
pub async fn revoke(cx: &Cx<ApiKeyWrite>, id: ApiKeyId) -> Result<()> {
    let mut tx = cx.write().await?;
    let old = store::api_key::get(&mut tx, id).await?.ok_or(Error::NotFound)?;
    if old.revoked_at.is_some() {
        return Err(Error::Conflict("this key is revoked already".to_owned()));
    }
    let now = tx.now();
    store::api_key::revoke(&mut tx, id, now).await?;
    let new = ApiKey { revoked_at: Some(now), ..old.clone() };
    tx.commit(revoked(&old, &new, json!({}))).await?;
    cx.services.memory.keys.forget_all();
    Ok(())
}

/// Revokes what is bound to a source that is deleted in the same transaction; an entry each.
///
/// # Errors
/// `Conflict` for who may change sources and no keys.
pub(crate) async fn revoke_of_source(
    cx: &Cx<SourceWrite>,
    tx: &mut WriteTx,
    source: SourceId,
) -> Result<Vec<AuditEntry>> {
    let now = tx.now();
    let mut keys = store::api_key::of_source(tx, source).await?;
    keys.retain(|key| key.revoked_at.is_none());
    let works = |key: &ApiKey| key.expires_at.is_none_or(|end| end > now);
    if keys.iter().any(works) && !cx.actor.permissions.has(Key::ApiKeyWrite) {
        let reason = "API keys are bound to this source; whoever may revoke them can delete it";
        return Err(Error::Conflict(reason.to_owned()));
    }
    store::api_key::unbind(tx, source, now).await?;
    let entry = |old: ApiKey| {
        let new = ApiKey { revoked_at: Some(now), ..old.clone() };
        revoked(&old, &new, json!({ "by": "the deletion of its source" }))
    };
    Ok(keys.into_iter().map(entry).collect())
}

/// `more`: an object of what else is to be said.
fn revoked(old: &ApiKey, new: &ApiKey, mut more: Value) -> AuditEntry {
    // The change alone says when, and not which one it was.
    more["name"] = json!(new.name);
    more["key_prefix"] = json!(new.key_prefix);
    AuditEntry::new(Action::API_KEY_REVOKED, "api_key", new.id)
        .metadata(more)
        .change(Some(told(old)), Some(told(new)))
}

/// For the command line. The key has no maker, so its scopes alone bound it.
pub async fn create_for_organization(
    services: &Services,
    slug: &str,
    new: NewApiKey,
) -> Result<(ApiKey, String)> {
    let organization = organizations::by_slug(services, slug).await?;
    create(&services.admit(&Actor::system("command line", organization.id))?, new).await
}

/// The actor of a request that brings a key: its scopes, within what its maker may do in the organization now.
///
/// [`Error::Unauthenticated`] when it is no key, is revoked or expired, its maker is gone, or the organization suspended.
pub async fn authenticate(services: &Services, bearer: &str, client: &Client) -> Result<Actor> {
    let now = services.clock.now();
    let digest = digest_of(bearer).ok_or(Error::Unauthenticated)?;
    let known = match services.memory.keys.get(&digest) {
        Some(known) => known,
        None => look_up(services, digest).await?,
    };
    if known.expires_at.is_some_and(|at| at <= now) {
        return Err(Error::Unauthenticated);
    }
    if known.last_used_at.is_none_or(|at| now >= at.plus_seconds(60)) {
        services.memory.keys.note_use(&digest, now);
        note_use(services, &known, now).await;
    }
    Ok(Actor {
        who: Who::ApiKey { id: known.id, prefix: known.prefix, source: known.source },
        organization: known.organization,
        permissions: known.permissions,
        role: None,
        session: None,
        client: client.clone(),
    })
}

/// Keys that worked a moment ago: an ingesting client sends its key with every batch.
#[derive(Default)]
pub(crate) struct KeyCache(Mutex<HashMap<Digest32, (Instant, Known)>>);

type Digest32 = [u8; 32];

const REMEMBERED: Duration = Duration::from_secs(5);
const MOST: usize = 10_000;

/// What a working key amounts to.
#[derive(Clone)]
struct Known {
    id: ApiKeyId,
    prefix: String,
    organization: OrganizationId,
    permissions: PermissionSet,
    source: Option<SourceId>,
    expires_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
}

impl KeyCache {
    /// After anything that may take a permission away.
    pub(crate) fn forget_all(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
    fn get(&self, digest: &Digest32) -> Option<Known> {
        let cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cache.get(digest).filter(|(since, _)| since.elapsed() < REMEMBERED).map(|(_, known)| known.clone())
    }
    fn put(&self, digest: Digest32, known: Known) {
        let mut cache = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= MOST {
            cache.clear();
        }
        cache.insert(digest, (Instant::now(), known));
    }
    /// Keeps the moment it was looked up.
    fn note_use(&self, digest: &Digest32, now: Timestamp) {
        if let Some((_, known)) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(digest) {
            known.last_used_at = Some(now);
        }
    }
}

/// `None`: not the form of a key.
fn digest_of(secret: &str) -> Option<Digest32> {
    let rest = secret.strip_prefix(PREFIX)?;
    (rest.len() == 64 && rest.bytes().all(|b| b.is_ascii_hexdigit()))
        .then(|| Sha256::digest(secret.as_bytes()).into())
}

fn hash_of(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

async fn look_up(services: &Services, digest: Digest32) -> Result<Known> {
    let hash = hex(&digest);
    let holder = {
        let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
        store::api_key::by_hash(&mut tx, &hash).await?.ok_or(Error::Unauthenticated)?
    };
    let same: bool = holder.key_hash.as_bytes().ct_eq(hash.as_bytes()).into();
    let maker_allows = match (holder.maker_enabled, holder.maker_role, holder.maker_is_sre) {
        (None, _, _) => Some(PermissionSet::all()),
        (Some(true), Some(role), false) => Some(PermissionSet::of_role(role)),
        // What the platform role adds goes with the person.
        (Some(true), Some(role), true) => {
            Some(PermissionSet::of_role(role).with(Key::OrganizationRead).with(Key::OrganizationCreate))
        }
        (Some(true), None, true) => Some(PermissionSet::of(Holder::Sre)),
        (Some(_), _, _) => None,
    };
    let Some(allowed) = maker_allows.filter(|_| same && holder.key.revoked_at.is_none()) else {
        return Err(Error::Unauthenticated);
    };
    if !holder.organization_active {
        return Err(Error::Suspended);
    }
    // Whatever its scopes say.
    let allowed = match holder.key.source_id {
        Some(_) => allowed.intersect(PermissionSet::NONE.with(Key::EventWrite)),
        None => allowed,
    };
    let known = Known {
        id: holder.key.id,
        prefix: holder.key.key_prefix,
        organization: holder.organization,
        permissions: api_key::permissions(&holder.key.scopes).intersect(allowed),
        source: holder.key.source_id,
        expires_at: holder.key.expires_at,
        last_used_at: holder.key.last_used_at,
    };
    services.memory.keys.put(digest, known.clone());
    Ok(known)
}

/// A failure to note is not a reason to refuse the request.
async fn note_use(services: &Services, known: &Known, now: Timestamp) {
    let note = async {
        let mut tx = SystemTx::across_all_organizations(&services.db).await?;
        store::api_key::touch(&mut tx, known.organization, known.id, now).await?;
        tx.commit_unaudited_bookkeeping().await
    };
    match tokio::time::timeout(Duration::from_secs(1), note).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "when a key was last used could not be kept"),
        Err(_) => tracing::debug!("when a key was last used could not be kept in time"),
    }
}

/// What the audit log keeps of a key.
fn told(key: &ApiKey) -> Value {
    json!({
        "name": key.name, "key_prefix": key.key_prefix, "scopes": key.scopes, "source": key.source,
        "expires_at": key.expires_at, "revoked_at": key.revoked_at,
    })
}
