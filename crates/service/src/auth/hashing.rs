//! Argon2id: password hashes, at most two being made at a time.

use std::sync::OnceLock;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::account::MAX_PASSWORD;
use sha2::{Digest as _, Sha256};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{Error, Result};

/// OWASP's Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Of no password (the output is zeros); an unknown account costs as much as a known one.
pub(super) const DUMMY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Of an account without a password: the same, so that trying one costs what it costs elsewhere.
pub(super) const NO_PASSWORD: &str = DUMMY;

/// At most two hashes at a time: each takes 19 MiB and a core.
pub(crate) struct Hashing(Semaphore);

impl Default for Hashing {
    fn default() -> Self {
        Self(Semaphore::new(2))
    }
}

impl Hashing {
    /// Waits for one's turn, not for ever: a flood of sign-ins is told to come back.
    pub(super) async fn enter(&self) -> Result<SemaphorePermit<'_>> {
        match tokio::time::timeout(Duration::from_secs(10), self.0.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(Error::TooMany { retry_after: 10 }),
        }
    }
}

fn argon2() -> Result<&'static Argon2<'static>> {
    static HASHER: OnceLock<Option<Argon2<'static>>> = OnceLock::new();
    HASHER
        .get_or_init(|| {
            let params = Params::new(MEMORY_KIB, PASSES, LANES, None).ok()?;
            Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
        })
        .as_ref()
        .ok_or_else(|| Error::Internal("the password parameters are not accepted".to_owned()))
}

/// The permit is proof of one's turn.
pub(super) async fn hash(_turn: &SemaphorePermit<'_>, password: &str) -> Result<String> {
    let password = password.to_owned();
    let hasher = argon2()?;
    let done = tokio::task::spawn_blocking(move || {
        hasher.hash_password(password.as_bytes()).map(|h: PasswordHash| h.to_string())
    });
    match done.await {
        Ok(Ok(phc)) => Ok(phc),
        Ok(Err(error)) => Err(Error::Internal(format!("cannot hash a password: {error}"))),
        Err(error) => Err(Error::Internal(format!("hashing a password ended: {error}"))),
    }
}

/// With a salt that follows from a name, for accounts whose password everybody knows: those of the demo, which is the same each time.
pub(super) async fn hash_of_demo(
    _turn: &SemaphorePermit<'_>,
    name: &'static str,
    password: &'static str,
) -> Result<String> {
    let hasher = argon2()?;
    let done = tokio::task::spawn_blocking(move || {
        let salt = &Sha256::digest([b"watchroom demo salt", name.as_bytes()].concat())[..16];
        hasher.hash_password_with_salt(password.as_bytes(), salt).map(|h: PasswordHash| h.to_string())
    });
    match done.await {
        Ok(Ok(phc)) => Ok(phc),
        Ok(Err(error)) => Err(Error::Internal(format!("cannot hash a password: {error}"))),
        Err(error) => Err(Error::Internal(format!("hashing a password ended: {error}"))),
    }
}

/// Too long a password is wrong before it is hashed, at the price of hashing.
pub(super) async fn verify(_turn: &SemaphorePermit<'_>, password: &str, phc: String) -> Result<bool> {
    let too_long = password.len() > MAX_PASSWORD * 4;
    let password = if too_long { String::new() } else { password.to_owned() };
    let hasher = argon2()?;
    let done = tokio::task::spawn_blocking(move || {
        PasswordHash::new(&phc)
            .is_ok_and(|parsed| hasher.verify_password(password.as_bytes(), &parsed).is_ok())
    });
    let fits = done.await.map_err(|error| Error::Internal(format!("checking a password ended: {error}")))?;
    Ok(fits && !too_long)
}

/// Whether a stored hash was made with today's parameters.
pub(super) fn is_current(phc: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(phc) else { return false };
    let Ok(params) = Params::try_from(&parsed) else { return false };
    parsed.algorithm.as_str() == "argon2id"
        && (params.m_cost(), params.t_cost(), params.p_cost()) == (MEMORY_KIB, PASSES, LANES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dummy_costs_what_a_real_hash_costs() {
        assert!(is_current(DUMMY));
        let phc: PasswordHash = argon2().unwrap().hash_password(b"x").unwrap();
        assert!(is_current(&phc.to_string()));
        assert!(!is_current(
            "$argon2id$v=19$m=4096,t=3,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        ));
    }
}
