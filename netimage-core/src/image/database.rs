//! The Nix database of an image, loaded by the real `nix-store`.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::fs::FsError;
use crate::progress::Observer;
use crate::store::StoreDir;

/// Why the Nix database could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// A program did not start.
    #[error("cannot run {}, which the Nix database is made with; install it or say where it is", program.display())]
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
    /// The scratch directory cannot be used.
    #[error(transparent)]
    Fs(#[from] FsError),
}

/// A database in a scratch directory, which goes when this is dropped.
pub(crate) struct Database {
    scratch: tempfile::TempDir,
}

/// The files that make up a database, below the root. The journal, locks and
/// reserved space beside them are only for who has it open.
pub(crate) const DATABASE_FILES: [&str; 2] = ["nix/var/nix/db/db.sqlite", "nix/var/nix/db/schema"];

impl Database {
    /// Loads a registration with `nix-store --load-db` into a store of its
    /// own, and makes the result a function of the registration alone.
    pub(crate) fn load(
        registration: &Path,
        store_dir: &StoreDir,
        nix_store: &Path,
        sqlite3: &Path,
        observer: &dyn Observer,
    ) -> Result<Self, DatabaseError> {
        let temporary = std::env::temp_dir();
        let scratch = tempfile::tempdir()
            .map_err(|error| FsError::io("create a directory in", temporary, error))?;
        let database = Self { scratch };
        let input =
            File::open(registration).map_err(|error| FsError::io("open", registration, error))?;
        let options = [
            ("use-sqlite-wal", "false"),
            ("gc-reserved-space", "0"),
            ("build-users-group", ""),
            ("experimental-features", ""),
        ];
        let mut load = database.command(nix_store);
        load.env("NIX_STORE_DIR", store_dir.as_str())
            .arg("--store")
            .arg(database.scratch.path())
            .args(
                options
                    .iter()
                    .flat_map(|(name, value)| ["--option", name, value]),
            )
            .arg("--load-db")
            .stdin(input);
        database.run(load, observer)?;
        let mut settle = database.command(sqlite3);
        settle
            .args(["-batch", "-bail"])
            .arg(database.path(DATABASE_FILES[0]))
            .arg("PRAGMA journal_mode = DELETE; UPDATE ValidPaths SET registrationTime = 1;")
            .stdin(Stdio::null());
        database.run(settle, observer)?;
        Ok(database)
    }

    /// One of the [`DATABASE_FILES`].
    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.scratch.path().join(file)
    }

    /// A command that sees no configuration but ours.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
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
    fn run(&self, mut command: Command, observer: &dyn Observer) -> Result<(), DatabaseError> {
        let program = PathBuf::from(command.get_program());
        let log = self.scratch.path().join("stderr");
        let stderr = File::create(&log).map_err(|error| FsError::io("create", &log, error))?;
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
        let stderr = std::fs::read(&log).unwrap_or_default();
        Err(DatabaseError::Failed {
            program,
            status,
            stderr: match String::from_utf8_lossy(&stderr).trim() {
                "" => "nothing".to_owned(),
                words => words.to_owned(),
            },
        })
    }
}
