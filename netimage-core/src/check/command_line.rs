//! `cmdline.txt`: one line that says what to start, and from where.

use super::finding::{Findings, Place, Rule};
use super::root::InitSurvey;
use super::survey::{CommandLineSurvey, Survey};
use crate::boot::{Board, CommandLineError, KernelCommandLine};
use crate::nfs::NfsRoot;

const PARAMETERS: &str = "https://docs.kernel.org/admin-guide/kernel-parameters.html";
const NFSROOT: &str = "https://docs.kernel.org/admin-guide/nfs/nfsroot.html";
const CMDLINE_TXT: &str = "https://www.raspberrypi.com/documentation/computers/configuration.html#kernel-command-line-cmdline-txt";
const NIXOS_SYSTEMD: &str = "https://github.com/NixOS/nixpkgs/blob/nixos-24.05/nixos/modules/system/boot/systemd/initrd.nix";
const NIXOS_STAGE_1: &str =
    "https://github.com/NixOS/nixpkgs/blob/nixos-24.05/nixos/modules/system/boot/stage-1-init.sh";
const SYSTEMD_PARAMETERS: &str =
    "https://www.freedesktop.org/software/systemd/man/latest/kernel-command-line.html";

pub(super) static CARRIAGE_RETURN: Rule = Rule::error(
    "command-line-carriage-return",
    "The kernel takes a carriage return as part of the last parameter, which then means something else.",
    CMDLINE_TXT,
);
pub(super) static SEVERAL_LINES: Rule = Rule::error(
    "command-line-several-lines",
    "The command line is one line; what stands on a further one is not read as parameters.",
    CMDLINE_TXT,
);
pub(super) static NOT_TEXT: Rule = Rule::error(
    "command-line-not-text",
    "Control characters and unclosed quotes make the kernel split the parameters elsewhere than it seems.",
    PARAMETERS,
);
pub(super) static TOO_LONG: Rule = Rule::error(
    "command-line-too-long",
    "The firmware adds parameters of its own; beyond 1024 bytes the end is cut off.",
    CMDLINE_TXT,
);
pub(super) static DUPLICATE: Rule = Rule::warning(
    "command-line-duplicate",
    "Of a parameter with one value only the last counts, and readers disagree on which that is.",
    PARAMETERS,
);
pub(super) static CONTRADICTION: Rule = Rule::error(
    "command-line-contradiction",
    "Two parameters want opposite things, and which of them wins depends on the stage that reads them.",
    PARAMETERS,
);
pub(super) static NO_INIT: Rule = Rule::error(
    "command-line-no-init",
    "A NixOS root has no /init; without init= stage 1 does not know which system to start.",
    NIXOS_STAGE_1,
);
pub(super) static INIT_MISSING: Rule = Rule::error(
    "command-line-init-missing",
    "The last act of stage 1 is to start what init= names; if it is not in the root, the kernel panics.",
    NIXOS_STAGE_1,
);
pub(super) static INIT_WRAPPER: Rule = Rule::error(
    "command-line-init-wrapper",
    "NixOS's systemd stage 1 activates only an init= that lies in a toplevel; it refuses a wrapper like /sbin/init.",
    NIXOS_SYSTEMD,
);
pub(super) static OTHER_TOPLEVEL: Rule = Rule::error(
    "command-line-other-toplevel",
    "The board would start another system than the one that the image was made for.",
    NIXOS_STAGE_1,
);
pub(super) static ROOT: Rule = Rule::error(
    "command-line-root",
    "root= has to be what the stage that mounts the root understands: fstab for systemd, /dev/nfs for the kernel.",
    NIXOS_SYSTEMD,
);
pub(super) static OTHER_NFS_ROOT: Rule = Rule::error(
    "command-line-other-nfs-root",
    "The board would mount another root than the one that the image was made for.",
    NFSROOT,
);
pub(super) static NO_ADDRESS: Rule = Rule::error(
    "command-line-no-address",
    "A kernel that mounts its root itself asks for an address only if ip= says so.",
    NFSROOT,
);
pub(super) static DEBUGGING: Rule = Rule::warning(
    "command-line-debugging",
    "Leftovers of debugging open a root shell without a password, stop the boot or fill the console.",
    SYSTEMD_PARAMETERS,
);

pub(super) static RULES: [&Rule; 14] = [
    &CARRIAGE_RETURN,
    &SEVERAL_LINES,
    &NOT_TEXT,
    &TOO_LONG,
    &DUPLICATE,
    &CONTRADICTION,
    &NO_INIT,
    &INIT_MISSING,
    &INIT_WRAPPER,
    &OTHER_TOPLEVEL,
    &ROOT,
    &OTHER_NFS_ROOT,
    &NO_ADDRESS,
    &DEBUGGING,
];

