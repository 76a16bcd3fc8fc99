//! The structure block: tokens that begin and end nodes and give properties.

use std::fmt;

use super::error::{DeviceTreeError, StructureFlaw};
use super::header::word;
use super::{DEVICE_TREE_DEPTH_MAX, DEVICE_TREE_NAME_MAX};

const BEGIN_NODE: u32 = 1;
const END_NODE: u32 = 2;
const PROPERTY: u32 = 3;
const NOP: u32 = 4;
const END: u32 = 9;

pub(super) enum Token<'a> {
    /// A node begins, with this name.
    Begin(&'a [u8]),
    Property(Property<'a>),
    /// The innermost node ends.
    EndNode,
    /// The tree ends.
    End,
}

/// A property of a [`Node`](super::Node): a name, and bytes whose meaning depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Property<'a> {
    /// ASCII in any tree that dtc made.
    pub name: &'a [u8],
    /// Empty for one that says yes by being there.
    pub value: &'a [u8],
}

impl<'a> Property<'a> {
    /// The strings of the value, each ended by a NUL: `compatible` has several.
    /// The last may lack it.
    pub fn strings(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let value = self.value.strip_suffix(b"\0").unwrap_or(self.value);
        let strings = (!self.value.is_empty()).then(|| value.split(|&byte| byte == 0));
        strings.into_iter().flatten()
    }

    /// The value up to its first NUL, as a program that takes it for a string
    /// has it.
    #[must_use]
    pub fn string(&self) -> &'a [u8] {
        self.strings().next().unwrap_or_default()
    }
}

/// A place in the structure block.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    structure: &'a [u8],
    strings: &'a [u8],
    offset: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(structure: &'a [u8], strings: &'a [u8]) -> Self {
        Self {
            structure,
            strings,
            offset: 0,
        }
    }

    /// Where it is, from the beginning of the block.
    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    /// The token here, and moves behind it.
    pub(super) fn next(&mut self) -> Result<Token<'a>, StructureFlaw> {
        loop {
            return Ok(match self.word()? {
                NOP => continue,
                BEGIN_NODE => {
                    let name = terminated(self.rest()).ok_or(StructureFlaw::Cut)?;
                    self.skip(name.len() + 1)?;
                    Token::Begin(name)
                }
                PROPERTY => Token::Property(self.property()?),
                END_NODE => Token::EndNode,
                END => Token::End,
                other => return Err(StructureFlaw::Token(other)),
            });
        }
    }

    fn property(&mut self) -> Result<Property<'a>, StructureFlaw> {
        let length = self.word()? as usize;
        let name = self.word()? as usize;
        let value = self.rest().get(..length).ok_or(StructureFlaw::Cut)?;
        self.skip(length)?;
        // Few bytes of the name are looked at, so that many properties that
        // share a long one take no longer to read than others.
        let start = self.strings.get(name..).unwrap_or_default();
        let name = terminated(&start[..start.len().min(DEVICE_TREE_NAME_MAX + 1)])
            .ok_or(StructureFlaw::PropertyName)?;
        Ok(Property { name, value })
    }

    /// Moves behind the end of the node that this is in.
    pub(super) fn leave(&mut self) -> Result<(), StructureFlaw> {
        let mut depth = 1;
        while depth > 0 {
            match self.next()? {
                Token::Begin(_) => depth += 1,
                Token::EndNode => depth -= 1,
                Token::Property(_) => {}
                Token::End => return Err(StructureFlaw::NodeOpen),
            }
        }
        Ok(())
    }

    fn rest(&self) -> &'a [u8] {
        self.structure.get(self.offset..).unwrap_or_default()
    }

    fn word(&mut self) -> Result<u32, StructureFlaw> {
        let word = word(self.structure, self.offset).ok_or(StructureFlaw::Cut)?;
        self.offset += 4;
        Ok(word)
    }

    /// Moves by so many bytes that are there, and on to the next multiple of 4.
    fn skip(&mut self, length: usize) -> Result<(), StructureFlaw> {
        let end = (self.offset + length).next_multiple_of(4);
        if end > self.structure.len() {
            return Err(StructureFlaw::Cut);
        }
        self.offset = end;
        Ok(())
    }

    /// Goes through the whole tree, so that later reads find it well-formed.
    pub(super) fn check(mut self) -> Result<(), DeviceTreeError> {
        let mut state = State::default();
        loop {
            let offset = self.offset;
            let flaw = |flaw| DeviceTreeError::Structure { offset, flaw };
            let token = self.next().map_err(flaw)?;
            if state.enter(&token).map_err(flaw)? {
                return Ok(());
            }
        }
    }
}

impl fmt::Debug for Cursor<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Cursor")
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}

/// The text up to its NUL, if it has one.
fn terminated(bytes: &[u8]) -> Option<&[u8]> {
    let end = bytes.iter().position(|&byte| byte == 0)?;
    Some(&bytes[..end])
}

#[derive(Default)]
struct State {
    depth: usize,
    roots: usize,
    /// A child of the node has ended.
    after_child: bool,
}

impl State {
    /// Whether this was the end of the tree.
    fn enter(&mut self, token: &Token<'_>) -> Result<bool, StructureFlaw> {
        match token {
            Token::Begin(_) => {
                self.roots += usize::from(self.depth == 0);
                if self.roots > 1 {
                    return Err(StructureFlaw::Root);
                }
                self.depth += 1;
                if self.depth > DEVICE_TREE_DEPTH_MAX {
                    return Err(StructureFlaw::Depth);
                }
                self.after_child = false;
            }
            Token::Property(_) if self.depth == 0 || self.after_child => {
                return Err(StructureFlaw::PropertyPlace);
            }
            Token::Property(_) => {}
            Token::EndNode => {
                self.depth = self.depth.checked_sub(1).ok_or(StructureFlaw::NodeEnd)?;
                self.after_child = true;
            }
            Token::End if self.depth > 0 => return Err(StructureFlaw::NodeOpen),
            Token::End if self.roots == 0 => return Err(StructureFlaw::Root),
            Token::End => return Ok(true),
        }
        Ok(false)
    }
}
