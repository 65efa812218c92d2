//! Connecting a repository.

use std::path::Path;

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use chrono::{DateTime, Utc};
use entities::{
    SourceSpec, SourceSpecError,
    identity::audit::{self, Action},
    projects::{self, ConnectedProject, MAX_PROJECT_NAME_CHARS},
    source_spec::GITHUB_API_URL,
};
use sea_orm::{DbErr, SqlErr};
use serde_json::json;
use source::{guard::check_source, settings::SourceSettings};

use crate::{
    extract::{Body, Manage, Permitted},
    look,
    model::{NewProject, ProjectDto, SourceDto},
    problem::{Code, Problem, ProblemBody},
    state::App,
};

/// Create a project
///
/// Connects a repository, after looking at it: one that cannot be read is refused. Nothing is synced yet.
#[utoipa::path(
    post,
    path = "/api/v1/projects",
    operation_id = "projects.create",
    tag = "projects",
    params(("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key is served once.")),
    request_body = NewProject,
    responses(
        (status = 201, description = "The project.", body = ProjectDto,
            headers(("Location" = String, description = "Where the project is."))),
        (status = 409, description = "`name-taken`, `request-in-progress`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "`invalid-value`, `source-…`, `idempotency-key-reused`", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn projects_create(
    State(app): State<App>,
    permit: Permitted<Manage>,
    Body(new): Body<NewProject>,
) -> Result<impl IntoResponse, Problem> {
    let source = checked_source(new.source, &app.source_settings)?;
    let name = checked_name(new.name.unwrap_or_else(|| source.suggested_name()))?;
    let same = projects::find(permit.db(), &name).await?;
    if same.is_some_and(|found| found.project.name == name) {
        return Err(taken(&name));
    }
    let head = look::head(&app, &source, None).await?;
    let project = create(&permit, &name, &source, &head.branch, app.now()).await?;
    let location = format!("/api/v1/projects/{}", project.project.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(ProjectDto::new(&project)?)))
}

/// Writes the rows of the project and of its default branch.
async fn create(
    permit: &Permitted<Manage>,
    name: &str,
    source: &SourceSpec,
    default_branch: &str,
    now: DateTime<Utc>,
) -> Result<ConnectedProject, Problem> {
    let transaction = permit.db().begin_write().await?;
    let mut project = match projects::create(&transaction, name, source, now).await {
        Ok(project) => project,
        Err(error) if is_taken(&error) => return Err(taken(name)),
        Err(error) => return Err(error.into()),
    };
    projects::set_default_branch(&transaction, &project.repository, default_branch).await?;
    projects::ensure_branch(&transaction, &project.repository, default_branch, now).await?;
    let record = permit.did(Action::ProjectCreate).target("project", project.project.id);
    audit::record(&transaction, record.detail(json!({ "name": name })), now).await?;
    transaction.commit().await?;
    project.repository.default_branch = Some(default_branch.to_owned());
    Ok(project)
}

