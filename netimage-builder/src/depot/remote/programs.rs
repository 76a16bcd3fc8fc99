//! ssh and rsync, which end with this program.

use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use super::error::RemoteError;
use super::location::RemoteDepot;
use super::shell;
use crate::child;

/// How ssh is started: without a terminal there, and so that it notices a dead connection.
const SSH: [&str; 6] = [
    "ssh",
    "-T",
    "-o",
    "ServerAliveInterval=15",
    "-o",
    "ServerAliveCountMax=4",
];

/// Which files to send, and how.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// Whole trees, with their links; what has the same size and time is the same.
    Trees,
    /// Single files, with what links lead to; what has the same bytes is the same.
    Files,
}

/// Makes sure that a program is there.
pub(super) fn find(program: &'static str) -> Result<(), RemoteError> {
    let mut command = Command::new(program);
    // Both print their version.
    command.arg("-V").stdin(Stdio::null());
    let started = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    match started {
        Err(error) if error.kind() == ErrorKind::NotFound => Err(RemoteError::NoProgram(program)),
        started => started.map(drop).map_err(failed(program)),
    }
}

/// ssh that runs a command on the server.
pub(super) fn ssh(server: &RemoteDepot, words: &[OsString]) -> Command {
    let mut command = ending_with_us("ssh");
    command.args(&SSH[1..]).arg("--").arg(&server.host);
    command.arg(shell::line(words));
    command
}

/// Sends the files of these names below a directory to another directory on the server.
/// What of them has arrived there before is not sent again.
pub(super) fn rsync(
    kind: Kind,
    (from, names): (&Path, &[&OsStr]),
    (server, to): (&RemoteDepot, &OsStr),
) -> Result<(), RemoteError> {
    if names.is_empty() {
        return Ok(());
    }
    let mut command = ending_with_us("rsync");
    // They change what the options below mean.
    for name in ["RSYNC_OLD_ARGS", "RSYNC_PARTIAL_DIR"] {
        command.env_remove(name);
    }
    command.args(match kind {
        // Also what half a transfer has left in a store path goes.
        Kind::Trees => ["--recursive", "--links", "--delete"],
        Kind::Files => ["--copy-links", "--checksum", "--no-implied-dirs"],
    });
    command.args(["--perms", "--chmod=ug-s", "--times", "--partial"]);
    command.arg("--protect-args");
    command.args(["--from0", "--files-from=-"]);
    command.arg(format!("--rsh={}", SSH.join(" ")));
    if io::stderr().is_terminal() {
        command.args(["--info=progress2", "--no-inc-recursive"]);
    }
    command
        .arg("--")
        .arg(from.join(""))
        .arg(server.rsync_path(to));
    // What this program itself prints is the result alone.
    command.stdin(Stdio::piped()).stdout(io::stderr());
    let mut child = command.spawn().map_err(failed("rsync"))?;
    if let Some(mut list) = child.stdin.take() {
        let written = names.iter().try_for_each(|name| {
            list.write_all(name.as_encoded_bytes())?;
            list.write_all(b"\0")
        });
        match written {
            // It says itself why it has ended.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                return Err(failed("rsync")(error));
            }
            _ => {}
        }
    }
    let status = child.wait().map_err(failed("rsync"))?;
    let host = server.host.clone();
    match status.code() {
        Some(0) => Ok(()),
        code => Err(RemoteError::Rsync {
            host,
            status: code.unwrap_or(-1),
        }),
    }
}

pub(super) fn failed(program: &'static str) -> impl FnOnce(io::Error) -> RemoteError {
    move |source| RemoteError::Program { program, source }
}

/// A program that is killed when this one ends, however that comes.
fn ending_with_us(program: &str) -> Command {
    match &child::launcher()[..] {
        [] => Command::new(program),
        [launcher, words @ ..] => {
            let mut command = Command::new(launcher);
            command.args(words).arg(program);
            command
        }
    }
}
