//! Passwords: argon2id, a bounded number at once.
//!
//! A hash costs 19 MiB and some tens of milliseconds by design, so whoever may ask for one without limit could stop the
//! service. [`MAX_AT_ONCE`] are computed at a time, [`MAX_WAITING`] wait, and any more are refused.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version, password_hash::phc};
use tokio::sync::Semaphore;

use super::IdentityError;

/// The shortest new password, in bytes.
pub const MIN_BYTES: usize = 8;
/// The longest password, in bytes.
pub const MAX_BYTES: usize = 1_024;

/// The memory of one hash, in KiB; with the next two what OWASP recommends for argon2id.
const MEMORY_KIB: u32 = 19 * 1_024;
/// How often the memory is gone over.
const PASSES: u32 = 2;
/// How many lanes could be gone over in parallel.
const LANES: u32 = 1;

/// How many hashes are computed at the same time.
pub const MAX_AT_ONCE: usize = 2;
/// How many may wait for their turn, those that are being computed included.
pub const MAX_WAITING: usize = 32;

static TURNS: Semaphore = Semaphore::const_new(MAX_AT_ONCE);
static PLACES: Semaphore = Semaphore::const_new(MAX_WAITING);

/// What is compared with where there is no user of a name, so that the answer takes as long as where there is one. It is
/// the hash of nothing that could be sent: its digits are made up.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5bm9ib2R5bm9ibw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password that somebody sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// A password to be compared with another, whatever it is.
    pub fn given(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A new password.
    ///
    /// # Errors
    /// If it is too short or too long.
    pub fn chosen(text: impl Into<String>) -> Result<Self, IdentityError> {
        let text = text.into();
        if !(MIN_BYTES..=MAX_BYTES).contains(&text.len()) {
            let why = format!("must be {MIN_BYTES} to {MAX_BYTES} bytes long");
            return Err(IdentityError::invalid("password", why));
        }
        Ok(Self(text))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// What is kept of a password: a PHC string.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub(crate) String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// Computes what is kept of a password.
///
/// # Errors
/// [`IdentityError::Busy`], and [`IdentityError::Random`] if there is no salt.
pub async fn hash(password: Password) -> Result<PasswordHash, IdentityError> {
    in_turn(move || {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(|_| IdentityError::Random)?;
        let hash: Result<phc::PasswordHash, _> =
            hasher()?.hash_password_with_salt(password.0.as_bytes(), &salt);
        hash.map(|hash| PasswordHash(hash.to_string())).map_err(|_| IdentityError::Random)
    })
    .await?
}

/// Whether a password is the one that `kept` was computed of. Without one it is not, after the same time.
///
/// # Errors
/// [`IdentityError::Busy`].
pub async fn verify(password: Password, kept: Option<PasswordHash>) -> Result<bool, IdentityError> {
    if password.0.len() > MAX_BYTES {
        return Ok(false);
    }
    in_turn(move || {
        let is_somebody = kept.is_some();
        let kept = kept.map_or_else(|| NOBODY.to_owned(), |kept| kept.0);
        let hasher = hasher()?;
        let is_right = hasher.verify_password(password.0.as_bytes(), kept.as_str()).is_ok();
        Ok(is_right && is_somebody)
    })
    .await?
}

fn hasher() -> Result<Argon2<'static>, IdentityError> {
    // The numbers are constants that a test computes with: this does not fail.
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| IdentityError::Random)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Does something slow beside the runtime, when it is its turn.
async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, IdentityError> {
    let _place = PLACES.try_acquire().map_err(|_| IdentityError::Busy)?;
    let _turn = TURNS.acquire().await.map_err(|_| IdentityError::Busy)?;
    tokio::task::spawn_blocking(work).await.map_err(|_| IdentityError::Busy)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use futures::{FutureExt, future::join_all};

    use super::*;

    #[tokio::test]
    async fn a_password_is_known_again() {
        let chosen = Password::chosen("correct horse").unwrap();
        let (one, two) = (hash(chosen.clone()).await.unwrap(), hash(chosen.clone()).await.unwrap());
        assert_ne!(one, two, "each has its own salt");
        assert!(one.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$") && one.0.len() <= 300, "{}", one.0);
        for kept in [one.clone(), two] {
            assert!(verify(chosen.clone(), Some(kept)).await.unwrap());
        }
        for wrong in ["", "correct hors", "correct horse ", "Correct horse"] {
            assert!(!verify(Password::given(wrong), Some(one.clone())).await.unwrap(), "{wrong:?}");
        }
        assert!(!verify(chosen.clone(), Some(PasswordHash("no hash".to_owned()))).await.unwrap());
        assert!(!verify(Password::given("x".repeat(MAX_BYTES + 1)), Some(one)).await.unwrap());
        assert_eq!(format!("{chosen:?}"), "Password(…)");
    }

    /// Whoever is not there costs the same work as whoever is.
    #[tokio::test]
    async fn nobody_is_computed_like_somebody() {
        let somebody = hash(Password::given("correct horse")).await.unwrap();
        let (ours, nobody) = (phc::PasswordHash::new(&somebody.0), phc::PasswordHash::new(NOBODY));
        let (ours, nobody) = (ours.unwrap(), nobody.unwrap());
        assert_eq!(
            (ours.algorithm, ours.version, &ours.params),
            (nobody.algorithm, nobody.version, &nobody.params)
        );
        assert_eq!(ours.hash.unwrap().len(), nobody.hash.unwrap().len());
        assert_eq!(ours.salt.unwrap().len(), nobody.salt.unwrap().len());
        let begun = Instant::now();
        assert!(!verify(Password::given("correct horse"), None).await.unwrap());
        assert!(begun.elapsed().as_millis() >= 2, "19 MiB were gone over twice");
    }

    #[tokio::test]
    async fn only_so_many_wait() {
        let all = (0..MAX_WAITING + 5).map(|_| verify(Password::given("x"), None));
        let mut all = std::pin::pin!(join_all(all));
        // Nobody gets a turn, so nobody makes room either, before all have asked.
        let turns = TURNS.acquire_many(MAX_AT_ONCE as u32).await.unwrap();
        assert!(all.as_mut().now_or_never().is_none());
        drop(turns);
        let answers = all.await;
        let refused = answers.iter().filter(|answer| matches!(answer, Err(IdentityError::Busy))).count();
        assert_eq!(refused, 5);
        assert!(!verify(Password::given("x"), None).await.unwrap(), "places are free again");
    }

    #[test]
    fn new_passwords_have_a_length() {
        for (length, is_good) in [(0, false), (7, false), (8, true), (1_024, true), (1_025, false)] {
            assert_eq!(Password::chosen("x".repeat(length)).is_ok(), is_good, "{length}");
        }
    }
}
