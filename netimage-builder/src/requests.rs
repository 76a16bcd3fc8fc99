//! The command `requests`: what a board asks for, and what comes of it.

use std::process::ExitCode;

use netimage_core::boot::Soc;
use netimage_core::boot::config_txt::MistakeKind;
use netimage_core::boot::requests::{
    Below, FILE_TIMEOUT, IfMissing, Need, Outcome, Prefix, Request, Requests, StopReason,
};
use netimage_core::fs::ServedDirectory;
use serde_json::{Value, json};

use crate::cli::{PrefixArguments, RequestsArguments};
use crate::error::{CommandError, exit_code};
use crate::format::Format;
use crate::input::open_served;
use crate::report;
use crate::size::Size;
use crate::text::Text;

/// A simulation and what was asked of it.
struct Report<'a> {
    requests: Requests,
    served: &'a ServedDirectory,
    rate: u64,
}

/// Prints what comes of it, and gives the exit status.
pub(crate) fn run(arguments: &RequestsArguments) -> Result<ExitCode, CommandError> {
    let prefix = prefix(arguments)?;
    let own = prefix.to_string();
    let (served, is_image) = open_served(
        &arguments.image,
        own.trim_end_matches('/').as_ref(),
        arguments.real_store_dir.as_deref(),
    )?;
    // An image is copied into the board's directory; a server's root is as it is.
    let board = Requests::of(arguments.board).prefix(&prefix);
    let requests = if is_image && !own.is_empty() {
        board.simulate(&Below::new(&own, &served))
    } else {
        board.simulate(&served)
    };
    let report = Report {
        requests,
        served: &served,
        rate: arguments.rate,
    };
    match arguments.format {
        Format::Human => report.human().print()?,
        Format::Json => report::print_json(&report.json())?,
    }
    let is_good = report.requests.is_complete() && report.slow().next().is_none();
    Ok(exit_code(is_good))
}

fn prefix(arguments: &RequestsArguments) -> Result<Prefix, CommandError> {
    let PrefixArguments {
        serial,
        prefix,
        mac,
    } = &arguments.prefix;
    let board = arguments.board;
    let is_serial_only = board.soc() == Soc::Bcm2837;
    Ok(match (serial, prefix, mac) {
        (Some(serial), _, _) => Prefix::Serial(*serial),
        (None, None, None) => Prefix::None,
        _ if is_serial_only => return Err(CommandError::SerialOnly(board)),
        (None, Some(text), _) => Prefix::Text(text.clone()),
        (None, None, Some(mac)) => Prefix::Mac(*mac),
    })
}

