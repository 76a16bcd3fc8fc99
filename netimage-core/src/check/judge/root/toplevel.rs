//! The toplevel: whether it is whole, and what the boot tree has.

use std::collections::HashSet;

use super::rules;
use crate::boot::{Board, CommandLineError};
use crate::check::facts::{RootSurvey, Standing, Survey, ToplevelSurvey};
use crate::check::finding::Place;
use crate::check::judge::machines::is_for_boards;
use crate::check::judge::reporter::Reporter;

/// Looks at the toplevel.
pub(super) fn check(survey: &Survey, root: &RootSurvey, reporter: &mut Reporter<'_>) {
    let Some(toplevel) = &root.toplevel else {
        return;
    };
    let path = survey.store_dir.display(&toplevel.path);
    if !toplevel.exists {
        let problem = format!("the toplevel {path} is not in the root");
        return reporter.report(&rules::TOPLEVEL_MISSING, problem);
    }
    check_init(survey, toplevel, &path, reporter);
    check_own_files(survey, toplevel, &path, reporter);
    for own in &survey.of_toplevel {
        let (rule, name) = if own.is_kernel {
            (&rules::KERNEL_DIFFERS, "kernel")
        } else {
            (&rules::INITRD_DIFFERS, "initrd")
        };
        let (problem, remedy) = match own.more {
            Some(more) => (
                format!("{} is {more} bytes longer than {path}/{name}", own.name),
                "make sure that you put them there, for example secrets or firmware",
            ),
            None => (
                format!("{} is not {path}/{name}", own.name),
                "take both from the same system",
            ),
        };
        reporter
            .of(own.boards.iter().copied())
            .at(Place::file(&own.name))
            .mild_if(own.more.is_some())
            .report_with(rule, problem, remedy);
    }
    check_bootspec(survey, toplevel, reporter);
}

fn check_init(survey: &Survey, toplevel: &ToplevelSurvey, path: &str, reporter: &mut Reporter<'_>) {
    if let Some(lack) = lack(toplevel.init, "init") {
        let problem = format!("the toplevel {path} {lack}");
        reporter.report(&rules::TOPLEVEL_NO_INIT, problem);
    }
    // Of a system for another machine the kernel's rules speak.
    let is_for_boards = survey.system().is_none_or(is_for_boards);
    if let Some(fault) = toplevel.init_fault.as_ref().filter(|_| is_for_boards) {
        let mut reporter = reporter.at(Place::file(format!("{path}/init")));
        reporter.report(&rules::INIT_UNUSABLE, format!("it {fault}"));
    }
}

/// What boards load has to be the toplevel's own, which therefore has to be there.
fn check_own_files(
    survey: &Survey,
    toplevel: &ToplevelSurvey,
    path: &str,
    reporter: &mut Reporter<'_>,
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
            reporter.of(boards).report(rule, problem);
        }
    }
}

/// What is wrong with one of its files, if something is.
fn lack(standing: Standing, name: &str) -> Option<String> {
    Some(match standing {
        Standing::File => return None,
        Standing::Absent => format!("has no {name}"),
        Standing::Dangling => format!("has a link {name} that leads nowhere in the root"),
        Standing::Other(kind) => format!("has {kind} in place of its {name}"),
    })
}

fn check_bootspec(survey: &Survey, toplevel: &ToplevelSurvey, reporter: &mut Reporter<'_>) {
    let Some(bootspec) = &toplevel.bootspec else {
        return;
    };
    for line in &survey.command_lines {
        let is_whole = matches!(line.fault, None | Some(CommandLineError::TooLong { .. }));
        let Some(parsed) = line.line.as_ref().filter(|_| is_whole) else {
            continue;
        };
        let mut reporter = reporter.of(line.boards.iter().copied());
        let mut reporter = reporter.at(Place::file(&line.name));
        let init = parsed.get("init");
        if init.is_some_and(|init| init != bootspec.init) && survey.is_toplevel(init) {
            reporter.report(
                &rules::BOOTSPEC_DIFFERS,
                format!("init= is not the bootspec's {}", bootspec.init),
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
            reporter.report(
                &rules::BOOTSPEC_DIFFERS,
                format!("the command line lacks what the system asks for: {list}"),
            );
        }
    }
}

/// The name of a parameter, in which the kernel takes `-` and `_` for one.
fn key(parameter: &str) -> String {
    let name = parameter.trim_start_matches('"').split('=').next();
    name.unwrap_or_default().replace('-', "_")
}
