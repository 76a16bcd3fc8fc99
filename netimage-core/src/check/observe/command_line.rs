//! Reads command lines.

use crate::boot::{Board, COMMAND_LINE_LENGTH_MAX, CommandLineError, KernelCommandLine};
use crate::check::facts::{CommandLineSurvey, InitSurvey, Mounter};
use crate::fs::{FsError, ServedDirectory};
use crate::nfs::{NfsError, NfsrootParameter};
use crate::tree::TargetName;

/// Most bytes that are looked at; the kernel's own limit is 2048.
const READ_MAX: u64 = 1 << 16;

/// A command line as it is written, before it is known what it is read by.
pub(super) struct CommandLine {
    pub name: TargetName,
    pub boards: Vec<Board>,
    has_carriage_return: bool,
    pub line: Option<KernelCommandLine>,
    fault: Option<CommandLineError>,
    pub nfsroot: Option<Result<NfsrootParameter, NfsError>>,
}

impl CommandLine {
    /// Nothing where there is no such file.
    pub(super) fn read(
        boot: &ServedDirectory,
        name: TargetName,
        boards: Vec<Board>,
    ) -> Result<Option<Self>, FsError> {
        let Some(bytes) = boot.contents(&name, READ_MAX)? else {
            return Ok(None);
        };
        let text = String::from_utf8_lossy(&bytes).replace('\r', "");
        let (line, fault) = match text.parse::<KernelCommandLine>() {
            Ok(line) => (Some(line), too_long(&text)),
            Err(error) => {
                let first = text.lines().next();
                (first.and_then(|line| line.parse().ok()), Some(error))
            }
        };
        let nfsroot = line.as_ref().and_then(|line| line.get("nfsroot"));
        Ok(Some(Self {
            name,
            boards,
            has_carriage_return: bytes.contains(&b'\r'),
            nfsroot: nfsroot.map(str::parse),
            line,
            fault,
        }))
    }

    pub(super) fn init(&self) -> Option<&str> {
        self.line.as_ref()?.get("init")
    }

    /// All that is known of it then.
    pub(super) fn survey(self, mounter: Mounter, init: Option<InitSurvey>) -> CommandLineSurvey {
        CommandLineSurvey {
            name: self.name,
            boards: self.boards,
            has_carriage_return: self.has_carriage_return,
            line: self.line,
            fault: self.fault,
            nfsroot: self.nfsroot,
            mounter,
            init,
        }
    }
}

fn too_long(text: &str) -> Option<CommandLineError> {
    let length = text.trim_end_matches('\n').len();
    let excess = length.saturating_sub(COMMAND_LINE_LENGTH_MAX);
    (excess > 0).then_some(CommandLineError::TooLong { length, excess })
}
