//! Says what an initrd starts with, and whether it can mount a root over NFS.
//!
//! ```sh
//! cargo run --release --example look_into_initrd -- /boot/initrd.img
//! ```

use std::env;
use std::error::Error;
use std::fs::File;

use netimage_core::initrd::{Initrd, ReadOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args_os()
        .nth(1)
        .ok_or("expected the path of an initrd")?;
    let initrd = Initrd::read(File::open(path)?, &ReadOptions::default());
    if let Some(error) = initrd.broken() {
        println!("broken: {error}");
    }
    println!("init: {:?}", initrd.init());

    match initrd.program(b"mount.nfs") {
        None => println!("mount.nfs: none"),
        Some(path) => {
            let execution = initrd.execution(&path);
            let missing = execution.missing.iter().map(|library| &library.name[..]);
            println!("mount.nfs: /{}", path.escape_ascii());
            for library in missing {
                println!("    lacks {}", library.escape_ascii());
            }
        }
    }

    for release in initrd.releases() {
        println!("modules for Linux {}:", release.escape_ascii());
        let modules = initrd.modules().iter();
        for module in modules.filter(|module| module.release == release) {
            println!("    {}", module.name.as_str());
        }
    }
    Ok(())
}
