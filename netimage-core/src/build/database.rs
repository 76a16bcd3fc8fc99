//! The Nix database of an image, loaded by the real `nix-store`.

#![allow(
    clippy::disallowed_methods,
    reason = "programs are given paths of the scratch store, of which no other user renames a part"
)]

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::geteuid;

use super::options::BuildOptions;
use crate::fs::{FsError, OpenDirectory, create_private, failed, real_path, remove_directory};
use crate::progress::Observer;
use crate::store::StoreDir;

/// Why the Nix database could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// A program did not start.
    #[error("cannot run {}, which makes the Nix database; install it or say where it is", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A program failed.
    #[error("{} failed ({status}) while making the Nix database; it said: {stderr}", program.display())]
    Failed {
        /// The program.
        program: PathBuf,
        /// How it ended.
        status: std::process::ExitStatus,
        /// Its last words.
        stderr: String,
    },
    /// Others could put something else in the place of the scratch directory.
    #[error("others can rename what is in {}, whose mode is {mode:04o}; set TMPDIR to a directory that is yours, like /tmp", path.display())]
    Exposed {
        /// The directory in which they can.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The scratch directory cannot be used.
    #[error(transparent)]
    Fs(#[from] FsError),
}

impl DatabaseError {
    /// Whether the [`Observer`](crate::Observer) asked to stop, and that is all.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Fs(FsError::Cancelled))
    }
}

/// A database in a scratch directory, which goes when this is dropped.
pub(crate) struct Database {
    temporary: OpenDirectory,
    scratch: OpenDirectory,
}

impl Drop for Database {
    fn drop(&mut self) {
        // `clean` finds what is left.
        let _ = remove_directory(&self.temporary, &self.scratch);
    }
}

/// The files that make up a database, below the root. The journal, locks and
/// reserved space beside them are only for who has it open.
pub(crate) const DATABASE_FILES: [&str; 2] = ["nix/var/nix/db/db.sqlite", "nix/var/nix/db/schema"];

impl Database {
    /// Loads a registration with `nix-store --load-db` into a store of its
    /// own, and makes the result a function of the registration alone.
    pub(crate) fn load(
        registration: File,
        store_dir: &StoreDir,
        programs: &BuildOptions,
        observer: &dyn Observer,
    ) -> Result<Self, DatabaseError> {
        let temporary = real_path(&std::env::temp_dir())?;
        // The programs are given paths, and follow them.
        if let Some((place, mode)) = find_exposed(&temporary)? {
            let path = place.to_owned();
            return Err(DatabaseError::Exposed { path, mode });
        }
        let temporary = OpenDirectory::open(&temporary)?;
        let database = Self {
            scratch: create_private(&temporary)?,
            temporary,
        };
        let options = [
            ("use-sqlite-wal", "false"),
            ("gc-reserved-space", "0"),
            // What is taken of it is synced with the image.
            ("fsync-metadata", "false"),
            ("build-users-group", ""),
            ("experimental-features", ""),
        ];
        let mut load = database.command(&programs.nix_store, &programs.launcher);
        load.env("NIX_STORE_DIR", store_dir.as_str())
            .arg("--store")
            .arg(database.scratch.path())
            .args(
                options
                    .iter()
                    .flat_map(|(name, value)| ["--option", name, value]),
            )
            .arg("--load-db")
            .stdin(registration);
        database.run(load, &programs.nix_store, observer)?;
        let mut settle = database.command(&programs.sqlite3, &programs.launcher);
        settle
            .args(["-batch", "-bail"])
            .arg(database.path(DATABASE_FILES[0]))
            .arg(
                "PRAGMA synchronous = OFF; PRAGMA journal_mode = DELETE; UPDATE ValidPaths SET registrationTime = 1;",
            )
            .stdin(Stdio::null());
        database.run(settle, &programs.sqlite3, observer)?;
        Ok(database)
    }

    /// One of the [`DATABASE_FILES`].
    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.scratch.path().join(file)
    }

    /// A command that sees no configuration but ours.
    fn command(&self, program: &Path, launcher: &[OsString]) -> Command {
        let mut command = match launcher {
            [] => Command::new(program),
            [launcher, arguments @ ..] => {
                let mut command = Command::new(launcher);
                command.args(arguments).arg(program);
                command
            }
        };
        for (name, _) in std::env::vars_os() {
            let foreign = name.to_string_lossy();
            if foreign.starts_with("NIX_") || foreign.starts_with("XDG_") {
                command.env_remove(&name);
            }
        }
        let scratch = self.scratch.path();
        command
            .env("HOME", scratch)
            .env("NIX_CONF_DIR", scratch)
            .env("NIX_USER_CONF_FILES", "");
        command
    }

    /// Runs a command to its end, unless the observer asks to stop.
    fn run(
        &self,
        mut command: Command,
        program: &Path,
        observer: &dyn Observer,
    ) -> Result<(), DatabaseError> {
        let log = self.scratch.path().join("stderr");
        let stderr = File::create(&log).map_err(|error| FsError::io("create", &log, error))?;
        let program = program.to_owned();
        let start = |source| DatabaseError::Start {
            program: program.clone(),
            source,
        };
        let mut child = command
            .stdout(Stdio::null())
            .stderr(stderr)
            .spawn()
            .map_err(start)?;
        let status = loop {
            if observer.is_cancelled() {
                // It may have ended by itself meanwhile.
                let _ = child.kill();
                child.wait().map_err(start)?;
                return Err(FsError::Cancelled.into());
            }
            if let Some(status) = child.try_wait().map_err(start)? {
                break status;
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        if status.success() {
            return Ok(());
        }
        let stderr = fs::read(&log).unwrap_or_default();
        let words = String::from_utf8_lossy(&stderr).trim().to_owned();
        Err(match status.code() {
            Some(126 | 127) => start(io::Error::other(words)),
            _ => DatabaseError::Failed {
                program,
                status,
                stderr: if words.is_empty() {
                    "nothing".to_owned()
                } else {
                    words
                },
            },
        })
    }
}

/// The directory on the way to `directory`, or itself, in which another user can
/// rename what is not theirs, and its mode. The superuser and whoever owns `/` are trusted, since
/// nothing is safe from them.
fn find_exposed(directory: &Path) -> Result<Option<(&Path, u32)>, FsError> {
    let metadata = |path: &Path| fs::metadata(path).map_err(failed("read", path));
    let trusted = [0, geteuid().as_raw(), metadata(Path::new("/"))?.uid()];
    for place in directory.ancestors() {
        let metadata = metadata(place)?;
        let (mode, is_group_trusted) = (metadata.mode(), metadata.gid() == 0);
        let is_shared = mode & 0o002 != 0 || (mode & 0o020 != 0 && !is_group_trusted);
        if !trusted.contains(&metadata.uid()) || (is_shared && mode & 0o1000 == 0) {
            return Ok(Some((place, mode & 0o7777)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_directory_is_exposed_where_others_can_rename() {
        let place = tempfile::tempdir().unwrap();
        let below = fs::canonicalize(place.path()).unwrap().join("below");
        fs::create_dir(&below).unwrap();
        let above = below.parent().unwrap();
        for (mode, is_exposed) in [(0o755, false), (0o1777, false), (0o777, true)] {
            fs::set_permissions(above, fs::Permissions::from_mode(mode)).unwrap();
            let exposed = find_exposed(&below).unwrap();
            assert_eq!(exposed, is_exposed.then_some((above, mode)), "{mode:o}");
        }
    }
}
