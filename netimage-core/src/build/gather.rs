//! Finds the files that a spec names: their names and sizes, not their bytes.

use std::path::{Path, PathBuf};

use rustix::fs::FileType;

use crate::boot::{CommandLineError, KernelCommandLine};
use crate::fs::{
    FsError, Looked, OpenDirectory, Step, Walk, kind_name, look_at, look_up, real_path,
    same_sources,
};
use crate::image::{FIRMWARE, FileContents, FileEntry, FileSet, ImageSpec, RootKind, SpecFiles};
use crate::nfs::NfsError;
use crate::tree::{Node, Source, TargetName, TargetNameError, Tree, TreeError};

/// Why the files of a spec cannot be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatherError {
    /// Not readable, or a FIFO, socket or device.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// Two files for one name.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A name that no tree can hold.
    #[error(transparent)]
    Name(#[from] TargetNameError),
    /// The kernel command line cannot be made.
    #[error("cmdline.txt cannot be made; correct the spec's commandLine, toplevel or nfs")]
    CommandLine(#[from] CommandLineError),
    /// The kernel cannot mount the NFS root.
    #[error(
        "the kernel cannot mount the spec's nfs by itself; correct it, or give commandLine the root= that the initrd mounts by"
    )]
    NfsRoot(#[from] NfsError),
    /// The command line and the mount options want different things.
    #[error("commandLine says {asked}, but the options of nfs say {against}; keep one of the two")]
    Access {
        /// On the command line.
        asked: &'static str,
        /// Among the options.
        against: &'static str,
    },
    /// A link in place of a directory.
    #[error("{} is a symbolic link to a directory; put the directory itself there, for only what is there is taken", .0.display())]
    LinkedDirectory(PathBuf),
    /// A file for the root that others may not read; in an image they could.
    #[error(
        "{} has mode {mode:04o}, and everybody can read the files of an image; leave it out and have the machine make it, or, if it is no secret, chmod it to 0644", path.display()
    )]
    Private {
        /// Its path.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Something else in place of a directory.
    #[error("{} is not a directory; give the directory that holds the files", .0.display())]
    NotADirectory(PathBuf),
}

impl SpecFiles {
    /// Reads the directories that a spec names and the sizes of its files.
    ///
    /// # Errors
    ///
    /// [`GatherError`] when something is missing or unreadable, is no regular
    /// file, directory or link, or when two files with different bytes want
    /// one name.
    pub fn gather(spec: &ImageSpec) -> Result<Self, GatherError> {
        let mut files = Self::default();
        let sets = [&spec.boot, &spec.root];
        let directories = sets.iter().flat_map(|set| {
            let sources = set.files.iter().filter_map(|entry| match &entry.contents {
                FileContents::Source(path) => Some(path),
                FileContents::Text(_) => None,
            });
            set.directories.iter().chain(sources)
        });
        files.directories = directories
            .filter(|path| is_directory(path))
            .cloned()
            .collect();
        let boot = &mut files.boot;
        let mut insert = |name, node| match node {
            Node::File { source, .. } => boot.insert(name, source),
            Node::Directory | Node::Symlink { .. } => Ok(()),
        };
        each(&spec.boot, true, &mut insert)?;
        if let Some(text) = command_line(spec)? {
            let node = Node::File {
                source: Source::Bytes(text.into_bytes()),
                executable: false,
            };
            insert_unless_equal(TargetName::constant("cmdline.txt"), node, &mut insert)?;
        }
        // The boot tree is in the root as well; what the spec puts there again
        // has to be the same.
        let firmware = TargetName::constant(FIRMWARE);
        let (mut root, mut place) = (Tree::default(), Tree::default());
        place.graft(&firmware, files.boot.as_tree())?;
        each(&spec.root, false, &mut |name, node| {
            if name.is_within(&firmware) && place.get(&name).is_some() {
                place.insert(name, node)
            } else {
                root.insert(name, node)
            }
        })?;
        refuse_private(&root)?;
        files.root = root;
        Ok(files)
    }
}

/// `cmdline.txt`, if the spec asks for one: the NFS root's parameters and
/// `init=`, then the user's, which win. A user who gives `root=` lets the initrd
/// mount, which knows how; the kernel's own means would only be in its way. What
/// mounts a shared store is always the initrd.
fn command_line(spec: &ImageSpec) -> Result<Option<String>, GatherError> {
    let Some(parameters) = &spec.command_line else {
        return Ok(None);
    };
    let user = KernelCommandLine::from_parameters(parameters)?;
    for (asked, against) in [("ro", "rw"), ("rw", "ro")] {
        if user.get(asked).is_some() && spec.nfs.options().get(against).is_some() {
            return Err(GatherError::Access { asked, against });
        }
    }
    let mut defaults = Vec::new();
    if user.get("root").is_none() && spec.root_kind == RootKind::Own {
        spec.nfs.check_kernel_parameters()?;
        defaults = spec.nfs.kernel_parameters();
    }
    let toplevel = spec.toplevel.as_ref();
    let init = toplevel.map(|path| format!("init={}/init", spec.store_dir.display(path)));
    let mut line = KernelCommandLine::from_parameters(defaults.into_iter().chain(init))?;
    line.merge(&user);
    Ok(Some(line.to_cmdline_txt()?))
}

