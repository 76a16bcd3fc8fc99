//! What names an NFS client in stage 1.

use crate::check::facts::ClientName;
use crate::initrd::Initrd;

/// Where the name is set: the parameter of the kernel's module, by its file, on a
/// command line or in modprobe.d(5), and the same of a network namespace.
const NAMES: [&str; 2] = ["nfs4_unique_id", "nfs_client/identifier"];

impl ClientName {
    pub(in crate::check) fn read(initrd: &Initrd) -> Self {
        let text = |path: &[u8]| {
            let text = initrd.text(path)?;
            Some(String::from_utf8_lossy(text).into_owned())
        };
        let sets = |line: &str| {
            !line.trim_start().starts_with('#') && NAMES.iter().any(|name| line.contains(name))
        };
        let mut is_set = false;
        initrd.walk(|path, _| {
            is_set = is_set || text(path).is_some_and(|text| text.lines().any(sets));
        });
        if is_set {
            return Self::Set;
        }
        let host = text(b"etc/hostname").unwrap_or_default();
        match host.trim() {
            "" | "localhost" => Self::Nothing,
            host => Self::Host(host.to_owned()),
        }
    }
}
