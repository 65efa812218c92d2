//! Whose quota it is.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Whom a server counts requests for: a token, an installation whatever its token is at the moment, or an app itself.
///
/// Holds a digest only, which leaves this process only under a key ([`Self::name`]).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Account {
    digest: [u8; 32],
    is_shared: bool,
}

impl Account {
    /// Whoever asks this API without a token. A server counts them by address, which another machine does not share.
    pub fn nobody(api: &str) -> Self {
        Self { digest: digest(&[b"nobody", api.as_bytes()]), is_shared: false }
    }

    /// Whoever holds this token.
    pub fn token(api: &str, token: &str) -> Self {
        Self { digest: digest(&[b"token", api.as_bytes(), token.as_bytes()]), is_shared: true }
    }

    /// An installation of an app: its tokens change by the hour, its quota stays.
    pub fn installation(api: &str, app_id: u64, installation_id: u64) -> Self {
        let (app, installation) = (app_id.to_be_bytes(), installation_id.to_be_bytes());
        Self { digest: digest(&[b"app", api.as_bytes(), &app, &installation]), is_shared: true }
    }

    /// An app itself, in whose name tokens of its installations are asked for. Its private key is a part of it: whoever names
    /// an app with another key is refused, and what such an answer tells is nobody else's.
    pub fn app(api: &str, app_id: u64, private_key: &str) -> Self {
        let (app, key) = (app_id.to_be_bytes(), private_key.as_bytes());
        Self { digest: digest(&[b"app itself", api.as_bytes(), &app, key]), is_shared: true }
    }

    /// Whether other processes may ask in the same name.
    pub(super) fn is_shared(&self) -> bool {
        self.is_shared
    }

    /// What it is called where others can read it: nobody without `key` can tell whether it is a certain token's.
    pub(super) fn name(&self, key: &[u8; 32]) -> String {
        // A key of the length of a block needs no hashing, so that nothing can fail.
        let mut block = [0; 64];
        block[..32].copy_from_slice(key);
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
        mac.update(&self.digest);
        hex::encode(&mac.finalize().into_bytes()[..16])
    }
}

/// Leaves out the digest: a weak token could be guessed by it.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Account(…)")
    }
}

/// A digest of parts, each told from the next.
pub(crate) fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}
