//! The migrations themselves, oldest first.

use std::{borrow::Cow, fmt::Write as _};

use sea_orm::DbBackend;
use sha2::{Digest, Sha256};

/// One step of the schema on one database.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Migration {
    /// Its place, from 1. A number may be missing on a database that does not need the step.
    pub version: u32,
    /// A word for what it brings.
    pub name: Cow<'static, str>,
    /// The SQL that brings it. Never changed once released: a database remembers its checksum.
    pub up: Cow<'static, str>,
    /// The SQL that takes it back.
    pub down: Cow<'static, str>,
}

impl Migration {
    /// The SHA-256 of what brings it, in hex. Line ends do not count: a checkout may have changed them.
    pub fn checksum(&self) -> String {
        let digest = Sha256::digest(self.up.replace("\r\n", "\n").as_bytes());
        digest.iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// How it is shown: `0003_events`.
    pub fn title(&self) -> String {
        format!("{:04}_{}", self.version, self.name)
    }
}

macro_rules! migrations {
    ($folder:literal: $($version:literal $file:literal),+ $(,)?) => {
        vec![$(Migration {
            version: $version,
            // Behind the number of four digits.
            name: Cow::Borrowed(&$file[5..]),
            up: Cow::Borrowed(include_str!(concat!("../sql/", $folder, "/", $file, ".sql"))),
            down: Cow::Borrowed(include_str!(concat!("../sql/", $folder, "/", $file, "_down.sql"))),
        }),+]
    };
}

/// The migrations of this program for a database, oldest first.
pub fn migrations(backend: DbBackend) -> Vec<Migration> {
    match backend {
        DbBackend::Sqlite => migrations!("sqlite":
            1 "0001_initial",
            2 "0002_queue",
            3 "0003_events",
            4 "0004_identity",
            6 "0006_guards",
            7 "0007_events_out",
            8 "0008_triggers",
        ),
        _ => migrations!("postgres":
            1 "0001_initial",
            2 "0002_queue",
            3 "0003_events",
            4 "0004_identity",
            5 "0005_isolation",
            6 "0006_guards",
            7 "0007_events_out",
            8 "0008_triggers",
        ),
    }
}

/// What earlier releases, whose history another engine kept, called the migrations.
pub(crate) const EARLIER_NAMES: [(&str, u32); 4] = [
    ("m20261120_000001_initial", 1),
    ("m20261121_000002_queue", 2),
    ("m20261121_000003_events", 3),
    ("m20261121_000004_identity", 4),
];
