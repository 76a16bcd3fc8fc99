//! Files that the board asked for.

use crate::boot::Soc;
use crate::boot::requests::Purpose;
use crate::diagnose::boot::{Boot, GIVEN_UP};
use crate::diagnose::causes::files as causes;
use crate::diagnose::file::FileStory;
use crate::diagnose::finding::Cause;
use crate::diagnose::log::Sign;
use crate::diagnose::model::Model;

/// Blocks that a block number of 16 bits counts, and the sizes of block that boot loaders
/// have used (raspberrypi/rpi-eeprom#375, #720).
const BLOCKS_MAX: u64 = 65_535;
const BLOCK_SIZES: [u64; 3] = [512, 1024, 1468];

/// What a Pi 5 of stepping D0 asks for by itself where only the tree of older ones is.
const D0_OVERLAY: &str = "overlays/bcm2712d0.dtbo";

pub(super) fn judge(boot: &Boot, model: Option<&Model>) -> Vec<Cause> {
    let mut found = Vec::new();
    found.extend(unreadable(boot));
    found.extend(prefix_without_slash(boot));
    let dropped = prefix_dropped(boot);
    // What is missing above is meant to be below.
    let is_meant_below = |cause: &Cause| {
        let above = [&causes::NO_FIRMWARE, &causes::NO_CONFIG];
        dropped.is_some() && above.iter().any(|rule| rule.code == cause.cause.code)
    };
    let loader_files = loader_files(boot, model).filter(|cause| !is_meant_below(cause));
    found.extend(dropped);
    found.extend(loader_files);
    found.extend(broken(boot));
    found.extend(never_came(boot));
    found.extend(system_files(boot, model));
    found
}

fn unreadable(boot: &Boot) -> Option<Cause> {
    let file = boot.files.iter().find(|file| file.unreadable > 0)?;
    let problem = format!("the server may not read {}", file.name.full);
    Some(Cause::new(&causes::UNREADABLE, problem).at(file.line))
}

/// The first file of a board with an EEPROM, and something before its name.
fn prefix_without_slash(boot: &Boot) -> Option<Cause> {
    let first = boot.files.first()?;
    let base = first.name.base();
    let names = ["start4.elf", "start.elf", "config.txt"];
    let text = names.iter().find_map(|name| base.strip_suffix(name))?;
    if text.is_empty() || !first.is_missing() || boot.has_kernel() {
        return None;
    }
    let problem = format!(
        "the board asks for {}, as its prefix {text} ends without a slash",
        first.name.full
    );
    Some(Cause::new(&causes::PREFIX_SLASH, problem).at(first.line))
}

/// Asked in its own directory, and then in the one above.
fn prefix_dropped(boot: &Boot) -> Option<Cause> {
    let probes = boot
        .of_purpose(Purpose::Firmware)
        .chain(boot.of_purpose(Purpose::Config));
    let own = probes.filter(|file| file.is_missing()).find(|file| {
        let own = file.name.directory();
        !own.is_empty()
            && boot.files.iter().any(|other| {
                let directory = other.name.directory();
                let is_loaders =
                    matches!(other.name.purpose, Some(Purpose::Bootcode | Purpose::Extra));
                !is_loaders && directory.len() < own.len() && own.starts_with(directory)
            })
    })?;
    let directory = own.name.directory().trim_end_matches('/');
    let name = own.name.base();
    let problem =
        format!("there is no {name} in {directory}, so that the board asks in the directory above");
    let cause = Cause::new(&causes::PREFIX_DROPPED, problem).at(own.line);
    // All may be meant to be there.
    let is_fine = boot.has_kernel();
    (!is_fine).then_some(cause)
}

/// Up to the firmware.
fn loader_files(boot: &Boot, model: Option<&Model>) -> Option<Cause> {
    let is = |soc| model.is_some_and(|model| model.is(soc));
    let sent = |purpose| boot.of_purpose(purpose).any(|file| file.sent > 0);
    let missing = |purpose| boot.of_purpose(purpose).rfind(|file| file.is_missing());
    if let Some(file) = boot
        .of_purpose(Purpose::Recovery)
        .find(|file| file.sent > 0)
    {
        let problem = format!(
            "the board fetched {}, and starts it instead of a system",
            file.name.full
        );
        return Some(Cause::new(&causes::RECOVERY, problem).at(file.line));
    }
    if let Some(seen) = boot.seen(Sign::BootImage) {
        let problem = "boot.img could not be loaded";
        return Some(
            Cause::new(&causes::BOOT_IMAGE, problem)
                .at(seen.line)
                .quoting(&seen.text),
        );
    }
    if let Some(file) = missing(Purpose::Bootcode)
        && !boot.files.iter().any(FileStory::is_there)
    {
        let problem = format!("there is no {}", file.name.full);
        return Some(Cause::new(&causes::NO_BOOTCODE, problem).at(file.line));
    }
    if is(Soc::Bcm2712) {
        let file = missing(Purpose::Config).filter(|_| !sent(Purpose::Config))?;
        let problem = format!("there is no {}", file.name.full);
        return Some(Cause::new(&causes::NO_CONFIG, problem).at(file.line));
    }
    firmware(boot, is(Soc::Bcm2711))
}

