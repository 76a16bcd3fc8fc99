//! What programs that keep logs put around a message.

use std::borrow::Cow;

use serde::Deserialize;

use super::lines::plain;
use super::moment::Moment;

/// The programs whose messages are known, the longer names first.
const PROGRAMS: [&str; 9] = [
    "dnsmasq-tftp",
    "dnsmasq-dhcp",
    "dnsmasq",
    "in.tftpd",
    "tftpd-hpa",
    "atftpd",
    "rpc.mountd",
    "tftpd",
    "dhcpd",
];

/// Programs that write down what comes over a serial line.
const SERIAL_PROGRAMS: [&str; 8] = [
    "ser2net",
    "conserver",
    "picocom",
    "minicom",
    "socat",
    "tio",
    "screen",
    "cat",
];

/// A line, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    /// When it was written.
    pub(super) at: Option<Moment>,
    /// The program that said it, if it is a known one.
    pub(super) program: Option<&'static str>,
    /// The machine that said it of itself; empty where a program is named and no machine.
    pub(super) host: Option<Cow<'a, str>>,
    /// What it said.
    pub(super) message: Cow<'a, str>,
}

/// An entry of `journalctl --output=json`. A message that is no UTF-8 is a list of bytes.
#[derive(Deserialize)]
struct JournalEntry<'a> {
    #[serde(borrow, rename = "MESSAGE")]
    message: Message<'a>,
    #[serde(borrow, default, rename = "SYSLOG_IDENTIFIER")]
    program: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "_HOSTNAME")]
    host: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "__REALTIME_TIMESTAMP")]
    at: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Message<'a> {
    Text(#[serde(borrow)] Cow<'a, str>),
    Bytes(Vec<u8>),
}

impl<'a> Frame<'a> {
    /// Takes a line apart: of a log file of dnsmasq, of syslog (RFC 3164, RFC 5424), of
    /// journalctl in its short forms and as JSON, or of a console.
    pub(super) fn of(line: &'a str) -> Self {
        if line.starts_with('{')
            && let Some(frame) = journal_entry(line)
        {
            return frame;
        }
        let line = without_priority(line);
        let (at, rest) = Moment::split(line).map_or((None, line), |(at, rest)| (Some(at), rest));
        if let Some((host, program, message)) = program(rest) {
            return Self {
                at,
                program: Some(program),
                host: Some(host.into()),
                message: message.into(),
            };
        }
        let (host, rest) = console(rest, at.is_some());
        let (of_board, message) =
            Moment::split_console(rest).map_or((None, rest), |(at, rest)| (Some(at), rest));
        Self {
            at: at.or(of_board),
            program: None,
            host: host.map(Cow::from),
            message: message.into(),
        }
    }
}

fn journal_entry(line: &str) -> Option<Frame<'_>> {
    let entry: JournalEntry<'_> = serde_json::from_str(line).ok()?;
    let message = match entry.message {
        Message::Text(text) => text,
        Message::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned().into(),
    };
    let known = |name: &str| PROGRAMS.into_iter().find(|program| *program == name);
    let at = entry.at.and_then(|at| at.parse().ok());
    let program = entry.program.as_deref();
    let is_serial = program.is_some_and(|program| SERIAL_PROGRAMS.contains(&program));
    Some(Frame {
        at: at.map(Moment::epoch_microseconds),
        program: program.and_then(known),
        host: (!is_serial).then(|| entry.host.unwrap_or_default()),
        message: plain(&message).into(),
    })
}

/// Without the priority of syslog, and the version of RFC 5424 after it.
fn without_priority(line: &str) -> &str {
    let priority = line.strip_prefix('<').and_then(|line| line.split_once('>'));
    match priority {
        Some((digits, rest)) if digits.len() <= 3 && digits.parse::<u8>().is_ok() => {
            rest.strip_prefix("1 ").unwrap_or(rest)
        }
        _ => line,
    }
}

/// A known program, wherever its name stands in front of a message: `dnsmasq[12]: …`,
/// after a host or the name of a container, and as a word of RFC 5424; with the host.
fn program(text: &str) -> Option<(&str, &'static str, &str)> {
    PROGRAMS.into_iter().find_map(|name| {
        let (before, after) = text.split_once(name)?;
        if !before.is_empty() && !before.ends_with([' ', '/', ']']) {
            return None;
        }
        let message = tagged(after).or_else(|| structured(after))?;
        Some((last_word(before), name, message.trim_start()))
    })
}

/// What a machine says of itself, `pi kernel: …`, with its name, or what came over a serial
/// line. Only the kernel is known by its name alone, others by where they stand.
fn console(text: &str, has_time: bool) -> (Option<&str>, &str) {
    if let Some((before, message)) = text.split_once(" kernel: ") {
        return (Some(last_word(before)), message);
    }
    match said(text).filter(|_| has_time) {
        Some((_, program, message)) if SERIAL_PROGRAMS.contains(&program) => (None, message),
        // The program tells what is meant: `mount.nfs: …`.
        Some((host, ..)) => (Some(host), text),
        None => (None, text),
    }
}

