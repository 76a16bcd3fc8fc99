//! Arguments.

use std::ffi::OsString;
use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use netimage_core::boot::requests::MacAddress;
use netimage_core::boot::{Board, Serial};
use netimage_core::depot::MachineName;

use crate::depot::arguments::DepotCommand;
use crate::format::Format;

/// Builds and verifies network-boot images of NixOS for the Raspberry Pi.
///
/// Exit status: 0 when all is well, 1 when a build or verification failed or a
/// board would not boot, 2 when the usage or the spec is wrong.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Build an image from a spec and a store closure
    ///
    /// Without arguments, inside a derivation with structured attributes: the
    /// attribute `spec` is the spec, `exportReferencesGraph.closure` the
    /// closure, and the image is written to the output `out`. Otherwise give
    /// --spec, --out and one closure source.
    Build(BuildArguments),
    /// Hash an image or a depot again and list what is corrupted, missing or extra
    ///
    /// Of a depot, all that a generation names. What killed commands have left there is
    /// named, too: it does no harm, and gc removes it.
    Verify(VerifyArguments),
    /// Say whether the boards can boot an image, or any TFTP tree and root
    ///
    /// A build does the same with what it has made. The command explain
    /// lists what is looked at. Of one code 10 findings are shown for one file; --format json has
    /// all of them, of config.txt the first 100.
    Check(CheckArguments),
    /// Say what is in an image
    Show(ShowArguments),
    /// Explain what a check or diagnose says: why it matters, what to do, where it comes from
    ///
    /// Without a code, list all codes of a check and how bad they are.
    ///
    /// Exit status: 2 when there is no such code.
    Explain(ExplainArguments),
    /// List what a board asks its TFTP server for, and what it then does
    ///
    /// Exit status: 0 when the board gets all that it needs, 1 when it does not.
    Requests(RequestsArguments),
    /// Say what logs tell of boards that do not boot, and why
    ///
    /// Reads the log of dnsmasq, tftpd-hpa or atftpd, from a file, syslog or journalctl, and
    /// what a board says on its serial console; several logs one after the other. A
    /// directory after the logs is an image, what is served over TFTP, or a depot.
    ///
    /// Exit status: 0 when the logs were read, whatever they say.
    Diagnose(DiagnoseArguments),
    /// Remove what builds that were killed have left
    ///
    /// These are the hidden directories `.netimage.*` beside an image, and in the
    /// directory of the temporary files (TMPDIR, or /tmp), which is cleaned as well.
    /// Those of builds that are under way are left.
    ///
    /// Exit status: 0 when nothing is left, 1 when something could not be removed,
    /// 2 when the directory cannot be read.
    Clean {
        /// The directory in which images are built
        directory: PathBuf,
    },
    #[command(flatten)]
    Depot(DepotCommand),
    /// Run a program that ends with the process of this number
    #[command(hide = true)]
    ChildOf {
        process: i32,
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        command: Vec<OsString>,
    },
    /// Print a completion script
    Completions {
        /// The shell it is for
        shell: clap_complete::Shell,
    },
    /// Print the man page
    Man,
}

#[derive(Debug, Args)]
pub(crate) struct BuildArguments {
    /// The spec, JSON
    #[arg(long, value_name = "FILE", requires = "out")]
    pub(crate) spec: Option<PathBuf>,
    /// The image to make
    #[arg(long, value_name = "DIR", requires = "closure_source")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) closure: ClosureSource,
    /// Where the store paths lie, if not in the store directory
    #[arg(long, value_name = "DIR")]
    pub(crate) real_store_dir: Option<PathBuf>,
    /// Store paths to copy at a time [default: `NIX_BUILD_CORES`, else all processors]
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// How far to prove what is copied
    #[arg(long, value_enum, default_value_t = Verify::Full)]
    pub(crate) verify: Verify,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
    /// Copy no store path, and link boot files of the store: an image that is good where its store is
    #[arg(long)]
    pub(crate) lean: bool,
    /// Make no Nix database, whatever the spec says
    #[arg(long)]
    pub(crate) no_database: bool,
    /// Replace an image that is there
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
    /// The program that makes the Nix database
    #[arg(long, value_name = "PROGRAM", default_value = "nix-store")]
    pub(crate) nix_store: PathBuf,
    /// The program that makes the Nix database reproducible
    #[arg(long, value_name = "PROGRAM", default_value = "sqlite3")]
    pub(crate) sqlite3: PathBuf,
}

