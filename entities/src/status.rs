//! The words that rows hold: statuses, kinds, triggers.

use std::fmt;

use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, Hash, Debug, EnumIter, DeriveActiveEnum, Serialize, Deserialize, ToSchema,
        )]
        #[sea_orm(rs_type = "String", db_type = "Text")]
        #[serde(rename_all = "camelCase")]
        pub enum $name {
            $($(#[$vdoc])* #[sea_orm(string_value = $word)] $variant),+
        }
        impl $name {
            /// The word as rows, events and the API spell it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}
pub(crate) use words;

words!(
    /// Where a sync stands. It moves from pending to running, and back where a retry may help, until it is one of the
    /// other three.
    SyncStatus {
        /// Waiting for a worker.
        Pending = "pending",
        /// A worker holds its lease.
        Running = "running",
        /// Done; its state is visible and it is a link of its branch's chain.
        Completed = "completed",
        /// Ended with an error; nothing of it is visible.
        Failed = "failed",
        /// Ended because someone asked; nothing of it is visible.
        Cancelled = "cancelled",
    }
);

impl SyncStatus {
    /// Whether the sync has ended.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

words!(
    /// What a project's credential is.
    CredentialKind {
        /// A token that is sent as it is.
        Token = "token",
        /// An installation of a GitHub App.
        GithubApp = "githubApp",
    }
);

words!(
    /// Where the delivery of an event to a webhook stands.
    DeliveryStatus {
        /// To be sent, now or later.
        Pending = "pending",
        /// It was taken.
        Delivered = "delivered",
        /// Given up.
        Failed = "failed",
    }
);

words!(
    /// What a sync does.
    SyncKind {
        /// Follows the branch to its head.
        Sync = "sync",
        /// Brings rows and memory back to an earlier sync.
        Restore = "restore",
    }
);

words!(
    /// Who asked for a sync.
    SyncTrigger {
        /// A person at a terminal.
        Cli = "cli",
        /// A request to the API.
        Api = "api",
        /// A push told by the host.
        Webhook = "webhook",
        /// A schedule, or a look at the host that found something new.
        Schedule = "schedule",
    }
);

impl SyncTrigger {
    /// Which waits first: whoever waits for the answer.
    pub fn priority(self) -> Priority {
        match self {
            Self::Cli | Self::Api => Priority::Person,
            Self::Webhook => Priority::Push,
            Self::Schedule => Priority::Schedule,
        }
    }
}

/// Which of two waiting syncs is begun first.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    Default,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[sea_orm(rs_type = "i32", db_type = "Integer")]
#[serde(rename_all = "camelCase")]
pub enum Priority {
    /// A person waits for it.
    #[default]
    Person = 0,
    /// A push was told by the host.
    Push = 1,
    /// A schedule came due.
    Schedule = 2,
}

words!(
    /// What a blob's content is.
    ContentKind {
        /// Valid UTF-8 without NUL.
        Text = "text",
        /// Anything else.
        Binary = "binary",
        /// A Git LFS pointer: the text that stands for a large file kept elsewhere.
        Lfs = "lfs",
    }
);