/// `pi mount[12]: message`, or the same in RFC 5424, or without a host.
fn said(text: &str) -> Option<(&str, &str, &str)> {
    let word = |text: &str| text.find([' ', '[', ':']).unwrap_or(text.len());
    let (first, after) = text.split_at(word(text));
    if let Some(message) = tagged(after) {
        return Some(("", first, message.trim_start()));
    }
    let rest = after.strip_prefix(' ')?;
    let (program, after) = rest.split_at(word(rest));
    let message = tagged(after).or_else(|| structured(after))?;
    let is_said = !first.is_empty() && !program.is_empty();
    is_said.then(|| (first, program, message.trim_start()))
}

fn last_word(text: &str) -> &str {
    text.trim_end_matches(['/', ' '])
        .rsplit(' ')
        .next()
        .unwrap_or_default()
}

/// `[12]: message` or `: message`.
fn tagged(text: &str) -> Option<&str> {
    let text = match text.strip_prefix('[') {
        Some(text) => text.split_once(']')?.1,
        None => text,
    };
    text.strip_prefix(':')
}

/// ` 12 - - message`, with the process, the kind of message and no data of RFC 5424.
fn structured(text: &str) -> Option<&str> {
    let (process, text) = text.strip_prefix(' ')?.split_once(' ')?;
    let (_kind, text) = text.split_once(' ')?;
    let is_process = process == "-" || process.bytes().all(|byte| byte.is_ascii_digit());
    is_process.then(|| text.strip_prefix("- "))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_taken_off() {
        let message = "sent /srv/tftp/config.txt to 192.0.2.7";
        for frame in [
            "Aug  2 12:21:02 dnsmasq-tftp[548]: ",
            "Aug  2 12:21:02 server dnsmasq-tftp[548]: ",
            "<30>Aug  2 12:21:02 server dnsmasq-tftp[548]: ",
            "<30>1 2026-08-02T12:21:02.123456+02:00 server dnsmasq-tftp 548 - - ",
            "2026-08-02T12:21:02+0200 server dnsmasq-tftp[548]: ",
        ] {
            let line = format!("{frame}{message}");
            let frame = Frame::of(&line);
            assert_eq!(frame.program, Some("dnsmasq-tftp"), "{line}");
            assert_eq!(frame.message, message, "{line}");
            assert_eq!(
                frame.at.map(|at| at.to_string()).as_deref(),
                Some("12:21:02")
            );
        }
        for line in ["dnsmasq-tftp: x", "dnsmasq_1  | dnsmasq-tftp[1]: x"] {
            let frame = Frame::of(line);
            assert_eq!((frame.at, frame.program), (None, Some("dnsmasq-tftp")));
            assert_eq!(frame.message, "x");
        }
    }

    #[test]
    fn the_journal_is_read_as_json() {
        let line = r#"{"__REALTIME_TIMESTAMP":"86400000000","SYSLOG_IDENTIFIER":"in.tftpd","MESSAGE":"RRQ \"x\"","_PID":"1"}"#;
        let frame = Frame::of(line);
        assert_eq!(frame.program, Some("in.tftpd"));
        assert_eq!(frame.message, "RRQ \"x\"");
        assert_eq!(
            frame.at.map(|at| at.to_string()).as_deref(),
            Some("00:00:00")
        );
        assert_eq!(Frame::of(r#"{"MESSAGE":[97,255]}"#).message, "a\u{fffd}");
        assert_eq!(
            Frame::of(r#"{"MESSAGE":"a\u001b[31mb\u0007"}"#).message,
            "ab"
        );
        assert_eq!(Frame::of("{").message, "{");
    }

    #[test]
    fn a_console_has_no_program() {
        for (line, message) in [
            ("[    1.5] VFS: x", "VFS: x"),
            ("Aug  2 12:21:02 pi kernel: VFS: x", "VFS: x"),
            ("Aug  2 12:21:02 pi kernel: [    1.5] VFS: x", "VFS: x"),
            ("Link ready", "Link ready"),
            ("see dnsmasq: x", "x"),
            ("libdnsmasq: x", "libdnsmasq: x"),
        ] {
            assert_eq!(Frame::of(line).message, message, "{line}");
        }
    }

    #[test]
    fn machines_are_named() {
        for (line, host) in [
            ("Aug  2 12:21:02 srv dnsmasq-tftp[548]: x", Some("srv")),
            ("Aug  2 12:21:02 dnsmasq-tftp[548]: x", Some("")),
            ("Wed 2026-08-05 12:21:02 CEST srv kernel: x", Some("srv")),
            ("Aug  2 12:21:02 srv systemd[1]: x", Some("srv")),
            ("Aug  2 12:21:02 systemd[1]: x", Some("")),
            (
                "<30>1 2026-08-02T12:21:02Z srv systemd 1 - - x",
                Some("srv"),
            ),
            (
                r#"{"_HOSTNAME":"srv","SYSLOG_IDENTIFIER":"kernel","MESSAGE":"x"}"#,
                Some("srv"),
            ),
            ("Aug  2 12:21:02 srv ser2net[7]: [    1.5] x", None),
            ("Aug  2 12:21:02 [    1.5] systemd[1]: x", None),
            ("Aug  2 12:21:02 Link ready", None),
            ("[    1.5] systemd[1]: x", None),
            ("Link ready", None),
        ] {
            assert_eq!(Frame::of(line).host.as_deref(), host, "{line}");
        }
    }
}