#[derive(Debug, Args)]
#[group(id = "closure_source", multiple = false, requires = "out")]
pub(crate) struct ClosureSource {
    /// The closure from structured attributes (.attrs.json), and the spec if --spec is not given
    #[arg(long, value_name = "FILE")]
    pub(crate) attrs: Option<PathBuf>,
    /// The closure from a directory made by nixpkgs' closureInfo
    #[arg(long, value_name = "DIR", requires = "spec")]
    pub(crate) closure_info: Option<PathBuf>,
    /// The closure from `nix path-info --json --recursive`
    #[arg(long, value_name = "FILE", requires = "spec")]
    pub(crate) path_info: Option<PathBuf>,
    /// The closure from a registration: `nix-store --dump-db PATH…`, all of which is copied
    #[arg(long, value_name = "FILE", requires = "spec")]
    pub(crate) registration: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    /// What the builder wrote, the directory net-image in it, or a depot
    pub(crate) image: PathBuf,
    /// Where the store of a lean image lies, if not in the store directory
    #[arg(long, value_name = "DIR")]
    pub(crate) real_store_dir: Option<PathBuf>,
    /// Store paths to hash at a time [default: `NIX_BUILD_CORES`, else all processors]
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// What the builder wrote, or the directory net-image in it
    #[arg(required_unless_present_any = ["boot", "root"], conflicts_with_all = ["boot", "root"])]
    pub(crate) image: Option<PathBuf>,
    /// Instead of an image: a directory that is served over TFTP, as a board sees it
    #[arg(long, value_name = "DIR")]
    pub(crate) boot: Option<PathBuf>,
    /// The root that belongs to it
    #[arg(long, value_name = "DIR")]
    pub(crate) root: Option<PathBuf>,
    /// Where the store of a lean image lies, if not in the store directory
    #[arg(long, value_name = "DIR", conflicts_with = "boot")]
    pub(crate) real_store_dir: Option<PathBuf>,
    /// A board to check for; once for each [default: those of the image, else those whose device tree is there]
    #[arg(long = "board", value_name = "BOARD", value_parser = board())]
    pub(crate) boards: Vec<Board>,
    /// The serial number of the one board that is meant: for its directory in --boot, and for filters like `[0x1234abcd]` in config.txt
    #[arg(long, value_name = "HEX")]
    pub(crate) serial: Option<Serial>,
    /// Where the root is mounted from, `server:/path,options` [default: as the image says]
    #[arg(long, value_name = "ROOT")]
    pub(crate) nfs: Option<String>,
    /// A finding that is no error, by its code; once for each
    #[arg(long, value_name = "CODE")]
    pub(crate) allow: Vec<String>,
    /// Hash the image again as well, as the command verify does
    #[arg(long, conflicts_with = "boot")]
    pub(crate) verify: bool,
    /// Store paths to hash at a time [default: `NIX_BUILD_CORES`, else all processors]
    #[arg(long, value_name = "N", requires = "verify")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// The code of a finding, like nfs-soft
    #[arg(value_name = "CODE")]
    pub(crate) codes: Vec<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = ExplainFormat::Human)]
    pub(crate) format: ExplainFormat,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// What the builder wrote, or the directory net-image in it
    pub(crate) image: PathBuf,
    /// Say instead why this store path is in the image
    #[arg(long, value_name = "STORE_PATH")]
    pub(crate) why: Option<String>,
    /// Say instead what differs from this image, as a rule an older one
    #[arg(long, value_name = "IMAGE", conflicts_with = "why")]
    pub(crate) against: Option<PathBuf>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct DiagnoseArguments {
    /// The logs; `-` is the standard input
    #[arg(value_name = "LOG", required = true)]
    pub(crate) logs: Vec<PathBuf>,
    /// The image that was served to the board
    #[arg(long, value_name = "IMAGE", conflicts_with_all = ["boot", "depot", "machine"])]
    pub(crate) image: Option<PathBuf>,
    /// The root of the TFTP server
    #[arg(long, value_name = "DIR", conflicts_with_all = ["depot", "machine"])]
    pub(crate) boot: Option<PathBuf>,
    /// The depot that serves the board
    #[arg(long, value_name = "DEPOT", requires = "machine")]
    pub(crate) depot: Option<PathBuf>,
    /// The machine of the depot
    #[arg(long, value_name = "NAME")]
    pub(crate) machine: Option<MachineName>,
    /// Where the store of a lean image lies, if not in the store directory
    #[arg(long, value_name = "DIR")]
    pub(crate) real_store_dir: Option<PathBuf>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct RequestsArguments {
    /// What the builder wrote, the directory net-image in it, or the root of a TFTP server
    pub(crate) image: PathBuf,
    /// The board
    #[arg(long, value_name = "BOARD", value_parser = board())]
    pub(crate) board: Board,
    #[command(flatten)]
    pub(crate) prefix: PrefixArguments,
    /// Where the store of a lean image lies, if not in the store directory
    #[arg(long, value_name = "DIR")]
    pub(crate) real_store_dir: Option<PathBuf>,
    /// Megabytes that the board loads in a second
    #[arg(long, value_name = "MB", default_value = "4.9", value_parser = rate)]
    pub(crate) rate: u64,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct PrefixArguments {
    /// The board's serial number, below which it looks for its files [default: none]
    #[arg(long, value_name = "HEX")]
    pub(crate) serial: Option<Serial>,
    /// The text before the names (`TFTP_PREFIX_STR` in its EEPROM)
    #[arg(long, value_name = "STRING")]
    pub(crate) prefix: Option<String>,
    /// The Ethernet address that is used instead (`TFTP_PREFIX=2` in its EEPROM)
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) mac: Option<MacAddress>,
}

/// A board by its name, which the help lists.
fn board() -> impl TypedValueParser<Value = Board> {
    let names = Board::ALL.map(|board| PossibleValue::new(board.as_str()).help(board.title()));
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Board>())
}

