//! The root: its store, its toplevel, and what it has to have to be mounted.

mod toplevel;

use crate::check::rules::root as rules;

use crate::check::facts::{DATABASE, Registered, RootSurvey, Survey};
use crate::check::finding::{Findings, Place};
use crate::check::rules::Rule;
use crate::image::REGISTRATION;

/// Most bytes of a path that can be given to the kernel, without its NUL
/// (`PATH_MAX`).
const PATH_MAX: usize = 4095;

/// Store paths that a finding names.
const NAMED: usize = 3;

/// Looks at the root.
pub(in crate::check) fn check(survey: &Survey, findings: &mut Findings) {
    let Some(root) = &survey.root else {
        return;
    };
    let mut say = |rule, place: Option<Place>, problem: String, remedy: &str| {
        findings.add(rule, [], place, problem, remedy);
    };
    for disk in &root.disks {
        let problem = format!("the boot waits for the disk {}", disk.device);
        let place = Some(Place::line(&disk.file, disk.line));
        let remedy = "remove the line, or give it the option nofail";
        say(&rules::DISK, place, problem, remedy);
    }
    if !root.is_nixos && survey.toplevel.is_none() && !root.default_inits.is_empty() {
        // Another distribution's, of which nothing more is known.
        return;
    }
    if !root.is_nixos {
        let store = survey.store_dir.as_str();
        let problem = format!("the root has no {store}");
        say(
            &rules::NO_STORE,
            None,
            problem,
            "copy the closure of the system there",
        );
        return;
    }
    for name in &root.missing_directories {
        let problem = format!("the root has no directory /{name}");
        say(&rules::MISSING_DIRECTORY, None, problem, "make it, empty");
    }
    if let Some(path) = &root.longest_path
        && path.as_os_str().len() > PATH_MAX
    {
        let length = path.as_os_str().len();
        let start: String = path.to_string_lossy().chars().take(80).collect();
        let problem = format!("a path of {length} bytes begins with {start}");
        say(
            &rules::LONG_PATH,
            None,
            problem,
            "shorten the names in the package",
        );
    }
    check_registration(root, &mut say);
    check_database(root, &mut say);
    toplevel::check(survey, root, findings);
}

type Say<'say> = dyn FnMut(&'static Rule, Option<Place>, String, &str) + 'say;

fn check_registration(root: &RootSurvey, say: &mut Say<'_>) {
    let place = || Some(Place::file(REGISTRATION));
    match &root.registered {
        Registered::Absent if !root.has_database => say(
            &rules::NOT_REGISTERED,
            None,
            format!("the root has neither a Nix database nor {REGISTRATION}"),
            "put the output of nix-store --dump-db there and load it at first boot",
        ),
        Registered::Absent => {}
        Registered::TooLarge => say(
            &rules::NOT_COMPARED,
            place(),
            "the registration or the store is larger than that of any system".to_owned(),
            "see that it is the right one",
        ),
        Registered::Broken(error) => {
            say(
                &rules::REGISTRATION_BROKEN,
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
                say(
                    &rules::PATH_MISSING,
                    place(),
                    problem,
                    "copy the whole closure",
                );
            }
            if !unregistered.is_empty() {
                let problem = format!("{} in the store, but not registered", named(unregistered));
                say(
                    &rules::PATH_UNREGISTERED,
                    place(),
                    problem,
                    "register it, or remove it",
                );
            }
        }
    }
}

fn check_database(root: &RootSurvey, say: &mut Say<'_>) {
    let place = || Some(Place::file(DATABASE));
    for fault in &root.database.faults {
        let remedy = "build the image again, or leave nix/var/nix/db out and load the registration";
        say(&rules::DATABASE_BROKEN, place(), fault.clone(), remedy);
    }
    for remains in &root.database.remains {
        let remedy = "close the database before it is copied";
        say(&rules::DATABASE_UNCLEAN, place(), remains.clone(), remedy);
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
