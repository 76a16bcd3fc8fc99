//! Files that a TFTP server sent.

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{GenerationNumber, Machine, Sent, layout};
use crate::image::FileHash;

/// A file that dnsmasq sent whole, as it tells its `--dhcp-script` (dnsmasq(8)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Transfer {
    /// Bytes of the file.
    pub size: u64,
    /// To whom.
    pub address: IpAddr,
    /// The file, with all that is before it.
    pub path: PathBuf,
}

/// Arguments by which no file is told of that was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} does not tell of a file that was sent; expected tftp SIZE ADDRESS PATH, as dnsmasq calls its dhcp-script"
)]
pub struct TransferError(Vec<OsString>);

impl Transfer {
    /// Reads the arguments of dnsmasq's script. Other actions than `tftp`, and none, are
    /// not ours.
    ///
    /// # Errors
    ///
    /// [`TransferError`] when they are `tftp`'s and cannot be read.
    pub fn from_arguments(arguments: &[OsString]) -> Result<Option<Self>, TransferError> {
        let [action, rest @ ..] = arguments else {
            return Ok(None);
        };
        if action != "tftp" {
            return Ok(None);
        }
        let error = || TransferError(arguments.to_vec());
        let [size, address, path, ..] = rest else {
            return Err(error());
        };
        let text = |argument: &OsString| argument.to_str().map(str::to_owned).ok_or_else(error);
        Ok(Some(Self {
            size: text(size)?.parse().map_err(|_| error())?,
            address: text(address)?.parse().map_err(|_| error())?,
            path: PathBuf::from(path),
        }))
    }

    /// Its name below a machine's directory of the TFTP server's, or all of it.
    pub(super) fn name_below(&self, machine: &Machine, tftp: &Path) -> &Path {
        let directory = machine.tftp_directory().map(|name| tftp.join(name));
        let below = directory.and_then(|directory| self.path.strip_prefix(directory).ok());
        below.unwrap_or(&self.path)
    }

    /// What it is to the machine whose address it was sent to; nothing if it is not
    /// of that machine's files. `tftp` is the directory that the TFTP server has, and
    /// `names` the kernel and the command line of a generation, as they are called in
    /// its directory.
    #[must_use]
    pub fn to_machine(
        &self,
        machine: &Machine,
        tftp: &Path,
        names: impl FnOnce(GenerationNumber) -> Option<BootNames>,
    ) -> Option<Sent> {
        let directory = machine.tftp_directory()?;
        let below = self.path.strip_prefix(tftp).ok()?;
        let file = below.strip_prefix(directory).ok()?;
        if machine.address != self.address {
            return None;
        }
        if file == Path::new("config.txt") {
            return Some(Sent::Config);
        }
        let mut parts = file.components();
        let number = parts
            .next()
            .and_then(|part| layout::generation_of(part.as_os_str()));
        let sent = number.and_then(|number| {
            let names = names(number)?;
            let name = parts.as_path();
            if name == names.kernel {
                Some(Sent::Kernel(number))
            } else if name == names.command_line {
                Some(Sent::CommandLine(number))
            } else {
                None
            }
        });
        Some(sent.unwrap_or(Sent::Other))
    }
}

/// How a generation's kernel and command line are called, below its directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BootNames {
    /// The kernel.
    pub kernel: PathBuf,
    /// The command line.
    pub command_line: PathBuf,
}

/// What is in `boot.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BootRecord {
    #[serde(flatten)]
    pub(super) names: BootNames,
    /// What the command line is, which is the machine's own and in no manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) command_line_sha256: Option<FileHash>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(address: &str, path: &str) -> Option<Sent> {
        let arguments = ["tftp", "4096", address, path].map(OsString::from);
        let transfer = Transfer::from_arguments(&arguments).unwrap().unwrap();
        assert_eq!(transfer.size, 4096);
        let names = |number: GenerationNumber| {
            (number.get() < 3).then(|| BootNames {
                kernel: "kernel8.img".into(),
                command_line: "sub/cmdline.txt".into(),
            })
        };
        let machine = Machine::new(
            "pi1".parse().unwrap(),
            "1234abcd".parse().unwrap(),
            "192.0.2.21".parse().unwrap(),
        );
        transfer.to_machine(&machine, Path::new("/srv/tftp"), names)
    }

    #[test]
    fn a_machine_is_who_has_its_address() {
        let two = GenerationNumber::FIRST.next();
        for (path, sent) in [
            ("/srv/tftp/1234abcd/config.txt", Sent::Config),
            ("/srv/tftp/1234abcd/g2/kernel8.img", Sent::Kernel(two)),
            (
                "/srv/tftp/1234abcd/g2/sub/cmdline.txt",
                Sent::CommandLine(two),
            ),
            ("/srv/tftp/1234abcd/g2/initrd", Sent::Other),
            ("/srv/tftp/1234abcd/g2/config.txt", Sent::Other),
            ("/srv/tftp/1234abcd/g02/kernel8.img", Sent::Other),
            // No generation that it was given.
            ("/srv/tftp/1234abcd/g3/kernel8.img", Sent::Other),
            ("/srv/tftp/1234abcd/kernel8.img", Sent::Other),
            ("/srv/tftp/1234abcd/start4.elf", Sent::Other),
        ] {
            assert_eq!(told("192.0.2.21", path), Some(sent), "{path}");
            // To somebody else.
            assert_eq!(told("192.0.2.22", path), None, "{path}");
        }
        for path in [
            "/srv/tftp/config.txt",
            "/srv/tftp/1234abcde/config.txt",
            "/srv/tftp/5678ef01/config.txt",
            "/srv/other/1234abcd/config.txt",
            "config.txt",
            "",
        ] {
            assert_eq!(told("192.0.2.21", path), None, "{path}");
        }
    }

    #[test]
    fn what_is_no_transfer_is_told() {
        let read = |arguments: &[&str]| {
            let arguments: Vec<_> = arguments.iter().map(OsString::from).collect();
            Transfer::from_arguments(&arguments)
        };
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&["add", "dc:a6:32:01:36:c2", "192.0.2.21"]), Ok(None));
        for arguments in [
            &["tftp"][..],
            &["tftp", "1", "192.0.2.21"],
            &["tftp", "-1", "192.0.2.21", "/a"],
            &["tftp", "1", "pi1", "/a"],
        ] {
            assert!(read(arguments).is_err(), "{arguments:?}");
        }
    }
}
