//! The programs of an initrd that a root on NFS hangs on.

use crate::check::facts::{ProgramSurvey, Role};
use crate::check::observe::contents::Contents;
use crate::initrd::{Execution, Init, Initrd, Script};

/// What is started first, by its path, and what it then runs, if it is known to.
/// Other inits may mount without help.
pub(super) fn read(initrd: &Initrd, contents: &Contents, start: &str) -> Vec<ProgramSurvey> {
    let init = of_path(initrd, Role::Init, start.as_bytes());
    let mut programs = Vec::new();
    match initrd.init_at(start.as_bytes()) {
        Init::Systemd => {
            programs.push(of_name(initrd, contents, Role::Mount, &init.execution));
            if let Some(path) = initrd.program(b"mount.nfs") {
                programs.push(of_path(initrd, Role::MountHelper, &path));
            }
            programs.push(of_name(
                initrd,
                contents,
                Role::LoadModules,
                &init.execution,
            ));
        }
        Init::Script(Script::NixOs) => {
            let utilities = initrd.text(start.as_bytes()).and_then(extra_utilities);
            for role in [Role::Mount, Role::SwitchRoot, Role::LoadModules] {
                programs.extend(utilities.map(|directory| {
                    let path = [directory, b"/bin/", role.name().as_bytes()].concat();
                    of_path(initrd, role, &path)
                }));
            }
        }
        _ => {}
    }
    programs.insert(0, init);
    programs
}

/// Where the script of NixOS has its programs (stage-1-init.sh).
fn extra_utilities(script: &[u8]) -> Option<&[u8]> {
    const BEGIN: &[u8] = b"extraUtils=\"";
    let mut lines = script.split(|byte| *byte == b'\n');
    let value = lines.find_map(|line| line.strip_prefix(BEGIN)?.strip_suffix(b"\""))?;
    value.starts_with(b"/").then_some(value)
}

fn of_path(initrd: &Initrd, role: Role, path: &[u8]) -> ProgramSurvey {
    ProgramSurvey {
        role,
        path: String::from_utf8_lossy(path).into_owned(),
        execution: initrd.execution(path),
    }
}

/// The first of this name that can be started on the machine of `init`, or the
/// first: which one is run is built into the program that runs it.
fn of_name(initrd: &Initrd, contents: &Contents, role: Role, init: &Execution) -> ProgramSurvey {
    let machine = |execution: &Execution| Some(execution.machines.first()?.1);
    let is_good = |program: &ProgramSurvey| {
        let execution = &program.execution;
        execution.obstacle.is_none()
            && execution.missing.is_empty()
            && machine(execution) == machine(init)
    };
    let paths = contents.programs(role.name());
    let programs = paths.map(|path| of_path(initrd, role, path));
    let mut programs: Vec<_> = programs.collect();
    if programs.is_empty() {
        return of_path(initrd, role, role.name().as_bytes());
    }
    let good = programs.iter().position(is_good);
    programs.swap_remove(good.unwrap_or(0))
}
