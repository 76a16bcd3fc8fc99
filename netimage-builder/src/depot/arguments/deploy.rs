//! Arguments of the commands that bring something to machines.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser};
use netimage_core::depot::MachineName;

use crate::depot::reboot::RebootArguments;
use crate::depot::remote::location::DepotLocation;
use crate::format::Format;

#[derive(Debug, Args)]
pub(crate) struct DeployArguments {
    /// What the builder wrote, or the directory net-image in it
    pub(crate) image: PathBuf,
    /// The depot, or `[user@]host:PATH` of one on a server that ssh reaches
    #[arg(value_parser = OsStringValueParser::new().try_map(DepotLocation::parse))]
    pub(crate) depot: DepotLocation,
    #[command(flatten)]
    pub(crate) to: DeployTo,
    /// Where the store of a lean image lies, if not in the store directory
    #[arg(long, value_name = "DIR")]
    pub(crate) real_store_dir: Option<PathBuf>,
    /// Serve it from now on, whether a machine comes up in it or not
    #[arg(long)]
    pub(crate) no_trial: bool,
    /// Leave machines alone to which the same was deployed last, whatever became of it
    #[arg(long)]
    pub(crate) only_new: bool,
    #[command(flatten)]
    pub(crate) reboot: RebootArguments,
    /// Only say what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The program on the server [default: netimage-builder, looked for in PATH there]
    #[arg(long, value_name = "PATH")]
    pub(crate) remote_program: Option<OsString>,
    /// Store paths to copy at a time [default: `NIX_BUILD_CORES`, else all processors]
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct DeployTo {
    /// A machine; once for each
    #[arg(long = "machine", value_name = "NAME")]
    pub(crate) machines: Vec<MachineName>,
    /// All machines that have this tag
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Option<String>,
    /// All machines
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct FirmwareArguments {
    /// The depot
    pub(crate) depot: PathBuf,
    /// What the builder wrote, or the directory net-image in it; only its firmware counts
    pub(crate) image: PathBuf,
    #[command(flatten)]
    pub(crate) to: DeployTo,
    /// Only say what would be changed; no generation is checked
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}
