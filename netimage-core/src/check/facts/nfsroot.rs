//! What `nfsroot=` asks for (Linux `Documentation/admin-guide/nfs/nfsroot.rst`).

use std::net::Ipv4Addr;

use crate::check::facts::{CommandLineSurvey, Mounter, parsed};
use crate::check::finding::explained;
use crate::nfs::{MountOptions, NfsRoot, NfsRootError, NfsVersion};
use crate::tree::TargetName;

/// `nfsroot=[SERVER:]PATH[,OPTIONS]`
#[derive(Debug)]
pub(in crate::check) struct Nfsroot {
    /// What is before the options.
    pub place: String,
    /// Nothing without a server: it is the one that answers DHCP.
    pub root: Option<NfsRoot>,
    pub options: MountOptions,
}

impl Nfsroot {
    /// What a command line asks for, or why that cannot be used.
    pub(in crate::check) fn of(line: &[u8]) -> Option<Result<Self, String>> {
        parsed(line)?.get("nfsroot").map(Self::parse)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let (place, options) = text.split_once(',').unwrap_or((text, ""));
        let options = MountOptions::parse(&[options]).map_err(|error| explained(&error).problem)?;
        let root = place.contains(":/").then(|| text.parse());
        let root = root.transpose();
        Ok(Self {
            place: place.to_owned(),
            root: root.map_err(|error: NfsRootError| explained(&error).problem)?,
            options,
        })
    }

    /// The absolute path, if one is given.
    pub(in crate::check) fn path(&self) -> Option<String> {
        if let Some(root) = &self.root {
            return Some(root.path().to_owned());
        }
        let (_, path) = split(&self.place);
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        path.starts_with('/')
            .then(|| format!("/{}", parts.join("/")))
    }

    /// Whether the kernel puts the client's name or address into the path.
    pub(in crate::check) fn has_name(&self) -> bool {
        let path = self.path();
        path.is_some_and(|path| path.matches("%s").count() == 1 && path.matches('%').count() == 1)
    }

    /// What the kernel (`nfs_root_setup`, `root_nfs_parse_addr`) or nfsmount makes of
    /// the place, if that is something else than a server and a path of it.
    pub(in crate::check) fn misread_by(&self, mounter: Mounter) -> Option<String> {
        let place = self.place.as_str();
        let (server, path) = split(place);
        let is_kernel = mounter == Mounter::Kernel;
        let is_taken = place.starts_with(|first: char| first == '/' || first.is_ascii_digit());
        // What DHCP gives, to initramfs-tools.
        let is_auto = place == "auto" && !is_kernel;
        if place.is_empty() || path.is_empty() || is_address(place) || is_auto {
            return None;
        }
        if is_kernel && !is_taken {
            return Some(format!(
                "the kernel takes {place} in nfsroot= for a directory, and mounts /tftpboot/{place} from the server that ip= or DHCP gives"
            ));
        }
        match server {
            None => {
                let first = path.trim_start_matches('/').split('/').next();
                let is_server = !path.starts_with('/')
                    || path.starts_with("//") && first.is_some_and(is_address);
                is_server.then(|| format!("there is no colon behind the server in nfsroot={place}"))
            }
            Some(server) if server.starts_with('[') => Some(format!(
                "what mounts takes IPv4 addresses only, and nfsroot= has {place}"
            )),
            Some(server) if !is_address(server) => Some(format!(
                "nothing looks up the name {server} in nfsroot={place}"
            )),
            // The path of version 4 is that below the server's own root in any case.
            Some(_) if path.starts_with('/') => None,
            Some(_) => {
                let is_v3 = self.options.version() == Some(NfsVersion::V3);
                (is_v3 || !is_kernel)
                    .then(|| format!("the path {path} in nfsroot= does not begin with a slash"))
            }
        }
    }
}

/// The server and the path of it.
fn split(place: &str) -> (Option<&str>, &str) {
    let parts = place.split_once(':');
    parts.map_or((None, place), |(server, path)| (Some(server), path))
}

fn is_address(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok()
}

/// The versions of NFS that an image and the command line of this name ask for.
pub(in crate::check) fn versions(
    name: Option<&TargetName>,
    lines: &[CommandLineSurvey],
    nfs: Option<&NfsRoot>,
) -> Vec<NfsVersion> {
    let lines = lines.iter().filter(|line| Some(&line.name) == name);
    let asked = lines.filter_map(|line| Nfsroot::of(&line.text)?.ok()?.options.version());
    asked.chain(nfs.map(NfsRoot::version)).collect()
}

/// Whether a `root=`, or a device of fstab(5), names a disk or a part of one.
pub(in crate::check) fn is_disk(root: &str) -> bool {
    let labels = ["LABEL=", "UUID=", "PARTUUID=", "PARTLABEL="];
    let devices = [
        "/dev/mmcblk",
        "/dev/sd",
        "/dev/nvme",
        "/dev/vd",
        "/dev/disk/",
    ];
    let mut starts = labels.iter().chain(&devices);
    starts.any(|start| root.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<Nfsroot, String> {
        Nfsroot::of(format!("quiet nfsroot={text} rw\n").as_bytes()).unwrap()
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
        assert!(parse("/srv/pi,rsize=a").unwrap_err().contains("rsize=a"));
        assert!(Nfsroot::of(b"root=/dev/nfs").is_none());
    }

    proptest! {
        #[test]
        fn any_line_is_read(line in any::<Vec<u8>>(), text in "[0-9.:/a-z,=%\\[\\]]{0,40}") {
            let _ = Nfsroot::of(&line);
            if let Some(Ok(given)) = Nfsroot::of(format!("nfsroot={text}").as_bytes()) {
                let _ = (given.has_name(), given.misread_by(Mounter::Kernel), given.misread_by(Mounter::Nfsmount));
            }
        }
    }
}
