//! All that a check looks at, read once.

mod modules;
mod toplevel;

use std::collections::BTreeMap;
use std::io::Read;

use crate::boot::requests::{Prefix, served_name};
use crate::boot::{Board, Serial};
use crate::check::facts::{
    BootEntry, CommandLineSurvey, Load, Mounter, Standing, Survey, asked_ways, nfsroot, parsed,
    toplevel_of,
};
use crate::check::observe::boot::BootReader;
use crate::check::observe::device_tree;
use crate::check::observe::firmware;
use crate::check::observe::initrd::{self, Question};
use crate::check::observe::kernel;
use crate::check::observe::load;
use crate::check::observe::root::RootReader;
use crate::check::subject::Subject;
use crate::fs::{Enclosed, FsError};

/// Most bytes of a command line that are looked at; the kernel's own limit is 2048.
const COMMAND_LINE_READ_MAX: u64 = 1 << 16;

impl Survey {
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
            boards = load::boards_with_device_tree(&files, &prefix);
        }
        let loads: Vec<Load> = boards
            .iter()
            .map(|board| load::read(*board, subject.serial, &prefix, boot))
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
            device_trees: Vec::new(),
            kernels: Vec::new(),
            initrds: Vec::new(),
            root: None,
            toplevel_has_initrd: false,
            of_toplevel: Vec::new(),
        };
        let reader = root.map(|root| RootReader::new(root, subject));
        survey.device_trees = device_tree::read(&survey, boot)?;
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

fn init_of(text: &[u8]) -> Option<String> {
    parsed(text)?.get("init").map(str::to_owned)
}
