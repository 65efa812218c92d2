//! Which worker this is, and whether another one still lives.
//!
//! A claim dies with its lease. Where all workers share one machine (the embedded mode) we can do better: each holds a
//! lock on a file of its own for as long as it lives, so a killed worker is noticed at once and nobody waits.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use uuid::Uuid;

/// This worker, for as long as the value lives.
#[derive(Debug)]
pub struct Instance {
    name: String,
    lock: Option<(PathBuf, File)>,
    scratch: Option<PathBuf>,
}

impl Instance {
    /// A worker that shares its machine with all others; their lock files stand in `directory`.
    ///
    /// # Errors
    /// If the directory or the file cannot be made or locked.
    pub fn on_one_machine(directory: &Path) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        let name = format!("{}-{}", std::process::id(), Uuid::now_v7().simple());
        let path = directory.join(&name);
        let file = File::create(&path)?;
        file.lock()?;
        Ok(Self { name, lock: Some((path, file)), scratch: None })
    }

    /// A worker among others on any machines: only leases tell who lives.
    pub fn anywhere() -> Self {
        Self { name: format!("{}-{}", std::process::id(), Uuid::now_v7().simple()), lock: None, scratch: None }
    }

    /// A folder below `root` for what this worker needs on disk while it lives; it goes with the worker. What killed
    /// workers left there is removed on the way.
    ///
    /// # Errors
    /// If the folder cannot be made.
    pub fn scratch(&mut self, root: &Path) -> io::Result<PathBuf> {
        let folder = root.join(&self.name);
        fs::create_dir_all(&folder)?;
        for entry in fs::read_dir(root)?.flatten() {
            if entry.file_name().to_str().is_some_and(|worker| self.is_gone(worker)) {
                // Another worker may be removing it, too.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        self.scratch = Some(folder.clone());
        Ok(folder)
    }

    /// Its name, as claims bear it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the worker of this name is known to be gone. `false` if we cannot tell.
    pub fn is_gone(&self, worker: &str) -> bool {
        let Some((own, _)) = &self.lock else { return false };
        // The name is from a row; it must not lead out of the directory.
        if worker == self.name || worker.contains(['/', '\\']) {
            return false;
        }
        let path = own.with_file_name(worker);
        match File::open(&path) {
            Err(error) => error.kind() == io::ErrorKind::NotFound,
            Ok(file) => match file.try_lock() {
                Ok(()) => {
                    // Nobody will ask for it again: names are never used twice.
                    let _ = fs::remove_file(&path);
                    true
                }
                Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
            },
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if let Some(scratch) = &self.scratch {
            let _ = fs::remove_dir_all(scratch);
        }
        if let Some((path, _)) = &self.lock {
            let _ = fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_gone_once_its_lock_is() {
        let directory = tempfile::tempdir().unwrap();
        let watcher = Instance::on_one_machine(directory.path()).unwrap();
        let other = Instance::on_one_machine(directory.path()).unwrap();
        let name = other.name().to_owned();
        assert!(!watcher.is_gone(&name));
        assert!(!watcher.is_gone(watcher.name()));
        drop(other);
        assert!(watcher.is_gone(&name));
        // Killed: the file is there, the lock is not.
        fs::write(directory.path().join("killed"), "").unwrap();
        assert!(watcher.is_gone("killed"));
        assert!(!watcher.is_gone("../killed"));
        assert!(!Instance::anywhere().is_gone("killed"));
    }

    #[test]
    fn what_killed_workers_left_is_removed() {
        let directory = tempfile::tempdir().unwrap();
        let (locks, root) = (directory.path().join("locks"), directory.path().join("scratch"));
        let mut alive = Instance::on_one_machine(&locks).unwrap();
        let kept = alive.scratch(&root).unwrap();
        fs::create_dir_all(root.join("killed")).unwrap();
        fs::write(root.join("killed/pack"), "half a pack").unwrap();
        let mut next = Instance::on_one_machine(&locks).unwrap();
        let own = next.scratch(&root).unwrap();
        assert!(kept.exists() && own.exists());
        assert!(!root.join("killed").exists());
        drop(next);
        assert!(kept.exists() && !own.exists());
    }
}
