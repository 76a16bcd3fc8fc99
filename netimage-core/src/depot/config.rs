//! The `config.txt` of a generation.

use std::fmt::Write as _;

use super::GenerationNumber;
use crate::boot::config_txt::{ConfigTxt, Position, Provider, REACH, Setting, Statement};

/// Files that may include each other in a row.
const DEPTH_MAX: usize = 8;

/// Settings that name files which `os_prefix` is put before, unless the name begins
/// with a slash (Raspberry Pi documentation, "config.txt", `os_prefix`).
const NAMES: [&str; 6] = [
    "kernel",
    "cmdline",
    "ramfsfile",
    "device_tree",
    "dtoverlay",
    "overlay_prefix",
];

/// Why no generation can be made of a `config.txt`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// It decides itself where the boot files are.
    #[error(
        "{at}: {key} says where the boot files are, and each generation has a directory of its own; remove the line"
    )]
    Elsewhere {
        /// Where it is.
        at: Position,
        /// The setting.
        key: String,
    },
    /// A name that no prefix is put before.
    #[error(
        "{at}: {name} begins with a slash, so that it is the same file in all generations; write it without"
    )]
    Absolute {
        /// Where it is.
        at: Position,
        /// The name.
        name: String,
    },
    /// An included file that is not there.
    #[error("{at}: there is no {name} to include; add it, or remove the line")]
    Missing {
        /// Where it is asked for.
        at: Position,
        /// Its name.
        name: String,
    },
    /// Files that include each other.
    #[error("{at}: {name} includes itself, or is too far down; include it elsewhere")]
    Loop {
        /// Where it is asked for.
        at: Position,
        /// Its name.
        name: String,
    },
    /// A file with filters that is itself included below a filter: it would count
    /// for other boards if its lines stood here.
    #[error(
        "{at}: {name} has filters and is included below one; put the include above all filters, or below [all]"
    )]
    Filtered {
        /// Where it is asked for.
        at: Position,
        /// Its name.
        name: String,
    },
    /// More than is read.
    #[error(
        "config.txt would have {0} bytes without its comments, of which a board reads {max} over TFTP; remove settings", max = REACH
    )]
    Length(usize),
}

/// The `config.txt` of a generation, by that of its image: everything is looked for
/// in the generation's own directory, and included files stand where they were
/// included, as boards take them from beside `config.txt`. Comments are left out.
///
/// # Errors
///
/// [`ConfigError`] for what cannot be one of several generations.
pub fn generation_config(
    number: GenerationNumber,
    config: &ConfigTxt,
    provider: &mut Provider<'_>,
) -> Result<String, ConfigError> {
    let mut writer = Writer {
        text: format!("[all]\nos_prefix=g{number}/\n"),
        is_filtered: false,
        provider,
    };
    writer.file(config, 0)?;
    match writer.text.len() {
        length if length > REACH => Err(ConfigError::Length(length)),
        _ => Ok(writer.text),
    }
}

/// The generation that a `config.txt` of [`generation_config`] names.
#[must_use]
pub fn named_generation(config: &[u8]) -> Option<GenerationNumber> {
    let rest = config.strip_prefix(b"[all]\nos_prefix=g")?;
    let end = rest.iter().position(|byte| *byte == b'/')?;
    str::from_utf8(rest.get(..end)?).ok()?.parse().ok()
}

struct Writer<'provider, 'files> {
    text: String,
    /// Whether a filter is in force.
    is_filtered: bool,
    provider: &'provider mut Provider<'files>,
}

impl Writer<'_, '_> {
    fn file(&mut self, file: &ConfigTxt, depth: usize) -> Result<(), ConfigError> {
        for (line, statement) in file.statements() {
            let at = || Position {
                file: file.name().into(),
                line,
            };
            match statement {
                Statement::Blank | Statement::Comment(_) | Statement::Other(_) => continue,
                Statement::Include(name) => {
                    self.include(name, &at, depth)?;
                    continue;
                }
                Statement::Filter(filter) => self.is_filtered = !filter.is_all(),
                Statement::Setting(setting) => check(setting, &at)?,
                Statement::Initramfs(initramfs) => {
                    for name in &initramfs.files {
                        check_name(name, &at)?;
                    }
                }
            }
            let _ = writeln!(self.text, "{statement}");
        }
        Ok(())
    }

    fn include(
        &mut self,
        name: &str,
        at: &dyn Fn() -> Position,
        depth: usize,
    ) -> Result<(), ConfigError> {
        let (at, name) = (at(), name.to_owned());
        if depth >= DEPTH_MAX {
            return Err(ConfigError::Loop { at, name });
        }
        let Some(bytes) = (self.provider)(&name) else {
            return Err(ConfigError::Missing { at, name });
        };
        let file = ConfigTxt::parse(&name, &bytes);
        let has_filters = |(_, statement): (usize, &Statement)| {
            matches!(statement, Statement::Filter(_) | Statement::Include(_))
        };
        if self.is_filtered && file.statements().any(has_filters) {
            return Err(ConfigError::Filtered { at, name });
        }
        self.file(&file, depth + 1)
    }
}

fn check(setting: &Setting, at: &dyn Fn() -> Position) -> Result<(), ConfigError> {
    match setting.key.as_str() {
        "os_prefix" | "boot_ramdisk" => Err(ConfigError::Elsewhere {
            at: at(),
            key: setting.key.clone(),
        }),
        key if NAMES.contains(&key) => check_name(&setting.value, at),
        _ => Ok(()),
    }
}

