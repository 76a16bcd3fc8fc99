//! Bytes in JSON: a string, or `{"hex": "…"}` where they are not UTF-8.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Json<'bytes> {
    Text(Cow<'bytes, str>),
    Bytes { hex: Cow<'bytes, str> },
}

pub(crate) fn serialize<S: Serializer>(bytes: &OsStr, serializer: S) -> Result<S::Ok, S::Error> {
    let json = match bytes.to_str() {
        Some(text) => Json::Text(text.into()),
        None => Json::Bytes {
            hex: HEXLOWER.encode(bytes.as_bytes()).into(),
        },
    };
    json.serialize(serializer)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<OsString, D::Error> {
    match Json::deserialize(deserializer)? {
        Json::Text(text) => Ok(text.into_owned().into()),
        Json::Bytes { hex } => HEXLOWER
            .decode(hex.as_bytes())
            .map(OsString::from_vec)
            .map_err(serde::de::Error::custom),
    }
}
