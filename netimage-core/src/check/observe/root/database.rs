//! Reads what a check has to know of the Nix database, without SQL.

use std::path::Path;

use super::RootReader;
use crate::check::facts::{DATABASE, DatabaseSurvey, Standing};
use crate::fs::{Found, FsError, read_up_to};

/// What lies beside a database that is open. Where Nix does without WAL it
/// leaves an empty journal, and where it has it an empty WAL.
const JOURNALS: [&str; 2] = ["db.sqlite-journal", "db.sqlite-wal"];

/// How a database begins ("The Database Header",
/// <https://www.sqlite.org/fileformat2.html>).
const MAGIC: &[u8] = b"SQLite format 3\0";

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
        if let Found::File(file, _) = self.root.find(path)? {
            let header = read_up_to(file, MAGIC.len() as u64, &self.root.path().join(path))?;
            if header != MAGIC {
                survey
                    .faults
                    .push("it is not a database of SQLite 3".to_owned());
            }
        }
        for name in JOURNALS {
            match self.root.find(&path.with_file_name(name))? {
                Found::File(_, 0) | Found::Nothing => {}
                _ => survey.remains.push(format!("{name} lies beside it")),
            }
        }
        Ok(survey)
    }
}