impl Report<'_> {
    fn slow(&self) -> impl Iterator<Item = &Request> {
        let requests = self.requests.asked.iter();
        requests.filter(|request| request.times_out(self.rate))
    }

    /// Each request, with the bytes so far.
    fn running(&self) -> impl Iterator<Item = (&Request, u64)> {
        self.requests.asked.iter().scan(0, |total, request| {
            *total += request.bytes();
            Some((request, *total))
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "seconds are not so exact")]
    fn seconds(&self, bytes: u64) -> f64 {
        let seconds = bytes as f64 / self.rate as f64;
        (seconds * 1000.0).round() / 1000.0
    }

    fn problems(&self) -> Vec<String> {
        let config = self.requests.config.iter();
        let problems = config.flat_map(|config| &config.mistakes);
        problems.map(ToString::to_string).collect()
    }

    /// Whether config.txt is longer than what the board heeds of it. The simulation
    /// takes all of it.
    fn is_partly_heeded(&self) -> bool {
        let config = self.requests.config.iter();
        let mut problems = config.flat_map(|config| &config.mistakes);
        problems.any(|problem| matches!(problem.kind, MistakeKind::OutOfReach(_)))
    }

    fn human(&self) -> Text {
        let mut text = Text::default();
        text.line(self.requests.board.title());
        self.table(&mut text);
        for problem in self.problems() {
            text.line(problem);
        }
        for (name, why) in self.served.refused() {
            text.line(format_args!(
                "{name} is {why}; no server should give it out"
            ));
        }
        for request in self.slow() {
            text.line(format_args!(
                "{} takes {:.0} s, longer than the {} s that the board waits",
                request.name,
                self.seconds(request.bytes()),
                FILE_TIMEOUT.as_secs()
            ));
        }
        self.verdict(&mut text);
        text
    }

    fn table(&self, text: &mut Text) {
        let names = self.requests.asked.iter();
        let width = names.map(|request| request.name.chars().count()).max();
        let width = width.unwrap_or(0).min(60);
        for (at, (request, total)) in self.running().enumerate() {
            let size = request
                .size
                .map_or("-".to_owned(), |size| Size(size).to_string());
            text.line(format_args!(
                "{:>3}  {:<width$}  {:<15} {:>9} {:>10} {:>6.1} s  {:<8}  {}",
                at + 1,
                request.name,
                request.purpose.as_str(),
                size,
                Size(total).to_string(),
                self.seconds(total),
                request.need.as_str(),
                found(request)
            ));
        }
    }

    fn verdict(&self, text: &mut Text) {
        let requests = &self.requests;
        let line = match requests.outcome {
            Outcome::Stops(reason) => format!("gives up on the network: {}", stopped(reason)),
            Outcome::Ramdisk => "goes on with what is in boot.img, which is not looked into".into(),
            Outcome::Recovery => "starts the recovery system instead".into(),
            _ => self.started(),
        };
        let proviso = if self.is_partly_heeded() {
            "; that is, if it heeded all of config.txt"
        } else {
            ""
        };
        text.line(format_args!("the board {line}{proviso}"));
        for (need, label) in [
            (Need::Needed, "it does not get"),
            (Need::Wanted, "config.txt names, but it goes on without"),
        ] {
            let missing = requests.missing(need);
            if !missing.is_empty() {
                text.line(format_args!("{label}: {}", missing.join(", ")));
            }
        }
        let unsupported = &requests.resolved.unsupported_overlays;
        if !unsupported.is_empty() {
            let list = unsupported.join(", ");
            text.line(format_args!(
                "the overlay map has none for this board: {list}"
            ));
        }
        let (bytes, rate) = (requests.bytes(), self.rate);
        let (size, seconds, rate) = (Size(bytes), self.seconds(bytes), Size(rate));
        text.line(format_args!("{size} in about {seconds:.1} s at {rate}/s"));
    }

    fn started(&self) -> String {
        let resolved = &self.requests.resolved;
        let mode = if resolved.is_64bit { 64 } else { 32 };
        let what = match (&resolved.kernel, &resolved.armstub) {
            (Some(kernel), _) => format!("{kernel} ({mode} bit)"),
            (None, Some(stub)) => stub.clone(),
            (None, None) => "nothing".to_owned(),
        };
        let with: Vec<&str> = [&resolved.device_tree, &resolved.command_line]
            .into_iter()
            .flatten()
            .chain(&resolved.initramfs)
            .chain(&resolved.overlays)
            .map(String::as_str)
            .collect();
        if with.is_empty() {
            return format!("starts {what}");
        }
        format!("starts {what} with {}", with.join(", "))
    }

    fn json(&self) -> Value {
        let listed = self.running().map(|(request, total)| {
            let mut value = json!(request);
            value["total"] = json!(total);
            value["seconds"] = json!(self.seconds(total));
            value
        });
        let refused = self.served.refused();
        let refused = refused
            .iter()
            .map(|(name, why)| json!({"name": name, "why": why}));
        json!({
            "board": self.requests.board,
            "directory": self.served.path().to_string_lossy(),
            "requests": listed.collect::<Vec<_>>(),
            "outcome": self.requests.outcome,
            "complete": self.requests.is_complete(),
            "resolved": self.requests.resolved,
            "bytes": self.requests.bytes(),
            "rate": self.rate,
            "seconds": self.seconds(self.requests.bytes()),
            "timeouts": self.slow().map(|request| &request.name).collect::<Vec<_>>(),
            "problems": self.problems(),
            "refused": refused.collect::<Vec<_>>(),
        })
    }
}

fn found(request: &Request) -> String {
    if request.size.is_some() {
        return "found".to_owned();
    }
    let then = match (request.need, request.if_missing) {
        (_, IfMissing::Stops) => "gives up",
        (_, IfMissing::TriesNext) => "tries the next",
        (_, IfMissing::DropsPrefix) => "drops the prefix",
        (_, IfMissing::DropsOsPrefix) => "drops os_prefix",
        (Need::Optional, _) => return "missing".to_owned(),
        _ => "goes on without",
    };
    format!("missing: {then}")
}

fn stopped(reason: StopReason) -> &'static str {
    match reason {
        StopReason::CannotNetboot => {
            "it has no Ethernet, and its boot ROM knows none; boot it from a card"
        }
        StopReason::NoBootcode => {
            "there is no bootcode.bin at the root of the server, where it asks for it"
        }
        StopReason::NoConfig => "there is no config.txt",
        StopReason::NoFirmware => "there is no firmware",
        StopReason::OldFirmware => "there is no start4.elf, and start.elf is for older boards",
        StopReason::NoRamdisk => "there is no boot.img, which boot_ramdisk asks for",
        StopReason::NoDeviceTree => {
            "there is no device tree for it, so that it takes the system for an older one"
        }
        StopReason::NoKernel => "there is no kernel",
        _ => "it cannot go on",
    }
}
