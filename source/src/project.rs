//! Opening the repository of a project, with the credential that is stored for it.

use std::sync::Arc;

use async_trait::async_trait;
use entities::{
    OfTenant, SourceSpec,
    credentials::{self, Credential, CredentialError},
    projects::ConnectedProject,
};
use sea_orm::DbErr;

use crate::{
    BranchHead, Haves, Head, KnownHead, Snapshot, Source, SourceContext, SourceError, github, open_source,
    settings::SourceSettings,
};

/// Opens the repository of a project. Nothing is asked of its host yet.
///
/// A stored credential is used in the place of the settings' token, unless that was meant for this very repository
/// ([`SourceSettings::token_wins`]). One that cannot be used makes every look at the repository fail, so that whoever
/// looks is told: nothing is read without it instead.
///
/// # Errors
/// If the database is away.
pub async fn open_project(
    db: &impl OfTenant,
    project: &ConnectedProject,
    settings: &SourceSettings,
) -> Result<Arc<dyn Source>, DbErr> {
    let credential = match settings.token_wins && settings.token.is_some() {
        true => Ok(None),
        false => credentials::open(db, settings.keys.store(), project.project.id).await,
    };
    let opened = match (project.source(), credential) {
        (_, Err(CredentialError::Database(error))) => return Err(error),
        (Err(_), _) => {
            Err(SourceError::Unsupported("what a newer version wrote about the repository".into()))
        }
        (_, Err(error)) => Err(SourceError::Credential(error.to_string())),
        (Ok(spec), Ok(credential)) => open_with(spec, credential, settings),
    };
    Ok(opened.unwrap_or_else(|error| Arc::new(Closed(error))))
}

fn open_with(
    spec: SourceSpec,
    credential: Option<Credential>,
    settings: &SourceSettings,
) -> Result<Arc<dyn Source>, SourceError> {
    match (spec, credential) {
        (spec, None) => open_source(&spec, settings),
        (spec, Some(Credential::Token(token))) => {
            open_source(&spec, &SourceSettings { token: Some(token), ..settings.clone() })
        }
        (SourceSpec::GitHub { owner, name, api_url }, Some(credential)) => {
            github::open_installed(&owner, &name, api_url.as_deref(), &credential, settings)
        }
        (SourceSpec::Git { .. }, Some(_)) => {
            Err(SourceError::Credential("a GitHub App opens repositories on GitHub only".into()))
        }
    }
}

/// A repository that cannot be opened, and why.
struct Closed(SourceError);

impl Closed {
    fn why<T>(&self) -> Result<T, SourceError> {
        Err(match &self.0 {
            SourceError::Credential(why) => SourceError::Credential(why.clone()),
            SourceError::NotAllowed(why) => SourceError::NotAllowed(why.clone()),
            SourceError::TokenRefused { host } => SourceError::TokenRefused { host: host.clone() },
            SourceError::Unsupported(why) => SourceError::Unsupported(why.clone()),
            other => SourceError::Unsupported(other.to_string()),
        })
    }
}

#[async_trait]
impl Source for Closed {
    async fn branches(&self, _: &SourceContext) -> Result<Vec<BranchHead>, SourceError> {
        self.why()
    }

    async fn head(
        &self,
        _: Option<&str>,
        _: Option<&KnownHead>,
        _: &SourceContext,
    ) -> Result<Head, SourceError> {
        self.why()
    }

    async fn open(&self, _: &Head, _: &Haves, _: &SourceContext) -> Result<Box<dyn Snapshot>, SourceError> {
        self.why()
    }
}
