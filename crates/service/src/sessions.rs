//! The bytes behind the browser's session cookie, for the router's session layer. They are sealed for their id, and the id
//! itself is kept as a digest: who reads the database can neither read a session nor use one.
//!
//! This is bookkeeping of the machinery and is not audited; signing in and out is (see [`crate::auth`]).

use store::SystemTx;

use crate::{Result, Services};

/// `None` when it does not exist, has expired, or was sealed with another key.
pub async fn load(services: &Services, id: &str) -> Result<Option<Vec<u8>>> {
    let mut tx = SystemTx::read_across_all_organizations(&services.db).await?;
    let sealed =
        store::session::load(&mut tx, &stored_id(services, id), services.clock.now().seconds()).await?;
    Ok(sealed.and_then(|sealed| services.secrets.open(&place(id), &sealed)))
}

/// Keeps a new session; `false` when the id is taken. `expiry`: seconds since 1970.
pub async fn create(services: &Services, id: &str, data: &[u8], expiry: i64) -> Result<bool> {
    let sealed = services.secrets.seal(&place(id), data)?;
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    let kept = store::session::insert(&mut tx, &stored_id(services, id), sealed, expiry).await?;
    tx.commit_unaudited_bookkeeping().await?;
    Ok(kept)
}

/// Keeps a session, new or not. `expiry`: seconds since 1970.
pub async fn save(services: &Services, id: &str, data: &[u8], expiry: i64) -> Result<()> {
    let sealed = services.secrets.seal(&place(id), data)?;
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    store::session::save(&mut tx, &stored_id(services, id), sealed, expiry).await?;
    Ok(tx.commit_unaudited_bookkeeping().await?)
}

pub async fn delete(services: &Services, id: &str) -> Result<()> {
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    store::session::delete(&mut tx, &stored_id(services, id)).await?;
    Ok(tx.commit_unaudited_bookkeeping().await?)
}

/// How many were deleted.
pub async fn delete_expired(services: &Services) -> Result<u64> {
    let mut tx = SystemTx::across_all_organizations(&services.db).await?;
    let deleted = store::session::delete_expired(&mut tx, services.clock.now().seconds()).await?;
    tx.commit_unaudited_bookkeeping().await?;
    Ok(deleted)
}

fn place(id: &str) -> String {
    format!("sessions/{id}")
}

fn stored_id(services: &Services, id: &str) -> String {
    services.secrets.tag("sessions", id)
}
