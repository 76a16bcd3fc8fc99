//! Errors and the exit codes they lead to.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use netimage_core::boot::Board;
use netimage_core::build::{BuildError, GatherError, StagingError};
use netimage_core::check::{CheckError, RuleError};
use netimage_core::closure::{AttrsError, ClosureError, PathInfoJsonError, RegistrationError};
use netimage_core::fs::FsError;
use netimage_core::image::{ImageError, ManifestError, PlanError, SpecError};
use netimage_core::store::{StoreDirError, StorePathError};

use serde_json::{Value, json};

use crate::depot::error::DepotCommandError;
use crate::depot::remote::error::RemoteError;
use crate::observer::Watch;
use crate::text::{OutputError, Text};

/// Why a command did not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error(
        "no spec and no closure were given; outside a derivation give --spec, --out and a closure source, inside one set __structuredAttrs = true"
    )]
    NoInput,
    #[error("cannot read {}; give a file that exists and can be read", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error(
        "{} is compressed; unpack it into diagnose, as by zcat, with - in place of the file",
        .0.display()
    )]
    Compressed(PathBuf),
    #[error("cannot use the spec in {}", path.display())]
    Spec { path: PathBuf, source: SpecError },
    #[error("{} has no attribute `spec`; set it in the derivation, or give --spec", .0.display())]
    NoSpec(PathBuf),
    #[error("{} has no output `out`; name the derivation's output so", .0.display())]
    NoOutput(PathBuf),
    #[error("cannot use the structured attributes in {}", path.display())]
    Attrs { path: PathBuf, source: AttrsError },
    #[error("cannot use the closure in {}", path.display())]
    PathInfo {
        path: PathBuf,
        source: PathInfoJsonError,
    },
    #[error("cannot use the closure in {}", path.display())]
    Registration {
        path: PathBuf,
        source: RegistrationError,
    },
    #[error("cannot use the closure in {}", path.display())]
    Closure { path: PathBuf, source: ClosureError },
    #[error(
        "the environment variable NIX_STORE is wrong; unset it or set it to the store directory"
    )]
    StoreDir(#[source] StoreDirError),
    #[error(transparent)]
    StorePath(#[from] StorePathError),
    #[error("{0} is not in the image; netimage-builder show --format json lists what is")]
    NotInImage(String),
    #[error(transparent)]
    Gather(#[from] GatherError),
    #[error(transparent)]
    Plan(#[from] PlanError),
    #[error("{} exists; choose another destination, or replace it with --force", .0.display())]
    Exists(PathBuf),
    #[error(transparent)]
    Build(BuildError),
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error(transparent)]
    Image(#[from] ImageError),
    #[error(transparent)]
    Check(#[from] CheckError),
    #[error("{} is no image; give a TFTP tree as --boot DIR, and its root as --root DIR", .0.display())]
    NoImage(PathBuf),
    #[error(
        "a root is checked with the boot files that start it; give their directory as --boot DIR"
    )]
    NoBoot,
    #[error("--allow does not know what to allow")]
    Allow(#[source] RuleError),
    #[error(transparent)]
    Code(RuleError),
    #[error(transparent)]
    Directory(#[from] FsError),
    #[error("{} is a depot, and serves many boards; give the board's name as --machine NAME", .0.display())]
    NoMachine(PathBuf),
    #[error("a machine is one of a depot; give the depot as --depot DEPOT")]
    NoDepot,
    #[error("{} looks below its serial number only; give --serial instead of --prefix or --mac", .0.title())]
    SerialOnly(Board),
    #[error("stopped by {}; nothing was changed", signal_hook::low_level::signal_name(*.0).unwrap_or("a signal"))]
    Signalled(i32),
    #[error("cannot watch for signals; the system's reason follows")]
    Signals(#[source] io::Error),
    #[error(transparent)]
    Depot(#[from] DepotCommandError),
    #[error(transparent)]
    Output(#[from] OutputError),
}

impl From<RemoteError> for CommandError {
    fn from(error: RemoteError) -> Self {
        DepotCommandError::from(error).into()
    }
}

impl From<BuildError> for CommandError {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::Staging(StagingError::Exists(path)) => Self::Exists(path),
            other => Self::Build(other),
        }
    }
}

impl CommandError {
    /// 2 for what the user wrote, 1 for what was found or went wrong.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::NoInput
            | Self::Read { .. }
            | Self::Compressed(_)
            | Self::Spec { .. }
            | Self::NoSpec(_)
            | Self::NoOutput(_)
            | Self::Attrs {
                source: AttrsError::Json(_) | AttrsError::Root(_),
                ..
            }
            | Self::PathInfo { .. }
            | Self::Registration { .. }
            | Self::StoreDir(_)
            | Self::StorePath(_)
            | Self::Allow(_)
            | Self::Code(_)
            | Self::NoImage(_)
            | Self::NoBoot
            | Self::Check(CheckError::Open(_))
            | Self::Gather(
                GatherError::Tree(_)
                | GatherError::CommandLine(_)
                | GatherError::NfsRoot(_)
                | GatherError::Access { .. }
                | GatherError::Fs(FsError::Special { .. })
                | GatherError::Name(_)
                | GatherError::LinkedDirectory(_)
                | GatherError::NotADirectory(_),
            )
            | Self::Plan(_)
            | Self::Directory(_)
            | Self::SerialOnly(_)
            | Self::NoMachine(_)
            | Self::NoDepot
            | Self::Exists(_)
            | Self::Manifest(ManifestError::Missing(_))
            | Self::Image(ImageError::Manifest(ManifestError::Missing(_)))
            | Self::Build(
                BuildError::Allow(_)
                | BuildError::Staging(
                    StagingError::NotAnImage(_)
                    | StagingError::Overlap { .. }
                    | StagingError::NoName(_),
                ),
            ) => 2,
            Self::Gather(GatherError::Fs(FsError::Io { source, .. }))
                if source.kind() == io::ErrorKind::NotFound =>
            {
                2
            }
            Self::Depot(error) => error.exit_code(),
            _ => 1,
        }
    }

    /// The signal in place of the request to stop that it led to.
    pub(crate) fn or_signalled(self, watch: &Watch) -> Self {
        let cancelled = match &self {
            Self::Build(error) => error.is_cancelled(),
            Self::Image(error) => error.is_cancelled(),
            Self::Check(error) => error.is_cancelled(),
            Self::Depot(error) => error.is_cancelled(),
            _ => false,
        };
        match watch.signal().filter(|_| cancelled) {
            Some(signal) => Self::Signalled(signal),
            None => self,
        }
    }

    /// Prints the error and what caused it, each once.
    pub(crate) fn print(&self) {
        let mut text = Text::default();
        text.line(format_args!("error: {self}"));
        for cause in causes(self) {
            text.line(format_args!("  because: {cause}"));
        }
        if let Some(hint) = self.hint() {
            text.line(format_args!("  hint: {hint}"));
        }
        text.print_aside();
    }

    /// The same for programs.
    pub(crate) fn to_json(&self) -> Value {
        let causes: Vec<String> = causes(self).map(ToString::to_string).collect();
        json!({"error": self.to_string(), "because": causes})
    }

    /// The command that does what the error asks for.
    fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Build(
                BuildError::Leftover { .. }
                | BuildError::Staging(
                    StagingError::MovedAway { .. } | StagingError::NotSynced { old: Some(_), .. },
                ),
            ) => Some("netimage-builder clean DIR, with the destination's directory, does that"),
            Self::Depot(error) => error.hint(),
            _ => None,
        }
    }
}

/// What caused an error, outermost first.
pub(crate) fn causes(error: &dyn Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |&error| error.source())
}

/// The exit code of a command that did its work and found what it looks at good,
/// or not.
pub(crate) fn exit_code(is_good: bool) -> ExitCode {
    if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
