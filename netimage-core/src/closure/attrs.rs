//! The JSON file in which Nix hands structured attributes to a builder.
//!
//! Source: Nix manual, "Advanced attributes", `__structuredAttrs` and
//! `exportReferencesGraph`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::path_info_json::parse_path_infos;
use super::{Closure, ClosureError};
use crate::store::{StoreDir, StorePath};

/// What an image build needs of `.attrs.json`. Attributes that it does not
/// know are the derivation's own affair.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Attrs {
    /// The attribute `spec`, as JSON text.
    pub spec: Option<Box<RawValue>>,
    /// The paths that `exportReferencesGraph.closure` listed.
    pub closure: Closure,
    /// Where each output of the derivation is to be written.
    pub outputs: BTreeMap<String, PathBuf>,
}

/// Why `.attrs.json` cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttrsError {
    /// Not the JSON that Nix writes.
    #[error(
        "the structured attributes are not valid JSON of the expected form; set __structuredAttrs = true and exportReferencesGraph.closure in the derivation"
    )]
    Json(#[from] serde_json::Error),
    /// Not a complete closure.
    #[error(
        "the attribute `closure` is not a closure; set exportReferencesGraph.closure to the store paths the image is for"
    )]
    Closure(#[from] ClosureError),
    /// A root that is not a store path.
    #[error(
        "exportReferencesGraph.closure names {0:?}, which is not in the store; give store paths there"
    )]
    Root(String),
}

impl Attrs {
    /// Reads `.attrs.json`.
    ///
    /// # Errors
    ///
    /// [`AttrsError`]; for JSON its source has line and column, those of what is wrong
    /// with store paths within the attribute `closure`.
    pub fn from_json(json: &[u8], store_dir: &StoreDir) -> Result<Self, AttrsError> {
        let raw: RawAttrs<'_> = serde_json::from_slice(json)?;
        let infos = parse_path_infos(raw.closure.get().as_bytes(), store_dir)?;
        let roots = match raw.export_references_graph.closure {
            Roots::One(root) => vec![root],
            Roots::Many(roots) => roots,
        };
        let roots = roots.into_iter().map(|root| {
            let base_name = store_dir
                .strip(&root)
                .and_then(|rest| rest.split('/').next());
            let path = base_name.and_then(|base_name| base_name.parse::<StorePath>().ok());
            path.ok_or(AttrsError::Root(root))
        });
        let roots = roots.collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            spec: raw.spec,
            closure: Closure::new(store_dir.clone(), infos, roots)?,
            outputs: raw.outputs,
        })
    }
}

/// The attributes as they stand, before they are held against each other.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawAttrs<'json> {
    spec: Option<Box<RawValue>>,
    #[serde(borrow)]
    closure: &'json RawValue,
    #[serde(default)]
    export_references_graph: Graphs,
    outputs: BTreeMap<String, PathBuf>,
}

#[derive(Deserialize, Default)]
struct Graphs {
    #[serde(default)]
    closure: Roots,
}

/// `exportReferencesGraph.closure`: a store path or a list of them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Roots {
    One(String),
    Many(Vec<String>),
}

impl Default for Roots {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::super::closure::tests::path;
    use super::*;
    use proptest::prelude::*;

    const ATTRS: &str = r#"{"builder": "/bin/sh", "closure": [
        {"closureSize": 100, "narHash": "sha256:0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73",
         "narSize": 100, "path": "/nix/store/00000000000000000000000000000001-p1",
         "references": [], "valid": true}],
        "exportReferencesGraph": {"closure": ["/nix/store/00000000000000000000000000000001-p1/bin/x"]},
        "outputs": {"out": "/nix/store/o"}, "spec": {"version": 1}, "new": [{}]}"#;

    fn parse(json: &str) -> Result<Attrs, AttrsError> {
        Attrs::from_json(json.as_bytes(), &StoreDir::default())
    }

    #[test]
    fn reads_what_nix_writes() {
        let attrs = parse(ATTRS).unwrap();
        assert_eq!(attrs.closure.roots(), [path(1)]);
        assert_eq!(attrs.outputs["out"], PathBuf::from("/nix/store/o"));
        assert_eq!(attrs.spec.unwrap().get(), r#"{"version": 1}"#);
    }

    #[test]
    fn names_the_missing_field() {
        for field in ["closure", "outputs"] {
            let json = ATTRS.replacen(&format!("\"{field}\""), "\"other\"", 1);
            let Err(AttrsError::Json(error)) = parse(&json) else {
                panic!("{field}")
            };
            assert!(error.to_string().contains(field), "{error}");
        }
        let dangling = ATTRS.replace(
            "\"references\": []",
            r#""references": ["/nix/store/00000000000000000000000000000002-b"]"#,
        );
        assert!(matches!(parse(&dangling), Err(AttrsError::Closure(_))));
        let outside = ATTRS
            .replace("p1/bin/x", "")
            .replace("/nix/store/00000000000000000000000000000001-\"]", "/tmp\"]");
        assert!(matches!(parse(&outside), Err(AttrsError::Root(_))));
    }

    proptest! {
        #[test]
        fn a_changed_byte_never_panics(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = ATTRS.as_bytes().to_vec();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = Attrs::from_json(&bytes, &StoreDir::default());
        }
    }
}
