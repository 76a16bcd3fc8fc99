//! Where a depot is: on this computer, or on a server that ssh reaches.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// Where a depot is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DepotLocation {
    /// On this computer.
    Here(PathBuf),
    /// On another one.
    Remote(RemoteDepot),
}

/// A depot on a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RemoteDepot {
    /// The server as ssh knows it, `[user@]host`.
    pub(crate) host: OsString,
    /// The depot there.
    pub(crate) path: OsString,
}

/// Text that is no place of a depot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LocationError {
    #[error(
        "there is no host before the colon; give [user@]host:PATH, or ./ before a path with a colon"
    )]
    NoHost,
    #[error("ssh would take the host for an option; give [user@]host:PATH")]
    Option,
    #[error("there is no path after the colon; give the depot's path on the server")]
    NoPath,
    #[error("the bracket before an IPv6 address is not closed; give [user@][address]:PATH")]
    Bracket,
}

impl DepotLocation {
    /// Reads what scp would: what has a colon before any slash is on a server. The host
    /// may be an IPv6 address in brackets.
    pub(crate) fn parse(text: OsString) -> Result<Self, LocationError> {
        let bytes = text.as_bytes();
        let Some(colon) = colon(bytes)? else {
            return Ok(Self::Here(text.into()));
        };
        let (host, path) = (&bytes[..colon], &bytes[colon + 1..]);
        let host: Vec<u8> = host
            .iter()
            .copied()
            .filter(|byte| !b"[]".contains(byte))
            .collect();
        let name = host.rsplit(|byte| *byte == b'@').next().unwrap_or_default();
        if name.is_empty() {
            Err(LocationError::NoHost)
        } else if host.starts_with(b"-") || name.starts_with(b"-") {
            Err(LocationError::Option)
        } else if path.is_empty() {
            Err(LocationError::NoPath)
        } else {
            Ok(Self::Remote(RemoteDepot {
                path: OsStr::from_bytes(path).to_owned(),
                host: OsString::from_vec(host),
            }))
        }
    }
}

/// Where the host ends, if there is one.
fn colon(text: &[u8]) -> Result<Option<usize>, LocationError> {
    let find = |byte| text.iter().position(|one| *one == byte);
    let slash = find(b'/').unwrap_or(text.len());
    match find(b'[').filter(|at| *at < slash && (*at == 0 || text[at - 1] == b'@')) {
        None => Ok(find(b':').filter(|at| *at < slash)),
        Some(open) => {
            let mut rest = text[open..].windows(2);
            let close = rest.position(|pair| pair == b"]:");
            close
                .map(|at| Some(open + at + 1))
                .ok_or(LocationError::Bracket)
        }
    }
}

impl RemoteDepot {
    /// A path on the server, as rsync takes it.
    pub(super) fn rsync_path(&self, path: &OsStr) -> OsString {
        let mut place = OsString::new();
        match self
            .host
            .to_str()
            .map(|host| host.rsplit_once('@').unwrap_or(("", host)))
        {
            Some((user, address)) if address.contains(':') => {
                let at = if user.is_empty() { "" } else { "@" };
                place.push(format!("{user}{at}[{address}]"));
            }
            _ => place.push(&self.host),
        }
        place.push(":");
        place.push(path);
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colon_before_any_slash_is_a_host_s() {
        for (text, host, path) in [
            ("pi:/srv/depot", "pi", "/srv/depot"),
            ("root@pi.local:depot", "root@pi.local", "depot"),
            (
                "root@[2001:db8::1]:/srv/a:b",
                "root@2001:db8::1",
                "/srv/a:b",
            ),
            ("[::1]:/srv", "::1", "/srv"),
            ("a:b:c", "a", "b:c"),
            ("a:it's a depot", "a", "it's a depot"),
        ] {
            let (host, path) = (host.into(), path.into());
            let remote = DepotLocation::Remote(RemoteDepot { host, path });
            assert_eq!(DepotLocation::parse(text.into()), Ok(remote), "{text}");
        }
        for text in [
            "/srv/depot",
            "depot",
            "./a:b",
            "/srv/a:b",
            "../x:y",
            "a[1]/x:y",
        ] {
            let here = DepotLocation::Here(text.into());
            assert_eq!(DepotLocation::parse(text.into()), Ok(here), "{text}");
        }
        for (text, error) in [
            (":/srv", LocationError::NoHost),
            ("root@:/srv", LocationError::NoHost),
            ("-oProxyCommand=x:/srv", LocationError::Option),
            ("root@-x:/srv", LocationError::Option),
            ("[-x]:/srv", LocationError::Option),
            ("pi:", LocationError::NoPath),
            ("[::1:/srv", LocationError::Bracket),
        ] {
            assert_eq!(DepotLocation::parse(text.into()), Err(error), "{text}");
        }
    }

    #[test]
    fn rsync_gets_brackets_around_what_has_colons() {
        for (host, expected) in [
            ("root@pi", "root@pi:/x y"),
            ("::1", "[::1]:/x y"),
            ("root@2001:db8::1", "root@[2001:db8::1]:/x y"),
        ] {
            let (host, path) = (host.into(), "depot".into());
            let place = RemoteDepot { host, path }.rsync_path("/x y".as_ref());
            assert_eq!(place, OsString::from(expected));
        }
    }
}
