//! What the user asks for.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::RootKind;
use crate::boot::Board;
use crate::nearest::nearest;
use crate::nfs::NfsRoot;
use crate::store::{StoreDir, StorePath};
use crate::tree::TargetName;

/// The version of the spec that this library reads.
pub const SPEC_VERSION: u32 = 1;

/// Everything about an image but its closure; `docs/formats.md` has the JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawSpec", into = "RawSpec")]
#[non_exhaustive]
pub struct ImageSpec {
    /// The image's name.
    pub name: String,
    /// The name of the root below `net-image/os`, one path component.
    pub root_directory_name: TargetName,
    /// The system that builds the image, as Nix names it.
    pub system: String,
    /// The store directory that the closure's paths belong to.
    pub store_dir: StoreDir,
    /// The system to boot, a path of the closure.
    pub toplevel: Option<StorePath>,
    /// Where the Pi has its store.
    pub root_kind: RootKind,
    /// Where the Pi mounts its root from or, where machines share a store, the store.
    pub nfs: NfsRoot,
    /// Kernel parameters; when given, `cmdline.txt` is made from them, the
    /// NFS root's own and `init=`.
    pub command_line: Option<Vec<String>>,
    /// Files for the boot tree.
    pub boot: FileSet,
    /// Files for the root.
    pub root: FileSet,
    /// Whether the root holds a Nix database with the closure registered.
    pub nix_database: bool,
    /// The boards that the image has to boot; when none is named, those whose
    /// device tree is in the boot tree.
    pub boards: Vec<Board>,
    /// Codes of [`check::rules`](crate::check::rules) that do not fail the build.
    pub allow: Vec<String>,
}

/// Files from entries and from directories.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct FileSet {
    /// Single files, or directories with all that is in them.
    pub files: Vec<FileEntry>,
    /// Directories whose contents are taken as they are.
    pub directories: Vec<PathBuf>,
}

/// A file of the image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawEntry", into = "RawEntry")]
#[non_exhaustive]
pub struct FileEntry {
    /// Its name.
    pub target: TargetName,
    /// Its bytes.
    pub contents: FileContents,
    /// Whether to mark it executable; a source that is executable stays so.
    pub executable: bool,
}

/// Where a spec's file comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileContents {
    /// A file or directory; relative to the working directory if not absolute.
    Source(PathBuf),
    /// This text.
    Text(String),
}

impl FileEntry {
    /// A file that is not executable.
    #[must_use]
    pub const fn new(target: TargetName, contents: FileContents) -> Self {
        Self {
            target,
            contents,
            executable: false,
        }
    }
}

/// Why a spec cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpecError {
    /// Not JSON.
    #[error("the spec is not valid JSON; correct it at the place given")]
    Json(#[source] serde_json::Error),
    /// A field has the wrong form or is missing.
    #[error("the spec is wrong{}; correct {} as docs/formats.md describes", if field == "." { String::new() } else { format!(" at `{field}`") }, origin(field))]
    Field {
        /// Where, as `boot.files[0].target`; `.` is the whole.
        field: String,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// A field that does not exist.
    #[error("the spec has the unknown field `{field}`{}; correct or remove it", nearest.map_or(String::new(), |name| format!(", did you mean `{name}`?")))]
    UnknownField {
        /// Where, as `boot.files[0].tagret`.
        field: String,
        /// The known field that looks most like it.
        nearest: Option<&'static str>,
    },
    /// A version that this library does not read.
    #[error(
        "the spec has version {0}, but this netimage reads version {SPEC_VERSION}; use the netimage that the spec was written for"
    )]
    Version(u64),
}

/// Where NixOS has a field from that its users write.
fn origin(field: &str) -> &'static str {
    match field.split(['.', '[']).next() {
        Some("nfs") => "it (in NixOS: netImage.nfs, or nfsRoot and nfsOptions)",
        _ => "it",
    }
}

impl ImageSpec {
    /// A spec with nothing in it yet but what every image has.
    #[must_use]
    pub fn new(name: &str, root_directory_name: TargetName, system: &str, nfs: NfsRoot) -> Self {
        Self {
            name: name.to_owned(),
            root_directory_name,
            system: system.to_owned(),
            store_dir: StoreDir::default(),
            toplevel: None,
            root_kind: RootKind::default(),
            nfs,
            command_line: None,
            boot: FileSet::default(),
            root: FileSet::default(),
            nix_database: false,
            boards: Vec::new(),
            allow: Vec::new(),
        }
    }

    /// Reads a spec.
    ///
    /// # Errors
    ///
    /// [`SpecError`]: JSON errors with line and column, wrong fields with
    /// their place, unknown fields with the nearest known one, and versions
    /// other than [`SPEC_VERSION`].
    pub fn from_json(json: &[u8]) -> Result<Self, SpecError> {
        let value: Value = serde_json::from_slice(json).map_err(SpecError::Json)?;
        if let Some(version) = value.get("version").and_then(Value::as_u64)
            && version != u64::from(SPEC_VERSION)
        {
            return Err(SpecError::Version(version));
        }
        check_fields(&value, "")?;
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        serde_path_to_error::deserialize(&mut deserializer).map_err(|error| SpecError::Field {
            field: error.path().to_string(),
            source: error.into_inner(),
        })
    }
}

