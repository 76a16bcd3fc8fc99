//! `netimage-builder`: builds, verifies and shows network-boot images of NixOS.
//!
//! A thin shell over `netimage-core`: it reads arguments and input files,
//! shows progress, prints results and errors, and sets the exit code.

#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

mod check_report;
mod child;
mod cli;
mod depot;
mod diagnose;
mod diagnose_report;
mod diff;
mod error;
mod explain;
mod format;
mod input;
mod observer;
mod report;
mod requests;
mod size;
mod text;
mod watched;

use std::io::ErrorKind;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use netimage_core::build::{BuildError, build, clean};
use netimage_core::check::check;
use netimage_core::fs::FsError;
use netimage_core::image::{Image, Manifest};
use netimage_core::verify::{VerifyReport, verify_opened};

use crate::cli::{
    BuildArguments, CheckArguments, Cli, Command, ExplainFormat, ShowArguments, VerifyArguments,
};
use crate::error::{CommandError, exit_code};
use crate::format::Format;
use crate::text::{OutputError, Text, print_line, print_lines, print_raw};
use crate::watched::watched;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // The message repeats what was given.
        Err(error) if error.use_stderr() => {
            print_lines(&error.render().to_string());
            return ExitCode::from(2);
        }
        Err(error) => error.exit(),
    };
    prepare_process();
    let format = format(&cli.command);
    match run(cli.command) {
        Ok(code) => code,
        Err(error) => {
            error.print();
            if format == Format::Json {
                let _ = report::print_json(&error.to_json());
            }
            if let CommandError::Signalled(signal) = error {
                // Ends this process the way the signal would have.
                let _ = signal_hook::low_level::emulate_default_handler(signal);
            }
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(command: Command) -> Result<ExitCode, CommandError> {
    match command {
        Command::Build(arguments) => build_image(&arguments)?,
        Command::Verify(arguments) => return verify_image(&arguments),
        Command::Check(arguments) => return check_image(&arguments),
        Command::Show(arguments) => show_image(&arguments)?,
        Command::Explain(arguments) => explain::run(&arguments)?,
        Command::Requests(arguments) => return requests::run(&arguments),
        Command::Diagnose(arguments) => diagnose::run(&arguments)?,
        Command::Clean { directory } => return clean_directories(&directory),
        Command::Depot(command) => return depot::run(command),
        Command::ChildOf { process, command } => return Ok(child::run(process, &command)),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "netimage-builder", &mut text);
            print_raw(&text)?;
        }
        Command::Man => {
            let mut text = Vec::new();
            cli::write_man(&mut text).map_err(OutputError::from)?;
            print_raw(&text)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// How a command prints its result, and says why there is none.
fn format(command: &Command) -> Format {
    match command {
        Command::Build(arguments) => arguments.format,
        Command::Verify(arguments) => arguments.format,
        Command::Check(arguments) => arguments.format,
        Command::Show(arguments) => arguments.format,
        Command::Requests(arguments) => arguments.format,
        Command::Diagnose(arguments) => arguments.format,
        Command::Depot(command) => command.format(),
        Command::Explain(arguments) => match arguments.format {
            ExplainFormat::Json => Format::Json,
            _ => Format::Human,
        },
        Command::Clean { .. }
        | Command::ChildOf { .. }
        | Command::Completions { .. }
        | Command::Man => Format::Human,
    }
}

fn build_image(arguments: &BuildArguments) -> Result<(), CommandError> {
    // Until something is written, a signal may end the process as it likes.
    let input = input::read(arguments)?;
    let result = watched(|watch| build(&input.plan, &input.destination, &input.options, watch));
    if let Err(CommandError::Build(BuildError::CannotBoot(report))) = &result {
        check_report::check(report, None).print_aside();
    }
    let report = result?;
    if let Some(leftover) = &report.leftover {
        let path = leftover.display();
        print_line(format_args!(
            "warning: {path} is what was there before and could not be removed; remove it yourself, or run netimage-builder clean once the reason is gone"
        ));
    }
    match arguments.format {
        Format::Human => {
            let mut text = check_report::warnings(&report.check);
            text.append(&report::build(&report, &input.destination));
            text.print()?;
        }
        Format::Json => report::print_json(&report::build_json(&report, &input.destination))?,
    }
    Ok(())
}

/// Cleans a directory and that of the temporary files, where the database is made.
fn clean_directories(directory: &Path) -> Result<ExitCode, CommandError> {
    let temporary = std::env::temp_dir();
    let mut text = Text::default();
    let mut failed = Vec::new();
    for cleaned in [Ok(clean(directory)?), clean(&temporary)] {
        match cleaned {
            Ok(report) => {
                text.append(&report::clean(&report));
                failed.extend(report.failed);
            }
            // Nothing is left in a temporary directory that is not there.
            Err(FsError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {}
            Err(error) => failed.push(error),
        }
    }
    text.print()?;
    let is_clean = failed.is_empty();
    for error in failed {
        CommandError::from(error).print();
    }
    Ok(exit_code(is_clean))
}

fn hash_again(
    path: &Path,
    store: Option<&Path>,
    jobs: Option<NonZeroUsize>,
) -> Result<VerifyReport, CommandError> {
    let image = input::open_image(path, store)?;
    watched(|watch| verify_opened(&image, path, cli::jobs(jobs), watch))
}

fn verify_image(arguments: &VerifyArguments) -> Result<ExitCode, CommandError> {
    if depot::is_depot(&arguments.image) {
        return depot::verify(arguments);
    }
    let report = hash_again(
        &arguments.image,
        arguments.real_store_dir.as_deref(),
        arguments.jobs,
    )?;
    match arguments.format {
        Format::Human => report::verify(&report).print()?,
        Format::Json => report::print_json(&report)?,
    }
    Ok(exit_code(report.findings.is_empty()))
}

fn check_image(arguments: &CheckArguments) -> Result<ExitCode, CommandError> {
    let subject = input::subject(arguments)?;
    let report = watched(|watch| check(&subject, watch))?;
    let image = arguments.image.as_deref().filter(|_| arguments.verify);
    let verified = image
        .map(|image| hash_again(image, arguments.real_store_dir.as_deref(), arguments.jobs))
        .transpose()?;
    match arguments.format {
        Format::Human => {
            let mut text = verified.as_ref().map(report::verify).unwrap_or_default();
            text.append(&check_report::check(&report, Some(arguments)));
            text.print()?;
        }
        Format::Json => report::print_json(&report::check_json(&report, verified.as_ref()))?,
    }
    let is_whole = verified.is_none_or(|verified| verified.findings.is_empty());
    Ok(exit_code(report.boots() && is_whole))
}

fn show_image(arguments: &ShowArguments) -> Result<(), CommandError> {
    let image = Image::open(&arguments.image)?;
    if let Some(older) = &arguments.against {
        let older = Manifest::read(older)?;
        return Ok(match arguments.format {
            Format::Human => diff::text(&image.manifest, &older).print(),
            Format::Json => report::print_json(&diff::json(&image.manifest, &older)),
        }?);
    }
    let Some(path) = &arguments.why else {
        return Ok(match arguments.format {
            Format::Human => report::show(&image).print(),
            Format::Json => report::print_json(&image.manifest),
        }?);
    };
    let chain = report::why(&image, path)?;
    Ok(match arguments.format {
        Format::Human => report::chain(&chain).print(),
        Format::Json => report::print_json(&chain),
    }?)
}

/// Makes what is written independent of the caller's umask, and lets every job
/// have its directories open.
fn prepare_process() {
    use rustix::process::{Resource, getrlimit, setrlimit, umask};
    umask(rustix::fs::Mode::from_raw_mode(0o022));
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // With the old limit there may be too few for very many jobs, which says so.
    let _ = setrlimit(Resource::Nofile, limit);
}
