//! Whether what stage 1 starts can be started.

use std::collections::BTreeSet;

use super::{Check, rules};
use crate::boot::Architecture;
use crate::check::facts::{Mounter, ProgramSurvey, Role};
use crate::check::judge::machines::runs;
use crate::initrd::{Availability, ElfMachine, Execution, Obstacle};

/// Programs that are named in one sentence.
const NAMED_MAX: usize = 4;

/// What is wrong with starting a program.
enum Trouble {
    /// Something is the matter with its own file.
    File(String),
    /// What runs it is missing.
    Interpreter(String),
    /// A library of it is missing.
    Library(String),
}

impl Check<'_> {
    /// Whether the programs are for another machine; then no more is said of them.
    pub(super) fn check_programs(&mut self) -> bool {
        let programs = &self.initrd.programs;
        let foreign = self.foreign(programs);
        if let Some((names, machine)) = foreign {
            let architecture = match self.initrd.architecture {
                Some(Architecture::Arm) => "arm",
                _ => "aarch64",
            };
            let problem = format!("{names} for {machine}, which the kernel cannot run");
            let remedy = format!("make the initrd with programs for {architecture}");
            self.reporter.report(&rules::OTHER_MACHINE, problem, remedy);
            return true;
        }
        // What is missing is missed by several.
        let mut missed = BTreeSet::new();
        for program in programs {
            let execution = &program.execution;
            let what = match (&execution.obstacle, execution.missing.first()) {
                (Some(_), _) => execution.files.last(),
                (None, missing) => missing.map(|library| &library.name),
            };
            if what.is_none_or(|what| missed.insert(what)) {
                self.check_program(program);
            }
        }
        false
    }

    /// The programs that the kernel does not run, and what they are for.
    fn foreign(&self, programs: &[ProgramSurvey]) -> Option<(String, ElfMachine)> {
        let vital = programs.iter().filter(|program| program.role.is_vital());
        let all = vital.flat_map(|program| &program.execution.machines);
        let foreign = all.filter(|(_, machine)| !runs(self.initrd.architecture, *machine));
        let foreign: Vec<_> = foreign.collect();
        let (_, machine) = foreign.first()?;
        let mut names: Vec<String> = Vec::new();
        for (path, _) in &foreign {
            let name = String::from_utf8_lossy(path).into_owned();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let more = names.len().saturating_sub(NAMED_MAX);
        names.truncate(NAMED_MAX);
        if more > 0 {
            names.push(format!("{more} more"));
        }
        let verb = if names.len() > 1 { "are" } else { "is" };
        Some((format!("{} {verb}", names.join(", ")), *machine))
    }

    fn check_program(&mut self, program: &ProgramSurvey) {
        if program.role == Role::Init && self.initrd.has_carriage_return {
            let path = &program.path;
            let problem = format!(
                "the first line of {path} ends in a carriage return, which becomes part of its last word"
            );
            let remedy = "save the script with Unix line endings and make the initrd again";
            self.reporter
                .report(&rules::NO_INTERPRETER, problem, remedy);
            return;
        }
        let execution = &program.execution;
        match program.role {
            Role::Init => self.check_init(program),
            Role::LoadModules => self.check_modprobe(program),
            Role::Mount | Role::MountHelper | Role::SwitchRoot => {
                if let Some(Trouble::File(problem)) = trouble(execution) {
                    let name = program.role.name();
                    let problem = match &execution.obstacle {
                        Some(Obstacle::Missing) => {
                            format!("there is no {name}, with which stage 1 {}", program.role)
                        }
                        _ => problem,
                    };
                    let remedy = format!("add a working {name} to the initrd");
                    self.reporter.report(&rules::NO_PROGRAM, problem, remedy);
                }
            }
        }
        match trouble(execution).filter(|_| program.role.is_vital()) {
            Some(Trouble::Interpreter(problem)) => {
                let remedy = "add it to the initrd";
                self.reporter
                    .report(&rules::NO_INTERPRETER, problem, remedy);
            }
            Some(Trouble::Library(problem)) => {
                let remedy = "add it to the initrd";
                self.reporter
                    .report(&rules::MISSING_LIBRARY, problem, remedy);
            }
            _ => {}
        }
    }

    fn check_init(&mut self, program: &ProgramSurvey) {
        let path = &program.path;
        let Some(Trouble::File(mut problem)) = trouble(&program.execution) else {
            return;
        };
        if let Some(Obstacle::Missing | Obstacle::Dangling { .. }) = program.execution.obstacle {
            // As if there were no initrd.
            if self.initrd.mounter == Mounter::Kernel {
                return;
            }
            if program.execution.obstacle == Some(Obstacle::Missing) {
                problem = format!("there is no {path}");
            }
        }
        let remedy = if self.initrd.is_start_given {
            problem.push_str(", which rdinit= names");
            "correct rdinit= on the command line"
        } else {
            "make an initrd with a working init"
        };
        self.reporter.report(&rules::NO_INIT, problem, remedy);
    }

    /// The kernel asks for the module of a version of NFS by running modprobe.
    fn check_modprobe(&mut self, program: &ProgramSurvey) {
        let needed = self.initrd.modules.iter().find(|module| {
            matches!(
                module.availability,
                Availability::Present | Availability::MissingDependencies(_)
            )
        });
        let (Some(module), Some(trouble)) = (needed, trouble(&program.execution)) else {
            return;
        };
        let problem = match (&program.execution.obstacle, trouble) {
            (Some(Obstacle::Missing), Trouble::File(_)) => "there is no modprobe".to_owned(),
            (
                _,
                Trouble::File(problem) | Trouble::Interpreter(problem) | Trouble::Library(problem),
            ) => problem,
        };
        let problem = format!(
            "{problem}, but {} and others are modules, not built in",
            module.name
        );
        let remedy = "add kmod and its modprobe to the initrd";
        self.reporter.report(&rules::NO_MODPROBE, problem, remedy);
    }
}

fn trouble(execution: &Execution) -> Option<Trouble> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let files = &execution.files;
    let file = text(files.last()?);
    if let Some(obstacle) = &execution.obstacle {
        let what = obstacle_text(obstacle);
        return Some(match files.len().checked_sub(2) {
            None => Trouble::File(format!("{file} {what}")),
            Some(before) => {
                let by = text(&files[before]);
                Trouble::Interpreter(format!("{by} is run by {file}, which {what}"))
            }
        });
    }
    let missing = execution.missing.first()?;
    let path = text(files.first()?);
    let (name, needed_by) = (text(&missing.name), text(&missing.needed_by));
    let more = match execution.missing.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more libraries"),
    };
    let problem = if files.contains(&missing.needed_by) {
        format!("{needed_by} needs {name}{more}, missing from the initrd")
    } else {
        format!("{path} needs {name}{more} for {needed_by}, missing from the initrd")
    };
    Some(Trouble::Library(problem))
}

fn obstacle_text(obstacle: &Obstacle) -> String {
    match obstacle {
        Obstacle::Missing => "is not in the initrd".to_owned(),
        Obstacle::Dangling { target } => format!(
            "is a link to {}, which is not there",
            String::from_utf8_lossy(target)
        ),
        Obstacle::NoFile => "is not a regular file".to_owned(),
        Obstacle::NotExecutable => "cannot be executed".to_owned(),
        Obstacle::Empty => "is empty".to_owned(),
        Obstacle::TooManyScripts => "is a script in too long a chain of scripts".to_owned(),
        _ => "is neither a complete program nor a script that names one".to_owned(),
    }
}