/// Most bytes of the names of an image and of a system: as many as the file system
/// allows in one.
const NAME_LENGTH_MAX: usize = 255;

/// Most characters of an unknown field that are told.
const FIELD_SHOWN_MAX: usize = 64;

/// Why a text cannot be the name of an image or of a system.
pub(crate) fn name_fault(field: &str, name: &str) -> Option<String> {
    if name.is_empty() {
        Some(format!("{field} must not be empty"))
    } else if name.len() > NAME_LENGTH_MAX {
        let length = name.len();
        Some(format!(
            "{field} must have at most {NAME_LENGTH_MAX} bytes, not {length}"
        ))
    } else if name.contains(char::is_control) {
        Some(format!("{field} {name:?} must have no control characters"))
    } else {
        None
    }
}

/// Every field name of the spec, whatever its place.
const FIELDS: [&str; 23] = [
    "version",
    "name",
    "rootDirectoryName",
    "system",
    "storeDir",
    "toplevel",
    "rootKind",
    "nfs",
    "server",
    "path",
    "options",
    "commandLine",
    "boot",
    "root",
    "files",
    "directories",
    "target",
    "source",
    "text",
    "executable",
    "nixDatabase",
    "boards",
    "allow",
];

/// Finds fields that no spec has, before a typed reading stumbles over what
/// they were meant to be.
fn check_fields(value: &Value, place: &str) -> Result<(), SpecError> {
    match value {
        // The bytes of a name that is not UTF-8 stand in an object of their own.
        Value::Object(map) if map.len() == 1 && map.contains_key("hex") => Ok(()),
        Value::Object(map) => map.iter().try_for_each(|(name, value)| {
            let dot = if place.is_empty() { "" } else { "." };
            let short: String = name.chars().take(FIELD_SHOWN_MAX).collect();
            let field = format!("{place}{dot}{short}");
            if FIELDS.contains(&name.as_str()) {
                return check_fields(value, &field);
            }
            Err(SpecError::UnknownField {
                field,
                // A longer one is no misspelt field.
                nearest: (short == *name).then(|| nearest(name, FIELDS)).flatten(),
            })
        }),
        Value::Array(values) => values
            .iter()
            .enumerate()
            .try_for_each(|(at, value)| check_fields(value, &format!("{place}[{at}]"))),
        _ => Ok(()),
    }
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RawSpec {
    version: u32,
    name: String,
    root_directory_name: TargetName,
    system: String,
    #[serde(default)]
    store_dir: StoreDir,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    toplevel: Option<String>,
    #[serde(default, skip_serializing_if = "RootKind::is_default")]
    root_kind: RootKind,
    nfs: NfsRoot,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    command_line: Option<Vec<String>>,
    #[serde(default)]
    boot: FileSet,
    #[serde(default)]
    root: FileSet,
    #[serde(default)]
    nix_database: bool,
    #[serde(default)]
    boards: Vec<Board>,
    #[serde(default)]
    allow: Vec<String>,
}

impl TryFrom<RawSpec> for ImageSpec {
    type Error = String;

    fn try_from(raw: RawSpec) -> Result<Self, Self::Error> {
        let control = raw
            .root_directory_name
            .to_string()
            .contains(char::is_control);
        if control || raw.root_directory_name.parents().next().is_some() {
            let name = raw.root_directory_name;
            return Err(format!(
                "rootDirectoryName {name} must be a single name without '/' and control characters"
            ));
        }
        if raw.system.contains(char::is_whitespace) {
            let system = raw.system;
            return Err(format!(
                "system {system:?} must be a system like aarch64-linux"
            ));
        }
        for (field, name) in [("name", &raw.name), ("system", &raw.system)] {
            name_fault(field, name).map_or(Ok(()), Err)?;
        }
        let toplevel = raw
            .toplevel
            .map(|toplevel| raw.store_dir.parse(&toplevel))
            .transpose()
            .map_err(|error| format!("toplevel: {error}"))?;
        Ok(Self {
            name: raw.name,
            root_directory_name: raw.root_directory_name,
            system: raw.system,
            store_dir: raw.store_dir,
            toplevel,
            root_kind: raw.root_kind,
            nfs: raw.nfs,
            command_line: raw.command_line,
            boot: raw.boot,
            root: raw.root,
            nix_database: raw.nix_database,
            boards: raw.boards,
            allow: raw.allow,
        })
    }
}

impl From<ImageSpec> for RawSpec {
    fn from(spec: ImageSpec) -> Self {
        Self {
            version: SPEC_VERSION,
            name: spec.name,
            root_directory_name: spec.root_directory_name,
            system: spec.system,
            toplevel: spec.toplevel.map(|path| spec.store_dir.display(&path)),
            store_dir: spec.store_dir,
            root_kind: spec.root_kind,
            nfs: spec.nfs,
            command_line: spec.command_line,
            boot: spec.boot,
            root: spec.root,
            nix_database: spec.nix_database,
            boards: spec.boards,
            allow: spec.allow,
        }
    }
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    target: TargetName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    executable: bool,
}

impl TryFrom<RawEntry> for FileEntry {
    type Error = String;

    fn try_from(raw: RawEntry) -> Result<Self, Self::Error> {
        let contents = match (raw.source, raw.text) {
            (Some(source), None) => FileContents::Source(source),
            (None, Some(text)) => FileContents::Text(text),
            _ => return Err(format!("{} must have either source or text", raw.target)),
        };
        Ok(Self {
            target: raw.target,
            contents,
            executable: raw.executable,
        })
    }
}

impl From<FileEntry> for RawEntry {
    fn from(entry: FileEntry) -> Self {
        let (source, text) = match entry.contents {
            FileContents::Source(source) => (Some(source), None),
            FileContents::Text(text) => (None, Some(text)),
        };
        Self {
            target: entry.target,
            source,
            text,
            executable: entry.executable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SPEC: &str = r#"{
        "version": 1, "name": "image", "rootDirectoryName": "image-1", "system": "x86_64-linux",
        "storeDir": "/nix/store", "toplevel": "/nix/store/00000000000000000000000000000001-top",
        "rootKind": "shared",
        "nfs": {"server": "192.0.2.1", "path": "/srv", "version": "4.1", "options": ["hard"]},
        "commandLine": ["console=tty1"], "nixDatabase": true,
        "boards": ["rpi4", "rpi5"], "allow": ["nfs-soft"],
        "boot": {"files": [{"target": "config.txt", "text": ""}], "directories": ["/boot"]},
        "root": {"files": [{"target": {"hex": "ff"}, "source": "/x", "executable": true}], "directories": []}
    }"#;

    fn error(from: &str, to: &str) -> SpecError {
        assert!(SPEC.contains(from), "{from}");
        ImageSpec::from_json(SPEC.replacen(from, to, 1).as_bytes()).unwrap_err()
    }

    #[test]
    fn what_is_printed_reads_back_and_has_every_field() {
        let spec = ImageSpec::from_json(SPEC.as_bytes()).unwrap();
        let json = serde_json::to_string(&spec).unwrap();
        assert_eq!(ImageSpec::from_json(json.as_bytes()).unwrap(), spec);
        for field in FIELDS {
            assert!(json.contains(&format!("\"{field}\":")), "{field}: {json}");
        }
    }

    #[test]
    fn an_unknown_field_is_named_with_the_nearest() {
        for (from, to, place, known) in [
            ("\"name\"", "\"nmae\"", "nmae", Some("name")),
            (
                "\"target\"",
                "\"tagret\"",
                "boot.files[0].tagret",
                Some("target"),
            ),
            (
                "\"nixDatabase\"",
                "\"nixDatabse\"",
                "nixDatabse",
                Some("nixDatabase"),
            ),
            ("\"system\"", "\"qqq\"", "qqq", None),
        ] {
            match error(from, to) {
                SpecError::UnknownField { field, nearest } => {
                    assert_eq!((field.as_str(), nearest), (place, known));
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_wrong_field_is_named_with_its_place() {
        for (from, to, place) in [
            ("\"name\": \"image\",", "", "."),
            (
                "\"target\": \"config.txt\"",
                "\"target\": \"../x\"",
                "boot.files[0].target",
            ),
            (
                "\"text\": \"\"",
                "\"text\": \"\", \"source\": \"/y\"",
                "boot.files[0]",
            ),
            ("\"image-1\"", "\"a/b\"", "."),
            ("true,", "1,", "nixDatabase"),
            (
                "\"name\": \"image\",",
                "\"name\": \"a\", \"target\": 1,",
                "target",
            ),
        ] {
            match error(from, to) {
                SpecError::Field { field, .. } => assert_eq!(field, place),
                other => panic!("{other:?}"),
            }
        }
        assert!(matches!(
            error("\"version\": 1", "\"version\": 2, \"new\": 1"),
            SpecError::Version(2)
        ));
        assert!(matches!(error("{", "["), SpecError::Json(_)));
    }

    proptest! {
        #[test]
        fn any_spec_reads_back(
            name in "\\PC{1,60}",
            texts in proptest::collection::vec(any::<String>(), 4),
            flags in any::<[bool; 3]>(),
        ) {
            let mut spec = ImageSpec::from_json(SPEC.as_bytes()).unwrap();
            spec.name = name;
            spec.command_line = flags[0].then(|| vec![texts[1].clone()]);
            spec.root.directories = vec![texts[2].clone().into()];
            spec.boot.files[0].contents = FileContents::Text(texts[3].clone());
            spec.boot.files[0].executable = flags[1];
            if flags[2] {
                spec.toplevel = None;
                spec.root_kind = RootKind::Own;
            }
            let json = serde_json::to_vec(&spec).unwrap();
            prop_assert_eq!(ImageSpec::from_json(&json).unwrap(), spec);
        }

        #[test]
        fn a_changed_byte_never_panics(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = SPEC.as_bytes().to_vec();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = ImageSpec::from_json(&bytes);
        }
    }
}
