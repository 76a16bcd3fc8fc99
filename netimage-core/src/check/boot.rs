//! The boot tree: whether each board gets what it asks for.

use std::collections::BTreeMap;

use super::finding::{Findings, Place, Rule};
use super::load::Load;
use super::read_boot::BootKind;
use super::survey::Survey;
use crate::boot::Board;
use crate::boot::requests::{IfMissing, Need, Outcome, Purpose, Request, StopReason};
use crate::tree::TargetName;

const BOOT_FLOW: &str =
    "https://www.raspberrypi.com/documentation/computers/raspberry-pi.html#raspberry-pi-boot-modes";
const BOOT_FOLDER: &str =
    "https://www.raspberrypi.com/documentation/computers/configuration.html#boot-folder-contents";
const PREFIX: &str = "https://github.com/raspberrypi/rpi-eeprom/issues/376";
const INITRAMFS: &str =
    "https://www.raspberrypi.com/documentation/computers/config_txt.html#initramfs";
const ARMSTUB: &str = "https://www.raspberrypi.com/documentation/computers/config_txt.html#armstub";
const OS_PREFIX: &str =
    "https://www.raspberrypi.com/documentation/computers/config_txt.html#os_prefix";
const TFTP: &str = "https://www.rfc-editor.org/rfc/rfc1350";
const ZERO: &str =
    "https://www.raspberrypi.com/documentation/computers/raspberry-pi.html#network-booting";

pub(super) static MISSING_FIRMWARE: Rule = Rule::error(
    "boot-missing-firmware",
    "The board starts with its firmware, which it has to fetch unless all of it is in its EEPROM.",
    BOOT_FOLDER,
);
pub(super) static MISSING_KERNEL: Rule = Rule::error(
    "boot-missing-kernel",
    "Without a kernel of the name that it asks for the board gives up on the network.",
    BOOT_FOLDER,
);
pub(super) static MISSING_DEVICE_TREE: Rule = Rule::error(
    "boot-missing-device-tree",
    "A kernel without the board's device tree does not find its hardware, and a Pi 5 does not start one.",
    BOOT_FOLDER,
);
pub(super) static MISSING_VARIANT: Rule = Rule::warning(
    "boot-missing-variant",
    "Boards of one name differ in what is on them, and ask for different device trees.",
    BOOT_FOLDER,
);
pub(super) static MISSING_INITRD: Rule = Rule::error(
    "boot-missing-initrd",
    "The firmware starts the kernel without an initrd that it does not find.",
    INITRAMFS,
);
pub(super) static MISSING_COMMAND_LINE: Rule = Rule::error(
    "boot-missing-command-line",
    "Without it the kernel knows neither its root nor its init.",
    BOOT_FOLDER,
);
pub(super) static MISSING_FILE: Rule = Rule::error(
    "boot-missing-file",
    "The board has been told to boot from the file, and gives up without it.",
    BOOT_FOLDER,
);
pub(super) static MISSING_ARMSTUB: Rule = Rule::warning(
    "boot-missing-armstub",
    "The board goes on with the stub of its firmware, which may not be what the kernel was made for.",
    ARMSTUB,
);
pub(super) static NO_INITRD: Rule = Rule::error(
    "boot-no-initrd",
    "The toplevel has an initrd, in which the drivers and the means to mount the root are; config.txt loads none.",
    INITRAMFS,
);
pub(super) static NO_CONFIG: Rule = Rule::warning(
    "boot-no-config",
    "Without config.txt boards take their defaults, which differ, and load no initrd.",
    BOOT_FOLDER,
);
pub(super) static PREFIX_DROPPED: Rule = Rule::warning(
    "boot-prefix-dropped",
    "A board takes the directory of its serial number for served only if start4.elf or start.elf is in it, a Pi 5 only if config.txt is.",
    PREFIX,
);
pub(super) static OS_PREFIX_IGNORED: Rule = Rule::warning(
    "boot-os-prefix-ignored",
    "os_prefix is in force only if a kernel and a device tree are there with it.",
    OS_PREFIX,
);
pub(super) static NO_BOARD: Rule = Rule::warning(
    "boot-no-board",
    "Which files have to be there differs between boards.",
    BOOT_FOLDER,
);
pub(super) static CANNOT_NETBOOT: Rule = Rule::note(
    "boot-cannot-netboot",
    "The board has no Ethernet, and its boot ROM knows none; something else has to load its files.",
    ZERO,
);
pub(super) static RECOVERY: Rule = Rule::error(
    "boot-recovery",
    "A board that finds a recovery system starts it in place of its own.",
    BOOT_FLOW,
);
pub(super) static STRAY_LINK: Rule = Rule::error(
    "boot-stray-link",
    "A TFTP server follows no link out of what it serves, and neither does a copy of the tree.",
    TFTP,
);
pub(super) static SPECIAL_FILE: Rule = Rule::error(
    "boot-special-file",
    "A TFTP server has regular files only.",
    TFTP,
);
pub(super) static UNREACHABLE: Rule = Rule::warning(
    "boot-unreachable-name",
    "A request is one packet of ASCII; boards ask for no other name.",
    TFTP,
);
pub(super) static CASE_CLASH: Rule = Rule::note(
    "boot-case-clash",
    "Where a file system or a TFTP server does not tell upper from lower case, one of them is lost.",
    TFTP,
);