type Insert<'tree> = dyn FnMut(TargetName, Node) -> Result<(), TreeError> + 'tree;

/// Hands every file of a set to `insert`.
fn each(set: &FileSet, follow: bool, insert: &mut Insert<'_>) -> Result<(), GatherError> {
    for directory in &set.directories {
        match look_at(directory)?.kind {
            FileType::Directory => scan(directory, None, follow, insert)?,
            FileType::Symlink => return Err(GatherError::LinkedDirectory(directory.clone())),
            _ => return Err(GatherError::NotADirectory(directory.clone())),
        }
    }
    set.files
        .iter()
        .try_for_each(|entry| take(entry, follow, insert))
}

/// Takes a spec's entry: a text, a file, or a directory with its contents.
fn take(entry: &FileEntry, follow: bool, insert: &mut Insert<'_>) -> Result<(), GatherError> {
    let target = entry.target.clone();
    let node = match &entry.contents {
        FileContents::Text(text) => Node::File {
            source: Source::Bytes(text.clone().into_bytes()),
            executable: entry.executable,
        },
        FileContents::Source(path) => {
            let looked = look_up(path)?;
            if looked.kind == FileType::Directory {
                return scan(&real_path(path)?, Some(&target), follow, insert);
            }
            file(path, &looked, entry.executable)?
        }
    };
    insert_unless_equal(target, node, insert)
}

/// Takes all that is below a directory.
fn scan(
    directory: &Path,
    target: Option<&TargetName>,
    follow: bool,
    insert: &mut Insert<'_>,
) -> Result<(), GatherError> {
    if let Some(target) = target {
        insert_unless_equal(target.clone(), Node::Directory, insert)?;
    }
    let opened = OpenDirectory::open(directory)?;
    let mut walk = Walk::within(opened.into(), directory, usize::MAX)?;
    while let Some(step) = walk.step()? {
        let Step::Node(node) = step else { continue };
        let path = node.entry.path();
        let name = match target {
            None => TargetName::new(node.entry.relative)?,
            Some(target) => target.join(node.entry.relative)?,
        };
        let node = match node.kind {
            FileType::Directory => {
                walk.enter()?;
                Node::Directory
            }
            FileType::Symlink if !follow => {
                let target = node.link_target()?;
                Node::Symlink { target }
            }
            _ => {
                let looked = node.look_up()?;
                if looked.kind == FileType::Directory {
                    return Err(GatherError::LinkedDirectory(path));
                }
                file(&path, &looked, false)?
            }
        };
        insert_unless_equal(name, node, insert)?;
    }
    Ok(())
}

fn is_directory(path: &Path) -> bool {
    look_up(path).is_ok_and(|looked| looked.kind == FileType::Directory)
}

fn file(path: &Path, looked: &Looked, executable: bool) -> Result<Node, FsError> {
    if looked.kind != FileType::RegularFile {
        return Err(FsError::Special {
            path: path.to_owned(),
            kind: kind_name(looked.kind),
        });
    }
    Ok(Node::File {
        source: Source::File {
            path: path.to_owned(),
            size: looked.size,
        },
        executable: executable || looked.is_executable(),
    })
}

/// Nix gives every file to everybody to read, so that a secret would not stay one.
fn refuse_private(root: &Tree) -> Result<(), GatherError> {
    for (_, node) in root {
        let Node::File {
            source: Source::File { path, .. },
            ..
        } = node
        else {
            continue;
        };
        let mode = look_up(path)?.mode;
        if mode & 0o004 == 0 {
            return Err(GatherError::Private {
                path: path.clone(),
                mode,
            });
        }
    }
    Ok(())
}

