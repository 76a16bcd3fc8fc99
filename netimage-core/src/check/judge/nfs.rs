//! The NFS root: whether it can be mounted as asked, and what that means.

mod by_nfsroot;
mod client_name;
mod transport;

use std::net::{IpAddr, Ipv4Addr};

use crate::check::rules::nfs as rules;
use rules::{
    INVALID, KERBEROS, KERNEL_MOUNT, LOCKS, NOEXEC, OPEN, OPTION_UNKNOWN, READ_ONLY,
    SERVER_ADDRESS, SERVER_NAME, SOFT, UDP_ROOT,
};

use crate::boot::Board;
use crate::check::facts::{CommandLineSurvey, InitrdSurvey, Mounter, Survey, share_a_board};
use crate::check::finding::{Place, explained};
use crate::check::judge::reporter::Reporter;
use crate::image::RootKind;
use crate::nfs::{KernelVerdict, MountOption, NfsRoot, NfsRootError, NfsVersion, NfsrootParameter};

/// Says why what was given is not a root.
pub(in crate::check) fn report_invalid(error: &NfsRootError, reporter: &mut Reporter<'_>) {
    let is_udp =
        matches!(error, NfsRootError::VersionOption { option, .. } if option.contains("udp"));
    let rule = if is_udp { &UDP_ROOT } else { &INVALID };
    reporter.report_error(rule, explained(error));
}

/// Looks at the root that the image is for, or at those of the command lines.
pub(in crate::check) fn check(survey: &Survey, reporter: &mut Reporter<'_>) {
    for line in &survey.command_lines {
        let mut reporter = reporter.of(line.boards.iter().copied());
        let mut at_line = reporter.at(Place::file(&line.name));
        client_name::check(line, survey, &mut at_line);
        if let (Mounter::Kernel, Some(Err(error))) = (line.mounter, &line.nfsroot) {
            at_line.report(&INVALID, explained(error).problem, "correct nfsroot=");
        }
        let given = line.nfsroot().filter(|_| line.mounter.reads_nfsroot());
        if let Some(given) = given.filter(|_| by_nfsroot::goes_by_it(line))
            && !by_nfsroot::check(line, given, &mut at_line)
        {
            continue;
        }
        let has_name = given.is_some_and(NfsrootParameter::has_name);
        let own = given.and_then(|given| given.root.clone());
        let asked = own.or_else(|| survey.nfs.clone());
        for (nfs, is_root) in mounted(line, survey, asked) {
            Check {
                nfs: &nfs,
                is_root,
                mounter: line.mounter,
                has_name,
                boards: &line.boards,
                reporter: reporter.of(line.boards.iter().copied()),
            }
            .run(survey);
        }
    }
}

/// What is mounted over NFS, and whether that is the root: what the tables of the
/// initrds say, and what is asked for where those are not all that counts.
fn mounted(
    line: &CommandLineSurvey,
    survey: &Survey,
    asked: Option<NfsRoot>,
) -> Vec<(NfsRoot, bool)> {
    let initrds = survey.initrds.iter();
    let own = initrds.filter(|initrd| share_a_board(&initrd.boards, &line.boards));
    let own: Vec<&InitrdSurvey> = own.filter(|_| line.mounter != Mounter::Kernel).collect();
    let tells = |initrd: &&InitrdSurvey| initrd.goes_by_tables() && !initrd.mounts.nfs.is_empty();
    let is_told = !own.is_empty() && own.iter().all(tells);
    let is_root = survey.root_kind == RootKind::Own;
    let asked = asked.filter(|_| !is_told).map(|nfs| (nfs, is_root));
    let mounts = own.iter().flat_map(|initrd| &initrd.mounts.nfs);
    let mounts = mounts.filter_map(|mount| Some((mount.nfs_root().ok()?, mount.is_root())));
    asked.into_iter().chain(mounts).collect()
}

struct Check<'check> {
    nfs: &'check NfsRoot,
    /// Whether that is the root, and not the store alone.
    is_root: bool,
    mounter: Mounter,
    /// Whether the kernel puts the client's name into the path.
    has_name: bool,
    boards: &'check [Board],
    reporter: Reporter<'check>,
}

