//! A new depot, and commands of the program on it.

use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_netimage-builder");

pub struct BareDepot(tempfile::TempDir);

/// What a command has printed, and its exit status.
pub struct Ended {
    pub out: String,
    pub aside: String,
    pub status: Option<i32>,
}

impl BareDepot {
    /// A depot without machines; none for users who may make no depot.
    pub fn new() -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            eprintln!("left out: not root, who alone may make a depot");
            return None;
        }
        let depot = Self(tempfile::tempdir().unwrap());
        depot.good(["init", "@", "--server", "192.0.2.100", "--export", "/depot"]);
        Some(depot)
    }

    pub fn depot(&self) -> &Path {
        self.0.path()
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.depot().join(name)
    }

    /// A command, in which `@` is the depot.
    pub fn command<'word>(&self, words: impl IntoIterator<Item = &'word str>) -> Command {
        let mut command = Command::new(PROGRAM);
        for word in words {
            match word {
                "@" => command.arg(self.depot()),
                word => command.arg(word),
            };
        }
        command
    }

    pub fn run<'word>(&self, words: impl IntoIterator<Item = &'word str>) -> Ended {
        let output = self.command(words).output().unwrap();
        Ended {
            out: String::from_utf8(output.stdout).unwrap(),
            aside: String::from_utf8(output.stderr).unwrap(),
            status: output.status.code(),
        }
    }

    pub fn good<'word>(&self, words: impl IntoIterator<Item = &'word str>) -> String {
        let ended = self.run(words);
        let (out, aside) = (&ended.out, &ended.aside);
        assert_eq!(ended.status, Some(0), "{out}{aside}");
        ended.out
    }
}

/// Numbers that look random, and are the same each time.
#[allow(dead_code, reason = "not every test asks")]
pub struct Numbers(pub u64);

#[allow(dead_code, reason = "not every test asks")]
impl Numbers {
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % end
    }
}