/// Two sources for one name are one if their bytes are equal.
fn insert_unless_equal(
    name: TargetName,
    node: Node,
    insert: &mut Insert<'_>,
) -> Result<(), GatherError> {
    let Err(conflict) = insert(name, node) else {
        return Ok(());
    };
    let TreeError::Conflict { first, second, .. } = &conflict;
    match (&**first, &**second) {
        (
            Node::File {
                source: one,
                executable,
            },
            Node::File {
                source: other,
                executable: other_executable,
            },
        ) if executable == other_executable
            && one.size() == other.size()
            && same_sources(&one.into(), &other.into())? =>
        {
            Ok(())
        }
        _ => Err(conflict.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn set(directory: &Path) -> FileSet {
        FileSet {
            directories: vec![directory.to_owned()],
            ..FileSet::default()
        }
    }

    fn names(set: &FileSet, follow: bool) -> Result<Vec<String>, GatherError> {
        let mut tree = Tree::default();
        each(set, follow, &mut |name, node| tree.insert(name, node))?;
        Ok(tree
            .iter()
            .map(|(name, node)| format!("{name}: {node}"))
            .collect())
    }

    #[test]
    fn takes_dotfiles_and_follows_links_to_files_only_when_asked() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(".hidden"), "x").unwrap();
        symlink(".hidden", dir.path().join("link")).unwrap();
        let path = dir.path().display();
        assert_eq!(
            names(&set(dir.path()), false).unwrap(),
            [
                format!(".hidden: {path}/.hidden"),
                "link: a link to .hidden".to_owned()
            ]
        );
        assert_eq!(
            names(&set(dir.path()), true).unwrap(),
            [
                format!(".hidden: {path}/.hidden"),
                format!("link: {path}/link")
            ]
        );
    }

    #[test]
    fn refuses_linked_directories() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        symlink("/", &link).unwrap();
        for bad in [set(&link), set(dir.path())] {
            assert!(
                matches!(names(&bad, true), Err(GatherError::LinkedDirectory(path)) if path == link)
            );
        }
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(
            names(&set(&file), true),
            Err(GatherError::NotADirectory(_))
        ));
    }

    #[test]
    fn refuses_files_for_the_root_that_others_may_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let key = dir.path().join("key");
        fs::write(&key, "secret").unwrap();
        let mut spec = ImageSpec::new(
            "image",
            "image-1".parse().unwrap(),
            "x86_64-linux",
            "192.0.2.1:/srv,vers=4.1".parse().unwrap(),
        );
        let mut gather = |mode, root: FileSet, boot: FileSet| {
            fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
            (spec.root, spec.boot) = (root, boot);
            SpecFiles::gather(&spec)
        };
        for private in [0o600, 0o640, 0o700] {
            let refused = gather(private, set(dir.path()), FileSet::default());
            assert!(
                matches!(refused, Err(GatherError::Private { path, mode }) if path == key && mode == private)
            );
            // A TFTP server gives them to all in any case.
            gather(private, FileSet::default(), set(dir.path())).unwrap();
        }
        for open in [0o644, 0o444, 0o555] {
            gather(open, set(dir.path()), FileSet::default()).unwrap();
        }
    }

    #[test]
    fn two_sources_for_one_name_must_hold_equal_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let long = "x".repeat(100_000);
        fs::write(dir.path().join("a"), &long).unwrap();
        let with = |text: String| FileSet {
            files: vec![FileEntry::new(
                "a".parse().unwrap(),
                FileContents::Text(text),
            )],
            ..set(dir.path())
        };
        assert_eq!(names(&with(long.clone()), true).unwrap().len(), 1);
        for other in [
            long.replacen('x', "y", 1),
            long[1..].to_owned(),
            format!("{}y", &long[1..]),
        ] {
            assert!(matches!(
                names(&with(other), true),
                Err(GatherError::Tree(_))
            ));
        }
    }

    fn cmdline(nfs: &str, parameters: &[&str]) -> Result<String, GatherError> {
        let name = "image-1".parse().unwrap();
        let mut spec = ImageSpec::new("image", name, "x86_64-linux", nfs.parse().unwrap());
        spec.toplevel = Some("00000000000000000000000000000001-top".parse().unwrap());
        spec.command_line = Some(parameters.iter().map(ToString::to_string).collect());
        let boot = SpecFiles::gather(&spec)?.boot;
        match boot.get(&TargetName::constant("cmdline.txt")) {
            Some(Source::Bytes(text)) => Ok(String::from_utf8(text.clone()).unwrap()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_command_line_names_root_and_init() {
        let init = "init=/nix/store/00000000000000000000000000000001-top/init";
        assert_eq!(
            cmdline("192.0.2.1:/srv,vers=4.1", &["console=tty1"]).unwrap(),
            format!(
                "root=/dev/nfs nfsroot=192.0.2.1:/srv,vers=4.1 ip=dhcp rw {init} console=tty1\n"
            )
        );
        assert_eq!(
            cmdline("[2001:db8::1]:/srv,ro", &["root=fstab"]).unwrap(),
            format!("{init} root=fstab\n")
        );
        let contradiction = cmdline("192.0.2.1:/srv,rw", &["ro"]);
        assert!(matches!(
            contradiction,
            Err(GatherError::Access { asked: "ro", .. })
        ));
        let named = cmdline("[2001:db8::1]:/srv", &[]);
        assert!(matches!(named, Err(GatherError::NfsRoot(_))));
    }
}
