//! `config.txt`: whether it says what it seems to.

use super::finding::{Findings, Place, Rule};
use super::load::Load;
use super::survey::Survey;
use crate::boot::Board;
use crate::boot::config_txt::{Problem, ProblemKind};
use crate::boot::requests::Purpose;

const CONFIG_TXT: &str = "https://www.raspberrypi.com/documentation/computers/config_txt.html";
const FILE_FORMAT: &str =
    "https://www.raspberrypi.com/documentation/computers/config_txt.html#file-format";
const FILTERS: &str =
    "https://www.raspberrypi.com/documentation/computers/config_txt.html#conditional-filters";
const INITRAMFS: &str =
    "https://www.raspberrypi.com/documentation/computers/config_txt.html#initramfs";
const START_FILE: &str =
    "https://www.raspberrypi.com/documentation/computers/config_txt.html#start_file-fixup_file";
const INCLUDE: &str = "https://www.raspberrypi.com/documentation/computers/config_txt.html#include";
const REACH: &str = "https://github.com/raspberrypi/firmware/issues/1575";
const LINE_LENGTH: &str = "https://github.com/raspberrypi/firmware/issues/1669";

/// Bytes with which a Pi 5 did not start (agherzan/meta-raspberrypi#1255 has 16 KiB
/// for the limit).
const PI_5_SIZE_MAX: u64 = 16 << 10;

pub(super) static FILE_TOO_LONG: Rule = Rule::warning(
    "config-too-long",
    "Over a network, a Pi 3 or 4 heeds the first 4096 bytes of the file, and a Pi 5 does not start with tens of kilobytes.",
    REACH,
);
pub(super) static LINE_TOO_LONG: Rule = Rule::warning(
    "config-line-too-long",
    "The firmware reads 98 characters of a line and ignores the rest.",
    LINE_LENGTH,
);
pub(super) static NOT_TEXT: Rule = Rule::warning(
    "config-not-text",
    "The firmware reads settings as ASCII.",
    FILE_FORMAT,
)
.cause();
pub(super) static UNKNOWN_KEY: Rule = Rule::note(
    "config-unknown-key",
    "The firmware ignores settings that it does not know; it may know some that are not known here.",
    CONFIG_TXT,
);
pub(super) static UNKNOWN_FILTER: Rule = Rule::warning(
    "config-unknown-filter",
    "Nothing below a filter that the firmware does not know is in force.",
    FILTERS,
);
pub(super) static NOT_A_STATEMENT: Rule = Rule::note(
    "config-not-a-setting",
    "The firmware ignores lines that it does not understand.",
    FILE_FORMAT,
);
pub(super) static BLANK: Rule = Rule::warning(
    "config-blank",
    "A blank at the equals sign becomes a part of the name or the value.",
    FILE_FORMAT,
);
/// What to do about a comment that is not one.
pub(super) const MOVE_COMMENT: &str = "put the comment on a line before it, which begins with #";
pub(super) static COMMENT: Rule = Rule::warning(
    "config-comment",
    "A line that begins with # is a comment; after a value it is a part of that, of a file's name too.",
    FILE_FORMAT,
);
pub(super) static INITRAMFS_EQUALS: Rule = Rule::error(
    "config-initramfs-equals",
    "initramfs is the one setting without an equals sign; with one the firmware loads no initrd.",
    INITRAMFS,
);
pub(super) static NOT_A_NUMBER: Rule = Rule::warning(
    "config-not-a-number",
    "The firmware takes what is not a number for 0.",
    CONFIG_TXT,
);
pub(super) static NAME_TOO_LONG: Rule = Rule::error(
    "config-name-too-long",
    "The firmware asks for the beginning of the name, which is another file.",
    FILE_FORMAT,
);
pub(super) static INCLUDE_MISSING: Rule = Rule::warning(
    "config-include-missing",
    "The settings of a file that is not read are not in force.",
    INCLUDE,
)
.cause();
pub(super) static INCLUDE_LOOP: Rule = Rule::warning(
    "config-include-loop",
    "Files that include each other have no end.",
    INCLUDE,
);
pub(super) static MISMATCH: Rule = Rule::error(
    "config-start-fixup-mismatch",
    "A start file works only with the fixup file of the same variant.",
    START_FILE,
);
pub(super) static UNDECIDED: Rule = Rule::note(
    "config-undecided",
    "Only the board itself knows whether the filter is passed, so that either way has to boot.",
    FILTERS,
);

pub(super) static RULES: &[&Rule] = &[
    &FILE_TOO_LONG,
    &LINE_TOO_LONG,
    &NOT_TEXT,
    &UNKNOWN_KEY,
    &UNKNOWN_FILTER,
    &NOT_A_STATEMENT,
    &BLANK,
    &COMMENT,
    &INITRAMFS_EQUALS,
    &NOT_A_NUMBER,
    &NAME_TOO_LONG,
    &INCLUDE_MISSING,
    &INCLUDE_LOOP,
    &MISMATCH,
    &super::placement::IN_KERNEL,
    &UNDECIDED,
];

