//! Which folders of this machine repositories are read from.
//!
//! A repository refers to other places by links, by a `.git` file, by a worktree's `commondir` and by borrowed objects.
//! None of them may lead out of the allowed folders. What is checked is what is there when a repository is opened;
//! whoever may change an allowed folder at the same moment is trusted with what this process may read.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::Refused;
use crate::SourceError;

/// The parts of a repository that are read.
const READ: [&str; 5] = ["HEAD", "config", "packed-refs", "refs", "objects"];

/// The most files and folders of a repository that are looked at.
const MAX_LOOKED_AT: usize = 10_000_000;

/// The path without links, if it is in one of the allowed folders; all are if `None`.
///
/// Where folders are restricted, a path that is not there is refused like one outside: nobody learns what exists.
pub(crate) fn check_path(path: &Path, allowed: Option<&[PathBuf]>) -> Result<PathBuf, Refused> {
    let Some(allowed) = allowed else { return Ok(path.to_owned()) };
    let refused = || match allowed {
        [] => Refused("folders of this machine are not read (source.local_folders)".to_owned()),
        _ => Refused(format!("{} is in none of the allowed folders (source.local_folders)", path.display())),
    };
    let real = path.canonicalize().map_err(|_| refused())?;
    if is_inside(&real, allowed) { Ok(real) } else { Err(refused()) }
}

fn is_inside(real: &Path, allowed: &[PathBuf]) -> bool {
    allowed.iter().filter_map(|folder| folder.canonicalize().ok()).any(|folder| real.starts_with(folder))
}

/// Refuses a repository's folder of which anything that is read lies outside the allowed folders.
pub(crate) fn check_repository(git: &Path, allowed: Option<&[PathBuf]>) -> Result<(), SourceError> {
    if allowed.is_none() {
        return Ok(());
    }
    let git = check_path(git, allowed)?;
    READ.iter().try_for_each(|part| check_all(&git.join(part), allowed))
}

/// Refuses a file or folder in which a link leads out.
pub(crate) fn check_all(root: &Path, allowed: Option<&[PathBuf]>) -> Result<(), SourceError> {
    if allowed.is_none() {
        return Ok(());
    }
    let mut waiting = vec![root.to_owned()];
    let mut looked_at = 0;
    while let Some(path) = waiting.pop() {
        let about = match fs::symlink_metadata(&path) {
            Ok(about) => about,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(look(&path)(error)),
        };
        if about.is_symlink() {
            // A link to a folder leads to more; it is inside, so whatever it leads to is looked at in its own place.
            let real = check_path(&path, allowed)?;
            waiting.extend(real.is_dir().then_some(real));
        } else if about.is_dir() {
            for entry in fs::read_dir(&path).map_err(look(&path))? {
                let entry = entry.map_err(look(&path))?;
                // Files are by far the most, and nothing more is to be known of them.
                if !entry.file_type().map_err(look(&path))?.is_file() {
                    waiting.push(entry.path());
                }
                looked_at += 1;
            }
        } else if !about.is_file() {
            // Reading a pipe might never end.
            return Err(Refused(format!("{} is a special file", path.display())).into());
        }
        if looked_at > MAX_LOOKED_AT {
            let limit = format!("{MAX_LOOKED_AT} files");
            return Err(SourceError::TooLarge { what: "the repository's folder".to_owned(), limit });
        }
        looked_at += 1;
    }
    Ok(())
}

fn look(path: &Path) -> impl FnOnce(io::Error) -> SourceError + use<> {
    SourceError::io(format!("look at {}", path.display()))
}
