//! The rules of a check, and the causes of a diagnosis, explained.

use netimage_core::check::{Rule, find_rule, rules};
use netimage_core::diagnose::find_cause;

use crate::cli::{ExplainArguments, ExplainFormat};
use crate::error::CommandError;
use crate::report;
use crate::text::Text;

/// What stands above the table of all rules.
const INTRODUCTION: &str = "\
# Checks

What `netimage-builder check` says about an image, and every build about the image
that it has made. An error fails the build, unless its code is in the spec's `allow`
(`netImage.allow` in NixOS). `netimage-builder explain CODE` prints one of them.
Made from the code; `tests/run` compares.
";

/// Prints the rules that are asked for, or all.
pub(crate) fn run(arguments: &ExplainArguments) -> Result<(), CommandError> {
    let codes = arguments.codes.iter();
    let asked: Vec<_> = codes
        .map(|code| match find_cause(code) {
            Some(cause) => Ok(cause),
            None => find_rule(code).map_err(CommandError::Code),
        })
        .collect::<Result<_, _>>()?;
    let is_all = asked.is_empty();
    let rules = if is_all { rules().collect() } else { asked };
    Ok(match arguments.format {
        ExplainFormat::Human if is_all => list(&rules).print(),
        ExplainFormat::Human => explain(&rules).print(),
        ExplainFormat::Json => report::print_json(&rules),
        ExplainFormat::Markdown => document(&rules).print(),
    }?)
}

/// The severities that findings of a rule have.
fn severities(rule: &Rule) -> String {
    match rule.milder {
        None => rule.severity.to_string(),
        Some(milder) => format!("{} or {}", rule.severity, milder.severity),
    }
}

/// A line for each rule.
fn list(rules: &[&Rule]) -> Text {
    let width = rules.iter().map(|rule| rule.code.len()).max().unwrap_or(0);
    let mut text = Text::default();
    for rule in rules {
        text.line(format_args!("{:width$}  {}", rule.code, severities(rule)));
    }
    text
}

/// A paragraph for each rule.
fn explain(rules: &[&Rule]) -> Text {
    let mut text = Text::default();
    for (at, rule) in rules.iter().enumerate() {
        if at > 0 {
            text.line("");
        }
        text.line(format_args!("{} ({})", rule.code, severities(rule)));
        text.line(format_args!("  {}", rule.reason));
        text.line(format_args!("  {}", rule.remedy));
        if let Some(milder) = rule.milder {
            text.line(format_args!(
                "  Only a {} if {}.",
                milder.severity, milder.when
            ));
        }
        text.line(format_args!("  {}", rule.source));
    }
    text
}

/// `docs/checks.md`: a table for each area.
fn document(rules: &[&Rule]) -> Text {
    let mut text = Text::default();
    for line in INTRODUCTION.lines() {
        text.line(line);
    }
    let mut area = "";
    for rule in rules {
        if rule.area != area {
            area = rule.area;
            for line in ["", &format!("## {area}"), ""] {
                text.line(line);
            }
            text.line("| code | severity | why it matters | what to do |");
            text.line("| --- | --- | --- | --- |");
        }
        let severity = rule.milder.map_or_else(
            || rule.severity.to_string(),
            |milder| {
                let (usual, mild) = (rule.severity, milder.severity);
                format!("{usual}, or {mild} if {}", milder.when)
            },
        );
        let (code, reason, source, remedy) = (rule.code, rule.reason, rule.source, rule.remedy);
        text.line(format_args!(
            "| `{code}` | {severity} | {reason} [Source]({source}) | {remedy} |"
        ));
    }
    text
}
