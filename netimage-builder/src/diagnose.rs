//! The command `diagnose`: what logs say of boards that do not boot.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use netimage_core::depot::{Depot, Machine, layout};
use netimage_core::diagnose::{Diagnosis, Logs, Served};
use netimage_core::fs::ServedDirectory;

use crate::cli::DiagnoseArguments;
use crate::depot;
use crate::diagnose_report;
use crate::error::CommandError;
use crate::format::Format;
use crate::input::open_served;
use crate::report;

/// The bytes of a log that are read at a time.
const CHUNK: usize = 64 * 1024;

/// How files begin that logrotate has compressed: with gzip, zstd, xz or bzip2.
const COMPRESSED: [&[u8]; 4] = [b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\x00", b"BZh"];

/// Prints what the logs come to.
pub(crate) fn run(arguments: &DiagnoseArguments) -> Result<(), CommandError> {
    let (paths, directory) = logs(arguments);
    let served = served(arguments, directory)?;
    let mut logs = Logs::default();
    for path in paths {
        read(path, &mut logs)?;
    }
    let diagnosis = logs.diagnose(served.as_ref().map(|served| Served {
        files: &served.files,
        is_of_one_board: served.is_of_one_board,
        machine: served.machine.as_ref(),
    }));
    print(&diagnosis, arguments)
}

/// What logs are held against.
struct Directory {
    files: ServedDirectory,
    is_of_one_board: bool,
    machine: Option<Machine>,
}

fn print(diagnosis: &Diagnosis, arguments: &DiagnoseArguments) -> Result<(), CommandError> {
    Ok(match arguments.format {
        Format::Human => diagnose_report::text(diagnosis, arguments.machine.as_ref()).print(),
        Format::Json => report::print_json(diagnosis),
    }?)
}

/// The logs, and a directory after them, which is what they are held against.
fn logs(arguments: &DiagnoseArguments) -> (&[PathBuf], Option<&Path>) {
    #[expect(clippy::disallowed_methods, reason = "it is as the user names it")]
    match arguments.logs.split_last() {
        Some((last, logs)) if !logs.is_empty() && last.is_dir() => (logs, Some(last)),
        _ => (&arguments.logs, None),
    }
}

/// Reads a log, or what comes in where its name is `-`.
fn read(path: &Path, logs: &mut Logs) -> Result<(), CommandError> {
    let failed = |source| CommandError::Read {
        path: path.to_owned(),
        source,
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "a log may be a pipe, and is as the user names it"
    )]
    let mut reader: Box<dyn Read> = if path.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path).map_err(failed)?)
    };
    let mut chunk = vec![0; CHUNK];
    let mut is_first = true;
    loop {
        match reader.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => {
                if is_first && COMPRESSED.iter().any(|magic| chunk.starts_with(magic)) {
                    return Err(CommandError::Compressed(path.to_owned()));
                }
                is_first = false;
                logs.read(&chunk[..length]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error)),
        }
    }
    logs.end();
    Ok(())
}

/// What is served.
fn served(
    arguments: &DiagnoseArguments,
    directory: Option<&Path>,
) -> Result<Option<Directory>, CommandError> {
    if let Some(path) = &arguments.boot {
        return Ok(Some(Directory {
            files: ServedDirectory::open(path)?,
            is_of_one_board: false,
            machine: None,
        }));
    }
    let depot = arguments.depot.as_deref();
    let depot = depot.or(directory.filter(|path| depot::is_depot(path)));
    if depot.is_none() && arguments.machine.is_some() {
        return Err(CommandError::NoDepot);
    }
    if let Some(path) = depot {
        let Some(machine) = &arguments.machine else {
            return Err(CommandError::NoMachine(path.to_owned()));
        };
        let record = Depot::open(path)
            .and_then(|depot| depot.machine(machine))
            .map_err(depot::error::DepotCommandError::from)?;
        let own = record.machine.tftp_directory().unwrap_or_default();
        let root = path.join(layout::tftp(""));
        return Ok(Some(Directory {
            files: ServedDirectory::open_for(&root, own.as_ref())?,
            is_of_one_board: false,
            machine: Some(record.machine),
        }));
    }
    let Some(path) = arguments.image.as_deref().or(directory) else {
        return Ok(None);
    };
    let (files, is_of_one_board) =
        open_served(path, "".as_ref(), arguments.real_store_dir.as_deref())?;
    Ok(Some(Directory {
        files,
        is_of_one_board,
        machine: None,
    }))
}
