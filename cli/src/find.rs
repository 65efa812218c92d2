//! From what a user typed to rows: projects, branches, syncs.

use entities::{
    Branch, BranchId, ProjectId, ProjectSync, SourceSpec,
    projects::{self, ConnectedProject},
    syncs,
    temporal::{Forgotten, StateAt, StateError},
};

use crate::{error::CliError, open::App};

/// The fewest digits that are taken as the start of an id.
pub const MIN_PREFIX_DIGITS: usize = 4;

/// The most names that are listed in a hint.
const MAX_NAMES: usize = 10;

/// How alike two names must be for one to be suggested for the other, from 0 to 1 (Jaro-Winkler).
const ALIKE: f64 = 0.75;

/// Finds a project by name, id, the start of its id, or its source.
pub async fn project(app: &App, text: &str) -> Result<ConnectedProject, CliError> {
    if let Some(found) = projects::find(&app.db, text).await? {
        return Ok(found);
    }
    let all = projects::list(&app.db).await?;
    if text.chars().filter(|c| *c != '-').count() >= MIN_PREFIX_DIGITS
        && let Some((first, last)) = ProjectId::range_of_prefix(text)
    {
        let mut begins = all.iter().filter(|project| (first..=last).contains(&project.id));
        match (begins.next(), begins.next()) {
            (Some(one), None) => {
                let id = one.id.to_string();
                let found = projects::find(&app.db, &id).await?;
                return found.ok_or_else(|| CliError::not_found(format!("no project {id}"), None));
            }
            (Some(_), Some(_)) => {
                return Err(CliError::usage(format!("several projects have ids that begin with {text}")));
            }
            _ => {}
        }
    }
    if let Ok(source) = SourceSpec::parse(text, None)
        && let Some(found) = projects::find_by_source(&app.db, &source).await?
    {
        return Ok(found);
    }
    let names: Vec<&str> = all.iter().map(|project| project.name.as_str()).collect();
    let hint = match names.is_empty() {
        true => "there are no projects yet; `project-sync sync SOURCE` makes one".to_owned(),
        false => suggest(text, &names).unwrap_or_else(|| "`project-sync projects` lists them".to_owned()),
    };
    Err(CliError::not_found(format!("no project named '{text}'"), Some(hint)))
}

/// The branches of a project that were ever synced, narrowed to one if it is named.
pub async fn branches(
    app: &App,
    project: &ConnectedProject,
    name: Option<&str>,
) -> Result<Vec<Branch>, CliError> {
    let all = projects::branches(&app.db, &project.repository).await?;
    let Some(name) = name else { return Ok(all) };
    match all.iter().find(|branch| branch.name == name) {
        Some(branch) => Ok(vec![branch.clone()]),
        None => Err(no_branch(name, &all)),
    }
}

/// One branch of a project: the named one, else the default one, else the only one.
pub async fn branch(app: &App, project: &ConnectedProject, name: Option<&str>) -> Result<Branch, CliError> {
    let all = projects::branches(&app.db, &project.repository).await?;
    let find = |name: &str| all.iter().find(|branch| branch.name == name).cloned();
    if let Some(name) = name {
        return find(name).ok_or_else(|| no_branch(name, &all));
    }
    if let Some(branch) = project.repository.default_branch.as_deref().and_then(find) {
        return Ok(branch);
    }
    match all.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(CliError::not_found(
            format!("no branch of '{}' was synced yet", project.project.name),
            Some("run `project-sync sync SOURCE` first".to_owned()),
        )),
        many => Err(CliError::Usage {
            message: "the project has several branches; choose one with --branch".to_owned(),
            hint: Some(format!("it has {}", listed(many.iter().map(|branch| branch.name.as_str())))),
        }),
    }
}

fn no_branch(name: &str, all: &[Branch]) -> CliError {
    let names: Vec<&str> = all.iter().map(|branch| branch.name.as_str()).collect();
    let hint = suggest(name, &names)
        .or_else(|| (!names.is_empty()).then(|| format!("synced were {}", listed(names.iter().copied()))));
    CliError::not_found(format!("no branch named '{name}' was synced"), hint)
}

/// What a user may call a sync.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SyncName {
    /// The latest completed one.
    Latest,
    /// By its number, on a branch or on the one that is looked at. If nothing has that number, the digits may also be
    /// the start of an id.
    Number(Option<String>, i64),
    /// By its id or the start of it.
    Id(String),
}

impl SyncName {
    /// Reads `latest`, `12`, `#12`, `branch#12`, or hexadecimal digits with hyphens.
    pub fn parse(text: &str) -> Result<Self, CliError> {
        if text == "latest" {
            return Ok(Self::Latest);
        }
        // The last one: a branch's name may hold a # too.
        if let Some((branch, number)) = text.rsplit_once('#')
            && let Ok(number) = number.parse()
        {
            return Ok(Self::Number((!branch.is_empty()).then(|| branch.to_owned()), number));
        }
        if text.bytes().all(|byte| byte.is_ascii_digit())
            && let Ok(number) = text.parse()
        {
            return Ok(Self::Number(None, number));
        }
        if is_id_prefix(text) {
            return Ok(Self::Id(text.to_owned()));
        }
        Err(CliError::Usage {
            message: format!("'{text}' names no sync"),
            hint: Some(format!(
                "write latest, a number (3 or #3), branch#3, or at least {MIN_PREFIX_DIGITS} digits of a sync's id"
            )),
        })
    }
}

