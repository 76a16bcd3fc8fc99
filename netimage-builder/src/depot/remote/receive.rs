//! The half of a deploy that runs on the server.

use std::io::{self, BufReader};
use std::sync::mpsc::{Receiver, Sender, channel};

use netimage_core::depot::{Announcement, Delivery, DeployOptions, Depot, IncomingImage};
use signal_hook::consts::SIGHUP;

use super::error::RemoteError;
use super::programs;
use super::protocol::{Greeting, PATIENCE, Sent, VERSION, line_of, read_line};
use crate::depot::deploy::failed;
use crate::depot::lock;
use crate::error::CommandError;
use crate::text::{OutputError, print_raw};

/// The image that another computer sends, in place of the name of one.
pub(crate) const IMAGE: &str = "-";

/// Says that this program takes images over ssh.
pub(crate) fn greet() -> Result<(), CommandError> {
    let netimage_deploy = VERSION;
    say(&Greeting { netimage_deploy })
}

/// Receives an image, all of which is there then. The place of what has arrived is to be
/// removed when it is deployed.
pub(crate) fn receive<'depot>(
    depot: &'depot Depot,
    options: &DeployOptions,
    is_dry_run: bool,
) -> Result<(IncomingImage<'depot>, Delivery), CommandError> {
    programs::find("rsync").map_err(|error| match error {
        RemoteError::NoProgram(_) => RemoteError::NoRsyncHere,
        other => other,
    })?;
    let client = listen();
    let announcement: Announcement = hear(&client)?;
    let expected = lock(depot)?.expect_image(announcement, options);
    let incoming = expected.map_err(failed)?;
    let mut wanted = incoming.wanted().map_err(failed)?;
    if is_dry_run {
        // Boot files alone decide what is planned.
        wanted.store_paths.clear();
    }
    say(&wanted)?;
    let Sent::All = hear(&client)?;
    let delivery = incoming.delivery().map_err(failed)?;
    Ok((incoming, delivery))
}

/// Removes the place of an image that is no longer needed.
pub(crate) fn remove(incoming: Option<IncomingImage<'_>>) {
    // What cannot be removed, a collection does.
    let _ = incoming.map(IncomingImage::remove);
}

fn say(value: &impl serde::Serialize) -> Result<(), CommandError> {
    let line = line_of(value).map_err(OutputError::from)?;
    Ok(print_raw(&line)?)
}

fn hear<T: serde::de::DeserializeOwned>(client: &Receiver<Vec<u8>>) -> Result<T, RemoteError> {
    let line = client.recv().map_err(|_| RemoteError::Gone)?;
    serde_json::from_slice(&line).map_err(RemoteError::NotAnnounced)
}

/// What the client says, but for its signs of life. Without these, or when it is gone,
/// this process is told to stop, as if it had lost its terminal.
fn listen() -> Receiver<Vec<u8>> {
    let (all, heard) = channel();
    let (told, lines) = channel();
    std::thread::spawn(move || read(&all));
    std::thread::spawn(move || {
        while let Ok(line) = heard.recv_timeout(PATIENCE) {
            if !line.is_empty() {
                // All that is waited for may have come.
                let _ = told.send(line);
            }
        }
        let _ = signal_hook::low_level::raise(SIGHUP);
    });
    lines
}

fn read(all: &Sender<Vec<u8>>) {
    let mut input = BufReader::new(io::stdin());
    while let Ok(Some(line)) = read_line(&mut input) {
        if all.send(line).is_err() {
            break;
        }
    }
}