/// Parameters that nobody wants on a board in a rack, and what they do.
const LEFTOVERS: [(&str, &str); 14] = [
    (
        "systemd.debug_shell",
        "opens a root shell without a password",
    ),
    (
        "systemd.debug-shell",
        "opens a root shell without a password",
    ),
    (
        "rd.systemd.debug_shell",
        "opens a root shell without a password",
    ),
    (
        "rd.systemd.debug-shell",
        "opens a root shell without a password",
    ),
    ("boot.debug1", "stops stage 1 for a shell"),
    ("boot.debug1devices", "stops stage 1 for a shell"),
    ("boot.debug1mounts", "stops stage 1 for a shell"),
    (
        "boot.shell_on_fail",
        "opens a root shell without a password when stage 1 fails",
    ),
    ("boot.trace", "prints every command of stage 1"),
    ("rd.break", "stops stage 1 for a shell"),
    ("debug", "fills the console"),
    ("nomodeset", "turns the display's driver off"),
    ("single", "starts a rescue shell in place of the system"),
    (
        "emergency",
        "starts an emergency shell in place of the system",
    ),
];

/// Who mounts the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mounter {
    /// The kernel; there is no initrd.
    Kernel,
    /// An initrd that runs systemd.
    Systemd,
    /// The initrd of NixOS that runs a script.
    Scripted,
    /// An initrd that is not known.
    Other,
}

/// Looks at every command line that a board would boot with.
pub(super) fn check(survey: &Survey, findings: &mut Findings) {
    for line in &survey.command_lines {
        Check {
            survey,
            line,
            findings,
        }
        .run();
    }
}

struct Check<'check> {
    survey: &'check Survey,
    line: &'check CommandLineSurvey,
    findings: &'check mut Findings,
}

