//! All that a check looks at, read once.

mod modules;
mod toplevel;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use crate::boot::requests::{Prefix, Request, served_name};
use crate::boot::{Board, Serial};
use crate::check::facts::nfsroot;
use crate::check::facts::{
    AlikeFirmware, CommandLineSurvey, FirmwareSurvey, ForeignFile, InitrdSurvey, KernelSurvey,
    Mounter, RootSurvey, Standing, parsed,
};
use crate::check::observe::boot::{BootEntry, BootKind, BootReader, CONFIG};
use crate::check::observe::firmware;
use crate::check::observe::initrd::{self, Question};
use crate::check::observe::kernel;
use crate::check::observe::load::Load;
use crate::check::observe::root::RootReader;
use crate::check::subject::Subject;
use crate::fs::{Enclosed, FsError};
use crate::nfs::NfsRoot;
use crate::store::{StoreDir, StorePath};
use crate::tree::TargetName;

/// Most bytes of a command line that are looked at; the kernel's own limit is 2048.
const COMMAND_LINE_READ_MAX: u64 = 1 << 16;

/// What is known of an image and of each board that is to boot it.
#[derive(Debug)]
pub(in crate::check) struct Survey {
    pub boards: Vec<Board>,
    /// What is put before the names of the boot tree: empty, or the directory of a
    /// serial number and a slash.
    pub prefix: String,
    pub nfs: Option<NfsRoot>,
    pub knows_nfs_version: bool,
    pub store_dir: StoreDir,
    pub toplevel: Option<StorePath>,
    /// The serial number of the one board that is meant.
    pub serial: Option<Serial>,
    /// Every name of the boot tree, and those of other places that boards ask for.
    pub files: Vec<BootEntry>,
    pub loads: Vec<Load>,
    pub command_lines: Vec<CommandLineSurvey>,
    pub firmware: Vec<FirmwareSurvey>,
    pub alike_firmware: Vec<AlikeFirmware>,
    pub kernels: Vec<KernelSurvey>,
    pub initrds: Vec<InitrdSurvey>,
    pub root: Option<RootSurvey>,
    pub toplevel_has_initrd: bool,
    /// Kernels and initrds that are not the toplevel's.
    pub of_toplevel: Vec<ForeignFile>,
}

impl Survey {
    /// Whether the root is one of NixOS, as far as that is known.
    pub(in crate::check) fn is_nixos(&self) -> bool {
        self.root
            .as_ref()
            .map_or(self.toplevel.is_some(), |root| root.is_nixos)
    }

    /// Whether there is something by this name, or on the way to it, that no board
    /// gets and that is told of.
    pub(in crate::check) fn is_told(&self, name: &str) -> bool {
        let name = served_name(name);
        let mut ways = name.iter().flat_map(|name| name.as_path().ancestors());
        ways.any(|way| {
            let mut files = self.files.iter();
            let found = files.find(|entry| entry.name.as_path() == way);
            found.is_some_and(|entry| {
                matches!(entry.kind, BootKind::Stray(_) | BootKind::Special(_))
            })
        })
    }

