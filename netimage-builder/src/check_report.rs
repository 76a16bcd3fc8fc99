//! Findings for people.

use std::collections::HashMap;
use std::fmt::Display;

use anstyle::{AnsiColor, Style};
use netimage_core::boot::Board;
use netimage_core::check::{CheckReport, Finding, Severity};

use crate::cli::CheckArguments;
use crate::text::Text;

/// How many findings of one code are shown of one file.
const ALIKE_MAX: usize = 10;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// All that was found, by boards, and what it comes to; with the arguments that may
/// help, if these were the command's.
pub(crate) fn check(report: &CheckReport, arguments: Option<&CheckArguments>) -> Text {
    from(report, Severity::Note, arguments)
}

/// The same without notes, for a build that went well.
pub(crate) fn warnings(report: &CheckReport) -> Text {
    from(report, Severity::Warning, None)
}

/// What is at least this bad.
fn from(report: &CheckReport, least: Severity, arguments: Option<&CheckArguments>) -> Text {
    let mut text = Text::default();
    let mut boards: Option<&[Board]> = None;
    let mut alike: HashMap<Kind<'_>, usize> = HashMap::new();
    let findings = report.findings.iter();
    let findings = findings.filter(|finding| finding.severity >= least);
    for finding in findings.clone() {
        *alike.entry(kind(finding)).or_default() += 1;
    }
    let mut shown: HashMap<Kind<'_>, usize> = HashMap::new();
    for finding in findings {
        let count = shown.entry(kind(finding)).or_default();
        *count += 1;
        if *count > ALIKE_MAX {
            if *count == ALIKE_MAX + 1 {
                let more = alike[&kind(finding)] - ALIKE_MAX;
                let code = finding.rule.code;
                text.line(format_args!("  and {more} more like it: {code}"));
            }
            continue;
        }
        if boards != Some(&finding.boards) {
            text.add_styled(BOLD, title(&finding.boards));
            text.line("");
            boards = Some(&finding.boards);
        }
        let hint = arguments.and_then(|given| hint(finding, given));
        write_finding(&mut text, finding, hint);
    }
    for finding in &report.allowed {
        let (severity, code) = (finding.severity, finding.rule.code);
        let about = place(finding);
        let problem = &finding.problem;
        text.line(format_args!("allowed {severity} {code}: {about}{problem}"));
    }
    text.line(verdict(report));
    text
}

/// What else may be given to the command `check`.
fn hint(finding: &Finding, given: &CheckArguments) -> Option<&'static str> {
    // It goes on from the remedy, which is not always to give another directory.
    let is_to_give = finding.remedy.starts_with("give ");
    Some(match finding.rule.code {
        "boot-no-board" => "here by --board rpi4, once for each",
        "boot-no-tree" | "boot-serial-directory" if is_to_give => {
            "here by --boot DIR or --serial HEX"
        }
        "config-undecided" if given.serial.is_none() => {
            "--serial HEX decides a filter by the serial number"
        }
        _ => return None,
    })
}

/// Findings that are told in one line if there are too many of them: the boards,
/// the code, and the file.
type Kind<'a> = (&'a [Board], &'a str, Option<&'a str>);

fn kind(finding: &Finding) -> Kind<'_> {
    let file = finding.place.as_ref().map(|place| place.file.as_str());
    (&finding.boards, finding.rule.code, file)
}

/// What it comes to.
fn verdict(report: &CheckReport) -> String {
    let counts = [
        (Severity::Error, "error"),
        (Severity::Warning, "warning"),
        (Severity::Note, "note"),
    ];
    let parts: Vec<String> = counts
        .into_iter()
        .filter_map(|(severity, word)| match report.count(severity) {
            0 => None,
            1 => Some(format!("1 {word}")),
            count => Some(format!("{count} {word}s")),
        })
        .collect();
    let found = if parts.is_empty() {
        "nothing found".to_owned()
    } else {
        parts.join(", ")
    };
    let allowed = match report.allowed.len() {
        0 => String::new(),
        count => format!(", {count} allowed"),
    };
    let checked = match &report.boards[..] {
        [] => "no board".to_owned(),
        boards => list(boards),
    };
    format!("{:<12}{found}{allowed}; checked for {checked}", "check")
}

fn title(boards: &[Board]) -> String {
    match boards {
        [] => "The image".to_owned(),
        [board] => format!("{} ({board})", board.title()),
        boards => list(boards),
    }
}

fn list(boards: &[Board]) -> String {
    boards
        .iter()
        .map(Board::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

fn place(finding: &Finding) -> String {
    let of = |place: &dyn Display| format!("{place}: ");
    finding
        .place
        .as_ref()
        .map_or_else(String::new, |place| of(place))
}

/// How a severity looks.
pub(crate) const fn style(severity: Severity) -> Style {
    let color = match severity {
        Severity::Error => AnsiColor::Red,
        Severity::Warning => AnsiColor::Yellow,
        Severity::Note => AnsiColor::Cyan,
    };
    color.on_default().bold()
}

fn write_finding(text: &mut Text, finding: &Finding, hint: Option<&str>) {
    let severity = finding.severity;
    let (code, place, problem) = (finding.rule.code, place(finding), &finding.problem);
    text.add("  ");
    text.add_styled(style(severity), severity);
    text.line(format_args!(" {code}: {place}{problem}"));
    text.add(format_args!("    {}", finding.remedy));
    text.line(hint.map(|hint| format!("; {hint}")).unwrap_or_default());
    text.add("    ");
    text.add_styled(DIM, finding.rule.source);
    text.line("");
}
