//! Secrets at rest: XChaCha20-Poly1305 under the key of the data folder, bound to their place by associated data.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use domain::audit::hex;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

use crate::{Error, Result};

/// The key ring: today one key, named by the first 8 hex digits of its SHA-256, so that a later one can be told apart.
pub struct Secrets {
    key: [u8; 32],
    id: String,
}

const NONCE: usize = 24;

impl Secrets {
    pub fn new(key: [u8; 32]) -> Self {
        Self { key, id: key_id(&key) }
    }
    /// A fresh random key, for the first start.
    pub fn generate_key() -> Result<[u8; 32]> {
        random()
    }
    /// `v1` + key id (8) + nonce (24) + ciphertext. `place` is e.g. `sessions/<id>`; it must be the same to open.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>> {
        let nonce: [u8; NONCE] = random()?;
        let sealed = self
            .cipher()
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: place.as_bytes() })
            .map_err(|_| Error::Internal("cannot encrypt".to_owned()))?;
        Ok([b"v1", self.id.as_bytes(), &nonce, &sealed].concat())
    }
    /// `None` when it was sealed with another key, for another place, or was changed.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let rest = sealed.strip_prefix(b"v1")?.strip_prefix(self.id.as_bytes())?;
        let (nonce, ciphertext) = rest.split_at_checked(NONCE)?;
        let nonce: [u8; NONCE] = nonce.try_into().ok()?;
        self.cipher().decrypt(&XNonce::from(nonce), Payload { msg: ciphertext, aad: place.as_bytes() }).ok()
    }
    /// Names something without telling it: hex SHA-256 under the key. The same text has the same tag in the same place.
    pub fn tag(&self, place: &str, text: &str) -> String {
        let mut h = Sha256::new();
        h.update(self.key);
        h.update((place.len() as u64).to_be_bytes());
        h.update(place.as_bytes());
        h.update(text.as_bytes());
        hex(&h.finalize())
    }
    /// Whether that is the [`tag`](Self::tag) of the text; the time that it takes does not tell how much of it is right.
    pub fn is_tag(&self, place: &str, text: &str, tag: &str) -> bool {
        self.tag(place, text).as_bytes().ct_eq(tag.as_bytes()).into()
    }
    /// The seed of a key of another kind, which follows from this one and does not tell it.
    pub(crate) fn seed(&self, purpose: &str) -> [u8; 32] {
        let mut h = Sha256::new();
        h.update(b"watchroom seed");
        h.update((purpose.len() as u64).to_be_bytes());
        h.update(purpose.as_bytes());
        h.update(self.key);
        h.finalize().into()
    }
    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(self.key))
    }
}

/// Names a key without telling it: the first 8 hex digits of its SHA-256.
pub fn key_id(key: &[u8; 32]) -> String {
    hex(&Sha256::digest(key))[..8].to_owned()
}

/// Bytes from the system's random source.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0u8; N];
    getrandom::fill(&mut bytes).map_err(|e| Error::Internal(format!("no randomness: {e}")))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_secret_opens_only_with_its_key_and_place() {
        let a = Secrets::new([1; 32]);
        let sealed = a.seal("sessions/1", b"plain").unwrap();
        assert_eq!(a.open("sessions/1", &sealed).as_deref(), Some(&b"plain"[..]));
        assert_eq!(a.open("sessions/2", &sealed), None);
        assert_eq!(Secrets::new([2; 32]).open("sessions/1", &sealed), None);
        let mut changed = sealed;
        *changed.last_mut().unwrap() ^= 1;
        assert_eq!(a.open("sessions/1", &changed), None);
        let tag = a.tag("form", "text");
        assert!(a.is_tag("form", "text", &tag) && !a.is_tag("form", "text2", &tag));
        assert!(!a.is_tag("other", "text", &tag) && !Secrets::new([2; 32]).is_tag("form", "text", &tag));
    }
}
