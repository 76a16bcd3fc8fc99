//! `config.txt`, which the firmware reads before any kernel.
//!
//! Format and rules: Raspberry Pi documentation, "config.txt" (file format,
//! conditional filters, boot options, Device Trees), and the formats and names
//! in `start4.elf` of Debian's raspi-firmware.

mod boot_config;
mod conditions;
mod filter;
mod keys;
mod line;
mod mistake;
mod number;
mod overlay;
mod position;
mod walk;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use boot_config::{BootConfig, Reader};
pub use conditions::Conditions;
pub use filter::Filter;
pub use line::{Initramfs, Placement, Setting, Statement};
pub use mistake::{Mistake, MistakeKind};
pub use overlay::{Overlay, Parameter};
pub use position::{Located, Position};
pub use walk::{Included, Provider};

/// Bytes of a file that are read. With this many, a file takes up to about
/// 4 MiB of memory.
pub const LENGTH_MAX: usize = 64 * 1024;

/// Bytes of a file that are in force on a Pi 3 or 4 that boots from a network
/// (raspberrypi/firmware#1575, #1012). Of a setting that is not whole within them
/// nothing is.
pub const REACH: usize = 4096;

/// Characters of a line that the firmware reads; the rest is ignored
/// (raspberrypi/firmware#1669; it was 78 before).
pub const LINE_LENGTH_MAX: usize = 98;

/// Characters of a file name after `include` or `initramfs` that the firmware
/// reads.
pub const NAME_LENGTH_MAX: usize = 64;

/// Problems of a file with a NUL that are told; with more it is no text at all.
const MISTAKES_OF_TEXT: usize = 10;

/// Problems of one file that are told.
const MISTAKES_MAX: usize = 100;

/// A configuration file: what each line says.
///
/// Any bytes are one; what the firmware would not understand is among the
/// [`mistakes`](Self::mistakes).
///
/// ```
/// use netimage_core::boot::Board;
/// use netimage_core::boot::config_txt::{ConfigTxt, Conditions, Reader};
///
/// let file = ConfigTxt::parse("config.txt", b"[pi4]\nkernel=linux.img\n[pi5]\nkernel=other.img\n");
/// let config = file.evaluate(Conditions::of(Board::Rpi400), Reader::Loader);
/// let kernel = config.kernel.ok_or("no kernel")?;
/// assert_eq!(kernel.value, "linux.img");
/// assert_eq!(kernel.at.to_string(), "config.txt:2");
/// # Ok::<(), &str>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigTxt {
    name: Arc<str>,
    lines: Vec<Statement>,
    /// The number of lines that end within [`REACH`].
    reached: usize,
    mistakes: Vec<Mistake>,
}

/// The byte that ends lines: a line feed, or a carriage return if the file has only
/// those.
fn line_end(text: &[u8]) -> u8 {
    let body = text.strip_suffix(b"\r").unwrap_or(text);
    if body.contains(&b'\r') && !text.contains(&b'\n') {
        b'\r'
    } else {
        b'\n'
    }
}

/// Whether the part of a line may be this where the whole is not.
fn follows_from_cut(kind: &MistakeKind) -> bool {
    matches!(
        kind,
        MistakeKind::UnknownKey(_)
            | MistakeKind::UnknownFilter(_)
            | MistakeKind::NotAStatement(_)
            | MistakeKind::NotANumber { .. }
    )
}

impl ConfigTxt {
    /// Reads a file of this name, of which only the first [`LENGTH_MAX`] bytes
    /// count.
    #[must_use]
    pub fn parse(name: &str, bytes: &[u8]) -> Self {
        let mut file = Self {
            name: name.into(),
            lines: Vec::new(),
            reached: 0,
            mistakes: Vec::new(),
        };
        let text = &bytes[..bytes.len().min(LENGTH_MAX)];
        let end = line_end(text);
        if end != b'\n' {
            file.report(1, MistakeKind::CarriageReturns);
        }
        let body = text.strip_suffix(&[end]).unwrap_or(text);
        // The end of a line may lie beyond what is read.
        let ends = text.iter().take(REACH + 1).filter(|byte| **byte == end);
        file.reached = if text.len() > REACH {
            ends.count()
        } else {
            usize::MAX
        };
        // No line at all is one empty line of `split`.
        let lines = body.split(|byte| *byte == end);
        for (at, line) in lines.enumerate().take_while(|_| !text.is_empty()) {
            let mut found = Vec::new();
            file.lines
                .push(line::read(line, &mut |kind| found.push(kind)));
            // A line that is cut off looks wrong in other ways because of that.
            let is_too_long = |kind: &MistakeKind| matches!(kind, MistakeKind::LineTooLong { .. });
            if found.iter().any(is_too_long) {
                found.retain(|kind| !follows_from_cut(kind));
            }
            for kind in found {
                file.report(at + 1, kind);
            }
        }
        // Of the last line only a part was read.
        if bytes.len() > LENGTH_MAX && !text.ends_with(b"\n") {
            let last = file.lines.len();
            file.mistakes.retain(|mistake| mistake.at.line != last);
        }
        if let Some(at) = text.iter().position(|byte| *byte == 0) {
            let line = text[..at].split(|byte| *byte == b'\n').count();
            if file.mistakes.len() > MISTAKES_OF_TEXT {
                file.mistakes.clear();
            }
            file.report(line, MistakeKind::NotText);
        }
        if bytes.len() > LENGTH_MAX {
            file.report(file.lines.len(), MistakeKind::FileTooLong);
        }
        file
    }

    fn report(&mut self, line: usize, kind: MistakeKind) {
        let kind = match self.mistakes.len() {
            MISTAKES_MAX => MistakeKind::TooMany,
            length if length > MISTAKES_MAX => return,
            _ => kind,
        };
        let file = Arc::clone(&self.name);
        let at = Position { file, line };
        self.mistakes.push(Mistake { at, kind });
    }

    /// The name that it was read by.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What each line says, with its number.
    pub fn statements(&self) -> impl Iterator<Item = (usize, &Statement)> {
        self.lines
            .iter()
            .enumerate()
            .map(|(at, line)| (at + 1, line))
    }

    /// What is wrong with its lines, whatever the board.
    #[must_use]
    pub fn mistakes(&self) -> &[Mistake] {
        &self.mistakes
    }
}
