//! How far a boot came, where all that is known is what was sent.

use std::path::Path;

use serde::Serialize;

use super::causes::files as causes;
use super::diagnosis::{BootDiagnosis, BootStage};
use super::finding::Cause;
use super::logs::Logs;
use super::served::Served;
use crate::boot::requests::{BootFiles, Purpose};
use crate::check::Severity;
use crate::depot::{Boot, BootNames, Machine, SentFile, layout};

/// How far a boot of a machine came, by the files that it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Account {
    /// How many files it was sent.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The seconds from the first of them to the last.
    pub seconds: u64,
    /// The last of them, below the machine's directory.
    pub sent_files: Vec<SentFile>,
    /// How far it came.
    pub stage: BootStage,
    /// The file that it would have loaded next, below the machine's directory, by what is
    /// served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Why it came no further, as far as that tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
}

impl Account {
    /// Of a boot, read as a log is. `names` are those of the generation that it got, and
    /// `files` what the TFTP server had for it then.
    #[must_use]
    pub fn of(
        machine: &Machine,
        boot: &Boot,
        names: Option<&BootNames>,
        files: &dyn BootFiles,
    ) -> Self {
        let needed = Needed::of(boot, names);
        let told = read(machine, boot, &needed, files);
        let own = format!("{}/", machine.tftp_directory().unwrap_or_default());
        let short = |name: &str| name.strip_prefix(&*own).unwrap_or(name).to_owned();
        let next = told.as_ref().and_then(|told| told.next.as_deref());
        let is_bad = |cause: &&Cause| cause.severity > Severity::Note;
        let cause = told
            .as_ref()
            .and_then(|told| told.findings.iter().find(is_bad));
        let span = boot.sent.zip(boot.began);
        Self {
            files: boot.files,
            bytes: boot.bytes,
            seconds: span.map_or(0, |(sent, began)| sent.since(began)),
            sent_files: boot.sent_files.clone(),
            stage: told.as_ref().map_or(BootStage::Seen, |told| told.stage),
            // Where nobody knows which board it is, there is what any board needs.
            next: next.map(short).or_else(|| needed.missing(boot)),
            cause: cause.map(|cause| as_sent(cause.clone(), boot)),
        }
    }
}

/// What a log of these files would come to.
fn read(
    machine: &Machine,
    boot: &Boot,
    needed: &Needed<'_>,
    files: &dyn BootFiles,
) -> Option<BootDiagnosis> {
    let own = machine.tftp_directory().unwrap_or_default();
    let mut logs = Logs::default();
    for file in &boot.sent_files {
        let name = format!("{own}/{}", file.name);
        logs.take_sent(machine.address, &name, file.size, needed.purpose(file));
    }
    let diagnosis = logs.diagnose(Some(Served {
        files,
        is_of_one_board: false,
        machine: Some(machine),
    }));
    diagnosis.boards.into_iter().next()?.boots.pop()
}

/// The files of a generation that any board starts with.
struct Needed<'a> {
    directory: String,
    files: Vec<(Purpose, &'a Path)>,
}

impl<'a> Needed<'a> {
    fn of(boot: &Boot, names: Option<&'a BootNames>) -> Self {
        let directory = boot.generation.map(layout::boot_directory);
        let files = names.map(|names| {
            [
                (Purpose::CommandLine, names.command_line.as_path()),
                (Purpose::Kernel, names.kernel.as_path()),
            ]
        });
        Self {
            directory: directory.unwrap_or_default(),
            files: files.into_iter().flatten().collect(),
        }
    }

    /// Whether it is this one. A board without `os_prefix` gets it beside `config.txt`.
    fn is(&self, file: &SentFile, needed: &Path) -> bool {
        let name = Path::new(&file.name);
        name.strip_prefix(&self.directory).unwrap_or(name) == needed
    }

    fn purpose(&self, file: &SentFile) -> Option<Purpose> {
        let mut files = self.files.iter();
        files.find_map(|(purpose, needed)| self.is(file, needed).then_some(*purpose))
    }

    /// The first that was not sent, of a boot without a kernel.
    fn missing(&self, boot: &Boot) -> Option<String> {
        let was_sent = |needed: &Path| boot.sent_files.iter().any(|file| self.is(file, needed));
        let mut files = self.files.iter().filter(|_| boot.kernel.is_none());
        let (_, missing) = files.find(|(_, needed)| !was_sent(needed))?;
        Some(
            Path::new(&self.directory)
                .join(missing)
                .display()
                .to_string(),
        )
    }
}

/// A cause, without what only a log could tell: that the board asked for nothing more.
fn as_sent(mut cause: Cause, boot: &Boot) -> Cause {
    let ends = [
        &causes::BOOTCODE_STUCK,
        &causes::FIRMWARE_STUCK,
        &causes::STOPPED,
    ];
    if let Some(last) = boot.sent_files.last()
        && ends.iter().any(|end| end.code == cause.cause.code)
    {
        cause.problem = format!("nothing came to the board whole after {}", last.name);
        cause.or.clear();
        return cause.or(
            "it asked for more",
            "the TFTP server's log has what was missing, or broken off",
        );
    }
    cause
}