/// Looks at what the boards' firmware reads.
pub(super) fn check(survey: &Survey, findings: &mut Findings) {
    super::placement::check(survey, findings);
    for board in &survey.loads {
        let Some(config) = board.config() else {
            continue;
        };
        for problem in &config.problems {
            let is_of_board = matches!(problem.kind, ProblemKind::OutOfReach(_));
            let boards = is_of_board.then_some(board.board);
            say(problem, boards, findings);
        }
        check_size(board, findings);
        for setting in &config.undecided {
            let problem = format!("whether {} is in force is not known", setting.value);
            let remedy = "put it under [all] if it is meant for every board, or see that the board boots with it and without it";
            findings.add(
                &UNDECIDED,
                [board.board],
                Some(Place::from(&setting.at)),
                problem,
                remedy,
            );
        }
        if let (Some(start), Some(fixup)) = (&board.start_file, &board.fixup_file)
            && variant(start, "start", ".elf") != variant(fixup, "fixup", ".dat")
            && [start, fixup].iter().all(|name| is_stock(name))
        {
            let at = config.fixup_file.as_ref().or(config.start_file.as_ref());
            let problem = format!("{start} does not go with {fixup}");
            let place = at.map(|setting| Place::from(&setting.at));
            findings.add(
                &MISMATCH,
                [board.board],
                place,
                problem,
                "name two of one variant",
            );
        }
    }
}

/// `4x` of `start4x.elf`, by which firmware files belong together.
fn variant<'name>(name: &'name str, prefix: &str, suffix: &str) -> Option<&'name str> {
    let (_, name) = name.rsplit_once('/').unwrap_or(("", name));
    let middle = name.strip_prefix(prefix)?.strip_suffix(suffix)?;
    Some(middle.trim_start_matches('_'))
}

const SHORTEN: &str = "make the file shorter, by its comments first";

/// Whether it is called as Raspberry Pi's own firmware is.
fn is_stock(name: &str) -> bool {
    variant(name, "start", ".elf").is_some() || variant(name, "fixup", ".dat").is_some()
}

fn check_size(load: &Load, findings: &mut Findings) {
    let mut asked = load.requests.requests.iter();
    let config = asked.find(|request| request.purpose == Purpose::Config);
    if load.board.has_all_firmware_in_eeprom()
        && let Some(config) = config.filter(|config| config.bytes() > PI_5_SIZE_MAX)
    {
        let kib = config.bytes() >> 10;
        let problem = format!("the file has {kib} KiB, and a Pi 5 may not start with so much");
        let place = Some(Place::file(&config.name));
        findings.add(&FILE_TOO_LONG, [load.board], place, problem, SHORTEN);
    }
}

/// What is wrong with a line is mostly wrong for every board.
fn say(problem: &Problem, boards: Option<Board>, findings: &mut Findings) {
    let (rule, remedy) = match &problem.kind {
        ProblemKind::FileTooLong | ProblemKind::OutOfReach(_) => (&FILE_TOO_LONG, SHORTEN),
        ProblemKind::CarriageReturns => (&NOT_TEXT, "end each line with a line feed"),
        ProblemKind::LineTooLong { .. } => (&LINE_TOO_LONG, "break the line into several settings"),
        ProblemKind::NotUtf8 => (&NOT_TEXT, "write the line in ASCII"),
        ProblemKind::NotText => (&NOT_TEXT, "write the file as plain text, in ASCII"),
        ProblemKind::CommentAfterValue(_) => (&COMMENT, MOVE_COMMENT),
        ProblemKind::UnknownKey { .. } => {
            (&UNKNOWN_KEY, "correct it, unless newer firmware knows it")
        }
        ProblemKind::UnknownFilter { .. } => (&UNKNOWN_FILTER, "correct or remove the filter"),
        ProblemKind::NotAStatement(_) => {
            (&NOT_A_STATEMENT, "write name=value, or # before a comment")
        }
        ProblemKind::BlankAtEquals(_) => (&BLANK, "remove the blank"),
        ProblemKind::InitramfsEquals => (&INITRAMFS_EQUALS, "write initramfs FILE followkernel"),
        ProblemKind::IncludeEquals(file) => {
            let remedy = format!("write include {file}");
            let place = Some(Place::from(&problem.at));
            findings.add(
                &INCLUDE_MISSING,
                [],
                place,
                problem.kind.to_string(),
                remedy,
            );
            return;
        }
        ProblemKind::NotANumber { .. } => (&NOT_A_NUMBER, "give a number"),
        ProblemKind::NameTooLong(_) => (&NAME_TOO_LONG, "give the file a shorter name"),
        ProblemKind::IncludeMissing(_) => (&INCLUDE_MISSING, "add the file, or remove the line"),
        ProblemKind::IncludeLoop(_) | ProblemKind::IncludeTooMany(_) => {
            (&INCLUDE_LOOP, "include each file once")
        }
        _ => return,
    };
    findings.add(
        rule,
        boards,
        Some(Place::from(&problem.at)),
        problem.kind.to_string(),
        remedy,
    );
}