fn firmware(boot: &Boot, is_pi_4: bool) -> Option<Cause> {
    let firmware = || boot.of_purpose(Purpose::Firmware);
    let is_new = |file: &&FileStory| file.name.base().starts_with("start4");
    let got = firmware().rfind(|file| file.sent > 0);
    let lacks = |file: &FileStory| file.is_missing();
    if is_pi_4
        && let Some(old) = got
        && !firmware().any(|file| is_new(&file) && !lacks(file))
    {
        let problem = format!(
            "there is no start4.elf, and the board got {}, the firmware of older boards",
            old.name.full
        );
        return Some(Cause::new(&causes::OLD_FIRMWARE_ONLY, problem).at(old.line));
    }
    let seen = boot.seen(Sign::NoFirmware);
    if firmware().next().is_some() && firmware().all(lacks) || seen.is_some() {
        let names = list(firmware().filter(|file| lacks(file)));
        let problem = if names.is_empty() {
            "the board found no firmware".to_owned()
        } else {
            format!("there is no firmware by the name of {names}")
        };
        let line = firmware()
            .map(|file| file.line)
            .max()
            .or(seen.map(|seen| seen.line));
        return Some(Cause::new(&causes::NO_FIRMWARE, problem).at(line.unwrap_or(0)));
    }
    let fixup = || boot.of_purpose(Purpose::Fixup);
    let file = fixup()
        .find(|file| lacks(file))
        .filter(|_| fixup().all(lacks))?;
    let problem = format!("there is no {}", file.name.full);
    Some(Cause::new(&causes::NO_FIXUP, problem).at(file.line))
}

/// Transfers that ended before their end.
fn broken(boot: &Boot) -> Vec<Cause> {
    let mut found = Vec::new();
    for file in &boot.files {
        let name = &file.name.full;
        if let Some(bytes) = file.bytes
            && BLOCK_SIZES.iter().any(|size| bytes == size * BLOCKS_MAX)
        {
            let problem = format!(
                "the board took {name} for whole after {bytes} bytes, the most that it can count"
            );
            found.push(Cause::new(&causes::TRUNCATED_FILE, problem).at(file.line));
        }
        if file.failed == 0 || file.sent > 0 {
            continue;
        }
        let cause = match file.failed_after {
            Some(after) if after >= GIVEN_UP => {
                let problem = format!(
                    "{name} was not whole after {} s, and the board gave it up",
                    after / 1000
                );
                Cause::new(&causes::TIMED_OUT, problem).or(
                    "the file has more than 65 535 blocks, which older boot loaders cannot count",
                    "it is larger than 64 MiB, or than 91.7 MiB where the board was updated after 2022-10",
                )
            }
            _ => Cause::new(&causes::CUT_OFF, format!("{name} was not sent whole")).or(
                "the board gave it up after its time-out",
                "the time between asking for it and this line is 30 s then",
            ),
        };
        found.push(cause.at(file.line));
    }
    found
}

/// A board that begins again, by its own word, after a file that never came.
fn never_came(boot: &Boot) -> Option<Cause> {
    let seen = boot.seen(Sign::LoaderGaveUp)?;
    let file = boot.files.last()?;
    if file.is_told() {
        return None;
    }
    let problem = format!(
        "{} never came whole, and the board began again",
        file.name.full
    );
    let cause = Cause::new(&causes::TIMED_OUT, problem);
    Some(cause.at(seen.line).quoting(&seen.text).or(
        "the server's answers are lost on the way",
        "the TFTP server's log tells the file as sent, or as failed after a while",
    ))
}

/// What the firmware looks for.
fn system_files(boot: &Boot, model: Option<&Model>) -> Vec<Cause> {
    let mut found = Vec::new();
    let all_missing = |purpose| {
        let files = boot.of_purpose(purpose);
        let is_missing = files.clone().next().is_some() && files.clone().all(FileStory::is_missing);
        is_missing.then(|| {
            (
                list(files.clone()),
                files.map(|file| file.line).max().unwrap_or(0),
            )
        })
    };
    let is_pi_5 = model.is_some_and(|model| model.is(Soc::Bcm2712));
    if let Some((names, line)) = all_missing(Purpose::DeviceTree)
        && (is_pi_5 || !boot.has_kernel() || boot.tells_sent())
    {
        let problem = format!("there is no device tree for the board by the name of {names}");
        found.push(Cause::new(&causes::NO_DEVICE_TREE, problem).at(line));
    }
    if let Some((names, line)) = all_missing(Purpose::Kernel)
        && boot.seen(Sign::KernelStarted).is_none()
    {
        let problem = format!("there is no kernel by the name of {names}");
        found.push(Cause::new(&causes::NO_KERNEL, problem).at(line));
    }
    let needs_no_line = boot
        .sent_kernel()
        .is_some_and(|kernel| kernel.name.is_loader());
    for (purpose, rule) in [
        (Purpose::Initramfs, &causes::NO_INITRAMFS),
        (Purpose::CommandLine, &causes::NO_COMMAND_LINE),
        (Purpose::Overlay, &causes::NO_OVERLAY),
    ] {
        let missing = boot.of_purpose(purpose);
        let missing = missing.filter(|file| file.is_missing() && !file.name.is_automatic());
        let missing = missing.filter(|_| !(needs_no_line && purpose == Purpose::CommandLine));
        let (own, others): (Vec<_>, Vec<_>) =
            missing.partition(|file| file.name.base() == D0_OVERLAY);
        for (files, rule) in [(own, &causes::NO_D0_OVERLAY), (others, rule)] {
            if let Some(line) = files.iter().map(|file| file.line).max() {
                let problem = format!("there is no {}", list(files.into_iter()));
                found.push(Cause::new(rule, problem).at(line));
            }
        }
    }
    found
}

/// Names for a sentence, some of them.
fn list<'a>(files: impl Iterator<Item = &'a FileStory>) -> String {
    const SHOWN: usize = 4;
    let mut names: Vec<_> = files.map(|file| file.name.full.as_str()).collect();
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    let names = names.join(" or ");
    if more > 0 {
        return format!("{names} and {more} more");
    }
    names
}
