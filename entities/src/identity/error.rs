//! Why something about identity cannot be done.

use sea_orm::DbErr;

/// Why a user, a member, a token, … is not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The database is away, or refuses.
    #[error(transparent)]
    Database(#[from] DbErr),
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes")]
    Random,
    /// A value cannot be accepted.
    #[error("{field} {why}")]
    Invalid {
        /// Which one.
        field: &'static str,
        /// What is wrong with it, as the end of a sentence that begins with its name.
        why: String,
    },
    /// Somebody or something of this name exists.
    #[error("there is a {what} of this name already")]
    NameTaken {
        /// What: a user, a member, a tenant.
        what: &'static str,
    },
    /// There is none of this id or name (any more).
    #[error("there is no such {what}")]
    NotFound {
        /// What: a user, a member, a project, …
        what: &'static str,
    },
    /// More would be given than the giver has.
    #[error("nobody gives more than they have: {missing}")]
    TooMuch {
        /// What the giver does not have.
        missing: String,
    },
    /// A tenant would be left without an owner who can log in.
    #[error("the last owner of a tenant stays one")]
    LastOwner,
    /// The first user is there already.
    #[error("there is a user already")]
    AlreadySetUp,
    /// There are too many of them.
    #[error("there are {most} {what} already")]
    TooMany {
        /// What there are too many of.
        what: &'static str,
        /// How many there may be.
        most: u64,
    },
    /// Too many passwords are being checked just now. The same may go well in a moment.
    #[error("too many passwords are being checked at once")]
    Busy,
}

impl IdentityError {
    pub(super) fn invalid(field: &'static str, why: impl Into<String>) -> Self {
        Self::Invalid { field, why: why.into() }
    }
}

/// Why a token or a session lets nobody in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// There is none like it.
    #[error("it is not known")]
    Unknown,
    /// Its time is over.
    #[error("it has expired")]
    Expired,
    /// It was revoked.
    #[error("it was revoked")]
    Revoked,
    /// The user in whose name it acts is disabled.
    #[error("its user is disabled")]
    Disabled,
    /// The user in whose name it acts is no member of its tenant any more.
    #[error("its user is no member of the tenant any more")]
    NotMember,
}

/// What comes of looking at a token or a session: who it is, or why nobody.
pub type Checked<T> = Result<T, Refusal>;
