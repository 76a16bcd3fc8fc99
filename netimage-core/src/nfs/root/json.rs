//! How an NFS root stands in JSON.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::NfsRoot;
use crate::nfs::server::NfsServer;
use crate::nfs::version::NfsVersion;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Fields {
    server: NfsServer,
    path: String,
    version: Option<NfsVersion>,
    options: Option<Vec<String>>,
}

struct NfsRootVisitor;

impl Serialize for NfsRoot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = Fields {
            server: self.server.clone(),
            path: self.path.clone(),
            version: Some(self.version),
            options: Some(self.options.iter().map(ToString::to_string).collect()),
        };
        fields.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for NfsRoot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NfsRootVisitor)
    }
}

impl<'de> Visitor<'de> for NfsRootVisitor {
    type Value = NfsRoot;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with server and path, or a string server:/path,option,...")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let fields = Fields::deserialize(MapAccessDeserializer::new(map))?;
        let options = fields.options.unwrap_or_default();
        NfsRoot::new(fields.server, &fields.path, fields.version, &options)
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json, to_value};

    #[test]
    fn reads_an_object_and_a_string() {
        let root: NfsRoot = "10.0.0.1:/srv,vers=3,nolock,ro".parse().unwrap();
        let object = json!({"server": "10.0.0.1", "path": "/srv", "version": "3", "options": ["nolock", "ro"]});
        assert_eq!(to_value(&root).unwrap(), object);
        for same in [
            object,
            json!("10.0.0.1:/srv,vers=3,nolock,ro"),
            json!({"server": "10.0.0.1", "path": "/srv/", "options": ["nolock,ro,v3"]}),
            json!({"server": "10.0.0.1", "path": "/srv", "version": null, "options": ["nolock", "nfsvers=3", "ro"]}),
        ] {
            assert_eq!(from_value::<NfsRoot>(same.clone()).unwrap(), root, "{same}");
        }
        let least: NfsRoot = from_value(json!({"server": "fd00::1", "path": "/"})).unwrap();
        assert_eq!(least.to_string(), "[fd00::1]:/,vers=4.1");
        assert_eq!(
            from_value::<NfsRoot>(to_value(&least).unwrap()).unwrap(),
            least
        );
    }

    #[test]
    fn says_what_is_wrong() {
        for (value, part) in [
            (
                json!({"server": "a", "path": "/", "option": []}),
                "unknown field `option`",
            ),
            (json!({"server": "a"}), "missing field `path`"),
            (json!({"server": "a", "path": "b"}), "is not absolute"),
            (json!({"server": "a b", "path": "/"}), "is not a host name"),
            (
                json!({"server": "a", "path": "/", "version": "2"}),
                "no longer served",
            ),
            (
                json!({"server": "a", "path": "/", "version": "3", "options": ["v4"]}),
                "keep one",
            ),
            (json!("a"), "server:/path"),
            (
                json!(1),
                "expected an object with server and path, or a string",
            ),
        ] {
            let error = from_value::<NfsRoot>(value).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
