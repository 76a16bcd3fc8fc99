//! `cmdline.txt`: one line that says what to start, and from where.

mod address;
mod root;
mod rules;
mod units;

pub(super) use rules::RULES;

use super::facts::{CommandLineSurvey, InitSurvey, Mounter};
use super::finding::{Findings, Place, Rule, explained};
use super::survey::Survey;
use crate::boot::{Board, CommandLineError, KernelCommandLine};
use crate::explanation::Explanation;
use crate::nfs::NfsRoot;

/// Parameters that nobody wants on a board in a rack, and what they do.
const LEFTOVERS: [(&str, &str); 17] = [
    (
        "systemd.debug_shell",
        "opens a root shell without a password",
    ),
    (
        "rd.systemd.debug_shell",
        "opens a root shell without a password",
    ),
    ("boot.debug1", "stops stage 1 for a shell"),
    ("boot.debug1devices", "stops stage 1 for a shell"),
    ("boot.debug1mounts", "stops stage 1 for a shell"),
    (
        "boot.shell_on_fail",
        "opens a root shell without a password when stage 1 fails",
    ),
    ("boot.trace", "prints every command of stage 1"),
    ("rd.break", "stops stage 1 for a shell"),
    ("debug", "fills the console"),
    ("nomodeset", "turns the display's driver off"),
    ("single", "starts a rescue shell in place of the system"),
    (
        "emergency",
        "starts an emergency shell in place of the system",
    ),
    ("rescue", "starts a rescue shell in place of the system"),
    ("rd.emergency", "stops stage 1 for a shell"),
    ("rd.rescue", "stops stage 1 for a shell"),
    ("rd.systemd.break", "stops stage 1 for a shell"),
    ("systemd.break", "stops the boot for a shell"),
];

/// Looks at every command line that a board would boot with.
pub(super) fn check(survey: &Survey, findings: &mut Findings) {
    for line in &survey.command_lines {
        Check {
            survey,
            line,
            findings,
        }
        .run();
    }
}

struct Check<'check> {
    survey: &'check Survey,
    line: &'check CommandLineSurvey,
    findings: &'check mut Findings,
}

impl Check<'_> {
    fn say(&mut self, rule: &'static Rule, problem: impl Into<String>, remedy: impl Into<String>) {
        let boards: Vec<Board> = self.line.boards.clone();
        let place = Place::file(&self.line.name);
        self.findings
            .add(rule, boards, Some(place), problem, remedy);
    }

    fn run(mut self) {
        let Some(line) = self.parse() else {
            return;
        };
        self.check_repetitions(&line);
        self.check_leftovers(&line);
        self.check_units(&line);
        self.check_init(&line);
        self.check_root(&line);
    }

    /// The parameters, as far as there are any to speak of.
    fn parse(&mut self) -> Option<KernelCommandLine> {
        let text = String::from_utf8_lossy(&self.line.text).into_owned();
        if text.contains('\r') {
            self.say(
                &rules::CARRIAGE_RETURN,
                "the command line has a carriage return",
                "save the file with Unix line ends",
            );
        }
        let text = text.replace('\r', "");
        match text.parse::<KernelCommandLine>() {
            Ok(line) => {
                let length = text.trim_end_matches('\n').len();
                let excess = length.saturating_sub(crate::boot::COMMAND_LINE_LENGTH_MAX);
                if excess > 0 {
                    let error = CommandLineError::TooLong { length, excess };
                    self.say_error(&rules::TOO_LONG, &error);
                }
                Some(line)
            }
            Err(error @ CommandLineError::LineBreak(_)) => {
                self.say_error(&rules::SEVERAL_LINES, &error);
                text.lines().next()?.parse().ok()
            }
            Err(error) => {
                self.say_error(&rules::NOT_TEXT, &error);
                None
            }
        }
    }

    fn say_error(&mut self, rule: &'static Rule, error: &CommandLineError) {
        let Explanation { problem, remedy } = explained(error);
        self.say(rule, problem, remedy);
    }

    fn check_repetitions(&mut self, line: &KernelCommandLine) {
        for key in crate::boot::SINGLE_VALUED_PARAMETERS {
            let values: Vec<&str> = line.get_all(key).collect();
            if values.len() > 1 {
                let all = values.join(" and ");
                let problem = format!("{key} is given {} times: {all}", values.len());
                self.say(&rules::DUPLICATE, problem, format!("leave one {key}"));
            }
        }
        let is_given = |key: &str| line.get(key).is_some();
        if is_given("ro") && is_given("rw") {
            self.say(
                &rules::CONTRADICTION,
                "both ro and rw are given",
                "leave one of the two",
            );
        }
        if line.get("root") == Some("fstab") && is_given("nfsroot") {
            self.say(
                &rules::CONTRADICTION,
                "root=fstab has the initrd mount the root, but nfsroot= the kernel",
                "leave nfsroot= out",
            );
        }
        let (ro, rw) = (is_given("ro"), is_given("rw"));
        let options = self.survey.nfs.as_ref().map(NfsRoot::options);
        for (given, word, against) in [(ro, "ro", "rw"), (rw, "rw", "ro")] {
            if given && options.is_some_and(|options| options.get(against).is_some()) {
                self.say(
                    &rules::CONTRADICTION,
                    format!("the command line says {word}, but the mount options say {against}"),
                    "make them agree",
                );
            }
        }
    }

    fn check_leftovers(&mut self, line: &KernelCommandLine) {
        for (key, effect) in LEFTOVERS {
            if let Some(value) = line.get(key)
                && !matches!(value, "0" | "no" | "off" | "false")
            {
                self.say(
                    &rules::DEBUGGING,
                    format!("{key} {effect}"),
                    format!("remove {key}"),
                );
            }
        }
        let loud = ["systemd.log_level", "rd.systemd.log_level"];
        for key in loud
            .into_iter()
            .filter(|key| line.get(key) == Some("debug"))
        {
            self.say(
                &rules::DEBUGGING,
                format!("{key}=debug fills the console and slows the boot"),
                format!("remove {key}=debug"),
            );
        }
        if let Some(init @ ("/bin/sh" | "/bin/bash" | "/bin/ash")) = line.get("init") {
            let problem = format!("init={init} starts a shell in place of the system");
            self.say(&rules::DEBUGGING, problem, "give the system's init");
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
                Mounter::Kernel | Mounter::Other => root.default_inits.is_empty(),
            };
            if root.is_nixos && needs_it {
                self.say(&rules::NO_INIT, "there is no init=", suggestion);
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
            self.say(&rules::INIT_MISSING, problem, remedy);
            return;
        }
        match known.and_then(InitSurvey::toplevel) {
            None if root.is_nixos && self.line.mounter == Mounter::Systemd => {
                let problem = format!("init={init} does not lie in a toplevel");
                self.say(&rules::INIT_WRAPPER, problem, suggestion);
            }
            Some(started) if toplevel.is_some_and(|toplevel| toplevel != started) => {
                let problem = format!("init={init} is not the image's toplevel");
                self.say(&rules::OTHER_TOPLEVEL, problem, suggestion);
            }
            _ => {}
        }
    }
}
