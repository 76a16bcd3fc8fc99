//! The root: its store, its toplevel, and what it has to have to be mounted.

use super::facts::{Registered, RootSurvey, ToplevelSurvey};
use super::finding::{Findings, Place, Rule};
use super::survey::Survey;
use crate::boot::KernelCommandLine;
use crate::image::REGISTRATION;

const LOAD_DB: &str = "https://github.com/NixOS/nixpkgs/issues/341071";
const STAGE_2: &str =
    "https://github.com/NixOS/nixpkgs/blob/nixos-24.05/nixos/modules/system/boot/stage-2-init.sh";
const TOPLEVEL: &str = "https://github.com/NixOS/nixpkgs/blob/nixos-24.05/nixos/modules/system/activation/top-level.nix";
const BOOTSPEC: &str = "https://github.com/NixOS/rfcs/blob/master/rfcs/0125-bootspec.md";
const PATH_RESOLUTION: &str = "https://man7.org/linux/man-pages/man7/path_resolution.7.html";

/// Most bytes of a path that can be given to the kernel, without its NUL
/// (`PATH_MAX`).
const PATH_MAX: usize = 4095;

/// Store paths that a finding names.
const NAMED: usize = 3;

pub(super) static NO_STORE: Rule = Rule::error(
    "root-no-store",
    "The system is in the store; without it there is nothing to start.",
    TOPLEVEL,
);
pub(super) static MISSING_DIRECTORY: Rule = Rule::warning(
    "root-missing-directory",
    "What is mounted over it has no place in a root that cannot be written to.",
    STAGE_2,
);
pub(super) static LONG_PATH: Rule = Rule::warning(
    "root-path-too-long",
    "The kernel takes paths of at most 4095 bytes, so that programs cannot name the file.",
    PATH_RESOLUTION,
);
pub(super) static REGISTRATION_BROKEN: Rule = Rule::error(
    "store-registration-broken",
    "nix-store --load-db refuses it as a whole, so that Nix knows no path of the store.",
    LOAD_DB,
);
pub(super) static NOT_COMPARED: Rule = Rule::warning(
    "store-not-compared",
    "What is too large to be read was not checked.",
    LOAD_DB,
);
pub(super) static NOT_REGISTERED: Rule = Rule::warning(
    "store-not-registered",
    "The first collection of garbage deletes a store that Nix does not know.",
    LOAD_DB,
);
pub(super) static PATH_MISSING: Rule = Rule::error(
    "store-path-missing",
    "Whatever refers to the path fails, perhaps only long after the boot.",
    LOAD_DB,
);
pub(super) static PATH_UNREGISTERED: Rule = Rule::warning(
    "store-path-unregistered",
    "The first collection of garbage deletes it.",
    LOAD_DB,
);
pub(super) static TOPLEVEL_MISSING: Rule = Rule::error(
    "toplevel-missing",
    "It is the system that is to be started.",
    TOPLEVEL,
);
pub(super) static TOPLEVEL_NO_INIT: Rule = Rule::error(
    "toplevel-no-init",
    "Stage 1 ends by starting the toplevel's init.",
    TOPLEVEL,
);
pub(super) static KERNEL_DIFFERS: Rule = Rule::error(
    "toplevel-kernel-differs",
    "The modules in the root are for the toplevel's kernel; another one cannot load them.",
    TOPLEVEL,
);
pub(super) static INITRD_DIFFERS: Rule = Rule::error(
    "toplevel-initrd-differs",
    "The initrd mounts the root as the toplevel's configuration says; another one mounts something else.",
    TOPLEVEL,
);
pub(super) static BOOTSPEC_DIFFERS: Rule = Rule::warning(
    "toplevel-bootspec-differs",
    "The bootspec says how the system is to be started; what it asks for is not on the command line.",
    BOOTSPEC,
);

pub(super) static RULES: [&Rule; 13] = [
    &NO_STORE,
    &MISSING_DIRECTORY,
    &LONG_PATH,
    &REGISTRATION_BROKEN,
    &NOT_COMPARED,
    &NOT_REGISTERED,
    &PATH_MISSING,
    &PATH_UNREGISTERED,
    &TOPLEVEL_MISSING,
    &TOPLEVEL_NO_INIT,
    &KERNEL_DIFFERS,
    &INITRD_DIFFERS,
    &BOOTSPEC_DIFFERS,
];

