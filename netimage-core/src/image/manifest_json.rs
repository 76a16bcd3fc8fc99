//! The JSON of a manifest, in which store paths are absolute.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::RootKind;
use super::manifest::{BootFile, Manifest, RootEntry, Totals};
use super::object::ManifestObject;
use crate::boot::Board;
use crate::nfs::NfsRoot;
use crate::store::{NarHash, StoreDir, StorePathError};
use crate::tree::TargetName;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ManifestJson {
    pub(super) version: u32,
    name: String,
    pub(super) root_directory_name: TargetName,
    system: String,
    store_dir: StoreDir,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    lean: bool,
    #[serde(default)]
    toplevel: Option<String>,
    #[serde(default, skip_serializing_if = "RootKind::is_default")]
    root_kind: RootKind,
    nfs: NfsRoot,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    boards: Vec<Board>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    allow: Vec<String>,
    totals: Totals,
    boot: Vec<BootFile>,
    root: Vec<RootEntry>,
    store: Vec<ObjectJson>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ObjectJson {
    path: String,
    nar_hash: NarHash,
    nar_size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    files: Option<u64>,
}

impl TryFrom<ManifestJson> for Manifest {
    type Error = StorePathError;

    fn try_from(json: ManifestJson) -> Result<Self, Self::Error> {
        let parse = |path: &String| json.store_dir.parse(path);
        let object = |object: &ObjectJson| {
            Ok(ManifestObject {
                path: parse(&object.path)?,
                nar_hash: object.nar_hash,
                nar_size: object.nar_size,
                files: object.files,
            })
        };
        Ok(Self {
            store: json.store.iter().map(object).collect::<Result<_, _>>()?,
            toplevel: json.toplevel.as_ref().map(parse).transpose()?,
            version: json.version,
            name: json.name,
            root_directory_name: json.root_directory_name,
            system: json.system,
            store_dir: json.store_dir,
            lean: json.lean,
            root_kind: json.root_kind,
            nfs: json.nfs,
            boards: json.boards,
            allow: json.allow,
            totals: json.totals,
            boot: json.boot,
            root: json.root,
        })
    }
}

impl From<Manifest> for ManifestJson {
    fn from(manifest: Manifest) -> Self {
        let object = |object: &ManifestObject| ObjectJson {
            path: manifest.store_dir.display(&object.path),
            nar_hash: object.nar_hash,
            nar_size: object.nar_size,
            files: object.files,
        };
        let toplevel = manifest.toplevel.as_ref();
        Self {
            store: manifest.store.iter().map(object).collect(),
            toplevel: toplevel.map(|path| manifest.store_dir.display(path)),
            version: manifest.version,
            name: manifest.name,
            root_directory_name: manifest.root_directory_name,
            system: manifest.system,
            store_dir: manifest.store_dir,
            lean: manifest.lean,
            root_kind: manifest.root_kind,
            nfs: manifest.nfs,
            boards: manifest.boards,
            allow: manifest.allow,
            totals: manifest.totals,
            boot: manifest.boot,
            root: manifest.root,
        }
    }
}

impl Serialize for Manifest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ManifestJson::from(self.clone()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Manifest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = ManifestJson::deserialize(deserializer)?;
        json.try_into().map_err(de::Error::custom)
    }
}
