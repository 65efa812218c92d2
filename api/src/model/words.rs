//! The words of rows, as the API documents them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An enum that says the same as one of `entities`: a word that is added there must be added here.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "camelCase")]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl From<entities::$name> for $name {
            fn from(word: entities::$name) -> Self {
                match word { $(entities::$name::$variant => Self::$variant),+ }
            }
        }

        impl From<$name> for entities::$name {
            fn from(word: $name) -> Self {
                match word { $($name::$variant => Self::$variant),+ }
            }
        }
    )+};
}

words! {
    /// Where a sync stands. It moves from pending to running, and back where a retry may help, until it is one of the
    /// other three.
    SyncStatus {
        /// Waiting for a worker.
        Pending,
        /// A worker holds its lease.
        Running,
        /// Done; its state is visible and it is a link of its branch's chain.
        Completed,
        /// Ended with an error; nothing of it is visible.
        Failed,
        /// Ended because someone asked; nothing of it is visible.
        Cancelled,
    }

    /// What a sync does.
    SyncKind {
        /// Follows the branch to its head.
        Sync,
        /// Brings rows and memory back to an earlier sync.
        Restore,
    }

    /// Who asked for a sync.
    SyncTrigger {
        /// A person at a terminal.
        Cli,
        /// A request to the API.
        Api,
        /// A push told by the host.
        Webhook,
        /// A schedule, or a look at the host that found something new.
        Schedule,
    }

    /// Which of two waiting syncs is begun first.
    Priority {
        /// A person waits for it.
        Person,
        /// A push was told by the host.
        Push,
        /// A schedule came due.
        Schedule,
    }

    /// What kind of knowledge a memory entry is.
    MemoryKind {
        /// A note from one working session to the next: one entry a file.
        Letter,
        /// Directions for agents and contributors: one entry a section.
        Guide,
        /// Documentation: one entry a section.
        Document,
    }

    /// What a mode makes of a file.
    FileKind {
        /// A plain file.
        File,
        /// A file with an executable bit.
        Executable,
        /// A symbolic link; the blob holds its target.
        Symlink,
        /// A commit of another repository; there is no blob.
        Submodule,
        /// A directory.
        Directory,
    }
}

#[cfg(test)]
mod tests {
    use utoipa::PartialSchema;

    use super::*;
    use crate::model::SyncCountsDto;

    /// Streamed events bear schemas of the same names.
    #[test]
    fn the_words_of_events_are_those_of_the_api() {
        fn same<A: PartialSchema, B: PartialSchema>() {
            assert_eq!(
                serde_json::to_value(A::schema()).unwrap(),
                serde_json::to_value(B::schema()).unwrap()
            );
        }
        same::<SyncKind, entities::SyncKind>();
        same::<SyncTrigger, entities::SyncTrigger>();
        same::<SyncStatus, entities::SyncStatus>();
        same::<SyncCountsDto, entities::SyncCounts>();
    }
}
