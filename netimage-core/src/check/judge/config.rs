//! `config.txt`: whether it says what it seems to.

use crate::boot::config_txt::{Mistake, MistakeKind};
use crate::boot::requests::Purpose;
use crate::check::facts::{Load, Survey};
use crate::check::finding::Place;
use crate::check::judge::reporter::Reporter;
use crate::check::rules::config::{
    BLANK, COMMENT, FILE_TOO_LONG, INCLUDE_LOOP, INCLUDE_MISSING, INITRAMFS_EQUALS, LINE_TOO_LONG,
    MISMATCH, NAME_TOO_LONG, NOT_A_NUMBER, NOT_A_STATEMENT, NOT_TEXT, UNDECIDED, UNKNOWN_FILTER,
    UNKNOWN_KEY,
};

/// Bytes with which a Pi 5 did not start (agherzan/meta-raspberrypi#1255 has 16 KiB
/// for the limit).
const PI_5_SIZE_MAX: u64 = 16 << 10;

/// What to do about a comment that is not one.
pub(in crate::check) const MOVE_COMMENT: &str =
    "put the comment on a line of its own that begins with #";

/// Looks at what the boards' firmware reads.
pub(in crate::check) fn check(survey: &Survey, reporter: &mut Reporter<'_>) {
    crate::check::judge::placement::check(survey, reporter);
    for board in &survey.loads {
        let Some(config) = board.config() else {
            continue;
        };
        for problem in &config.mistakes {
            let is_of_board = matches!(problem.kind, MistakeKind::OutOfReach(_));
            let boards = is_of_board.then_some(board.board);
            say(problem, &mut reporter.of(boards));
        }
        let mut reporter = reporter.of([board.board]);
        check_size(board, &mut reporter);
        for setting in &config.undecided {
            let problem = format!("it is not known whether {} applies", setting.value);
            reporter
                .at(Place::from(&setting.at))
                .report(&UNDECIDED, problem);
        }
        if let (Some(start), Some(fixup)) = (&board.start_file, &board.fixup_file)
            && variant(start, "start", ".elf") != variant(fixup, "fixup", ".dat")
            && [start, fixup].iter().all(|name| is_stock(name))
        {
            let at = config.fixup_file.as_ref().or(config.start_file.as_ref());
            let problem = format!("{start} does not match {fixup}");
            let place = at.map(|setting| Place::from(&setting.at));
            reporter.at(place).report(&MISMATCH, problem);
        }
    }
}

/// `4x` of `start4x.elf`, by which firmware files belong together.
fn variant<'name>(name: &'name str, prefix: &str, suffix: &str) -> Option<&'name str> {
    let (_, name) = name.rsplit_once('/').unwrap_or(("", name));
    let middle = name.strip_prefix(prefix)?.strip_suffix(suffix)?;
    Some(middle.trim_start_matches('_'))
}

/// Whether it is called as Raspberry Pi's own firmware is.
fn is_stock(name: &str) -> bool {
    variant(name, "start", ".elf").is_some() || variant(name, "fixup", ".dat").is_some()
}

fn check_size(load: &Load, reporter: &mut Reporter<'_>) {
    let mut asked = load.requests.asked.iter();
    let config = asked.find(|request| request.purpose == Purpose::Config);
    if load.board.has_all_firmware_in_eeprom()
        && let Some(config) = config.filter(|config| config.bytes() > PI_5_SIZE_MAX)
    {
        let kib = config.bytes() >> 10;
        let problem =
            format!("the file is {kib} KiB long, and a Pi 5 may not start with that much");
        reporter
            .at(Place::file(&config.name))
            .report(&FILE_TOO_LONG, problem);
    }
}

/// What is wrong with a line is mostly wrong for every board.
fn say(problem: &Mistake, reporter: &mut Reporter<'_>) {
    let mut reporter = reporter.at(Place::from(&problem.at));
    let rule = match &problem.kind {
        MistakeKind::FileTooLong | MistakeKind::OutOfReach(_) => &FILE_TOO_LONG,
        MistakeKind::CarriageReturns | MistakeKind::NotUtf8 | MistakeKind::NotText => &NOT_TEXT,
        MistakeKind::LineTooLong { .. } => &LINE_TOO_LONG,
        MistakeKind::CommentAfterValue(_) => &COMMENT,
        MistakeKind::UnknownKey { .. } => &UNKNOWN_KEY,
        MistakeKind::UnknownFilter { .. } => &UNKNOWN_FILTER,
        MistakeKind::NotAStatement(_) => &NOT_A_STATEMENT,
        MistakeKind::BlankAtEquals(_) => &BLANK,
        MistakeKind::InitramfsEquals => &INITRAMFS_EQUALS,
        MistakeKind::IncludeEquals(file) => {
            let remedy = format!("write include {file}");
            return reporter.report_with(&INCLUDE_MISSING, problem.kind.to_string(), remedy);
        }
        MistakeKind::NotANumber { .. } => &NOT_A_NUMBER,
        MistakeKind::NameTooLong(_) => &NAME_TOO_LONG,
        MistakeKind::IncludeMissing(_) => &INCLUDE_MISSING,
        MistakeKind::IncludeLoop(_) | MistakeKind::IncludeTooMany(_) => &INCLUDE_LOOP,
        _ => return,
    };
    reporter.report(rule, problem.kind.to_string());
}
