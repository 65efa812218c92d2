//! The keys that secrets in the database are sealed with, and that others are derived from.
//!
//! A key is 32 random bytes, written as 64 hexadecimal digits on a line of its own; empty lines and those that begin
//! with `#` do not count. The first key of a ring seals, all of them open: to change keys, a new one is put first, what
//! is stored is sealed anew, and the old one is removed. A key is named by a fingerprint, so rows tell which one they
//! need. No key is used itself; each use has a key of its own, derived by HKDF-SHA-256 (RFC 5869).
//!
//! What is sealed is `1 ‖ nonce (12) ‖ AES-256-GCM ciphertext and tag`. Nonces are random, which GCM bears for 2³²
//! sealings with one key.

mod store;

use std::fmt;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    error::Unspecified,
    hkdf::{HKDF_SHA256, KeyType, Salt},
    rand,
};
use zeroize::Zeroizing;

pub use store::{KeyStore, KeysError};

/// The most keys of a ring.
pub const MAX_KEYS: usize = 16;

/// The length of a key and of all that is derived from one, in bytes.
pub const KEY_BYTES: usize = 32;

/// What the derivation of all our keys is salted with, so that the same bytes used elsewhere give other keys.
const SALT: &[u8] = b"project-sync keys 1";

/// What a key's fingerprint is derived for.
const FINGERPRINT: &str = "fingerprint";

/// What the key that seals is derived for.
const SEAL: &str = "seal";

/// How many bytes of a fingerprint name a key.
const FINGERPRINT_BYTES: usize = 8;

/// The first byte of what is sealed as this version does.
const FORMAT: u8 = 1;

/// A key as it is derived from.
type KeyBytes = Zeroizing<[u8; KEY_BYTES]>;

/// The keys of an installation: at least one, at most [`MAX_KEYS`].
pub struct KeyRing {
    keys: Vec<Key>,
}

/// One key.
struct Key {
    id: String,
    secret: KeyBytes,
}

/// Bytes that only the ring's keys open.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Which key opens it.
    pub key_id: String,
    /// Format, nonce, ciphertext and tag.
    pub bytes: Vec<u8>,
}

/// Why a list of keys is not taken. Nothing of a key is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyRingError {
    /// No line holds a key.
    #[error("there is no key in it")]
    Empty,
    /// A line is not 64 hexadecimal digits.
    #[error("line {0} is not a key: a key is 64 hexadecimal digits (32 random bytes)")]
    NotAKey(usize),
    /// The same key twice.
    #[error("line {0} repeats a key")]
    Repeated(usize),
    /// More than [`MAX_KEYS`].
    #[error("there are more than {MAX_KEYS} keys in it")]
    TooMany,
    /// The cryptographic library refused to work.
    #[error("the cryptographic library failed")]
    Library,
}

/// Why sealed bytes do not open.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OpenError {
    /// They were sealed with a key that is not in the ring.
    #[error("it is sealed with key {0}, which is not among the configured ones")]
    UnknownKey(String),
    /// They, or what they belong to, were changed since.
    #[error("it does not open with its key: it was altered, or belongs to something else")]
    Altered,
}

impl From<Unspecified> for KeyRingError {
    fn from(_: Unspecified) -> Self {
        Self::Library
    }
}

impl KeyRing {
    /// Reads keys from a text: one a line or parted by commas, the first one seals.
    ///
    /// # Errors
    /// See [`KeyRingError`].
    pub fn parse(text: &str) -> Result<Self, KeyRingError> {
        let mut keys: Vec<Key> = Vec::new();
        let is_key = |(_, line): &(usize, &str)| !line.is_empty() && !line.starts_with('#');
        let lines = (1..).zip(text.lines().map(str::trim)).filter(is_key);
        for (number, word) in lines.flat_map(|(number, line)| line.split(',').map(move |word| (number, word)))
        {
            let key = Key::parse(word.trim(), number)?;
            if keys.iter().any(|known| known.id == key.id) {
                return Err(KeyRingError::Repeated(number));
            }
            if keys.len() == MAX_KEYS {
                return Err(KeyRingError::TooMany);
            }
            keys.push(key);
        }
        if keys.is_empty() { Err(KeyRingError::Empty) } else { Ok(Self { keys }) }
    }