/// Megabytes as bytes.
fn rate(text: &str) -> Result<u64, &'static str> {
    const WRONG: &str = "give megabytes a second, like 4.9";
    let megabytes: f64 = text.parse().map_err(|_| WRONG)?;
    if !(0.001..=100_000.0).contains(&megabytes) {
        return Err(WRONG);
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is within bounds"
    )]
    Ok((megabytes * 1e6) as u64)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Verify {
    /// Every byte, against the NAR hash
    Full,
    /// Not at all
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplainFormat {
    /// For people
    Human,
    /// For programs
    Json,
    /// As docs/checks.md has it
    Markdown,
}

/// As many jobs as asked for, else as Nix allows, else as there are processors.
pub(crate) fn jobs(asked: Option<NonZeroUsize>) -> NonZeroUsize {
    let all = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let nix = || std::env::var("NIX_BUILD_CORES").ok()?.parse().ok();
    // NIX_BUILD_CORES=0 means all, and is no NonZeroUsize.
    asked.or_else(nix).unwrap_or_else(all)
}

/// Writes the man pages of the program and its commands, one after the other.
pub(crate) fn write_man(writer: &mut Vec<u8>) -> io::Result<()> {
    let mut command = Cli::command();
    command.build();
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    // Its commands are below, and have no pages of their own.
    let page = String::from_utf8_lossy(&page);
    let page = page
        .replace("netimage\\-builder\\-", "netimage\\-builder ")
        .replace("(1)", "");
    writer.extend(page.bytes());
    write_commands(writer, &command)
}

fn write_commands(writer: &mut Vec<u8>, command: &clap::Command) -> io::Result<()> {
    for subcommand in command
        .get_subcommands()
        .filter(|command| command.get_name() != "help" && !command.is_hide_set())
    {
        let man = clap_mangen::Man::new(subcommand.clone());
        man.render_name_section(writer)?;
        man.render_synopsis_section(writer)?;
        man.render_description_section(writer)?;
        man.render_options_section(writer)?;
        write_commands(writer, subcommand)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_agree_with_each_other() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_man_page_has_every_command() {
        let mut text = Vec::new();
        write_man(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        for word in [
            "real\\-store\\-dir",
            "STORE_PATH",
            "completions",
            "ssh\\-host\\-key",
        ] {
            assert!(text.contains(word), "{word}");
        }
        assert!(!text.contains("child\\-of"));
    }
}
