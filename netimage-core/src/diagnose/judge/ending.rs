//! How a boot ended in which nothing is wrong so far.

use crate::boot::Soc;
use crate::boot::requests::Purpose;
use crate::diagnose::boot::Boot;
use crate::diagnose::causes::files as causes;
use crate::diagnose::causes::network::TFTP_UNANSWERED;
use crate::diagnose::file::FileStory;
use crate::diagnose::finding::Cause;
use crate::diagnose::log::Sign;
use crate::diagnose::model::Model;

/// Milliseconds between boots of a board that somebody uses.
const SELDOM: u64 = 15 * 60 * 1000;

pub(super) fn judge(boot: &Boot, model: Option<&Model>) -> Option<Cause> {
    let last = boot.files.last()?;
    if boot.comes_to_kernel() {
        return with_kernel(boot);
    }
    let is_told = |file: &FileStory| file.is_there() || file.missing > 0;
    if !boot.files.iter().any(is_told) {
        return unanswered(boot);
    }
    let got = boot.files.iter().rev().find(|file| file.sent > 0);
    let purpose = got.and_then(|file| file.name.purpose);
    if purpose == Some(Purpose::Recovery) {
        // A system of its own.
        return None;
    }
    let is_firmware = matches!(purpose, Some(Purpose::Firmware | Purpose::Fixup));
    let name = &last.name.full;
    let cause = if is_firmware && model.is_none_or(|model| !model.is(Soc::Bcm2712)) {
        let problem = format!("the board got its firmware, and asked for nothing after {name}");
        Cause::new(&causes::FIRMWARE_STUCK, problem).or(
            "the log ends before the boot",
            "a later log goes on with config.txt",
        )
    } else {
        let missing = if last.is_missing() {
            ", which may be missing"
        } else {
            ""
        };
        let problem = format!("the board stopped after {name}{missing}, without a kernel");
        Cause::new(&causes::STOPPED, problem).or(
            "the log ends before the boot",
            "a later log goes on with the next file",
        )
    };
    Some(cause.at(last.line))
}

/// After the kernel a server of files tells nothing.
fn with_kernel(boot: &Boot) -> Option<Cause> {
    let is_known = [
        Sign::KernelStarted,
        Sign::MountGranted,
        Sign::Up,
        Sign::RootMounted,
    ];
    if is_known.into_iter().any(|sign| boot.seen(sign).is_some()) {
        return None;
    }
    let sent = boot.of_purpose(Purpose::Kernel).rfind(|file| file.sent > 0);
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

/// Some servers tell requests only.
fn unanswered(boot: &Boot) -> Option<Cause> {
    let last = boot.files.last()?;
    let again = boot.files.iter().all(|file| file.asked > 2);
    let name = &last.name.full;
    if again {
        let problem = format!("the board asks for {name} again and again, and gets no answer");
        return Some(Cause::new(&TFTP_UNANSWERED, problem).at(last.line).or(
            "the file is there, and the server's answers are lost",
            "tcpdump -n host and the board's address shows answers from another port",
        ));
    }
    let problem =
        format!("the board asked for {name} last, and this log does not tell what it got");
    Some(Cause::new(&causes::STOPPED, problem).at(last.line).or(
        "the file is missing",
        "the server tells it when it is more verbose (-vv for tftpd-hpa)",
    ))
}
