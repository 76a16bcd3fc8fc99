//! Whether the command line names the root that the stage mounts which reads it.

use super::{Check, rules};
use crate::boot::KernelCommandLine;
use crate::check::facts::{Mounter, is_disk};
use crate::nfs::{MountOptions, NfsRoot};

impl Check<'_> {
    pub(super) fn check_root(&mut self, line: &KernelCommandLine) {
        let root = line.get("root");
        let by_kernel = "give root=/dev/nfs nfsroot=SERVER:/PATH,vers=VERSION ip=dhcp";
        match (self.line.mounter, root) {
            (Mounter::Kernel, Some("/dev/nfs")) => self.check_by_kernel(line),
            // It is for an NFS root by itself.
            (Mounter::Kernel, None) if line.get("nfsroot").is_some() => self.check_by_kernel(line),
            (Mounter::Kernel, Some(other)) => {
                let problem = format!("root={other}, but no initrd mounts it");
                self.reporter.report_with(&rules::ROOT, problem, by_kernel);
            }
            // For LibreELEC's initramfs, which is within its kernel.
            (Mounter::Kernel, None) if line.get("boot").is_some() => {}
            (Mounter::Kernel, None) => {
                self.reporter.report_with(
                    &rules::ROOT,
                    "there is no root=, and no initrd that knows the root",
                    by_kernel,
                );
            }
            // By its fstab, as fstab-generator leaves it to that.
            (Mounter::Systemd, None | Some("fstab" | "/dev/nfs")) => {}
            (Mounter::Systemd, Some(other)) if self.survey.is_nixos() => {
                let problem = format!(
                    "root={other} does not tell the initrd's systemd to mount the NFS root"
                );
                self.reporter.report(&rules::ROOT, problem);
            }
            (mounter, Some(disk))
                if mounter.reads_nfsroot() && self.survey.nfs.is_some() && is_disk(disk) =>
            {
                let problem = format!("root={disk} is a disk, not the NFS root of the image");
                self.reporter.report(&rules::OTHER_ROOT, problem);
            }
            _ => {}
        }
        self.check_generated_network(line);
        if self.line.mounter.reads_nfsroot() {
            self.check_nfsroot();
        }
    }

    /// A kernel that mounts its root itself.
    fn check_by_kernel(&mut self, line: &KernelCommandLine) {
        self.check_address(line);
        let options = self.survey.nfs.as_ref().map(NfsRoot::options);
        let is_meant = options.is_some_and(MountOptions::is_read_only);
        if !is_meant && line.get("rw").is_none() && line.get("ro").is_none() {
            let problem = "there is no rw, and the kernel mounts its root read-only without it";
            self.reporter.report(&rules::READ_ONLY, problem);
        }
    }

    fn check_nfsroot(&mut self) {
        let (Some(nfsroot), Some(nfs)) = (self.line.nfsroot(), &self.survey.nfs) else {
            return;
        };
        let same_path = nfsroot.has_name() || nfsroot.path().is_none_or(|path| path == nfs.path());
        // Without a server it is the one that answered DHCP.
        let Some(given) = &nfsroot.root else {
            if !same_path {
                let problem = format!(
                    "nfsroot= is {}, but the image is for {}",
                    nfsroot.place,
                    nfs.device()
                );
                self.reporter.report(&rules::OTHER_NFS_ROOT, problem);
            }
            return;
        };
        let same_server = given.server() == nfs.server() || given.address() == nfs.address();
        if !same_server || !same_path {
            let problem = format!(
                "nfsroot= is {}, but the image is for {}",
                given.device(),
                nfs.device()
            );
            self.reporter.report(&rules::OTHER_NFS_ROOT, problem);
        } else if self.survey.knows_nfs_version
            && nfsroot.options.version().is_some()
            && given.version() != nfs.version()
        {
            let problem = format!(
                "nfsroot= asks for NFS version {}, but the image is for {}",
                given.version(),
                nfs.version()
            );
            self.reporter.report(&rules::OTHER_NFS_ROOT, problem);
        }
    }
}
