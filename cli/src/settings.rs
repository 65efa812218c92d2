//! The settings: defaults, a file, the environment, in this order. `project-sync.default.toml` documents each of them.

mod bounds;

use std::{
    fs::File,
    io::Read,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

use api::model::ShownSettings;
use bus::{QueueSettings, triggers::TriggerSettings};
use config::{Config, ConfigError, Environment, File as SettingsFile, FileFormat};
use entities::keys::KeyStore;
use serde::Deserialize;
use source::settings::{Secret, SourceSettings};
use worker::{
    memory::MemorySettings,
    relay::RelaySettings,
    settings::{QueueWorkerSettings, SyncSettings, WorkerSettings},
    webhooks::WebhookSettings,
};

use crate::{commands::gc::RetentionSettings, error::CliError, shown, telemetry::TelemetrySettings};

/// The file that documents every setting with its default.
pub const DEFAULT_FILE: &str = include_str!("../project-sync.default.toml");

/// The name of the settings file in the platform's configuration folder.
pub const FILE_NAME: &str = "project-sync.toml";

/// What every environment variable with a setting begins with; `__` also stands between section and key.
const ENVIRONMENT_PREFIX: &str = "PROJECT_SYNC";

/// The variables that name the keys, or their file, where no setting does.
const KEYS_VARIABLE: &str = "PROJECT_SYNC_SECRET_KEYS";
const KEY_FILE_VARIABLE: &str = "PROJECT_SYNC_SECRET_KEYS_FILE";

/// The settings that are lists: in the environment their parts are separated by commas.
const LISTS: [&str; 10] = [
    "memory.letters",
    "memory.guides",
    "memory.documents",
    "memory.exclude",
    "api.cors_origins",
    "source.allowed_hosts",
    "source.private_networks",
    "source.local_folders",
    "webhooks.allowed_hosts",
    "webhooks.private_networks",
];

/// Where syncs are kept (`[database]`).
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "snake_case")]
pub struct DatabaseSettings {
    /// `sqlite:PATH` or `postgres://…`; a file in the data folder if unset. May hold a password: never shown.
    pub url: Option<String>,
    /// A file that holds the URL, in the place of `url`.
    pub url_file: Option<PathBuf>,
    /// Who changes the schema of a Postgres database: only `migrate` logs in by it. As secret as `url`.
    pub migrator_url: Option<String>,
    /// A file that holds it, in the place of `migrator_url`.
    pub migrator_url_file: Option<PathBuf>,
    /// The most connections held at once.
    pub max_connections: u32,
}

impl Default for DatabaseSettings {
    fn default() -> Self {
        Self {
            url: None,
            url_file: None,
            migrator_url: None,
            migrator_url_file: None,
            max_connections: entities::ConnectOptions::default().max_connections,
        }
    }
}

impl DatabaseSettings {
    /// The numbers of the section: the key, what it is, and what it may be.
    pub fn numbers(&self) -> Vec<(&'static str, u64, RangeInclusive<u64>)> {
        vec![("max_connections", self.max_connections.into(), 1..=1_000)]
    }
}

impl std::fmt::Debug for DatabaseSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DatabaseSettings")
            .field("url", &self.url.as_ref().map(|_| "…"))
            .field("url_file", &self.url_file)
            .field("migrator_url", &self.migrator_url.as_ref().map(|_| "…"))
            .field("migrator_url_file", &self.migrator_url_file)
            .field("max_connections", &self.max_connections)
            .finish()
    }
}

/// What secrets in the database are sealed with (`[secrets]`).
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "snake_case")]
pub struct SecretsSettings {
    /// The keys themselves, parted by commas; the first one seals, all of them open.
    pub keys: Option<Secret>,
    /// A file that holds the keys, in the place of `keys`.
    pub key_file: Option<PathBuf>,
}

impl SecretsSettings {
    /// Takes the keys from the environment, if no setting names any.
    fn or_environment(&mut self) {
        if self.keys.is_none() && self.key_file.is_none() {
            self.keys = std::env::var(KEYS_VARIABLE).ok().map(Secret::from);
            self.key_file = std::env::var_os(KEY_FILE_VARIABLE).map(PathBuf::from);
        }
    }

