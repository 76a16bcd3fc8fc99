//! Network-boot images of NixOS for the Raspberry Pi: modelled, built, verified.
//!
//! An image is what the Pi's firmware fetches over TFTP (`net-image/boot`) and
//! the root that the kernel mounts over NFS (`net-image/os/<name>`): the whole
//! closure of a NixOS system, its registration, and what a root needs beside.
//!
//! The flow has one direction, and each step is a value that the next takes:
//!
//! ```text
//! ImageSpec ─┐  gather: which files are there
//!            ├─ ImagePlan ── build ── Manifest ── verify, check
//! Closure  ──┘  pure         writes and proves     read again
//! ```
//!
//! - [`store`], [`closure`], [`nfs`], [`boot`], [`device_tree`], [`tree`] model
//!   things. They are pure: text or bytes in, values out. What we write we also
//!   read, and test that one undoes the other.
//! - [`initrd`] reads what Linux unpacks before it mounts the root.
//! - [`mod@check`] says whether an image boots.
//! - [`depot`] says what machines that are served from one place boot next.
//! - [`image`] holds spec, plan and manifest, [`mod@build`] makes images, and
//!   [`mod@verify`] reads them again.
//! - [`mod@fs`] is the only module that touches many files.
//!
//! Nothing here prints, exits, or panics on input. Work that takes long is
//! watched and stopped through an [`Observer`].
//!
//! The default feature `ring` hashes a third quicker on processors without
//! instructions for SHA-256, and wants a C compiler.
//!
//! # Example
//!
//! Plan an image of one store path and look at the command line that the
//! kernel would get; `examples/demo.rs` builds and verifies one for real.
//!
//! ```
//! use netimage_core::closure::{Closure, PathInfo};
//! use netimage_core::image::{ImagePlan, ImageSpec, SpecFiles};
//! use netimage_core::store::{NarHash, StoreDir, StorePath};
//! use netimage_core::tree::Source;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let toplevel: StorePath = "0c5b8vw40dy178xlpddw65q9gf1h2186-nixos-system-pi".parse()?;
//! let info = PathInfo::new(toplevel.clone(), NarHash::from_bytes([0; 32]), 4096);
//! let closure = Closure::new(StoreDir::default(), [info], [])?;
//!
//! let nfs = "192.0.2.1:/srv/nfs/pi,vers=4.1".parse()?;
//! let mut spec = ImageSpec::new("pi", "pi-24.05".parse()?, "x86_64-linux", nfs);
//! spec.toplevel = Some(toplevel);
//! spec.command_line = Some(vec!["console=tty1".into()]);
//!
//! let plan = ImagePlan::new(&spec, closure, SpecFiles::gather(&spec)?)?;
//! let Some(Source::Bytes(line)) = plan.boot().get(&"cmdline.txt".parse()?) else {
//!     unreachable!("the spec has a command line");
//! };
//! assert_eq!(
//!     str::from_utf8(line)?,
//!     "root=/dev/nfs nfsroot=192.0.2.1:/srv/nfs/pi,vers=4.1 ip=dhcp rw \
//!      init=/nix/store/0c5b8vw40dy178xlpddw65q9gf1h2186-nixos-system-pi/init console=tty1\n",
//! );
//! # Ok(())
//! # }
//! ```

#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

pub mod boot;
pub mod build;
pub mod check;
pub mod closure;
pub mod depot;
pub mod device_tree;
pub mod diagnose;
mod explanation;
pub mod fs;
pub mod image;
pub mod initrd;
mod nearest;
pub mod nfs;
mod parallel;
mod progress;
pub mod store;
mod text_form;
pub mod tree;
pub mod verify;
mod words;

pub use explanation::{Explain, Explanation};
pub use progress::{ObjectEvent, Observer, Stage};
