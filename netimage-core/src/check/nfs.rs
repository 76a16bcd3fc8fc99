//! The NFS root: whether it can be mounted as asked, and what that means.

use super::facts::Mounter;
use super::finding::{Findings, Place, Rule, with_causes};
use super::survey::Survey;
use crate::boot::{Board, KernelCommandLine};
use crate::nfs::{MountOption, NfsRoot, NfsVersion};

const NFS_5: &str = "https://man7.org/linux/man-pages/man5/nfs.5.html";
const EXPORTS_5: &str = "https://man7.org/linux/man-pages/man5/exports.5.html";
const NFSROOT: &str = "https://docs.kernel.org/admin-guide/nfs/nfsroot.html";
const UDP: &str = "https://cateee.net/lkddb/web-lkddb/NFS_DISABLE_UDP_SUPPORT.html";
const STAGE_2: &str =
    "https://github.com/NixOS/nixpkgs/blob/nixos-24.05/nixos/modules/system/boot/stage-2-init.sh";

pub(super) static INVALID: Rule = Rule::error(
    "nfs-invalid",
    "A root whose server, path or options cannot be read, or contradict each other, is not mounted.",
    NFS_5,
);
pub(super) static SERVER_NAME: Rule = Rule::error(
    "nfs-server-name",
    "Without mount.nfs nothing in stage 1 resolves names; the kernel wants the server's address.",
    NFS_5,
);
pub(super) static KERNEL_MOUNT: Rule = Rule::error(
    "nfs-kernel-mount",
    "A kernel that mounts its root itself knows IPv4 only and takes few options.",
    NFSROOT,
);
pub(super) static UDP_ROOT: Rule = Rule::error(
    "nfs-udp",
    "NFS version 4 has no UDP, and kernels since 5.6 leave it out of version 3.",
    UDP,
);
pub(super) static SOFT: Rule = Rule::warning(
    "nfs-soft",
    "When the server is away for a while, a soft mount gives errors to programs, and a root does not survive that.",
    NFS_5,
);
pub(super) static LOCKS: Rule = Rule::warning(
    "nfs-locks",
    "Locks of NFS version 3 need rpc.statd, which no stage 1 runs, so that the mount fails or waits.",
    NFS_5,
);
pub(super) static READ_ONLY: Rule = Rule::warning(
    "nfs-read-only",
    "NixOS writes to /etc and /var when it starts, which a read-only root without an overlay refuses.",
    STAGE_2,
);
pub(super) static OPEN: Rule = Rule::note(
    "nfs-open",
    "An export to an address trusts whoever has it: with no_root_squash anyone who can take an address of the network becomes root in the board's files.",
    EXPORTS_5,
);

pub(super) static RULES: [&Rule; 8] = [
    &INVALID,
    &SERVER_NAME,
    &KERNEL_MOUNT,
    &UDP_ROOT,
    &SOFT,
    &LOCKS,
    &READ_ONLY,
    &OPEN,
];

/// Looks at the root that the image is for, or at those of the command lines.
pub(super) fn check(survey: &Survey, findings: &mut Findings) {
    for line in &survey.command_lines {
        let text = String::from_utf8_lossy(&line.text);
        let parsed = text.parse::<KernelCommandLine>();
        let given = parsed.iter().find_map(|line| line.get("nfsroot"));
        // The kernel takes a path alone for one of the server that answered
        // DHCP, and no initrd looks at what is for the kernel.
        let given = given.filter(|text| line.mounter == Mounter::Kernel && text.contains(":/"));
        let own = given.map(|text| {
            text.parse::<NfsRoot>().inspect_err(|error| {
                let place = Some(Place::file(&line.name));
                let problem = with_causes(error);
                findings.add(
                    &INVALID,
                    line.boards.clone(),
                    place,
                    problem,
                    "correct nfsroot=",
                );
            })
        });
        let nfs = own.and_then(Result::ok).or_else(|| survey.nfs.clone());
        if let Some(nfs) = nfs {
            Check {
                nfs: &nfs,
                mounter: line.mounter,
                boards: &line.boards,
                findings,
            }
            .run(survey);
        }
    }
}

struct Check<'check> {
    nfs: &'check NfsRoot,
    mounter: Mounter,
    boards: &'check [Board],
    findings: &'check mut Findings,
}

impl Check<'_> {
    fn say(&mut self, rule: &'static Rule, problem: impl Into<String>, remedy: &str) {
        self.findings
            .add(rule, self.boards.iter().copied(), None, problem, remedy);
    }

    fn run(mut self, survey: &Survey) {
        self.check_server();
        self.check_options();
        let options = self.nfs.options();
        if options.is_read_only() && survey.is_nixos() {
            let remedy = "mount the root rw, or put an overlay over it";
            self.say(&READ_ONLY, "the root is mounted read-only", remedy);
        }
        let secured = options.get("sec").and_then(MountOption::value);
        let is_secured = secured.is_some_and(|flavour| flavour.starts_with("krb5"));
        if !options.is_read_only() && !is_secured {
            let problem = format!(
                "{} is mounted for writing and by address",
                self.nfs.device()
            );
            let remedy = "export it to the board's own address only, on a network that you trust";
            self.say(&OPEN, problem, remedy);
        }
    }

    fn check_server(&mut self) {
        match self.mounter {
            Mounter::Kernel => {
                if let Err(error) = self.nfs.check_kernel_parameters() {
                    let remedy = "correct it, or boot with an initrd";
                    self.say(&KERNEL_MOUNT, with_causes(&error), remedy);
                }
            }
            Mounter::Scripted if self.nfs.address().is_none() => {
                let problem = format!("the server {} is a name", self.nfs.server());
                self.say(
                    &SERVER_NAME,
                    problem,
                    "give its address, or addr= among the options",
                );
            }
            _ => {}
        }
    }

    fn check_options(&mut self) {
        let options = self.nfs.options();
        let transport = options.transport().map(ToString::to_string);
        if transport
            .as_deref()
            .is_some_and(|option| option.contains("udp"))
        {
            let option = transport.unwrap_or_default();
            self.say(
                &UDP_ROOT,
                format!("the mount option {option} asks for UDP"),
                "give proto=tcp",
            );
        }
        for key in ["soft", "softerr"] {
            if options.get(key).is_some() {
                let problem = format!("the mount option {key} gives up when the server is away");
                self.say(&SOFT, problem, "give hard");
            }
        }
        let asks_for_locks = options.get("nolock").is_none() && options.get("local_lock").is_none();
        let in_initrd = self.mounter != Mounter::Kernel;
        if self.nfs.version() == NfsVersion::V3 && asks_for_locks && in_initrd {
            self.say(
                &LOCKS,
                "NFS version 3 without nolock asks for locks",
                "give nolock",
            );
        }
    }
}
