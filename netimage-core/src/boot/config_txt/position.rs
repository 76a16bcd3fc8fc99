//! Where something stands.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// A line of a configuration file, printed like `config.txt:12`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The name of the file, as it was asked for.
    pub file: Arc<str>,
    /// The number of the line, from 1.
    pub line: usize,
}

/// Something, and the line that says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Located<T> {
    /// What is said.
    pub value: T,
    /// Where.
    pub at: Position,
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.file, self.line)
    }
}

impl Serialize for Position {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
