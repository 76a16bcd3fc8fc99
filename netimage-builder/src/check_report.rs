//! Findings for people.

use std::collections::HashMap;
use std::fmt::{Display, Write};

use anstyle::{AnsiColor, Style};
use netimage_core::boot::Board;
use netimage_core::check::{CheckReport, Finding, Severity};

/// How many findings of one code are shown of one file.
const ALIKE_MAX: usize = 10;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// All that was found, by boards, and what it comes to. Styled; whoever prints it
/// strips that where nobody would see it.
pub(crate) fn check(report: &CheckReport) -> String {
    from(report, Severity::Note)
}

/// The same without notes, for a build that went well.
pub(crate) fn warnings(report: &CheckReport) -> String {
    from(report, Severity::Warning)
}

/// What is at least this bad.
fn from(report: &CheckReport, least: Severity) -> String {
    let mut text = String::new();
    let mut boards: Option<&[Board]> = None;
    let mut alike: HashMap<Kind<'_>, usize> = HashMap::new();
    let findings = report.findings.iter();
    let findings = findings.filter(|finding| finding.rule.severity >= least);
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
                let _ = writeln!(text, "  and {more} more like it: {code}");
            }
            continue;
        }
        if boards != Some(&finding.boards) {
            let _ = writeln!(text, "{BOLD}{}{BOLD:#}", title(&finding.boards));
            boards = Some(&finding.boards);
        }
        write_finding(&mut text, finding);
    }
    for finding in &report.allowed {
        let (severity, code) = (finding.rule.severity, finding.rule.code);
        let about = place(finding);
        let _ = writeln!(
            text,
            "allowed {severity} {code}: {about}{}",
            finding.problem
        );
    }
    let _ = writeln!(text, "{}", verdict(report));
    text
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

fn write_finding(text: &mut String, finding: &Finding) {
    let severity = finding.rule.severity;
    let style = match severity {
        Severity::Error => AnsiColor::Red.on_default().bold(),
        Severity::Warning => AnsiColor::Yellow.on_default().bold(),
        Severity::Note => AnsiColor::Cyan.on_default().bold(),
    };
    let _ = writeln!(
        text,
        "  {style}{severity}{style:#} {}: {}{}",
        finding.rule.code,
        place(finding),
        finding.problem
    );
    let _ = writeln!(text, "    {}", finding.remedy);
    let _ = writeln!(text, "    {DIM}{}{DIM:#}", finding.rule.source);
}
