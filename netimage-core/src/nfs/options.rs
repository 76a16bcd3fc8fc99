//! NFS mount options.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::error::NfsError;
use super::version::NfsVersion;

mod known;
mod option;
mod verdict;

pub use option::MountOption;
pub(crate) use verdict::KernelVerdict;

/// The mount options of one file system, in the order given, without
/// repetitions and without contradictions.
///
/// Every spelling of the protocol version (`vers=`, `nfsvers=`, `v4.1`,
/// `minorversion=`) is taken out and becomes [`version`](Self::version).
/// Printed as mount(8) takes them, separated by commas, the version first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct MountOptions {
    version: Option<NfsVersion>,
    options: Vec<MountOption>,
}

impl MountOptions {
    /// Reads options of which each element may hold several, joined by commas.
    /// Empty ones are left out, as mount(8) and the kernel do.
    ///
    /// # Errors
    ///
    /// When an option is not valid, or two contradict each other.
    pub fn parse(elements: &[impl AsRef<str>]) -> Result<Self, NfsError> {
        let mut options = Self::default();
        let mut version_option: Option<(NfsVersion, MountOption)> = None;
        let texts = elements
            .iter()
            .flat_map(|element| element.as_ref().split(','));
        for text in texts.filter(|text| !text.is_empty()) {
            let option: MountOption = text.parse()?;
            let Some(version) = option.version()? else {
                options.push(option)?;
                continue;
            };
            version_option = Some(match version_option {
                None => (version, option),
                Some((before, first)) => match before.agree(version) {
                    None => return Err(contradiction(&first, &option)),
                    Some(agreed) if agreed == before => (before, first),
                    Some(agreed) => (agreed, option),
                },
            });
        }
        options.version = version_option.map(|(version, _)| version);
        Ok(options)
    }

    fn push(&mut self, option: MountOption) -> Result<(), NfsError> {
        for present in &self.options {
            if *present == option {
                return Ok(());
            }
            let (Some(before), Some(after)) = (present.decision(), option.decision()) else {
                continue;
            };
            if before == after {
                return Ok(());
            }
            if before.0 == after.0 {
                return Err(contradiction(present, &option));
            }
        }
        self.options.push(option);
        Ok(())
    }

    /// The version that the options ask for, if they do.
    #[must_use]
    pub const fn version(&self) -> Option<NfsVersion> {
        self.version
    }

    /// The options but for the version, in the order given.
    pub fn iter(&self) -> std::slice::Iter<'_, MountOption> {
        self.options.iter()
    }

    /// The option of this name, in this spelling.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&MountOption> {
        self.iter().find(|option| option.key() == key)
    }

    /// Whether `ro` is among them.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.get("ro").is_some()
    }

    /// The server's address by the option `addr=`.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.get("addr")?.value()?.parse().ok()
    }

    /// The address of the server's mountd by the option `mountaddr=`.
    #[must_use]
    pub fn mount_address(&self) -> Option<IpAddr> {
        self.get("mountaddr")?.value()?.parse().ok()
    }

    /// The option that chooses the transport: `proto=`, `tcp`, `udp` or
    /// `rdma`.
    #[must_use]
    pub fn transport(&self) -> Option<&MountOption> {
        self.iter()
            .find(|option| matches!(option.key(), "proto" | "tcp" | "udp" | "rdma"))
    }

    /// The options without the version, and the version.
    pub(super) fn split_version(self) -> (Self, Option<NfsVersion>) {
        let without = Self {
            version: None,
            options: self.options,
        };
        (without, self.version)
    }
}

impl<'a> IntoIterator for &'a MountOptions {
    type Item = &'a MountOption;
    type IntoIter = std::slice::Iter<'a, MountOption>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

fn contradiction(first: &MountOption, second: &MountOption) -> NfsError {
    NfsError::invalid(
        format!(
            "the mount options {:?} and {:?} contradict each other",
            first.to_string(),
            second.to_string()
        ),
        "keep one of them",
    )
}

impl FromStr for MountOptions {
    type Err = NfsError;

    /// Reads options joined by commas.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(&[text])
    }
}

impl fmt::Display for MountOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        if let Some(version) = self.version {
            write!(formatter, "vers={version}")?;
            separator = ",";
        }
        for option in self {
            write!(formatter, "{separator}{option}")?;
            separator = ",";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
