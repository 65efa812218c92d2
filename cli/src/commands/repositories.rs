//! `repositories`: what an installation of a GitHub App reaches.

use std::{fs::File, io::Read, path::Path};

use entities::{
    Secret,
    credentials::{Credential, MAX_PRIVATE_KEY_BYTES},
};
use serde::Serialize;
use source::{InstalledRepository, SourceContext, installed_repositories, settings::SourceSettings};

use super::print_table;
use crate::{
    args::{Output, RepositoriesArgs},
    error::CliError,
    out::Out,
    render::{
        table::{row, table},
        text::clean,
    },
};

/// Repositories of a page.
const PAGE: usize = 100;

/// The most pages that are listed.
const MAX_PAGES: u64 = 100;

/// A repository as it is printed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RepositoryRecord {
    full_name: String,
    default_branch: Option<String>,
    private: bool,
    archived: bool,
}

/// Runs the command.
pub async fn run(args: &RepositoriesArgs, settings: &SourceSettings, output: Output) -> Result<(), CliError> {
    let credential = Credential::GithubApp {
        app_id: args.app,
        installation_id: args.installation,
        private_key: key_of(&args.key_file)?,
    };
    credential.check().map_err(|error| CliError::usage(error.to_string()))?;
    let found = list(args.api_url.as_deref(), &credential, settings).await?;
    let mut out = Out::stdout();
    if output == Output::Json {
        out.json_array(found.into_iter().map(|it| RepositoryRecord {
            full_name: it.full_name,
            default_branch: it.default_branch,
            private: it.private,
            archived: it.archived,
        }))?;
        out.flush()?;
        return Ok(());
    }
    let mut rows = table(["NAME", "DEFAULT BRANCH", "ACCESS", ""]);
    for repository in found {
        let access = if repository.private { "private" } else { "public" };
        let archived = if repository.archived { "archived" } else { "" };
        let branch = repository.default_branch.unwrap_or_default();
        let (name, branch) = (clean(&repository.full_name).into_owned(), clean(&branch).into_owned());
        row(&mut rows, [name, branch, access.to_owned(), archived.to_owned()]);
    }
    print_table(&mut out, &rows, "the installation reaches no repositories")
}

async fn list(
    api_url: Option<&str>,
    credential: &Credential,
    settings: &SourceSettings,
) -> Result<Vec<InstalledRepository>, CliError> {
    let mut all = Vec::new();
    for page in 1..=MAX_PAGES {
        let context = SourceContext::quiet();
        let found = installed_repositories(api_url, credential, (page, PAGE), settings, &context).await?;
        all.extend(found.items);
        if !found.has_more {
            break;
        }
    }
    Ok(all)
}

fn key_of(path: &Path) -> Result<Secret, CliError> {
    let action = || format!("cannot read the key file {}", path.display());
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(MAX_PRIVATE_KEY_BYTES as u64 + 1).read_to_string(&mut text))
        .map_err(CliError::io(action()))?;
    Ok(Secret::from(text))
}
