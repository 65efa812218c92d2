//! `secrets`: keys are made, shown by name, and changed; what a service that others reach does not read.

use std::{
    path::PathBuf,
    process::{Command, Output},
};

use chrono::Utc;
use entities::{
    ConnectOptions, Secret, SourceSpec, TenantDb,
    credentials::{self, Credential},
    keys::KeyStore,
    projects,
};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The token that is stored; it must show nowhere.
const TOKEN: &str = "ghp_hushhushhushhushhushhush";

struct Bench(TempDir);

impl Bench {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn run(&self, args: &[&str], environment: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_project-sync"));
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("PROJECT_SYNC")) {
                command.env_remove(name);
            }
        }
        command
            .env("HOME", self.0.path())
            .env_remove("XDG_CONFIG_HOME")
            .env("PROJECT_SYNC_DATA", self.data());
        let output = command.args(args).envs(environment.iter().copied()).output().unwrap();
        let said = [output.stdout.clone(), output.stderr.clone()].concat();
        assert!(!String::from_utf8_lossy(&said).contains(TOKEN));
        output
    }

    /// What a command that must succeed prints.
    #[track_caller]
    fn ok(&self, args: &[&str], environment: &[(&str, &str)]) -> String {
        let output = self.run(args, environment);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    #[track_caller]
    fn json(&self, args: &[&str], environment: &[(&str, &str)]) -> Value {
        serde_json::from_str(&self.ok(&[args, &["-o", "json"]].concat(), environment)).unwrap()
    }

    async fn db(&self) -> TenantDb {
        let url = format!("sqlite:{}", self.data().join("project-sync.db").display());
        let database = entities::connect(&url, &ConnectOptions::default()).await.unwrap();
        let tenant = projects::ensure_tenant(&database.system(), projects::LOCAL_TENANT, Utc::now()).await;
        database.tenant(tenant.unwrap())
    }
}

#[tokio::test]
async fn keys_are_changed_and_what_they_sealed_stays_readable() {
    let bench = Bench::new();
    assert_eq!(bench.json(&["secrets", "status"], &[]), json!([]), "none is made before it is needed");
    let keys = bench.data().join("secret.keys");
    assert!(!keys.exists());
    let db = bench.db().await;
    let source = SourceSpec::Git { url: "https://host.example/n.git".into() };
    let project = projects::create(&db, "n", &source, Utc::now()).await.unwrap().project.id;
    let credential = Credential::Token(Secret::new(TOKEN));
    credentials::set(&db, &KeyStore::made_in(keys.clone()), project, &credential, Utc::now()).await.unwrap();
    let old = std::fs::read_to_string(&keys).unwrap();
    let first = bench.json(&["secrets"], &[]);
    assert_eq!((&first[0]["state"], &first[0]["credentials"]), (&json!("seals"), &json!(1)));

    let new = bench.ok(&["secrets", "new-key"], &[]);
    assert_ne!(new, bench.ok(&["secrets", "new-key"], &[]));
    std::fs::write(&keys, format!("{new}\n{old}")).unwrap();
    let both = bench.json(&["secrets", "status"], &[]);
    assert_eq!((&both[0]["credentials"], &both[1]["credentials"]), (&json!(0), &json!(1)));
    assert_eq!((&both[0]["state"], &both[1]["state"]), (&json!("seals"), &json!("opens")));
    assert_eq!(bench.json(&["secrets", "rotate"], &[]), json!({ "resealed": 1, "unreadable": 0 }));
    std::fs::write(&keys, &new).unwrap();
    assert_eq!(bench.json(&["secrets", "rotate"], &[]), json!({ "resealed": 0, "unreadable": 0 }));
    let opened = credentials::open(&db, &KeyStore::in_file(keys.clone()), project).await.unwrap();
    assert_eq!(opened, Some(credential));

    let other = bench.ok(&["secrets", "new-key"], &[]);
    for variable in ["PROJECT_SYNC_SECRET_KEYS", "PROJECT_SYNC__SECRETS__KEYS"] {
        let status = bench.json(&["secrets", "status"], &[(variable, &other)]);
        assert_eq!(
            (&status[0]["state"], &status[1]["state"]),
            (&json!("seals"), &json!("missing")),
            "{variable}"
        );
    }
    let rotated = bench.run(&["secrets", "rotate"], &[("PROJECT_SYNC_SECRET_KEYS", &other)]);
    assert_eq!(rotated.status.code(), Some(2));
    let malformed = bench.run(&["secrets", "status"], &[("PROJECT_SYNC_SECRET_KEYS", TOKEN)]);
    assert_eq!(malformed.status.code(), Some(2));
}