    /// The whole name of a file of the boot tree.
    pub(in crate::check) fn own(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Whether boards can read their configuration, or have none.
    pub(in crate::check) fn has_readable_config(&self) -> bool {
        !self.is_told(&self.own(CONFIG))
    }

    /// Whether there is a directory by this name, of which a board gets nothing.
    pub(in crate::check) fn has_directory(&self, name: &str) -> bool {
        let name = served_name(name);
        let mut files = self.files.iter();
        files.any(|entry| entry.kind == BootKind::Directory && Some(&entry.name) == name.as_ref())
    }

    /// Whether the boot tree has a file by this name.
    pub(in crate::check) fn has_file(&self, name: &str) -> bool {
        let mut files = self.files.iter();
        files.any(|entry| entry.kind == BootKind::File && entry.name.as_path() == Path::new(name))
    }

    /// Whether the board starts a boot loader, and that what is to boot. Nothing is
    /// known then of what comes after it, nor which of the files it uses.
    pub(in crate::check) fn starts_loader(&self, board: Board) -> bool {
        let mut kernels = self.kernels.iter();
        let mut loads = self.loads.iter();
        kernels.any(|kernel| kernel.loader.is_some() && kernel.boards.contains(&board))
            || loads.any(|load| load.board == board && load.lone_stub().is_some())
    }

    /// What the toplevel is for, as Nix names it.
    pub(in crate::check) fn system(&self) -> Option<&str> {
        self.root.as_ref()?.toplevel.as_ref()?.system.as_deref()
    }

    /// The boards whose load is so.
    pub(in crate::check) fn boards_that(&self, is_so: impl Fn(&Load) -> bool) -> Vec<Board> {
        let loads = self.loads.iter().filter(|load| is_so(load));
        loads.map(|load| load.board).collect()
    }

    /// Whether an `init=` lies in the toplevel.
    pub(in crate::check) fn is_toplevel(&self, init: Option<&str>) -> bool {
        let named = init.and_then(|init| toplevel_of(&self.store_dir, init));
        named.is_some() && named == self.toplevel
    }

    /// Reads a subject by its boot tree, which may be in the directory of a serial
    /// number, and its root.
    pub(in crate::check) fn read(
        subject: &Subject,
        boot: &BootReader<'_>,
        own: Option<Serial>,
        root: Option<&Enclosed>,
    ) -> Result<Self, FsError> {
        let directory = own.and_then(|serial| served_name(&serial.to_string()));
        let mut files = boot.list(directory.as_ref())?;
        let prefix = own.filter(|_| !files.is_empty());
        let prefix = prefix.map_or(Prefix::None, Prefix::Serial);
        if directory.is_some() && files.is_empty() {
            files = boot.list(None)?;
        }
        let mut boards = subject.boards.clone();
        boards.sort_unstable();
        boards.dedup();
        if boards.is_empty() {
            boards = crate::check::observe::load::boards_with_device_tree(&files, &prefix);
        }
        let loads: Vec<Load> = boards
            .iter()
            .map(|board| Load::new(*board, subject.serial, &prefix, boot))
            .collect();
        let in_force = loads.first().map(|load| &load.requests.resolved.prefix);
        let in_force = in_force.cloned().unwrap_or(prefix.to_string());
        if prefix != Prefix::None {
            list_elsewhere(&mut files, &loads, boot)?;
        }
        let mut survey = Self {
            firmware: firmware::read(&loads, boot)?,
            alike_firmware: firmware::alike(&in_force, boot)?,
            boards,
            prefix: in_force,
            nfs: subject.nfs.clone(),
            knows_nfs_version: subject.knows_nfs_version,
            store_dir: subject.store_dir.clone(),
            toplevel: subject.toplevel.clone(),
            serial: subject.serial,
            files,
            loads,
            command_lines: Vec::new(),
            kernels: Vec::new(),
            initrds: Vec::new(),
            root: None,
            toplevel_has_initrd: false,
            of_toplevel: Vec::new(),
        };
        let reader = root.map(|root| RootReader::new(root, subject));
        survey.read_command_lines(boot)?;
        if let Some(reader) = &reader {
            survey.read_root(reader)?;
        }
        survey.read_kernels(boot)?;
        survey.leave_out_loaders();
        survey.read_initrds(boot, root)?;
        if let Some(reader) = &reader {
            survey.compare_with_toplevel(boot, reader)?;
        }
        Ok(survey)
    }

    /// The boards by what they load.
    fn boards_by<K: Ord>(&self, key: impl Fn(&Load) -> Option<K>) -> BTreeMap<K, Vec<Board>> {
        let mut boards: BTreeMap<K, Vec<Board>> = BTreeMap::new();
        for load in &self.loads {
            if let Some(key) = key(load) {
                boards.entry(key).or_default().push(load.board);
            }
        }
        boards
    }

    fn read_command_lines(&mut self, boot: &BootReader<'_>) -> Result<(), FsError> {
        let mut by_name = self.boards_by(|load| load.command_line.clone());
        // Of a tree for no board that is known, the name that boards ask for.
        if self.loads.is_empty() {
            let name = served_name(&self.own("cmdline.txt"));
            by_name.extend(name.map(|name| (name, Vec::new())));
        }
        for (name, boards) in by_name {
            let Some(text) = boot.read(&name, COMMAND_LINE_READ_MAX)? else {
                continue;
            };
            let init = init_of(&text);
            let named = init
                .as_deref()
                .and_then(|init| toplevel_of(&self.store_dir, init));
            self.toplevel = self.toplevel.take().or(named);
            self.command_lines.push(CommandLineSurvey {
                boards,
                text,
                // Of an initrd that is not there, or for no board, nothing is known.
                mounter: if self.loads.is_empty()
                    || self.loads.iter().any(|load| load.wants_initrd(&name))
                {
                    Mounter::Other
                } else {
                    Mounter::Kernel
                },
                init: None,
                name,
            });
        }
        Ok(())
    }

    fn read_root(&mut self, reader: &RootReader<'_>) -> Result<(), FsError> {
        for line in &mut self.command_lines {
            let init = init_of(&line.text);
            line.init = init.map(|init| reader.read_init(&init)).transpose()?;
        }
        let root = reader.read(self.toplevel.as_ref())?;
        self.toplevel_has_initrd = root
            .toplevel
            .as_ref()
            .is_some_and(|toplevel| toplevel.initrd == Standing::File);
        self.root = Some(root);
        Ok(())
    }

    fn read_kernels(&mut self, boot: &BootReader<'_>) -> Result<(), FsError> {
        for (name, boards) in self.boards_by(|load| load.kernel.clone()) {
            let is_64bit = |board: Board| {
                let mut loads = self.loads.iter();
                loads.any(|load| load.board == board && load.is_64bit)
            };
            let kernel = kernel::read(boot, name, boards, is_64bit)?;
            self.kernels.extend(kernel);
        }
        Ok(())
    }

    /// What a boot loader makes of the command line is its own affair.
    fn leave_out_loaders(&mut self) {
        let mut lines = std::mem::take(&mut self.command_lines);
        lines.retain_mut(|line| {
            let is_of_none = line.boards.is_empty();
            line.boards.retain(|board| !self.starts_loader(*board));
            is_of_none || !line.boards.is_empty()
        });
        self.command_lines = lines;
    }

    fn read_initrds(
        &mut self,
        boot: &BootReader<'_>,
        root: Option<&Enclosed>,
    ) -> Result<(), FsError> {
        let by_names = self.boards_by(|load| {
            let key = (
                load.initramfs.clone(),
                load.kernel.clone(),
                load.command_line.clone(),
            );
            // One that is asked for and missing is another matter.
            let wanted = load.names_initrd();
            let starts_linux = load.kernel.is_some() && !self.starts_loader(load.board);
            (starts_linux && (!wanted || !load.initramfs.is_empty())).then_some(key)
        });
        for ((names, kernel, line), boards) in by_names {
            let mut reader: Box<dyn Read> = Box::new(std::io::empty());
            let mut empty = Vec::new();
            for name in &names {
                if let Some((file, size)) = boot.open(name)? {
                    if size == 0 {
                        empty.push(name.clone());
                    }
                    reader = Box::new(reader.chain(file));
                }
            }
            let known = self
                .kernels
                .iter()
                .find(|known| Some(&known.name) == kernel.as_ref());
            let architecture = known.and_then(|kernel| kernel.image.architecture());
            let release = known.and_then(|kernel| kernel.release.clone());
            let mut lines = self.command_lines.iter();
            let command_line = lines.find(|known| Some(&known.name) == line.as_ref());
            let command_line = command_line.and_then(|line| parsed(&line.text));
            let built_in = self.built_in(root, release.as_deref())?;
            let kernel_modules = self.kernel_modules(root, release.as_deref())?;
            let suppliers = self.suppliers(boot, &boards, kernel_modules.as_ref())?;
            let kernel_modules = kernel_modules.map(|modules| modules.index);
            // Without an initrd it is the kernel that is spoken of.
            let spoken_of = if names.is_empty() {
                kernel.as_slice()
            } else {
                &names[..]
            };
            let list: Vec<_> = spoken_of.iter().map(ToString::to_string).collect();
            let initrd = initrd::read(
                reader,
                &Question {
                    name: list.join(","),
                    is_absent: names.is_empty(),
                    count: names.len(),
                    empty,
                    boards: &boards,
                    versions: nfsroot::versions(
                        line.as_ref(),
                        &self.command_lines,
                        self.nfs.as_ref(),
                    ),
                    release: release.as_deref(),
                    architecture,
                    command_line: command_line.as_ref(),
                    built_in,
                    kernel_modules: kernel_modules.as_ref(),
                    suppliers,
                },
            );
            for known in self.command_lines.iter_mut().filter(|_| !names.is_empty()) {
                if Some(&known.name) == line.as_ref() {
                    known.mounter = initrd.mounter;
                }
            }
            self.initrds.push(initrd);
        }
        Ok(())
    }
}

/// Adds what boards ask for elsewhere than in the directory that was listed, and what
/// is on the way there.
fn list_elsewhere(
    files: &mut Vec<BootEntry>,
    loads: &[Load],
    boot: &BootReader<'_>,
) -> Result<(), FsError> {
    let mut ways = asked_ways(loads, |_| true);
    for entry in &*files {
        ways.remove(&entry.name);
    }
    for way in &ways {
        files.extend(boot.look_up(way)?);
    }
    Ok(())
}

/// What boards ask for by such requests, and the directories on the way there.
pub(in crate::check) fn asked_ways(
    loads: &[Load],
    counts: impl Fn(&Request) -> bool,
) -> BTreeSet<TargetName> {
    let asked = loads.iter().flat_map(|load| &load.requests.asked);
    let asked = asked.filter(|request| counts(request));
    let asked = asked.filter_map(|request| served_name(&request.name));
    let mut all = BTreeSet::new();
    for name in asked {
        let ways = name.as_path().ancestors();
        all.extend(ways.filter_map(|way| TargetName::new(way).ok()));
    }
    all
}

fn init_of(text: &[u8]) -> Option<String> {
    parsed(text)?.get("init").map(str::to_owned)
}

fn toplevel_of(store_dir: &StoreDir, init: &str) -> Option<StorePath> {
    store_dir.strip(init)?.split('/').next()?.parse().ok()
}
