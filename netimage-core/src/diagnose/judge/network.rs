//! Link, DHCP and the TFTP server as a whole.

use crate::check::Severity;
use crate::diagnose::boot::Boot;
use crate::diagnose::causes::network as causes;
use crate::diagnose::finding::Cause;
use crate::diagnose::log::Sign;

pub(super) fn judge(boot: &Boot) -> Vec<Cause> {
    let sign = |sign| boot.seen(sign);
    if let Some(seen) = sign(Sign::TftpDirectory) {
        let problem = "the TFTP server cannot read the directory that it is to serve";
        return one(Cause::new(&causes::TFTP_DIRECTORY, problem)
            .at(seen.line)
            .quoting(&seen.text));
    }
    if !boot.files.is_empty() || boot.has_kernel() {
        return Vec::new();
    }
    if let Some(seen) = sign(Sign::NoNetworkLeft)
        && sign(Sign::TriesNetwork).is_none()
        && sign(Sign::LoaderGaveUp).is_some_and(|restart| restart.line < seen.last_line)
    {
        let problem = "the board begins again, and the network is none of what it boots from";
        return one(Cause::new(&causes::BOOT_ORDER, problem)
            .at(seen.line)
            .quoting(&seen.text));
    }
    if let Some(seen) = sign(Sign::NoTftpServer) {
        let problem = "the board has an address, and no TFTP server to ask";
        return one(Cause::new(&causes::NO_TFTP_SERVER, problem)
            .at(seen.line)
            .quoting(&seen.text));
    }
    if let Some(waits) = sign(Sign::WaitsForLink)
        && sign(Sign::HasLink).is_none()
        && !boot.dhcp.is_answered()
    {
        let problem = "the board waits for a link, and there is none";
        return one(Cause::new(&causes::NO_LINK, problem)
            .at(waits.line)
            .quoting(&waits.text));
    }
    if let Some(seen) = sign(Sign::NoAddressRange) {
        let problem = "the DHCP server has no addresses for the network that the board is in";
        return one(Cause::new(&causes::NO_RANGE, problem)
            .at(seen.line)
            .quoting(&seen.text));
    }
    dhcp(boot)
}

fn dhcp(boot: &Boot) -> Vec<Cause> {
    let dhcp = &boot.dhcp;
    if dhcp.asked + dhcp.offered + dhcp.proxy + dhcp.boots == 0 && dhcp.leased > 0 {
        // It only goes on to use its address.
        return Vec::new();
    }
    let cause = if let Some(words) = &dhcp.refusal
        && !dhcp.is_answered()
    {
        let problem = format!("the DHCP server refused an address: {words}");
        Cause::new(&causes::DHCP_REFUSED, problem)
    } else if dhcp.proxy > 0 {
        let problem = "the board was told by a proxy what to boot, and asked for nothing";
        Cause::new(&causes::PROXY_IGNORED, problem).or(
            "its requests are lost on the way to the TFTP server",
            "tcpdump port 69 on the server shows none then, or one that is not in this log",
        )
    } else if dhcp.offered + dhcp.leased > 0 && dhcp.has_detail && !dhcp.has_option_43 {
        let problem = "the board was offered an address without option 43";
        Cause::new(&causes::NO_OPTION_43, problem).or(
            "the server keeps the option for boards that a rule knows by option 97, and a newer model is none of them",
            "its rules (dhcp-match) name option 97, in which a Pi 5 has RPi5",
        )
    } else if dhcp.offered + dhcp.leased > 0 {
        let problem = "the board was offered an address, and asked for no file";
        let unused = Cause::new(&causes::OFFER_UNUSED, problem);
        if dhcp.has_option_43 {
            unused.or(
                "its option 43 does not have the words Raspberry Pi Boot",
                "the board's console shows what it has, with BOOT_UART=1 in the EEPROM",
            )
        } else {
            unused.or(
                "the offer has no option 43",
                "dnsmasq tells each option that it sends with log-dhcp",
            )
        }
    } else if dhcp.asked + dhcp.boots > 0 || waits_for_dhcp(boot) {
        let problem = "the board asked for an address, and nobody answered";
        let silent = Cause::new(&causes::DHCP_SILENT, problem).or(
            "another server answers, of which this log does not know",
            "tcpdump -n port 67 or port 68 shows all of them",
        );
        if waits_for_dhcp(boot) {
            // raspberrypi/rpi-eeprom#480, raspberrypi/piserver#103.
            silent.or(
                "the switch forwards nothing for half a minute after the link is there (spanning tree)",
                "a later try is answered; set the port to portfast or rapid spanning tree",
            )
        } else {
            silent
        }
    } else {
        return Vec::new();
    };
    let is_certain = [&causes::DHCP_REFUSED, &causes::NO_OPTION_43]
        .iter()
        .any(|rule| rule.code == cause.cause.code);
    if !is_certain && dhcp.asked.max(dhcp.proxy) <= 1 {
        // It may be booting at this moment.
        let cause = Cause {
            severity: Severity::Warning,
            ..cause
        };
        return one(cause.at(dhcp.line).or(
            "the log ends before the board goes on",
            "a later log has its next request",
        ));
    }
    one(cause.at(dhcp.line))
}

/// Whether a console ends after the link came up.
fn waits_for_dhcp(boot: &Boot) -> bool {
    boot.seen(Sign::TriesNetwork).is_some() && boot.seen(Sign::HasLink).is_some()
}

/// A server that is known not to do for these boards.
pub(super) fn plain_server(boot: &Boot) -> Option<Cause> {
    let seen = boot.seen(Sign::PlainTftp)?;
    let problem = "the TFTP server is netkit's, which does not do for newer firmware";
    let cause = Cause::new(&causes::PLAIN_TFTP, problem).at(seen.line);
    boot.seen(Sign::Up)
        .is_none()
        .then(|| cause.quoting(&seen.text))
}

/// What is normal, for those who look for a reason.
pub(super) fn probes(boot: &Boot) -> Option<Cause> {
    let probed = boot.files.iter().filter(|file| file.probed > 0);
    let line = probed.clone().map(|file| file.line).max()?;
    let problem = match probed.count() {
        1 => "the board ended the transfer of a file itself, which is normal".to_owned(),
        count => format!("the board ended the transfer of {count} files itself, which is normal"),
    };
    Some(Cause::new(&causes::EARLY_TERMINATE, problem).at(line))
}

fn one(cause: Cause) -> Vec<Cause> {
    vec![cause]
}
