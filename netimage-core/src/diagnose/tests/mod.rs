//! Logs of boots that went wrong, each with what it comes to. They are written for these
//! tests in the form of the programs, after what the sources beside them tell.

mod bounds;
mod files;
mod good;
mod kernels;
mod network;
mod root;
mod served;
mod threads;
mod who;

use super::{BoardDiagnosis, Diagnosis, Logs};

/// What a log comes to, read in pieces.
fn diagnose(log: &str) -> Diagnosis {
    let mut logs = Logs::default();
    for chunk in log.as_bytes().chunks(7) {
        logs.read(chunk);
    }
    logs.end();
    logs.diagnose(None)
}

/// The one board of a log.
fn board(log: &str) -> BoardDiagnosis {
    let mut boards = diagnose(log).boards;
    assert_eq!(boards.len(), 1, "{boards:#?}");
    boards.remove(0)
}

/// The codes of what is wrong with the last boot, notes left out.
fn codes(board: &BoardDiagnosis) -> Vec<&'static str> {
    let findings = board.findings().iter();
    findings
        .filter(|cause| cause.severity > crate::check::Severity::Note)
        .map(|cause| cause.cause.code)
        .collect()
}

/// Messages of dnsmasq, one a line: `t ` in front for its TFTP server, `d ` for DHCP; and
/// a number of seconds, for the time.
fn dnsmasq(messages: &str) -> String {
    let lines = messages
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let lines = lines.map(|line| {
        let (second, rest) = line.split_once(' ').unwrap();
        let second: u32 = second.parse().unwrap();
        let (server, message) = rest.split_once(' ').unwrap();
        let program = if server == "t" {
            "dnsmasq-tftp"
        } else {
            "dnsmasq-dhcp"
        };
        let (minute, second) = (second / 60, second % 60);
        format!("Nov 20 10:{minute:02}:{second:02} srv {program}[9]: {message}\n")
    });
    lines.collect()
}

/// Holds each log to the codes that it has to come to, the first to be told first.
fn hold(cases: &[(&str, &str, &[&str])]) {
    for (source, log, expected) in cases {
        let board = board(log);
        assert_eq!(codes(&board), *expected, "{source}\n{log}\n{board:#?}");
    }
}
