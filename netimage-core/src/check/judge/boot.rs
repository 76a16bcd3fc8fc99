//! The boot tree: whether each board gets what it asks for.

mod missing;
mod names;

use crate::check::rules::boot as rules;

use crate::boot::requests::{Outcome, Purpose, Request, StopReason};
use crate::boot::{KernelFormat, Serial};
use crate::check::facts::{CONFIG, Load, Meant, NearMiss, Survey};
use crate::check::finding::Place;
use crate::check::judge::reporter::Reporter;
use crate::check::rules::Rule;

/// Most directories that are named in a sentence.
const NAMED_MAX: usize = 4;

/// Says that no board looks into the tree that is meant, or that none is known.
pub(in crate::check) fn check_place(
    serial: Option<Serial>,
    meant: &Meant,
    reporter: &mut Reporter<'_>,
) {
    match meant {
        Meant::Own(_) | Meant::Top(None) => {}
        // A board looks at the top, as its own directory is called otherwise.
        Meant::Top(Some(near)) => report_near(&rules::PREFIX_DROPPED, near, reporter),
        Meant::Unknown(_, Some(near)) => report_near(&rules::NO_TREE, near, reporter),
        Meant::Unknown(directories, None) => report_no_tree(serial, directories, reporter),
    }
}

fn report_no_tree(serial: Option<Serial>, directories: &[Serial], reporter: &mut Reporter<'_>) {
    let lacking = match serial {
        Some(serial) => format!("there is no directory {serial} with a boot tree"),
        None => "there is neither config.txt nor start4.elf".to_owned(),
    };
    let named = directories.iter().take(NAMED_MAX).map(Serial::to_string);
    let mut list = named.collect::<Vec<_>>().join(", ");
    if let Some(more @ 1..) = directories.len().checked_sub(NAMED_MAX) {
        list = format!("{list} and {more} more");
    }
    let problem = format!("{lacking}, but there are directories of serial numbers: {list}");
    reporter.report(&rules::NO_TREE, problem);
}

fn report_near(rule: &'static Rule, near: &NearMiss, reporter: &mut Reporter<'_>) {
    let NearMiss { found, meant } = near;
    let problem = format!("a board looks for its files in {meant}, but they are in {found}");
    reporter.report_with(rule, problem, format!("move {found} to {meant}"));
}

/// Looks at what each board gets, and at the names.
pub(in crate::check) fn check(survey: &Survey, reporter: &mut Reporter<'_>) {
    if let Some(serial) = survey.serial.filter(|_| !survey.prefix.is_empty()) {
        let problem = format!(
            "the boot tree in {serial} was checked, which only the board with this serial number uses"
        );
        reporter.report(&rules::SERIAL_DIRECTORY, problem);
    }
    if survey.boards.is_empty() {
        let problem = "no board is named and no device tree has a board's usual name, so nothing was checked for any board";
        let remedy = "name the boards that have to boot: \"boards\": [\"rpi4\"] in the spec, netImage.boards = [ \"rpi4\" ] in NixOS";
        reporter.report_with(&rules::NO_BOARD, problem, remedy);
    }
    let loads = survey.loads.iter();
    for load in loads.filter(|_| survey.has_readable_config()) {
        Check {
            survey,
            load,
            reporter: reporter.of([load.board]),
        }
        .run();
    }
    names::check(survey, reporter);
}

struct Check<'check> {
    survey: &'check Survey,
    load: &'check Load,
    reporter: Reporter<'check>,
}

impl Check<'_> {
    fn run(mut self) {
        match self.load.requests.outcome {
            Outcome::Stops(StopReason::CannotNetboot) => {
                let problem = "it does not boot from a network by itself";
                self.reporter.report(&rules::CANNOT_NETBOOT, problem);
                return;
            }
            Outcome::Recovery => {
                let requests = self.load.requests.asked.iter();
                let found = requests.filter(|request| {
                    request.purpose == Purpose::Recovery && request.size.is_some()
                });
                let names = unique(found.map(|request| request.name.clone()).collect());
                let problem = format!("it would start the recovery system: {}", names.join(", "));
                self.reporter.report(&rules::RECOVERY, problem);
            }
            _ => {}
        }
        self.check_missing();
        self.check_config();
        let probe = self.load.drops_prefix_by.as_ref();
        if let Some(probe) = probe.filter(|probe| !self.survey.is_told(probe))
            && self.load.requests.starts_kernel()
        {
            let problem = format!(
                "there is no {probe}, without which the board ignores the directory of its serial number"
            );
            self.reporter.report(&rules::PREFIX_DROPPED, problem);
        }
    }

    /// What to say of files that are not there by any of these names.
    fn lack(&self, names: &[String]) -> String {
        match names.iter().find(|name| self.survey.has_directory(name)) {
            Some(name) => format!("{name} is a directory, but the board asks for a file"),
            None => format!("there is no {}", names.join(" and no ")),
        }
    }

    fn starts_loader(&self) -> bool {
        self.survey.starts_loader(self.load.board)
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
            let problem = "with an empty device_tree= the firmware loads no device tree";
            self.reporter
                .at(place)
                .report(&rules::NO_DEVICE_TREE, problem);
        }
    }

    fn check_config(&mut self) {
        // A board that goes no further without it lacks a file.
        let name = self.survey.own(CONFIG);
        if !self.survey.has_file(&name) && !self.load.board.has_all_firmware_in_eeprom() {
            let problem = self.lack(&[name]);
            self.reporter.report(&rules::NO_CONFIG, problem);
        }
        // Under upstream_kernel=1 there is one that nobody needs to have meant.
        if let Some(config) = self.load.config()
            && let Some(prefix) = config.os_prefix.clone()
            && !prefix.value.is_empty()
            && !config.is_prefix_of_upstream()
            && self.load.requests.resolved.os_prefix.is_empty()
        {
            let place = Some(Place::from(&prefix.at));
            let problem = format!("os_prefix={} has no effect", prefix.value);
            self.reporter
                .at(place)
                .report(&rules::OS_PREFIX_IGNORED, problem);
        }
        let named = self.load.names_initrd();
        let starts = self.load.requests.starts_kernel();
        if starts && !named && self.load.initramfs.is_empty() && !self.starts_loader() {
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
        let mut asked = self.load.requests.asked.iter();
        let asked = asked.find(|request| request.purpose == Purpose::Initramfs);
        let problem = match (auto, asked) {
            (None, _) => "config.txt loads no initrd".to_owned(),
            (Some(_), Some(Request { name, .. })) => {
                format!("there is no {name}, which auto_initramfs=1 asks for")
            }
            (Some(_), None) => {
                "auto_initramfs=1 derives no initrd name from this kernel's name".to_owned()
            }
        };
        let is_known = self.survey.toplevel_has_initrd;
        if is_known || auto.is_some() {
            self.reporter
                .at(place)
                .mild_if(!is_known)
                .report(&rules::NO_INITRD, problem);
        }
    }
}

fn unique(mut names: Vec<String>) -> Vec<String> {
    names.dedup();
    names
}
