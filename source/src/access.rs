//! In whose name a repository is asked for.

use std::sync::Arc;

use crate::{SourceContext, SourceError, budget::Account, github::app::Installation, settings::Secret};

/// What opens a repository.
#[derive(Clone)]
pub(crate) enum Access {
    /// Nothing: it is open to all.
    Nobody,
    /// A token that is sent as it is.
    Token(Secret),
    /// An installation of an app, whose tokens are good for an hour.
    App(Arc<Installation>),
}

impl Access {
    /// Whether requests carry a token.
    pub(crate) fn has_token(&self) -> bool {
        !matches!(self, Self::Nobody)
    }

    /// Whether it is an app's installation.
    pub(crate) fn is_app(&self) -> bool {
        matches!(self, Self::App(_))
    }

    /// The token for a request that is sent now.
    ///
    /// # Errors
    /// If an installation gives none.
    pub(crate) async fn token(&self, context: &SourceContext) -> Result<Option<Secret>, SourceError> {
        match self {
            Self::Nobody => Ok(None),
            Self::Token(token) => Ok(Some(token.clone())),
            Self::App(installation) => installation.token(context).await.map(Some),
        }
    }

    /// Takes note that a token was refused. Whether there is another one to try.
    pub(crate) async fn refused(&self, token: Option<&Secret>) -> bool {
        match (self, token) {
            (Self::App(installation), Some(token)) => {
                installation.forget(token).await;
                true
            }
            _ => false,
        }
    }

    /// Whom the API at `base` counts requests for.
    pub(crate) fn account(&self, base: &str) -> Account {
        match self {
            Self::Nobody => Account::nobody(base),
            Self::Token(token) => Account::token(base, token.expose()),
            Self::App(installation) => installation.account(),
        }
    }
}

impl From<Option<Secret>> for Access {
    fn from(token: Option<Secret>) -> Self {
        token.map_or(Self::Nobody, Self::Token)
    }
}
