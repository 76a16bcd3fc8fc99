//! How far a boot came, where all that is known is what was sent.

use std::path::Path;

use serde::Serialize;

use super::causes::files as causes;
use super::diagnosis::BootStage;
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
        let own = machine.tftp_directory().unwrap_or_default();
        let directory = boot.generation.map(layout::boot_directory);
        let directory = directory.unwrap_or_default();
        let known = names.map(|names| {
            [
                (Purpose::CommandLine, &names.command_line),
                (Purpose::Kernel, &names.kernel),
            ]
        });
        // A board without `os_prefix` gets them beside `config.txt`.
        let is = |file: &SentFile, known: &Path| {
            let name = Path::new(&file.name);
            name.strip_prefix(&directory).unwrap_or(name) == known
        };
        let purpose = |file: &SentFile| {
            let mut known = known.into_iter().flatten();
            known.find_map(|(purpose, known)| is(file, known).then_some(purpose))
        };
        let was_sent = |known: &Path| boot.sent_files.iter().any(|file| is(file, known));
        let mut logs = Logs::default();
        for file in &boot.sent_files {
            let whole = SentFile {
                name: format!("{own}/{}", file.name),
                ..file.clone()
            };
            logs.take_sent(machine.address, &whole, purpose(file));
        }
        let diagnosis = logs.diagnose(Some(Served {
            files,
            is_of_one_board: false,
            machine: Some(machine),
        }));
        let told = diagnosis
            .boards
            .first()
            .and_then(|board| board.boots.last());
        let short = |name: &String| {
            let below = name.strip_prefix(&*own);
            below.map_or_else(|| name.clone(), |name| name[1..].to_owned())
        };
        // Where nobody knows which board it is, there is what any board needs.
        let needed = known.into_iter().flatten();
        let needed = needed.map(|(_, name)| name).find(|name| !was_sent(name));
        let needed = needed.map(|name| Path::new(&directory).join(name).display().to_string());
        let needed = needed.filter(|_| boot.kernel.is_none());
        let is_bad = |cause: &&Cause| cause.severity > Severity::Note;
        Self {
            files: boot.files,
            bytes: boot.bytes,
            seconds: boot
                .sent
                .zip(boot.began)
                .map_or(0, |(sent, began)| sent.since(began)),
            sent_files: boot.sent_files.clone(),
            stage: told.map_or(BootStage::Seen, |boot| boot.stage),
            next: told
                .and_then(|boot| boot.next.as_ref())
                .map(short)
                .or(needed),
            cause: told
                .and_then(|boot| boot.findings.iter().find(is_bad).cloned())
                .map(|cause| as_sent(cause, boot)),
        }
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
