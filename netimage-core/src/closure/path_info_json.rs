//! The output of `nix path-info --json --recursive`.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use super::PathInfo;
use super::path_info::Interner;
use crate::store::StoreDir;

/// Why the text is not what `nix path-info --json` prints.
#[derive(Debug, thiserror::Error)]
#[error(
    "this is not the output of nix path-info --json --recursive; make it again with that command"
)]
pub struct PathInfoJsonError(#[from] serde_json::Error);

/// Reads `nix path-info --json`: the list of Nix before 2.19, the map keyed by
/// store path that came after it, or the `info` map of `--json-format 2` and of 3,
/// which differ in their signatures only. A store directory that it names has to be
/// `store_dir`, as paths of the latter are base names.
///
/// # Errors
///
/// [`PathInfoJsonError`], its source with line and column; also for a path
/// that Nix marks as not valid.
pub fn parse_path_info_json(
    json: &[u8],
    store_dir: &StoreDir,
) -> Result<Vec<PathInfo>, PathInfoJsonError> {
    Ok(parse_path_infos(json, store_dir)?)
}

pub(super) fn parse_path_infos(
    json: &[u8],
    store_dir: &StoreDir,
) -> serde_json::Result<Vec<PathInfo>> {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let infos = PathInfos(Interner::new(store_dir)).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(infos)
}

/// The JSON fields in which `exportReferencesGraph` and `nix path-info`
/// describe a store path; others are Nix's own affair.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawPathInfo<'json> {
    #[serde(borrow, default)]
    path: Option<RawText<'json>>,
    #[serde(borrow)]
    nar_hash: RawText<'json>,
    nar_size: u64,
    #[serde(borrow)]
    references: Vec<RawText<'json>>,
    #[serde(borrow, default)]
    deriver: Option<RawText<'json>>,
    #[serde(borrow, default)]
    store_dir: Option<RawText<'json>>,
}

/// A string of a JSON document, borrowed from it where it has no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct RawText<'json>(#[serde(borrow)] Cow<'json, str>);

impl RawPathInfo<'_> {
    /// The typed form, for the path named by `path`.
    fn parse<E: serde::de::Error>(
        self,
        path: &str,
        interner: &mut Interner<'_>,
    ) -> Result<PathInfo, E> {
        if let Some(store_dir) = &self.store_dir {
            check_store_dir(&store_dir.0, interner.store_dir())?;
        }
        let mut parse = |text: &str| interner.parse_any(text).map_err(E::custom);
        let path = parse(path)?;
        let references = self.references.iter().map(|text| parse(&text.0));
        let references = references.collect::<Result<_, _>>()?;
        let deriver = self.deriver.map(|text| parse(&text.0)).transpose()?;
        let nar_hash = self.nar_hash.0.parse().map_err(E::custom)?;
        Ok(PathInfo::new(path, nar_hash, self.nar_size)
            .with_references(references)
            .with_deriver(deriver))
    }
}

/// Makes sure that base names are of the store that is meant.
fn check_store_dir<E: serde::de::Error>(named: &str, wanted: &StoreDir) -> Result<(), E> {
    if named == wanted.as_str() {
        return Ok(());
    }
    Err(E::custom(format_args!(
        "the paths are of the store directory {named}, not {wanted}; give the spec that storeDir, or paths of the other"
    )))
}

/// Reads a list or a map of entries; the map's may be `null`.
struct PathInfos<'dir>(Interner<'dir>);

