//! Transports of NFS that need more than a kernel and a network.

use super::Check;
use crate::check::facts::{InitrdSurvey, Mounter, Survey, share_a_board};
use crate::check::rules::nfs::{KERNEL_MOUNT, NO_TLS, RDMA};
use crate::nfs::MountOption;

/// The first Linux that knows `xprtsec=`.
const WITH_TLS: (u32, u32) = (6, 5);

impl Check<'_> {
    pub(super) fn check_transport(&mut self, survey: &Survey) {
        let options = self.nfs.options();
        let initrds = survey.initrds.iter();
        let own = initrds.filter(|initrd| share_a_board(&initrd.boards, self.boards));
        let initrds: Vec<&InitrdSurvey> = own
            .filter(|initrd| initrd.broken.is_none() && !initrd.is_empty)
            .collect();
        let security = options.get("xprtsec").and_then(MountOption::value);
        if let Some(security) = security.filter(|security| matches!(*security, "tls" | "mtls")) {
            self.check_tls(survey, security, &initrds);
        }
        let transport = options.transport().map(ToString::to_string);
        if let Some(option) = transport.filter(|option| option.contains("rdma")) {
            self.check_rdma(&option, &initrds);
        }
    }

    fn check_tls(&mut self, survey: &Survey, security: &str, initrds: &[&InitrdSurvey]) {
        if self.mounter == Mounter::Kernel {
            let problem = format!("xprtsec={security} needs tlshd before there is a root");
            self.reporter
                .report(&KERNEL_MOUNT, problem, "remove xprtsec=");
            return;
        }
        let kernels = survey.kernels.iter();
        let mut kernels = kernels.filter(|kernel| share_a_board(&kernel.boards, self.boards));
        let old = kernels.find_map(|kernel| {
            let release = kernel.release.as_deref()?;
            (kernel.version()? < WITH_TLS).then(|| format!("{} is {release}", kernel.name))
        });
        if let Some(kernel) = old {
            let problem = format!("xprtsec={security} needs Linux 6.5, but {kernel}");
            self.reporter
                .report(&NO_TLS, problem, "take a newer kernel");
        } else if initrds.iter().any(|initrd| !initrd.has_tlshd) {
            let problem = format!("xprtsec={security} needs tlshd, which is not in the initrd");
            let remedy = "have the initrd start tlshd before it mounts the root";
            self.reporter.report(&NO_TLS, problem, remedy);
        }
    }

    fn check_rdma(&mut self, option: &str, initrds: &[&InitrdSurvey]) {
        let problem = format!("the mount option {option} asks for RDMA");
        let mut initrds = initrds.iter();
        let lacks_module = initrds.any(|initrd| initrd.has_rdma == Some(false));
        let problem = if lacks_module {
            format!("{problem}, but its module rpcrdma is neither there nor built in")
        } else {
            format!("{problem}, which a board's Ethernet does not support")
        };
        self.reporter
            .mild_if(!lacks_module)
            .report(&RDMA, problem, "give proto=tcp");
    }
}
