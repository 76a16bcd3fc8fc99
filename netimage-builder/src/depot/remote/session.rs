//! The program on the server, as this one talks to it.

use std::ffi::OsString;
use std::io::{self, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, ExitCode, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use netimage_core::depot::{Announcement, Wanted};

use super::error::RemoteError;
use super::location::RemoteDepot;
use super::programs::{failed, ssh};
use super::protocol::{Greeting, SIGN_OF_LIFE, Sent, VERSION, line_of, read_line};
use crate::error::CommandError;
use crate::text::print_raw;

/// The status of ssh when it is not that of what it ran.
const SSH_FAILED: i32 = 255;

/// The statuses by which a shell says that it cannot run a program.
const NOT_RUN: [i32; 2] = [126, 127];

pub(super) struct Session<'deploy> {
    server: &'deploy RemoteDepot,
    ssh: Child,
    to: Arc<Mutex<ChildStdin>>,
    from: BufReader<ChildStdout>,
    /// As long as this is there, signs of life are sent.
    #[expect(dead_code, reason = "it is only to be there")]
    alive: Sender<()>,
}

/// What the server says of an image.
pub(super) enum Answer {
    Wanted(Wanted),
    /// It has ended, with this status.
    Ended(ExitCode),
}

impl<'deploy> Session<'deploy> {
    /// Starts the program on the server.
    pub(super) fn open(
        server: &'deploy RemoteDepot,
        words: &[OsString],
    ) -> Result<Self, RemoteError> {
        let mut command = ssh(server, words);
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut ssh = spawned.map_err(failed("ssh"))?;
        let (Some(to), Some(from)) = (ssh.stdin.take(), ssh.stdout.take()) else {
            return Err(failed("ssh")(io::ErrorKind::BrokenPipe.into()));
        };
        let (to, mut from) = (Arc::new(Mutex::new(to)), BufReader::new(from));
        let greeting = read_line(&mut from).map_err(failed("ssh"))?;
        let Some(greeting) = greeting else {
            return Err(not_greeted(server, words, &mut ssh)?);
        };
        let host = server.host.clone();
        match serde_json::from_slice(&greeting) {
            Ok(Greeting { netimage_deploy }) if netimage_deploy == VERSION => {}
            Ok(Greeting { netimage_deploy }) => {
                let version = netimage_deploy;
                return Err(RemoteError::Version { host, version });
            }
            Err(_) => {
                let line = String::from_utf8_lossy(&greeting).into_owned();
                return Err(RemoteError::Babble { host, line });
            }
        }
        let alive = show_life(Arc::clone(&to));
        Ok(Self {
            server,
            ssh,
            to,
            from,
            alive,
        })
    }

    /// Says what is to come, and hears what of it is wanted.
    pub(super) fn announce(&mut self, announcement: &Announcement) -> Result<Answer, CommandError> {
        self.say(&line_of(announcement).map_err(failed("ssh"))?)?;
        let line = read_line(&mut self.from).map_err(failed("ssh"))?;
        let line = line.unwrap_or_default();
        if let Ok(wanted) = serde_json::from_slice(&line) {
            return Ok(Answer::Wanted(wanted));
        }
        if !line.is_empty() {
            print_raw(&[&line[..], b"\n"].concat())?;
        }
        self.end().map(Answer::Ended)
    }

    /// Says that all was sent, and passes on the result.
    pub(super) fn finish(mut self) -> Result<ExitCode, CommandError> {
        self.say(&line_of(&Sent::All).map_err(failed("ssh"))?)?;
        self.end()
    }

    fn say(&self, line: &[u8]) -> Result<(), RemoteError> {
        let mut to = self.to.lock().unwrap_or_else(PoisonError::into_inner);
        let said = to.write_all(line).and_then(|()| to.flush());
        match said {
            // How it has ended is told by its status.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(failed("ssh")(error)),
            _ => Ok(()),
        }
    }

    /// Passes on what the program prints until it ends.
    fn end(&mut self) -> Result<ExitCode, CommandError> {
        let copied = io::copy(&mut self.from, &mut io::stdout());
        match copied {
            // A reader that has seen enough is no error.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                return Err(failed("ssh")(error).into());
            }
            _ => {}
        }
        let status = self.ssh.wait().map_err(failed("ssh"))?;
        let code = status.code().filter(|code| *code != SSH_FAILED);
        let code = code.and_then(|code| u8::try_from(code).ok());
        let code = code.ok_or_else(|| RemoteError::Broken(self.server.host.clone()))?;
        Ok(ExitCode::from(code))
    }
}

/// Why the program on the server has said nothing.
fn not_greeted(
    server: &RemoteDepot,
    words: &[OsString],
    ssh: &mut Child,
) -> Result<RemoteError, RemoteError> {
    let host = server.host.clone();
    let program = words.first().cloned().unwrap_or_default();
    let status = ssh.wait().map_err(failed("ssh"))?;
    Ok(match status.code() {
        None | Some(SSH_FAILED) => RemoteError::NoConnection(host),
        Some(code) if NOT_RUN.contains(&code) => RemoteError::NoRemoteProgram { program, host },
        Some(_) => RemoteError::NotKnown { program, host },
    })
}

/// Sends an empty line now and then, until what is returned is dropped.
fn show_life(to: Arc<Mutex<ChildStdin>>) -> Sender<()> {
    let (alive, ended) = channel::<()>();
    std::thread::spawn(move || {
        while ended.recv_timeout(SIGN_OF_LIFE) == Err(RecvTimeoutError::Timeout) {
            let mut to = to.lock().unwrap_or_else(PoisonError::into_inner);
            if to.write_all(b"\n").and_then(|()| to.flush()).is_err() {
                break;
            }
        }
    });
    alive
}