pub(super) static RULES: [&Rule; 19] = [
    &MISSING_FIRMWARE,
    &MISSING_KERNEL,
    &MISSING_DEVICE_TREE,
    &MISSING_VARIANT,
    &MISSING_INITRD,
    &MISSING_COMMAND_LINE,
    &MISSING_FILE,
    &MISSING_ARMSTUB,
    &NO_INITRD,
    &NO_CONFIG,
    &PREFIX_DROPPED,
    &OS_PREFIX_IGNORED,
    &NO_BOARD,
    &CANNOT_NETBOOT,
    &RECOVERY,
    &STRAY_LINK,
    &SPECIAL_FILE,
    &UNREACHABLE,
    &CASE_CLASH,
];

/// Most bytes of a name that fits a request with its options (RFC 1350, RFC 2347).
const NAME_MAX: usize = 400;

/// Looks at what each board gets, and at the names.
pub(super) fn check(survey: &Survey, findings: &mut Findings) {
    if survey.boards.is_empty() {
        let problem = "no board was named, and there is no device tree of a board that is known";
        let remedy = "name the boards (spec: boards; argument: --board)";
        findings.add(&NO_BOARD, [], None, problem, remedy);
    }
    for load in &survey.loads {
        Check {
            survey,
            load,
            findings,
        }
        .run();
    }
    check_names(survey, findings);
}

struct Check<'check> {
    survey: &'check Survey,
    load: &'check Load,
    findings: &'check mut Findings,
}

