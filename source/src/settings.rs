//! The source's section of the settings (`[source]`). Every bound of reading is here, with its unit and its default.

use std::{net::IpAddr, ops::RangeInclusive, path::PathBuf, str::FromStr, sync::Arc, time::Duration};

pub use entities::Secret;
use entities::keys::KeyStore;
use ipnet::IpNet;
use serde::Deserialize;

use crate::{budget::Shared, retry::RetryPolicy};

/// How the content of a GitHub repository is transferred.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transfer {
    /// Git's own protocol, and REST where the host refuses it.
    #[default]
    Auto,
    /// Git's own protocol only.
    Git,
    /// The REST API only.
    Rest,
}

/// The keys that credentials of projects are opened with. None by default: then no credential opens.
#[derive(Clone, Debug)]
pub struct CredentialKeys(Arc<KeyStore>);

impl CredentialKeys {
    /// The keys in `store`.
    pub fn new(store: Arc<KeyStore>) -> Self {
        Self(store)
    }

    /// Where the keys are.
    pub fn store(&self) -> &KeyStore {
        &self.0
    }
}

impl Default for CredentialKeys {
    fn default() -> Self {
        Self(Arc::new(KeyStore::none()))
    }
}

/// The same if they are in the same place: what they are is not looked at.
impl PartialEq for CredentialKeys {
    fn eq(&self, other: &Self) -> bool {
        self.0.path() == other.0.path()
    }
}

impl Eq for CredentialKeys {}

/// A network, such as `10.0.0.0/8`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Network(IpNet);

impl Network {
    /// Whether an address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.trim().parse().map(Self).map_err(|_| format!("'{text}' is no network such as 10.0.0.0/8"))
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// How repositories are read (`[source]`).
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "snake_case")]
pub struct SourceSettings {
    /// The token for the host, if the repository is private. Not read from a settings file.
    #[serde(skip)]
    pub token: Option<Secret>,
    /// Whether `token` is meant for the very repository that is read, and so is used in the place of what is stored for
    /// its project.
    #[serde(skip)]
    pub token_wins: bool,
    /// What opens the credentials of projects.
    #[serde(skip)]
    pub keys: CredentialKeys,
    /// What all readers of this process share.
    #[serde(skip)]
    pub shared: Shared,
    /// The hosts that are asked: patterns in which `*` stands for anything, whatever the case.
    pub allowed_hosts: Vec<String>,
    /// The private networks whose addresses are connected to. Unset: any, unless [`Self::confine`] said none.
    pub private_networks: Option<Vec<Network>>,
    /// The folders of this machine whose repositories are read. Unset: any, unless [`Self::confine`] said none.
    pub local_folders: Option<Vec<PathBuf>>,
    /// How the content of GitHub repositories is transferred.
    pub transfer: Transfer,
    /// Seconds until a connection attempt is given up.
    pub connect_timeout_seconds: u64,
    /// Seconds without a byte until a request is given up.
    pub idle_timeout_seconds: u64,
    /// The most attempts of one request, the first included.
    pub attempts: u32,
    /// Milliseconds before the second attempt; doubles from there, jittered.
    pub retry_first_delay_ms: u64,
    /// The longest wait for a retry or a rate limit, in seconds; past it the sync fails with the time to come back.
    pub max_wait_seconds: u64,
    /// Content above this many bytes is not stored (the file's row and the proof hold all the same).
    pub max_content_bytes: u64,
    /// The largest pack that is accepted over the network, in bytes.
    pub max_pack_bytes: u64,
    /// The most objects of a pack.
    pub max_pack_objects: u32,
    /// What the objects of a pack, or the files of an archive, may come to when they are unpacked, in bytes.
    pub max_unpacked_bytes: u64,
    /// The most files and folders of a commit that one sync looks at.
    pub max_entries: usize,
    /// The most entries of a repository's tree that are read over REST.
    pub max_rest_entries: usize,
    /// Up to this many blobs are fetched one by one over REST; more come as one archive.
    pub rest_raw_blobs: usize,
    /// REST requests in flight at once.
    pub rest_concurrency: usize,
    /// Where packs are kept while a sync runs; if unset, beside a SQLite database or in the system's temporary folder.
    pub scratch: Option<PathBuf>,
}

impl Default for SourceSettings {
    fn default() -> Self {
        Self {
            token: None,
            token_wins: false,
            keys: CredentialKeys::default(),
            shared: Shared::default(),
            allowed_hosts: vec!["*".to_owned()],
            private_networks: None,
            local_folders: None,
            transfer: Transfer::Auto,
            connect_timeout_seconds: 10,
            idle_timeout_seconds: 60,
            attempts: 4,
            retry_first_delay_ms: 500,
            max_wait_seconds: 60,
            max_content_bytes: 8 << 20,
            max_pack_bytes: 8 << 30,
            max_pack_objects: 10_000_000,
            max_unpacked_bytes: 64 << 30,
            max_entries: 2_000_000,
            max_rest_entries: 1_000_000,
            rest_raw_blobs: 100,
            rest_concurrency: 8,
            scratch: None,
        }
    }
}

impl SourceSettings {
    /// The numbers of the section: the key, what it is, and what it may be.
    pub fn numbers(&self) -> Vec<(&'static str, u64, RangeInclusive<u64>)> {
        vec![
            ("connect_timeout_seconds", self.connect_timeout_seconds, 1..=300),
            ("idle_timeout_seconds", self.idle_timeout_seconds, 1..=3_600),
            ("attempts", self.attempts.into(), 1..=20),
            ("retry_first_delay_ms", self.retry_first_delay_ms, 1..=60_000),
            ("max_wait_seconds", self.max_wait_seconds, 0..=86_400),
            ("max_content_bytes", self.max_content_bytes, 0..=536_870_912),
            ("max_pack_bytes", self.max_pack_bytes, 1..=1_099_511_627_776),
            ("max_pack_objects", self.max_pack_objects.into(), 1..=1_000_000_000),
            ("max_unpacked_bytes", self.max_unpacked_bytes, 1..=17_592_186_044_416),
            ("max_entries", self.max_entries as u64, 1..=100_000_000),
            ("max_rest_entries", self.max_rest_entries as u64, 1..=10_000_000),
            ("rest_raw_blobs", self.rest_raw_blobs as u64, 0..=100_000),
            ("rest_concurrency", self.rest_concurrency as u64, 1..=100),
        ]
    }

    /// What a service reads for others: where the settings say nothing else, no private addresses and no folders of its
    /// machine.
    pub fn confine(&mut self) {
        self.private_networks.get_or_insert_default();
        self.local_folders.get_or_insert_default();
    }

    /// Refuses patterns of hosts that are none.
    ///
    /// # Errors
    /// What is wrong, for whoever wrote the settings.
    pub fn check(&self) -> Result<(), String> {
        crate::guard::host_patterns(&self.allowed_hosts)
            .map(drop)
            .map_err(|error| format!("source.allowed_hosts: {error}"))
    }

    /// The bounds on trying again.
    pub fn retry_policy(&self) -> RetryPolicy {
        RetryPolicy {
            attempts: self.attempts,
            first_delay: Duration::from_millis(self.retry_first_delay_ms),
            max_wait: Duration::from_secs(self.max_wait_seconds),
        }
    }
}
