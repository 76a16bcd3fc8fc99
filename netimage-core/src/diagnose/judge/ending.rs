//! How a boot ended in which nothing is wrong so far.

use crate::boot::Soc;
use crate::boot::requests::Purpose;
use crate::diagnose::boot::Boot;
use crate::diagnose::causes::files as causes;
use crate::diagnose::causes::network::TFTP_UNANSWERED;
use crate::diagnose::file::FileStory;
use crate::diagnose::finding::Cause;
use crate::diagnose::likeness::SELDOM;
use crate::diagnose::log::Sign;
use crate::diagnose::model::Model;

/// What a server that only tells requests would tell.
const VERBOSE: &str = "the server tells it when it is more verbose (-vv for tftpd-hpa)";

pub(super) fn judge(boot: &Boot, model: Option<&Model>) -> Option<Cause> {
    if boot.comes_to_kernel() {
        return with_kernel(boot);
    }
    let asked = unanswered(boot).or_else(|| fell_back(boot));
    asked.or_else(|| stopped(boot, model))
}

/// After the last file that it surely got, or asked for where no more is told.
fn stopped(boot: &Boot, model: Option<&Model>) -> Option<Cause> {
    // It may have asked for one of them again.
    let last = boot.files.iter().max_by_key(|file| file.line)?;
    let name = &last.name.full;
    let tells = boot.tells_sent();
    let is_step = |file: &&FileStory| {
        let purpose = file.name.purpose;
        let is_optional = matches!(
            purpose,
            Some(Purpose::Extra | Purpose::Update | Purpose::Recovery)
        );
        if tells {
            file.sent > 0
        } else {
            !is_optional && !file.is_told()
        }
    };
    let step = boot.files.iter().rev().find(is_step);
    let got = if tells { "got" } else { "may have got" };
    let has_firmware = model.is_none_or(|model| !model.is(Soc::Bcm2712));
    let (rule, problem) = match step.and_then(|file| file.name.purpose) {
        // A system of its own.
        Some(Purpose::Recovery) => return None,
        Some(Purpose::Bootcode) => (
            &causes::BOOTCODE_STUCK,
            format!("the board {got} its first code, and asked for nothing after {name}"),
        ),
        Some(purpose @ (Purpose::Firmware | Purpose::Fixup))
            if has_firmware && (tells || purpose == Purpose::Fixup) =>
        {
            (
                &causes::FIRMWARE_STUCK,
                format!("the board {got} its firmware, and asked for nothing after {name}"),
            )
        }
        _ => {
            let missing = if last.is_missing() {
                ", which may be missing"
            } else {
                ""
            };
            (
                &causes::STOPPED,
                format!("the board stopped after {name}{missing}, without a kernel"),
            )
        }
    };
    let cause = Cause::new(rule, problem).at(last.line);
    let cause = if tells || last.is_told() {
        cause
    } else {
        cause.or(format!("{name} is missing"), VERBOSE)
    };
    Some(cause.or(
        "the log ends before the boot",
        "a later log goes on with the next file",
    ))
}

/// After the kernel a server of files tells nothing.
fn with_kernel(boot: &Boot) -> Option<Cause> {
    let is_known = [
        Sign::KernelStarted,
        Sign::MountGranted,
        Sign::NfsDenied,
        Sign::Up,
        Sign::RootMounted,
    ];
    if is_known.into_iter().any(|sign| boot.seen(sign).is_some()) {
        return None;
    }
    let sent = boot.sent_kernel();
    let kernel = sent.or_else(|| boot.asked_kernel())?;
    if boot.times < 2 || !is_often(boot) {
        let problem = untold(boot, kernel);
        return Some(Cause::new(&causes::UNTOLD, problem).at(kernel.line));
    }
    let got = if sent.is_some() { "got" } else { "asked for" };
    let asks = if boot.kernels_heard() > 0 {
        ", asked for an address with it"
    } else {
        ""
    };
    let problem = format!(
        "the board {got} its kernel {} times{asks}, and began anew each time",
        boot.times
    );
    let again = Cause::new(&causes::ASKS_AGAIN, problem).at(kernel.line).or(
        "somebody booted it again on purpose",
        "the board was up between the boots",
    );
    if sent.is_some() {
        return Some(again);
    }
    Some(again.or(
        "the kernel was not sent whole",
        "the server tells more where it is more verbose",
    ))
}

/// How far it is known that the board came.
fn untold(boot: &Boot, kernel: &FileStory) -> String {
    match boot.kernel_dhcp() {
        Some(dhcp) if dhcp.is_answered() => {
            "the kernel runs and has an address, and the log does not tell what came then".to_owned()
        }
        Some(_) => {
            "the kernel asks for an address, which nobody gives it, or the next boot begins".to_owned()
        }
        // A proxy does not hear of it.
        None if kernel.sent > 0 && boot.dhcp.offered > 0 => {
            "the log ends with the kernel, which asked for no address, and does not tell what came then".to_owned()
        }
        None if kernel.sent > 0 => {
            "the log ends with the kernel, and does not tell what came then".to_owned()
        }
        None => format!(
            "the board asked for all that it boots with, up to {}, and this server does not tell whether it was sent",
            kernel.name.full
        ),
    }
}

/// Whether boots that went the same way came so soon after each other that nobody used the
/// board between them, or nothing tells.
fn is_often(boot: &Boot) -> bool {
    let span = boot.ended.zip(boot.began);
    let span = span.and_then(|(ended, began)| ended.since(began));
    span.is_none_or(|span| span / u64::from(boot.times) < SELDOM)
}

/// A board that asks for the same again and again.
fn unanswered(boot: &Boot) -> Option<Cause> {
    let last = boot.files.last()?;
    let is_unanswered = |file: &FileStory| file.asked > 2 && !file.is_told();
    if !boot.files.iter().all(is_unanswered) {
        return None;
    }
    let name = &last.name.full;
    let problem = format!("the board asks for {name} again and again, and gets no answer");
    Some(Cause::new(&TFTP_UNANSWERED, problem).at(last.line).or(
        "the file is there, and the server's answers are lost",
        "tcpdump -n host and the board's address shows answers from another port",
    ))
}

/// A Pi 4 asks for the older firmware, and for no more, when it got no newer one
/// (raspberrypi/rpi-eeprom#74).
fn fell_back(boot: &Boot) -> Option<Cause> {
    let asked = |start: &str| {
        let mut firmware = boot.of_purpose(Purpose::Firmware);
        firmware.find(|file| !file.is_told() && file.name.base().starts_with(start))
    };
    let (new, old) = asked("start4").zip(asked("start."))?;
    let goes_on = boot.tells_sent() || boot.of_purpose(Purpose::Fixup).next().is_some();
    let problem = format!(
        "the board asks for {} as well, so that it did not get {}",
        old.name.full, new.name.full
    );
    let cause = Cause::new(&causes::NO_FIRMWARE, problem).at(old.line);
    (!goes_on).then(|| {
        cause.or(
            "the server has it, and may not read it or sends it too slowly",
            VERBOSE,
        )
    })
}