/// Looks at the root.
pub(super) fn check(survey: &Survey, findings: &mut Findings) {
    let Some(root) = &survey.root else {
        return;
    };
    let mut say = |rule, place: Option<Place>, problem: String, remedy: &str| {
        findings.add(rule, [], place, problem, remedy);
    };
    if !root.is_nixos && survey.toplevel.is_none() && root.has_default_init {
        // Another distribution's, of which nothing more is known.
        return;
    }
    if !root.is_nixos {
        let store = survey.store_dir.as_str();
        let problem = format!("the root has no {store}");
        say(
            &NO_STORE,
            None,
            problem,
            "copy the closure of the system there",
        );
        return;
    }
    for name in &root.missing_directories {
        let problem = format!("the root has no directory /{name}");
        say(&MISSING_DIRECTORY, None, problem, "make it, empty");
    }
    if let Some((path, length)) = &root.longest_path
        && *length > PATH_MAX
    {
        let start: String = path.to_string_lossy().chars().take(80).collect();
        let problem = format!("a path of {length} bytes begins with {start}");
        say(
            &LONG_PATH,
            None,
            problem,
            "shorten the names in the package",
        );
    }
    check_registration(root, &mut say);
    check_toplevel(survey, root, findings);
}

type Say<'say> = dyn FnMut(&'static Rule, Option<Place>, String, &str) + 'say;

fn check_registration(root: &RootSurvey, say: &mut Say<'_>) {
    let place = || Some(Place::file(REGISTRATION));
    match &root.registered {
        Registered::Absent if !root.has_database => say(
            &NOT_REGISTERED,
            None,
            format!("the root has neither a Nix database nor {REGISTRATION}"),
            "put the output of nix-store --dump-db there and load it at first boot",
        ),
        Registered::Absent => {}
        Registered::TooLarge => say(
            &NOT_COMPARED,
            place(),
            "the registration or the store is larger than that of any system".to_owned(),
            "see that it is the right one",
        ),
        Registered::Broken(error) => {
            say(
                &REGISTRATION_BROKEN,
                place(),
                error.clone(),
                "build the image again",
            );
        }
        Registered::Closure {
            missing,
            unregistered,
        } => {
            if !missing.is_empty() {
                let problem = format!("{} registered, but not in the store", named(missing));
                say(&PATH_MISSING, place(), problem, "copy the whole closure");
            }
            if !unregistered.is_empty() {
                let problem = format!("{} in the store, but not registered", named(unregistered));
                say(
                    &PATH_UNREGISTERED,
                    place(),
                    problem,
                    "register it, or remove it",
                );
            }
        }
    }
}

/// "1 store path is" and its name, or the first of several.
fn named(names: &[String]) -> String {
    let first = names.iter().take(NAMED).map(String::as_str);
    let list = first.collect::<Vec<_>>().join(", ");
    match names.len() {
        1 => format!("the store path {list} is"),
        count if count <= NAMED => format!("the store paths {list} are"),
        count => format!("{count} store paths ({list}, …) are"),
    }
}

fn check_toplevel(survey: &Survey, root: &RootSurvey, findings: &mut Findings) {
    let Some(toplevel) = &root.toplevel else {
        return;
    };
    let path = survey.store_dir.display(&toplevel.path);
    if !toplevel.exists {
        let problem = format!("the toplevel {path} is not in the root");
        findings.add(&TOPLEVEL_MISSING, [], None, problem, "copy its closure");
        return;
    }
    if !toplevel.has_init {
        let problem = format!("the toplevel {path} has no init");
        let remedy = "see that it is config.system.build.toplevel of a NixOS system, and copied whole: init is a file of it";
        findings.add(&TOPLEVEL_NO_INIT, [], None, problem, remedy);
    }
    for own in &survey.of_toplevel {
        let (rule, name) = if own.is_kernel {
            (&KERNEL_DIFFERS, "kernel")
        } else {
            (&INITRD_DIFFERS, "initrd")
        };
        let problem = format!("{} is not {path}/{name}", own.name);
        let place = Some(Place::file(&own.name));
        let remedy = "take both from the same system";
        findings.add(rule, own.boards.iter().copied(), place, problem, remedy);
    }
    check_bootspec(survey, toplevel, findings);
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
                &BOOTSPEC_DIFFERS,
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
        for parameter in &bootspec.kernel_params {
            let key = parameter.split('=').next().unwrap_or_default();
            // What is given another value on purpose has its own rules.
            if parsed.get(key).is_none() {
                say(
                    format!("the system's kernel parameter {parameter} is missing"),
                    format!("add {parameter}"),
                );
            }
        }
    }
}
