//! `netimage-builder`: builds, verifies and shows network-boot images of NixOS.
//!
//! A thin shell over `netimage-core`: it reads arguments and input files,
//! shows progress, prints results and errors, and sets the exit code.

mod check_report;
mod cli;
mod error;
mod input;
mod observer;
mod report;
mod requests;
mod size;

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use netimage_core::check::{check, rules_document};
use netimage_core::image::{BuildError, Image, VerifyReport, build, verify};

use crate::cli::{
    BuildArguments, CheckArguments, Cli, Command, Format, ShowArguments, VerifyArguments,
};
use crate::error::CommandError;
use crate::observer::Watch;

fn main() -> ExitCode {
    let cli = Cli::parse();
    prepare_process();
    match run(cli.command) {
        Ok(code) => code,
        Err(error) => {
            error.print();
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
        Command::Build(arguments) => build_image(&arguments),
        Command::Verify(arguments) => verify_image(&arguments),
        Command::Check(arguments) => check_image(&arguments),
        Command::Show(arguments) => show_image(&arguments),
        Command::Checks => print(rules_document().as_bytes()),
        Command::Requests(arguments) => {
            let (text, code) = requests::run(&arguments)?;
            print(&text).map(|_| code)
        }
        Command::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "netimage-builder", &mut text);
            print(&text)
        }
        Command::Man => {
            let mut text = Vec::new();
            cli::write_man(&mut text).map_err(CommandError::Output)?;
            print(&text)
        }
    }
}

fn build_image(arguments: &BuildArguments) -> Result<ExitCode, CommandError> {
    // Until something is written, a signal may end the process as it likes.
    let input = input::read(arguments)?;
    let watch = Watch::new()?;
    let result = build(&input.plan, &input.destination, &input.options, &watch);
    watch.finish();
    if let Err(BuildError::CannotBoot(report)) = &result {
        let _ = print_to(
            &mut anstream::stderr(),
            check_report::check(report).as_bytes(),
        );
    }
    let report = result.map_err(|error| CommandError::from(error).or_signalled(&watch))?;
    if let Some(leftover) = &report.leftover {
        let path = leftover.display();
        error::print_line(&format_args!(
            "warning: {path} is what was there before and could not be removed; remove it yourself"
        ));
    }
    match arguments.format {
        Format::Human => print_styled(&format!(
            "{}{}",
            check_report::warnings(&report.check),
            report::build(&report, &input.destination)
        )),
        Format::Json => print(&report::build_json(&report, &input.destination)?),
    }
}

/// Hashes an image again, and shows how far that is.
fn hash_again(image: &Path, jobs: Option<NonZeroUsize>) -> Result<VerifyReport, CommandError> {
    let watch = Watch::new()?;
    let result = verify(image, cli::jobs(jobs), &watch);
    watch.finish();
    result.map_err(|error| CommandError::from(error).or_signalled(&watch))
}

fn verify_image(arguments: &VerifyArguments) -> Result<ExitCode, CommandError> {
    let report = hash_again(&arguments.image, arguments.jobs)?;
    print(&match arguments.format {
        Format::Human => report::verify(&report).into_bytes(),
        Format::Json => report::json(&report)?,
    })?;
    Ok(if report.findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn check_image(arguments: &CheckArguments) -> Result<ExitCode, CommandError> {
    let report = check(&input::subject(arguments)?)?;
    let image = arguments.image.as_deref().filter(|_| arguments.verify);
    let verified = image
        .map(|image| hash_again(image, arguments.jobs))
        .transpose()?;
    match arguments.format {
        Format::Human => {
            let hashed = verified.as_ref().map(report::verify).unwrap_or_default();
            print_styled(&format!("{hashed}{}", check_report::check(&report)))?
        }
        Format::Json => print(&report::check_json(&report, verified.as_ref())?)?,
    };
    let is_whole = verified.is_none_or(|verified| verified.findings.is_empty());
    Ok(if report.boots() && is_whole {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn show_image(arguments: &ShowArguments) -> Result<ExitCode, CommandError> {
    let image = Image::open(&arguments.image)?;
    print(&match (&arguments.why, arguments.format) {
        (Some(path), format) => report::why(&image, path, format)?,
        (None, Format::Human) => report::show(&image).into_bytes(),
        (None, Format::Json) => report::json(&image.manifest)?,
    })
}

/// Prints a result. A reader that has seen enough is no error.
fn print(text: &[u8]) -> Result<ExitCode, CommandError> {
    print_to(&mut io::stdout(), text)
}

/// The same, with its styles only where somebody sees them.
fn print_styled(text: &str) -> Result<ExitCode, CommandError> {
    print_to(&mut anstream::stdout(), text.as_bytes())
}

fn print_to(writer: &mut dyn Write, text: &[u8]) -> Result<ExitCode, CommandError> {
    match writer.write_all(text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CommandError::Output(error)),
        _ => Ok(ExitCode::SUCCESS),
    }
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
