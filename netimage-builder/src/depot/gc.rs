//! Collects what nobody needs.

use netimage_core::depot::{Garbage, Keep};
use netimage_core::store::StoreDir;
use serde_json::{Value, json};

use super::arguments::GcArguments;
use super::error::DepotCommandError;
use super::{lock, now, open};
use crate::error::CommandError;
use crate::format::Format;
use crate::report::{line, print_json};
use crate::size::Size;
use crate::text::Text;

pub(super) fn run(arguments: &GcArguments) -> Result<(), CommandError> {
    let depot = open(&arguments.depot)?;
    let keep = Keep {
        good: arguments.keep,
        grace: arguments.older_than,
        last: true,
    };
    let locked = lock(&depot)?;
    let garbage = locked.garbage(&keep, now());
    let garbage = garbage.map_err(DepotCommandError::from)?;
    if !arguments.dry_run && !garbage.is_empty() {
        let trash = locked.collect(&garbage, now());
        let trash = trash.map_err(DepotCommandError::from)?;
        trash.remove().map_err(DepotCommandError::from)?;
    }
    Ok(match arguments.format {
        Format::Human => text(&garbage, arguments.dry_run).print(),
        Format::Json => print_json(&json(&garbage, &depot.settings().store_dir)),
    }?)
}

fn text(garbage: &Garbage, is_dry_run: bool) -> Text {
    let mut text = Text::default();
    for (machine, numbers) in &garbage.generations {
        let numbers: Vec<_> = numbers.iter().map(ToString::to_string).collect();
        let numbers = format!("{machine} {}", numbers.join(", "));
        line(&mut text, "generations", &numbers);
    }
    let mut add = |label: &str, count: usize, sizes: &mut dyn Iterator<Item = &u64>| {
        let size = Size(sizes.sum());
        if count > 0 {
            line(&mut text, label, &format_args!("{count}, {size}"));
        }
    };
    let (paths, files) = (&garbage.paths, &garbage.boot_files);
    add("store paths", paths.len(), &mut paths.values());
    add("boot files", files.len(), &mut files.values());
    for (path, size) in &garbage.leftovers {
        let path = path.display();
        line(
            &mut text,
            "left over",
            &format_args!("{path}, {}", Size(*size)),
        );
    }
    let freed = if is_dry_run { "would free" } else { "freed" };
    line(&mut text, freed, &Size(garbage.size()));
    text
}

fn json(garbage: &Garbage, store_dir: &StoreDir) -> Value {
    let paths = garbage.paths.iter();
    let paths = paths.map(|(path, size)| json!({"path": store_dir.display(path), "size": size}));
    let files = garbage.boot_files.iter();
    let files = files.map(|(hash, size)| json!({"sha256": hash, "size": size}));
    let leftovers = garbage.leftovers.keys();
    json!({
        "generations": garbage.generations,
        "storePaths": paths.collect::<Vec<_>>(),
        "bootFiles": files.collect::<Vec<_>>(),
        "leftovers": leftovers.map(|path| path.to_string_lossy()).collect::<Vec<_>>(),
        "size": garbage.size(),
    })
}
