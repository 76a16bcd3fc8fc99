//! Deploys to a depot on another computer: ssh runs this program there, which says what
//! it lacks; rsync sends that; and the program there proves and deploys it.

pub(crate) mod error;
pub(crate) mod location;
mod programs;
mod protocol;
mod receive;
mod session;
pub(super) mod shell;

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;

use netimage_core::depot::{Announcement, Delivery, Wanted};
use netimage_core::image::Image;
use netimage_core::store::StorePath;

use self::error::RemoteError;
use self::location::RemoteDepot;
use self::programs::{Kind, rsync};
pub(super) use self::receive::{IMAGE, greet, receive, remove};
use self::session::{Answer, Session};
use super::arguments::DeployArguments;
use super::deploy::failed;
use crate::error::CommandError;
use crate::format::Format;
use crate::size::Size;
use crate::text::print_line;

/// The program on the server, unless another is named.
const PROGRAM: &str = "netimage-builder";

/// Deploys an image to a depot on a server.
pub(super) fn deploy(
    arguments: &DeployArguments,
    server: &RemoteDepot,
) -> Result<ExitCode, CommandError> {
    let image = Image::open(&arguments.image)?;
    if arguments.real_store_dir.is_some() && image.manifest.lean {
        // Links of its boot files lead to where its store should be.
        return Err(RemoteError::StoreElsewhere.into());
    }
    let delivery = Delivery::of(&image).map_err(failed)?;
    let announcement = Announcement::of(&delivery);
    programs::find("ssh")?;
    programs::find("rsync")?;
    let mut session = Session::open(server, &words(arguments, server))?;
    let wanted = match session.announce(&announcement)? {
        Answer::Wanted(wanted) => wanted,
        Answer::Ended(code) => return Ok(code),
    };
    send(&image, &announcement, &wanted, server)?;
    session.finish()
}

/// The command on the server: this one, with the image that comes on standard input.
fn words(arguments: &DeployArguments, server: &RemoteDepot) -> Vec<OsString> {
    let program = arguments.remote_program.clone();
    let mut words = vec![program.unwrap_or_else(|| PROGRAM.into()), "deploy".into()];
    let mut add = |option: &str, value: Option<String>| {
        words.push(option.into());
        words.extend(value.map(OsString::from));
    };
    let to = &arguments.to;
    for machine in &to.machines {
        add("--machine", Some(machine.to_string()));
    }
    if let Some(tag) = &to.tag {
        add(&format!("--tag={tag}"), None);
    }
    for (option, is_given) in [
        ("--all", to.all),
        ("--no-trial", arguments.no_trial),
        ("--only-new", arguments.only_new),
        ("--dry-run", arguments.dry_run),
        ("--format=json", arguments.format == Format::Json),
    ] {
        if is_given {
            add(option, None);
        }
    }
    if let Some(jobs) = arguments.jobs {
        add("--jobs", Some(jobs.to_string()));
    }
    let reboot = &arguments.reboot;
    if reboot.reboot {
        add("--reboot", None);
        add("--at-a-time", Some(reboot.at_a_time.to_string()));
        add("--reboot-timeout", Some(reboot.reboot_timeout.to_string()));
    }
    words.extend(["--".into(), IMAGE.into(), server.path.clone()]);
    words
}

/// Sends what is wanted.
fn send(
    image: &Image,
    announcement: &Announcement,
    wanted: &Wanted,
    server: &RemoteDepot,
) -> Result<(), CommandError> {
    let paths: HashSet<&StorePath> = wanted.store_paths.iter().collect();
    let objects = announcement.manifest.store.iter();
    let sizes = objects
        .filter(|object| paths.contains(&object.path))
        .map(|object| object.nar_size);
    let size = sizes.fold(0, u64::saturating_add);
    if !paths.is_empty() || !wanted.files.is_empty() {
        print_line(format_args!(
            "sending {} store paths, {}, and {} files to {}",
            paths.len(),
            Size(size),
            wanted.files.len(),
            server.host.display()
        ));
    }
    // rsync would take what is before a colon for a host.
    let absolute = |path: &Path| std::path::absolute(path).map_err(RemoteError::Path);
    let names: Vec<&OsStr> = wanted
        .store_paths
        .iter()
        .filter(|path| announcement.database.as_ref() != Some(path))
        .map(|path| path.base_name().as_ref())
        .collect();
    let directory = Path::new(&wanted.directory);
    let store = directory.join(wanted.store.as_path());
    let from = absolute(&image.store())?;
    rsync(Kind::Trees, (&from, &names), (server, store.as_ref()))?;
    let names: Vec<&OsStr> = wanted
        .files
        .iter()
        .map(|name| name.as_path().as_os_str())
        .collect();
    let from = absolute(&image.directory)?;
    rsync(Kind::Files, (&from, &names), (server, directory.as_ref()))?;
    Ok(())
}
