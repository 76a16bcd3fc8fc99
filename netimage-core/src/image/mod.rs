//! What an image is: the spec that asks for one, the plan of one, the manifest that
//! lists what one holds, and an image that is there.

mod diff;
mod existing;
mod manifest;
mod manifest_json;
mod object;
mod plan;
mod read_manifest;
mod root_kind;
mod spec;

pub use diff::{BootChange, ManifestDiff};
pub use existing::{Image, ImageError, boot_directory};
pub use manifest::{BootFile, FileHash, Manifest, RootEntry, RootNode, Totals};
pub use object::{ManifestObject, StoreObject};
pub use plan::{ImagePlan, PlanError, SpecFiles};
pub use read_manifest::ManifestError;
pub use root_kind::RootKind;
pub use spec::{FileContents, FileEntry, FileSet, ImageSpec, SPEC_VERSION, SpecError};

pub(crate) use plan::below_root;
pub(crate) use spec::name_fault;

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
