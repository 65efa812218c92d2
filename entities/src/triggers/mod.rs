//! What asks for syncs by itself: hooks that hosts send, schedules, and looks at branches now and then.
//!
//! What is due is found in the name of the system, in all tenants, and claimed for a while by whoever found it first;
//! what follows is done in the tenant's name. Whoever claims and then goes away only delays.

pub mod deliveries;
pub mod hooks;
pub mod polls;
pub mod schedules;

use std::fmt;

use sea_orm::{DeriveActiveEnum, EnumIter};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::status::words;

words!(
    /// Which kind of host sends a hook.
    HookKind {
        /// GitHub, or GitHub Enterprise.
        Github = "github",
        /// GitLab.
        Gitlab = "gitlab",
        /// Gitea or Forgejo.
        Gitea = "gitea",
    }
);

words!(
    /// What came of something that a host sent.
    DeliveryResult {
        /// A sync was asked for.
        Queued = "queued",
        /// The branch is not synced here.
        Untracked = "untracked",
        /// The branch was deleted at its host; that was noted.
        Deleted = "deleted",
        /// The host tried whether anybody answers.
        Ping = "ping",
        /// It is about something else.
        Ignored = "ignored",
        /// It is about another repository than the project's.
        OtherRepository = "otherRepository",
        /// It was signed and could not be read.
        Unreadable = "unreadable",
        /// A sync was asked for, and the pushed commit was never seen at the branch: something newer may have replaced it.
        Unseen = "unseen",
    }
);

words!(
    /// What came of a schedule that was due.
    RunResult {
        /// A sync was asked for.
        Queued = "queued",
        /// One that waits already does as well.
        Joined = "joined",
        /// There is nothing to sync: no branch of the project is known.
        NoBranch = "noBranch",
    }
);

words!(
    /// What came of a look at a project's branches.
    PollResult {
        /// All are as they were.
        Same = "same",
        /// At least one is another, and a sync was asked for.
        Changed = "changed",
        /// The repository could not be asked.
        Failed = "failed",
    }
);