fn is_taken(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

fn taken(name: &str) -> Problem {
    Problem::new(Code::NameTaken, format!("there is a project named '{name}' already")).field("name")
}

fn checked_name(name: String) -> Result<String, Problem> {
    let name = name.trim();
    let is_long = name.chars().count() > MAX_PROJECT_NAME_CHARS;
    if name.is_empty() || is_long || name.chars().any(char::is_control) {
        let detail =
            format!("name must be 1 to {MAX_PROJECT_NAME_CHARS} characters, without control characters");
        return Err(Problem::invalid("name", detail));
    }
    Ok(name.to_owned())
}

/// The source, as a user of the commands would have named it.
fn checked_source(source: SourceDto, settings: &SourceSettings) -> Result<SourceSpec, Problem> {
    let allowed = |field: &str, source: SourceSpec| match check_source(&source, settings) {
        Ok(()) => Ok(source),
        Err(error) => Err(Problem::from(error).field(field)),
    };
    match source {
        SourceDto::Git { url } => {
            let path = url.trim().strip_prefix("file://").unwrap_or(url.trim());
            if !path.contains("://") && !Path::new(path).is_absolute() && !path.is_empty() {
                let detail = "source.url must be an http(s) URL, or an absolute path on the server's machine; \
                              for owner/name on GitHub use the kind 'github'";
                return Err(Problem::invalid("source.url", detail));
            }
            if !path.contains("://") {
                // Before the path is looked up: what exists outside the allowed folders is not told.
                allowed("source.url", SourceSpec::Git { url: path.to_owned() })?;
            }
            match SourceSpec::parse(&url, None) {
                Ok(source @ SourceSpec::Git { .. }) => allowed("source.url", source),
                Ok(SourceSpec::GitHub { .. }) => Err(Problem::invalid("source.url", "source.url is no URL")),
                Err(error) => Err(refused(&error, "source.url")),
            }
        }
        SourceDto::GitHub { owner, name, api_url } => {
            for (field, text) in [("source.owner", &owner), ("source.name", &name)] {
                check_github_name(field, text)?;
            }
            let name = name.strip_suffix(".git").unwrap_or(&name).to_owned();
            let api_url = checked_api_url(api_url)?;
            allowed("source.apiUrl", SourceSpec::GitHub { owner, name, api_url })
        }
    }
}

/// The API's address, if it is not the public GitHub's.
fn checked_api_url(url: Option<String>) -> Result<Option<String>, Problem> {
    let Some(url) = url else { return Ok(None) };
    match SourceSpec::parse(&url, None) {
        Ok(SourceSpec::Git { url }) if url.starts_with("http") => Ok((url != GITHUB_API_URL).then_some(url)),
        Err(error @ SourceSpecError::Credentials) => Err(refused(&error, "source.apiUrl")),
        _ => Err(Problem::invalid("source.apiUrl", "source.apiUrl must be an http(s) URL")),
    }
}

fn check_github_name(field: &str, text: &str) -> Result<(), Problem> {
    let is_name = !text.is_empty()
        && text.len() <= 100
        && !matches!(text, "." | "..")
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if is_name {
        return Ok(());
    }
    Err(Problem::invalid(field, format!("{field} must be 1 to 100 letters, digits, '-', '_' or '.'")))
}

/// What is wrong with a source. What was sent is not repeated: it may hold a secret.
fn refused(error: &SourceSpecError, field: &str) -> Problem {
    let detail = match error {
        SourceSpecError::Credentials => {
            "the URL holds credentials; store them with the project instead (its credential)".to_owned()
        }
        SourceSpecError::Transport(_) => {
            "only paths, http:// and https:// URLs are read; for ssh use the https URL".to_owned()
        }
        SourceSpecError::Unknown(_) => "it is neither a path that exists nor a URL".to_owned(),
        SourceSpecError::Empty | SourceSpecError::TooLong => error.to_string(),
    };
    Problem::invalid(field, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(source: serde_json::Value) -> Option<String> {
        let source: SourceDto = serde_json::from_value(source).unwrap();
        let problem = checked_source(source, &SourceSettings::default()).err()?;
        Some(problem.wrong_field().unwrap_or_default().to_owned())
    }

    #[test]
    fn sources_are_checked_and_name_what_is_wrong() {
        let git = |url: &str| serde_json::json!({ "kind": "git", "url": url });
        assert_eq!(field(git("https://host/o/n.git")), None);
        for wrong in
            ["", "src", "o/n", "../x", "file://src", "/no/such/path", "https://u:p@host/x", "ssh://h/x"]
        {
            assert_eq!(field(git(wrong)).as_deref(), Some("source.url"), "{wrong}");
        }
        let github = |owner: &str, name: &str, api: Option<&str>| serde_json::json!({ "kind": "github", "owner": owner, "name": name, "apiUrl": api });
        assert_eq!(field(github("o", "n.git", Some("https://host/api"))), None);
        assert_eq!(field(github("o/x", "n", None)).as_deref(), Some("source.owner"));
        assert_eq!(field(github("o", "..", None)).as_deref(), Some("source.name"));
        for wrong in ["", "/tmp", "host", "https://u@host"] {
            assert_eq!(field(github("o", "n", Some(wrong))).as_deref(), Some("source.apiUrl"), "{wrong}");
        }
    }

    #[test]
    fn what_the_settings_do_not_allow_is_told_by_field_and_not_looked_up() {
        let mut settings = SourceSettings::default();
        settings.confine();
        let refused = |source: serde_json::Value| {
            let problem = checked_source(serde_json::from_value(source).unwrap(), &settings).unwrap_err();
            (problem.code().word(), problem.wrong_field().map(str::to_owned), problem.to_string())
        };
        let git = |url: &str| refused(serde_json::json!({ "kind": "git", "url": url }));
        for url in
            ["/", "/no/such/path", "file:///etc", "http://127.0.0.1/x", "http://[::1]/", "http://0x7f.1/x"]
        {
            let (code, field, _) = git(url);
            assert_eq!(
                (code.as_str(), field.as_deref()),
                ("source-not-allowed", Some("source.url")),
                "{url}"
            );
        }
        assert_eq!(git("/").2, git("/no/such/path").2, "what exists is not told");
        let api = serde_json::json!({ "kind": "github", "owner": "o", "name": "n", "apiUrl": "http://169.254.169.254" });
        let (code, field, _) = refused(api);
        assert_eq!((code.as_str(), field.as_deref()), ("source-not-allowed", Some("source.apiUrl")));
    }

    #[test]
    fn names_are_trimmed_and_bounded() {
        assert_eq!(checked_name(" a b ".to_owned()).unwrap(), "a b");
        for wrong in [String::new(), "  ".to_owned(), "a\nb".to_owned(), "x".repeat(201)] {
            assert!(checked_name(wrong).is_err());
        }
        assert!(checked_name("ä".repeat(200)).is_ok());
    }
}
