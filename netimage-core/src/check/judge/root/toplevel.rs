//! The toplevel: whether it is whole, and what the boot tree has.

use std::collections::HashSet;
use std::path::Path;

use super::rules;
use crate::boot::{Board, KernelCommandLine};
use crate::check::facts::{RootSurvey, Standing, Start, Survey, ToplevelSurvey};
use crate::check::finding::{Findings, Place};
use crate::check::judge::machines::{agrees, is_for_boards, runs};

/// Looks at the toplevel.
pub(super) fn check(survey: &Survey, root: &RootSurvey, findings: &mut Findings) {
    let Some(toplevel) = &root.toplevel else {
        return;
    };
    let path = survey.store_dir.display(&toplevel.path);
    if !toplevel.exists {
        let problem = format!("the toplevel {path} is not in the root");
        findings.add(
            &rules::TOPLEVEL_MISSING,
            [],
            None,
            problem,
            "copy its closure",
        );
        return;
    }
    check_init(survey, toplevel, &path, findings);
    check_own_files(survey, toplevel, &path, findings);
    for own in &survey.of_toplevel {
        let (rule, name) = match (own.is_kernel, own.more) {
            (true, _) => (&rules::KERNEL_DIFFERS, "kernel"),
            (false, None) => (&rules::INITRD_DIFFERS, "initrd"),
            (false, Some(_)) => (&rules::INITRD_LONGER, "initrd"),
        };
        let (problem, remedy) = match own.more {
            Some(more) => (
                format!("{} has {more} bytes more than {path}/{name}", own.name),
                "see that they are what you put there, such as secrets or firmware",
            ),
            None => (
                format!("{} is not {path}/{name}", own.name),
                "take both from the same system",
            ),
        };
        let place = Some(Place::file(&own.name));
        findings.add(rule, own.boards.iter().copied(), place, problem, remedy);
    }
    let place = || Some(Place::file(format!("{path}/boot.json")));
    for fault in &toplevel.bootspec_faults {
        let remedy = "build the system again, and copy its whole closure";
        findings.add(&rules::BOOTSPEC_BROKEN, [], place(), fault.clone(), remedy);
    }
    if let Some(system) = foreign_system(survey, toplevel) {
        let problem =
            format!("its system is {system}, which the kernel that boards load cannot run");
        let remedy = "build the system again, and copy its whole closure";
        findings.add(&rules::BOOTSPEC_BROKEN, [], place(), problem, remedy);
    }
    check_bootspec(survey, toplevel, findings);
}

/// The bootspec's system, if that is not the toplevel's, which the kernel's rules
/// speak of, and no kernel that is loaded runs it.
fn foreign_system<'survey>(
    survey: &Survey,
    toplevel: &'survey ToplevelSurvey,
) -> Option<&'survey str> {
    let system = toplevel.bootspec.as_ref()?.system.as_deref()?;
    let mut kernels = survey.kernels.iter();
    let is_foreign = kernels.any(|kernel| {
        let architecture = kernel.image.architecture();
        architecture.is_some_and(|architecture| !agrees(system, architecture))
    });
    (is_foreign && toplevel.system.as_deref() != Some(system)).then_some(system)
}

fn check_init(survey: &Survey, toplevel: &ToplevelSurvey, path: &str, findings: &mut Findings) {
    if let Some(lack) = lack(toplevel.init, "init") {
        let problem = format!("the toplevel {path} {lack}");
        let remedy = "see that it is config.system.build.toplevel of a NixOS system, and copied whole: init is a file of it";
        findings.add(&rules::TOPLEVEL_NO_INIT, [], None, problem, remedy);
    }
    let Some(program) = &toplevel.program else {
        return;
    };
    let place = || Some(Place::file(format!("{path}/init")));
    if !program.is_executable {
        let problem = "nobody may execute it";
        let remedy = "copy the store with its modes (0555)";
        findings.add(&rules::INIT_NOT_EXECUTABLE, [], place(), problem, remedy);
    }
    if program.has_carriage_return {
        let problem =
            "its first line ends in a carriage return, which counts as a part of its last word";
        let remedy = "save the script with Unix line ends";
        findings.add(&rules::NO_INTERPRETER, [], place(), problem, remedy);
        return;
    }
    if let Some((boards, fault)) = fault_of(survey, program.start) {
        let problem = format!("it {fault}");
        let remedy =
            "build the system for the boards (nixpkgs.hostPlatform), and copy its whole closure";
        findings.add(&rules::INIT_NO_PROGRAM, boards, place(), problem, remedy);
    }
    let Some((interpreter, start)) = &program.interpreter else {
        return;
    };
    let fault = match start {
        Ok(start) => fault_of(survey, *start),
        Err(fault) => Some((Vec::new(), (*fault).to_owned())),
    };
    if let Some((boards, fault)) = fault {
        let problem = format!("its first line names {interpreter}, which {fault}");
        let remedy = if Path::new(interpreter).starts_with(survey.store_dir.as_str()) {
            "copy the whole closure of the toplevel"
        } else {
            "name an interpreter of the store; NixOS has /bin/sh and /usr/bin/env only once it runs"
        };
        findings.add(&rules::NO_INTERPRETER, boards, place(), problem, remedy);
    }
}