/// Whether this may be the start of an id: enough hexadecimal digits, with hyphens.
pub fn is_id_prefix(text: &str) -> bool {
    let digits = text.bytes().filter(|byte| *byte != b'-');
    digits.clone().count() >= MIN_PREFIX_DIGITS && digits.into_iter().all(|byte| byte.is_ascii_hexdigit())
}

/// Finds a sync of a project. Numbers are of the branch named `branch`, or the default one.
pub async fn sync(
    app: &App,
    project: &ConnectedProject,
    branch_name: Option<&str>,
    text: &str,
) -> Result<ProjectSync, CliError> {
    match SyncName::parse(text)? {
        SyncName::Latest => {
            let branch = branch(app, project, branch_name).await?;
            let latest = match branch.head_sync_id {
                Some(id) => syncs::get(&app.db, id).await?,
                None => None,
            };
            latest.ok_or_else(|| {
                CliError::not_found(format!("no sync of branch '{}' has completed yet", branch.name), None)
            })
        }
        SyncName::Number(named, number) => {
            let branch = branch(app, project, named.as_deref().or(branch_name)).await?;
            if let Some(found) = syncs::by_seq(&app.db, branch.id, number).await? {
                return Ok(found);
            }
            if is_id_prefix(text)
                && let Some(found) = by_prefix(app, project, text).await?
            {
                return Ok(found);
            }
            let hint = match branch.head_seq {
                0 => "no sync of it has completed yet".to_owned(),
                head => format!("the latest is #{head}; `project-sync history` lists them"),
            };
            Err(CliError::not_found(format!("branch '{}' has no sync #{number}", branch.name), Some(hint)))
        }
        SyncName::Id(digits) => by_prefix(app, project, &digits).await?.ok_or_else(|| {
            let hint = "`project-sync history` lists the project's syncs".to_owned();
            CliError::not_found(format!("no sync whose id begins with {digits}"), Some(hint))
        }),
    }
}

async fn by_prefix(
    app: &App,
    project: &ConnectedProject,
    digits: &str,
) -> Result<Option<ProjectSync>, CliError> {
    let branches = projects::branches(&app.db, &project.repository).await?;
    let ids: Vec<BranchId> = branches.iter().map(|branch| branch.id).collect();
    let mut found = syncs::by_id_prefix(&app.db, &ids, digits, 2).await?;
    if found.len() > 1 {
        return Err(CliError::usage(format!("several syncs have ids that begin with {digits}")));
    }
    Ok(found.pop())
}

/// The state that a sync left, if it completed and is kept.
pub async fn state_after(app: &App, sync: &ProjectSync) -> Result<StateAt, CliError> {
    StateAt::after(&app.db, sync).await.map_err(|error| match error {
        StateError::NotCompleted { .. } => {
            let message = format!("sync {} is {}: nothing of it is visible", sync.id, sync.status);
            CliError::not_found(message, Some("name a completed sync".to_owned()))
        }
        StateError::Forgotten(error) => forgotten(error),
        StateError::Database(error) => error.into(),
    })
}

/// That the state that was named is not kept any more.
pub fn forgotten(error: Forgotten) -> CliError {
    let hint = "`project-sync gc` removed what only earlier syncs showed".to_owned();
    CliError::not_found(error.to_string(), Some(hint))
}

/// `did you mean …?`, if some names look like `text`.
pub fn suggest(text: &str, names: &[&str]) -> Option<String> {
    let lower = text.to_lowercase();
    let mut alike: Vec<(f64, &str)> = names
        .iter()
        .map(|&name| (strsim::jaro_winkler(&lower, &name.to_lowercase()), name))
        .filter(|(score, _)| *score >= ALIKE)
        .collect();
    alike.sort_by(|a, b| b.0.total_cmp(&a.0));
    let names: Vec<&str> = alike.into_iter().take(3).map(|(_, name)| name).collect();
    (!names.is_empty()).then(|| format!("did you mean {}?", names.join(" or ")))
}

fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = if names.len() > MAX_NAMES { ", …" } else { "" };
    format!("{}{more}", names.take(MAX_NAMES).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_of_syncs() {
        for (text, name) in [
            ("latest", SyncName::Latest),
            ("12", SyncName::Number(None, 12)),
            ("#12", SyncName::Number(None, 12)),
            ("feature/#1#12", SyncName::Number(Some("feature/#1".into()), 12)),
            ("0190d3f0-12", SyncName::Id("0190d3f0-12".into())),
            ("abcd", SyncName::Id("abcd".into())),
        ] {
            assert_eq!(SyncName::parse(text).unwrap(), name, "{text}");
        }
        for bad in ["", "abc", "newest", "main#", "#-", "-----"] {
            assert_eq!(SyncName::parse(bad).unwrap_err().exit_code(), 2, "{bad:?}");
        }
    }

    #[test]
    fn suggests_names_that_look_alike() {
        assert_eq!(suggest("projct", &["project", "other"]).as_deref(), Some("did you mean project?"));
        assert_eq!(suggest("zzz", &["project"]), None);
    }
}
