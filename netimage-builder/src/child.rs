//! Lets the programs that a build runs end with it, however it ends. What such a
//! program has started is not told: the real `nix-store --load-db` and `sqlite3` start
//! nothing, but a script in their place leaves what it was waiting for.
//!
//! Linux can send a process a signal when its parent dies, but only the process
//! itself can ask for that: so it is started as this program, which asks and then
//! becomes the other one.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

use rustix::process::{Pid, Signal, getpid, getppid, set_parent_process_death_signal};

use crate::text::print_line;

/// This program, also when its file was replaced meanwhile.
const OURSELVES: &str = "/proc/self/exe";

/// What starts a program as a child of this process that ends with it; empty
/// where there is no /proc to find this program by, and where it was started by
/// naming its loader, which is then what is found (ld.so(8)).
#[allow(clippy::disallowed_methods, reason = "/proc is not a tree of ours")]
pub(crate) fn launcher() -> Vec<OsString> {
    match fs::read_link(OURSELVES) {
        Ok(program) if !is_loader(&program) => {}
        _ => return Vec::new(),
    }
    let process = getpid().as_raw_nonzero().to_string();
    vec![OURSELVES.into(), "child-of".into(), process.into()]
}

fn is_loader(program: &Path) -> bool {
    let name = program.file_name().unwrap_or_default().as_bytes();
    name.starts_with(b"ld-") || name.starts_with(b"ld.so")
}

/// Becomes `command`, which is killed when the process `parent` ends. Returns only
/// if it cannot be started, with the status that env(1) has for that.
pub(crate) fn run(parent: i32, command: &[OsString]) -> ExitCode {
    let is_asked = set_parent_process_death_signal(Some(Signal::KILL));
    // The parent may have ended before.
    let is_child = getppid().map(Pid::as_raw_nonzero).map(i32::from) == Some(parent);
    if let ([program, arguments @ ..], true) = (command, is_child) {
        let error = match is_asked {
            Ok(()) => Command::new(program).args(arguments).exec(),
            Err(error) => error.into(),
        };
        print_line(&error);
    }
    ExitCode::from(127)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loader_is_not_this_program() {
        for (program, expected) in [
            ("/lib64/ld-linux-x86-64.so.2", true),
            ("/lib/ld-musl-aarch64.so.1", true),
            ("/usr/bin/ld.so", true),
            ("/nix/store/x/bin/netimage-builder", false),
        ] {
            assert_eq!(is_loader(Path::new(program)), expected, "{program}");
        }
        assert_eq!(launcher().len(), 3);
    }
}
