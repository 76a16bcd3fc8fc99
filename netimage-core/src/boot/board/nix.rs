//! `nix/boards.json`, from which the Nix module takes what it needs.

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs};

use serde::Serialize;

use super::{Board, Variant};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    /// The name that each variant asks for, the commonest first, and the names
    /// that kernels may have it under.
    device_trees: Vec<Vec<&'static str>>,
    firmware: Vec<&'static str>,
    modules: &'static [&'static str],
    modules_since: BTreeMap<&'static str, &'static [&'static str]>,
}

impl From<Board> for Entry {
    fn from(board: Board) -> Self {
        let ethernet = board.ethernet();
        let mut device_trees: Vec<_> = board.variants().iter().map(names).collect();
        // Where a kernel lacks that of the commonest, that of the next does.
        if let [first, next, ..] = &mut device_trees[..] {
            first.push(next[0]);
        }
        device_trees[1..].sort_unstable();
        Self {
            device_trees,
            firmware: board.firmware_files(),
            modules: ethernet.modules,
            modules_since: ethernet.modules_since.iter().copied().collect(),
        }
    }
}

fn names(variant: &Variant) -> Vec<&'static str> {
    [&variant.device_trees[..1], variant.upstream_device_trees].concat()
}

/// `NETIMAGE_UPDATE=1` rewrites it.
#[test]
fn the_nix_module_has_the_same_boards() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../nix/boards.json");
    let boards = Board::ALL.map(|board| (board.as_str(), Entry::from(board)));
    let json = serde_json::to_string_pretty(&BTreeMap::from(boards)).unwrap() + "\n";
    if env::var_os("NETIMAGE_UPDATE").is_some() {
        fs::write(&file, &json).unwrap();
    }
    let found = fs::read_to_string(&file).unwrap();
    assert_eq!(
        found, json,
        "nix/boards.json is stale; run tests/checks/run --update"
    );
}
