//! The files that a board asks for and does not get.

use super::{Check, rules, unique};
use crate::boot::config_txt::Position;
use crate::boot::requests::{IfMissing, Need, Purpose, Request};
use crate::check::finding::Place;
use crate::check::judge::config::MOVE_COMMENT;

/// What a board without an EEPROM starts with.
const BOOTCODE: &str = "bootcode.bin";

impl Check<'_> {
    pub(super) fn check_missing(&mut self) {
        let requests = &self.load.requests.asked;
        let missing = |purposes: &[Purpose]| -> Vec<String> {
            let of = requests
                .iter()
                .filter(|request| purposes.contains(&request.purpose));
            let names = of.filter(|request| is_lacking(request));
            names.map(|request| request.name.clone()).collect()
        };
        let firmware = self.missing_firmware();
        let files = missing(&[Purpose::Ramdisk, Purpose::Config]);
        // A boot loader has its own ways to these.
        let armstubs = requests.iter().filter(|request| {
            let is_wanted = request.need == Need::Wanted && request.size.is_none();
            request.purpose == Purpose::Armstub && is_wanted
        });
        let armstubs = armstubs.map(|request| request.name.clone()).collect();
        let (initrds, lines) = if self.starts_loader() {
            (Vec::new(), Vec::new())
        } else {
            (
                missing(&[Purpose::Initramfs]),
                missing(&[Purpose::CommandLine]),
            )
        };
        let config = self.load.config().cloned();
        let at = |place: Option<&Position>| place.map(Place::from);
        let config = config.as_ref();
        let of_initrd = at(config.and_then(|config| Some(&config.initramfs.as_ref()?.at)));
        let of_line = at(config.and_then(|config| Some(&config.cmdline.as_ref()?.at)));
        let of_stub = at(config.and_then(|config| Some(&config.armstub.as_ref()?.at)));
        let of_start = at(config.and_then(|config| {
            let file = config.start_file.as_ref().map(|file| &file.at);
            file.or(Some(&config.firmware_variant.as_ref()?.at))
        }));
        for (rule, place, names) in [
            (&rules::MISSING_FIRMWARE, of_start, firmware),
            (&rules::MISSING_INITRD, of_initrd, initrds),
            (&rules::MISSING_FILE, None, files),
            (&rules::MISSING_COMMAND_LINE, of_line, lines),
            (&rules::MISSING_ARMSTUB, of_stub, armstubs),
        ] {
            for name in unique(names) {
                if !self.survey.is_told(&name) {
                    let problem = self.lack(std::slice::from_ref(&name));
                    let remedy = self.add(&name);
                    // This one is not asked for by any line.
                    let place = place.clone().filter(|_| name != BOOTCODE);
                    self.reporter.at(place).report_with(rule, problem, remedy);
                }
            }
        }
        self.check_kernel();
        self.check_device_tree();
        self.check_wished_away();
        let of_commonest = self.load.device_tree.as_ref();
        let has_tree = of_commonest.is_some_and(|tree| !self.load.is_supposed(tree));
        for (title, name) in self.load.treeless.iter().filter(|_| has_tree) {
            let problem = format!("a {} {title} finds no {name}", self.load.board.title());
            let remedy = format!("add {name} if you have such a board");
            self.reporter
                .report_with(&rules::MISSING_VARIANT, problem, remedy);
        }
    }

    /// What to do about a name that config.txt may give.
    fn add(&self, name: &str) -> String {
        if let Some(remedy) = miswritten(name) {
            return remedy.to_owned();
        }
        let cmdline = self
            .load
            .config()
            .and_then(|config| config.cmdline.as_ref());
        if cmdline.is_some_and(|line| line.value.contains(' ') && name.ends_with(&line.value)) {
            return "cmdline= takes the name of a file: write the parameters into cmdline.txt and remove the line".to_owned();
        }
        if name == BOOTCODE && !self.survey.prefix.is_empty() {
            return format!(
                "add {name} at the top of the server's directory; a board without an EEPROM looks nowhere else"
            );
        }
        if self.survey.has_directory(name) {
            return format!("put the file {name} in place of the directory");
        }
        format!("add {name}")
    }

    fn check_kernel(&mut self) {
        let kernel = self.load.kernel.as_ref();
        let requests = self.load.requests.asked.iter();
        let probed = requests
            .filter(|request| request.purpose == Purpose::KernelProbe && request.size.is_none());
        let kernels = unique(probed.map(|request| request.name.clone()).collect());
        let has_kernel = kernel.is_some_and(|kernel| !self.load.is_supposed(kernel));
        if has_kernel || kernels.is_empty() || kernels.iter().any(|name| self.survey.is_told(name))
        {
            return;
        }
        let problem = self.lack(&kernels);
        let remedy = match &kernels[..] {
            [name] => self.add(name),
            _ => "add the kernel under one of these names".to_owned(),
        };
        let config = self.load.config();
        let named = config.and_then(|config| config.kernel.as_ref());
        // The stub may be all that is meant to be started.
        if named.is_none() && self.load.lone_stub().is_some() {
            return;
        }
        let place = named.map(|kernel| Place::from(&kernel.at));
        self.reporter
            .at(place)
            .report_with(&rules::MISSING_KERNEL, problem, remedy);
    }

    /// The firmware that the board starts with and does not get. A Pi 4 looks for
    /// that of older boards, too, which is of no use to it.
    fn missing_firmware(&self) -> Vec<String> {
        let requests = self.load.requests.asked.iter();
        let asked = requests.filter(|request| request.purpose.is_firmware());
        let lacking = asked
            .filter(|request| is_lacking(request) || self.load.supposed.contains(&request.name));
        lacking.map(|request| request.name.clone()).collect()
    }

    fn check_device_tree(&mut self) {
        let asked = self.load.requests.asked.iter();
        let asked = asked.filter(|request| request.purpose == Purpose::DeviceTree);
        let asked: Vec<&Request> = asked.collect();
        let is_there = asked.iter().any(|request| request.size.is_some());
        let names = unique(asked.iter().map(|request| request.name.clone()).collect());
        if is_there || names.is_empty() || names.iter().any(|name| self.survey.is_told(name)) {
            return;
        }
        // It may have a tree of its own, but a Pi 5 does not come as far as that.
        if self.starts_loader() && !self.load.board.has_all_firmware_in_eeprom() {
            return;
        }
        let at = self.load.config();
        let at = at.and_then(|config| Some(Place::from(&config.device_tree.as_ref()?.at)));
        let problem = self.lack(&names);
        let remedy = miswritten(&names[0]).map_or_else(
            || format!("add {} from the kernel or the firmware", names[0]),
            str::to_owned,
        );
        self.reporter
            .at(at)
            .report_with(&rules::MISSING_DEVICE_TREE, problem, remedy);
    }
}

/// What to do about a name that has more in it than was meant.
fn miswritten(name: &str) -> Option<&'static str> {
    if name.contains(" #") {
        Some(MOVE_COMMENT)
    } else if name.contains(['"', '\'']) {
        Some("remove the quotes, which become part of the name")
    } else {
        None
    }
}

/// Whether a boot hangs on a file that is not there, and nothing else is asked
/// for in its place.
fn is_lacking(request: &Request) -> bool {
    let decides = matches!(request.if_missing, IfMissing::Stops | IfMissing::GoesOn);
    request.size.is_none() && request.need == Need::Needed && decides
}