impl Check<'_> {
    fn say(
        &mut self,
        rule: &'static Rule,
        place: Option<Place>,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.findings
            .add(rule, [self.load.board], place, problem, remedy);
    }

    fn run(mut self) {
        match self.load.requests.outcome {
            Outcome::Stops(StopReason::CannotNetboot) => {
                let problem = "it does not boot from a network by itself";
                let remedy = "give it a card or a host that loads the boot files";
                self.say(&CANNOT_NETBOOT, None, problem, remedy);
                return;
            }
            Outcome::Recovery => {
                self.say(
                    &RECOVERY,
                    None,
                    "there is a recovery system",
                    "remove its files",
                );
            }
            _ => {}
        }
        self.check_missing();
        self.check_config();
        let starts = matches!(
            self.load.requests.outcome,
            Outcome::Complete | Outcome::Incomplete
        );
        if starts && self.load.drops_prefix {
            let problem = "below its serial number the board does not find what it looks for first";
            let remedy = "add start4.elf, even where the board starts another one, or serve the tree without a prefix";
            self.say(&PREFIX_DROPPED, None, problem, remedy);
        }
    }

    fn check_missing(&mut self) {
        let requests = &self.load.requests.requests;
        let missing = |purposes: &[Purpose]| -> Vec<String> {
            let of = requests
                .iter()
                .filter(|request| purposes.contains(&request.purpose));
            let names = of.filter(|request| is_lacking(request));
            names.map(|request| request.name.clone()).collect()
        };
        let firmware = missing(&[Purpose::Bootcode, Purpose::Firmware, Purpose::Fixup]);
        let initrds = missing(&[Purpose::Initramfs]);
        let files = missing(&[Purpose::Ramdisk, Purpose::Config]);
        let kernels = missing(&[Purpose::Kernel, Purpose::KernelProbe]);
        let lines = missing(&[Purpose::CommandLine]);
        let config = self.load.config().cloned();
        let at =
            |place: Option<&crate::boot::config_txt::Position>| place.map(super::config::place);
        let config = config.as_ref();
        let of_kernel = at(config.and_then(|config| Some(&config.kernel.as_ref()?.at)));
        let of_initrd = at(config.and_then(|config| Some(&config.initramfs.as_ref()?.at)));
        let of_line = at(config.and_then(|config| Some(&config.cmdline.as_ref()?.at)));
        let of_start = at(config.and_then(|config| Some(&config.start_file.as_ref()?.at)));
        for (rule, place, names) in [
            (&MISSING_FIRMWARE, of_start, firmware),
            (&MISSING_INITRD, of_initrd, initrds),
            (&MISSING_FILE, None, files),
            (&MISSING_COMMAND_LINE, of_line, lines),
        ] {
            for name in unique(names) {
                self.say(
                    rule,
                    place.clone(),
                    format!("there is no {name}"),
                    format!("add {name}"),
                );
            }
        }
        if self.load.kernel.is_none() && !kernels.is_empty() {
            let list = unique(kernels).join(" and no ");
            self.say(
                &MISSING_KERNEL,
                of_kernel,
                format!("there is no {list}"),
                "add the kernel by this name",
            );
        }
        self.check_device_tree();
        let asked = self.load.requests.requests.iter();
        let stubs = asked
            .filter(|request| request.purpose == Purpose::Armstub && request.need == Need::Wanted);
        for stub in stubs.filter(|request| request.size.is_none()) {
            let at = self
                .load
                .config()
                .and_then(|config| config.armstub.as_ref());
            let place = at.map(|setting| super::config::place(&setting.at));
            let problem = format!("there is no {}", stub.name);
            self.say(
                &MISSING_ARMSTUB,
                place,
                problem,
                "add it, or remove the line",
            );
        }
        let of_commonest = self.load.device_tree.as_ref();
        for (title, name) in self.load.treeless.iter().filter(|_| of_commonest.is_some()) {
            let problem = format!("a {} {title} finds no {name}", self.load.board.title());
            self.say(
                &MISSING_VARIANT,
                None,
                problem,
                format!("add {name}, if you have such a one"),
            );
        }
    }

    fn check_device_tree(&mut self) {
        let asked = self.load.requests.requests.iter();
        let asked = asked.filter(|request| request.purpose == Purpose::DeviceTree);
        let names = unique(asked.map(|request| request.name.clone()).collect());
        if self.load.device_tree.is_some() || names.is_empty() {
            return;
        }
        let at = self.load.config();
        let at = at.and_then(|config| Some(super::config::place(&config.device_tree.as_ref()?.at)));
        let problem = format!("there is no {}", names.join(" and no "));
        let remedy = format!("add {} from the kernel or the firmware", names[0]);
        self.say(&MISSING_DEVICE_TREE, at, problem, remedy);
    }

    fn check_config(&mut self) {
        let has_config = self
            .survey
            .files
            .iter()
            .any(|entry| entry.name.to_string() == "config.txt");
        if !has_config {
            self.say(
                &NO_CONFIG,
                None,
                "there is no config.txt",
                "add one that names kernel and initrd",
            );
        }
        let config = self.load.config().cloned();
        if let Some(prefix) = config.as_ref().and_then(|config| config.os_prefix.as_ref())
            && !prefix.value.is_empty()
            && self.load.requests.resolved.os_prefix.is_empty()
        {
            let place = Some(super::config::place(&prefix.at));
            let problem = format!("os_prefix={} is not in force", prefix.value);
            let remedy = "put a kernel and a device tree there, or remove the line";
            self.say(&OS_PREFIX_IGNORED, place, problem, remedy);
        }
        let named = config
            .as_ref()
            .is_some_and(|config| config.initramfs.is_some());
        let starts = matches!(
            self.load.requests.outcome,
            Outcome::Complete | Outcome::Incomplete
        );
        if starts && !named && self.load.initramfs.is_empty() && self.survey.toplevel_has_initrd {
            let problem = "config.txt loads no initrd";
            self.say(
                &NO_INITRD,
                None,
                problem,
                "write initramfs initrd followkernel",
            );
        }
    }
}

/// Whether a boot hangs on a file that is not there, and nothing else is asked
/// for in its place.
fn is_lacking(request: &Request) -> bool {
    let decides = matches!(request.if_missing, IfMissing::Stops | IfMissing::GoesOn);
    request.size.is_none() && request.need == Need::Needed && decides
}

fn unique(mut names: Vec<String>) -> Vec<String> {
    names.dedup();
    names
}

fn check_names(survey: &Survey, findings: &mut Findings) {
    let mut folded: BTreeMap<String, &TargetName> = BTreeMap::new();
    for entry in &survey.files {
        let name = &entry.name;
        let mut say = |rule, problem: String, remedy: &str| {
            findings.add(
                rule,
                Vec::<Board>::new(),
                Some(Place::file(name)),
                problem,
                remedy,
            );
        };
        match entry.kind {
            BootKind::Stray => {
                let problem = "the link leads out of the tree, or nowhere".to_owned();
                say(&STRAY_LINK, problem, "put the file itself there");
            }
            BootKind::Special(kind) => {
                say(&SPECIAL_FILE, format!("it is {kind}"), "remove it");
            }
            BootKind::File | BootKind::Directory => {}
        }
        let text = name.to_string();
        let plain = name
            .as_path()
            .to_str()
            .is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_graphic()));
        if entry.kind == BootKind::File && (!plain || text.len() > NAME_MAX) {
            say(
                &UNREACHABLE,
                "no board asks for a name like this".to_owned(),
                "rename or remove it",
            );
        }
        if let Some(other) = folded.insert(text.to_lowercase(), name) {
            say(
                &CASE_CLASH,
                format!("{other} differs from it by case only"),
                "rename one of them",
            );
        }
    }
}