    /// The keys. In an installation whose database is a file they are made in `own` when they are first needed.
    ///
    /// # Errors
    /// If they are named twice, or are no keys.
    pub fn store(&self, own: Option<PathBuf>) -> Result<KeyStore, CliError> {
        match (&self.keys, &self.key_file, own) {
            (Some(_), Some(_), _) => {
                Err(CliError::usage("settings: secrets.keys and secrets.key_file are both set"))
            }
            (Some(keys), None, _) => KeyStore::from_text(keys.expose())
                .map_err(|error| CliError::usage(format!("settings: secrets.keys: {error}"))),
            (None, Some(file), _) => Ok(KeyStore::in_file(file.clone())),
            (None, None, Some(own)) => Ok(KeyStore::made_in(own)),
            (None, None, None) => Ok(KeyStore::none()),
        }
    }
}

/// All settings.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "snake_case")]
pub struct Settings {
    /// Where syncs are kept.
    pub database: DatabaseSettings,
    /// How repositories are read.
    pub source: SourceSettings,
    /// What memory is derived from.
    pub memory: MemorySettings,
    /// How syncs are run.
    pub sync: SyncSettings,
    /// How a worker takes syncs from the queue.
    pub worker: QueueWorkerSettings,
    /// What wakes workers and passes events on.
    pub queue: QueueSettings,
    /// How events get to a broker.
    pub relay: RelaySettings,
    /// How events are sent to webhooks.
    pub webhooks: WebhookSettings,
    /// How requests are answered.
    pub api: api::Settings,
    /// How events are streamed.
    pub gateway: gateway::Settings,
    /// What asks for syncs by itself.
    pub triggers: TriggerSettings,
    /// What secrets are sealed with.
    pub secrets: SecretsSettings,
    /// What `gc` keeps.
    pub retention: RetentionSettings,
    /// How the program tells what it does.
    pub telemetry: TelemetrySettings,
}

impl Settings {
    /// Reads the settings. `file` must exist if it is given; otherwise [`default_path`] is read if it is there.
    ///
    /// # Errors
    /// [`CliError::Usage`] with the name of the key that is unknown or has a wrong value.
    pub fn load(file: Option<&Path>) -> Result<Self, CliError> {
        let mut settings = Self::load_with(file, environment())?;
        settings.secrets.or_environment();
        Ok(settings)
    }

