//! Images: spec + closure → plan → materialise → manifest; then verify.

mod agreement;
mod build;
mod clean;
mod database;
mod error;
mod existing;
mod extra;
mod finding;
mod gather;
mod manifest;
mod materialise;
mod names;
mod objects;
mod options;
mod parallel;
mod plan;
mod read_manifest;
mod spec;
mod staging;
mod verify;

pub use build::{BuildReport, Destination, build};
pub use clean::{CleanReport, clean};
pub use database::DatabaseError;
pub use error::{BuildError, Removal};
pub use existing::{Image, ImageError, boot_directory};
pub use finding::{Finding, Problem, VerifyReport};
pub use gather::{GatherError, SpecFiles};
pub use manifest::{BootFile, FileHash, Manifest, ManifestObject, RootEntry, RootNode, Totals};
pub use objects::ObjectError;
pub use options::{BuildOptions, Verification};
pub use plan::{ImagePlan, PlanError, StoreObject};
pub use read_manifest::ManifestError;
pub use spec::{FileContents, FileEntry, FileSet, ImageSpec, SPEC_VERSION, SpecError};
pub use staging::StagingError;
pub use verify::verify;

/// The directory of an image that holds all of it but `nix-support`.
pub(crate) const NET_IMAGE: &str = "net-image";
/// What Nix and Hydra look at, beside [`NET_IMAGE`].
pub(crate) const NIX_SUPPORT: &str = "nix-support";
/// The manifest, below [`NET_IMAGE`].
pub(crate) const MANIFEST: &str = "manifest.json";
/// The boot tree, below [`NET_IMAGE`].
pub(crate) const BOOT: &str = "boot";
/// The directory of roots, below [`NET_IMAGE`].
pub(crate) const OS: &str = "os";
/// The registration dump, below the root.
pub(crate) const REGISTRATION: &str = "nix-path-registration";
/// The boot tree's second place, below the root.
pub(crate) const FIRMWARE: &str = "boot/firmware";
