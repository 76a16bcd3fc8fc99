//! The registration dump that `nix-store --load-db` reads.
//!
//! Source: Nix, `decodeValidPathInfo` and `makeValidityRegistration`; the rules
//! that the manual leaves out were measured and stand in `docs/formats.md`.

use std::error::Error;
use std::fmt;
use std::io::{self, BufRead, Read};

use super::path_info::Interner;
use super::{Closure, PathInfo};
use crate::explanation::{Explain, Explanation};
use crate::store::{NarHashError, StoreDir, StorePathError};

/// Prints a closure as `nix-store --dump-db` would: by base name, NAR hashes
/// in base 16.
///
/// For each path one line each: the path, its NAR hash, its NAR size, its
/// deriver or nothing, the number of its references, each reference.
#[derive(Debug, Clone, Copy)]
pub struct Registration<'closure>(&'closure Closure);

/// Most bytes of a line: those of the longest path that Linux has, and more.
const LINE_LENGTH_MAX: u64 = 8192;

/// Where and why a registration dump would not load.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.explain())]
pub struct RegistrationError {
    /// The line, from 1.
    pub line: usize,
    problem: String,
    #[source]
    cause: Cause,
}

impl Explain for RegistrationError {
    fn explain(&self) -> Explanation {
        let Self { line, problem, .. } = self;
        Explanation::new(
            format!("line {line} of the registration {problem}"),
            "make it again",
        )
    }
}

type Cause = Box<dyn Error + Send + Sync>;

/// What is wrong with a line, and why.
struct LineProblem(String, Cause);

impl LineProblem {
    fn new(problem: impl Into<String>, cause: impl Into<Cause>) -> Self {
        Self(problem.into(), cause.into())
    }

    fn path(cause: StorePathError) -> Self {
        Self::new("is not a store path", cause)
    }

    fn read(cause: io::Error) -> Self {
        Self::new("cannot be read", cause)
    }
}

impl<'closure> Registration<'closure> {
    /// The registration of a closure.
    #[must_use]
    pub const fn new(closure: &'closure Closure) -> Self {
        Self(closure)
    }
}

impl fmt::Display for Registration<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let store_dir = self.0.store_dir();
        let mut paths: Vec<_> = self.0.paths().iter().collect();
        paths.sort_unstable_by_key(|info| &info.path);
        for info in paths {
            writeln!(formatter, "{store_dir}/{}", info.path)?;
            writeln!(formatter, "{}", info.nar_hash.to_base16())?;
            writeln!(formatter, "{}", info.nar_size)?;
            match &info.deriver {
                Some(deriver) => writeln!(formatter, "{store_dir}/{deriver}")?,
                None => writeln!(formatter)?,
            }
            writeln!(formatter, "{}", info.references.len())?;
            for reference in &info.references {
                writeln!(formatter, "{store_dir}/{reference}")?;
            }
        }
        Ok(())
    }
}

/// Reads a registration dump: that of `nix-store --dump-db`, of `closureInfo`,
/// or of an image.
///
/// As strict as `nix-store --load-db`: no blank lines between entries, a line
/// feed at the end. Whether references are complete is for [`Closure::new`].
///
/// # Errors
///
/// [`RegistrationError`] with the line.
pub fn parse_registration(
    text: impl BufRead,
    store_dir: &StoreDir,
) -> Result<Vec<PathInfo>, RegistrationError> {
    let mut lines = Lines {
        text,
        buffer: Vec::new(),
        line: 0,
    };
    let mut interner = Interner::new(store_dir);
    let mut infos = Vec::new();
    while !lines.at_end()? {
        let path = lines.parse(|line| interner.parse(line).map_err(LineProblem::path))?;
        let nar_hash = lines.parse(|line| {
            line.parse()
                .map_err(|cause: NarHashError| LineProblem::new("is not a NAR hash", cause))
        })?;
        let nar_size = lines.number()?;
        let deriver = lines.parse(|line| {
            let deriver = (!line.is_empty()).then(|| interner.parse(line));
            deriver.transpose().map_err(LineProblem::path)
        })?;
        let references = (0..lines.number()?)
            .map(|_| lines.parse(|line| interner.parse(line).map_err(LineProblem::path)))
            .collect::<Result<_, _>>()?;
        infos.push(
            PathInfo::new(path, nar_hash, nar_size)
                .with_references(references)
                .with_deriver(deriver),
        );
    }
    Ok(infos)
}