/// Why the kernel does not start what begins so, and on which boards; none for all.
fn fault_of(survey: &Survey, start: Start) -> Option<(Vec<Board>, String)> {
    let machine = match start {
        Start::Script => return None,
        Start::Empty => return Some((Vec::new(), "is empty".to_owned())),
        Start::Other => {
            let fault = "is neither a whole program nor a script that begins with #!";
            return Some((Vec::new(), fault.to_owned()));
        }
        Start::Elf(machine) => machine,
    };
    // Of a system for something else it is the kernel's rules that speak.
    let kernels = survey.kernels.iter().filter(|kernel| {
        let architecture = kernel.image.architecture();
        let known = architecture.zip(survey.system());
        !runs(architecture, machine)
            && known.is_none_or(|(architecture, system)| agrees(system, architecture))
    });
    let boards: Vec<Board> = kernels.flat_map(|kernel| kernel.boards.clone()).collect();
    let is_for_boards = survey.system().is_none_or(is_for_boards);
    let is_for_none = survey.kernels.is_empty() && is_for_boards && !runs(None, machine);
    (is_for_none || !boards.is_empty()).then(|| {
        (
            boards,
            format!("is for {machine}, which the kernel does not run"),
        )
    })
}

/// What boards load has to be the toplevel's own, which therefore has to be there.
fn check_own_files(
    survey: &Survey,
    toplevel: &ToplevelSurvey,
    path: &str,
    findings: &mut Findings,
) {
    let kernels: Vec<Board> = survey.boards_that(|load| {
        let kernel = load.kernel.as_ref();
        kernel.is_some_and(|name| !load.is_supposed(name))
    });
    let initrds: Vec<Board> = survey.boards_that(|load| !load.initramfs.is_empty());
    for (rule, name, standing, boards) in [
        (&rules::NO_KERNEL, "kernel", toplevel.kernel, kernels),
        (&rules::NO_INITRD, "initrd", toplevel.initrd, initrds),
    ] {
        if let Some(lack) = lack(standing, name)
            && !boards.is_empty()
        {
            let problem = format!("boards load the {name}, but the toplevel {path} {lack}");
            let remedy = "give the toplevel that the boot files are of, with its whole closure";
            findings.add(rule, boards, None, problem, remedy);
        }
    }
}

/// What is wrong with one of its files, if something is.
fn lack(standing: Standing, name: &str) -> Option<String> {
    Some(match standing {
        Standing::File => return None,
        Standing::Absent => format!("has no {name}"),
        Standing::Dangling => format!("has a link {name} that leads to nothing in the root"),
        Standing::Other(kind) => format!("has {kind} in place of its {name}"),
    })
}

fn check_bootspec(survey: &Survey, toplevel: &ToplevelSurvey, findings: &mut Findings) {
    let Some(bootspec) = &toplevel.bootspec else {
        return;
    };
    for line in &survey.command_lines {
        let text = String::from_utf8_lossy(&line.text);
        let Ok(parsed) = text.parse::<KernelCommandLine>() else {
            continue;
        };
        let mut say = |problem: String, remedy: String| {
            let place = Some(Place::file(&line.name));
            findings.add(
                &rules::BOOTSPEC_DIFFERS,
                line.boards.iter().copied(),
                place,
                problem,
                remedy,
            );
        };
        let init = parsed.get("init");
        if init.is_some_and(|init| init != bootspec.init) && survey.is_toplevel(init) {
            say(
                format!("init= is not the bootspec's {}", bootspec.init),
                format!("give init={}", bootspec.init),
            );
        }
        // What is given another value on purpose has its own rules.
        let keys: HashSet<String> = parsed.parameters().map(key).collect();
        let parameters = bootspec.kernel_params.iter().map(String::as_str);
        let missing: Vec<&str> = parameters
            .filter(|parameter| !keys.contains(&key(parameter)))
            .collect();
        if !missing.is_empty() {
            let list = missing.join(" ");
            say(
                format!("the command line lacks what the system asks for: {list}"),
                format!("add {list}"),
            );
        }
    }
}

/// The name of a parameter, in which the kernel takes `-` and `_` for one.
fn key(parameter: &str) -> String {
    let name = parameter.trim_start_matches('"').split('=').next();
    name.unwrap_or_default().replace('-', "_")
}
