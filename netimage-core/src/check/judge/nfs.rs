//! The NFS root: whether it can be mounted as asked, and what that means.

mod by_nfsroot;
mod client_name;

use std::net::IpAddr;

use crate::check::rules::nfs as rules;
use rules::{
    INVALID, KERBEROS, KERNEL_MOUNT, LOCKS, NO_TLS, NOEXEC, OPEN, OPTION_UNKNOWN, READ_ONLY,
    SERVER_ADDRESS, SERVER_NAME, SOFT, TRANSPORT,
};

use crate::boot::Board;
use crate::check::facts::{CommandLineSurvey, InitrdSurvey, Mounter, Survey, share_a_board};
use crate::check::finding::{Place, explained};
use crate::check::judge::reporter::Reporter;
use crate::image::RootKind;
use crate::nfs::{KernelVerdict, MountOption, NfsError, NfsRoot, NfsVersion, NfsrootParameter};

/// The first Linux that knows `xprtsec=`.
const WITH_TLS: (u32, u32) = (6, 5);

/// Says why what was given is not a root.
pub(in crate::check) fn report_invalid(error: &NfsError, reporter: &mut Reporter<'_>) {
    let rule = match error {
        NfsError::Udp(_) => &TRANSPORT,
        _ => &INVALID,
    };
    reporter.report_error(rule, explained(error));
}

/// Looks at the root that the image is for, or at those of the command lines.
pub(in crate::check) fn check(survey: &Survey, reporter: &mut Reporter<'_>) {
    for line in &survey.command_lines {
        let mut reporter = reporter.of(line.boards.iter().copied());
        let mut at_line = reporter.at(Place::file(&line.name));
        client_name::check(line, survey, &mut at_line);
        if let (Mounter::Kernel, Some(Err(error))) = (line.mounter, &line.nfsroot) {
            at_line.report(&INVALID, explained(error).problem);
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
        self.check_tls(survey);
        let options = self.nfs.options();
        if options.is_read_only() && survey.is_nixos() && self.is_root {
            self.reporter
                .report(&READ_ONLY, "the root is mounted read-only");
        }
        let secured = options.get("sec").and_then(MountOption::value);
        let is_secured = secured.is_some_and(|flavour| flavour.starts_with("krb5"));
        // No depot lets anybody write to its store.
        let is_depot = survey.root_kind == RootKind::Shared;
        let mut store = survey.nfs.iter().filter(|_| is_depot);
        let is_store = store.any(|store| store.is_at(self.nfs));
        if !options.is_read_only() && !is_secured && !is_store {
            let problem = format!(
                "{} is mounted writable, and the server identifies the board by its IP address alone",
                self.nfs.device()
            );
            self.reporter.report(&OPEN, problem);
        }
    }

    fn check_server(&mut self) {
        match self.mounter {
            Mounter::Kernel => {
                let checked = self.nfs.check_kernel_parameters();
                let is_wished =
                    |error: &NfsError| self.has_name && matches!(error, NfsError::NfsrootPath(_));
                if let Some(error) = checked.err().filter(|error| !is_wished(error)) {
                    self.reporter
                        .report(&KERNEL_MOUNT, explained(&error).problem);
                }
            }
            Mounter::Scripted if self.nfs.address().is_none() => {
                let problem = format!("the server {} is given by its name", self.nfs.server());
                self.reporter.report(&SERVER_NAME, problem);
            }
            _ => {}
        }
    }

    /// An address by which the board does not reach a server.
    fn check_address(&mut self) {
        let Some(address) = self.nfs.address() else {
            return;
        };
        let is_of_none = match address {
            IpAddr::V6(address) => address.is_unicast_link_local(),
            IpAddr::V4(address) => address.is_broadcast(),
        };
        if address.is_loopback() || address.is_multicast() || is_of_none {
            let may_forward = address.is_loopback() && self.mounter != Mounter::Kernel;
            self.reporter.mild_if(may_forward).report(
                &SERVER_ADDRESS,
                format!("a board cannot reach a server by the address {address}"),
            );
        }
    }

    /// The handshake of TLS is left to a daemon.
    fn check_tls(&mut self, survey: &Survey) {
        let security = self.nfs.options().get("xprtsec");
        let security = security.and_then(MountOption::value).unwrap_or_default();
        if !matches!(security, "tls" | "mtls") {
            return;
        }
        let mut initrds = survey.initrds.iter();
        let lacks_daemon = initrds.any(|initrd| {
            share_a_board(&initrd.boards, self.boards) && initrd.is_read() && !initrd.has_tlshd
        });
        let mut kernels = survey.kernels.iter();
        let is_old = kernels.any(|kernel| {
            let version = kernel.version().unwrap_or(WITH_TLS);
            share_a_board(&kernel.boards, self.boards) && version < WITH_TLS
        });
        if self.mounter == Mounter::Kernel || lacks_daemon || is_old {
            let problem =
                format!("xprtsec={security} needs Linux 6.5 or later, and an initrd with tlshd");
            self.reporter.report(&NO_TLS, problem);
        }
    }

    /// Options that no kernel is known to have, and Kerberos.
    fn check_kernel_options(&mut self) {
        let options = self.nfs.options();
        for option in options.that_kernel(KernelVerdict::Unknown) {
            let problem = format!("{option} is not an NFS mount option of any known kernel");
            self.reporter.report(&OPTION_UNKNOWN, problem);
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
            let rule = match self.mounter {
                Mounter::Kernel => &KERNEL_MOUNT,
                _ => &KERBEROS,
            };
            self.reporter.report(rule, problem);
        }
    }

    fn check_options(&mut self) {
        let options = self.nfs.options();
        let transport = options.transport().map(ToString::to_string);
        let transport = transport.unwrap_or_default();
        for other in ["udp", "rdma"] {
            if transport.contains(other) {
                let problem = format!("the mount option {transport} asks for {other}");
                self.reporter.report(&TRANSPORT, problem);
            }
        }
        let starts_programs = matches!(self.mounter, Mounter::Systemd | Mounter::Scripted);
        if options.get("noexec").is_some() && starts_programs {
            let problem = format!("{} is mounted with noexec", self.nfs.device());
            self.reporter.report(&NOEXEC, problem);
        }
        for key in ["soft", "softerr"] {
            if options.get(key).is_some() {
                let problem = format!("the mount option {key} gives up when the server is away");
                self.reporter.report(&SOFT, problem);
            }
        }
        if self.nfs.version() == NfsVersion::V3 && self.mounter.asks_for_locks(options) {
            self.reporter
                .report(&LOCKS, "NFS version 3 without nolock asks for locks");
        }
    }
}
