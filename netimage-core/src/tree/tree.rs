//! Trees as values.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use super::TargetName;

/// Where a file's bytes come from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// A file.
    File {
        /// Its path.
        path: PathBuf,
        /// Its bytes, by count.
        size: u64,
    },
    /// These bytes.
    Bytes(Vec<u8>),
}

impl Source {
    /// Bytes, by count.
    #[must_use]
    pub fn size(&self) -> u64 {
        match self {
            Self::File { size, .. } => *size,
            Self::Bytes(bytes) => bytes.len() as u64,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, .. } => write!(formatter, "{}", path.display()),
            Self::Bytes(bytes) => write!(formatter, "a text of {} bytes", bytes.len()),
        }
    }
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Node {
    /// A directory, perhaps with names below it.
    Directory,
    /// A regular file.
    File {
        /// Its bytes.
        source: Source,
        /// Whether it may be executed.
        executable: bool,
    },
    /// A symbolic link.
    Symlink {
        /// What it points to, as it stands in the link.
        target: OsString,
    },
}

impl fmt::Display for Node {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory => formatter.write_str("a directory"),
            Self::File { source, .. } => source.fmt(formatter),
            Self::Symlink { target } => write!(formatter, "a link to {}", target.display()),
        }
    }
}

/// Names and what they stand for, sorted, every directory above a name
/// included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree(BTreeMap<TargetName, Node>);

/// Why a node has no place in a tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TreeError {
    /// Two nodes want one name.
    #[error("{name} would be both {first} and {second}; keep one of the two, or make them equal")]
    Conflict {
        /// The name.
        name: TargetName,
        /// What it stands for.
        first: Box<Node>,
        /// What it should also stand for.
        second: Box<Node>,
    },
}

impl Tree {
    /// Adds a node, and the directories above it.
    ///
    /// An equal node may be added again.
    ///
    /// # Errors
    ///
    /// [`TreeError::Conflict`] when the name, or one above it, stands for
    /// something else.
    pub fn insert(&mut self, name: TargetName, node: Node) -> Result<(), TreeError> {
        for parent in name.parents() {
            self.insert_one(parent, Node::Directory)?;
        }
        self.insert_one(name, node)
    }

    fn insert_one(&mut self, name: TargetName, node: Node) -> Result<(), TreeError> {
        match self.0.get(&name) {
            Some(first) if *first != node => Err(TreeError::Conflict {
                first: Box::new(first.clone()),
                second: Box::new(node),
                name,
            }),
            Some(_) => Ok(()),
            None => {
                self.0.insert(name, node);
                Ok(())
            }
        }
    }

    /// Adds all nodes of another tree below a directory of this one.
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert).
    pub fn graft(&mut self, directory: &TargetName, other: &Self) -> Result<(), TreeError> {
        self.insert(directory.clone(), Node::Directory)?;
        for (name, node) in other {
            if let Ok(name) = directory.join(name.as_path()) {
                self.insert(name, node.clone())?;
            }
        }
        Ok(())
    }

    /// What a name stands for.
    #[must_use]
    pub fn get(&self, name: &TargetName) -> Option<&Node> {
        self.0.get(name)
    }

    /// Every name, directories before what is in them.
    pub fn iter(&self) -> std::collections::btree_map::Iter<'_, TargetName, Node> {
        self.0.iter()
    }

    /// Sum of all files' sizes, in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        let sizes = self.0.values().map(|node| match node {
            Node::File { source, .. } => source.size(),
            Node::Directory | Node::Symlink { .. } => 0,
        });
        sizes.sum()
    }
}

impl<'tree> IntoIterator for &'tree Tree {
    type Item = (&'tree TargetName, &'tree Node);
    type IntoIter = std::collections::btree_map::Iter<'tree, TargetName, Node>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Node {
        Node::File {
            source: Source::Bytes(text.into()),
            executable: false,
        }
    }

    fn name(text: &str) -> TargetName {
        text.parse().unwrap()
    }

    #[test]
    fn adds_the_directories_above() {
        let mut tree = Tree::default();
        tree.insert(name("a/b/c"), text("x")).unwrap();
        tree.insert(name("a/b/c"), text("x")).unwrap();
        let names: Vec<_> = tree.iter().map(|(name, _)| name.to_string()).collect();
        assert_eq!(names, ["a", "a/b", "a/b/c"]);
        assert_eq!(tree.get(&name("a/b")), Some(&Node::Directory));
        assert_eq!(tree.size(), 1);
    }

    #[test]
    fn one_name_stands_for_one_thing() {
        let mut tree = Tree::default();
        tree.insert(name("a"), text("x")).unwrap();
        for (target, node) in [("a", text("y")), ("a/b", text("x")), ("a", Node::Directory)] {
            let error = tree.insert(name(target), node).unwrap_err();
            let TreeError::Conflict { name, first, .. } = error;
            assert_eq!((name.to_string().as_str(), *first), ("a", text("x")));
        }
    }

    #[test]
    fn grafts_below_a_directory() {
        let (mut tree, mut boot) = (Tree::default(), Tree::default());
        boot.insert(name("overlays/x"), text("x")).unwrap();
        tree.graft(&name("boot/firmware"), &boot).unwrap();
        assert_eq!(
            tree.get(&name("boot/firmware/overlays/x")),
            Some(&text("x"))
        );
    }
}