impl<'json> DeserializeSeed<'json> for PathInfos<'_> {
    type Value = Vec<PathInfo>;

    fn deserialize<D: Deserializer<'json>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'json> Visitor<'json> for PathInfos<'_> {
    type Value = Vec<PathInfo>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of store paths or a map keyed by store path")
    }

    fn visit_seq<A: SeqAccess<'json>>(mut self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut infos = Vec::new();
        while let Some(raw) = list.next_element::<RawPathInfo<'json>>()? {
            let Some(path) = raw.path.as_ref().map(|path| path.0.clone()) else {
                return Err(A::Error::missing_field("path"));
            };
            infos.push(raw.parse(&path, &mut self.0)?);
        }
        Ok(infos)
    }

    fn visit_map<A: MapAccess<'json>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut infos = Vec::new();
        while let Some(RawText(path)) = map.next_key()? {
            match &*path {
                "info" => {
                    let below = PathInfos(Interner::new(self.0.store_dir()));
                    infos.extend(map.next_value_seed(below)?);
                    continue;
                }
                "storeDir" => {
                    let named: RawText<'json> = map.next_value()?;
                    check_store_dir(&named.0, self.0.store_dir())?;
                    continue;
                }
                "version" => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
                _ => {}
            }
            let Some(raw) = map.next_value::<Option<RawPathInfo<'json>>>()? else {
                return Err(A::Error::custom(format_args!("{path} is not a valid path")));
            };
            infos.push(raw.parse(&path, &mut self.0)?);
        }
        Ok(infos)
    }
}

#[cfg(test)]
mod tests {
    use super::super::closure::tests::info;
    use super::*;

    fn parse(json: &str) -> Result<Vec<PathInfo>, String> {
        parse_path_info_json(json.as_bytes(), &StoreDir::default())
            .map_err(|error| error.0.to_string())
    }

    fn fields(number: usize) -> String {
        let info = info(number, &[number]);
        let path = StoreDir::default().display(&info.path);
        format!(
            r#""narHash": "{}", "narSize": 100, "references": ["{path}"], "ultimate": true"#,
            info.nar_hash
        )
    }

    #[test]
    fn reads_list_and_map() {
        let path = |number| StoreDir::default().display(&info(number, &[]).path);
        let list = format!(r#"[{{"path": "{}", {}}}]"#, path(1), fields(1));
        let escaped = path(1).replace('/', "\\/");
        let map = format!(r#"{{"{escaped}": {{"deriver": null, {}}}}}"#, fields(1));
        assert_eq!(parse(&list).unwrap(), [info(1, &[1])]);
        assert_eq!(parse(&map).unwrap(), [info(1, &[1])]);
        let base_names = map.replace("\\/", "/").replace("/nix/store/", "");
        let second = format!(r#"{{"info": {base_names}, "storeDir": "/nix/store", "version": 2}}"#);
        assert_eq!(parse(&second).unwrap(), [info(1, &[1])]);
    }

    #[test]
    fn base_names_are_of_the_store_that_is_meant() {
        let base_name = info(1, &[]).path.to_string();
        let entry = fields(1).replace("/nix/store/", "");
        let whole = |outer: &str, inner: &str| {
            parse(&format!(
                r#"{{"info": {{"{base_name}": {{{entry}{inner}}}}}, "version": 3{outer}}}"#
            ))
        };
        let (ours, other) = (
            r#", "storeDir": "/nix/store""#,
            r#", "storeDir": "/gnu/store""#,
        );
        for (outer, inner) in [(ours, ours), (ours, ""), ("", "")] {
            assert_eq!(whole(outer, inner).unwrap(), [info(1, &[1])]);
        }
        for (outer, inner) in [(other, ""), (other, ours), (ours, other), ("", other)] {
            let error = whole(outer, inner).unwrap_err();
            assert!(error.contains("/gnu/store, not /nix/store"), "{error}");
        }
        // What else the third format has otherwise is not read.
        let signed = r#", "signatures": [{"keyName": "cache", "sig": "AA=="}]"#;
        assert!(whole(ours, signed).is_ok());
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let path = StoreDir::default().display(&info(1, &[]).path);
        for (json, part) in [
            ("[", "line 1 column 1"),
            ("[{}]", "missing field `narHash`"),
            (&format!("[{{{}}}]", fields(1)), "missing field `path`"),
            (&format!(r#"{{"{path}": null}}"#), "is not a valid path"),
            (&format!(r#"{{"/tmp/x": {{{}}}}}"#, fields(1)), "/tmp/x"),
            ("3", "a list of store paths"),
            ("[] 4", "trailing characters"),
        ] {
            let error = parse(json).unwrap_err();
            assert!(error.contains(part), "{json}: {error}");
        }
    }
}
