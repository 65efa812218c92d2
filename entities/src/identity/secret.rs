//! Secrets that we make: known to whom they are shown, and to us by their digest.

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::IdentityError;

/// How many random bytes are in a secret. Nobody guesses 256 bits, so a fast digest of them is good enough.
const BYTES: usize = 32;

/// What is kept of a secret: its SHA-256.
#[derive(Clone, PartialEq, Eq)]
pub struct Digest(pub(crate) Vec<u8>);

impl Digest {
    /// The digest of a secret that somebody sent.
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).to_vec())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(…)")
    }
}

/// A new secret, which is shown to whom it is for, once.
#[derive(Clone, PartialEq, Eq)]
pub struct Issued(String);

impl Issued {
    /// A secret of 64 hexadecimal digits behind a prefix.
    ///
    /// # Errors
    /// If the operating system gives no random bytes.
    pub(super) fn generate(prefix: &str) -> Result<Self, IdentityError> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).map_err(|_| IdentityError::Random)?;
        Ok(Self(format!("{prefix}{}", hex::encode(bytes))))
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Issued(…)")
    }
}

/// Whether a text is `prefix` and 64 lower-case hexadecimal digits: for anything else the database need not be asked.
pub(super) fn is_well_formed(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|digits| {
        digits.len() == 2 * BYTES && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_secret_is_told_by_nobody_but_itself() {
        let secret = Issued::generate("ps_").unwrap();
        assert!(is_well_formed(secret.expose(), "ps_"));
        assert_ne!(secret, Issued::generate("ps_").unwrap());
        let shown = format!("{secret:?} {:?}", secret.digest());
        assert_eq!(shown, "Issued(…) Digest(…)");
        let known = Digest::of("abc");
        assert_eq!(hex::encode(&known.0), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    proptest! {
        #[test]
        fn nothing_else_is_well_formed(text in ".{0,80}") {
            let is = is_well_formed(&text, "ps_");
            prop_assert_eq!(is, text.len() == 67 && text.starts_with("ps_") && hex::decode(&text[3..]).is_ok() && text == text.to_lowercase());
        }

        #[test]
        fn cut_or_grown_ones_are_not(cut in 0..67usize) {
            let secret = Issued::generate("ps_").unwrap();
            prop_assert!(!is_well_formed(&secret.expose()[..cut], "ps_"));
            let grown = format!("{}0", secret.expose());
            prop_assert!(!is_well_formed(&grown, "ps_"));
        }
    }
}
