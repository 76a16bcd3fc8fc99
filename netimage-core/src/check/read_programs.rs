//! The programs of an initrd that a root on NFS hangs on.

use super::facts::{Mounter, ProgramSurvey, Role};
use crate::initrd::{Execution, Initrd, Program};

/// Programs of one name that are tried.
const TRIED_MAX: usize = 16;

/// What is started first, by its path, and what stage 1 then runs, as far as it
/// is known to.
pub(super) fn read(initrd: &Initrd, start: &str, mounter: Mounter) -> Vec<ProgramSurvey> {
    let mut programs = vec![of_path(initrd, Role::Init, start.as_bytes())];
    match mounter {
        Mounter::Systemd => {
            programs.push(of_name(initrd, Role::Mount));
            if let Some(Program::Searched(path)) = initrd.program(b"mount.nfs") {
                programs.push(of_path(initrd, Role::MountHelper, &path));
            }
            programs.push(of_name(initrd, Role::LoadModules));
        }
        Mounter::Scripted => {
            let utilities = initrd.text(start.as_bytes()).and_then(extra_utilities);
            for role in [Role::Mount, Role::SwitchRoot, Role::LoadModules] {
                programs.extend(utilities.map(|directory| {
                    let path = [directory, b"/bin/", role.name().as_bytes()].concat();
                    of_path(initrd, role, &path)
                }));
            }
        }
        Mounter::Kernel | Mounter::Other => {}
    }
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

/// The first of this name that can be started, or the first: which one is run is
/// built into the program that runs it.
fn of_name(initrd: &Initrd, role: Role) -> ProgramSurvey {
    let mut paths = Vec::new();
    initrd.walk(|path, _| {
        if paths.len() < TRIED_MAX && is_program(path, role.name().as_bytes()) {
            paths.push(path.to_vec());
        }
    });
    let mut programs: Vec<_> = paths
        .iter()
        .map(|path| of_path(initrd, role, path))
        .collect();
    let good = programs
        .iter()
        .position(|program| starts(&program.execution));
    if programs.is_empty() {
        return of_path(initrd, role, role.name().as_bytes());
    }
    programs.swap_remove(good.unwrap_or(0))
}

fn starts(execution: &Execution) -> bool {
    execution.obstacle.is_none() && execution.missing.is_empty()
}

fn is_program(path: &[u8], name: &[u8]) -> bool {
    let directory = path
        .strip_suffix(name)
        .and_then(|rest| rest.strip_suffix(b"/"));
    let last = directory.and_then(|directory| directory.rsplit(|byte| *byte == b'/').next());
    matches!(last, Some(b"bin" | b"sbin"))
}