impl Check<'_> {
    fn run(mut self, survey: &Survey) {
        self.check_server();
        self.check_address();
        self.check_options();
        self.check_kernel_options();
        self.check_transport(survey);
        let options = self.nfs.options();
        if options.is_read_only() && survey.is_nixos() && self.is_root {
            let remedy = "mount the root rw, or put an overlay over it";
            self.reporter
                .report(&READ_ONLY, "the root is mounted read-only", remedy);
        }
        self.check_noexec(survey);
        let secured = options.get("sec").and_then(MountOption::value);
        let is_secured = secured.is_some_and(|flavour| flavour.starts_with("krb5"));
        if !options.is_read_only() && !is_secured {
            let problem = format!(
                "{} is mounted writable, and the server goes by the board's address alone",
                self.nfs.device()
            );
            let remedy = "export it to the board's own address only, on a network that you trust";
            self.reporter.report(&OPEN, problem, remedy);
        }
    }

    fn check_server(&mut self) {
        match self.mounter {
            Mounter::Kernel => {
                let checked = self.nfs.check_kernel_parameters();
                let is_wished = |error: &NfsRootError| {
                    self.has_name && matches!(error, NfsRootError::NfsrootPath(_))
                };
                if let Some(error) = checked.err().filter(|error| !is_wished(error)) {
                    let remedy = "correct it, or boot with an initrd";
                    self.reporter
                        .report(&KERNEL_MOUNT, explained(&error).problem, remedy);
                }
            }
            Mounter::Scripted if self.nfs.address().is_none() => {
                let problem = format!("the server {} is given by its name", self.nfs.server());
                self.reporter.report(
                    &SERVER_NAME,
                    problem,
                    "give its address, or addr= among the options",
                );
            }
            _ => {}
        }
    }

    /// What holds the system has to be one that programs are started from.
    fn check_noexec(&mut self, survey: &Survey) {
        // The others refuse it.
        if !matches!(self.mounter, Mounter::Systemd | Mounter::Scripted) {
            return;
        }
        let initrds = survey.initrds.iter();
        let own = initrds.filter(|initrd| share_a_board(&initrd.boards, self.boards));
        let mut holders = own.filter_map(|initrd| initrd.mounts.holder.as_ref());
        let is_noexec = match holders.next() {
            Some(holder) => holder.is_noexec(),
            None => self.nfs.options().get("noexec").is_some(),
        };
        if is_noexec {
            let problem = "the file system that holds the system is mounted with noexec";
            self.reporter.report(&NOEXEC, problem, "remove noexec");
        }
    }

    /// An address by which the board does not reach a server.
    fn check_address(&mut self) {
        let Some(address) = self.nfs.address() else {
            return;
        };
        let (why, remedy) = match address {
            _ if address.is_loopback() && self.mounter != Mounter::Kernel => {
                let problem = format!("{address} is the board itself");
                let remedy = "give the server's address, unless the initrd forwards it from there";
                let mut reporter = self.reporter.mild_if(true);
                reporter.report(&SERVER_ADDRESS, problem, remedy);
                return;
            }
            _ if address.is_loopback() => ("is the board itself", "give the server's address"),
            _ if address.is_multicast() => {
                ("is a multicast address", "give the server's own address")
            }
            IpAddr::V4(Ipv4Addr::BROADCAST) => {
                ("is the broadcast address", "give the server's own address")
            }
            IpAddr::V6(address) if address.is_unicast_link_local() => (
                "is valid on one link only, and a mount cannot name the link",
                "give the server's global or unique local address",
            ),
            _ => return,
        };
        self.reporter.report(
            &SERVER_ADDRESS,
            format!("the address {address} {why}"),
            remedy,
        );
    }

    /// Options that no kernel is known to have, and Kerberos.
    fn check_kernel_options(&mut self) {
        let options = self.nfs.options();
        for option in options.that_kernel(KernelVerdict::Unknown) {
            let problem = format!("no kernel is known to have the mount option {option}");
            let remedy = match option.nearest_known() {
                Some(nearest) => format!("write {nearest} if that is what you mean, or remove it"),
                None => "make sure that the kernel has it, or remove it".to_owned(),
            };
            self.reporter.report(&OPTION_UNKNOWN, problem, remedy);
        }
        let flavours = options
            .get("sec")
            .and_then(MountOption::value)
            .unwrap_or("sys");
        if flavours
            .split(':')
            .all(|flavour| flavour.starts_with("krb5"))
        {
            let problem = format!("sec={flavours} needs rpc.gssd and a key before there is a root");
            if self.mounter == Mounter::Kernel {
                let remedy = "give sec=sys, or boot with an initrd that has both";
                self.reporter.report(&KERNEL_MOUNT, problem, remedy);
            } else {
                let remedy =
                    "make sure that the initrd has both and starts rpc.gssd, or give sec=sys";
                self.reporter.report(&KERBEROS, problem, remedy);
            }
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
            self.reporter.report(
                &UDP_ROOT,
                format!(
                    "the mount option {option} asks for UDP, which Linux no longer has for NFS"
                ),
                if self.mounter == Mounter::Nfsmount {
                    "write tcp"
                } else {
                    "give proto=tcp"
                },
            );
        }
        for key in ["soft", "softerr"] {
            if options.get(key).is_some() {
                let problem = format!("the mount option {key} gives up when the server is away");
                self.reporter.report(&SOFT, problem, "give hard");
            }
        }
        if self.nfs.version() == NfsVersion::V3 && self.mounter.asks_for_locks(options) {
            self.reporter.report(
                &LOCKS,
                "NFS version 3 without nolock asks for locks",
                "give nolock",
            );
        }
    }
}
