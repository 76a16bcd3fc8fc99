//! `cmdline.txt`: one line that says what to start, and from where.

mod address;
mod leftovers;
mod root;
mod stage_1;

use crate::check::rules::command_line as rules;

use crate::boot::{CommandLineError, KernelCommandLine};
use crate::check::facts::{CommandLineSurvey, InitSurvey, Mounter, Survey};
use crate::check::finding::{Place, explained};
use crate::check::judge::reporter::Reporter;
use crate::nfs::NfsRoot;

/// Looks at every command line that a board would boot with.
pub(in crate::check) fn check(survey: &Survey, reporter: &mut Reporter<'_>) {
    for line in &survey.command_lines {
        let mut reporter = reporter.of(line.boards.iter().copied());
        Check {
            survey,
            line,
            reporter: reporter.at(Place::file(&line.name)),
        }
        .run();
    }
}

struct Check<'check> {
    survey: &'check Survey,
    line: &'check CommandLineSurvey,
    reporter: Reporter<'check>,
}

impl Check<'_> {
    fn run(mut self) {
        let Some(line) = self.parse() else {
            return;
        };
        self.check_repetitions(&line);
        self.check_leftovers(&line);
        self.check_first_boot(&line);
        self.check_memory(&line);
        self.check_masks(&line);
        self.check_init_arguments(&line);
        self.check_init(&line);
        self.check_root(&line);
    }

    /// The parameters, as far as there are any to speak of.
    fn parse(&mut self) -> Option<KernelCommandLine> {
        if self.line.has_carriage_return {
            self.reporter.report(
                &rules::CARRIAGE_RETURN,
                "the command line has a carriage return",
            );
        }
        if let Some(error) = &self.line.fault {
            let rule = match error {
                CommandLineError::TooLong { .. } => &rules::TOO_LONG,
                CommandLineError::LineBreak(_) => &rules::SEVERAL_LINES,
                _ => {
                    self.reporter
                        .report_error(&rules::NOT_TEXT, explained(error));
                    return None;
                }
            };
            self.reporter.report_error(rule, explained(error));
        }
        self.line.line.clone()
    }

    fn check_repetitions(&mut self, line: &KernelCommandLine) {
        for key in crate::boot::SINGLE_VALUED_PARAMETERS.iter() {
            let values: Vec<&str> = line.get_all(key).collect();
            if values.len() > 1 {
                let all = values.join(" and ");
                let problem = format!("{key} is given {} times: {all}", values.len());
                self.reporter.report(&rules::DUPLICATE, problem);
            }
        }
        let is_given = |key: &str| line.get(key).is_some();
        if is_given("ro") && is_given("rw") {
            self.reporter
                .report(&rules::CONTRADICTION, "both ro and rw are given");
        }
        if line.get("root") == Some("fstab") && is_given("nfsroot") {
            self.reporter.report_with(
                &rules::CONTRADICTION,
                "root=fstab makes the initrd mount the root, but nfsroot= is for the kernel",
                "remove nfsroot=",
            );
        }
        let (ro, rw) = (is_given("ro"), is_given("rw"));
        let options = self.survey.nfs.as_ref().map(NfsRoot::options);
        for (given, word, against) in [(ro, "ro", "rw"), (rw, "rw", "ro")] {
            if given && options.is_some_and(|options| options.get(against).is_some()) {
                self.reporter.report_with(
                    &rules::CONTRADICTION,
                    format!("the command line says {word}, but the mount options say {against}"),
                    "make them agree",
                );
            }
        }
    }

    /// What stands behind `--`.
    fn check_init_arguments(&mut self, line: &KernelCommandLine) {
        let arguments: Vec<&str> = line.init_arguments().collect();
        if !arguments.is_empty() {
            let list = arguments.join(" ");
            let problem = format!("the kernel passes what follows -- to init: {list}");
            self.reporter.report(&rules::INIT_ARGUMENTS, problem);
        }
    }

    fn check_init(&mut self, line: &KernelCommandLine) {
        let Some(root) = &self.survey.root else {
            return;
        };
        let toplevel = self.survey.toplevel.as_ref();
        let own = toplevel.map(|path| format!("{}/init", self.survey.store_dir.display(path)));
        let named = own.as_deref().unwrap_or("<toplevel>/init");
        let suggestion = format!("give init={named}");
        let Some(init) = line.get("init") else {
            let needs_it = match self.line.mounter {
                Mounter::Systemd => true,
                Mounter::Scripted => !root.default_inits.contains(&"init"),
                _ => root.default_inits.is_empty(),
            };
            // NixOS's stage 1 reads the line beyond -- as well.
            let mut arguments = line.init_arguments();
            let is_behind = arguments.any(|argument| argument.starts_with("init="));
            if root.is_nixos && needs_it && !is_behind {
                self.reporter
                    .report_with(&rules::NO_INIT, "there is no init=", suggestion);
            }
            return;
        };
        let known = self.line.init.as_ref();
        if !known.is_some_and(|known| known.exists) {
            let problem = format!("init={init} is not in the root");
            let remedy = if own.as_deref() == Some(init) {
                "copy the whole closure of the toplevel".to_owned()
            } else {
                suggestion
            };
            self.reporter
                .report_with(&rules::INIT_MISSING, problem, remedy);
            return;
        }
        match known.and_then(InitSurvey::toplevel) {
            None if root.is_nixos && self.line.mounter == Mounter::Systemd => {
                let problem = format!("init={init} is not in a toplevel");
                self.reporter
                    .report_with(&rules::INIT_WRAPPER, problem, suggestion);
            }
            Some(started) if toplevel.is_some_and(|toplevel| toplevel != started) => {
                let problem = format!("init={init} is not the image's toplevel");
                self.reporter
                    .report_with(&rules::OTHER_TOPLEVEL, problem, suggestion);
            }
            _ => {}
        }
    }
}
