//! `verify`: the proof, again.

use serde::Serialize;
use worker::proof;

use crate::{
    args::AtSync,
    error::CliError,
    find,
    open::App,
    out::Out,
    render::text::{count, number},
};

/// What was proved.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VerifyRecord {
    sync_id: entities::SyncId,
    number: i64,
    commit: Option<entities::ObjectId>,
    tree: entities::ObjectId,
    files: u64,
    directories: u64,
    verified: bool,
}

/// Runs the command. Rows that do not make the commit's tree are an error that names the first directory.
pub async fn run(app: &App, args: &AtSync) -> Result<(), CliError> {
    let project = find::project(app, &args.on.project).await?;
    let sync = find::sync(app, &project, args.on.branch.as_deref(), &args.at).await?;
    let state = find::state_after(app, &sync).await?;
    let Some(tree) = sync.tree_id else {
        return Err(CliError::not_found("the sync's row holds no tree to compare with", None));
    };
    let verified = proof::verify(&app.db, state, tree).await?;
    let mut out = Out::stdout();
    if app.is_json() {
        out.json(&VerifyRecord {
            sync_id: sync.id,
            number: state.seq(),
            commit: sync.commit_id,
            tree,
            files: verified.files,
            directories: verified.directories,
            verified: true,
        })?;
    } else {
        let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let commit = sync.commit_id.map(|commit| commit.to_string()).unwrap_or_default();
        out.line(format_args!("sync    #{}", number(state.seq())))?;
        out.line(format_args!("commit  {commit}"))?;
        out.line(format_args!("tree    {tree}"))?;
        let files = count(signed(verified.files), "file", "files");
        let directories = count(signed(verified.directories), "directory", "directories");
        out.line(format_args!("proved  {files} in {directories} make exactly this tree"))?;
    }
    out.flush()?;
    Ok(())
}