    /// The same settings as they may be shown to whoever may ask.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn shown(file: Option<&Path>) -> Result<ShownSettings, CliError> {
        let read = Self::read(file, environment()).and_then(Config::try_deserialize);
        Ok(shown::shown(&read.map_err(|error| CliError::settings(&error))?))
    }

    fn load_with(file: Option<&Path>, environment: Environment) -> Result<Self, CliError> {
        let mut settings: Self = Self::read(file, environment)
            .and_then(Config::try_deserialize)
            .map_err(|error| CliError::settings(&error))?;
        settings.read_files()?;
        settings.check()?;
        Ok(settings)
    }

    /// Defaults, file and environment as one.
    fn read(file: Option<&Path>, environment: Environment) -> Result<Config, ConfigError> {
        let mut builder =
            Config::builder().add_source(SettingsFile::from_str(DEFAULT_FILE, FileFormat::Toml));
        if let Some(path) = file {
            builder = builder.add_source(SettingsFile::from(path).format(FileFormat::Toml).required(true));
        } else if let Some(path) = default_path() {
            builder = builder.add_source(SettingsFile::from(path).format(FileFormat::Toml).required(false));
        }
        builder.add_source(environment).build()
    }

    /// Reads the secrets that are in files of their own.
    fn read_files(&mut self) -> Result<(), CliError> {
        secret_from("database.url", &mut self.database.url, self.database.url_file.as_deref())?;
        let migrator_url_file = self.database.migrator_url_file.as_deref();
        secret_from("database.migrator_url", &mut self.database.migrator_url, migrator_url_file)?;
        secret_from("queue.redis_url", &mut self.queue.redis_url, self.queue.redis_url_file.as_deref())?;
        secret_from("relay.amqp_url", &mut self.relay.amqp_url, self.relay.amqp_url_file.as_deref())?;
        let mut token = None;
        secret_from("api.token", &mut token, self.api.token_file.as_deref())?;
        if let Some(token) = token {
            self.api.token = Some(Secret::new(&token));
        }
        let mut key = None;
        secret_from("api.ticket_key", &mut key, self.api.ticket_key_file.as_deref())?;
        if let Some(key) = key {
            self.api.ticket_key = Some(Secret::new(&key));
        }
        Ok(())
    }

    /// Refuses values that cannot work, before anything is opened.
    fn check(&self) -> Result<(), CliError> {
        self.check_numbers()?;
        self.source.check().map_err(|error| CliError::usage(format!("settings: {error}")))?;
        self.api.check().map_err(|error| CliError::usage(format!("settings: {error}")))?;
        self.relay.check().map_err(|error| CliError::usage(format!("settings: {error}")))?;
        self.webhooks.check().map_err(|error| CliError::usage(format!("settings: {error}")))?;
        self.gateway.check().map_err(|error| CliError::usage(format!("settings: {error}")))
    }

    /// Refuses settings under which processes would not reach each other.
    ///
    /// # Errors
    /// [`CliError::Usage`] with what is missing.
    pub fn check_shared(&self) -> Result<(), CliError> {
        let is_shared = self.database.url.as_deref().is_some_and(|url| !url.starts_with("sqlite:"));
        if is_shared && self.queue.redis_url.is_some() {
            return Ok(());
        }
        Err(CliError::Usage {
            message: "a part of its own needs servers that other parts reach: database.url (postgres://…) and \
                      queue.redis_url (redis://…)"
                .to_owned(),
            hint: Some(
                "PROJECT_SYNC__DATABASE__URL and PROJECT_SYNC__QUEUE__REDIS_URL name them; `project-sync serve` runs \
                 everything in one process and needs none"
                    .to_owned(),
            ),
        })
    }

    /// The sections that the worker reads.
    pub fn worker(&self) -> WorkerSettings {
        WorkerSettings {
            source: self.source.clone(),
            memory: self.memory.clone(),
            sync: self.sync.clone(),
            worker: self.worker.clone(),
            triggers: self.triggers.clone(),
        }
    }
}

/// The largest file that holds a secret, in bytes.
const MAX_SECRET_BYTES: u64 = 64 << 10;

/// Reads a secret from its file, if it has one.
fn secret_from(key: &str, value: &mut Option<String>, file: Option<&Path>) -> Result<(), CliError> {
    let Some(file) = file else { return Ok(()) };
    if value.is_some() {
        return Err(CliError::usage(format!("settings: {key} and {key}_file are both set")));
    }
    let action = format!("settings: {key}_file: cannot read {}", file.display());
    let mut text = String::new();
    let read = File::open(file).and_then(|file| file.take(MAX_SECRET_BYTES).read_to_string(&mut text));
    read.map_err(CliError::io(action))?;
    *value = Some(text.trim().to_owned());
    Ok(())
}

/// Where the settings file is looked for when none is named. `None` if the platform tells no home folder.
pub fn default_path() -> Option<PathBuf> {
    crate::open::folders().map(|folders| folders.config_dir().join(FILE_NAME))
}