    /// The line of a new random key.
    ///
    /// # Errors
    /// If the system gives no random bytes.
    pub fn new_line() -> Result<Zeroizing<String>, KeyRingError> {
        let mut bytes: KeyBytes = Zeroizing::default();
        rand::fill(bytes.as_mut_slice())?;
        Ok(Zeroizing::new(hex::encode(bytes.as_slice())))
    }

    /// The names of the keys; the first one seals.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| key.id.as_str())
    }

    /// The name of the key that seals.
    pub fn first_id(&self) -> &str {
        self.keys.first().map_or("", |key| &key.id)
    }

    /// Seals `plain` with the first key. It opens only together with the same `context`, which is not part of it.
    ///
    /// # Errors
    /// If the library fails.
    pub fn seal(&self, context: &[u8], plain: &[u8]) -> Result<Sealed, KeyRingError> {
        let key = self.keys.first().ok_or(KeyRingError::Empty)?;
        // Sealed in place: no copy of the plain bytes is left behind in memory that grew.
        let mut body = Vec::with_capacity(plain.len() + AES_256_GCM.tag_len());
        body.extend_from_slice(plain);
        let nonce = key.sealer()?.seal_in_place_append_tag(Aad::from(context), &mut body)?;
        let mut bytes = Vec::with_capacity(1 + NONCE_LEN + body.len());
        bytes.push(FORMAT);
        bytes.extend_from_slice(nonce.as_ref());
        bytes.append(&mut body);
        Ok(Sealed { key_id: key.id.clone(), bytes })
    }

    /// Opens what was sealed in the same `context`.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(&self, context: &[u8], sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let key = self.keys.iter().find(|key| key.id == sealed.key_id);
        let key = key.ok_or_else(|| OpenError::UnknownKey(sealed.key_id.clone()))?;
        let (nonce, body) = match sealed.bytes.split_first() {
            Some((&FORMAT, rest)) => rest.split_at_checked(NONCE_LEN).ok_or(OpenError::Altered)?,
            _ => return Err(OpenError::Altered),
        };
        let altered = |_: Unspecified| OpenError::Altered;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(altered)?;
        let mut body = Zeroizing::new(body.to_vec());
        let sealer = key.sealer().map_err(|_| OpenError::Altered)?;
        let length = sealer.open_in_place(nonce, Aad::from(context), &mut body).map_err(altered)?.len();
        body.truncate(length);
        Ok(body)
    }

    /// A key for `purpose`, derived from the first one: the same for all processes with the same ring.
    ///
    /// # Errors
    /// If the library fails.
    pub fn derive(&self, purpose: &str) -> Result<KeyBytes, KeyRingError> {
        self.keys.first().ok_or(KeyRingError::Empty)?.derive(&format!("use {purpose}"))
    }

    /// The keys for `purpose` of all keys of the ring, the first one's first: what was signed before the keys changed
    /// is checked with these.
    ///
    /// # Errors
    /// If the library fails.
    pub fn derive_all(&self, purpose: &str) -> Result<Vec<KeyBytes>, KeyRingError> {
        self.keys.iter().map(|key| key.derive(&format!("use {purpose}"))).collect()
    }
}

impl Key {
    fn parse(line: &str, number: usize) -> Result<Self, KeyRingError> {
        let mut secret: KeyBytes = Zeroizing::default();
        hex::decode_to_slice(line, secret.as_mut_slice()).map_err(|_| KeyRingError::NotAKey(number))?;
        let mut key = Self { id: String::new(), secret };
        key.id = hex::encode(&key.derive(FINGERPRINT)?[..FINGERPRINT_BYTES]);
        Ok(key)
    }

    fn derive(&self, info: &str) -> Result<KeyBytes, KeyRingError> {
        let parent = Salt::new(HKDF_SHA256, SALT).extract(self.secret.as_slice());
        let mut derived: KeyBytes = Zeroizing::default();
        parent.expand(&[info.as_bytes()], Length)?.fill(derived.as_mut_slice())?;
        Ok(derived)
    }

    fn sealer(&self) -> Result<RandomizedNonceKey, KeyRingError> {
        Ok(RandomizedNonceKey::new(&AES_256_GCM, self.derive(SEAL)?.as_slice())?)
    }
}

/// How much is derived: [`KEY_BYTES`].
struct Length;

impl KeyType for Length {
    fn len(&self) -> usize {
        KEY_BYTES
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ids()).finish()
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed(with {}, {} bytes)", self.key_id, self.bytes.len())
    }
}

#[cfg(test)]
mod tests;
