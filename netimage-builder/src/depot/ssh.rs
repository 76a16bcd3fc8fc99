//! Tells a machine over ssh to reboot.

use std::io::{self, Read};
use std::net::IpAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use netimage_core::depot::MachineName;

/// What the machine prints when it has been reached.
const REACHED: &str = "reached";

/// The exit status of ssh where the connection failed or was cut (ssh(1)).
const CONNECTION: i32 = 255;

/// Bytes of what ssh says that are read.
const TOLD_MAX: u64 = 4096;

/// An ssh that tells a machine to reboot.
pub(super) struct Ssh {
    child: Child,
    has_told: bool,
}

impl Ssh {
    /// Starts it. `known_hosts` is the directory of a file of that name that has the
    /// machine's key; without it, ssh looks where it always does. It asks nothing.
    pub(super) fn reboot(
        machine: &MachineName,
        address: IpAddr,
        known_hosts: Option<&Path>,
    ) -> io::Result<Self> {
        let mut ssh = Command::new("ssh");
        ssh.args(["-n", "-o", "BatchMode=yes"]);
        // A machine that goes down without a word is noticed.
        ssh.args(["-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=5"]);
        // A shared connection outlives the machine, and who keeps it the command.
        ssh.args(["-o", "ControlMaster=no", "-o", "ControlPath=none"]);
        if let Some(directory) = known_hosts {
            // No path, which would need quoting.
            ssh.current_dir(directory);
            for option in [
                "UserKnownHostsFile=known_hosts".to_owned(),
                "GlobalKnownHostsFile=none".to_owned(),
                "StrictHostKeyChecking=yes".to_owned(),
                format!("HostKeyAlias={machine}"),
            ] {
                ssh.args(["-o", &option]);
            }
        }
        ssh.arg(format!("root@{address}"));
        ssh.arg(format!("echo {REACHED}; systemctl reboot"));
        ssh.stdin(Stdio::null());
        ssh.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = ssh.spawn()?;
        let has_told = false;
        Ok(Self { child, has_told })
    }

    /// Why it has failed, if it has. That a machine which was reached has cut the
    /// connection is none.
    pub(super) fn failure(&mut self) -> Option<String> {
        if self.has_told {
            return None;
        }
        let status = match self.child.try_wait() {
            Ok(None) => return None,
            Ok(Some(status)) => status,
            Err(error) => return Some(error.to_string()),
        };
        let is_reached = text(self.child.stdout.as_mut()).contains(REACHED);
        let is_cut = is_reached && status.code() == Some(CONNECTION);
        self.has_told = status.success() || is_cut;
        if self.has_told {
            return None;
        }
        let told = text(self.child.stderr.as_mut());
        // Of a key that has changed it tells in many lines.
        let last = told.lines().rfind(|line| !line.trim().is_empty());
        Some(last.map_or_else(
            || format!("ssh ended with {status}"),
            |line| line.trim().to_owned(),
        ))
    }
}

impl Drop for Ssh {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text(pipe: Option<&mut impl Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        let _ = pipe.take(TOLD_MAX).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