fn environment() -> Environment {
    let environment = Environment::with_prefix(ENVIRONMENT_PREFIX)
        .prefix_separator("__")
        .separator("__")
        .try_parsing(true)
        .list_separator(",");
    LISTS.into_iter().fold(environment, Environment::with_list_parse_key)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The settings of a file and of variables.
    pub(super) fn load(file: &str, variables: &[(&str, &str)]) -> Result<Settings, CliError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        std::fs::write(&path, file).unwrap();
        let variables = variables.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
        Settings::load_with(Some(&path), environment().source(Some(variables)))
    }

    #[test]
    fn the_documented_defaults_are_the_defaults() {
        assert_eq!(load("", &[]).unwrap(), Settings::default());
        insta::assert_snapshot!("default_config", DEFAULT_FILE);
    }

    /// The keys of a section, as its type names them when it refuses an unknown one.
    fn keys<T: for<'de> Deserialize<'de>>() -> Vec<String> {
        let error = match serde_json::from_str::<T>(r#"{"no such key": 0}"#) {
            Err(error) => error.to_string(),
            Ok(_) => panic!("an unknown key was accepted"),
        };
        let (_, list) = error.split_once("expected").unwrap();
        let keys: Vec<String> = list.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        assert!(!keys.is_empty(), "{error}");
        keys
    }

    #[test]
    fn every_setting_is_documented() {
        let sections = [
            ("database", keys::<DatabaseSettings>()),
            ("source", keys::<SourceSettings>()),
            ("memory", keys::<MemorySettings>()),
            ("sync", keys::<SyncSettings>()),
            ("worker", keys::<QueueWorkerSettings>()),
            ("queue", keys::<QueueSettings>()),
            ("relay", keys::<RelaySettings>()),
            ("webhooks", keys::<WebhookSettings>()),
            ("api", keys::<api::Settings>()),
            ("gateway", keys::<gateway::Settings>()),
            ("triggers", keys::<TriggerSettings>()),
            ("secrets", keys::<SecretsSettings>()),
            ("retention", keys::<RetentionSettings>()),
            ("telemetry", keys::<TelemetrySettings>()),
        ];
        assert_eq!(keys::<Settings>(), sections.clone().map(|(name, _)| name));
        for (section, keys) in sections {
            let text = DEFAULT_FILE.split(&format!("\n[{section}]\n")).nth(1).unwrap();
            let text = text.split("\n[").next().unwrap();
            for key in keys {
                let given = [format!("\n{key} = "), format!("\n# {key} = ")];
                assert!(given.iter().any(|line| format!("\n{text}").contains(line)), "{section}.{key}");
            }
        }
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let settings = load(
            "[source]\nattempts = 7\nrest_concurrency = 2\n[memory]\nletters = [\"a/*\"]",
            &[
                ("PROJECT_SYNC__SOURCE__ATTEMPTS", "2"),
                ("PROJECT_SYNC__MEMORY__EXCLUDE", "x/**,y/**"),
                ("PROJECT_SYNC__DATABASE__URL", "sqlite:/tmp/x.db"),
                ("PROJECT_SYNC_DATA", "ignored"),
            ],
        )
        .unwrap();
        assert_eq!((settings.source.attempts, settings.source.rest_concurrency), (2, 2));
        assert_eq!(settings.memory.exclude, ["x/**", "y/**"]);
        assert_eq!(settings.memory.letters, ["a/*"]);
        assert_eq!(settings.database.url.as_deref(), Some("sqlite:/tmp/x.db"));
        assert!(!format!("{settings:?}").contains("x.db"), "the URL may hold a password");
    }

    #[test]
    fn secrets_come_from_files_too() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, " redis://:hush@host\n").unwrap();
        let path = file.to_str().unwrap();
        let settings = load(
            "",
            &[("PROJECT_SYNC__QUEUE__REDIS_URL_FILE", path), ("PROJECT_SYNC__API__TOKEN_FILE", path)],
        )
        .unwrap();
        assert_eq!(settings.queue.redis_url.as_deref(), Some("redis://:hush@host"));
        assert_eq!(settings.api.token.as_ref().unwrap().expose(), "redis://:hush@host");
        assert!(!format!("{settings:?}").contains("hush"));
        for (variables, named) in [
            (
                &[("PROJECT_SYNC__DATABASE__URL", "sqlite:x"), ("PROJECT_SYNC__DATABASE__URL_FILE", path)][..],
                "database.url",
            ),
            (&[("PROJECT_SYNC__DATABASE__URL_FILE", "/no/such/file")], "database.url_file"),
        ] {
            let error = load("", variables).unwrap_err();
            assert!(error.to_string().contains(named), "{error}");
        }
    }

    #[test]
    fn unknown_and_wrong_settings_are_refused_by_name() {
        for (file, variables, named) in [
            ("[source]\natempts = 1", &[][..], "atempts"),
            ("[sauce]\n", &[], "sauce"),
            ("", &[("PROJECT_SYNC__SOURCE__NO_SUCH", "1")], "no_such"),
            ("[source]\nattempts = \"many\"", &[], "attempts"),
            ("[source]\nattempts = 0", &[], "source.attempts"),
            ("[source]\ntoken = \"x\"", &[], "token"),
            ("not toml", &[], "settings.toml"),
        ] {
            let error = load(file, variables).unwrap_err();
            assert!(error.to_string().contains(named), "{file:?}: {error}");
            assert_eq!(error.exit_code(), 2, "{error}");
        }
    }
}