fn check_name(name: &str, at: &dyn Fn() -> Position) -> Result<(), ConfigError> {
    if name.starts_with('/') {
        return Err(ConfigError::Absolute {
            at: at(),
            name: name.to_owned(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::boot::Board;
    use crate::boot::config_txt::{BootConfig, Conditions, Reader};

    fn made(files: &[(&str, &str)]) -> Result<String, String> {
        let files: BTreeMap<_, _> = files.iter().copied().collect();
        let config = ConfigTxt::parse("config.txt", files["config.txt"].as_bytes());
        let mut provider = |name: &str| files.get(name).map(|text| text.as_bytes().to_vec());
        let number = GenerationNumber::FIRST.next();
        let text = generation_config(number, &config, &mut provider);
        let text = text.map_err(|error| error.to_string())?;
        assert_eq!(named_generation(text.as_bytes()), Some(number));
        Ok(text)
    }

    #[test]
    fn all_of_it_is_in_the_generations_directory() {
        let config = "# by hand\n[pi4]\nkernel = a.img\n\n[all]\ninclude more.txt\ninitramfs initrd followkernel\nnonsense\n";
        let text = made(&[
            ("config.txt", config),
            ("more.txt", "[pi5]\narm_boost=1 # fast\n[all]\n"),
        ]);
        assert_eq!(
            text.unwrap(),
            "[all]\nos_prefix=g2/\n[pi4]\nkernel = a.img\n[all]\n[pi5]\narm_boost=1 # fast\n[all]\n\
             initramfs initrd followkernel\n"
        );
    }

    #[test]
    fn others_name_no_generation() {
        for text in [
            "",
            "[all]\nos_prefix=g",
            "[all]\nos_prefix=g0/\n",
            "os_prefix=g1/\n",
        ] {
            assert_eq!(named_generation(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn what_cannot_be_one_of_several_is_refused() {
        let long = "gpio=1=op,dh\n".repeat(REACH / 13);
        for (config, told) in [
            ("os_prefix=next/\n", "config.txt:1: os_prefix says where"),
            (
                "\nboot_ramdisk=1\n",
                "config.txt:2: boot_ramdisk says where",
            ),
            ("kernel=/kernel8.img\n", "/kernel8.img begins with a slash"),
            ("initramfs a,/b followkernel\n", "/b begins with a slash"),
            ("include none.txt\n", "there is no none.txt"),
            ("include config.txt\n", "config.txt includes itself"),
            ("[pi4]\ninclude filtered.txt\n", "filtered.txt has filters"),
            (&long, "bytes without its comments"),
        ] {
            let error = made(&[
                ("config.txt", config),
                ("filtered.txt", "[all]\nkernel=a\n"),
            ]);
            let error = error.unwrap_err();
            assert!(error.contains(told), "{error}");
        }
        let comments = "# a comment\n".repeat(REACH);
        for config in [
            "kernel=kernel8.img\nos_check=0\n",
            "[all]\ninclude filtered.txt\n",
            "[pi4]\ninclude plain.txt\n",
            &comments,
        ] {
            let files = [
                ("config.txt", config),
                ("filtered.txt", "[all]\nkernel=a\n"),
                ("plain.txt", "kernel=a\n"),
            ];
            made(&files).unwrap();
        }
    }

    /// What a board makes of it, but for where things are.
    fn evaluated(text: &str, more: &str, board: Board) -> BootConfig {
        let mut provider = |_: &str| Some(more.as_bytes().to_vec());
        let file = ConfigTxt::parse("config.txt", text.as_bytes());
        file.evaluate(Conditions::of(board), Reader::Firmware(&mut provider))
    }

    proptest! {
        #[test]
        fn boards_understand_the_same(
            lines in proptest::collection::vec(proptest::sample::select(vec![
                "[all]", "[pi4]", "[pi5]", "[none]", "[0x1234]", "kernel=a.img", "kernel=b.img",
                "arm_64bit=0", "auto_initramfs=1", "cmdline=c.txt", "include more.txt",
                "initramfs i,j followkernel", "dtoverlay=disable-bt", "dtparam=audio=on", "",
                "# text",
            ]), 0..24),
            more in proptest::collection::vec(proptest::sample::select(vec![
                "[all]", "[pi4]", "kernel=c.img", "device_tree=d.dtb",
            ]), 0..4),
        ) {
            let (config, more) = (lines.join("\n"), more.join("\n"));
            let Ok(text) = made(&[("config.txt", &config), ("more.txt", &more)]) else {
                return Ok(());
            };
            for board in Board::ALL {
                let told = |config: BootConfig| {
                    let value = |located: Option<crate::boot::config_txt::Located<String>>| {
                        located.map(|located| located.value)
                    };
                    let initramfs = config.initramfs.map(|one| one.value);
                    let overlays = config.overlays.len();
                    let bits = config.arm_64bit.map(|one| one.value);
                    let auto = config.auto_initramfs.map(|one| one.value);
                    let names = [config.kernel, config.cmdline, config.device_tree].map(value);
                    (names, initramfs, overlays, bits, auto)
                };
                let own = evaluated(&text, "", board);
                prop_assert_eq!(own.os_prefix.as_ref().map(|one| one.value.as_str()), Some("g2/"));
                prop_assert_eq!(told(own), told(evaluated(&config, &more, board)));
            }
        }
    }
}