struct Lines<R> {
    text: R,
    buffer: Vec<u8>,
    line: usize,
}

impl<R: BufRead> Lines<R> {
    fn at_end(&mut self) -> Result<bool, RegistrationError> {
        match self.text.fill_buf() {
            Ok(bytes) => Ok(bytes.is_empty()),
            Err(error) => Err(self.error(LineProblem::read(error))),
        }
    }

    fn parse<T>(
        &mut self,
        read: impl FnOnce(&str) -> Result<T, LineProblem>,
    ) -> Result<T, RegistrationError> {
        self.line += 1;
        self.next()
            .and_then(read)
            .map_err(|problem| self.error(problem))
    }

    fn error(&self, LineProblem(problem, cause): LineProblem) -> RegistrationError {
        RegistrationError {
            line: self.line,
            problem,
            cause,
        }
    }

    fn next(&mut self) -> Result<&str, LineProblem> {
        self.buffer.clear();
        // No line of a registration is longer than a path can be.
        let mut limited = self.text.by_ref().take(LINE_LENGTH_MAX);
        limited
            .read_until(b'\n', &mut self.buffer)
            .map_err(LineProblem::read)?;
        let line = self.buffer.strip_suffix(b"\n").ok_or_else(|| {
            let cause = "the file must end after an entry, with a line feed";
            LineProblem::new("is cut short", cause)
        })?;
        if line.ends_with(b"\r") {
            let cause = "lines must end in a line feed alone";
            return Err(LineProblem::new("ends in a carriage return", cause));
        }
        str::from_utf8(line).map_err(|_| LineProblem::new("is not text", "registrations are ASCII"))
    }

    fn number(&mut self) -> Result<u64, RegistrationError> {
        self.parse(|line| {
            let digits = line.bytes().all(|byte| byte.is_ascii_digit());
            let number = digits.then(|| line.parse().ok()).flatten();
            number.ok_or_else(|| {
                let problem = format!("has {line:?} where a number belongs");
                LineProblem::new(problem, "it must be a decimal number")
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::closure::tests::{info, path};
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<Vec<PathInfo>, RegistrationError> {
        parse_registration(text.as_bytes(), &StoreDir::default())
    }

    fn print() -> String {
        let derived = info(2, &[1, 2]).with_deriver(Some(path(9)));
        let closure = Closure::new(StoreDir::default(), [derived, info(1, &[])], []).unwrap();
        Registration::new(&closure).to_string()
    }

    #[test]
    fn what_is_printed_reads_back() {
        let infos = parse(&print()).unwrap();
        assert_eq!(infos[0], info(1, &[]));
        assert_eq!(infos[1].deriver, Some(path(9)));
        let closure = Closure::new(StoreDir::default(), infos, []).unwrap();
        assert_eq!(Registration::new(&closure).to_string(), print());
    }

    #[test]
    fn what_nix_would_not_load_is_an_error_with_its_line() {
        let text = print();
        for (bad, line) in [
            (text.trim_end().to_owned(), 12),
            (format!("{text}\n"), 13),
            (format!("\n{text}"), 1),
            (text.replace('\n', "\r\n"), 1),
            (text.replacen("100", "+100", 1), 3),
            (text.replacen("0707", "07", 1), 2),
            (text.replacen("\n2\n", "\n3\n", 1), 13),
        ] {
            assert_eq!(parse(&bad).unwrap_err().line, line, "{bad}");
        }
        assert!(parse("").unwrap().is_empty());
    }

    #[test]
    fn a_huge_count_costs_nothing() {
        let text = print().replacen("\n0\n", "\n18446744073709551615\n", 1);
        assert!(parse(&text).is_err());
    }

    proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse_registration(&*bytes, &StoreDir::default());
        }

        #[test]
        fn a_changed_byte_never_panics(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = print().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = parse_registration(&*bytes, &StoreDir::default());
        }
    }
}
