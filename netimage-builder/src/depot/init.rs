//! Makes a depot.

use netimage_core::depot::{Depot, Settings};
use netimage_core::nfs::NfsRoot;

use super::arguments::InitArguments;
use super::error::DepotCommandError;
use super::lock;
use crate::error::CommandError;
use crate::text::{Text, print_line};

pub(super) fn run(arguments: &InitArguments) -> Result<(), CommandError> {
    if !rustix::process::geteuid().is_root() {
        return Err(DepotCommandError::NotRoot.into());
    }
    let path = std::path::absolute(&arguments.depot).map_err(DepotCommandError::Path)?;
    let export = match &arguments.export {
        Some(export) => export.clone(),
        None => path.to_string_lossy().into_owned(),
    };
    let nfs = NfsRoot::new(arguments.server.clone(), &export, None, &[""; 0]);
    let nfs = nfs.map_err(DepotCommandError::Export)?;
    let settings = Settings::new(arguments.store_dir.clone(), nfs);
    let made = Depot::init(&path, &settings).map_err(DepotCommandError::from)?;
    let program = std::env::current_exe().map_err(DepotCommandError::Path)?;
    let locked = lock(&made.depot)?;
    locked
        .write_hook(&program)
        .map_err(DepotCommandError::from)?;
    if made.shares_file_system {
        print_line(
            "warning: what machines write (persist, own-roots) lies on one file system with the store, so that a hostile machine may guess its way to files of the other; mount file systems of their own there",
        );
    }
    let mut text = Text::default();
    text.line(format_args!(
        "{}  machines mount it as {}",
        made.depot.path().display(),
        settings.nfs
    ));
    Ok(text.print()?)
}
