//! `secrets`: the keys that credentials are sealed with.

use std::collections::BTreeMap;

use entities::{
    Database,
    credentials::{self, CredentialError, Rotated},
    keys::{KeyRing, KeyStore, KeysError},
    triggers::hooks,
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
    let mut sealed: BTreeMap<String, u64> = BTreeMap::new();
    let mut after = None;
    loop {
        let tenants = credentials::tenants(&database.system(), after).await?;
        let Some(last) = tenants.last() else { break };
        after = Some(*last);
        for tenant in tenants {
            let db = database.tenant(tenant);
            for (key, count) in credentials::by_key(&db).await?.into_iter().chain(hooks::by_key(&db).await?) {
                *sealed.entry(key).or_default() += count;
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
        let credentials = sealed.remove(id).unwrap_or_default();
        records.push(KeyRecord { id: id.to_owned(), state, credentials });
    }
    let missing = sealed.into_iter().map(|(id, credentials)| KeyRecord { id, state: "missing", credentials });
    records.extend(missing);
    print(&records, output)
}

fn print(records: &[KeyRecord], output: Output) -> Result<(), CliError> {
    let mut out = Out::stdout();
    if output == Output::Json {
        out.json_array(records)?;
        return Ok(out.flush()?);
    }
    let mut rows = table(["KEY", "STATE", ">CREDENTIALS"]);
    for record in records {
        row(&mut rows, [record.id.clone(), record.state.to_owned(), record.credentials.to_string()]);
    }
    print_table(&mut out, &rows, "no keys; `project-sync secrets new-key` makes one")
}

/// Seals with the first key what is sealed with another one.
async fn rotate(database: &Database, keys: &KeyStore, output: Output) -> Result<(), CliError> {
    let ring = keys.ring().map_err(failed)?;
    let (mut resealed, mut unreadable, mut after) = (0, 0, None);
    loop {
        let tenants = credentials::tenants(&database.system(), after).await?;
        let Some(last) = tenants.last() else { break };
        after = Some(*last);
        for tenant in tenants {
            let db = database.tenant(tenant);
            let mut next = None;
            loop {
                let batch: Rotated = credentials::rotate(&db, ring, next).await.map_err(sealing)?;
                resealed += batch.resealed;
                unreadable += batch.unreadable.len();
                for project in &batch.unreadable {
                    tell(format_args!(
                        "the credential of project {project} does not open and stays as it is"
                    ));
                }
                next = batch.next;
                if next.is_none() {
                    break;
                }
            }
            loop {
                let batch: Rotated = hooks::rotate(&db, ring, next).await.map_err(sealing)?;
                resealed += batch.resealed;
                unreadable += batch.unreadable.len();
                for project in &batch.unreadable {
                    tell(format_args!(
                        "the secret of the hook of project {project} does not open and stays as it is"
                    ));
                }
                next = batch.next;
                if next.is_none() {
                    break;
                }
            }
        }
    }
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

fn sealing(error: CredentialError) -> CliError {
    match error {
        CredentialError::Database(error) => error.into(),
        other => CliError::usage(other.to_string()),
    }
}

fn failed(error: KeysError) -> CliError {
    CliError::usage(error.to_string())
}
