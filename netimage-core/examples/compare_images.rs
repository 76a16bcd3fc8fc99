//! Says what it takes to bring a server from one image to another.
//!
//! ```sh
//! cargo run --release --example compare_images -- OLD NEW
//! ```

use std::collections::HashSet;
use std::error::Error;
use std::path::PathBuf;

use netimage_core::image::{BootChange, Manifest};

fn main() -> Result<(), Box<dyn Error>> {
    let images: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [old, new] = &images[..] else {
        return Err("give two images: what the builder wrote, the older one first".into());
    };
    let (old, new) = (Manifest::read(old)?, Manifest::read(new)?);

    let diff = new.diff(&old);
    for object in &diff.removed {
        println!("- {}", object.path);
    }
    for object in &diff.added {
        println!("+ {} ({} bytes)", object.path, object.nar_size);
    }
    for object in &diff.changed {
        println!("! {} is called the same and has other bytes", object.path);
    }
    for change in &diff.boot {
        match change {
            BootChange::Added(file) => println!("+ boot/{}", file.name),
            BootChange::Removed(file) => println!("- boot/{}", file.name),
            BootChange::Changed(file) => println!("~ boot/{}", file.name),
        }
    }

    // A store that already has the old image, and perhaps more.
    let present: HashSet<_> = old.store.iter().map(|object| object.path.clone()).collect();
    let missing: u64 = new
        .missing_from(&present)
        .map(|object| object.nar_size)
        .sum();
    println!("a store with the old image lacks {missing} bytes of the new one");
    Ok(())
}
