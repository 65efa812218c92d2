//! The real program as the processes of a service: started, killed, frozen, asked to end, and asked over its API.
//!
//! A [`Launcher`] knows the program and the settings; [`Deployment`] starts the parts of a service on servers by URL, and
//! [`Launcher::embedded`] the service in one process. What a process says on standard error is kept and shown if the
//! test fails.

mod client;
mod process;

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt::Display,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

pub use client::{Answer, ApiClient, Started, Unreachable, WAIT_TRIES};
pub use process::{PATIENCE, ServiceProcess};

/// What environment variables of ours begin with.
const VARIABLES: &str = "PROJECT_SYNC";

/// Any port of this machine that is free.
const ANY_PORT: &str = "127.0.0.1:0";

/// Starts processes of one program under the same settings.
#[derive(Debug)]
pub struct Launcher {
    program: PathBuf,
    folder: PathBuf,
    settings: BTreeMap<String, String>,
    started: AtomicUsize,
}

impl Launcher {
    /// Starts `program`. `folder` takes what the processes say, and stands in for the user's home.
    pub fn new(program: impl Into<PathBuf>, folder: &Path) -> Self {
        Self {
            program: program.into(),
            folder: folder.to_owned(),
            settings: BTreeMap::new(),
            started: AtomicUsize::new(0),
        }
    }

    /// Sets a setting by its name in the settings file, such as `worker.rescue_seconds`.
    #[must_use]
    pub fn set(mut self, key: &str, value: impl Display) -> Self {
        let name = key.to_uppercase().replace('.', "__");
        self.settings.insert(format!("{VARIABLES}__{name}"), value.to_string());
        self
    }

    /// Starts the service in one process, on the data in `data`.
    pub async fn embedded(&self, data: &Path) -> ServiceProcess {
        self.embedded_at(data, ANY_PORT).await
    }

    /// The same at an address.
    pub async fn embedded_at(&self, data: &Path, address: &str) -> ServiceProcess {
        let mut arguments: Vec<OsString> = vec!["serve".into(), "--data".into(), data.into()];
        arguments.extend(["--listen".into(), address.into()]);
        self.start("serve", &arguments, &[]).await
    }

    async fn start(&self, role: &str, arguments: &[OsString], more: &[(&str, &str)]) -> ServiceProcess {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        let mut command = tokio::process::Command::new(&self.program);
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with(VARIABLES)) {
                command.env_remove(name);
            }
        }
        for name in ["GITHUB_TOKEN", "RUST_LOG", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
            command.env_remove(name);
        }
        // Whoever runs the tests may have settings of their own.
        command.env("HOME", &self.folder).env("XDG_CONFIG_HOME", &self.folder);
        // Beside SQLite whoever is on the machine is let in anyway.
        if role != "serve" && !self.settings.contains_key(&format!("{VARIABLES}__API__TOKEN")) {
            command.env(format!("{VARIABLES}__API__ACCESS"), "open");
        }
        command.envs(&self.settings).args(arguments);
        for (key, value) in more {
            command.env(key, value);
        }
        ServiceProcess::start(command, &self.folder.join(format!("{role}-{number}.log"))).await
    }
}

/// The servers that the parts of a service share.
#[derive(Debug)]
pub struct Deployment {
    /// What starts the parts.
    pub launcher: Launcher,
    /// The database, with its schema in place.
    pub postgres_url: String,
    /// The queue.
    pub redis_url: String,
}

impl Deployment {
    /// Starts a process that answers requests, on a free port.
    pub async fn api(&self) -> ServiceProcess {
        self.api_on(&self.postgres_url, &self.redis_url).await
    }

    /// Starts a process that answers requests and reaches the servers by these URLs.
    pub async fn api_on(&self, postgres_url: &str, redis_url: &str) -> ServiceProcess {
        let arguments = ["api", "--listen", ANY_PORT].map(OsString::from);
        self.launcher.start("api", &arguments, &servers(postgres_url, redis_url)).await
    }

    /// Starts a process that streams events, on a free port.
    pub async fn gateway(&self) -> ServiceProcess {
        self.gateway_at(ANY_PORT).await
    }

    /// Starts a process that streams events, at an address.
    pub async fn gateway_at(&self, address: &str) -> ServiceProcess {
        let arguments = ["gateway", "--listen", address].map(OsString::from);
        self.launcher.start("gateway", &arguments, &servers(&self.postgres_url, &self.redis_url)).await
    }

    /// Starts a worker.
    pub async fn worker(&self) -> ServiceProcess {
        self.worker_on(&self.postgres_url, &self.redis_url).await
    }

    /// Starts a worker that reaches the servers by these URLs.
    pub async fn worker_on(&self, postgres_url: &str, redis_url: &str) -> ServiceProcess {
        self.launcher.start("worker", &["worker".into()], &servers(postgres_url, redis_url)).await
    }
}

/// The servers; and that what tests have on this machine may be read, which parts of a service refuse by default.
fn servers<'a>(postgres_url: &'a str, redis_url: &'a str) -> [(&'static str, &'a str); 4] {
    [
        ("PROJECT_SYNC__DATABASE__URL", postgres_url),
        ("PROJECT_SYNC__QUEUE__REDIS_URL", redis_url),
        ("PROJECT_SYNC__SOURCE__PRIVATE_NETWORKS", "127.0.0.0/8,::1/128"),
        ("PROJECT_SYNC__SOURCE__LOCAL_FOLDERS", "/"),
    ]
}
