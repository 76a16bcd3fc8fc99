//! The files served over TFTP.

use crate::tree::{Node, Source, TargetName, Tree, TreeError};

/// The boot tree: a name for TFTP, and where its bytes come from.
///
/// It holds regular files only: a TFTP server has no links and no modes
/// (RFC 1350).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BootTree(Tree);

impl BootTree {
    /// Adds a file. The same source may be added again.
    ///
    /// # Errors
    ///
    /// [`TreeError::Conflict`] when the name has another source, is a
    /// directory, or lies below a file. Whether two sources hold equal bytes
    /// is for the caller to find out: no file is opened here.
    ///
    /// ```
    /// use netimage_core::boot::BootTree;
    /// use netimage_core::tree::Source;
    /// let mut boot = BootTree::default();
    /// let text = |text: &str| Source::Bytes(text.into());
    /// boot.insert("config.txt".parse()?, text("arm_64bit=1\n"))?;
    /// assert!(boot.insert("config.txt".parse()?, text("")).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn insert(&mut self, name: TargetName, source: Source) -> Result<(), TreeError> {
        self.0.insert(
            name,
            Node::File {
                source,
                executable: false,
            },
        )
    }

    /// The bytes of a file, if there is one of this name.
    #[must_use]
    pub fn get(&self, name: &TargetName) -> Option<&Source> {
        match self.0.get(name) {
            Some(Node::File { source, .. }) => Some(source),
            _ => None,
        }
    }

    /// As a tree, with the directories.
    #[must_use]
    pub fn as_tree(&self) -> &Tree {
        &self.0
    }
}
