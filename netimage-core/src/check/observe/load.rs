//! What a board loads: the outcome of its requests, as names of the boot tree.

use std::path::Path;

use crate::boot::requests::{Below, Prefix, Purpose, Requests, RequestsBuilder, served_name};
use crate::boot::{Board, Serial};
use crate::check::facts::{BootEntry, Load, LoadedOverlay, LoadedParameter};
use crate::check::finding::Place;
use crate::check::observe::supposed::{Simulated, Supposed, missing_probe, simulate};
use crate::fs::ServedDirectory;

/// Plays through what a board asks for.
pub(in crate::check) fn read(
    board: Board,
    serial: Option<Serial>,
    prefix: &Prefix,
    boot: &ServedDirectory,
) -> Load {
    let asking = Requests::of(board).serial(serial).prefix(prefix);
    let Simulated {
        requests,
        supposed,
        drops_prefix_by,
    } = simulate(asking, boot);
    let resolved = &requests.resolved;
    let name = |name: &Option<String>| name.as_deref().and_then(served_name);
    let initramfs = resolved.initramfs.iter();
    Load {
        board,
        drops_prefix_by: match prefix {
            Prefix::None => would_drop_prefix_by(board, &Supposed::new(boot, &supposed)),
            _ => drops_prefix_by,
        },
        treeless: treeless(board, asking, &Supposed::new(boot, &supposed)),
        start_file: resolved.firmware.first().cloned(),
        fixup_file: resolved.firmware.get(1).cloned(),
        kernel: name(&resolved.kernel),
        is_64bit: resolved.is_64bit,
        initramfs: initramfs.filter_map(|name| served_name(name)).collect(),
        device_tree: name(&resolved.device_tree),
        command_line: name(&resolved.command_line),
        overlays: overlays(&requests),
        parameters: parameters(&requests),
        requests,
        supposed,
    }
}

/// The file without which the board, finding the tree below its serial number, would
/// not take it for served.
fn would_drop_prefix_by(board: Board, boot: &Supposed<'_>) -> Option<String> {
    let prefix = Prefix::Serial(Serial::new(0)).to_string();
    let below = Below::new(&prefix, boot);
    let text = Prefix::Text(prefix.clone());
    let requests = Requests::of(board).prefix(&text).simulate(&below);
    let probe = missing_probe(&requests)?;
    probe.strip_prefix(&prefix).map(str::to_owned)
}

/// The variants of a board, but for the commonest, that get no device tree, and
/// what they ask for.
fn treeless(
    board: Board,
    asking: RequestsBuilder<'_>,
    boot: &Supposed<'_>,
) -> Vec<(&'static str, &'static str)> {
    let others = board.variants().iter().skip(1);
    let without = others.filter(|variant| {
        let requests = asking.variant(variant).simulate(boot);
        requests.resolved.device_tree.is_none()
    });
    without
        .filter_map(|variant| Some((variant.title, *variant.device_trees.first()?)))
        .collect()
}

/// The overlays in order, with the files that the map of overlays makes of them.
fn overlays(requests: &Requests) -> Vec<LoadedOverlay> {
    let asked = requests.asked.iter();
    let mut files = asked.filter(|request| request.purpose == Purpose::Overlay);
    let overlays = requests.config.iter().flat_map(|config| &config.overlays);
    let loaded = overlays.filter_map(|overlay| {
        let unsupported = requests
            .resolved
            .unsupported_overlays
            .contains(&overlay.name);
        let file = if unsupported {
            None
        } else {
            served_name(&files.next()?.name)
        };
        let parameters = overlay.parameters.iter();
        Some(LoadedOverlay {
            name: overlay.name.clone(),
            file,
            parameters: parameters
                .map(|parameter| LoadedParameter {
                    name: parameter.name.clone(),
                    own_line: parameter.own_line,
                    place: Place::from(&parameter.at),
                })
                .collect(),
            place: Place::from(&overlay.at),
        })
    });
    loaded.collect()
}

fn parameters(requests: &Requests) -> Vec<(String, Place)> {
    let of_base = requests.config.iter().flat_map(|config| &config.parameters);
    of_base
        .map(|parameter| (parameter.name.clone(), Place::from(&parameter.at)))
        .collect()
}

/// The boards whose device tree is in the tree below a prefix.
pub(in crate::check) fn boards_with_device_tree(
    files: &[BootEntry],
    prefix: &Prefix,
) -> Vec<Board> {
    let has = |name: &str| {
        let name = format!("{prefix}{name}");
        files
            .iter()
            .any(|entry| entry.name.as_path() == Path::new(&name))
    };
    let boards = Board::ALL.into_iter().filter(|board| {
        let variants = board.variants().iter();
        // What others fall back to says nothing of them.
        variants
            .filter_map(|variant| variant.device_trees.first())
            .any(|name| has(name))
    });
    boards.collect()
}
