//! All that a check looks at, read once.

mod foreign_files;
mod modules;

use std::collections::BTreeMap;
use std::io::Read;

use crate::boot::requests::{Prefix, served_name};
use crate::boot::{Board, Serial};
use crate::check::facts::{
    BootEntry, CommandLineSurvey, Load, Mounter, Standing, Survey, asked_ways, toplevel_of,
};
use crate::check::observe::boot;
use crate::check::observe::command_line::CommandLine;
use crate::check::observe::device_tree;
use crate::check::observe::firmware;
use crate::check::observe::initrd::{self, Question};
use crate::check::observe::kernel;
use crate::check::observe::load;
use crate::check::observe::root::RootReader;
use crate::check::subject::Subject;
use crate::fs::{Enclosed, FsError, ServedDirectory};
use crate::progress::{Observer, Watched};
use crate::tree::TargetName;

impl Survey {
    /// Reads a subject by its boot tree, which may be in the directory of a serial
    /// number, and its root.
    ///
    /// What comes later hangs on what came before, and never the other way.
    pub(in crate::check) fn read(
        subject: &Subject,
        boot: &ServedDirectory,
        own: Option<Serial>,
        root: Option<&Enclosed>,
        observer: &dyn Observer,
    ) -> Result<Self, FsError> {
        let directory = own.and_then(|serial| served_name(&serial.to_string()));
        let mut files = boot::list(boot, directory.as_ref())?;
        let prefix = own.filter(|_| !files.is_empty());
        let prefix = prefix.map_or(Prefix::None, Prefix::Serial);
        if directory.is_some() && files.is_empty() {
            files = boot::list(boot, None)?;
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
            boards,
            prefix: in_force,
            root_kind: subject.root_kind,
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
        let lines = survey.read_lines(boot)?;
        let named = lines.iter().find_map(|line| {
            let init = line.init()?;
            toplevel_of(&survey.store_dir, init)
        });
        survey.toplevel = survey.toplevel.or(named);
        if let Some(reader) = &reader {
            survey.read_root(reader)?;
        }
        survey.read_kernels(boot)?;
        let lines = survey.that_start_linux(lines);
        let mounters = survey.read_initrds(&lines, boot, root, observer)?;
        survey.command_lines = survey.survey_lines(lines, &mounters, reader.as_ref())?;
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

    fn read_lines(&self, boot: &ServedDirectory) -> Result<Vec<CommandLine>, FsError> {
        let mut by_name = self.boards_by(|load| load.command_line.clone());
        // Of a tree for no board that is known, the name that boards ask for.
        if self.loads.is_empty() {
            let name = served_name(&self.own("cmdline.txt"));
            by_name.extend(name.map(|name| (name, Vec::new())));
        }
        let lines = by_name.into_iter();
        let lines = lines.map(|(name, boards)| CommandLine::read(boot, name, boards));
        lines.filter_map(Result::transpose).collect()
    }

    fn read_root(&mut self, reader: &RootReader<'_>) -> Result<(), FsError> {
        let root = reader.read(self.toplevel.as_ref())?;
        self.toplevel_has_initrd = root
            .toplevel
            .as_ref()
            .is_some_and(|toplevel| toplevel.initrd == Standing::File);
        self.root = Some(root);
        Ok(())
    }

    fn read_kernels(&mut self, boot: &ServedDirectory) -> Result<(), FsError> {
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
    fn that_start_linux(&self, mut lines: Vec<CommandLine>) -> Vec<CommandLine> {
        lines.retain_mut(|line| {
            let is_of_none = line.boards.is_empty();
            line.boards.retain(|board| !self.starts_loader(*board));
            is_of_none || !line.boards.is_empty()
        });
        lines
    }

    /// Command lines with those that mount by them, where initrds do, and what their
    /// `init=` names.
    fn survey_lines(
        &self,
        lines: Vec<CommandLine>,
        mounters: &BTreeMap<TargetName, Mounter>,
        reader: Option<&RootReader<'_>>,
    ) -> Result<Vec<CommandLineSurvey>, FsError> {
        let surveys = lines.into_iter().map(|line| {
            let mut loads = self.loads.iter();
            let mounter = match mounters.get(&line.name) {
                Some(mounter) => *mounter,
                // Of an initrd that is not there, or for no board, nothing is known.
                None if self.loads.is_empty() => Mounter::Other,
                None if loads.any(|load| load.wants_initrd(&line.name)) => Mounter::Other,
                None => Mounter::Kernel,
            };
            let init = reader.zip(line.init());
            let init = init.map(|(reader, init)| reader.read_init(init));
            Ok(init.transpose()?).map(|init| line.survey(mounter, init))
        });
        surveys.collect()
    }

    /// Gives back which command line is read by whom, where an initrd is there.
    fn read_initrds(
        &mut self,
        lines: &[CommandLine],
        boot: &ServedDirectory,
        root: Option<&Enclosed>,
        observer: &dyn Observer,
    ) -> Result<BTreeMap<TargetName, Mounter>, FsError> {
        let mut mounters = BTreeMap::new();
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
                if let Some((file, size)) = boot.open_file(name)? {
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
            let mut known = lines.iter();
            let command_line = known.find(|known| Some(&known.name) == line.as_ref());
            let command_line = command_line.and_then(|line| line.line.as_ref());
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
                Watched::new(reader, observer),
                &Question {
                    name: list.join(","),
                    is_absent: names.is_empty(),
                    count: names.len(),
                    empty,
                    boards: &boards,
                    release: release.as_deref(),
                    architecture,
                    command_line,
                    built_in,
                    kernel_modules: kernel_modules.as_ref(),
                    suppliers,
                },
            );
            if !names.is_empty() {
                mounters.extend(line.map(|line| (line, initrd.mounter)));
            }
            self.initrds.push(initrd);
        }
        Ok(mounters)
    }
}

/// Adds what boards ask for elsewhere than in the directory that was listed, and what
/// is on the way there.
fn list_elsewhere(
    files: &mut Vec<BootEntry>,
    loads: &[Load],
    boot: &ServedDirectory,
) -> Result<(), FsError> {
    let mut ways = asked_ways(loads, |_| true);
    for entry in &*files {
        ways.remove(&entry.name);
    }
    for way in &ways {
        files.extend(boot::look_up(boot, way)?);
    }
    Ok(())
}
