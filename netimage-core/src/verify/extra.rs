//! Finds what is in a directory of an image and should not be.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::io::Errno;

use super::discrepancy::{Discrepancy, DiscrepancyKind};
use crate::fs::{Enclosed, FsError, entries};
use crate::progress::Observer;

/// Most names of one directory that are told, the first in byte order; of the
/// others, how many there are.
const TOLD_MAX: usize = 100;

/// The names in a directory that are not `ours`. Whatever is in them is not
/// looked at.
pub(super) fn extra(
    tree: &Enclosed,
    directory: &Path,
    is_ours: impl Fn(&OsStr) -> bool,
    observer: &dyn Observer,
) -> Result<Vec<Discrepancy>, FsError> {
    let mut names = Told::default();
    let mut read = || {
        for entry in entries(tree.open_directory(directory)?)? {
            let (name, _) = entry?;
            let name = OsStr::from_bytes(name.to_bytes());
            if !is_ours(name) {
                names.add(name);
            }
            if observer.is_cancelled() {
                break;
            }
        }
        Ok::<(), Errno>(())
    };
    let listed = read();
    if observer.is_cancelled() {
        return Err(FsError::Cancelled);
    }
    let mut findings: Vec<_> = names
        .first
        .iter()
        .map(|name| Discrepancy::new(directory.join(name), DiscrepancyKind::Extra))
        .collect();
    if names.more > 0 {
        let problem = DiscrepancyKind::MoreExtra { count: names.more };
        findings.push(Discrepancy::new(directory.to_owned(), problem));
    }
    if let Err(error) = listed {
        let problem = DiscrepancyKind::unreadable(&error.into());
        findings.push(Discrepancy::new(directory.to_owned(), problem));
    }
    Ok(findings)
}

/// The first names of many, in byte order.
#[derive(Default)]
struct Told {
    first: BTreeSet<OsString>,
    more: u64,
}

impl Told {
    fn add(&mut self, name: &OsStr) {
        if self.first.len() < TOLD_MAX {
            self.first.insert(name.to_owned());
            return;
        }
        self.more += 1;
        if self.first.last().is_some_and(|last| name < last) {
            self.first.pop_last();
            self.first.insert(name.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_are_told_whatever_their_order(
            numbers in proptest::collection::hash_set(any::<u16>(), 0..400),
        ) {
            let names: BTreeSet<OsString> =
                numbers.iter().map(|number| number.to_string().into()).collect();
            let mut told = Told::default();
            for number in &numbers {
                told.add(OsStr::new(&number.to_string()));
            }
            prop_assert_eq!(told.more, names.len().saturating_sub(TOLD_MAX) as u64);
            let first: BTreeSet<_> = names.into_iter().take(TOLD_MAX).collect();
            prop_assert_eq!(told.first, first);
        }
    }
}
