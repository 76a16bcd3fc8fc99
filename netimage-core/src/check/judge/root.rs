//! The root: its store, its toplevel, and what it has to have to be mounted.

mod toplevel;

use crate::check::rules::root as rules;

use crate::check::facts::{DATABASE, Registered, RootSurvey, Survey};
use crate::check::finding::Place;
use crate::check::judge::reporter::Reporter;
use crate::image::REGISTRATION;

/// Store paths that a finding names.
const NAMED: usize = 3;

/// Looks at the root.
pub(in crate::check) fn check(survey: &Survey, reporter: &mut Reporter<'_>) {
    let Some(root) = &survey.root else {
        return;
    };
    for disk in &root.disks {
        let problem = format!("the boot waits for the disk {}", disk.device);
        let mut reporter = reporter.at(Place::line(&disk.file, disk.line));
        reporter.report(&rules::DISK, problem);
    }
    if !root.is_nixos && survey.toplevel.is_none() && !root.default_inits.is_empty() {
        // Another distribution's, of which nothing more is known.
        return;
    }
    if !root.is_nixos {
        let store = survey.store_dir.as_str();
        let problem = format!("the root has no {store}");
        reporter.report(&rules::NO_STORE, problem);
        return;
    }
    for name in &root.missing_directories {
        let problem = format!("the root has no directory /{name}");
        reporter.report(&rules::MISSING_DIRECTORY, problem);
    }
    check_registration(root, reporter);
    check_database(root, &mut reporter.at(Place::file(DATABASE)));
    toplevel::check(survey, root, reporter);
}

fn check_registration(root: &RootSurvey, reporter: &mut Reporter<'_>) {
    let mut at_file = reporter.at(Place::file(REGISTRATION));
    match &root.registered {
        Registered::Absent if !root.has_database => reporter.report(
            &rules::NOT_REGISTERED,
            format!("the root has neither a Nix database nor {REGISTRATION}"),
        ),
        Registered::Absent => {}
        Registered::TooLarge => at_file.report(
            &rules::NOT_COMPARED,
            "the registration or the store is larger than that of any system",
        ),
        Registered::Broken(error) => {
            at_file.report(&rules::REGISTRATION_BROKEN, error);
        }
        Registered::Closure {
            missing,
            unregistered,
        } => {
            if !missing.is_empty() {
                let problem = format!("{} registered, but not in the store", named(missing));
                at_file.report(&rules::PATH_MISSING, problem);
            }
            if !unregistered.is_empty() {
                let problem = format!("{} in the store, but not registered", named(unregistered));
                at_file.report(&rules::PATH_UNREGISTERED, problem);
            }
        }
    }
}

fn check_database(root: &RootSurvey, reporter: &mut Reporter<'_>) {
    for fault in &root.database.faults {
        reporter.report(&rules::DATABASE_BROKEN, fault);
    }
    for remains in &root.database.remains {
        reporter.report(&rules::DATABASE_UNCLEAN, remains);
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
