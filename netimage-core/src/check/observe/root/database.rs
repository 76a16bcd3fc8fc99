//! Reads what a check has to know of the Nix database, without SQL.

use std::path::Path;

use super::RootReader;
use crate::check::facts::{DATABASE, DatabaseSurvey, Standing};
use crate::fs::{Found, FsError, read_up_to};

const SCHEMA: &str = "nix/var/nix/db/schema";

/// What lies beside a database that is open. Where Nix does without WAL it
/// leaves an empty journal, and where it has it an empty WAL.
const JOURNALS: [&str; 2] = ["db.sqlite-journal", "db.sqlite-wal"];

/// Bytes of the header.
const HEADER: u64 = 100;

/// Most bytes of the number in `schema` that are read.
const SCHEMA_MAX: u64 = 64;

impl RootReader<'_> {
    pub(super) fn read_database(&self) -> Result<DatabaseSurvey, FsError> {
        let mut survey = DatabaseSurvey::default();
        let path = Path::new(DATABASE);
        match self.standing(path)? {
            Standing::Absent => return Ok(survey),
            Standing::Dangling => survey.faults.push("it is a link to nothing".to_owned()),
            Standing::Other(kind) => survey.faults.push(format!("it is {kind}")),
            Standing::File => {}
        }
        if let Found::File(file, size) = self.root.find(path)? {
            let header = read_up_to(file, HEADER, &self.root.path().join(path))?;
            match look(&header, size) {
                Look::Clean => {}
                Look::Odd(why) => survey.remains.push(why),
                Look::Broken(why) => survey.faults.push(why),
            }
        }
        for name in JOURNALS {
            match self.root.find(&path.with_file_name(name))? {
                Found::File(_, 0) | Found::Nothing => {}
                _ => survey.remains.push(format!("{name} lies beside it")),
            }
        }
        self.read_schema(&mut survey)?;
        Ok(survey)
    }

    fn read_schema(&self, survey: &mut DatabaseSurvey) -> Result<(), FsError> {
        let path = Path::new(SCHEMA);
        match self.standing(path)? {
            Standing::File => {
                let text = self.root.read(path, SCHEMA_MAX)?.unwrap_or_default();
                if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
                    let fault = "schema beside it is not a number".to_owned();
                    survey.faults.push(fault);
                }
            }
            Standing::Other(kind) => survey.faults.push(format!("schema beside it is {kind}")),
            // Nix takes it for a new one, and writes what it lacks.
            Standing::Absent | Standing::Dangling => {
                survey
                    .remains
                    .push("schema does not lie beside it".to_owned());
            }
        }
        Ok(())
    }
}

/// What the beginning of a database says of the rest.
#[derive(Debug, PartialEq, Eq)]
enum Look {
    Clean,
    /// It can be opened all the same.
    Odd(String),
    Broken(String),
}

/// Looks at the header of a database and its size ("The Database Header",
/// <https://www.sqlite.org/fileformat2.html>).
fn look(header: &[u8], size: u64) -> Look {
    let broken = |why: &str| Look::Broken(why.to_owned());
    if size == 0 {
        return broken("it is empty");
    }
    let Some(header) = header.first_chunk::<100>() else {
        return broken("it is shorter than the header of a database");
    };
    if !header.starts_with(b"SQLite format 3\0") {
        return broken("it is not a database of SQLite 3");
    }
    let word = |at: usize| u32::from_be_bytes([0, 1, 2, 3].map(|byte| header[at + byte]));
    let page = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65536,
        other => u64::from(other),
    };
    if page < 512 || !page.is_power_of_two() {
        return broken("its pages have a size that there is not");
    }
    // The number of pages counts only if it was written with the last change.
    let (pages, changes, counted_at) = (u64::from(word(28)), word(24), word(92));
    let is_counted = pages > 0 && changes == counted_at;
    let expected = pages * page;
    if is_counted && size < expected {
        return Look::Broken(format!("it has {size} of its {expected} bytes"));
    }
    if size < page {
        return Look::Broken(format!("it has {size} bytes of its first page of {page}"));
    }
    if (is_counted && size > expected) || !size.is_multiple_of(page) {
        return Look::Odd(format!("it has {size} bytes, which are not its pages"));
    }
    Look::Clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn header(page: u16, pages: u32, counters: (u32, u32)) -> Vec<u8> {
        let mut header = b"SQLite format 3\0".to_vec();
        header.extend(page.to_be_bytes());
        header.resize(24, 0);
        header.extend(counters.0.to_be_bytes());
        header.extend(pages.to_be_bytes());
        header.resize(92, 0);
        header.extend(counters.1.to_be_bytes());
        header.resize(100, 0);
        header
    }

    #[test]
    fn a_database_has_its_pages() {
        let whole = header(4096, 3, (7, 7));
        assert_eq!(look(&whole, 3 * 4096), Look::Clean);
        assert_eq!(look(&header(1, 2, (7, 7)), 2 << 16), Look::Clean);
        // Written by a SQLite before 3.7, which did not count.
        assert_eq!(look(&header(4096, 9, (7, 6)), 3 * 4096), Look::Clean);
        assert_eq!(look(&header(4096, 0, (7, 7)), 4096), Look::Clean);
        for size in [3 * 4096 + 1, 4 * 4096] {
            assert!(matches!(look(&whole, size), Look::Odd(_)), "{size}");
        }
        for (header, size) in [
            (&whole[..], 3 * 4096 - 1),
            (&whole[..], 0),
            (&whole[..99], 99),
            (&header(4096, 9, (7, 6))[..], 4095),
            (&header(4095, 1, (7, 7))[..], 4095),
            (&header(0, 1, (7, 7))[..], 4096),
            (&[0; 100][..], 4096),
        ] {
            assert!(matches!(look(header, size), Look::Broken(_)), "{size}");
        }
    }

    proptest! {
        #[test]
        fn any_header_is_looked_at(
            bytes in proptest::collection::vec(any::<u8>(), 0..120), size: u64,
        ) {
            let _ = look(&bytes, size);
            let _ = look(&[b"SQLite format 3\0", &bytes[..]].concat(), size);
        }
    }
}
