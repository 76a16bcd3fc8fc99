//! Nodes and properties of a device tree.

use super::structure::{Cursor, Property, Token};

/// A node of a [`DeviceTree`](super::DeviceTree).
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    name: &'a [u8],
    pub(super) content: Cursor<'a>,
}

impl<'a> Node<'a> {
    pub(super) fn new(name: &'a [u8], content: Cursor<'a>) -> Self {
        Self { name, content }
    }

    /// The name with its unit address, like `mmc@7e300000`; that of the root is
    /// empty.
    #[must_use]
    pub fn name(&self) -> &'a [u8] {
        self.name
    }

    /// The properties in the order of the file.
    pub fn properties(&self) -> impl Iterator<Item = Property<'a>> + use<'a> {
        let mut cursor = self.content;
        std::iter::from_fn(move || match cursor.next() {
            Ok(Token::Property(property)) => Some(property),
            _ => None,
        })
    }

    /// The nodes directly in this one, in the order of the file.
    pub fn children(&self) -> impl Iterator<Item = Self> + use<'a> {
        let mut cursor = self.content;
        std::iter::from_fn(move || {
            loop {
                match cursor.next() {
                    Ok(Token::Property(_)) => {}
                    Ok(Token::Begin(name)) => {
                        let child = Self::new(name, cursor);
                        cursor.leave().ok()?;
                        return Some(child);
                    }
                    _ => return None,
                }
            }
        })
    }

    /// The first property of that name.
    pub fn property(&self, name: impl AsRef<[u8]>) -> Option<Property<'a>> {
        let name = name.as_ref();
        self.properties().find(|property| property.name == name)
    }

    /// The first child of that name. As for libfdt, a name without a unit
    /// address stands for one with any.
    pub fn child(&self, name: impl AsRef<[u8]>) -> Option<Self> {
        let name = name.as_ref();
        self.children().find(|child| {
            child.name.strip_prefix(name).is_some_and(|address| {
                address.is_empty() || address.starts_with(b"@") && !name.contains(&b'@')
            })
        })
    }
}
