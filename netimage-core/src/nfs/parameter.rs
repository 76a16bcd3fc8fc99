//! `nfsroot=`, as those read it who mount by it.

use std::str::FromStr;

use super::error::NfsError;
use super::options::MountOptions;
use super::root::NfsRoot;

/// What `nfsroot=[SERVER:]PATH[,OPTIONS]` asks for (Linux
/// `Documentation/admin-guide/nfs/nfsroot.rst`).
#[derive(Debug, Clone)]
pub(crate) struct NfsrootParameter {
    /// What is before the options.
    pub(crate) place: String,
    /// Nothing without a server: it is the one that answers DHCP.
    pub(crate) root: Option<NfsRoot>,
    pub(crate) options: MountOptions,
}

impl FromStr for NfsrootParameter {
    type Err = NfsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (place, options) = text.split_once(',').unwrap_or((text, ""));
        let root = place.contains(":/").then(|| text.parse());
        Ok(Self {
            place: place.to_owned(),
            options: MountOptions::parse(&[options])?,
            root: root.transpose()?,
        })
    }
}

impl NfsrootParameter {
    /// The server and the path of it, as written.
    pub(crate) fn parts(&self) -> (Option<&str>, &str) {
        let parts = self.place.split_once(':');
        parts.map_or((None, &self.place), |(server, path)| (Some(server), path))
    }

    /// The absolute path, if one is given.
    pub(crate) fn path(&self) -> Option<String> {
        if let Some(root) = &self.root {
            return Some(root.path().to_owned());
        }
        let (_, path) = self.parts();
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        path.starts_with('/')
            .then(|| format!("/{}", parts.join("/")))
    }

    /// Whether the kernel puts the client's name or address into the path.
    pub(crate) fn has_name(&self) -> bool {
        let path = self.path();
        path.is_some_and(|path| path.matches("%s").count() == 1 && path.matches('%').count() == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nfs::NfsVersion;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<NfsrootParameter, NfsError> {
        text.parse()
    }

    #[test]
    fn the_server_may_be_left_out() {
        let given = parse("/srv/pi,vers=4.2,hard").unwrap();
        assert!(given.root.is_none() && !given.has_name());
        assert_eq!(given.options.to_string(), "vers=4.2,hard");
        let given = parse(",vers=3").unwrap();
        assert_eq!(given.options.version(), Some(NfsVersion::V3));
        let given = parse("192.0.2.1:/srv/%s").unwrap();
        assert!(given.has_name() && given.options.version().is_none());
        assert!(!parse("192.0.2.1:/srv/%s%d").unwrap().has_name());
        let error = parse("/srv/pi,rsize=a").unwrap_err().to_string();
        assert!(error.contains("rsize=a"), "{error}");
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[0-9.:/a-z,=%\\[\\]]{0,40}|.{0,20}") {
            if let Ok(given) = parse(&text) {
                prop_assert!(text.starts_with(&given.place));
                prop_assert!(given.path().is_none_or(|path| path.starts_with('/')));
                let _ = given.has_name();
            }
        }
    }
}
