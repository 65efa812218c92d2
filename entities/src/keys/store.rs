//! Where the keys of an installation are.

use std::{
    fmt,
    fs::File,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use super::{KeyRing, KeyRingError};

/// The largest file of keys, in bytes.
const MAX_FILE_BYTES: u64 = 64 << 10;

/// What a file that is made begins with.
const HEADER: &str = "\
# The keys that credentials in the database are sealed with: one a line, the first one seals, all of them open.
# Keep a copy in a safe place: without its key a credential cannot be read again.
";

/// Why there are no keys. Another try may help only where the file system is to blame.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// None are configured.
    #[error(
        "no keys are configured to seal secrets with: make one with `project-sync secrets new-key`, and name its file in \
         secrets.key_file or PROJECT_SYNC_SECRET_KEYS_FILE"
    )]
    None,
    /// Their file cannot be read or made.
    #[error("the keys in {}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: Arc<io::Error>,
    },
    /// What is configured holds no keys.
    #[error("the keys{}: {source}", .path.as_ref().map(|path| format!(" in {}", path.display())).unwrap_or_default())]
    Malformed {
        /// The file, if they are in one.
        path: Option<PathBuf>,
        /// What is wrong.
        source: KeyRingError,
    },
}

/// Where keys are looked for.
enum Place {
    Nowhere,
    Given,
    /// In a file that somebody else keeps.
    File(PathBuf),
    /// In a file of ours, which is made when keys are first needed.
    OwnFile(PathBuf),
}

/// The keys of an installation, read when they are first needed.
pub struct KeyStore {
    place: Place,
    ring: OnceLock<KeyRing>,
}

impl KeyStore {
    /// No keys: whatever needs some is refused with [`KeysError::None`].
    pub fn none() -> Self {
        Self { place: Place::Nowhere, ring: OnceLock::new() }
    }

    /// These keys.
    pub fn given(ring: KeyRing) -> Self {
        Self { place: Place::Given, ring: ring.into() }
    }

    /// Keys from a text, such as an environment variable.
    ///
    /// # Errors
    /// If the text holds something else.
    pub fn from_text(text: &str) -> Result<Self, KeysError> {
        let ring = KeyRing::parse(text);
        ring.map(Self::given).map_err(|source| KeysError::Malformed { path: None, source })
    }

    /// The keys in a file.
    pub fn in_file(path: PathBuf) -> Self {
        Self { place: Place::File(path), ring: OnceLock::new() }
    }

    /// The keys in a file that is made, with one new key and readable by its owner alone, when they are first needed.
    pub fn made_in(path: PathBuf) -> Self {
        Self { place: Place::OwnFile(path), ring: OnceLock::new() }
    }

    /// The file that the keys are in, if they are in one.
    pub fn path(&self) -> Option<&Path> {
        match &self.place {
            Place::File(path) | Place::OwnFile(path) => Some(path),
            Place::Nowhere | Place::Given => None,
        }
    }

    /// The keys. Read once; a process that should see others is started again.
    ///
    /// # Errors
    /// See [`KeysError`].
    pub fn ring(&self) -> Result<&KeyRing, KeysError> {
        if let Some(ring) = self.ring.get() {
            return Ok(ring);
        }
        let ring = match &self.place {
            Place::Nowhere | Place::Given => return Err(KeysError::None),
            Place::File(path) => read(path)?,
            Place::OwnFile(path) => {
                if !path.exists() {
                    make(path)?;
                }
                read(path)?
            }
        };
        Ok(self.ring.get_or_init(|| ring))
    }
}

fn read(path: &Path) -> Result<KeyRing, KeysError> {
    let failed = |source| KeysError::File { path: path.to_owned(), source: Arc::new(source) };
    let file = File::open(path).map_err(failed)?;
    warn_if_open_to_others(&file, path);
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_FILE_BYTES).read_to_string(&mut text).map_err(failed)?;
    KeyRing::parse(&text).map_err(|source| KeysError::Malformed { path: Some(path.to_owned()), source })
}

/// Not refused: some orchestrators mount secrets readable for all within a container.
fn warn_if_open_to_others(file: &File, path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let is_open = file.metadata().is_ok_and(|about| about.permissions().mode() & 0o077 != 0);
        if is_open {
            tracing::warn!(file = %path.display(), "others on this machine may read the file of keys; chmod 600 it");
        }
    }
    #[cfg(not(unix))]
    let _ = (file, path);
}

/// Makes the file with one key. If another process is quicker, its file stays.
pub(super) fn make(path: &Path) -> Result<(), KeysError> {
    let line = KeyRing::new_line().map_err(|source| KeysError::Malformed { path: None, source })?;
    let written = || {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        // Readable by its owner alone from the start, and never there half-written.
        let mut file = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
        file.write_all(HEADER.as_bytes())?;
        file.write_all(line.as_bytes())?;
        file.write_all(b"\n")?;
        file.as_file().sync_all()?;
        match file.persist_noclobber(path) {
            Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
            _ => Ok(()),
        }
    };
    written().map_err(|source| KeysError::File { path: path.to_owned(), source: Arc::new(source) })
}

impl fmt::Debug for KeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyStore").field("path", &self.path()).field("keys", &self.ring.get()).finish()
    }
}
