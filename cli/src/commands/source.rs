//! The options that say how a repository is read.

use std::{fs::File, io::Read, path::Path};

use entities::SourceSpec;
use source::settings::{Secret, SourceSettings};

use crate::{args::SourceArgs, error::CliError};

/// The variable that holds a token for GitHub.
const GITHUB_TOKEN: &str = "GITHUB_TOKEN";

/// The largest token file that is read, in bytes.
const MAX_TOKEN_BYTES: u64 = 16_384;

/// Reads the source and puts its options into the settings.
pub fn apply(args: &SourceArgs, settings: &mut SourceSettings) -> Result<SourceSpec, CliError> {
    let spec = SourceSpec::parse(&args.source, args.api_url.as_deref())?;
    if let Some(transfer) = args.transfer {
        settings.transfer = transfer.into();
    }
    settings.token = match &args.token_file {
        Some(path) => Some(token_of(path)?),
        // The variable is meant for GitHub: no other host gets to see it.
        None if matches!(spec, SourceSpec::GitHub { .. }) => {
            std::env::var(GITHUB_TOKEN).ok().map(|text| Secret::new(&text))
        }
        None => None,
    };
    settings.token_wins = args.token_file.is_some();
    settings.token = settings.token.take().filter(|token| !token.expose().is_empty());
    Ok(spec)
}

fn token_of(path: &Path) -> Result<Secret, CliError> {
    let action = || format!("cannot read the token file {}", path.display());
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(MAX_TOKEN_BYTES + 1).read_to_string(&mut text))
        .map_err(CliError::io(action()))?;
    if text.len() as u64 > MAX_TOKEN_BYTES
        || text.trim().is_empty()
        || text.trim().contains(char::is_whitespace)
    {
        return Err(CliError::usage(format!("{}: it holds no token", action())));
    }
    Ok(Secret::new(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_file_holds_one_token() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        for (text, token) in
            [("abc\n", Some("abc")), ("", None), (" \n", None), ("a b", None), (&"x".repeat(20_000), None)]
        {
            std::fs::write(&path, text).unwrap();
            assert_eq!(token_of(&path).ok().map(|secret| secret.expose().to_owned()).as_deref(), token);
        }
        assert_eq!(token_of(&folder.path().join("absent")).unwrap_err().exit_code(), 1);
    }
}