impl Check<'_> {
    fn say(&mut self, rule: &'static Rule, problem: impl Into<String>, remedy: impl Into<String>) {
        let boards: Vec<Board> = self.line.boards.clone();
        let place = Place::file(&self.line.name);
        self.findings
            .add(rule, boards, Some(place), problem, remedy);
    }

    fn run(mut self) {
        let Some(line) = self.parse() else {
            return;
        };
        self.check_repetitions(&line);
        self.check_leftovers(&line);
        self.check_init(&line);
        self.check_root(&line);
    }

    /// The parameters, as far as there are any to speak of.
    fn parse(&mut self) -> Option<KernelCommandLine> {
        let text = String::from_utf8_lossy(&self.line.text).into_owned();
        if text.contains('\r') {
            self.say(
                &CARRIAGE_RETURN,
                "the command line has a carriage return",
                "save the file with Unix line ends",
            );
        }
        let text = text.replace('\r', "");
        match text.parse::<KernelCommandLine>() {
            Ok(line) => {
                let length = text.trim_end_matches('\n').len();
                let excess = length.saturating_sub(crate::boot::COMMAND_LINE_LENGTH_MAX);
                if excess > 0 {
                    let error = CommandLineError::TooLong { length, excess };
                    self.say_error(&TOO_LONG, &error);
                }
                Some(line)
            }
            Err(error @ CommandLineError::LineBreak(_)) => {
                self.say_error(&SEVERAL_LINES, &error);
                text.lines().next()?.parse().ok()
            }
            Err(error) => {
                self.say_error(&NOT_TEXT, &error);
                None
            }
        }
    }

    /// The parser's errors name what is wrong and what to do in one sentence.
    fn say_error(&mut self, rule: &'static Rule, error: &CommandLineError) {
        let text = error.to_string();
        let (problem, remedy) = text.split_once("; ").unwrap_or((&text, "correct the file"));
        self.say(rule, problem, remedy);
    }

    fn check_repetitions(&mut self, line: &KernelCommandLine) {
        for key in crate::boot::SINGLE_VALUED_PARAMETERS {
            let values: Vec<&str> = line.get_all(key).collect();
            if values.len() > 1 {
                let all = values.join(" and ");
                let problem = format!("{key} is given {} times: {all}", values.len());
                self.say(&DUPLICATE, problem, format!("leave one {key}"));
            }
        }
        let is_given = |key: &str| line.get(key).is_some();
        if is_given("ro") && is_given("rw") {
            self.say(
                &CONTRADICTION,
                "both ro and rw are given",
                "leave one of the two",
            );
        }
        if line.get("root") == Some("fstab") && is_given("nfsroot") {
            self.say(
                &CONTRADICTION,
                "root=fstab has the initrd mount the root, but nfsroot= the kernel",
                "leave nfsroot= out",
            );
        }
        let (ro, rw) = (is_given("ro"), is_given("rw"));
        let options = self.survey.nfs.as_ref().map(NfsRoot::options);
        for (given, word, against) in [(ro, "ro", "rw"), (rw, "rw", "ro")] {
            if given && options.is_some_and(|options| options.get(against).is_some()) {
                self.say(
                    &CONTRADICTION,
                    format!("the command line says {word}, but the mount options say {against}"),
                    "make them agree",
                );
            }
        }
    }

    fn check_leftovers(&mut self, line: &KernelCommandLine) {
        for (key, effect) in LEFTOVERS {
            if let Some(value) = line.get(key)
                && !matches!(value, "0" | "no" | "off" | "false")
            {
                self.say(
                    &DEBUGGING,
                    format!("{key} {effect}"),
                    format!("remove {key}"),
                );
            }
        }
        let loud = ["systemd.log_level", "rd.systemd.log_level"];
        for key in loud
            .into_iter()
            .filter(|key| line.get(key) == Some("debug"))
        {
            self.say(
                &DEBUGGING,
                format!("{key}=debug fills the console and slows the boot"),
                format!("remove {key}=debug"),
            );
        }
        if let Some(init @ ("/bin/sh" | "/bin/bash" | "/bin/ash")) = line.get("init") {
            let problem = format!("init={init} starts a shell in place of the system");
            self.say(&DEBUGGING, problem, "give the system's init");
        }
    }

    fn check_init(&mut self, line: &KernelCommandLine) {
        let Some(root) = &self.survey.root else {
            return;
        };
        let toplevel = self.survey.toplevel.as_ref();
        let suggestion = toplevel.map_or_else(
            || "give init=<toplevel>/init".to_owned(),
            |path| format!("give init={}/init", self.survey.store_dir.display(path)),
        );
        let Some(init) = line.get("init") else {
            let needs_it = self.line.mounter == Mounter::Systemd || !root.has_default_init;
            if root.is_nixos && needs_it {
                self.say(&NO_INIT, "there is no init=", suggestion);
            }
            return;
        };
        let known = self.line.init.as_ref();
        if !known.is_some_and(|known| known.exists) {
            let problem = format!("init={init} is not in the root");
            self.say(&INIT_MISSING, problem, suggestion);
            return;
        }
        match known.and_then(InitSurvey::toplevel) {
            None if root.is_nixos && self.line.mounter == Mounter::Systemd => {
                let problem = format!("init={init} does not lie in a toplevel");
                self.say(&INIT_WRAPPER, problem, suggestion);
            }
            Some(started) if toplevel.is_some_and(|toplevel| toplevel != started) => {
                let problem = format!("init={init} is not the image's toplevel");
                self.say(&OTHER_TOPLEVEL, problem, suggestion);
            }
            _ => {}
        }
    }

    fn check_root(&mut self, line: &KernelCommandLine) {
        let root = line.get("root");
        let asks_for_address = line.get("ip").or_else(|| line.get("nfsaddrs")).is_some();
        let by_kernel = "give root=/dev/nfs nfsroot=SERVER:/PATH,vers=VERSION ip=dhcp";
        match (self.line.mounter, root) {
            (Mounter::Kernel, Some("/dev/nfs")) if asks_for_address => {}
            (Mounter::Kernel, Some("/dev/nfs")) => self.say(
                &NO_ADDRESS,
                "there is no ip=, and no initrd that would ask for an address",
                "give ip=dhcp",
            ),
            (Mounter::Kernel, Some(other)) => {
                let problem = format!("root={other}, but no initrd mounts it");
                self.say(&ROOT, problem, by_kernel);
            }
            (Mounter::Kernel, None) => {
                self.say(
                    &ROOT,
                    "there is no root=, and no initrd that knows one",
                    by_kernel,
                );
            }
            (Mounter::Systemd, Some("/dev/nfs")) if self.survey.is_nixos() => {
                self.say(
                    &ROOT,
                    "root=/dev/nfs leaves the root to the kernel, which has an initrd with systemd",
                    "give root=fstab, without nfsroot=",
                );
            }
            (Mounter::Systemd, None) if self.survey.is_nixos() => {
                self.say(&ROOT, "there is no root=", "give root=fstab");
            }
            _ => {}
        }
        self.check_nfsroot(line);
    }

    fn check_nfsroot(&mut self, line: &KernelCommandLine) {
        let (Some(text), Some(nfs)) = (line.get("nfsroot"), &self.survey.nfs) else {
            return;
        };
        // Without a server it is the one that answered DHCP, and %s the host's name.
        let Ok(given) = text.parse::<NfsRoot>() else {
            return;
        };
        let same_server = given.server() == nfs.server() || given.address() == nfs.address();
        if !same_server || given.path() != nfs.path() {
            let problem = format!(
                "nfsroot= is {}, but the image is for {}",
                given.device(),
                nfs.device()
            );
            self.say(&OTHER_NFS_ROOT, problem, "make them agree");
        } else if given.version() != nfs.version() {
            let problem = format!(
                "nfsroot= asks for NFS version {}, but the image is for {}",
                given.version(),
                nfs.version()
            );
            self.say(&OTHER_NFS_ROOT, problem, "make them agree");
        }
    }
}
