//! `secrets`: the keys that credentials are sealed with.

use std::{collections::BTreeMap, fmt::Display};

use entities::{
    Database, TenantDb,
    credentials::{self, CredentialError},
    keys::{KeyRing, KeyStore, KeysError},
    sealed::Rotated,
    triggers::hooks,
    webhooks::{self, WebhookError},
};
use serde::Serialize;

use super::print_table;
use crate::{
    args::{Global, Output, SecretsAction, SecretsArgs},
    error::CliError,
    open::App,
    out::{Out, tell},
    render::table::{row, table},
    settings::Settings,
};

/// A key as it is printed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KeyRecord {
    /// Its name.
    id: String,
    /// `seals`, `opens`, or `missing`: something is sealed with it that cannot be opened.
    state: &'static str,
    /// How many credentials are sealed with it.
    credentials: u64,
    /// How many secrets of hooks, by which hosts sign, are sealed with it.
    hooks: u64,
    /// How many secrets of webhooks are.
    webhooks: u64,
}

/// What is sealed with a key.
#[derive(Clone, Copy, Default)]
struct Sealed {
    credentials: u64,
    hooks: u64,
    webhooks: u64,
}

impl KeyRecord {
    fn new(id: &str, state: &'static str, Sealed { credentials, hooks, webhooks }: Sealed) -> Self {
        Self { id: id.to_owned(), state, credentials, hooks, webhooks }
    }
}

/// Runs the command.
pub async fn run(args: &SecretsArgs, global: &Global, settings: Settings) -> Result<(), CliError> {
    if args.action == SecretsAction::NewKey {
        let line = KeyRing::new_line().map_err(|error| CliError::usage(error.to_string()))?;
        let mut out = Out::stdout();
        out.line(line.as_str())?;
        return Ok(out.flush()?);
    }
    let app = App::open(global, settings).await?;
    let (database, keys) = (app.db.database(), app.settings.source.keys.store());
    match args.action {
        SecretsAction::Rotate => rotate(&database, keys, app.output).await,
        SecretsAction::Status | SecretsAction::NewKey => status(&database, keys, app.output).await,
    }
}

/// Lists the keys and what is sealed with each.
async fn status(database: &Database, keys: &KeyStore, output: Output) -> Result<(), CliError> {
    let mut sealed: BTreeMap<String, Sealed> = BTreeMap::new();
    let mut after = None;
    loop {
        let tenants = credentials::tenants(&database.system(), after).await?;
        let Some(last) = tenants.last() else { break };
        after = Some(*last);
        for tenant in tenants {
            let db = database.tenant(tenant);
            for (key, count) in credentials::by_key(&db).await? {
                sealed.entry(key).or_default().credentials += count;
            }
            for (key, count) in hooks::by_key(&db).await? {
                sealed.entry(key).or_default().hooks += count;
            }
            for (key, count) in webhooks::by_key(&db).await? {
                sealed.entry(key).or_default().webhooks += count;
            }
        }
    }
    let is_made = keys.path().is_none_or(|path| path.exists());
    let ring = match is_made.then(|| keys.ring()) {
        // One that is made when it is first needed.
        None | Some(Err(KeysError::None)) => None,
        Some(ring) => Some(ring.map_err(failed)?),
    };
    let mut records = Vec::new();
    for (index, id) in ring.into_iter().flat_map(KeyRing::ids).enumerate() {
        let state = if index == 0 { "seals" } else { "opens" };
        records.push(KeyRecord::new(id, state, sealed.remove(id).unwrap_or_default()));
    }
    records.extend(sealed.into_iter().map(|(id, sealed)| KeyRecord::new(&id, "missing", sealed)));
    print(&records, output)
}

fn print(records: &[KeyRecord], output: Output) -> Result<(), CliError> {
    let mut out = Out::stdout();
    if output == Output::Json {
        out.json_array(records)?;
        return Ok(out.flush()?);
    }
    let mut rows = table(["KEY", "STATE", ">CREDENTIALS", ">HOOKS", ">WEBHOOKS"]);
    for record in records {
        let counts = [record.credentials, record.hooks, record.webhooks].map(|count| count.to_string());
        let [credentials, hooks, webhooks] = counts;
        row(&mut rows, [record.id.clone(), record.state.to_owned(), credentials, hooks, webhooks]);
    }
    print_table(&mut out, &rows, "no keys; `project-sync secrets new-key` makes one")
}

/// Seals with the first key what is sealed with another one.
async fn rotate(database: &Database, keys: &KeyStore, output: Output) -> Result<(), CliError> {
    let ring = keys.ring().map_err(failed)?;
    let (mut done, mut after) = (Done::default(), None);
    loop {
        let tenants = credentials::tenants(&database.system(), after).await?;
        let Some(last) = tenants.last() else { break };
        after = Some(*last);
        for tenant in tenants {
            let db = database.tenant(tenant);
            rotate_tenant(&db, ring, &mut done).await?;
        }
    }
    let Done { resealed, unreadable } = done;
    let mut out = Out::stdout();
    match output {
        Output::Json => out.json(&serde_json::json!({ "resealed": resealed, "unreadable": unreadable }))?,
        Output::Table => out.line(format_args!("{resealed} sealed with {}", ring.first_id()))?,
    }
    out.flush()?;
    match unreadable {
        0 => Ok(()),
        count => Err(CliError::Usage {
            message: format!("{count} do not open with any of the keys"),
            hint: Some("`project-sync secrets status` names the keys that are missing".to_owned()),
        }),
    }
}

/// What came of sealing anew.
#[derive(Default)]
struct Done {
    resealed: u64,
    unreadable: usize,
}

impl Done {
    /// Counts a batch, names what does not open, and gives where to go on.
    fn add<I: Display>(&mut self, batch: Rotated<I>, what: &str) -> Option<I> {
        self.resealed += batch.resealed;
        self.unreadable += batch.unreadable.len();
        for id in &batch.unreadable {
            tell(format_args!("{what} {id} does not open and stays as it is"));
        }
        batch.next
    }
}

async fn rotate_tenant(db: &TenantDb, ring: &KeyRing, done: &mut Done) -> Result<(), CliError> {
    let mut next = None;
    loop {
        let batch = credentials::rotate(db, ring, next).await.map_err(sealing)?;
        next = done.add(batch, "the credential of project");
        if next.is_none() {
            break;
        }
    }
    loop {
        let batch = hooks::rotate(db, ring, next).await.map_err(sealing)?;
        next = done.add(batch, "the secret of the hook of project");
        if next.is_none() {
            break;
        }
    }
    let mut next = None;
    loop {
        let batch = webhooks::rotate(db, ring, next).await.map_err(|error| match error {
            WebhookError::Database(error) => error.into(),
            other => CliError::usage(other.to_string()),
        })?;
        next = done.add(batch, "the secret of webhook");
        if next.is_none() {
            return Ok(());
        }
    }
}

fn sealing(error: CredentialError) -> CliError {
    match error {
        CredentialError::Database(error) => error.into(),
        other => CliError::usage(other.to_string()),
    }
}

fn failed(error: KeysError) -> CliError {
    CliError::usage(error.to_string())
}
