//! What a board got, in a sentence, where all that is known is what was sent to it.

use std::collections::BTreeSet;
use std::fmt;

use super::name::Name;
use crate::boot::requests::{Need, Purpose, Request};

/// A file that a server sent whole.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SentFile {
    /// Its name, as the server calls it.
    pub name: String,
    /// When it was sent, in seconds of the server's clock.
    pub at: u64,
    /// Its bytes.
    pub size: u64,
}

impl SentFile {
    /// A file that was sent whole.
    pub fn new(name: impl Into<String>, at: u64, size: u64) -> Self {
        let name = name.into();
        Self { name, at, size }
    }
}

/// How far a boot came, by the files that were sent: "it got config.txt and vmlinuz,
/// never initrd". The reason of a generation that did not come up.
///
/// ```
/// use netimage_core::diagnose::{Account, SentFile};
///
/// let sent = [SentFile::new("1234abcd/config.txt", 7, 400)];
/// let account = Account::of(&sent, &["1234abcd/config.txt", "1234abcd/g2/kernel"]);
/// assert_eq!(account.to_string(), "it got config.txt, never g2/kernel");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// The files that it got, in order, each once.
    pub got: Vec<String>,
    /// The files that it has to get and did not, in order.
    pub lacking: Vec<String>,
    /// The bytes of all that was sent.
    pub bytes: u64,
    /// The seconds from the first file to the last.
    pub seconds: u64,
}

impl Account {
    /// Of what was sent in one boot, and of what a board has to get to start its kernel,
    /// by the same names. A directory that all of them are in is left out.
    #[must_use]
    pub fn of(sent: &[SentFile], expected: &[&str]) -> Self {
        let sent_names = sent.iter().map(|file| file.name.as_str());
        let own = common_directory(&sent_names.clone().chain(expected.iter().copied()));
        let mut seen = BTreeSet::new();
        let short = |name: &str| name.get(own..).unwrap_or(name).to_owned();
        let got = sent_names.filter(|name| seen.insert(*name)).map(short);
        let got = got.collect();
        let lacking = expected.iter().filter(|name| !seen.contains(**name));
        let at = || sent.iter().map(|file| file.at);
        Self {
            got,
            lacking: lacking.map(|name| short(name)).collect(),
            bytes: sent
                .iter()
                .map(|file| file.size)
                .fold(0, u64::saturating_add),
            seconds: at().max().unwrap_or(0) - at().min().unwrap_or(0),
        }
    }

    /// The files that a board loads and needs, of those that it asks for: what
    /// [`of`](Self::of) has to be told.
    #[must_use]
    pub fn expected(asked: &[Request]) -> Vec<&str> {
        let is_loaded = |request: &&Request| {
            let is_there = request.loads && request.size.is_some();
            is_there
                && (request.need == Need::Needed
                    || matches!(request.purpose, Purpose::Initramfs | Purpose::Config))
        };
        let mut seen = BTreeSet::new();
        let names = asked.iter().filter(is_loaded);
        names
            .map(|request| request.name.as_str())
            .filter(|name| seen.insert(*name))
            .collect()
    }
}

impl fmt::Display for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.got.is_empty() {
            return formatter.write_str("it asked for nothing, or got nothing whole");
        }
        write!(formatter, "it got {}", list(&self.got))?;
        if !self.lacking.is_empty() {
            return write!(formatter, ", never {}", list(&self.lacking));
        }
        formatter.write_str(", all that it starts with, and did not say that it is up")
    }
}

/// The bytes of the directory that all names are in.
fn common_directory<'a>(names: &(impl Iterator<Item = &'a str> + Clone)) -> usize {
    let Some(first) = names.clone().next() else {
        return 0;
    };
    let name = Name::new(first);
    let mut directory = name.directory();
    while !names.clone().all(|name| name.starts_with(directory)) {
        let parent = directory.trim_end_matches('/');
        directory = &parent[..parent.rfind('/').map_or(0, |slash| slash + 1)];
    }
    directory.len()
}

/// Names for a sentence, some of them.
fn list(names: &[String]) -> String {
    const SHOWN: usize = 6;
    match names {
        [name] => name.clone(),
        [before @ .., last] if names.len() <= SHOWN => format!("{} and {last}", before.join(", ")),
        _ => {
            let more = names.len().saturating_sub(SHOWN);
            format!("{} and {more} more", names[..names.len() - more].join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boot::Board;
    use crate::boot::requests::{Prefix, Requests};
    use crate::tree::TargetName;
    use std::collections::BTreeMap;

    fn sent(names: &[&str]) -> Vec<SentFile> {
        let names = names.iter().zip(10..);
        names
            .map(|(name, at)| SentFile::new(format!("1234abcd/{name}"), at, 5))
            .collect()
    }

    #[test]
    fn a_sentence_says_how_far_it_came() {
        let expected = ["1234abcd/config.txt", "1234abcd/kernel", "1234abcd/initrd"];
        for (names, sentence) in [
            (&[][..], "it asked for nothing, or got nothing whole"),
            (
                &["config.txt", "config.txt", "kernel"],
                "it got config.txt and kernel, never initrd",
            ),
            (
                &["config.txt"],
                "it got config.txt, never kernel and initrd",
            ),
            (
                &["config.txt", "initrd", "kernel"],
                "it got config.txt, initrd and kernel, all that it starts with, and did not say that it is up",
            ),
            (
                &["a", "b", "c", "d", "e", "f", "g", "h"],
                "it got a, b, c, d, e, f and 2 more, never config.txt, kernel and initrd",
            ),
        ] {
            assert_eq!(Account::of(&sent(names), &expected).to_string(), sentence);
        }
        let account = Account::of(&sent(&["a", "b"]), &[]);
        assert_eq!((account.bytes, account.seconds), (10, 1));
    }

    #[test]
    fn what_is_expected_comes_from_the_simulation() {
        let names = [
            "config.txt",
            "start4.elf",
            "fixup4.dat",
            "bcm2711-rpi-4-b.dtb",
            "kernel8.img",
            "cmdline.txt",
        ];
        let files: BTreeMap<TargetName, Vec<u8>> = names
            .iter()
            .map(|name| (format!("1234abcd/{name}").parse().unwrap(), b"x".to_vec()))
            .collect();
        let prefix = Prefix::Serial("1234abcd".parse().unwrap());
        let requests = Requests::of(Board::Rpi4).prefix(&prefix).simulate(&files);
        let mut expected = Account::expected(&requests.asked);
        expected.sort_unstable();
        let mut all: Vec<_> = files.keys().map(ToString::to_string).collect();
        all.sort_unstable();
        assert_eq!(expected, all);
    }
}
