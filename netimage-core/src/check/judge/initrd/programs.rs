//! Whether what stage 1 starts can be started.

use std::collections::BTreeSet;

use super::{Check, rules};
use crate::check::facts::{Mounter, ProgramSurvey, Role};
use crate::check::judge::machines::runs;
use crate::initrd::{Availability, ElfMachine, Execution, Obstacle};

/// Programs that are named in one sentence.
const NAMED_MAX: usize = 4;

impl Check<'_> {
    /// Whether the programs are for another machine; then no more is said of them.
    pub(super) fn check_programs(&mut self) -> bool {
        let programs = &self.initrd.programs;
        let foreign = self.foreign(programs);
        if let Some((names, machine)) = foreign {
            let problem = format!("{names} for {machine}, which the kernel cannot run");
            self.reporter.report(&rules::OTHER_MACHINE, problem);
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
        let Some(problem) = trouble(&program.execution) else {
            return self.check_first_line(program);
        };
        match program.role {
            Role::Init => self.report_init(program, problem),
            Role::LoadModules => self.report_modprobe(&problem),
            Role::Mount | Role::MountHelper | Role::SwitchRoot => {
                self.reporter.report(&rules::NO_PROGRAM, problem);
            }
        }
    }

    fn check_first_line(&mut self, program: &ProgramSurvey) {
        if program.role == Role::Init && self.initrd.has_carriage_return {
            let problem = format!(
                "the first line of {} ends in a carriage return",
                program.path
            );
            let remedy = "save the script with Unix line endings and make the initrd again";
            self.reporter.report_with(&rules::NO_INIT, problem, remedy);
        }
    }

    fn report_init(&mut self, program: &ProgramSurvey, problem: String) {
        let obstacle = program.execution.obstacle.as_ref();
        let is_missing = matches!(
            obstacle,
            Some(Obstacle::Missing | Obstacle::Dangling { .. })
        );
        let is_own = program.execution.files.len() == 1;
        if is_missing && is_own && self.initrd.mounter == Mounter::Kernel {
            // As if there were no initrd.
            return;
        }
        if self.initrd.is_start_given {
            let remedy =
                "correct rdinit= on the command line, or make an initrd with what it names";
            self.reporter.report_with(&rules::NO_INIT, problem, remedy);
        } else {
            self.reporter.report(&rules::NO_INIT, problem);
        }
    }

    /// The kernel asks for the module of a version of NFS by running modprobe.
    fn report_modprobe(&mut self, problem: &str) {
        let mut modules = self.initrd.modules.iter();
        let needed = modules.find(|module| {
            matches!(
                module.availability,
                Availability::Present | Availability::MissingDependencies(_)
            )
        });
        if let Some(module) = needed {
            let problem = format!(
                "{problem}, but {} and others are modules, not built in",
                module.name
            );
            self.reporter.report(&rules::NO_MODPROBE, problem);
        }
    }
}

/// Why a program cannot be started.
fn trouble(execution: &Execution) -> Option<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let files = &execution.files;
    let file = text(files.last()?);
    if let Some(obstacle) = &execution.obstacle {
        let what = obstacle_text(obstacle);
        return Some(match files.len().checked_sub(2) {
            None => format!("{file} {what}"),
            Some(before) => format!("{} is run by {file}, which {what}", text(&files[before])),
        });
    }
    let missing = execution.missing.first()?;
    let (name, needed_by) = (text(&missing.name), text(&missing.needed_by));
    let more = match execution.missing.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more libraries"),
    };
    let of_path = if files.contains(&missing.needed_by) {
        String::new()
    } else {
        format!(" for {}", text(files.first()?))
    };
    Some(format!(
        "{needed_by} needs {name}{more}{of_path}, missing from the initrd"
    ))
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
