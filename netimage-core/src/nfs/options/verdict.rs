//! What the kernel makes of options.

use super::MountOptions;
use super::known::is_known;
use super::option::MountOption;
use crate::words::Words;

/// What the kernel's own parser makes of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KernelVerdict {
    /// It knows it.
    Takes,
    /// It is for mount(8), mount.nfs or systemd, or for a mount point.
    Refuses,
    /// No kernel that is known has it; one that has not refuses it.
    Unknown,
}

impl MountOption {
    /// What the kernel makes of it, in `nfsroot=` or when mount(8) hands it on
    /// (`fs/nfs/fs_context.c` up to Linux 6.17; `vfs_parse_sb_flag`).
    fn kernel_verdict(&self) -> KernelVerdict {
        let key = self.key();
        let positive = key.strip_prefix("no").unwrap_or(key);
        let positive = Some(positive).filter(|key| !NEVER_NEGATED.contains(key));
        if is_known(key) || positive.is_some_and(is_known) {
            KernelVerdict::Takes
        } else if self.is_for_kernel() {
            KernelVerdict::Unknown
        } else {
            KernelVerdict::Refuses
        }
    }
}

impl MountOptions {
    /// The options of which a kernel makes this. With `sloppy` it passes over what
    /// it does not know.
    pub(crate) fn that_kernel(&self, verdict: KernelVerdict) -> impl Iterator<Item = &MountOption> {
        let passes_over = verdict != KernelVerdict::Takes && self.get("sloppy").is_some();
        self.iter()
            .filter(move |option| !passes_over && option.kernel_verdict() == verdict)
    }
}

/// Options that the kernel does not know with `no` before them.
const NEVER_NEGATED: Words = Words("bg fg hard rdma sloppy soft softerr tcp udp");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_takes_its_own_options_only() {
        for (text, verdict) in [
            ("rsize=65536", KernelVerdict::Takes),
            ("nolock", KernelVerdict::Takes),
            ("v4", KernelVerdict::Takes),
            ("retry=3", KernelVerdict::Takes),
            ("rw", KernelVerdict::Takes),
            ("noatime", KernelVerdict::Refuses),
            ("_netdev", KernelVerdict::Refuses),
            ("x-systemd.requires=a", KernelVerdict::Refuses),
            ("rsise=65536", KernelVerdict::Unknown),
            ("rdma", KernelVerdict::Takes),
            ("nordma", KernelVerdict::Unknown),
            ("nordirplus", KernelVerdict::Takes),
        ] {
            let option: MountOption = text.parse().unwrap();
            assert_eq!(option.kernel_verdict(), verdict, "{text}");
        }
    }
}
