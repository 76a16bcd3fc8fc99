//! The boot tree: whether each board gets what it asks for.

mod names;
mod rules;

pub(super) use rules::RULES;

use super::finding::{Findings, Place, Rule};
use super::load::Load;
use super::survey::Survey;
use crate::boot::KernelFormat;
use crate::boot::requests::{IfMissing, Need, Outcome, Purpose, Request, StopReason};

/// Looks at what each board gets, and at the names.
pub(super) fn check(survey: &Survey, findings: &mut Findings) {
    if survey.boards.is_empty() {
        let problem = "no board was named, and there is no device tree of a board that is known";
        let remedy = "name the boards (spec: boards; argument: --board)";
        findings.add(&rules::NO_BOARD, [], None, problem, remedy);
    }
    for load in &survey.loads {
        Check {
            survey,
            load,
            findings,
        }
        .run();
    }
    names::check(survey, findings);
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
                self.say(&rules::CANNOT_NETBOOT, None, problem, remedy);
                return;
            }
            Outcome::Recovery => {
                let requests = self.load.requests.requests.iter();
                let found = requests.filter(|request| {
                    request.purpose == Purpose::Recovery && request.size.is_some()
                });
                let names = unique(found.map(|request| request.name.clone()).collect());
                let problem = format!("it would start {}", names.join(", "));
                self.say(&rules::RECOVERY, None, problem, "remove it");
            }
            _ => {}
        }
        self.check_missing();
        self.check_config();
        if self.load.requests.starts_kernel() && self.load.drops_prefix {
            let problem = "below its serial number the board does not find what it looks for first";
            let remedy = "add start4.elf, even where the board starts another one, or serve the tree without a prefix";
            self.say(&rules::PREFIX_DROPPED, None, problem, remedy);
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
        let firmware = self.missing_firmware();
        let initrds = missing(&[Purpose::Initramfs]);
        let files = missing(&[Purpose::Ramdisk, Purpose::Config]);
        let probed = requests
            .iter()
            .filter(|request| request.purpose == Purpose::KernelProbe && request.size.is_none());
        let kernels: Vec<String> = probed.map(|request| request.name.clone()).collect();
        let lines = missing(&[Purpose::CommandLine]);
        let config = self.load.config().cloned();
        let at = |place: Option<&crate::boot::config_txt::Position>| place.map(Place::from);
        let config = config.as_ref();
        let of_kernel = at(config.and_then(|config| Some(&config.kernel.as_ref()?.at)));
        let of_initrd = at(config.and_then(|config| Some(&config.initramfs.as_ref()?.at)));
        let of_line = at(config.and_then(|config| Some(&config.cmdline.as_ref()?.at)));
        let of_start = at(config.and_then(|config| Some(&config.start_file.as_ref()?.at)));
        for (rule, place, names) in [
            (&rules::MISSING_FIRMWARE, of_start, firmware),
            (&rules::MISSING_INITRD, of_initrd, initrds),
            (&rules::MISSING_FILE, None, files),
            (&rules::MISSING_COMMAND_LINE, of_line, lines),
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
        let kernel = self.load.kernel.as_ref();
        let has_kernel = kernel.is_some_and(|kernel| !self.load.is_supposed(kernel));
        if !has_kernel && !kernels.is_empty() {
            let list = unique(kernels).join(" and no ");
            self.say(
                &rules::MISSING_KERNEL,
                of_kernel,
                format!("there is no {list}"),
                "add the kernel by this name",
            );
        }
        self.check_device_tree();
        self.check_wished_away();
        let asked = self.load.requests.requests.iter();
        let stubs = asked
            .filter(|request| request.purpose == Purpose::Armstub && request.need == Need::Wanted);
        for stub in stubs.filter(|request| request.size.is_none()) {
            let at = self
                .load
                .config()
                .and_then(|config| config.armstub.as_ref());
            let place = at.map(|setting| Place::from(&setting.at));
            let problem = format!("there is no {}", stub.name);
            self.say(
                &rules::MISSING_ARMSTUB,
                place,
                problem,
                "add it, or remove the line",
            );
        }
        let of_commonest = self.load.device_tree.as_ref();
        let has_tree = of_commonest.is_some_and(|tree| !self.load.is_supposed(tree));
        for (title, name) in self.load.treeless.iter().filter(|_| has_tree) {
            let problem = format!("a {} {title} finds no {name}", self.load.board.title());
            self.say(
                &rules::MISSING_VARIANT,
                None,
                problem,
                format!("add {name}, if you have such a one"),
            );
        }
    }

    /// The firmware that the board starts with and does not get. A Pi 4 looks for
    /// that of older boards, too, which is of no use to it.
    fn missing_firmware(&self) -> Vec<String> {
        let requests = self.load.requests.requests.iter();
        let asked = requests.filter(|request| request.purpose.is_firmware());
        let lacking = asked
            .filter(|request| is_lacking(request) || self.load.supposed.contains(&request.name));
        lacking.map(|request| request.name.clone()).collect()
    }

    fn check_device_tree(&mut self) {
        let asked = self.load.requests.requests.iter();
        let asked = asked.filter(|request| request.purpose == Purpose::DeviceTree);
        let asked: Vec<&Request> = asked.collect();
        let is_there = asked.iter().any(|request| request.size.is_some());
        let names = unique(asked.iter().map(|request| request.name.clone()).collect());
        if is_there || names.is_empty() {
            return;
        }
        let at = self.load.config();
        let at = at.and_then(|config| Some(Place::from(&config.device_tree.as_ref()?.at)));
        let problem = format!("there is no {}", names.join(" and no "));
        let remedy = format!("add {} from the kernel or the firmware", names[0]);
        self.say(&rules::MISSING_DEVICE_TREE, at, problem, remedy);
    }

    /// A device tree may also be wished away.
    fn check_wished_away(&mut self) {
        let setting = self
            .load
            .config()
            .and_then(|config| config.device_tree.clone());
        let Some(setting) = setting.filter(|setting| setting.value.is_empty()) else {
            return;
        };
        let mut kernels = self.survey.kernels.iter();
        let own = kernels.find(|kernel| Some(&kernel.name) == self.load.kernel.as_ref());
        // What has no banner may be a boot loader with a tree of its own.
        let is_linux = own.is_some_and(|kernel| {
            kernel.release.is_some() && matches!(kernel.image.format, KernelFormat::Arm64(_))
        });
        if is_linux {
            let place = Some(Place::from(&setting.at));
            let problem = "device_tree= without a name has the firmware load no device tree";
            self.say(&rules::NO_DEVICE_TREE, place, problem, "remove the line");
        }
    }

    fn check_config(&mut self) {
        let has_config = self
            .survey
            .files
            .iter()
            .any(|entry| entry.name.to_string() == "config.txt");
        if !has_config {
            self.say(
                &rules::NO_CONFIG,
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
            let place = Some(Place::from(&prefix.at));
            let problem = format!("os_prefix={} is not in force", prefix.value);
            let remedy = "put a kernel and a device tree there, or remove the line";
            self.say(&rules::OS_PREFIX_IGNORED, place, problem, remedy);
        }
        let named = self.load.names_initrd();
        let starts = self.load.requests.starts_kernel();
        if starts && !named && self.load.initramfs.is_empty() {
            self.check_no_initrd();
        }
    }

    /// No initrd is loaded, and none is named. Under `auto_initramfs` the firmware
    /// looks for one by the name of the kernel, and goes on if there is none.
    fn check_no_initrd(&mut self) {
        let auto = self.load.config();
        let auto = auto.and_then(|config| config.auto_initramfs.as_ref());
        let auto = auto.filter(|auto| auto.value);
        let place = auto.map(|auto| Place::from(&auto.at));
        let mut asked = self.load.requests.requests.iter();
        let asked = asked.find(|request| request.purpose == Purpose::Initramfs);
        let kernel = self.load.requests.resolved.kernel.as_deref();
        let problem = match (auto, asked, kernel) {
            (None, ..) => "config.txt loads no initrd".to_owned(),
            (Some(_), Some(asked), _) => {
                format!(
                    "there is no {}, which auto_initramfs=1 asks for",
                    asked.name
                )
            }
            (Some(_), None, kernel) => format!(
                "auto_initramfs=1 knows no initrd for a kernel called {}",
                kernel.unwrap_or_default()
            ),
        };
        let remedy = match asked {
            Some(asked) => format!(
                "add {}, or write initramfs with the name of the file and followkernel",
                asked.name
            ),
            None => "write initramfs initrd followkernel".to_owned(),
        };
        if self.survey.toplevel_has_initrd {
            self.say(&rules::NO_INITRD, place, problem, remedy);
        } else if auto.is_some() {
            self.say(&rules::AUTO_INITRAMFS, place, problem, remedy);
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
